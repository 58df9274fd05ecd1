//! Kills a function's running processes, as a host that fails would.
//!
//! MiniStack unpacks a package into a folder named after the package's digest, inside the scratch
//! folder of its own process; so a command line says whose function a process is. No signal is
//! sent from here, which would need unsafe code: `kill` of the shell does that.

use std::process::{Command, Stdio};
use std::{fs, io};

use thiserror::Error;

use super::Stack;

/// Why nothing could be killed.
#[derive(Debug, Error)]
pub enum WorkerError {
    /// The stack has no such function.
    #[error("the stack has no function with the binary {binary}")]
    NoFunction {
        /// The binary.
        binary: String,
    },
    /// The processes cannot be listed or reached.
    #[error("the processes of this machine cannot be listed or signalled")]
    System(#[from] io::Error),
}

impl Stack {
    /// Kills every process of a function (SIGKILL), by the name of its binary, and tells how many
    /// there were. MiniStack then finds its invocation broken, as Lambda would.
    ///
    /// # Errors
    /// [`WorkerError`].
    pub fn kill(&self, binary: &str) -> Result<usize, WorkerError> {
        let running = self.processes(binary)?;
        for id in &running {
            // A process that has just ended by itself is as dead.
            Command::new("sh").args(["-c", "kill -9 \"$0\"", &id.to_string()]).stderr(Stdio::null()).status()?;
        }
        Ok(running.len())
    }

    /// How many processes run a function, in the version that was deployed last.
    ///
    /// # Errors
    /// [`WorkerError`].
    pub fn running(&self, binary: &str) -> Result<usize, WorkerError> {
        Ok(self.processes(binary)?.len())
    }

    fn processes(&self, binary: &str) -> Result<Vec<u32>, WorkerError> {
        let digest = self.packages.get(binary);
        let digest = digest.ok_or_else(|| WorkerError::NoFunction { binary: binary.to_owned() })?;
        let port = self.endpoint.url().rsplit(':').next().unwrap_or_default();
        // The same package can run in another MiniStack at the same time.
        let folder = format!("ministack-provided-code-{port}/{digest}");
        Ok(command_lines()?.into_iter().filter(|(_, line)| line.contains(&folder)).map(|(id, _)| id).collect())
    }
}

fn command_lines() -> io::Result<Vec<(u32, String)>> {
    let Ok(listed) = fs::read_dir("/proc") else {
        return of_ps();
    };
    let processes = listed.flatten().filter_map(|entry| {
        let id = entry.file_name().to_str()?.parse().ok()?;
        // Err: it ended meanwhile.
        let line = fs::read(entry.path().join("cmdline")).ok()?;
        Some((id, String::from_utf8_lossy(&line).into_owned()))
    });
    Ok(processes.collect())
}

/// Where there is no `/proc`: macOS.
fn of_ps() -> io::Result<Vec<(u32, String)>> {
    let output = Command::new("ps").args(["-A", "-o", "pid=,command="]).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let pair = |line: &str| {
        let (id, command) = line.trim_start().split_once(' ')?;
        Some((id.parse().ok()?, command.to_owned()))
    };
    Ok(text.lines().filter_map(pair).collect())
}
