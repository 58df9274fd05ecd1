//! Where things lie: the source tree, and `target/local`, which holds all that is installed or
//! started here.
//!
//! Nothing outside `target/local` is ever written, so that deleting `target` undoes everything.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{fs, io, process};

/// The root of the source tree.
#[must_use]
pub fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_owned()
}

/// What is installed and started here lies below this folder.
#[must_use]
pub fn installed() -> PathBuf {
    root().join("target").join("local")
}

/// A new empty folder for one started program; whoever starts the program removes it.
///
/// # Errors
/// What the file system says.
pub fn scratch(of: &str) -> io::Result<PathBuf> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let folder = installed().join("run").join(format!("{of}-{}-{number}", process::id()));
    if folder.exists() {
        // Left by an earlier process that had our id.
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    Ok(folder)
}
