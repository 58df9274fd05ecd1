//! `tests/BENCH.md`: what is written by hand, and between two marks the figures of the last run.

use std::{fs, io};

use super::BenchError;
use crate::folders;

const BEGIN: &str = "<!-- `cargo local bench --write` writes from here -->";
const END: &str = "<!-- to here -->";

/// Puts the figures between the marks.
///
/// # Errors
/// [`BenchError::Io`] when the page cannot be read or written, or has no marks.
pub fn write(figures: &str) -> Result<(), BenchError> {
    let path = folders::root().join("tests").join("BENCH.md");
    let page = between_marks(&fs::read_to_string(&path)?, figures);
    let page = page.ok_or_else(|| io::Error::other("tests/BENCH.md has lost the marks that figures go between"))?;
    fs::write(&path, page)?;
    eprintln!("bench: written to {}", path.display());
    Ok(())
}

fn between_marks(page: &str, figures: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{}\n\n{END}{after}", figures.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_take_the_place_of_older_ones_and_leave_the_rest_alone() {
        let page = format!("above\n\n{BEGIN}\n\nold\n\n{END}\n\nbelow\n");
        assert_eq!(between_marks(&page, "new\n"), Some(format!("above\n\n{BEGIN}\n\nnew\n\n{END}\n\nbelow\n")));
        assert_eq!(between_marks("above", "new"), None);
    }
}
