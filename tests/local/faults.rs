//! `cargo local faults`: which test holds which fault, as `tests/README.md` tells it.
//!
//! A test says so itself, in its doc comment; the rows are in [`rows`]. Every row has a test, and
//! the table in `tests/README.md` is what `cargo local faults --write` makes of the two: a test of
//! this room holds it to that.
//!
//! That a test holds what it says is for its reader to see.

mod reading;
mod rows;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::{fs, io};

use thiserror::Error;

use crate::{folders, section};
use reading::Claim;
use rows::ROWS;

const BEGIN: &str = "<!-- `cargo local faults --write` writes from here -->";

/// What is to be done about the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// It has to be as it would be written.
    Check,
    /// It is written.
    Write,
}

/// What is not as it should be.
#[derive(Debug, Error)]
pub enum FaultsError {
    /// A file cannot be read or written.
    #[error("a file cannot be read or written: {source}")]
    File {
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// A doc comment that speaks of a fault cannot be used.
    #[error("{}:{line}: {what}", file.display())]
    Claim {
        /// The file.
        file: PathBuf,
        /// The line of the doc comment.
        line: usize,
        /// What to do about it.
        what: &'static str,
    },
    /// Rows without a test, and tests of no row.
    #[error("{}", .0.join("\n"))]
    Rows(Vec<String>),
    /// The page has lost the place for the table.
    #[error("tests/README.md has no place for the table, after `{BEGIN}`")]
    NoPlace,
    /// The table is of an earlier time.
    #[error("the table in tests/README.md is stale: cargo local faults --write")]
    Stale,
}

/// Checks or writes the table.
///
/// # Errors
/// [`FaultsError`].
pub fn run(table: Table) -> Result<(), FaultsError> {
    let page = folders::root().join("tests").join("README.md");
    let tests = by_row(reading::claims(&folders::root())?)?;
    let before = fs::read_to_string(&page).map_err(|source| FaultsError::File { source })?;
    let after = section::written(&before, BEGIN, &table_of(&tests)).ok_or(FaultsError::NoPlace)?;
    match table {
        Table::Write => fs::write(&page, after).map_err(|source| FaultsError::File { source })?,
        Table::Check if before != after => return Err(FaultsError::Stale),
        Table::Check => {}
    }
    eprintln!("each of {} faults has a test", ROWS.len());
    Ok(())
}

/// The tests of each row.
fn by_row(claims: Vec<Claim>) -> Result<BTreeMap<u8, Vec<String>>, FaultsError> {
    let mut tests: BTreeMap<u8, Vec<String>> = BTreeMap::new();
    for claim in claims {
        for fault in claim.faults {
            tests.entry(fault).or_default().push(format!("{}::{}", claim.room, claim.test));
        }
    }
    let untested = ROWS.iter().filter(|row| !tests.contains_key(&row.number));
    let mut wrong: Vec<_> = untested.map(|row| format!("fault {} has no test", row.number)).collect();
    let known = |fault: &u8| ROWS.iter().any(|row| row.number == *fault);
    wrong.extend(
        tests.iter().filter(|(fault, _)| !known(fault)).map(|(fault, of)| format!("there is no fault {fault}: {of:?}")),
    );
    if wrong.is_empty() { Ok(tests) } else { Err(FaultsError::Rows(wrong)) }
}

fn table_of(tests: &BTreeMap<u8, Vec<String>>) -> String {
    let mut table = "| | fault | held by |\n| --- | --- | --- |\n".to_owned();
    for row in ROWS {
        let tests = tests.get(&row.number).into_iter().flatten().map(|test| format!("`{test}`"));
        let held_by = tests.collect::<Vec<_>>().join("<br>");
        table += &format!("| {} | {} | {held_by} |\n", row.number, row.statement);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_has_a_test_and_the_table_says_which() {
        run(Table::Check).unwrap_or_else(|wrong| panic!("{wrong}"));
    }

    #[test]
    fn a_row_without_a_test_and_a_test_without_a_row_are_told() {
        let claim = Claim { faults: vec![1, 41], room: "room".to_owned(), test: "it_holds".to_owned() };
        let Err(FaultsError::Rows(wrong)) = by_row(vec![claim]) else { panic!("nothing is wrong") };
        assert!(wrong.contains(&"fault 2 has no test".to_owned()), "{wrong:?}");
        assert!(wrong.iter().any(|line| line.starts_with("there is no fault 41")), "{wrong:?}");
        assert!(!wrong.iter().any(|line| line.starts_with("fault 1 ")), "{wrong:?}");
    }

    #[test]
    fn the_rows_are_numbered_without_a_gap() {
        assert!(ROWS.iter().zip(1..).all(|(row, number)| row.number == number));
    }
}
