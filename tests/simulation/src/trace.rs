//! What happened in a run, line by line, with the same names for the same things in every run of a
//! seed: ids that are random are told apart by the order in which they were met.

use std::collections::BTreeMap;

/// Whether a run is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Telling {
    /// Line by line.
    Told,
    /// Not at all, which is faster.
    Silent,
}

#[derive(Debug)]
pub(crate) struct Trace {
    telling: Telling,
    lines: Vec<String>,
    names: BTreeMap<String, String>,
    met: BTreeMap<char, usize>,
}

impl Trace {
    pub(crate) fn new(telling: Telling) -> Self {
        Self { telling, lines: Vec::new(), names: BTreeMap::new(), met: BTreeMap::new() }
    }

    /// Another line; it is not made where nobody reads it.
    pub(crate) fn line(&mut self, at_ms: i64, line: impl FnOnce(&mut Names<'_>) -> String) {
        if self.telling == Telling::Silent {
            return;
        }
        let line = line(&mut Names { names: &mut self.names, met: &mut self.met });
        self.lines.push(format!("{:>10}.{:03}  {line}", at_ms / 1_000, at_ms % 1_000));
    }

    /// Finds names for what a line will tell, where lines are told.
    pub(crate) fn name(&mut self, find: impl FnOnce(&mut Names<'_>)) {
        if self.telling == Telling::Told {
            find(&mut Names { names: &mut self.names, met: &mut self.met });
        }
    }

    pub(crate) fn into_lines(self) -> Vec<String> {
        self.lines
    }
}

/// What ids are called.
pub(crate) struct Names<'a> {
    names: &'a mut BTreeMap<String, String>,
    met: &'a mut BTreeMap<char, usize>,
}

impl Names<'_> {
    /// What this id is called, by its kind: `J1` is the first job that was met.
    pub(crate) fn of(&mut self, kind: char, id: &str) -> String {
        if let Some(name) = self.names.get(id) {
            return name.clone();
        }
        let met = self.met.entry(kind).or_default();
        *met += 1;
        let name = format!("{kind}{met}");
        self.names.insert(id.to_owned(), name.clone());
        name
    }

    /// What a sort key of the state table is called.
    pub(crate) fn item(&mut self, item: &str) -> String {
        match item.split_once('#') {
            Some((kind @ ("JOB" | "EVENT"), job)) => format!("{kind} {}", self.of('J', job)),
            Some((kind @ "REPORT", part)) => match part.split_once('#') {
                Some((job, part)) => format!("{kind} {} {part}", self.of('J', job)),
                None => kind.to_owned(),
            },
            Some((kind, _)) => kind.to_owned(),
            None => item.to_owned(),
        }
    }
}
