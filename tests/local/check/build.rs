//! `sam build`, and whether Lambda could start what it made.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use super::CheckError;
use super::tools::Tools;
use crate::folders;
use crate::template::{FUNCTION, Template};

/// The first bytes of an ELF file for 64 bits, least significant byte first.
const ELF_64_LITTLE: [u8; 6] = [0x7f, b'E', b'L', b'F', 2, 1];

/// Where an ELF header names the machine, and the number of `AArch64`.
const MACHINE_AT: usize = 18;
const AARCH64: u16 = 183;

/// Builds all functions for arm64, below `target/local`; each one's logical id, and where its bootstrap is.
///
/// # Errors
/// [`CheckError::Fault`] if `sam build` fails, [`CheckError::NotDeployable`] if it made another
/// thing than a binary for arm64.
pub async fn run(tools: &Tools) -> Result<Vec<(String, PathBuf)>, CheckError> {
    let built = folders::installed().join("sam").join("build");
    tools.run("sam", &["build", "--build-dir", &built.display().to_string()]).await?;
    let mut bootstraps = Vec::new();
    for function in Template::read()?.resources_of(FUNCTION) {
        let bootstrap = built.join(function.id).join("bootstrap");
        let mut header = [0; MACHINE_AT + 2];
        let read = File::open(&bootstrap).and_then(|mut file| file.read_exact(&mut header));
        let fault = match (read, is_for_arm64(&header)) {
            (Ok(()), true) => {
                bootstraps.push((function.id.to_owned(), bootstrap));
                continue;
            }
            (Ok(()), false) => "a bootstrap that is no binary for arm64",
            (Err(_), _) => "no bootstrap",
        };
        return Err(CheckError::NotDeployable { function: function.id.to_owned(), fault });
    }
    Ok(bootstraps)
}

fn is_for_arm64(header: &[u8; MACHINE_AT + 2]) -> bool {
    header.starts_with(&ELF_64_LITTLE) && header.ends_with(&AARCH64.to_le_bytes())
}
