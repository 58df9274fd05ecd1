//! The figures that are written down, and what is said of what was counted.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::{env, fmt, fs, io};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::MARGIN_PERCENT;
use crate::folders;

/// Set by `cargo local gate --write` for the one test of the suite that counts requests.
pub(super) const WRITE_REQUESTS: &str = "GATE_WRITES_REQUESTS";

/// What `tests/gate/figures.json` holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figures {
    /// Instructions by part.
    pub instructions: BTreeMap<String, Instructions>,
    /// Requests by sync, and by operation.
    pub requests: BTreeMap<String, BTreeMap<String, usize>>,
}

/// What a part takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instructions {
    /// How much of it is done, in words.
    pub of: String,
    /// As valgrind counts them.
    pub instructions: u64,
}

/// Why the figures cannot be used.
#[derive(Debug, Error)]
pub enum FiguresError {
    /// The file cannot be read or written.
    #[error("tests/gate/figures.json cannot be read or written: {0}")]
    File(#[from] io::Error),
    /// The file is not what it should be.
    #[error("tests/gate/figures.json cannot be used: {0}")]
    Form(#[from] serde_json::Error),
}

/// What is said of one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    name: String,
    verdict: Verdict,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    AsWritten { figure: u64, counted: u64 },
    Better { figure: u64, counted: u64 },
    Worse { figure: u64, counted: u64 },
    NotWritten { counted: u64 },
    NotCounted { figure: u64 },
}

impl Figures {
    /// Those of this source tree.
    ///
    /// # Errors
    /// [`FiguresError`].
    pub fn read() -> Result<Self, FiguresError> {
        Ok(serde_json::from_str(&fs::read_to_string(file())?)?)
    }

    /// Writes them down.
    ///
    /// # Errors
    /// [`FiguresError`].
    pub fn write(&self) -> Result<(), FiguresError> {
        Ok(fs::write(file(), serde_json::to_string_pretty(self)? + "\n")?)
    }

    /// What is to be said of what was counted, part by part, and of parts that were not.
    #[must_use]
    pub fn judge(&self, counted: &[(String, Instructions)]) -> Vec<Judgement> {
        let of_counted = counted.iter().map(|(name, now)| {
            let figure = self.instructions.get(name).map(|figure| figure.instructions);
            Judgement { name: name.clone(), verdict: verdict(figure, now.instructions) }
        });
        let is_counted = |name: &String| counted.iter().any(|(counted, _)| counted == name);
        let not_counted = self.instructions.iter().filter(|(name, _)| !is_counted(name)).map(|(name, figure)| {
            let verdict = Verdict::NotCounted { figure: figure.instructions };
            Judgement { name: name.clone(), verdict }
        });
        of_counted.chain(not_counted).collect()
    }
}

/// Whether the suite is to write down the requests that it counts.
#[must_use]
pub fn writes_requests() -> bool {
    env::var_os(WRITE_REQUESTS).is_some()
}

fn verdict(figure: Option<u64>, counted: u64) -> Verdict {
    let Some(figure) = figure else { return Verdict::NotWritten { counted } };
    if counted * 100 > figure * (100 + MARGIN_PERCENT) {
        Verdict::Worse { figure, counted }
    } else if counted * 100 < figure * (100 - MARGIN_PERCENT) {
        Verdict::Better { figure, counted }
    } else {
        Verdict::AsWritten { figure, counted }
    }
}

impl Judgement {
    /// Whether it shuts the gate.
    #[must_use]
    pub const fn shuts(&self) -> bool {
        match self.verdict {
            Verdict::AsWritten { .. } | Verdict::Better { .. } => false,
            Verdict::Worse { .. } | Verdict::NotWritten { .. } | Verdict::NotCounted { .. } => true,
        }
    }
}

impl fmt::Display for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match self.verdict {
            Verdict::AsWritten { figure, counted } => {
                write!(f, "{name}: {counted} instructions, {} to the {figure} written down", change(figure, counted))
            }
            Verdict::Better { figure, counted } => write!(
                f,
                "{name}: {counted} instructions, {} to the {figure} written down: write it down with cargo local gate --write",
                change(figure, counted)
            ),
            Verdict::Worse { figure, counted } => write!(
                f,
                "{name} has become worse: {counted} instructions, {} to the {figure} written down, and {MARGIN_PERCENT} % is the margin",
                change(figure, counted)
            ),
            Verdict::NotWritten { counted } => {
                write!(f, "{name}: {counted} instructions, and no figure is written down")
            }
            Verdict::NotCounted { figure } => {
                write!(f, "{name}: {figure} instructions are written down, and there is no such part")
            }
        }
    }
}

/// In percent, with one digit behind the point.
fn change(figure: u64, counted: u64) -> String {
    let percent = |part: i128| part * 1_000 / i128::from(figure.max(1));
    let tenths = percent(i128::from(counted) - i128::from(figure));
    let sign = if tenths < 0 { '-' } else { '+' };
    format!("{sign}{}.{} %", tenths.abs() / 10, tenths.abs() % 10)
}

fn file() -> PathBuf {
    folders::root().join("tests").join("gate").join("figures.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(figure: u64, counted: u64) -> Judgement {
        let instructions = |instructions| Instructions { of: "a page".to_owned(), instructions };
        let figures = Figures {
            instructions: BTreeMap::from([("page".to_owned(), instructions(figure))]),
            requests: BTreeMap::new(),
        };
        figures.judge(&[("page".to_owned(), instructions(counted))]).remove(0)
    }

    #[test]
    fn a_part_that_takes_three_percent_more_than_is_written_down_passes_and_one_more_shuts_the_gate() {
        assert!(!judged(1_000, 1_030).shuts());
        let worse = judged(1_000, 1_031);
        assert!(worse.shuts());
        let said = worse.to_string();
        assert!(said.contains("1031") && said.contains("1000") && said.contains("+3.1 %"), "{said}");
    }

    #[test]
    fn a_part_that_takes_less_asks_to_be_written_down_and_passes() {
        assert!(!judged(1_000, 970).to_string().contains("--write"));
        let better = judged(1_000, 969);
        assert!(!better.shuts() && better.to_string().contains("--write"), "{better}");
    }

    #[test]
    fn a_part_without_a_figure_and_a_figure_without_a_part_shut_the_gate() {
        let none = Figures { instructions: BTreeMap::new(), requests: BTreeMap::new() };
        let counted = Instructions { of: "a page".to_owned(), instructions: 1 };
        let written = [("page".to_owned(), counted)];
        assert!(none.judge(&written)[0].shuts());
        let all = Figures { instructions: written.into(), requests: BTreeMap::new() };
        assert!(all.judge(&[])[0].shuts());
    }
}
