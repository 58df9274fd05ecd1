//! What holds of the protocol, that each of its conditions is needed for it, and that the conditions
//! are those of the code. The names are the specification.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use model::condition::{Condition, Rules};
use model::property::{I1, I2, I3, I5, LEASE, PAUSE, REACHED};
use model::runs::{self, Runs};
use model::search::{everything, nearest_fault};
use model::state::Limits;
use model::world::World;

/// Two jobs of one company and one of another, three workers.
const TWO_COMPANIES: Limits = Limits { jobs: [2, 1], restores: false, older_versions: false, ..Limits::NONE };
/// Two jobs of one company, with a restored lock and jobs of an older version.
const EVERY_FAULT: Limits = Limits { jobs: [2, 0], ..Limits::NONE };
/// As many of everything as is needed for each to happen twice.
const COUNTED: Limits = Limits {
    jobs: [2, 0],
    workers: 2,
    deliveries: Some(2),
    attempts: Some(2),
    slices: Some(2),
    commits: Some(2),
    restores: false,
    older_versions: false,
};

#[test]
fn every_state_of_two_companies_and_three_workers_keeps_the_invariants() {
    let searched = everything(World { rules: Rules::ALL, limits: TWO_COMPANIES }, |_| {});
    eprintln!("{searched:?}");
    assert!(searched.broken.is_empty(), "{:?}", searched.broken);
    assert_eq!(searched.reached, REACHED, "the search does not get to where something could break");
}

#[test]
fn a_restored_lock_and_jobs_of_an_older_version_break_no_invariant() {
    for jobs in [[2, 0], [1, 1]] {
        let searched = everything(World { rules: Rules::ALL, limits: Limits { jobs, ..EVERY_FAULT } }, |_| {});
        eprintln!("{searched:?}");
        assert!(searched.broken.is_empty(), "{:?}", searched.broken);
    }
}

#[test]
fn without_any_one_condition_an_invariant_breaks() {
    let cases = [
        (Condition::LockFree, &[I1, I5][..], 2),
        (Condition::JobNew, &[I2], 3),
        (Condition::StillPending, &[I2], 3),
        (Condition::GoneOrEnded, &[I5], 2),
        (Condition::OrphanHolds, &[I5], 4),
        (Condition::EndHolds, &[I5], 4),
        (Condition::StartActive, &[I2, I5], 4),
        (Condition::StartUnheld, &[LEASE], 4),
        (Condition::StartDue, &[PAUSE], 5),
        (Condition::OursGeneration, &[I3], 6),
        (Condition::OursProcessing, &[I2], 5),
        (Condition::LapsedSeen, &[LEASE], 4),
        (Condition::UnstampedStill, &[LEASE], 3),
        (Condition::UnstampedActive, &[I2], 3),
        (Condition::CancelActive, &[I2], 3),
    ];
    for (condition, broken, steps) in cases {
        let fault = nearest_fault(World { rules: Rules::without(condition), limits: EVERY_FAULT });
        let fault = fault.unwrap_or_else(|| panic!("nothing breaks without {condition:?}"));
        eprintln!("without {condition:?}: {fault:?}");
        assert_eq!((fault.broken.as_slice(), fault.steps.len()), (broken, steps), "{condition:?}: {:#?}", fault.steps);
    }
    let tried: BTreeSet<_> = cases.iter().map(|(condition, ..)| format!("{condition:?}")).collect();
    let needed = Condition::ALL.iter().filter(|condition| !IMPLIED.contains(condition));
    assert_eq!(tried, needed.map(|condition| format!("{condition:?}")).collect());
}

/// Each says again what the clause beside it says: a Pending job has no generation, and only an active
/// one has a lease.
const IMPLIED: [Condition; 2] = [Condition::NeverBegun, Condition::LapsedActive];

#[test]
fn two_clauses_are_implied_by_those_beside_them() {
    for condition in IMPLIED {
        let searched = everything(World { rules: Rules::without(condition), limits: EVERY_FAULT }, |_| {});
        assert!(searched.broken.is_empty(), "{condition:?} is needed after all: {:?}", searched.broken);
    }
}

#[test]
fn every_run_comes_to_its_end_and_every_job_with_it_though_only_the_clock_and_recovery_go_on() {
    let all = runs::all(&World { rules: Rules::ALL, limits: COUNTED });
    eprintln!("{all:?}");
    assert!(matches!(all, Runs::AllEnd { .. }), "{all:#?}");
}

#[test]
fn without_any_one_limit_a_run_can_be_endless() {
    let small = Limits { jobs: [1, 0], ..COUNTED };
    let cases = [
        ("deliveries", Limits { deliveries: None, ..small }),
        ("attempts", Limits { attempts: None, ..small }),
        ("slices", Limits { slices: None, ..small }),
        ("commits", Limits { commits: None, ..small }),
    ];
    for (limit, limits) in cases {
        let all = runs::all(&World { rules: Rules::ALL, limits });
        assert!(matches!(all, Runs::Endless(_)), "{limit}: {all:?}");
    }
}

/// The index lists leases, and the recover function sees no other job.
#[test]
fn a_job_put_without_a_lease_by_an_older_version_waits_for_a_message_or_a_request() {
    let all = runs::all(&World { rules: Rules::ALL, limits: Limits { older_versions: true, ..COUNTED } });
    assert!(matches!(all, Runs::Stuck(_)), "{all:?}");
}

const TABLE: [&str; 6] = ["acquire.rs", "jobs.rs", "lease.rs", "lapsed.rs", "cancel.rs", "transaction.rs"];
/// What is set, what is read by, how a refusal is called, and the connection, which no step of the model has.
const NO_CONDITIONS: [&str; 16] = [
    "CONDITION_FAILED",
    "CONNECTED",
    "CONNECTED_AND_DUE",
    "USE_UP",
    "EARLIER",
    "OF_COMPANY",
    "WITH_STATUS",
    "BEFORE",
    "END",
    "START",
    "COUNT",
    "HAND_OVER",
    "AT_ONCE",
    "AFTER_A_PAUSE",
    "COMPLETE",
    "EXTEND",
];

#[test]
fn the_clauses_are_those_of_the_code_word_for_word() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/src/table");
    let code = |file: &str| fs::read_to_string(folder.join(file)).expect("the table's code");
    let written = Condition::ALL.map(Condition::written);
    for (file, constant, text) in TABLE.iter().flat_map(|file| constants(file, &code(file))) {
        let clauses: Vec<_> = written
            .iter()
            .filter(|written| (written.file, written.constant) == (file, Some(constant.as_str())))
            .map(|written| written.clause)
            .collect();
        if clauses.is_empty() {
            assert!(NO_CONDITIONS.contains(&constant.as_str()), "the model does not know {constant} of {file}: {text}");
        } else {
            assert_eq!(text, clauses.join(" AND "), "{constant} of {file}");
        }
    }
    for written in written {
        let there = match written.constant {
            Some(constant) => format!("const {constant}: &str ="),
            None => format!("\"{}\"", written.clause),
        };
        assert!(code(written.file).contains(&there), "{there} is not in {}", written.file);
    }
}

/// Each `const NAME: &str = "..."` above the file's tests, with the file.
fn constants<'a>(file: &'a str, code: &str) -> Vec<(&'a str, String, String)> {
    let of = |text: &str| {
        let (name, after) = text.split_once(": &str =")?;
        let (_, after) = after.split_once('"')?;
        // A text that goes on in the next line goes on with its first word.
        let lines = after.split_once('"')?.0.split("\\\n");
        Some((file, name.to_owned(), lines.map(str::trim_start).collect()))
    };
    let code = code.split("#[cfg(test)]").next().unwrap_or_default();
    code.split("const ")
        .skip(1)
        .filter_map(of)
        .filter(|(_, name, _)| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
        .collect()
}
