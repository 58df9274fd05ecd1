//! `cargo local fuzz`: the doors under libFuzzer, so many inputs each.
//!
//! The targets are the packages `tests/fuzz` and `tests/hostile`. It installs cargo-fuzz, builds
//! the targets with the nightly Rust of this machine, begins with the tapes of the tests, keeps
//! what reaches new branches below `target/local/fuzz` for the next time, and ends at the first
//! input for which something does not hold, takes long or takes much memory.
//!
//! No sanitizer: nothing of ours is `unsafe`, so it would watch libraries, at half the speed, and
//! keep freed memory that is then not told from ours. libFuzzer bounds memory and time by itself.

mod said;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::{fs, io};

use thiserror::Error;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::folders;
use crate::progress::Waiting;
use crate::setup::{self, Crate, SetupError};
use said::{End, Pulse};

const CARGO_FUZZ: Crate = Crate { name: "cargo-fuzz", version: "0.13.2", cost: "once, one to three minutes" };

/// cargo-fuzz needs flags of the compiler that no stable Rust has.
const TOOLCHAIN: &str = "nightly";

/// A function of the size that is deployed has 256 MB and more; what the targets need beside it is the counting.
const MOST_MEMORY_MB: u32 = 512;

/// A single input takes a millisecond.
const LONGEST_INPUT_S: u32 = 20;

/// The tapes that each target begins with.
const FIRST_TAPES: usize = 500;

/// Chosen by nobody: any seed must do, so one is kept.
const SEED: u64 = 0x0A5E_0005;

/// Lines of libFuzzer's that are shown when it has found something.
const LAST_LINES: usize = 40;

/// A door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Target {
    /// The HTTP API.
    #[value(name = "http_door")]
    HttpDoor,
    /// The token check.
    #[value(name = "token")]
    Token,
    /// The reader of VAKA's pages.
    #[value(name = "vaka_page")]
    VakaPage,
    /// The messages of the queue.
    #[value(name = "queue_message")]
    QueueMessage,
}

impl Target {
    const ALL: [Self; 4] = [Self::HttpDoor, Self::Token, Self::VakaPage, Self::QueueMessage];

    const fn name(self) -> &'static str {
        match self {
            Self::HttpDoor => "http_door",
            Self::Token => "token",
            Self::VakaPage => "vaka_page",
            Self::QueueMessage => "queue_message",
        }
    }
}

/// What is to be done.
#[derive(Debug, clap::Args)]
pub struct Plan {
    /// Inputs for each door.
    #[arg(long, default_value_t = 1_000_000, value_name = "N")]
    inputs: u64,
    /// Only these doors.
    #[arg(value_enum)]
    targets: Vec<Target>,
}

/// What went wrong; each text is one line that says what to do.
#[derive(Debug, Error)]
pub enum FuzzError {
    /// cargo-fuzz could not be installed.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// There is no nightly Rust.
    #[error("no nightly Rust, which cargo-fuzz needs: rustup toolchain install {TOOLCHAIN} --profile minimal")]
    NoNightly,
    /// A file or process was refused.
    #[error("cannot {what}: {source}")]
    Refused {
        /// What was tried.
        what: &'static str,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// The targets do not build.
    #[error("the fuzz targets do not build: see above (libFuzzer needs a C++ compiler; Debian: apt-get install g++)")]
    Build,
    /// An input was found for which something does not hold.
    #[error("{target} does not hold: see above. Again: {again}")]
    Found {
        /// The door.
        target: &'static str,
        /// The command that runs the input again.
        again: String,
    },
}

/// Runs each target for so many inputs, and says what was run.
///
/// # Errors
/// [`FuzzError`].
#[expect(clippy::print_stdout, reason = "`cargo local figures` reads it")]
pub async fn run(plan: &Plan) -> Result<(), FuzzError> {
    let refused = |what| move |source| FuzzError::Refused { what, source };
    let nightly = Command::new("rustup").args(["run", TOOLCHAIN, "rustc", "--version"]).output().await;
    if !nightly.is_ok_and(|asked| asked.status.success()) {
        return Err(FuzzError::NoNightly);
    }
    let installing = tokio::task::spawn_blocking(|| setup::installed(&CARGO_FUZZ)).await;
    let tool = installing.map_err(|stopped| refused("install cargo-fuzz")(io::Error::other(stopped)))??;
    eprintln!("Building the targets (once, about ten minutes) ...");
    let built = cargo_fuzz(&tool, "build").status().await.map_err(refused("start rustup"))?;
    if !built.success() {
        return Err(FuzzError::Build);
    }
    let targets = if plan.targets.is_empty() { &Target::ALL[..] } else { &plan.targets };
    for target in targets {
        let end = one(*target, plan.inputs).await?;
        println!("figure: hostile input, door {} = {end}", target.name());
    }
    Ok(())
}

/// `cargo fuzz`, with the nightly Rust, on the targets of this source tree.
fn cargo_fuzz(tool: &Path, verb: &str) -> Command {
    let program = tool.join(CARGO_FUZZ.name);
    let mut command = Command::new("rustup");
    command.args(["run", TOOLCHAIN]).arg(program).args(["fuzz", verb, "--sanitizer", "none"]);
    command.arg("--fuzz-dir").arg(package()).arg("--target-dir").arg(folders::root().join("target").join("fuzz"));
    // What this process was started with is for another Rust.
    for of_cargo in ["CARGO", "RUSTC", "RUSTUP_TOOLCHAIN", "LD_LIBRARY_PATH"] {
        command.env_remove(of_cargo);
    }
    command.current_dir(package()).kill_on_drop(true);
    command
}

fn package() -> PathBuf {
    folders::root().join("tests").join("fuzz")
}

async fn one(target: Target, inputs: u64) -> Result<End, FuzzError> {
    let refused = |what| move |source| FuzzError::Refused { what, source };
    let folder = folders::installed().join("fuzz").join(target.name());
    let (corpus, found) = (folder.join("corpus"), folder.join("found"));
    fs::create_dir_all(&corpus).and_then(|()| fs::create_dir_all(&found)).map_err(refused("write target/local"))?;
    for (number, tape) in hostile::tapes(SEED, FIRST_TAPES).enumerate() {
        fs::write(corpus.join(format!("first-{number:03}")), tape).map_err(refused("write target/local"))?;
    }
    let program = folders::root().join("target/fuzz/x86_64-unknown-linux-gnu/release").join(target.name());
    let mut fuzzing = Command::new(&program);
    fuzzing.arg(&corpus).arg(format!("-runs={inputs}")).arg(format!("-max_len={}", hostile::LONGEST_TAPE));
    fuzzing.arg(format!("-rss_limit_mb={MOST_MEMORY_MB}")).arg(format!("-timeout={LONGEST_INPUT_S}"));
    fuzzing.arg("-print_final_stats=1").arg(format!("-artifact_prefix={}/", found.display()));
    fuzzing.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut fuzzing = fuzzing.spawn().map_err(refused("start a target"))?;

    let waiting = Waiting::on(target.name());
    let (mut end, mut last) = (End::default(), Vec::new());
    if let Some(said) = fuzzing.stderr.take() {
        let mut lines = BufReader::new(said).lines();
        while let Some(line) = lines.next_line().await.map_err(refused("read what a target says"))? {
            if let Some(pulse) = Pulse::parse(&line) {
                waiting.now(&format!("{}: {pulse} of {inputs}", target.name()));
                end.pulse = pulse;
            } else {
                end.read(&line);
                last.push(line);
            }
        }
    }
    waiting.done();
    if fuzzing.wait().await.map_err(refused("wait for a target"))?.success() {
        return Ok(end);
    }
    for line in last.iter().skip(last.len().saturating_sub(LAST_LINES)) {
        eprintln!("{line}");
    }
    let input = last.iter().rev().find_map(|line| line.split_once("Test unit written to "));
    let input = input.map_or_else(|| found.display().to_string(), |(_, input)| input.to_owned());
    Err(FuzzError::Found { target: target.name(), again: format!("{} {input}", program.display()) })
}
