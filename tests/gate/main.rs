//! The parts of the functions that `cargo local gate` counts the instructions of.
//!
//! A part is prepared, done once so that everything that is made at its first use is there, and
//! then done again inside [`counted`], which is what valgrind is told to look at. A time says
//! how busy a machine was; a number of instructions says what the code does, and is the same
//! however busy the machine is. So a part has no socket, no thread and no time of day in it: what
//! stands for AWS answers within the process ([`aws`]), and everybody in it is invented by number
//! ([`people`]).
//!
//! What it does not do: judge. `tests/local/gate.rs` starts it under valgrind, once for each part,
//! and holds what was counted against `figures.json`.
//!
//! Started by hand, `gate` lists its parts, a line each, and `gate <part>` does one.

#![expect(clippy::expect_used, reason = "what is not as it must be cannot be counted")]

mod aws;
mod parts;
mod people;

use std::hint::black_box;
use std::process::ExitCode;

/// A part of a function.
struct Part {
    /// What the figures call it.
    name: &'static str,
    /// How often it is done while it is counted: so often that by what seed a map hashes makes no difference.
    times: u32,
    /// How much of it is done each time, in words.
    of: &'static str,
    /// Makes ready whatever it needs that is not itself to be counted.
    prepare: fn() -> Box<dyn FnMut()>,
}

#[expect(clippy::print_stdout, reason = "it is asked for its parts")]
fn main() -> ExitCode {
    let parts = parts::all();
    // `cargo bench` and `cargo test --benches` add flags of their own.
    let Some(wanted) = std::env::args().skip(1).find(|argument| !argument.starts_with("--")) else {
        parts.iter().for_each(|part| println!("{}\t{}\t{}", part.name, part.times, part.of));
        return ExitCode::SUCCESS;
    };
    let Some(part) = parts.into_iter().find(|part| part.name == wanted) else {
        return ExitCode::FAILURE;
    };
    let mut work = (part.prepare)();
    work();
    counted(&mut *work, part.times);
    ExitCode::SUCCESS
}

/// What valgrind counts: by this name it begins and ends.
#[inline(never)]
fn counted(work: &mut dyn FnMut(), times: u32) {
    (0..times).for_each(|_| work());
    // Whatever follows the call keeps it from being a jump out of this function.
    black_box(());
}
