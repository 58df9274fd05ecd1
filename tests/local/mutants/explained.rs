//! The mutants that no test can or need tell from the code, each with the reason in one line of `tests/mutants.txt`.
//!
//! A line is `<name of the mutant> because <reason>`. There is one for each mutant that is missed, also where
//! several have one name.

use std::collections::BTreeMap;

use super::outcome::{Fate, Fates, without_place};

/// What is between a name and its reason.
const BECAUSE: &str = " because ";

/// How many mutants of each name are explained.
pub(super) type Explained = BTreeMap<String, usize>;

/// What the page of explanations and the fates do not agree about.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Judgement {
    /// Missed and not explained; with places, since somebody will look there.
    pub unexplained: Vec<String>,
    /// Explained, and caught or no longer there.
    pub stale: Vec<String>,
    /// Missed and explained.
    pub explained: usize,
}

/// Reads the page; a line that is none is told.
pub(super) fn parse(page: &str) -> Result<Explained, String> {
    let mut explained = Explained::new();
    for line in page.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let Some((name, reason)) = line.split_once(BECAUSE) else { return Err(line.to_owned()) };
        if reason.trim().is_empty() {
            return Err(line.to_owned());
        }
        *explained.entry(name.to_owned()).or_default() += 1;
    }
    Ok(explained)
}

/// Holds the fates of those that were tried, and the names of all there are, to the page.
pub(super) fn judge(page: &Explained, fates: &Fates, all: &[String]) -> Judgement {
    let mut judged = Judgement::default();
    let mut tried: BTreeMap<String, Vec<(&String, Fate)>> = BTreeMap::new();
    for (name, fate) in fates {
        tried.entry(without_place(name)).or_default().push((name, *fate));
    }
    for (name, of_name) in &tried {
        let missed: Vec<_> = of_name.iter().filter(|(_, fate)| *fate == Fate::Missed).map(|(name, _)| *name).collect();
        let explained = page.get(name).copied().unwrap_or_default();
        judged.explained += missed.len().min(explained);
        if missed.len() > explained {
            judged.unexplained.extend(missed.into_iter().cloned());
        // Of a part of those of one name it is not known how the others fare.
        } else if missed.len() < explained && of_name.len() == all.iter().filter(|other| *other == name).count() {
            judged.stale.push(name.clone());
        }
    }
    judged.stale.extend(page.keys().filter(|name| !all.contains(name)).cloned());
    judged
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# What is missed.\n\na.rs: one because of this\na.rs: two because of that\n";

    fn fates(of: &[(&str, Fate)]) -> Fates {
        of.iter().map(|(name, fate)| ((*name).to_owned(), *fate)).collect()
    }

    fn judged(of: &[(&str, Fate)], all: &[&str]) -> Judgement {
        let all: Vec<_> = all.iter().map(|name| (*name).to_owned()).collect();
        judge(&parse(PAGE).expect("a page"), &fates(of), &all)
    }

    #[test]
    fn a_page_is_lines_with_a_reason() {
        assert_eq!(parse(PAGE).map(|page| page.len()), Ok(2));
        for line in ["a.rs: one", "a.rs: one because ", "a.rs: one because  "] {
            assert_eq!(parse(line), Err(line.to_owned()));
        }
    }

    #[test]
    fn what_is_missed_without_an_explanation_is_told_with_its_place() {
        let all = ["a.rs: one", "a.rs: two", "a.rs: three"];
        let of = [("a.rs:1:1: one", Fate::Missed), ("a.rs:2:1: two", Fate::Missed), ("a.rs:3:1: three", Fate::Missed)];
        let expected = Judgement { unexplained: vec!["a.rs:3:1: three".to_owned()], stale: vec![], explained: 2 };
        assert_eq!(judged(&of, &all), expected);
    }

    #[test]
    fn a_second_mutant_of_an_explained_name_is_not_explained_by_it() {
        let all = ["a.rs: one", "a.rs: one", "a.rs: two"];
        let of = [("a.rs:1:1: one", Fate::Missed), ("a.rs:1:5: one", Fate::Missed)];
        assert_eq!(judged(&of, &all).unexplained, ["a.rs:1:1: one", "a.rs:1:5: one"]);
    }

    #[test]
    fn an_explanation_of_what_is_caught_or_gone_is_stale_and_one_of_what_was_not_tried_is_not() {
        assert_eq!(judged(&[("a.rs:1:1: one", Fate::Caught)], &["a.rs: one", "a.rs: two"]).stale, ["a.rs: one"]);
        assert_eq!(judged(&[("a.rs:1:1: one", Fate::Missed)], &["a.rs: one"]).stale, ["a.rs: two"]);
        assert_eq!(judged(&[], &["a.rs: one", "a.rs: two"]), Judgement::default());
        // One of two was tried, in a shard.
        let all = ["a.rs: one", "a.rs: one", "a.rs: two"];
        assert_eq!(judged(&[("a.rs:1:1: one", Fate::Caught)], &all), Judgement::default());
    }
}
