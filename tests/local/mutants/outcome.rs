//! What became of each mutant, as cargo-mutants writes it down.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

use serde::{Deserialize, Serialize};

/// What became of a mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Fate {
    /// A test failed.
    Caught,
    /// The tests did not come to their end.
    TimedOut,
    /// It is no Rust.
    Unviable,
    /// Every test passed.
    Missed,
}

/// Each mutant with the place that tells it from others of its name, and its fate.
pub(super) type Fates = BTreeMap<String, Fate>;

#[derive(Deserialize)]
struct Outcomes {
    outcomes: Vec<Outcome>,
}

#[derive(Deserialize)]
struct Outcome {
    scenario: Scenario,
    summary: String,
}

#[derive(Deserialize)]
enum Scenario {
    Baseline,
    Mutant { name: String },
}

/// What the run with this output folder came to.
pub(super) fn read(folder: &Path) -> io::Result<Fates> {
    let text = fs::read_to_string(folder.join("mutants.out").join("outcomes.json"))?;
    parse(&text).map_err(io::Error::other)
}

fn parse(text: &str) -> Result<Fates, serde_json::Error> {
    let read: Outcomes = serde_json::from_str(text)?;
    let fate = |outcome: Outcome| {
        let Scenario::Mutant { name } = outcome.scenario else { return None };
        Some((
            name,
            match outcome.summary.as_str() {
                "CaughtMutant" => Fate::Caught,
                "Timeout" => Fate::TimedOut,
                "Unviable" => Fate::Unviable,
                // Also what this version of cargo-mutants does not say: it has to be looked at.
                _ => Fate::Missed,
            },
        ))
    };
    Ok(read.outcomes.into_iter().filter_map(fate).collect())
}

/// The file that it is a mutant of.
pub(super) fn file_of(name: &str) -> &str {
    name.split(':').next().unwrap_or_default()
}

/// The name without line and column, which any edit changes.
pub(super) fn without_place(name: &str) -> String {
    let Some((file, rest)) = name.split_once(".rs:") else { return name.to_owned() };
    let Some((_, what)) = rest.split_once(": ") else { return name.to_owned() };
    format!("{file}.rs: {what}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fate_of_each_mutant_is_read_and_the_baseline_is_none() {
        let text = r#"{"outcomes": [
            {"scenario": "Baseline", "summary": "Success", "log_path": "log/baseline.log"},
            {"scenario": {"Mutant": {"name": "a.rs:1:2: one", "package": "a"}}, "summary": "CaughtMutant"},
            {"scenario": {"Mutant": {"name": "a.rs:1:3: one", "package": "a"}}, "summary": "MissedMutant"},
            {"scenario": {"Mutant": {"name": "a.rs:2:2: two", "package": "a"}}, "summary": "Timeout"},
            {"scenario": {"Mutant": {"name": "a.rs:3:2: three", "package": "a"}}, "summary": "Unviable"}
        ], "total_mutants": 4}"#;
        let read: Vec<_> = parse(text).expect("outcomes").into_values().collect();
        assert_eq!(read, [Fate::Caught, Fate::Missed, Fate::TimedOut, Fate::Unviable]);
    }

    #[test]
    fn a_name_without_its_place_is_the_same_after_an_edit() {
        let name = "shared/src/job.rs:12:9: replace Job::name -> &'static str with \"a: b\"";
        assert_eq!(without_place(name), "shared/src/job.rs: replace Job::name -> &'static str with \"a: b\"");
        assert_eq!(without_place("what has no place"), "what has no place");
    }
}
