//! Programs of crates.io, each by its version and with the dependencies of its own lock file.

use std::path::PathBuf;
use std::process::Command;

use super::{Installer, SetupError, digest_of, once, run};
use crate::folders;
use crate::progress::Waiting;

/// A program that cargo can build.
#[derive(Debug, Clone, Copy)]
pub struct Crate {
    /// The crate's name, which is the program's too.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// What the first installation costs, for the line that is shown meanwhile.
    pub cost: &'static str,
}

/// The folder of the program, built first if need be.
///
/// # Errors
/// [`SetupError`], with what to do about it.
pub fn installed(program: &Crate) -> Result<PathBuf, SetupError> {
    let Crate { name, version, cost } = *program;
    let folder = folders::installed().join(name);
    once(&folder, &digest_of(&[name, version]), || {
        let _waiting = Waiting::on(&format!("Installing {name} {version} ({cost})"));
        let mut cargo = Command::new("cargo");
        // What this process was started with is for building it, and not for building others.
        cargo.env_remove("CARGO_TARGET_DIR").current_dir(folders::installed());
        cargo.args(["install", "--quiet", "--locked", "--version", version, "--root"]).arg(&folder).arg(name);
        let ended = run(&mut cargo)?;
        if ended.status.success() { Ok(()) } else { Err(cargo_failure(name, &ended.stderr)) }
    })?;
    Ok(folder.join("bin"))
}

fn cargo_failure(name: &'static str, said: &[u8]) -> SetupError {
    let said = String::from_utf8_lossy(said);
    let any_of = |signs: &[&str]| signs.iter().any(|sign| said.contains(sign));
    if any_of(&["No space left on device", "Disk quota exceeded"]) {
        SetupError::DiskFull { name }
    } else if any_of(&["checksum for"]) {
        SetupError::WrongHash { name }
    } else if any_of(&["Could not resolve", "Could not connect", "Couldn't connect", "SSL", "Timeout was reached"]) {
        SetupError::NoNetwork { name, installer: Installer::Cargo }
    } else {
        let reason = said.lines().find(|line| line.starts_with("error")).unwrap_or("nothing").to_owned();
        SetupError::Refused { name, installer: Installer::Cargo, reason }
    }
}
