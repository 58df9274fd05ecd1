//! schemathesis: makes requests from an OpenAPI description, good ones and bad ones, and judges
//! the answers by it.
//!
//! Every check it has is on but one (see [`NOT_CHECKED`]), the seed is fixed, and what it
//! remembers is thrown away, so that a run tells of the service and not of luck. Beside it lies
//! `openapi-spec-validator`, which judges the description itself.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use local::{schemathesis::Schemathesis, world::World};
//! let world = World::start().await?;
//! let described = world.call(hyper::Method::GET, "/openapi", "", "").await?.text;
//! let schemathesis = Schemathesis::install(&described).await?;
//! println!("{}", schemathesis.validate().await?);
//! println!("{}", schemathesis.run(&world.api, &world.administrator().sign()?).await?);
//! # Ok(()) }
//! ```
//!
//! What this module does not do: know what the service is for. What the description is silent
//! about is not tested here.

use std::path::{Path, PathBuf};
use std::{fs, io};

use thiserror::Error;
use tokio::process::Command;

use crate::folders;
use crate::setup::{self, Packages, SetupError};
use crate::stack::Api;

const SCHEMATHESIS: Packages = Packages {
    name: "schemathesis",
    requirements: include_str!("requirements/schemathesis.txt"),
    cost: "once, about 20 s",
};

/// `use_after_free` takes every DELETE for one that removes what is at the path, and wants 404
/// afterwards. That of a sync cancels: the job stays and tells that it was cancelled, so 200 is
/// right. That of a connection does remove it, which the suite holds by itself.
const NOT_CHECKED: &str = "use_after_free";

/// For each operation and phase: some 500 requests in all, in a minute where others build beside it.
const EXAMPLES: &str = "10";

/// Any number: with it each run asks the same.
const SEED: &str = "20261124";

/// A description to be judged.
#[derive(Debug)]
pub struct Schemathesis {
    python: PathBuf,
    scratch: PathBuf,
}

/// Why there is no verdict, or a bad one.
#[derive(Debug, Error)]
pub enum SchemathesisError {
    /// It could not be installed.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// It could not be started.
    #[error("cannot run schemathesis: {0}")]
    Start(#[from] io::Error),
    /// It found something.
    #[error("{program} found faults:\n{report}")]
    Faults {
        /// Who found them.
        program: &'static str,
        /// What it says.
        report: String,
    },
}

impl Schemathesis {
    /// Installs it, if it is not there yet, and lays the description before it.
    ///
    /// # Errors
    /// [`SchemathesisError::Setup`], with what to do about it; [`SchemathesisError::Start`].
    pub async fn install(described: &str) -> Result<Self, SchemathesisError> {
        let installed = tokio::task::spawn_blocking(|| setup::environment(&SCHEMATHESIS)).await;
        let python = installed.map_err(io::Error::other)??;
        let scratch = folders::scratch("schemathesis")?;
        let judged = Self { python, scratch };
        fs::write(judged.description(), described)?;
        Ok(judged)
    }

    /// Holds the description against the specification of OpenAPI; gives what the validator says.
    ///
    /// # Errors
    /// [`SchemathesisError::Faults`] if it is no OpenAPI.
    pub async fn validate(&self) -> Result<String, SchemathesisError> {
        let description = self.description().display().to_string();
        self.verdict("openapi-spec-validator", &[&description]).await
    }

    /// Holds the service against the description, as the owner of this token; gives the report.
    ///
    /// # Errors
    /// [`SchemathesisError::Faults`] if an answer is not as described.
    pub async fn run(&self, api: &Api, token: &str) -> Result<String, SchemathesisError> {
        let (host, authorization) = (format!("Host: {}", api.host), format!("Authorization: Bearer {token}"));
        let description = self.description().display().to_string();
        let arguments = [
            ["run", "--no-color"].as_slice(),
            &["--url", &api.url, "--header", &host, "--header", &authorization],
            &["--checks", "all", "--exclude-checks", NOT_CHECKED],
            &["--max-examples", EXAMPLES, "--seed", SEED, "--generation-database", "none"],
            &[&description],
        ];
        self.verdict("schemathesis", &arguments.concat()).await
    }

    fn description(&self) -> PathBuf {
        self.scratch.join("openapi.json")
    }

    async fn verdict(&self, program: &'static str, arguments: &[&str]) -> Result<String, SchemathesisError> {
        let folder = self.python.parent().unwrap_or(Path::new("."));
        let mut command = Command::new(folder.join(program));
        // Nothing of the caller's settings: neither a proxy nor a configuration of its own.
        command.env_clear().env("HOME", &self.scratch).env("PYTHONUTF8", "1").current_dir(&self.scratch);
        let ended = command.args(arguments).kill_on_drop(true).output().await?;
        let report = [ended.stdout, ended.stderr].concat();
        let report = String::from_utf8_lossy(&report).into_owned();
        if ended.status.success() { Ok(report) } else { Err(SchemathesisError::Faults { program, report }) }
    }
}

impl Drop for Schemathesis {
    fn drop(&mut self) {
        // What stays behind is in the way of nobody.
        drop(fs::remove_dir_all(&self.scratch));
    }
}
