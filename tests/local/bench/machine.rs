//! On what it was measured.

use std::fs;
use std::process::Command;

use serde::Serialize;

use crate::folders;

/// The machine and its tools.
#[derive(Debug, Clone, Serialize)]
pub struct Machine {
    /// The processor's name, as the kernel has it.
    pub processor: String,
    /// How many of its cores this process may use.
    pub cores: usize,
    /// Memory, in GB.
    pub memory_gb: u64,
    /// The kernel.
    pub kernel: String,
    /// The compiler.
    pub rustc: String,
    /// The commit that was measured, with a plus sign if the tree has other changes.
    pub commit: String,
    /// The day, UTC.
    pub date: String,
    /// How many processes were waiting for a processor on average of the last minute: more than there are
    /// cores, and others were at work as well.
    pub load: f64,
}

impl Machine {
    /// This one.
    #[must_use]
    pub fn this() -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let after = |text: &str, name: &str| {
            let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
            line.split_once(':').map_or("", |(_, value)| value.trim()).to_owned()
        };
        let memory_kb = after(&read("/proc/meminfo"), "MemTotal").trim_end_matches(" kB").parse().unwrap_or(0_u64);
        let changed = if said("git", &["status", "--porcelain"]).is_empty() { "" } else { "+" };
        Self {
            processor: after(&read("/proc/cpuinfo"), "model name"),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            memory_gb: memory_kb / 1_000_000,
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            rustc: said("rustc", &["--version"]),
            commit: format!("{}{changed}", said("git", &["rev-parse", "--short", "HEAD"])),
            date: time::OffsetDateTime::now_utc().date().to_string(),
            load: read("/proc/loadavg").split(' ').next().and_then(|load| load.parse().ok()).unwrap_or_default(),
        }
    }

    /// In a line.
    #[must_use]
    pub fn line(&self) -> String {
        let Self { processor, cores, memory_gb, kernel, rustc, commit, date, load } = self;
        format!(
            "{date}, commit {commit}: {processor}, {cores} cores, {memory_gb} GB, Linux {kernel}, {rustc}; load {load} at the start"
        )
    }
}

/// What a program says, or nothing.
fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(folders::root()).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}
