//! Seeded simulation of the real code: the handlers of all three functions, in virtual time, over a
//! world in memory in which anything can go wrong at any call.
//!
//! The model (`tests/model`) searches every run of a small protocol written for it; the suite runs
//! the real programs with faults that somebody thought of. Here the real handlers meet what nobody
//! thought of: a run draws from its seed who asks for what and when, what becomes of each call
//! (refused, lost, answered to nobody, late, the process dead before or after it), which message is
//! lost, doubled or held up, whose clock is wrong and when it jumps, and how VAKA changes under a
//! sync. After every write the invariants of the design are looked at; then faults stop, everything
//! has to come to its end, and what is there has to be right.
//!
//! | file | what |
//! | --- | --- |
//! | `script`, `play`, `end` | what people do, and what must be true of it |
//! | `hosts`, `work` | the processes, and what makes them do something |
//! | `call`, `chance`, `time` | one call, what becomes of it, and when |
//! | `endpoint`, `table`, `outside`, `issuer`, `source` | what the processes call |
//! | `watch`, `tally`, `trace` | what is seen |
//! | `sabotage` | protections taken out, to see that it is seen |
//!
//! A run is one thread and one seed: random ids are the only thing in it that is not of the seed,
//! and nothing depends on them but their names, which a trace tells by the order in which they are
//! met. So a seed that fails fails again, line by line: `cargo run --package simulation -- --seed N`.
//!
//! What this does not do: customers at BokaMera, whose faults the suite has; speak HTTP to AWS, which
//! the suite does; judge the emulation of DynamoDB, for which it has one of its own.

mod call;
mod chance;
mod end;
mod endpoint;
mod hosts;
mod issuer;
mod outside;
mod play;
mod reading;
mod run;
mod sabotage;
mod script;
mod source;
mod table;
mod tally;
mod time;
mod trace;
mod watch;
mod work;
mod world;

pub use run::{NotReady, Outcome, Simulation};
pub use sabotage::Sabotage;
pub use tally::Tally;
pub use trace::Telling;
