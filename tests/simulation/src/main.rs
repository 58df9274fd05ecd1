//! `cargo run --profile simulation --package simulation -- --runs 100000`: the nightly runs. With `--seed N` one
//! run is told line by line.

use std::io::{self, Write, stderr, stdout};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use clap::Parser;
use simulation::{NotReady, Outcome, Sabotage, Simulation, Tally, Telling};

#[derive(Debug, Parser)]
#[command(about = "Runs the real handlers in virtual time, with faults that come from a seed.")]
struct Wanted {
    /// Tell this run line by line
    #[arg(long)]
    seed: Option<u64>,
    /// How many runs, of seeds that follow each other
    #[arg(long, default_value_t = 1_000)]
    runs: u64,
    /// The first seed
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// How many runs at a time
    #[arg(long, default_value_t = 2)]
    threads: u64,
    /// Take protections out, one after the other, and tell which seed misses each first
    #[arg(long)]
    sabotage: bool,
    /// Run each seed twice and hold one trace to the other
    #[arg(long)]
    twice: bool,
}

fn main() -> ExitCode {
    let wanted = Wanted::parse();
    let good = match wanted.seed {
        Some(seed) => told(seed),
        None if wanted.sabotage => missed(&wanted),
        None => many(&wanted),
    };
    match good {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failed) => {
            eprintln!("{failed}");
            ExitCode::FAILURE
        }
    }
}

fn told(seed: u64) -> Result<bool, NotReady> {
    let simulation = Simulation::new()?;
    let Outcome { broken, trace, tally } = simulation.run(seed, Telling::Told, None).map_err(NotReady::Machine)?;
    let mut out = stdout().lock();
    // Err: whoever read it has enough of it.
    drop(trace.iter().try_for_each(|line| writeln!(out, "{line}")));
    drop(write!(out, "{tally}"));
    broken.iter().for_each(|what| eprintln!("BROKEN {what}"));
    Ok(broken.is_empty())
}

fn missed(wanted: &Wanted) -> Result<bool, NotReady> {
    let (simulation, mut good) = (Simulation::new()?, true);
    for sabotage in Sabotage::ALL {
        let mut found = None;
        for seed in wanted.from..wanted.from + wanted.runs {
            let run = simulation.run(seed, Telling::Silent, Some(sabotage)).map_err(NotReady::Machine)?;
            if let Some(what) = run.broken.into_iter().next() {
                found = Some((seed, what));
                break;
            }
        }
        good &= found.is_none() == sabotage.is_redundant();
        let redundant = if sabotage.is_redundant() { ", and said to be redundant" } else { "" };
        match found {
            Some((seed, what)) => eprintln!("{sabotage:?}: seed {seed}: {what}{redundant}"),
            None => eprintln!("{sabotage:?} is not missed in {} runs{redundant}", wanted.runs),
        }
    }
    Ok(good)
}

#[expect(clippy::print_stdout, reason = "`cargo local figures` reads it")]
fn many(wanted: &Wanted) -> Result<bool, NotReady> {
    let (began, next) = (Instant::now(), AtomicU64::new(0));
    let (tally, bad) = (Mutex::new(Tally::default()), Mutex::new(Vec::new()));
    thread::scope(|threads| {
        let runners: Vec<_> = (0..wanted.threads.max(1))
            .map(|_| {
                threads.spawn(|| {
                    let simulation = Simulation::new()?;
                    loop {
                        let done = next.fetch_add(1, Ordering::Relaxed);
                        if done >= wanted.runs {
                            return Ok(());
                        }
                        let seed = wanted.from + done;
                        let outcome = one(&simulation, seed, wanted.twice).map_err(NotReady::Machine)?;
                        if let Ok(mut tally) = tally.lock() {
                            tally.absorb(&outcome.tally);
                        }
                        if !outcome.broken.is_empty()
                            && let Ok(mut bad) = bad.lock()
                        {
                            eprintln!("\rseed {seed}: {}", outcome.broken.join("; "));
                            bad.push(seed);
                        }
                        if done % 100 == 0 {
                            drop(write!(stderr(), "\r{done} runs, {} s ", began.elapsed().as_secs()));
                        }
                    }
                })
            })
            .collect();
        // Each is waited for, also after one that was lost: a scope panics over those that nobody asked about.
        let ended: Vec<_> = runners.into_iter().map(thread::ScopedJoinHandle::join).collect();
        ended.into_iter().try_for_each(|ended| ended.unwrap_or(Err(NotReady::Panicked)))
    })?;
    let (tally, bad) = (tally.into_inner().unwrap_or_default(), bad.into_inner().unwrap_or_default());
    let seconds = began.elapsed().as_secs_f64();
    eprintln!("\r{} runs in {seconds:.1} s, of which {} are broken", wanted.runs, bad.len());
    eprint!("{tally}");
    let (faults, calls) = (tally.of_kind("faults: "), tally.of("calls"));
    println!(
        "figure: simulation, seeds {} and on: runs without a fault found = {} of {}",
        wanted.from,
        wanted.runs - bad.len() as u64,
        wanted.runs
    );
    println!("figure: simulation: calls made, and faults put in = {calls}, {faults}");
    for seed in bad.iter().take(10) {
        eprintln!("cargo run --package simulation -- --seed {seed}");
    }
    Ok(bad.is_empty())
}

fn one(simulation: &Simulation, seed: u64, twice: bool) -> io::Result<Outcome> {
    if !twice {
        return simulation.run(seed, Telling::Silent, None);
    }
    let mut first = simulation.run(seed, Telling::Told, None)?;
    let second = simulation.run(seed, Telling::Told, None)?;
    if first != second {
        let differs = first.trace.iter().zip(&second.trace).position(|(one, other)| one != other);
        first.broken.push(format!("it was another run the second time, from line {differs:?}"));
    }
    Ok(first)
}
