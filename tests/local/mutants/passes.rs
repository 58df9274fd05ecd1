//! What a mutant meets, one after the other: what is cheap comes first.

/// What mutants are run against, one after the other: the survivors of each meet the next.
/// cargo-mutants builds and tests the mutant's own package alone, unless it is told of others.
pub(super) const PASSES: [(&str, &[&str]); 4] = [
    ("unit tests", &["--cargo-arg=--lib", "--minimum-test-timeout=60"]),
    (
        "simulation",
        &[
            "--cargo-arg=--package=simulation",
            "--cargo-arg=--test=simulation",
            "--cargo-test-arg=--",
            // They are about the simulation and not about the code.
            "--cargo-test-arg=--skip=each_protection_that_is_taken_out",
            "--cargo-test-arg=--skip=a_protection_that_is_said_to_be_redundant",
            "--cargo-test-arg=--skip=a_seed_is_the_same_run",
            "--minimum-test-timeout=120",
        ],
    ),
    (
        WORKERS,
        &[
            // As `cargo test` builds it.
            "--cargo-arg=--workspace",
            "--cargo-arg=--test=suite",
            "--cargo-test-arg=--",
            // They wait for the servers most of their time.
            "--cargo-test-arg=--test-threads=4",
            "--cargo-test-arg=cancel::",
            "--cargo-test-arg=customers_rest::",
            "--cargo-test-arg=customers_rest_crashes::",
            "--cargo-test-arg=customers_rest_faults::",
            "--cargo-test-arg=sync_customers::",
            "--cargo-test-arg=sync_dry_run::",
            "--cargo-test-arg=sync_limits::",
            "--cargo-test-arg=sync_protocol::",
            "--cargo-test-arg=sync_report::",
            "--cargo-test-arg=sync_requests::",
            "--cargo-test-arg=sync_walk::",
            "--minimum-test-timeout=300",
        ],
    ),
    (
        DOORS,
        &[
            "--cargo-arg=--workspace",
            "--cargo-arg=--test=suite",
            "--cargo-test-arg=--",
            "--cargo-test-arg=--test-threads=4",
            "--cargo-test-arg=events_outbox::",
            "--cargo-test-arg=http_jobs::",
            "--cargo-test-arg=http_pages::",
            "--cargo-test-arg=http_report::",
            "--cargo-test-arg=http_start::",
            "--cargo-test-arg=recovery::",
            "--cargo-test-arg=schedule_clock::",
            "--cargo-test-arg=versions::",
            "--minimum-test-timeout=300",
        ],
    ),
];
/// The suite's tests of the sync function.
const WORKERS: &str = "suite, workers";
/// Those of the other two functions.
const DOORS: &str = "suite, doors";
/// The slow ones.
pub(super) const SUITE: [&str; 2] = [WORKERS, DOORS];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_module_of_the_suite_that_is_named_is_there() {
        let suite = crate::folders::root().join("tests").join("suite");
        for (pass, against) in PASSES.iter().filter(|(pass, _)| SUITE.contains(pass)) {
            let named =
                against.iter().filter_map(|argument| argument.strip_prefix("--cargo-test-arg=")?.strip_suffix("::"));
            let modules: Vec<_> = named.collect();
            assert!(!modules.is_empty(), "{pass}");
            modules.iter().for_each(|module| assert!(suite.join(format!("{module}.rs")).is_file(), "{pass}: {module}"));
        }
    }
}
