//! A program that cannot outlive this process.
//!
//! The program runs under `supervise.py`, which holds the far end of a pipe: whether we return,
//! panic, are interrupted or are killed, the kernel closes our end, and the supervisor kills the
//! program and everything it started. So no signal handler is needed here, and no unsafe code.
//!
//! It does not restart a program that ends, and it does not know when the program is ready.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};

/// The supervisor, carried inside this binary so that the two can never be of different versions.
const SUPERVISOR: &str = include_str!("supervise.py");

/// Enough of a log to show why a program failed.
const LOG_KEPT_BYTES: u64 = 1024 * 1024;

/// What to start.
#[derive(Debug)]
pub struct Program<'a> {
    /// The Python that runs the supervisor.
    pub python: &'a Path,
    /// The program and its arguments.
    pub command: &'a [&'a str],
    /// The program's whole environment but for `PATH` and `HOME`, which it gets from ours.
    pub environment: &'a [(&'a str, String)],
    /// A folder of its own: working directory, temporary files, log; removed when it ends.
    pub scratch: &'a Path,
}

/// A running program; it ends when this value is dropped, at the latest.
#[derive(Debug)]
pub struct Supervised {
    supervisor: Child,
    leash: Option<ChildStdin>,
    output: File,
}

impl Supervised {
    /// Starts the program, with its output in a file of its scratch folder.
    ///
    /// # Errors
    /// What the operating system says when a process or file cannot be made.
    pub fn start(program: &Program<'_>) -> io::Result<Self> {
        let output = OpenOptions::new().create(true).append(true).read(true).open(program.scratch.join("log.txt"))?;
        let mut command = Command::new(program.python);
        command.arg("-c").arg(SUPERVISOR).arg(program.scratch).arg("--").args(program.command);
        command.env_clear();
        for inherited in ["PATH", "HOME"] {
            if let Some(value) = std::env::var_os(inherited) {
                command.env(inherited, value);
            }
        }
        let mut supervisor = command
            .env("TMPDIR", program.scratch)
            .env("PYTHONUNBUFFERED", "1")
            .envs(program.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(program.scratch)
            .stdin(Stdio::piped())
            .stdout(output.try_clone()?)
            .stderr(output.try_clone()?)
            .spawn()?;
        let leash = supervisor.stdin.take();
        Ok(Self { supervisor, leash, output })
    }

    /// The exit status, if the program has ended by itself.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.supervisor.try_wait()
    }

    /// What the program has written so far: its last mebibyte, also after it has ended.
    #[must_use]
    pub fn log(&self) -> String {
        let length = self.output.metadata().map_or(0, |file| file.len());
        let start = length.saturating_sub(LOG_KEPT_BYTES);
        let mut bytes = vec![0; usize::try_from(length - start).unwrap_or_default()];
        match self.output.read_exact_at(&mut bytes, start) {
            Ok(()) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) => format!("(the log cannot be read: {error})"),
        }
    }

    /// Kills the program and everything it started, and returns when all of it is gone.
    pub fn stop(&mut self) {
        self.leash = None;
        // Err: it was waited for before; then it has ended as well.
        drop(self.supervisor.wait());
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        self.stop();
    }
}

#[cfg(test)]
mod tests;
