//! Finds a Python that can make virtual environments.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use thiserror::Error;

/// The oldest Python that the pinned packages support.
const OLDEST: (u32, u32) = (3, 10);

/// The usual name first; then versions that lie beside an old `python3` on long-lived systems.
const NAMES: [&str; 6] = ["python3", "python3.13", "python3.12", "python3.11", "python3.10", "python"];

/// LocalStack 4.14.0 is written for this one, and fails in parts with the one before it.
const FOR_LOCALSTACK: (u32, u32) = (3, 13);

/// A Python that serves.
#[derive(Debug, Clone)]
pub struct Python {
    path: PathBuf,
}

/// Why none was found.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum PythonError {
    /// None on the PATH.
    #[error(
        "python3 was not found: install Python 3.10 or newer with venv (Debian: apt-get install python3-venv) and try again"
    )]
    Missing,
    /// Only older ones.
    #[error("Python {found} is too old: install Python 3.10 or newer with venv and put it first in PATH")]
    TooOld {
        /// The version of the first one found.
        found: String,
    },
    /// LocalStack's was not found.
    #[error("Python 3.13 was not found, which LocalStack needs: install it as python3.13 (or by pyenv) and try again")]
    NoneForLocalStack,
}

impl Python {
    /// The first Python on the PATH that is new enough.
    ///
    /// # Errors
    /// [`PythonError`].
    pub fn find() -> Result<Self, PythonError> {
        let mut too_old = None;
        for name in NAMES {
            match version_of(name) {
                Some(version) if version >= OLDEST => return Ok(Self { path: name.into() }),
                Some((major, minor)) => {
                    too_old.get_or_insert(format!("{major}.{minor}"));
                }
                None => {}
            }
        }
        Err(too_old.map_or(PythonError::Missing, |found| PythonError::TooOld { found }))
    }

    /// The one Python that LocalStack runs with, on the PATH or among pyenv's.
    ///
    /// # Errors
    /// [`PythonError::NoneForLocalStack`].
    pub fn for_localstack() -> Result<Self, PythonError> {
        let on_path = ["python3.13", "python3"].map(PathBuf::from);
        let found = on_path.into_iter().chain(of_pyenv()).find(|path| version_of(path) == Some(FOR_LOCALSTACK));
        found.map(|path| Self { path }).ok_or(PythonError::NoneForLocalStack)
    }

    /// The program to run.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// pyenv's own names on the PATH refuse every version that is not chosen; the programs behind them do not.
fn of_pyenv() -> Vec<PathBuf> {
    let root = env::var_os("PYENV_ROOT").map(PathBuf::from);
    let root = root.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".pyenv")));
    let versions = root.and_then(|root| fs::read_dir(root.join("versions")).ok());
    versions.into_iter().flatten().flatten().map(|version| version.path().join("bin").join("python3")).collect()
}

fn version_of(name: impl AsRef<OsStr>) -> Option<(u32, u32)> {
    let output =
        Command::new(name).args(["-c", "import sys; print(sys.version_info[0], sys.version_info[1])"]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let (major, minor) = text.trim().split_once(' ')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
