//! Which mutants need not be tried again, because a test saw them in the file as it is.
//!
//! It is kept below `target` after each pass, and what a pass that was ended had found until then is taken from its
//! own log. So a look at all files, which takes hours, may be ended and gone on with, and after a test
//! was written for what was missed only that is tried again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::{Deserialize, Serialize};

use super::outcome::{self, Fate, Fates};

const NAME: &str = "settled.json";

/// What is known, and the file that keeps it.
#[derive(Debug)]
pub(super) struct Settled {
    file: PathBuf,
    kept: Kept,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    files: BTreeMap<String, OfFile>,
    under_way: Option<UnderWay>,
}

/// What became of a file's mutants.
#[derive(Debug, Default, Serialize, Deserialize)]
struct OfFile {
    /// The SHA-256 of the file's content.
    source: String,
    mutants: BTreeMap<String, Seen>,
}

/// By which pass something came of a mutant.
#[derive(Debug, Serialize, Deserialize)]
struct Seen {
    fate: Fate,
    by: String,
}

/// A pass that has not come to its end.
#[derive(Debug, Serialize, Deserialize)]
struct UnderWay {
    pass: String,
    output: PathBuf,
    sources: BTreeMap<String, String>,
}

impl Settled {
    /// As it was kept in this folder, with what the last pass found if it was ended.
    pub(super) fn read(folder: &Path) -> io::Result<Self> {
        let file = folder.join(NAME);
        let kept = match fs::read_to_string(&file) {
            Ok(text) => serde_json::from_str(&text).map_err(io::Error::other)?,
            Err(none) if none.kind() == io::ErrorKind::NotFound => Kept::default(),
            Err(error) => return Err(error),
        };
        let mut settled = Self { file, kept };
        // Where it was ended before it had found anything, there is nothing to read.
        if let Some(found) = settled.kept.under_way.as_ref().and_then(|pass| outcome::read(&pass.output).ok()) {
            settled.end(&found)?;
        }
        Ok(settled)
    }

    /// A pass begins that writes what it finds to this folder.
    pub(super) fn begin(&mut self, pass: &str, output: &Path, sources: &BTreeMap<String, String>) -> io::Result<()> {
        // What is there is of another pass.
        match fs::remove_dir_all(output) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let (pass, output, sources) = (pass.to_owned(), output.to_owned(), sources.clone());
        self.kept.under_way = Some(UnderWay { pass, output, sources });
        self.keep()
    }

    /// It has found this.
    pub(super) fn end(&mut self, found: &Fates) -> io::Result<()> {
        let Some(UnderWay { pass, sources, .. }) = self.kept.under_way.take() else { return Ok(()) };
        for (name, fate) in found.iter().filter(|(_, fate)| **fate != Fate::Missed) {
            let file = outcome::file_of(name);
            let Some(source) = sources.get(file) else { continue };
            let of_file = self.kept.files.entry(file.to_owned()).or_default();
            if of_file.source != *source {
                *of_file = OfFile { source: source.clone(), mutants: BTreeMap::new() };
            }
            of_file.mutants.insert(name.clone(), Seen { fate: *fate, by: pass.clone() });
        }
        self.keep()
    }

    /// What became of the mutants of files that are like this.
    pub(super) fn fates(&self, sources: &BTreeMap<String, String>) -> Fates {
        self.of(sources).map(|(name, seen)| (name.clone(), seen.fate)).collect()
    }

    /// Those that this pass alone saw.
    pub(super) fn seen_by(&self, pass: &str, sources: &BTreeMap<String, String>) -> Vec<String> {
        self.of(sources).filter(|(_, seen)| seen.by == pass).map(|(name, _)| name.clone()).collect()
    }

    fn of(&self, sources: &BTreeMap<String, String>) -> impl Iterator<Item = (&String, &Seen)> {
        let is_as_it_was = |(file, of_file): &(&String, &OfFile)| sources.get(*file) == Some(&of_file.source);
        self.kept.files.iter().filter(is_as_it_was).flat_map(|(_, of_file)| &of_file.mutants)
    }

    fn keep(&self) -> io::Result<()> {
        let text = serde_json::to_string_pretty(&self.kept).map_err(io::Error::other)?;
        // In one step: whoever ends the run now leaves the old file or the new one.
        let new = self.file.with_extension("new");
        fs::write(&new, text)?;
        fs::rename(new, &self.file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folders;

    fn sources(source: &str) -> BTreeMap<String, String> {
        BTreeMap::from([("a.rs".to_owned(), source.to_owned())])
    }

    fn found(name: &str, fate: Fate) -> Fates {
        Fates::from([(name.to_owned(), fate), ("a.rs:9:9: another".to_owned(), Fate::Missed)])
    }

    #[test]
    fn what_was_seen_is_known_while_the_file_is_as_it_was() {
        let folder = folders::scratch("mutants-settled").expect("a folder");
        let mut settled = Settled::read(&folder).expect("nothing yet");
        settled.begin("first", &folder.join("first"), &sources("as it is")).expect("it is kept");
        settled.end(&found("a.rs:1:1: one", Fate::Caught)).expect("it is kept");
        settled.begin("second", &folder.join("second"), &sources("as it is")).expect("it is kept");
        settled.end(&found("a.rs:2:2: two", Fate::TimedOut)).expect("it is kept");

        let settled = Settled::read(&folder).expect("what was kept");
        let expected = [("a.rs:1:1: one".to_owned(), Fate::Caught), ("a.rs:2:2: two".to_owned(), Fate::TimedOut)];
        assert_eq!(settled.fates(&sources("as it is")), Fates::from(expected));
        assert_eq!(settled.seen_by("second", &sources("as it is")), ["a.rs:2:2: two"]);
        assert!(settled.fates(&sources("edited")).is_empty());
        fs::remove_dir_all(folder).expect("it is removed");
    }

    #[test]
    fn what_a_pass_that_was_ended_had_found_is_known_and_what_an_older_one_left_is_not() {
        let folder = folders::scratch("mutants-ended").expect("a folder");
        let output = folder.join("first");
        let log = output.join("mutants.out");
        let outcomes = r#"{"outcomes": [
            {"scenario": {"Mutant": {"name": "a.rs:1:1: one"}}, "summary": "CaughtMutant"}
        ]}"#;
        let leave_log = || fs::create_dir_all(&log).and_then(|()| fs::write(log.join("outcomes.json"), outcomes));
        leave_log().expect("an older log");
        let mut settled = Settled::read(&folder).expect("nothing yet");
        settled.begin("first", &output, &sources("as it is")).expect("it is kept");
        drop(settled);
        assert!(Settled::read(&folder).expect("what was kept").fates(&sources("as it is")).is_empty());

        leave_log().expect("what it had found");
        let settled = Settled::read(&folder).expect("what was kept");
        assert_eq!(settled.fates(&sources("as it is")), Fates::from([("a.rs:1:1: one".to_owned(), Fate::Caught)]));
        fs::remove_dir_all(folder).expect("it is removed");
    }
}
