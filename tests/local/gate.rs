//! `cargo local gate`: the instructions that the parts of the functions take, held against what is
//! written down.
//!
//! `tests/gate` has the parts. Each is done under valgrind, which counts instructions: no clock is
//! read, so a busy machine counts what an idle one does, and the gate cannot fail by chance. What
//! was counted may exceed the figure by [`MARGIN_PERCENT`]: that is more than the seeds of hash maps
//! do to it, and less than anything that somebody should know of. A part that takes less by as much
//! asks to be written down, so that what was won is not lost again unseen.
//!
//! The figures, and those of the requests of a sync that the suite holds itself to, are in
//! `tests/gate/figures.json` ([`figures`]).
//!
//! What it does not do: say how long anything takes. Figures are those of the pinned toolchain on
//! x86-64; there is no gate on another kind of machine.

pub mod figures;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs, io};

use thiserror::Error;

use crate::bundle::{Binaries, BundleError};
use crate::folders;
use figures::{Figures, FiguresError, Instructions, Judgement, WRITE_REQUESTS};

/// What a part may take more than is written down.
pub const MARGIN_PERCENT: u64 = 3;

/// Between this function's begin and its end valgrind counts.
const COUNTED: &str = "*counted*";

/// What is to be done about the figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// What is counted is held against them.
    Check,
    /// What is counted is written down.
    Write,
}

/// Why the gate is shut.
#[derive(Debug, Error)]
pub enum GateError {
    /// There is no valgrind.
    #[error(
        "valgrind was not found, which counts instructions: install it (Debian: apt-get install valgrind) and try again"
    )]
    NoValgrind(#[source] io::Error),
    /// The figures are of another kind of machine.
    #[error("the figures are of x86-64, and this is {}: run the gate on a machine of that kind", env::consts::ARCH)]
    OtherMachine,
    /// The parts do not build.
    #[error(transparent)]
    Build(#[from] BundleError),
    /// The figures cannot be used.
    #[error(transparent)]
    Figures(#[from] FiguresError),
    /// A file or a process was refused.
    #[error("the gate cannot work: {0}")]
    Refused(#[from] io::Error),
    /// A part did not come to its end.
    #[error("the part {part} was not counted: {said}")]
    NotCounted {
        /// Which.
        part: String,
        /// The last that valgrind or the part said.
        said: String,
    },
    /// The suite did not count the requests.
    #[error("the requests of a sync were not counted: see what the test says above")]
    RequestsNotCounted,
    /// Parts take more than is written down, or are not written down.
    #[error("{}\nIf it has to be so, say why in the commit that writes it down: cargo local gate --write", .0.join("\n"))]
    Shut(Vec<String>),
}

/// A part that can be counted.
#[derive(Debug)]
struct Part {
    name: String,
    times: u64,
    of: String,
}

/// Counts all parts, and checks or writes the figures.
///
/// # Errors
/// [`GateError`].
pub fn run(mode: Mode) -> Result<(), GateError> {
    if env::consts::ARCH != "x86_64" {
        return Err(GateError::OtherMachine);
    }
    Command::new("valgrind").arg("--version").output().map_err(GateError::NoValgrind)?;
    let program = built()?;
    let scratch = folders::scratch("gate")?;
    let mut counted = Vec::new();
    for part in parts(&program)? {
        let instructions = count(&program, &part, &scratch)?;
        counted.push((part.name, Instructions { of: part.of, instructions }));
    }
    fs::remove_dir_all(&scratch)?;
    let mut figures = Figures::read()?;
    let judged = figures.judge(&counted);
    judged.iter().for_each(|judgement| eprintln!("{judgement}"));
    match mode {
        Mode::Write => {
            figures.instructions = counted.into_iter().collect();
            figures.write()?;
            count_requests()
        }
        Mode::Check => {
            let shut: Vec<_> = judged.iter().filter(|judgement| judgement.shuts()).map(Judgement::to_string).collect();
            if shut.is_empty() { Ok(()) } else { Err(GateError::Shut(shut)) }
        }
    }
}

/// Has the suite count the requests of a sync, and write them down.
fn count_requests() -> Result<(), GateError> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut suite = Command::new(cargo);
    suite.args(["test", "--quiet", "--locked", "--test", "suite", "--", "sync_requests"]);
    let ended = suite.current_dir(folders::root()).env(WRITE_REQUESTS, "1").status()?;
    if ended.success() { Ok(()) } else { Err(GateError::RequestsNotCounted) }
}

fn built() -> Result<PathBuf, GateError> {
    let arguments = ["build", "--package", "gate", "--bench", "gate", "--profile", "gate", "--locked"];
    Ok(Binaries::built_by(&arguments)?.path("gate")?.to_owned())
}

fn parts(program: &Path) -> Result<Vec<Part>, GateError> {
    let listed = Command::new(program).output()?;
    let part = |line: &str| {
        let mut columns = line.split('\t');
        let (name, times, of) = (columns.next()?, columns.next()?, columns.next()?);
        Some(Part { name: name.to_owned(), times: times.parse().ok()?, of: of.to_owned() })
    };
    Ok(String::from_utf8_lossy(&listed.stdout).lines().filter_map(part).collect())
}

fn count(program: &Path, part: &Part, scratch: &Path) -> Result<u64, GateError> {
    let counts = scratch.join(&part.name);
    let ended = Command::new("valgrind")
        .args(["--tool=callgrind", "--collect-atstart=no", "--combine-dumps=yes"])
        .arg(format!("--toggle-collect={COUNTED}"))
        .arg(format!("--callgrind-out-file={}", counts.display()))
        .arg(program)
        .arg(&part.name)
        // What else is in the environment lies on the same stack as the program, and moves it.
        .env_clear()
        .env("PATH", env::var_os("PATH").unwrap_or_default())
        .output()?;
    let not_counted = |ended: &Output| GateError::NotCounted { part: part.name.clone(), said: last_line(ended) };
    if !ended.status.success() {
        return Err(not_counted(&ended));
    }
    let total = total(&fs::read_to_string(counts)?).ok_or_else(|| not_counted(&ended))?;
    total.checked_div(part.times).ok_or_else(|| not_counted(&ended))
}

/// What callgrind's file says was counted; nothing where nothing was.
fn total(counts: &str) -> Option<u64> {
    let total = counts.lines().find_map(|line| line.strip_prefix("totals:"))?;
    total.trim().parse().ok().filter(|total| *total > 0)
}

fn last_line(ended: &Output) -> String {
    let said = String::from_utf8_lossy(&ended.stderr);
    said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("nothing was said").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_counted_is_no_count() {
        let counts =
            |total: &str| format!("version: 1\ncreator: callgrind\nevents: Ir\nsummary: 9\n\ntotals: {total}\n");
        assert_eq!(total(&counts("1234")), Some(1_234));
        assert_eq!(total(&counts("0")), None);
        assert_eq!(total("version: 1\n"), None);
    }
}
