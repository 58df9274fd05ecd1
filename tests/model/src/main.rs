//! `cargo run --package model`: larger searches than the tests have time for, and their figures.

use std::io::{Write, stderr};
use std::process::ExitCode;
use std::time::Instant;

use model::condition::Rules;
use model::runs::{self, Runs};
use model::search::everything;
use model::state::Limits;
use model::world::World;

const SEARCHES: [(&str, Limits); 3] = [
    (
        "three jobs of one company, three workers",
        Limits { jobs: [3, 0], restores: false, older_versions: false, ..Limits::NONE },
    ),
    (
        "two jobs of each of two companies, three workers",
        Limits { jobs: [2, 2], restores: false, older_versions: false, ..Limits::NONE },
    ),
    (
        "two jobs of one company and one of another, two workers, and a lock of each restored",
        Limits { jobs: [2, 1], workers: 2, older_versions: false, ..Limits::NONE },
    ),
];

const RUNS: (&str, Limits) = (
    "every run of one job of each of two companies to its end, three workers",
    Limits {
        jobs: [1, 1],
        workers: 3,
        deliveries: Some(2),
        attempts: Some(2),
        slices: Some(1),
        commits: Some(1),
        restores: false,
        older_versions: false,
    },
);

#[expect(clippy::print_stdout, reason = "`cargo local figures` reads it")]
fn main() -> ExitCode {
    let mut good = true;
    for (name, limits) in SEARCHES {
        eprintln!("{name}");
        let began = Instant::now();
        let searched = everything(World { rules: Rules::ALL, limits }, |so_far| {
            let _ = write!(stderr(), "\r  {} states, {} s ", so_far.states, began.elapsed().as_secs());
        });
        eprintln!("\r  depth {}, {:.1} s                ", searched.depth, began.elapsed().as_secs_f64());
        println!("figure: model, {name} = {} states, {} steps between them", searched.states, searched.steps);
        for broken in &searched.broken {
            eprintln!("  BROKEN {broken}");
        }
        good &= searched.broken.is_empty();
    }
    let (name, limits) = RUNS;
    eprintln!("{name}");
    let began = Instant::now();
    let runs = runs::all(&World { rules: Rules::ALL, limits });
    match &runs {
        Runs::AllEnd { states, longest } => {
            eprintln!("  {:.1} s", began.elapsed().as_secs_f64());
            println!("figure: model, {name} = {states} states, longest run {longest} steps");
        }
        Runs::Endless(steps) | Runs::Stuck(steps) => eprintln!("  BROKEN I4: {steps:#?}"),
    }
    if good && matches!(runs, Runs::AllEnd { .. }) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
