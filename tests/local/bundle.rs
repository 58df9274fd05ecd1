//! The functions' binaries as deployment packages: what `sam build` and `sam package` make, for
//! this machine.
//!
//! The build is a nested `cargo build` into the same target folder, so that it shares every crate
//! with the build that made this program. A package is the same bytes for the same binary: no
//! times, no owners.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io::{self, Cursor, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use serde_json::Value;
use thiserror::Error;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::folders;

/// The name under which a custom runtime starts a function.
const BOOTSTRAP: &str = "bootstrap";

/// Read and run by everybody, as Lambda asks of a package.
const EXECUTABLE: u32 = 0o755;

/// Why there are no packages; each text is one line that says what to do.
#[derive(Debug, Error)]
pub enum BundleError {
    /// cargo could not be run.
    #[error("cannot run cargo: {0}: install Rust with rustup and try again")]
    Cargo(#[source] io::Error),
    /// The build failed, and cargo has said why.
    #[error("the functions do not build: see what cargo says above")]
    Build,
    /// The build made no such binary.
    #[error("cargo built no binary {name}, which template.yaml names")]
    NoBinary {
        /// The binary's name.
        name: String,
    },
    /// The binary could not be packed.
    #[error("cannot pack the binary {name}: {source}")]
    Pack {
        /// The binary's name.
        name: String,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Where cargo put each binary.
#[derive(Debug)]
pub struct Binaries {
    paths: HashMap<String, PathBuf>,
}

impl Binaries {
    /// Builds every binary of the workspace, in the profile of this program.
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn build() -> Result<Self, BundleError> {
        let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
        Self::built_by(&["build", "--workspace", "--bins", "--profile", profile])
    }

    /// Builds one function as it is deployed: in the release profile, asked for as `sam build` does, so
    /// that the same features are on.
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn deployed(name: &str) -> Result<Self, BundleError> {
        Self::built_by(&["build", "--package", name, "--bin", name, "--release"])
    }

    /// What a cargo with these arguments builds.
    pub(crate) fn built_by(arguments: &[&str]) -> Result<Self, BundleError> {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.args(arguments).args(["--quiet", "--message-format=json-render-diagnostics"]);
        for name in of_the_package_that_runs() {
            command.env_remove(name);
        }
        let built = command
            .current_dir(folders::root())
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .map_err(BundleError::Cargo)?;
        if !built.status.success() {
            return Err(BundleError::Build);
        }
        let said = String::from_utf8_lossy(&built.stdout);
        Ok(Self { paths: said.lines().filter_map(executable).collect() })
    }

    /// Where a binary is.
    ///
    /// # Errors
    /// [`BundleError::NoBinary`].
    pub fn path(&self, name: &str) -> Result<&Path, BundleError> {
        let found = self.paths.get(name).map(PathBuf::as_path);
        found.ok_or_else(|| BundleError::NoBinary { name: name.to_owned() })
    }

    /// A binary as a deployment package. Another release makes another package of the same binary,
    /// as another build would.
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn package(&self, name: &str, release: u32) -> Result<Vec<u8>, BundleError> {
        let pack = |source| BundleError::Pack { name: name.to_owned(), source };
        let binary = fs::read(self.path(name)?).map_err(pack)?;
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        archive.set_comment(format!("release {release}")).map_err(|error| pack(io::Error::other(error)))?;
        // Stored, not deflated: the package goes no farther than this machine's memory.
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        archive
            .start_file(BOOTSTRAP, options.unix_permissions(EXECUTABLE))
            .map_err(|error| pack(io::Error::other(error)))?;
        archive.write_all(&binary).map_err(pack)?;
        let written = archive.finish().map_err(|error| pack(io::Error::other(error)))?;
        Ok(written.into_inner())
    }
}

/// What cargo tells a program of its package, and a build script of that of its own. A script that asks
/// to run again when it changes would run again in each build that finds another program's here.
fn of_the_package_that_runs() -> impl Iterator<Item = OsString> {
    let says_so = |name: &OsString| {
        name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"))
    };
    env::vars_os().map(|(name, _)| name).filter(says_so)
}

/// Name and path of the binary that a line of cargo's messages tells of.
fn executable(line: &str) -> Option<(String, PathBuf)> {
    let message: Value = serde_json::from_str(line).ok()?;
    let path = message["executable"].as_str()?;
    let name = message["target"]["name"].as_str()?;
    Some((name.to_owned(), path.into()))
}
