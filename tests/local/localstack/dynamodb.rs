//! Amazon's DynamoDB Local, from the npm registry, put where LocalStack looks for it.
//!
//! LocalStack starts it with a Java of its own and with an agent that allows more indexes; both
//! would be downloaded. In their place it finds a small script, which leaves the agent out and
//! starts the Java of this machine.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

use ring::digest;

use crate::folders;
use crate::progress::Waiting;
use crate::setup::{self, SetupError};

/// Carries DynamoDB Local 1.25.1, which needs Java 17.
const PACKAGE: &str = "amplify-dynamodb-simulator@2.9.30";

/// SHA-512 of the package, as the registry publishes it.
const PACKAGE_SHA512: &str = "c5379e44bbf311fab2779961ddb1f8734907bd21c79a6843e590ec1c5280439836665e89aa515dbad6908422c7cf1129e91cb5a3b4c1ea7888a17b9002749ec1";

/// The oldest Java that runs it.
const OLDEST_JAVA: u32 = 17;

const NAME: &str = "dynamodb-local";

/// Where LocalStack looks, below the root it is given: the folder for what comes with an image.
const WHERE: &str = "usr/lib/localstack";

/// Leaves `-javaagent` out of its arguments; `$0` is not used, so that a link to it works too.
const JAVA: &str = r#"#!/bin/sh
for argument; do
  shift
  case "$argument" in -javaagent:*) ;; *) set -- "$@" "$argument" ;; esac
done
PATH="${PATH#*:}" exec java "$@"
"#;

/// The installed program.
#[derive(Debug)]
pub(super) struct DynamoDbLocal {
    folder: PathBuf,
}

pub(super) fn install(python: &Path) -> Result<DynamoDbLocal, SetupError> {
    find_java()?;
    let node = setup::node()?;
    let folder = folders::installed().join(NAME);
    setup::once(&folder, &setup::digest_of(&[PACKAGE, PACKAGE_SHA512]), || {
        let _waiting = Waiting::on("Installing DynamoDB Local (once, 60 MB)");
        let unwritable = |source| SetupError::Unwritable { path: folder.clone(), source };
        fs::create_dir_all(&folder).map_err(unwritable)?;
        // Not installed with what it depends on: of all that, the program needs nothing.
        let cache = folder.join("cache");
        let mut npm = node.npm();
        npm.args(["pack", PACKAGE, "--cache"]).arg(&cache).arg("--pack-destination").arg(&folder).current_dir(&folder);
        let packed = setup::run(&mut npm)?;
        if !packed.status.success() {
            return Err(setup::npm_failure(NAME, &packed));
        }
        fs::remove_dir_all(&cache).map_err(unwritable)?;
        let file = folder.join(String::from_utf8_lossy(&packed.stdout).trim());
        let package = fs::read(&file).map_err(unwritable)?;
        if setup::hex(digest::digest(&digest::SHA512, &package).as_ref()) != PACKAGE_SHA512 {
            return Err(SetupError::WrongHash { name: NAME });
        }
        let unpacked = setup::run(Command::new(python).args(["-m", "tarfile", "-e"]).arg(&file).arg(&folder))?;
        if !unpacked.status.success() {
            return Err(SetupError::DiskFull { name: NAME });
        }
        fs::remove_file(&file).map_err(unwritable)
    })?;
    Ok(DynamoDbLocal { folder: folder.join("package").join("emulator") })
}

impl DynamoDbLocal {
    /// Puts it, and the script for Java, below LocalStack's root.
    pub(super) fn put_below(&self, root: &Path) -> io::Result<()> {
        let place = root.join(WHERE);
        fs::create_dir_all(place.join(NAME))?;
        symlink(&self.folder, place.join(NAME).join("2"))?;
        let java = place.join("java").join("21").join("bin");
        fs::create_dir_all(&java)?;
        let script = java.join("java");
        fs::write(&script, JAVA)?;
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755))
    }
}

fn find_java() -> Result<(), SetupError> {
    let missing = SetupError::NoProgram { what: "Java 17 or newer", package: "default-jre-headless" };
    let Ok(output) = Command::new("java").arg("-version").output() else {
        return Err(missing);
    };
    // openjdk version "17.0.15" 2025-04-15, on standard error
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let version = said.split('"').nth(1).and_then(|version| version.split('.').next()?.parse::<u32>().ok());
    if version.is_some_and(|version| version >= OLDEST_JAVA) { Ok(()) } else { Err(missing) }
}
