//! Chromium, from the npm registry by hash, with Playwright to drive it and axe-core to judge pages.
//!
//! `@sparticuz/chromium` carries the browser itself, with the libraries and fonts that a bare
//! Linux lacks; other packages fetch it from hosts of their own, by no hash of ours. It has the
//! one for x86-64 Linux alone, so another machine brings its own `chromium`.

use std::path::{Path, PathBuf};
use std::{env, fs};

use super::node::{NodeFolder, NpmPackages, npm, npm_failure};
use super::{SetupError, digest_of, once, run};
use crate::folders;
use crate::progress::Waiting;

const BROWSER: NpmPackages = NpmPackages {
    name: "browser",
    manifest: include_str!("../../browser/package.json"),
    lock: include_str!("../../browser/package-lock.json"),
    cost: "once, 70 MB",
};

/// The package unpacks what it carries into the folder for temporary files, and the libraries only
/// where it takes the machine for Lambda's.
const UNPACK: &str = "await (await import('@sparticuz/chromium')).default.executablePath()";
const LIKE_LAMBDA: (&str, &str) = ("AWS_EXECUTION_ENV", "AWS_Lambda_nodejs24.x");

/// An installed Chromium, and the Node.js to drive it with.
#[derive(Debug, Clone)]
pub struct Browser {
    packages: NodeFolder,
    program: PathBuf,
    environment: Vec<(&'static str, PathBuf)>,
}

/// Chromium and the packages around it, installed first if need be.
///
/// # Errors
/// [`SetupError`], with what to do about it.
pub fn browser() -> Result<Browser, SetupError> {
    let packages = npm(&BROWSER)?;
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        let program = on_path("chromium").ok_or(SetupError::NoChromium)?;
        return Ok(Browser { packages, program, environment: Vec::new() });
    }
    let folder = folders::installed().join("chromium");
    once(&folder, &digest_of(&[BROWSER.lock, &fonts(&folder)]), || {
        let _waiting = Waiting::on("Unpacking Chromium (once, 210 MB)");
        let unwritable = |source| SetupError::Unwritable { path: folder.clone(), source };
        fs::create_dir_all(&folder).map_err(unwritable)?;
        let mut unpack = packages.evaluate(UNPACK);
        let unpacked = run(unpack.env("TMPDIR", &folder).envs([LIKE_LAMBDA]))?;
        if !unpacked.status.success() {
            return Err(npm_failure(BROWSER.name, &unpacked));
        }
        fs::write(fonts_of(&folder), fonts(&folder)).map_err(unwritable)
    })?;
    let environment =
        vec![("LD_LIBRARY_PATH", folder.join("al2023").join("lib")), ("FONTCONFIG_FILE", fonts_of(&folder))];
    Ok(Browser { packages, program: folder.join("chromium"), environment })
}

impl Browser {
    /// What runs scripts that drive it.
    #[must_use]
    pub const fn packages(&self) -> &NodeFolder {
        &self.packages
    }

    /// The program.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// The variables that it has to be started with.
    #[must_use]
    pub fn environment(&self) -> &[(&'static str, PathBuf)] {
        &self.environment
    }
}

fn fonts_of(folder: &Path) -> PathBuf {
    folder.join("fonts.conf")
}

/// The package's own settings look for its fonts in `/tmp` alone. With these a page looks the same
/// on every machine, and has letters where the machine has no fonts.
fn fonts(folder: &Path) -> String {
    let [fonts, cache] = ["fonts", "fonts-cache"].map(|name| folder.join(name).display().to_string());
    format!(
        r#"<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{fonts}</dir><cachedir>{cache}</cachedir></fontconfig>
"#
    )
}

fn on_path(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(name)).find(|program| program.is_file())
}
