//! What some hundreds of runs have to show; `cargo run --package simulation` makes as many as there is time for.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use simulation::{Sabotage, Simulation, Tally, Telling};

/// Runs of one `cargo test`.
const RUNS: u64 = 200;

/// A run has one thread of its own, and most machines have more.
const THREADS: u64 = 2;

/// Within so many runs a protection that is not there is missed.
const SOON: u64 = 30;

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
fn each_protection_that_is_taken_out_is_missed_within_some_runs() {
    let simulation = Simulation::new().expect("a simulation");
    // Those that are missed soonest; the others are for `--sabotage`, which has more time.
    for sabotage in [
        Sabotage::LockNeedNotBeFree,
        Sabotage::GenerationIsNotAsked,
        Sabotage::WorkerDoesNotAskForTheStatus,
        Sabotage::StartDoesNotAskForTheStatus,
        Sabotage::CancelDoesNotAskForTheStatus,
        Sabotage::ConnectionIsNotAsked,
        Sabotage::DueTimeIsNotAsked,
        Sabotage::TransactionsAreTorn,
    ] {
        assert!(is_missed(&simulation, sabotage).expect("runs"), "{sabotage:?} is not missed in {SOON} runs");
    }
}

#[test]
fn a_protection_that_is_said_to_be_redundant_is_not_missed() {
    let simulation = Simulation::new().expect("a simulation");
    for sabotage in Sabotage::ALL.into_iter().filter(|sabotage| sabotage.is_redundant()) {
        let is_missed = is_missed(&simulation, sabotage).expect("runs");
        assert!(!is_missed, "{sabotage:?} is missed: it is not redundant");
    }
}

fn is_missed(simulation: &Simulation, sabotage: Sabotage) -> io::Result<bool> {
    for seed in 0..SOON {
        if !simulation.run(seed, Telling::Silent, Some(sabotage))?.broken.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}
