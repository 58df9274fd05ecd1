//! `cargo local figures`: the figures of the long searches, as `tests/README.md` shows them.
//!
//! A program that finds something out prints lines `figure: <what> = <value>`. This command runs
//! such programs ([`programs`]), keeps what they said last with the day in `tests/figures.json`,
//! and writes the table in `tests/README.md` from that file; a test of this room holds the two
//! together, so that no figure is typed by hand. A program that fails changes nothing.
//!
//! It judges no figure: a program that finds a fault ends with an error.

mod programs;

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use serde::{Deserialize, Serialize};
use thiserror::Error;
use time::OffsetDateTime;

use crate::{folders, section};
pub use programs::Program;
use programs::{PROGRAMS, Profile};

const BEGIN: &str = "<!-- `cargo local figures` writes from here -->";

/// What begins a line with a figure.
const FIGURE: &str = "figure: ";

/// Which programs are run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// Those of some minutes.
    Short,
    /// Those of hours as well.
    All,
    /// This one.
    One(String),
}

/// Why there are no new figures; each text is one line.
#[derive(Debug, Error)]
pub enum FiguresError {
    /// A file cannot be read or written.
    #[error("cannot read or write {}: {source}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// The kept figures are no figures.
    #[error("tests/figures.json cannot be read: {0}")]
    Kept(#[from] serde_json::Error),
    /// There is no such program.
    #[error("no program is called {name}: there are {}", names())]
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// A program could not be run.
    #[error("cannot run {command}: {source}")]
    NotRun {
        /// The command.
        command: String,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// A program found a fault, or had no figure to tell.
    #[error("{command} {how}: see above; its figures stay as they were")]
    Failed {
        /// The command.
        command: String,
        /// What was wrong.
        how: &'static str,
    },
    /// The page has lost the place for the table.
    #[error("tests/README.md has no place for the figures, after `{BEGIN}`")]
    NoPlace,
}

/// What a program said last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    day: String,
    figures: Vec<(String, String)>,
}

type Kept = BTreeMap<String, Said>;

/// Runs the programs one after the other, and writes the table after each.
///
/// # Errors
/// [`FiguresError`]; the figures of the programs before it are kept.
pub fn run(wanted: &Wanted) -> Result<(), FiguresError> {
    let programs: Vec<_> = PROGRAMS.iter().filter(|program| wanted.includes(program)).collect();
    if let (Wanted::One(name), true) = (wanted, programs.is_empty()) {
        return Err(FiguresError::Unknown { name: name.clone() });
    }
    for (at, program) in programs.iter().enumerate() {
        eprintln!("figures: {} of {}: {} ({})", at + 1, programs.len(), program.command(), program.takes);
        let figures = figures_of(program)?;
        let mut kept = kept()?;
        kept.insert(program.name.to_owned(), Said { day: OffsetDateTime::now_utc().date().to_string(), figures });
        write(&kept_in(), &(serde_json::to_string_pretty(&kept)? + "\n"))?;
        let page = read(&page())?;
        write(&self::page(), &section::written(&page, BEGIN, &table(&kept)).ok_or(FiguresError::NoPlace)?)?;
    }
    Ok(())
}

impl Wanted {
    fn includes(&self, program: &Program) -> bool {
        match self {
            Self::Short => program.profile == Profile::Short,
            Self::All => true,
            Self::One(name) => program.name == name,
        }
    }
}

/// What the program says, which is shown as well.
fn figures_of(program: &Program) -> Result<Vec<(String, String)>, FiguresError> {
    let command = program.command();
    let not_run = |source| FiguresError::NotRun { command: command.clone(), source };
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut running = Command::new(cargo)
        .args(program.arguments)
        .current_dir(folders::root())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(not_run)?;
    let mut figures = Vec::new();
    for line in running.stdout.take().map(BufReader::new).into_iter().flat_map(BufRead::lines) {
        let line = line.map_err(not_run)?;
        eprintln!("{line}");
        figures.extend(figure(&line));
    }
    if !running.wait().map_err(not_run)?.success() {
        return Err(FiguresError::Failed { command, how: "found a fault" });
    }
    if figures.is_empty() {
        return Err(FiguresError::Failed { command, how: "told no figure" });
    }
    Ok(figures)
}

fn names() -> String {
    PROGRAMS.map(|program| program.name).join(", ")
}

fn figure(line: &str) -> Option<(String, String)> {
    // The harness of a test may have begun the line.
    let (_, said) = line.split_once(FIGURE)?;
    let (what, value) = said.rsplit_once(" = ")?;
    Some((what.to_owned(), value.to_owned()))
}

fn table(kept: &Kept) -> String {
    let mut table = "| what | figure | by | on |\n| --- | --- | --- | --- |\n".to_owned();
    for program in &PROGRAMS {
        let Some(said) = kept.get(program.name) else {
            table += &format!("| {} | not run yet | `{}` | |\n", program.name, program.command());
            continue;
        };
        for (what, value) in &said.figures {
            table += &format!("| {what} | {value} | `{}` | {} |\n", program.command(), said.day);
        }
    }
    table
}

fn kept() -> Result<Kept, FiguresError> {
    match fs::read_to_string(kept_in()) {
        Ok(text) => Ok(serde_json::from_str(&text)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Kept::new()),
        Err(source) => Err(FiguresError::File { file: kept_in(), source }),
    }
}

fn kept_in() -> PathBuf {
    folders::root().join("tests").join("figures.json")
}

fn page() -> PathBuf {
    folders::root().join("tests").join("README.md")
}

fn read(file: &Path) -> Result<String, FiguresError> {
    fs::read_to_string(file).map_err(|source| FiguresError::File { file: file.to_owned(), source })
}

fn write(file: &Path, text: &str) -> Result<(), FiguresError> {
    fs::write(file, text).map_err(|source| FiguresError::File { file: file.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_shows_the_figures_that_are_kept() {
        let page = read(&page()).unwrap_or_else(|error| panic!("{error}"));
        let kept = kept().unwrap_or_else(|error| panic!("{error}"));
        let as_written = section::written(&page, BEGIN, &table(&kept));
        assert_eq!(as_written.as_deref(), Some(page.as_str()), "cargo local figures writes it");
    }

    #[test]
    fn a_figure_is_read_wherever_it_stands_in_a_line() {
        let read = |line| figure(line);
        let points = Some(("crash points survived".to_owned(), "102 of 102".to_owned()));
        assert_eq!(read("figure: crash points survived = 102 of 102"), points);
        assert_eq!(read("test crash_points ... figure: crash points survived = 102 of 102"), points);
        assert_eq!(read("102 of 102"), None);
    }
}
