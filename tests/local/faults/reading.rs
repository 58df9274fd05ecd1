//! Which test says that it holds which fault: `/// Fault 10.` or `/// Faults 5 and 6: more words.`

use std::path::{Path, PathBuf};
use std::{fs, io};

use super::FaultsError;

/// A test, and the faults it says it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The numbers of the faults.
    pub faults: Vec<u8>,
    /// The file's name without its ending, or its folder's where the file is `tests.rs`.
    pub room: String,
    /// The function.
    pub test: String,
}

/// The folders that have tests.
const FOLDERS: [&str; 3] = ["functions", "shared", "tests"];

/// Every claim of every test below the root, in the order of files and lines.
///
/// # Errors
/// [`FaultsError`] when a file cannot be read or a claim is not written as it should be.
pub fn claims(root: &Path) -> Result<Vec<Claim>, FaultsError> {
    let mut files = Vec::new();
    for folder in FOLDERS {
        sources(&root.join(folder), &mut files).map_err(|source| FaultsError::File { source })?;
    }
    files.sort();
    let mut claims = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).map_err(|source| FaultsError::File { source })?;
        claims.extend(of_text(&file, &text)?);
    }
    Ok(claims)
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sources(&path, found)?;
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    Ok(())
}

/// The signature of what `in_both_homes!` makes two tests of.
const IN_BOTH_HOMES: &str = "(home: Home)";

/// The claims of one file.
pub(super) fn of_text(file: &Path, text: &str) -> Result<Vec<Claim>, FaultsError> {
    let mut claims = Vec::new();
    let mut lines = text.lines().map(str::trim).zip(1..);
    while let Some((line, number)) = lines.next() {
        let Some(claim) = line.strip_prefix("/// Fault").filter(|rest| rest.starts_with([' ', 's'])) else {
            continue;
        };
        let wrong = |what| FaultsError::Claim { file: file.to_owned(), line: number, what };
        let faults = numbers(claim).ok_or_else(|| wrong("write `Fault 1.` or `Faults 1, 2 and 3: words`"))?;
        let mut is_test = false;
        let test = loop {
            match lines.next() {
                Some((line, _)) if line.starts_with("///") => {}
                Some((line, _)) if line.starts_with("#[") => is_test |= line.contains("test"),
                Some((line, _)) => {
                    is_test |= line.contains(IN_BOTH_HOMES);
                    break function(line);
                }
                None => break None,
            }
        };
        let test = test.filter(|_| is_test).ok_or_else(|| wrong("this is above no test"))?;
        claims.push(Claim { faults, room: room(file), test });
    }
    Ok(claims)
}

/// ` 12.` and `s 5, 6 and 7: words`, as far as they are numbers.
fn numbers(claim: &str) -> Option<Vec<u8>> {
    let many = claim.strip_prefix('s');
    let (first, mut rest) = number(many.unwrap_or(claim).strip_prefix(' ')?)?;
    let mut numbers = vec![first];
    while let Some((another, after)) = [", ", " and "].iter().find_map(|joint| number(rest.strip_prefix(joint)?)) {
        numbers.push(another);
        rest = after;
    }
    (rest.starts_with(['.', ',', ':']) && many.is_some() == (numbers.len() > 1)).then_some(numbers)
}

fn number(text: &str) -> Option<(u8, &str)> {
    let (digits, rest) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    Some((digits.parse().ok()?, rest))
}

fn function(line: &str) -> Option<String> {
    let line = line.strip_prefix("async ").unwrap_or(line);
    line.strip_prefix("fn ")?.split_once('(').map(|(name, _)| name.to_owned())
}

fn room(file: &Path) -> String {
    let stem = |path: &Path| path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    match stem(file) {
        name if name == "tests" => file.parent().map(stem).unwrap_or_default(),
        name => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Claim>, FaultsError> {
        of_text(Path::new("suite/room.rs"), text)
    }

    #[test]
    fn a_claim_is_read_in_each_form_that_it_may_have() {
        for (written, faults) in [
            ("Fault 10.", &[10][..]),
            ("Fault 12, by the real form of a crash.", &[12]),
            ("Fault 7: a reason.", &[7]),
            ("Faults 5 and 6.", &[5, 6]),
            ("Faults 5, 6 and 7: words, and more.", &[5, 6, 7]),
        ] {
            let text = format!("    /// {written}\n    /// More.\n    #[tokio::test]\n    async fn it_holds() {{\n");
            let claim = Claim { faults: faults.to_vec(), room: "room".to_owned(), test: "it_holds".to_owned() };
            assert_eq!(read(&text).ok(), Some(vec![claim]), "{written}");
        }
    }

    #[test]
    fn a_claim_in_another_form_or_above_no_test_is_refused() {
        for text in [
            "/// Fault 24 and 25.\n#[test]\nfn it_holds() {",
            "/// Faults 24.\n#[test]\nfn it_holds() {",
            "/// Fault of somebody.\n#[test]\nfn it_holds() {",
            "/// Fault 300.\n#[test]\nfn it_holds() {",
            "/// Fault 3.\nfn it_holds() {",
            "/// Fault 3.",
        ] {
            assert!(matches!(read(text), Err(FaultsError::Claim { line: 1, .. })), "{text}");
        }
        assert_eq!(read("/// Faulty words.\nfn it_holds() {").ok(), Some(vec![]));
    }
}
