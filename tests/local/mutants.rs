//! `cargo local mutants`: what would a test say if the code were wrong?
//!
//! cargo-mutants makes one small change after the other to the code that decides who may write
//! ([`FILES`]) and runs tests. A change that no test sees is a *missed* mutant: either a test is
//! wanting, or the change makes no difference to anybody; then `tests/mutants.txt` says why, in one
//! line. The command ends with an error where a mutant is missed without that, and where an
//! explanation is stale. So nobody has to remember what was looked at.
//!
//! What is cheap comes first: the unit tests of the mutant's package. What survives these meets the
//! simulation, which drives the handlers of all three functions, and what survives that the tests of
//! the suite that are about the same rooms ([`passes`]), unless it is explained.
//!
//! What it does not do: change a condition that DynamoDB judges, which is text to Rust; those are
//! taken out by `cargo run --package simulation -- --sabotage`.
//!
//! A file that is as it was when its mutants were last tried ([`record`]) is not tried again, unless
//! `--all` says so, and neither is a mutant that a test has seen in the file as it is ([`settled`]): a
//! run may be ended and gone on with. It works on a copy of the source, [`tree`], so the source may be
//! edited meanwhile.

mod explained;
mod outcome;
mod passes;
mod record;
mod settled;
mod tree;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{fs, io};

use thiserror::Error;

use crate::folders;
use crate::setup::{self, Crate, SetupError};
use explained::Judgement;
use outcome::{Fate, Fates, file_of, without_place};
use passes::{PASSES, SUITE};
use record::Record;
use settled::Settled;

const CARGO_MUTANTS: Crate = Crate { name: "cargo-mutants", version: "27.1.0", cost: "once, two to four minutes" };

/// The files whose every mutant is looked at.
const FILES: [&str; 25] = [
    "shared/src/job.rs",
    "shared/src/recovery.rs",
    "shared/src/handoff.rs",
    "shared/src/table/acquire.rs",
    "shared/src/table/action.rs",
    "shared/src/table/attributes.rs",
    "shared/src/table/cancel.rs",
    "shared/src/table/due.rs",
    "shared/src/table/jobs.rs",
    "shared/src/table/lapsed.rs",
    "shared/src/table/lease.rs",
    "shared/src/table/link.rs",
    "shared/src/table/link/reading.rs",
    "shared/src/table/outbox.rs",
    "shared/src/table/report.rs",
    "shared/src/table/scheduled.rs",
    "shared/src/table/schema.rs",
    "shared/src/table/transaction.rs",
    "functions/recover/src/rescue.rs",
    "functions/recover/src/scheduled.rs",
    "functions/sync/src/walk/decision.rs",
    "functions/sync/src/walk/desk.rs",
    "functions/sync/src/walk/ledger.rs",
    "functions/sync/src/walk/sending.rs",
    "functions/sync/src/walk/writing.rs",
];

/// The explanations.
const EXPLAINED: &str = "tests/mutants.txt";

/// cargo-mutants: a mutant was missed, or a time ran out. Both are told mutant by mutant.
const FOUND_SOME: [i32; 2] = [2, 3];

/// What is to be done.
#[derive(Debug, clap::Args)]
pub struct Plan {
    /// Only the mutants of this file; may be given several times, and be a file that is not looked at otherwise.
    #[arg(long = "file", value_name = "GLOB")]
    files: Vec<String>,
    /// Only a part of them: 0/4, 1/4, 2/4 or 3/4 is a quarter.
    #[arg(long, value_name = "K/N")]
    shard: Option<String>,
    /// Only against the suite: after a test of it was written for what was missed.
    #[arg(long)]
    suite: bool,
    /// Also what was tried in files that are as they were then.
    #[arg(long)]
    all: bool,
}

/// What went wrong; each text says what to do.
#[derive(Debug, Error)]
pub enum MutantsError {
    /// cargo-mutants could not be installed.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// A file or process was refused.
    #[error("cannot {what}: {source}")]
    Refused {
        /// What was tried.
        what: &'static str,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// cargo-mutants came to no end.
    #[error("cargo-mutants failed: see above, and the logs in {}", .0.display())]
    Failed(PathBuf),
    /// A line of the explanations has no reason.
    #[error("{EXPLAINED}: no reason in `{0}`: a line is `<mutant> because <reason>`")]
    NoReason(String),
    /// Mutants and explanations do not agree.
    #[error("{}", told(.unexplained, .stale))]
    Found {
        /// Missed, and not explained.
        unexplained: Vec<String>,
        /// Explained, and caught or gone.
        stale: Vec<String>,
    },
}

/// Tries the mutants, and holds what is missed to the explanations.
///
/// # Errors
/// [`MutantsError`].
pub fn run(plan: &Plan) -> Result<(), MutantsError> {
    let refused = |what| move |source| MutantsError::Refused { what, source };
    let tool = setup::installed(&CARGO_MUTANTS)?.join(CARGO_MUTANTS.name);
    let tree = tree::renewed().map_err(refused("copy the source below target/mutants"))?;
    let page = fs::read_to_string(folders::root().join(EXPLAINED)).map_err(refused("read tests/mutants.txt"))?;
    let page = explained::parse(&page).map_err(MutantsError::NoReason)?;
    let root = folders::root();
    let mut record = Record::read(&root).map_err(refused("read what is kept of earlier tries"))?;
    let mut sources = record::sources(&root, &FILES).map_err(refused("read the files whose mutants are tried"))?;
    let files = files(plan, &record, &sources);
    if files.is_empty() {
        eprintln!("No file has changed since its mutants were tried.");
        told_by_record(&record, &sources);
        return Ok(());
    }
    let list = refused("list the mutants");
    let all = all(&tool, &tree, &files).map_err(list)?;
    let asked_for = listed(&tool, &tree, &files, plan.shard.as_deref()).map_err(list)?;
    let folder = root.join("target").join("mutants");
    let mut settled = Settled::read(&folder).map_err(refused("read which mutants a test has seen"))?;
    let mut fates = if plan.all { Fates::new() } else { settled.fates(&sources) };
    fates.retain(|name, _| asked_for.contains(name));
    if !fates.is_empty() {
        eprintln!("Mutants that a test has seen in the files as they are: {}", fates.len());
    }

    let mut open: Vec<_> = asked_for.iter().filter(|name| !fates.contains_key(*name)).cloned().collect();
    for (pass, against) in PASSES {
        if plan.suite && !SUITE.contains(&pass) {
            continue;
        }
        if SUITE.contains(&pass) {
            // It is the slow part, and nothing is expected of it.
            open.retain(|name| !page.contains_key(&without_place(name)));
        }
        if open.is_empty() {
            break;
        }
        eprintln!("Mutants that meet the {pass} now: {}", open.len());
        let output = folder.join(pass.replace(", ", "-").replace(' ', "-"));
        let keep = refused("keep which mutants a test has seen");
        settled.begin(pass, &output, &sources).map_err(keep)?;
        let found = tried(&tool, &tree, &output, &files, against, &open)?;
        settled.end(&found).map_err(keep)?;
        fates.extend(found);
        open.retain(|name| fates.get(name) == Some(&Fate::Missed));
    }
    let by_suite = SUITE.map(|pass| settled.seen_by(pass, &sources)).concat();
    let Judgement { unexplained, stale, .. } = explained::judge(&page, &fates, &all);
    tell(&fates);
    // Of a part of a file it is not known how the rest fares.
    if plan.shard.is_none() {
        let is_unknown = |name: &&String| !fates.contains_key(*name);
        let open: Vec<_> = unexplained.iter().chain(asked_for.iter().filter(is_unknown)).collect();
        for file in files.into_iter().filter(|file| !open.iter().any(|name| name.starts_with(*file))) {
            if let Some(source) = sources.get(file) {
                record.enter(file, source.clone(), &fates, &by_suite);
            }
        }
        record.keep(&FILES);
        record.write(&root).map_err(refused("keep what became of the mutants"))?;
    }
    // What was edited meanwhile is another file.
    sources.extend(record::sources(&root, &FILES).map_err(refused("read the files whose mutants are tried"))?);
    told_by_record(&record, &sources);
    if unexplained.is_empty() && stale.is_empty() { Ok(()) } else { Err(MutantsError::Found { unexplained, stale }) }
}

/// Those that are asked for, or those that have changed.
fn files<'a>(plan: &'a Plan, record: &Record, sources: &BTreeMap<String, String>) -> Vec<&'a str> {
    if !plan.files.is_empty() {
        return plan.files.iter().map(String::as_str).collect();
    }
    let is_known = |file: &str| sources.get(file).is_some_and(|source| record.of(file, source).is_some());
    FILES.into_iter().filter(|file| plan.all || !is_known(file)).collect()
}

/// cargo-mutants on the copy.
fn cargo_mutants(tool: &Path, tree: &Path, files: &[&str]) -> Command {
    let mut command = Command::new(tool);
    command.arg("mutants").arg("--workspace").current_dir(tree);
    command.args(files.iter().map(|file| format!("--file={file}")));
    // What this process was started with is for building it, and the copy has a target folder of its own.
    for of_cargo in ["CARGO", "CARGO_TARGET_DIR", "RUSTC"] {
        command.env_remove(of_cargo);
    }
    command
}

/// The names of all mutants, without their places, those of the explanations' files among them.
fn all(tool: &Path, tree: &Path, files: &[&str]) -> io::Result<Vec<String>> {
    let files: Vec<_> = FILES.iter().chain(files).copied().collect();
    Ok(listed(tool, tree, &files, None)?.iter().map(|name| without_place(name)).collect())
}

/// The mutants of these files.
fn listed(tool: &Path, tree: &Path, files: &[&str], shard: Option<&str>) -> io::Result<Vec<String>> {
    let shard = shard.map(|shard| format!("--shard={shard}"));
    let listed = cargo_mutants(tool, tree, files).args(["--list", "--colors=never"]).args(shard).output()?;
    if !listed.status.success() {
        return Err(io::Error::other(String::from_utf8_lossy(&listed.stderr).into_owned()));
    }
    Ok(String::from_utf8_lossy(&listed.stdout).lines().map(str::to_owned).collect())
}

fn tried(
    tool: &Path,
    tree: &Path,
    output: &Path,
    files: &[&str],
    against: &[&str],
    which: &[String],
) -> Result<Fates, MutantsError> {
    let refused = |what| move |source| MutantsError::Refused { what, source };
    let mut trying = cargo_mutants(tool, tree, files);
    trying.args(["--profile=mutants", "--in-place", "--no-shuffle", "--output"]).arg(output).args(against);
    // A mutant is caught by the first test of the suite that fails: it ends there.
    trying.env("FAIL_FAST", "1");
    trying.args(which.iter().map(|name| format!("--re=^{}$", literal(name))));
    // Its words are for whoever waits; the figures have standard output to themselves.
    trying.stdin(Stdio::null()).stdout(io::stderr());
    let ended = trying.status().map_err(refused("start cargo-mutants"))?;
    if !ended.success() && !ended.code().is_some_and(|code| FOUND_SOME.contains(&code)) {
        return Err(MutantsError::Failed(output.to_owned()));
    }
    let mut found = outcome::read(output).map_err(refused("read what cargo-mutants found"))?;
    // It tries one of a struct's fields whether it was asked for or not, and another pass may have caught that.
    found.retain(|name, _| which.contains(name));
    Ok(found)
}

/// A regular expression that is this text.
fn literal(text: &str) -> String {
    text.chars().fold(String::new(), |mut literal, next| {
        if r"\.+*?()|[]{}^$#&-~".contains(next) {
            literal.push('\\');
        }
        literal.push(next);
        literal
    })
}

/// What this run found, for whoever waits for it.
fn tell(fates: &Fates) {
    let mut by_file: BTreeMap<&str, Vec<Fate>> = BTreeMap::new();
    for (name, fate) in fates {
        by_file.entry(file_of(name)).or_default().push(*fate);
    }
    let count = |of: &[Fate], fate| of.iter().filter(|other| **other == fate).count();
    for (file, of) in &by_file {
        let [caught, timed_out, unviable, missed] =
            [Fate::Caught, Fate::TimedOut, Fate::Unviable, Fate::Missed].map(|fate| count(of, fate));
        eprintln!(
            "{file}: {} tried, {caught} caught, {timed_out} timed out, {unviable} unviable, {missed} missed",
            of.len()
        );
    }
}

/// The figures: of all files that are as they were when their mutants were tried.
#[expect(clippy::print_stdout, reason = "`cargo local figures` reads it")]
fn told_by_record(record: &Record, sources: &BTreeMap<String, String>) {
    let known: Vec<_> = FILES.iter().filter_map(|file| record.of(file, sources.get(*file)?)).collect();
    let sum = |of: fn(&record::Looked) -> usize| known.iter().map(|looked| of(looked)).sum::<usize>();
    println!("figure: files whose mutants were tried, of all that are named = {}, {}", known.len(), FILES.len());
    println!("figure: mutants: caught, of which by the suite = {}, {}", sum(|of| of.caught), sum(|of| of.by_suite));
    println!("figure: mutants: of those caught, with which the tests did not end in time = {}", sum(|of| of.timed_out));
    println!("figure: mutants: no Rust = {}", sum(|of| of.unviable));
    println!("figure: mutants: missed, each explained in a line = {}", sum(|of| of.missed));
}

fn told(unexplained: &[String], stale: &[String]) -> String {
    let unexplained = unexplained.iter().map(|name| format!("missed by every test: {name}"));
    let stale = stale.iter().map(|name| format!("{EXPLAINED} explains what is caught or gone: {name}"));
    let lines: Vec<_> = unexplained.chain(stale).collect();
    format!("{}\nA test is wanting, or a line in {EXPLAINED}.", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_there_and_every_explanation_is_of_one_of_them() {
        let root = folders::root();
        FILES.iter().for_each(|file| assert!(root.join(file).is_file(), "{file}"));
        let page = fs::read_to_string(root.join(EXPLAINED)).expect("the explanations");
        for name in explained::parse(&page).expect("each has a reason").keys() {
            assert!(FILES.iter().any(|file| name.starts_with(&format!("{file}: "))), "{name}");
        }
    }

    #[test]
    fn a_name_is_an_expression_for_itself() {
        let name = "a-b.rs:1:2: replace x -> Option<&'static str> with Some(\"[{*}]\") & ^$";
        assert_eq!(
            literal(name),
            r#"a\-b\.rs:1:2: replace x \-> Option<\&'static str> with Some\("\[\{\*\}\]"\) \& \^\$"#
        );
    }
}
