//! What `cargo local` and the tests install: Python programs, each set from a file that pins every
//! package by version and hash, into an environment of its own below `target/local`; Node.js in the
//! same way, and with it npm packages from lock files, Chromium among them; programs of crates.io by
//! version.
//!
//! An environment is complete or it counts for nothing: its stamp, a digest of all that decides
//! its content, is written last, and a lock lets one process install while others wait. So the
//! second start reads one small file, and a start that was killed half-way begins anew.

mod browser;
mod node;
mod python;
mod rust;

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use ring::digest;
use thiserror::Error;

use crate::folders;
use crate::progress::Waiting;
pub use browser::{Browser, browser};
pub(crate) use node::npm_failure;
pub use node::{Node, NodeFolder, NpmPackages, node, npm};
pub use python::{Python, PythonError};
pub use rust::{Crate, installed};

/// A set of Python packages, in the file that pins it.
#[derive(Debug, Clone, Copy)]
pub struct Packages {
    /// The environment's folder name, and the name that people read.
    pub name: &'static str,
    /// A pip requirements file with a hash for every file that may be installed.
    pub requirements: &'static str,
    /// What the first installation costs, for the line that is shown meanwhile.
    pub cost: &'static str,
}

/// The embedded cloud.
pub const MINISTACK: Packages =
    Packages { name: "ministack", requirements: include_str!("requirements/ministack.txt"), cost: "once, about 20 s" };

/// The second judge.
pub const LOCALSTACK: Packages = Packages {
    name: "localstack",
    requirements: include_str!("requirements/localstack.txt"),
    cost: "once, one to two minutes",
};

/// Why something could not be installed; each text is one line that says what to do.
#[derive(Debug, Error)]
pub enum SetupError {
    /// No Python that serves.
    #[error(transparent)]
    Python(#[from] PythonError),
    /// A folder or file below `target/local` could not be made.
    #[error("cannot write {}: {source}: make room or give this user the right to write there", path.display())]
    Unwritable {
        /// The folder or file.
        path: PathBuf,
        /// What the file system says.
        #[source]
        source: io::Error,
    },
    /// Python came without what makes an environment.
    #[error(
        "python3 cannot make a virtual environment: install its venv package (Debian: apt-get install python3-venv), see that 600 MB are free, and try again"
    )]
    NoVenv,
    /// The package registry did not answer.
    #[error(
        "cannot reach the package registry to install {name}: check the network or {installer}'s proxy settings and try again"
    )]
    NoNetwork {
        /// The set of packages.
        name: &'static str,
        /// Who asked.
        installer: Installer,
    },
    /// A package is not the one that was pinned.
    #[error("a package of {name} has not the pinned hash: do not use this registry or mirror before that is explained")]
    WrongHash {
        /// The set of packages.
        name: &'static str,
    },
    /// The disk is full.
    #[error("no room on the disk for {name} (it needs 600 MB below target/local): make room and try again")]
    DiskFull {
        /// The set of packages.
        name: &'static str,
    },
    /// LocalStack needs what the others do not.
    #[error(
        "{what} was not found, which LocalStack needs: install it (Debian: apt-get install {package}) and try again"
    )]
    NoProgram {
        /// What is missing.
        what: &'static str,
        /// Debian's package of it.
        package: &'static str,
    },
    /// No registry has a browser for this machine.
    #[error(
        "chromium was not found, and no package has one for this machine: install it (Debian: apt-get install chromium) and try again"
    )]
    NoChromium,
    /// Anything else that the installer says.
    #[error("cannot install {name}: {installer} says: {reason}")]
    Refused {
        /// The set of packages.
        name: &'static str,
        /// Who says it.
        installer: Installer,
        /// The one line that tells most.
        reason: String,
    },
}

/// Who fetches packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Installer {
    /// Python's.
    Pip,
    /// Node's.
    Npm,
    /// Rust's.
    Cargo,
}

impl fmt::Display for Installer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pip => "pip",
            Self::Npm => "npm",
            Self::Cargo => "cargo",
        })
    }
}

/// The Python of an environment that holds these packages, installed first if need be.
///
/// # Errors
/// [`SetupError`], with what to do about it.
pub fn environment(packages: &Packages) -> Result<PathBuf, SetupError> {
    environment_with(packages, Python::find)
}

/// The same with a Python of the caller's choice, which is looked for only if there is something to install.
///
/// # Errors
/// [`SetupError`], with what to do about it.
pub fn environment_with(
    packages: &Packages,
    find: impl FnOnce() -> Result<Python, PythonError>,
) -> Result<PathBuf, SetupError> {
    let folder = folders::installed().join(format!("venv-{}", packages.name));
    let interpreter = folder.join("bin").join("python");
    once(&folder, &digest_of(&[packages.requirements]), || {
        let _waiting = Waiting::on(&format!("Installing {} ({})", packages.name, packages.cost));
        let made = run(Command::new(find()?.path()).args(["-m", "venv"]).arg(&folder))?;
        if !made.status.success() {
            return Err(venv_failure(packages.name, &made));
        }
        let pinned = folder.join("requirements.txt");
        fs::write(&pinned, packages.requirements)
            .map_err(|source| SetupError::Unwritable { path: pinned.clone(), source })?;
        let filled = run(Command::new(&interpreter)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"])
            // The file is complete. Left to resolve, older pips refuse a pinned package that another asks for with extras.
            .args(["--require-hashes", "--no-deps", "--requirement"])
            .arg(&pinned))?;
        if filled.status.success() { Ok(()) } else { Err(pip_failure(packages.name, &filled)) }
    })?;
    Ok(interpreter)
}

/// Fills a folder, unless it was filled before for the same digest. Other processes wait meanwhile.
///
/// # Errors
/// Those of `fill`, and [`SetupError::Unwritable`].
pub(crate) fn once(
    folder: &Path,
    digest: &str,
    fill: impl FnOnce() -> Result<(), SetupError>,
) -> Result<(), SetupError> {
    let unwritable = |source| SetupError::Unwritable { path: folder.to_owned(), source };
    fs::create_dir_all(folders::installed()).map_err(unwritable)?;
    let lock = File::create(folder.with_extension("lock")).map_err(unwritable)?;
    lock.lock().map_err(unwritable)?;

    let stamp = folder.join("stamp");
    if fs::read_to_string(&stamp).is_ok_and(|found| found == digest) {
        return Ok(());
    }
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(unwritable)?;
    }
    fill()?;
    fs::write(&stamp, digest).map_err(unwritable)
}

/// Lowercase hex of SHA-256 over the texts, each with its length, so that no two lists look alike.
pub(crate) fn digest_of(texts: &[&str]) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    for text in texts {
        context.update(&text.len().to_be_bytes());
        context.update(text.as_bytes());
    }
    hex(context.finish().as_ref())
}

/// Lowercase hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn run(command: &mut Command) -> Result<Output, SetupError> {
    command
        .output()
        .map_err(|source| SetupError::Unwritable { path: Path::new(command.get_program()).to_owned(), source })
}

fn venv_failure(name: &'static str, output: &Output) -> SetupError {
    match pip_failure(name, output) {
        full @ SetupError::DiskFull { .. } => full,
        _ => SetupError::NoVenv,
    }
}

/// pip has one exit code for every failure, so its words are all there is to tell them apart.
fn pip_failure(name: &'static str, output: &Output) -> SetupError {
    let said = [output.stderr.as_slice(), output.stdout.as_slice()].concat();
    let said = String::from_utf8_lossy(&said);
    let any_of = |signs: &[&str]| signs.iter().any(|sign| said.contains(sign));
    if any_of(&["No space left on device", "Disk quota exceeded"]) {
        SetupError::DiskFull { name }
    } else if any_of(&["DO NOT MATCH THE HASHES"]) {
        SetupError::WrongHash { name }
    } else if any_of(&[
        "NewConnectionError",
        "NameResolutionError",
        "Connection refused",
        "ConnectTimeout",
        "ProxyError",
        "SSLError",
    ]) {
        SetupError::NoNetwork { name, installer: Installer::Pip }
    } else {
        let reason = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("nothing").to_owned();
        SetupError::Refused { name, installer: Installer::Pip, reason }
    }
}
