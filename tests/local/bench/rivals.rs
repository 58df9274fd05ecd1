//! The same sync, written by others: programs below `tests/rivals`, each a process that says `ready`
//! and makes one sync for each line that it is sent.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::process::{Command as StdCommand, Stdio};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::BenchError;
use super::dynamodb::{CUSTOMERS, Counts, STATE};
use super::fixture::{Company, Fixture};
use super::process;
use crate::folders;
use crate::setup::{self, NpmPackages, Packages, SetupError};
use crate::vaka::{self, CLIENT_ID, CLIENT_SECRET};

const PYTHON: Packages = Packages {
    name: "rivals-python",
    requirements: include_str!("../requirements/rivals-python.txt"),
    cost: "once, 60 MB",
};
const DLT: Packages =
    Packages { name: "rivals-dlt", requirements: include_str!("../requirements/rivals-dlt.txt"), cost: "once, 120 MB" };
const NODE: NpmPackages = NpmPackages {
    name: "rivals",
    manifest: include_str!("../../rivals/node/package.json"),
    lock: include_str!("../../rivals/node/package-lock.json"),
    cost: "once, 20 MB",
};

/// Longer than the slowest of them takes.
const ANSWERS_WITHIN: Duration = Duration::from_secs(1_800);

/// Another program for the same job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rival {
    /// Python, a transaction for each user.
    PythonOneByOne,
    /// Python, batches of 25, several under way.
    PythonInBatches,
    /// Node.js, a transaction for each user.
    NodeOneByOne,
    /// Node.js, batches of 25, several under way.
    NodeInBatches,
    /// dlt with a destination of its own.
    Dlt,
}

/// A rival that is ready.
#[derive(Debug)]
pub struct Running {
    process: Child,
    orders: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    scratch: PathBuf,
}

/// What a sync of a rival took.
#[derive(Debug, Clone)]
pub struct Took {
    /// From the order to the answer.
    pub wall: Duration,
    /// Processor time of its process and threads.
    pub processor: Duration,
    /// What was asked of DynamoDB.
    pub counts: Counts,
    /// What it says that it did.
    pub users: BTreeMap<String, u64>,
}

impl Rival {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::PythonOneByOne, Self::PythonInBatches, Self::NodeOneByOne, Self::NodeInBatches, Self::Dlt];

    /// What it is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PythonOneByOne => "Python (httpx, aioboto3), one by one",
            Self::PythonInBatches => "Python (httpx, aioboto3), in batches",
            Self::NodeOneByOne => "Node.js (undici, AWS SDK v3), one by one",
            Self::NodeInBatches => "Node.js (undici, AWS SDK v3), in batches",
            Self::Dlt => "dlt (its REST client, boto3)",
        }
    }

    /// Whether it waits for each user's write.
    #[must_use]
    pub const fn writes_one_by_one(self) -> bool {
        matches!(self, Self::PythonOneByOne | Self::NodeOneByOne)
    }

    /// The program, installed first if need be.
    fn command(self) -> Result<StdCommand, SetupError> {
        let script = |name: &str| folders::root().join("tests").join("rivals").join(name);
        let python = |packages: &Packages, name: &str| {
            let mut command = StdCommand::new(setup::environment(packages)?);
            command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path))).arg(script(name));
            Ok::<_, SetupError>(command)
        };
        let mut command = match self {
            Self::PythonOneByOne | Self::PythonInBatches => python(&PYTHON, "python/sync.py")?,
            Self::NodeOneByOne | Self::NodeInBatches => setup::npm(&NODE)?.command(&script("node/sync.mjs")),
            Self::Dlt => python(&DLT, "dlt/sync.py")?,
        };
        if !matches!(self, Self::Dlt) {
            command.arg(if self.writes_one_by_one() { "one" } else { "batch" });
        }
        Ok(command)
    }

    /// Starts it for a company.
    ///
    /// # Errors
    /// [`BenchError`].
    pub async fn start(self, fixture: &Fixture, company: &Company) -> Result<Running, BenchError> {
        let command = tokio::task::spawn_blocking(move || self.command()).await.map_err(io::Error::other)??;
        let scratch = folders::scratch("rival")?;
        let endpoint = fixture.dynamodb.endpoint();
        let log = std::fs::File::create(scratch.join("log.txt"))?;
        let mut process = Command::from(command)
            .envs(endpoint.environment())
            .env("HOME", &scratch)
            .env("TMPDIR", &scratch)
            // dlt calls home and looks for settings where it is started.
            .env("RUNTIME__DLTHUB_TELEMETRY", "false")
            .current_dir(&scratch)
            .envs([("STATE_TABLE", STATE), ("CUSTOMERS_TABLE", CUSTOMERS)])
            .envs([("CLIENT_ID", CLIENT_ID), ("CLIENT_SECRET", CLIENT_SECRET), ("API_KEY", company.api_key.as_str())])
            .envs([("VAKA_BASE_URL", fixture.vaka.base_url()), ("VAKA_TOKEN_URL", fixture.vaka.token_url())])
            .env("VAKA_SCOPE", vaka::SCOPE)
            .envs([("COMPANY", company.id.to_string()), ("DEVICE", company.device.to_string())])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::from(log))
            .kill_on_drop(true)
            .spawn()?;
        let (Some(orders), Some(answers)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(BenchError::went_wrong(self.name(), "it has no pipes".to_owned()));
        };
        let mut running = Running { process, orders, answers: BufReader::new(answers).lines(), scratch };
        match running.line().await?.as_deref() {
            Some("ready") => Ok(running),
            _ => Err(running.failed(self)),
        }
    }
}

impl Running {
    /// One sync.
    ///
    /// # Errors
    /// [`BenchError`].
    pub async fn sync(&mut self, rival: Rival, fixture: &Fixture) -> Result<Took, BenchError> {
        let process = self.process.id().unwrap_or_default();
        let (before, used) = (fixture.dynamodb.counts(), process::processor_time(process)?);
        let began = Instant::now();
        self.orders.write_all(b"go\n").await?;
        let answer = self.line().await?;
        let wall = began.elapsed();
        let Some(users) = answer.and_then(|answer| serde_json::from_str(&answer).ok()) else {
            return Err(self.failed(rival));
        };
        let processor = process::processor_time(process)?.saturating_sub(used);
        if let Some(unknown) = fixture.dynamodb.unknown() {
            return Err(BenchError::went_wrong(rival.name(), unknown));
        }
        Ok(Took { wall, processor, counts: fixture.dynamodb.counts() - &before, users })
    }

    async fn line(&mut self) -> Result<Option<String>, BenchError> {
        let line = tokio::time::timeout(ANSWERS_WITHIN, self.answers.next_line()).await;
        Ok(line.map_err(io::Error::other)??)
    }

    /// The last line of what it said.
    fn failed(&self, rival: Rival) -> BenchError {
        let log = std::fs::read_to_string(self.scratch.join("log.txt")).unwrap_or_default();
        let last = log.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
        BenchError::went_wrong(rival.name(), last.to_owned())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // What is left behind goes with target/local.
        drop(std::fs::remove_dir_all(&self.scratch));
    }
}
