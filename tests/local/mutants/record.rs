//! What became of each file's mutants, kept in `tests/mutants.json` beside the file's content at that time.
//!
//! A look at all files takes hours, and most of them have not changed since the last one. A file is told from what
//! it was by the SHA-256 of its content (`sha256sum`). What is not told: whether a test that caught a
//! mutant is still there; `--all` asks that.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::io;
use std::path::Path;

use ring::digest;
use serde::{Deserialize, Serialize};

use super::outcome::{Fate, Fates};

const RECORD: &str = "tests/mutants.json";

/// One file's mutants, when all of them were tried and each missed one explained.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Looked {
    /// The SHA-256 of the file's content, in hexadecimal.
    pub source: String,
    pub caught: usize,
    /// Of those caught, by the suite: it meets what the cheaper passes have missed, or with `--suite` everything.
    pub by_suite: usize,
    /// Of those caught, because tests did not come to their end.
    pub timed_out: usize,
    pub unviable: usize,
    /// All of them explained.
    pub missed: usize,
}

/// By file.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record(BTreeMap<String, Looked>);

impl Record {
    /// As it was kept in the project below this folder.
    pub(super) fn read(root: &Path) -> io::Result<Self> {
        match fs::read_to_string(root.join(RECORD)) {
            Ok(text) => serde_json::from_str(&text).map_err(io::Error::other),
            Err(none) if none.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }

    /// Keeps it.
    pub(super) fn write(&self, root: &Path) -> io::Result<()> {
        let mut text = serde_json::to_string_pretty(self).map_err(io::Error::other)?;
        text.push('\n');
        fs::write(root.join(RECORD), text)
    }

    /// What became of this file's mutants, if it is as it was then.
    pub(super) fn of(&self, file: &str, source: &str) -> Option<&Looked> {
        self.0.get(file).filter(|looked| looked.source == source)
    }

    /// Enters what became of the mutants of a file, and which of them the suite caught.
    pub(super) fn enter(&mut self, file: &str, source: String, fates: &Fates, by_suite: &[String]) {
        let of_file = format!("{file}:");
        let mut looked = Looked { source, ..Looked::default() };
        for (name, fate) in fates.iter().filter(|(name, _)| name.starts_with(&of_file)) {
            match fate {
                Fate::Caught | Fate::TimedOut => {
                    looked.caught += 1;
                    looked.timed_out += usize::from(*fate == Fate::TimedOut);
                    looked.by_suite += usize::from(by_suite.contains(name));
                }
                Fate::Unviable => looked.unviable += 1,
                Fate::Missed => looked.missed += 1,
            }
        }
        self.0.insert(file.to_owned(), looked);
    }

    /// Forgets files that are no longer among these.
    pub(super) fn keep(&mut self, files: &[&str]) {
        self.0.retain(|file, _| files.contains(&file.as_str()));
    }
}

/// The SHA-256 of each of these files as it is now.
pub(super) fn sources(root: &Path, files: &[&str]) -> io::Result<BTreeMap<String, String>> {
    let named = |file: &&str| {
        let content = digest::digest(&digest::SHA256, &fs::read(root.join(file))?);
        let mut hexadecimal = String::new();
        for byte in content.as_ref() {
            write!(hexadecimal, "{byte:02x}").map_err(io::Error::other)?;
        }
        Ok(((*file).to_owned(), hexadecimal))
    };
    files.iter().map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_looked_at_until_it_changes() {
        let fate = |name: &str, fate| (name.to_owned(), fate);
        let fates = Fates::from([
            fate("a.rs:1:1: one", Fate::Caught),
            fate("a.rs:2:1: two", Fate::Caught),
            fate("a.rs:3:1: three", Fate::TimedOut),
            fate("a.rs:4:1: four", Fate::Unviable),
            fate("a.rs:5:1: five", Fate::Missed),
            fate("b/a.rs:1:1: of another", Fate::Caught),
        ]);
        let mut record = Record::default();
        record.enter("a.rs", "as it is".to_owned(), &fates, &["a.rs:2:1: two".to_owned()]);
        let source = "as it is".to_owned();
        let expected = Looked { source, caught: 3, by_suite: 1, timed_out: 1, unviable: 1, missed: 1 };
        assert_eq!(record.of("a.rs", "as it is"), Some(&expected));
        assert_eq!((record.of("a.rs", "as it was"), record.of("b.rs", "as it is")), (None, None));
        record.keep(&["b.rs"]);
        assert_eq!(record, Record::default());
    }

    #[test]
    fn each_file_has_its_own_name_of_its_content() {
        let root = crate::folders::root();
        let sources = sources(&root, &["Cargo.toml", "README.md"]).expect("files");
        assert_eq!(sources.len(), 2);
        assert_ne!(sources["Cargo.toml"], sources["README.md"]);
        assert!(super::sources(&root, &["a file that is not there"]).is_err());
    }
}
