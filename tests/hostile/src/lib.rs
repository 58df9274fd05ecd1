//! What holds at each door whatever is sent to it.
//!
//! | door | module | what holds |
//! | --- | --- | --- |
//! | the HTTP API | [`http_door`] | no 5xx; the answer is of the form that was asked for; 4xx has changed nothing; nothing secret and no script comes back |
//! | the token check | [`token`] | taken if and only if the issuer signed just that, for now; roles and company are the token's |
//! | VAKA's pages | [`vaka_page`] | what a page says, however it is written and arrives; a cut page is none; caps hold |
//! | the queue's messages | [`queue_message`] | read as written; given back if and only if unreadable |
//!
//! A property is one function of some bytes. It reads them as a [`tape`] of decisions, builds
//! what is sent from these, and panics where something does not hold. Two drivers call it: tests
//! with the [`tapes`] of a seed, in seconds and the same each time, and `cargo local fuzz`, where
//! libFuzzer looks for tapes that reach new branches, a million of them for each door.
//!
//! Why no proptest: libFuzzer has to have one form of input, bytes, which a strategy of proptest
//! cannot be made of; and what proptest would give beside it, a small counterexample, `cargo fuzz
//! tmin` makes of any tape.
//!
//! What this package does not do: start anything, or reach beyond its own process. AWS answers
//! from the `store`; the one socket is the issuer's, for the first token.

#![expect(clippy::expect_used, clippy::panic, reason = "a property says that it does not hold by panicking")]

pub mod http_door;
pub mod queue_message;
pub mod token;
pub mod vaka_page;

pub mod tape;

mod issuer;
mod store;

/// Longer tapes are no more varied: nothing that is built of them takes more decisions.
pub const LONGEST_TAPE: usize = 4_096;

/// Most tapes are short, so that most of what is built of them is taken from them and not a default.
const COMMON_TAPE: usize = 400;

/// So many tapes, the same for each seed.
pub fn tapes(seed: u64, count: usize) -> impl Iterator<Item = Vec<u8>> {
    let mut random = fastrand::Rng::with_seed(seed);
    (0..count).map(move |_| {
        let longest = if random.u8(..16) == 0 { LONGEST_TAPE } else { COMMON_TAPE };
        let length = random.usize(..=longest);
        (0..length).map(|_| random.u8(..)).collect()
    })
}
