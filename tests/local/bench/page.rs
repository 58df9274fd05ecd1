//! `tests/BENCH.md`: what is written by hand, and between marks the figures of each row's last run.
//!
//! A row is measured and written by itself as well, so what is on the page may be of several days and
//! commits: each row says of which.

use std::{fs, io};

use super::BenchError;
use crate::folders;

/// Puts a row's figures between its marks.
///
/// # Errors
/// [`BenchError::Io`] when the page cannot be read or written, or has no marks for the row.
pub fn write(row: &str, figures: &str) -> Result<(), BenchError> {
    let path = folders::root().join("tests").join("BENCH.md");
    let lost = || io::Error::other(format!("tests/BENCH.md has lost this line: {}", begin(row)));
    fs::write(&path, between_marks(&fs::read_to_string(&path)?, row, figures).ok_or_else(lost)?)?;
    eprintln!("bench: written to {}", path.display());
    Ok(())
}

fn begin(row: &str) -> String {
    format!("<!-- `cargo local bench --only {row} --write` writes from here -->")
}

fn between_marks(page: &str, row: &str, figures: &str) -> Option<String> {
    const END: &str = "<!-- to here -->";
    let begin = begin(row);
    let (before, rest) = page.split_once(&begin)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{begin}\n\n{}\n\n{END}{after}", figures.trim()))
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;
    use crate::bench::Row;

    #[test]
    fn a_rows_figures_take_the_place_of_its_older_ones_and_leave_the_rest_alone() {
        let row = |row, figures| format!("{}\n\n{figures}\n\n<!-- to here -->\n", begin(row));
        let page = |walk, start| format!("above\n\n{}\nbetween\n\n{}\nbelow\n", row("walk", walk), row("start", start));
        assert_eq!(between_marks(&page("old", "older"), "walk", "new\n"), Some(page("new", "older")));
        assert_eq!(between_marks(&page("old", "older"), "start", "new\n"), Some(page("old", "new")));
        assert_eq!(between_marks(&page("old", "older"), "memory", "new\n"), None);
    }

    #[test]
    fn the_page_has_the_marks_of_every_row_once() {
        let page = fs::read_to_string(folders::root().join("tests/BENCH.md")).expect("the page");
        for row in Row::value_variants() {
            assert_eq!(page.matches(&begin(&row.name())).count(), 1, "{row:?}");
        }
    }
}
