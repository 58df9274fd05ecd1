//! The record of what passed a proxy, and the questions that tests ask of it.

use super::operation::{Message, Operation, Write};

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The server answered with this status (whether or not the asker got to hear it).
    Answered(u16),
    /// A script answered with this status; the server never saw the request.
    AnsweredHere(u16),
    /// A script closed the connection; the server never saw the request.
    Refused,
    /// The server gave no answer.
    NoServer,
}

impl Fate {
    /// Whether the server did what was asked.
    #[must_use]
    pub fn applied(self) -> bool {
        matches!(self, Self::Answered(200..=299))
    }
}

/// One request and its fate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What was asked.
    pub operation: Operation,
    /// What became of it.
    pub fate: Fate,
}

/// Everything that passed, in the order in which it was settled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    entries: Vec<Entry>,
}

impl Seen {
    pub(super) fn push(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// The entries, oldest first.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Requests for an operation (as in [`super::Proxy::on`]), whatever became of them.
    #[must_use]
    pub fn requests(&self, operation: &str) -> usize {
        self.of(operation).count()
    }

    /// Requests for an operation that the server carried out.
    #[must_use]
    pub fn applied(&self, operation: &str) -> usize {
        self.of(operation).filter(|entry| entry.fate.applied()).count()
    }

    /// Items written to a table by requests that the server carried out.
    #[must_use]
    pub fn writes_to(&self, table: &str) -> usize {
        self.writes().filter(|write| write.table == table).count()
    }

    /// Every item written, to any table, by requests that the server carried out.
    pub fn writes(&self) -> impl Iterator<Item = &Write> {
        self.entries.iter().filter(|entry| entry.fate.applied()).flat_map(|entry| &entry.operation.writes)
    }

    /// Every message that a queue has taken.
    #[must_use]
    pub fn messages(&self) -> Vec<Message> {
        self.entries
            .iter()
            .filter(|entry| entry.fate.applied())
            .filter_map(|entry| entry.operation.message.clone())
            .collect()
    }

    /// The names of all operations seen, with how often; for a table of counts.
    #[must_use]
    pub fn by_operation(&self) -> Vec<(String, usize)> {
        let mut counts = std::collections::BTreeMap::new();
        for entry in &self.entries {
            *counts.entry(entry.operation.name.clone()).or_insert(0) += 1;
        }
        counts.into_iter().collect()
    }

    fn of<'a>(&'a self, operation: &'a str) -> impl Iterator<Item = &'a Entry> {
        self.entries.iter().filter(move |entry| entry.operation.is(operation))
    }
}
