//! The copy of the source tree in which mutants live.
//!
//! It is always in the same place, so that a build goes on from the last one, and whoever edits the
//! source meanwhile is not disturbed. What is installed below `target/local` it shares with the
//! original.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::folders;

/// What is not source.
const LEFT_OUT: [&str; 3] = ["target", ".git", "node_modules"];

/// Makes the copy as the source is now; what has not changed is not touched, so that it is not built again.
pub(super) fn renewed() -> io::Result<PathBuf> {
    let tree = folders::root().join("target").join("mutants").join("tree");
    renew(&folders::root(), &tree)?;
    fs::create_dir_all(tree.join("target"))?;
    fs::create_dir_all(folders::installed())?;
    let shared = tree.join("target").join("local");
    if !shared.exists() {
        std::os::unix::fs::symlink(folders::installed(), shared)?;
    }
    Ok(tree)
}

fn renew(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    let mut there: BTreeSet<_> = names(to)?;
    for name in names(from)? {
        let (from, to) = (from.join(&name), to.join(&name));
        there.remove(&name);
        if from.is_dir() {
            renew(&from, &to)?;
            continue;
        }
        let source = fs::read(&from)?;
        if fs::read(&to).is_ok_and(|copy| copy == source) {
            continue;
        }
        fs::write(&to, source)?;
        fs::set_permissions(&to, fs::metadata(&from)?.permissions())?;
    }
    for gone in there {
        let gone = to.join(gone);
        if gone.is_dir() { fs::remove_dir_all(gone)? } else { fs::remove_file(gone)? }
    }
    Ok(())
}

fn names(of: &Path) -> io::Result<BTreeSet<std::ffi::OsString>> {
    let names = fs::read_dir(of)?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<BTreeSet<_>>>()?;
    Ok(names.into_iter().filter(|name| !LEFT_OUT.iter().any(|left_out| name == OsStr::new(left_out))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_as_the_source_and_what_has_not_changed_is_not_written_again() {
        let folder = folders::scratch("mutants-tree").expect("a folder");
        let (from, to) = (folder.join("from"), folder.join("to"));
        fs::create_dir_all(from.join("src")).expect("a folder");
        fs::create_dir_all(from.join("target")).expect("a folder");
        for (file, text) in [("src/one.rs", "1"), ("src/two.rs", "2"), ("target/built", "3")] {
            fs::write(from.join(file), text).expect("a file");
        }
        renew(&from, &to).expect("a copy");
        assert!(!to.join("target").exists());
        let written = |file: &str| fs::metadata(to.join(file)).and_then(|data| data.modified()).expect("a file");
        let before = written("src/one.rs");

        // As a run that was killed leaves it.
        fs::write(to.join("src/two.rs"), "a mutant").expect("a file");
        fs::write(to.join("src/old.rs"), "gone").expect("a file");
        renew(&from, &to).expect("a copy");
        assert_eq!(fs::read_to_string(to.join("src/two.rs")).expect("a file"), "2");
        assert!(!to.join("src/old.rs").exists());
        assert_eq!(written("src/one.rs"), before);
        fs::remove_dir_all(folder).expect("it is removed");
    }
}
