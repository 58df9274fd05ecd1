//! What some hundreds of runs have to show; `cargo run --package simulation` makes as many as there is time for.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use simulation::{Sabotage, Simulation, Tally, Telling};

/// Runs of one `cargo test`.
const RUNS: u64 = 200;

/// A run has one thread of its own, and most machines have more.
const THREADS: u64 = 2;

/// Within so many runs nobody misses what is redundant.
const REDUNDANT_RUNS: u64 = 30;

/// Faults 12, 17 and 18: also clocks that jump in mid-run, and all of it together.
#[test]
fn whatever_goes_wrong_every_job_ends_and_everything_is_right_then() {
    let (mut met, is_broken) = (Tally::default(), AtomicBool::new(false));
    let part = |nth: u64| {
        let (simulation, mut met) = (Simulation::new().expect("a simulation"), Tally::default());
        for seed in (0..RUNS).filter(|seed| seed % THREADS == nth) {
            // One broken run is enough for all.
            if is_broken.load(Ordering::Relaxed) {
                break;
            }
            let run = simulation.run(seed, Telling::Silent, None).expect("a run");
            is_broken.fetch_or(!run.broken.is_empty(), Ordering::Relaxed);
            assert!(
                run.broken.is_empty(),
                "cargo run --package simulation -- --seed {seed}\n{}",
                run.broken.join("\n")
            );
            met.absorb(&run.tally);
        }
        met
    };
    thread::scope(|threads| {
        let parts: Vec<_> = (0..THREADS).map(|nth| threads.spawn(move || part(nth))).collect();
        parts.into_iter().for_each(|of| met.absorb(&of.join().expect("no run is broken")));
    });
    for fault in [
        "refused",
        "not reached",
        "lost on the way",
        "answer lost",
        "late",
        "crash before",
        "crash after",
        "message lost",
        "message doubled",
        "clock wrong",
        "clock jumped",
    ] {
        assert!(met.of(&format!("faults: {fault}")) > 0, "no run has met the fault `{fault}`:\n{met}");
    }
    assert!(met.of("jobs: Completed ") > RUNS, "{met}");
}

#[test]
fn a_seed_is_the_same_run_each_time_line_by_line() {
    let simulation = Simulation::new().expect("a simulation");
    for seed in 0..3 {
        let [first, second] = [(), ()].map(|()| simulation.run(seed, Telling::Told, None).expect("a run"));
        let other = first.trace.iter().zip(&second.trace).find(|(one, other)| one != other);
        assert_eq!(other, None, "seed {seed}");
        assert_eq!(first, second, "seed {seed}");
        assert!(first.trace.len() > 50, "seed {seed}");
    }
}

#[test]
fn each_protection_that_is_taken_out_is_missed() {
    let simulation = Simulation::new().expect("a simulation");
    // The first seed that misses each, by `--sabotage`; whatever changes what is drawn from a seed changes these.
    for (sabotage, seed) in [
        (Sabotage::LockNeedNotBeFree, 1),
        (Sabotage::GenerationIsNotAsked, 32),
        (Sabotage::WorkerDoesNotAskForTheStatus, 5),
        (Sabotage::StartDoesNotAskForTheStatus, 0),
        (Sabotage::StartDoesNotAskForThePause, 44),
        (Sabotage::CancelDoesNotAskForTheStatus, 1),
        (Sabotage::ConnectionIsNotAsked, 1),
        (Sabotage::DueTimeIsNotAsked, 185),
        (Sabotage::TransactionsAreTorn, 1),
    ] {
        let run = simulation.run(seed, Telling::Silent, Some(sabotage)).expect("a run");
        assert!(!run.broken.is_empty(), "seed {seed} does not miss {sabotage:?}: which does is told by --sabotage");
    }
}

#[test]
fn a_protection_that_is_said_to_be_redundant_is_not_missed() {
    let simulation = Simulation::new().expect("a simulation");
    for sabotage in Sabotage::ALL.into_iter().filter(|sabotage| sabotage.is_redundant()) {
        for seed in 0..REDUNDANT_RUNS {
            let run = simulation.run(seed, Telling::Silent, Some(sabotage)).expect("a run");
            assert!(run.broken.is_empty(), "seed {seed} misses {sabotage:?}: it is not redundant");
        }
    }
}
