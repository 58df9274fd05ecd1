//! The tools that deploy and check, each pinned by version and hash.
//!
//! They are first on the PATH of what is started here, because they look for one another there:
//! `sam` for `cargo-lambda`, which looks for zig.

use std::path::{Path, PathBuf};
use std::{env, io};

use tokio::process::Command;

use super::CheckError;
use crate::setup::{self, Packages};
use crate::{cloud, folders};

const CHECKS: Packages =
    Packages { name: "checks", requirements: include_str!("../requirements/checks.txt"), cost: "once, about a minute" };

/// What cargo and rustup go by where it is set: with other settings everything would be built again.
const OF_CARGO: [&str; 5] = ["CARGO_HOME", "CARGO_INCREMENTAL", "RUSTFLAGS", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"];

/// The installed tools.
#[derive(Debug)]
pub struct Tools {
    python: PathBuf,
    path: String,
}

impl Tools {
    /// Installs what is not there yet.
    ///
    /// # Errors
    /// [`CheckError::Setup`], with what to do about it.
    pub async fn install() -> Result<Self, CheckError> {
        let python = tokio::task::spawn_blocking(|| setup::environment(&CHECKS)).await.map_err(|stopped| {
            CheckError::Refused { what: "install the tools", source: io::Error::other(stopped) }
        })??;
        let inherited = env::var_os("PATH").unwrap_or_default();
        let folders = python.parent().map(Path::to_owned).into_iter().chain(env::split_paths(&inherited));
        let path = env::join_paths(folders)
            .map_err(|odd| CheckError::Refused { what: "put the tools on the PATH", source: io::Error::other(odd) })?;
        Ok(Self { python, path: path.to_string_lossy().into_owned() })
    }

    /// The Python that they are installed for.
    pub fn python(&self) -> &Path {
        &self.python
    }

    /// The folder of the programs, for a person's own PATH.
    pub fn folder(&self) -> PathBuf {
        self.python.parent().unwrap_or(&self.python).to_owned()
    }

    /// What a program needs in its environment to find the tools, cargo, and no AWS but ours.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let mut environment = vec![("PATH", self.path.clone()), ("SAM_CLI_TELEMETRY", "0".to_owned())];
        environment.extend(OF_CARGO.iter().filter_map(|name| Some((*name, env::var(name).ok()?))));
        environment.extend(cloud::credentials());
        environment
    }

    /// A command at the root of the source tree, which ends when its value is dropped.
    pub fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).envs(self.environment()).current_dir(folders::root()).kill_on_drop(true);
        command
    }

    /// Runs a command that speaks for itself.
    ///
    /// # Errors
    /// [`CheckError::Fault`] if it does not end well.
    pub async fn run(&self, program: &str, arguments: &[&str]) -> Result<(), CheckError> {
        let ended = self.command(program, arguments).status().await;
        let status = ended.map_err(|source| CheckError::Refused { what: "start a tool", source })?;
        if status.success() {
            return Ok(());
        }
        Err(CheckError::Fault { command: format!("{program} {}", arguments.join(" ")) })
    }
}
