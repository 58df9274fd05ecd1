//! `cargo local bench`: how fast, how frugal and how dear, with a bound for each figure.
//!
//! It starts servers of its own on loopback and runs the functions' binaries, in the profile that is
//! deployed, as processes under Lambda's Runtime API. What it tells are ratios within one run,
//! processor time, memory, and counts of requests and units, never a bare time. A run that met what
//! the servers do not know, or that left another state behind than it should, gives no figure.
//!
//! The servers have to be fast, so a debug build of this program builds itself again in the profile
//! `measure` and hands over to it.

mod cost;
pub mod dynamodb;
mod figure;
mod fixture;
mod machine;
mod page;
mod process;
mod rivals;
mod rows;
mod source;
pub mod start;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::{env, fs};

use clap::{Args, ValueEnum};
use serde_json::json;
use thiserror::Error;

use crate::bundle::BundleError;
use crate::check::CheckError;
use crate::connect::ConnectError;
use crate::folders;
use crate::setup::SetupError;
use figure::{Table, Verdict};
use fixture::Fixture;
use machine::Machine;

/// `cargo local bench`.
#[derive(Debug, Clone, Args)]
pub struct Plan {
    /// Fewer users and one round: to see that it runs, not what it says.
    #[arg(long)]
    pub quick: bool,
    /// One row alone; may be given several times.
    #[arg(long, value_enum, value_name = "ROW")]
    pub only: Vec<Row>,
    /// Where the figures go as JSON.
    #[arg(long, value_name = "FILE", default_value = "target/local/bench.json")]
    pub json: PathBuf,
    /// Write the figures of the rows that are measured into tests/BENCH.md as well.
    #[arg(long, conflicts_with = "quick")]
    pub write: bool,
}

/// A row of the bench.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Row {
    /// A sync against reading alone; its processor time, requests and units.
    Walk,
    /// The same job by programs in Python, Node.js and dlt.
    Rivals,
    /// The most memory that a sync holds.
    Memory,
    /// A start of the api function, and its warm requests.
    Start,
    /// Fifty companies at once, one of them huge.
    Companies,
    /// The deployment packages.
    Size,
    /// What companies cost a month.
    Cost,
}

/// How much is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// What the bounds are about.
    Full,
    /// Less.
    Quick,
}

/// Why there are no figures; each text is one line.
#[derive(Debug, Error)]
pub enum BenchError {
    /// A port, process or file was refused.
    #[error("cannot start what is measured: {0}")]
    Io(#[from] io::Error),
    /// The sync function does not build.
    #[error(transparent)]
    Build(#[from] BundleError),
    /// A rival could not be installed.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// A company could not be connected.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// A function could not be built as it is deployed.
    #[error(transparent)]
    Deployment(#[from] CheckError),
    /// A start could not be measured.
    #[error(transparent)]
    Start(#[from] start::StartError),
    /// What was measured did not do what it should have done, so there is nothing to tell.
    #[error("{what}: {how}")]
    WentWrong {
        /// What.
        what: &'static str,
        /// How.
        how: String,
    },
}

impl BenchError {
    pub(crate) fn went_wrong(what: &'static str, how: String) -> Self {
        Self::WentWrong { what, how }
    }
}

/// Measures, prints and writes; a bound that is missed is a failing exit code.
///
/// # Errors
/// [`BenchError`].
pub async fn run(plan: &Plan) -> Result<ExitCode, BenchError> {
    if cfg!(debug_assertions) {
        return hand_over();
    }
    let machine = Machine::this();
    io::stdout().write_all(format!("{}\n", machine.line()).as_bytes())?;
    let fixture = Fixture::start().await?;
    let scale = if plan.quick { Scale::Quick } else { Scale::Full };
    let (mut tables, mut broken) = (Vec::new(), false);
    for row in Row::value_variants().iter().filter(|row| plan.only.is_empty() || plan.only.contains(row)) {
        match row.measure(&fixture, scale).await {
            Ok(measured) => {
                // Each as soon as it is there: the whole takes a quarter of an hour.
                let shown = figure::markdown(&measured);
                io::stdout().write_all(shown.as_bytes())?;
                if plan.write {
                    page::write(&row.name(), &format!("{}\n{shown}", machine.line()))?;
                }
                tables.extend(measured);
            }
            Err(error) => {
                eprintln!("bench: no figure of {row:?}: {error}");
                broken = true;
            }
        }
    }
    write_json(plan, &machine, &tables)?;
    Ok(if broken || missed(&tables) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

impl Row {
    /// As `--only` takes it.
    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    async fn measure(self, fixture: &Fixture, scale: Scale) -> Result<Vec<Table>, BenchError> {
        match self {
            Self::Walk => rows::walk::measure(fixture, scale).await,
            Self::Rivals => rows::rivals::measure(fixture, scale).await,
            Self::Memory => rows::memory::measure(fixture, scale).await,
            Self::Start => Ok(rows::start::measure().await?),
            Self::Companies => rows::companies::measure(fixture, scale).await,
            Self::Size => rows::size::measure().await,
            Self::Cost => rows::cost::measure(fixture).await,
        }
    }
}

fn missed(tables: &[Table]) -> bool {
    tables.iter().flat_map(|table| &table.figures).any(|figure| figure.verdict() == Verdict::Missed)
}

fn write_json(plan: &Plan, machine: &Machine, tables: &[Table]) -> Result<(), BenchError> {
    let path = folders::root().join(&plan.json);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let all = json!({"machine": machine, "quick": plan.quick, "tables": tables});
    fs::write(&path, serde_json::to_string_pretty(&all).map_err(io::Error::other)?)?;
    eprintln!("bench: written to {}", path.display());
    Ok(())
}

/// Runs the same command in a build of this program that is not in the way of what it measures.
fn hand_over() -> Result<ExitCode, BenchError> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    eprintln!("bench: building what measures (the first time some minutes) ...");
    let mut command = Command::new(cargo);
    command.args(["run", "--quiet", "--locked", "--profile", "measure", "--bin", "local", "--"]);
    let status = command.args(env::args_os().skip(1)).current_dir(folders::root()).status()?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}
