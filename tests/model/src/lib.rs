//! Every run of the protocol, searched: lock, lease, queue, workers, recovery and clocks.
//!
//! A test breaks the world at one place; this breaks it at all of them, in every order. It has no
//! code of the functions in it: it is the protocol once more, small enough to be read beside them,
//! and held to them by the texts of their condition expressions.
//!
//! | here | there |
//! | --- | --- |
//! | [`condition`] | each clause of each condition expression of `shared/src/table`, word for word |
//! | [`table`] | the steps: acquire, abandon, free_orphaned_lock, start, commit, hand_over, finish, cancel, recover |
//! | [`state`] | a company, its requests and messages, the workers; how much of everything there is |
//! | [`world`] | who may take a step when, and what can go wrong |
//! | [`property`] | what holds in every state |
//! | [`search`] | every state, and the shortest way to a fault |
//! | [`runs`] | that every accepted job ends |
//!
//! What makes the search finite, and why nothing is lost by it:
//!
//! - **Clocks.** A lease stands, or it has lapsed by the fastest clock there is, which can happen at
//!   any moment; a pause is over in the same way. Every other clock may see that at once, late or
//!   never: so skew and jumps need no number.
//! - **Reads are worth nothing.** Whoever looks at a job before a write may have seen it as it was at
//!   any time; only the write's conditions decide. So a look is no step, and no look can be what
//!   makes the protocol right.
//! - **A crash is a step that never comes.** A worker that crashes gives its place to another one;
//!   one that sleeps keeps it and may wake up at any time. A process that dies, or whose answer is
//!   lost, between a write and the message after it is a message that is not sent.
//! - **A message**, once sent, may be delivered at any time, any number of times, or never.
//! - **Generations only grow and are only compared for equality**, so what is not the newest is one
//!   and the same. Workers are interchangeable, and so are companies ([`state::State::canonical`]).
//!
//! With [`state::Limits::NONE`] no counter is kept, so the search knows no longest run. The number of
//! companies, of jobs of each and of workers at a time is bounded.
//!
//! stateright remembers a state by 64 bits of its hash. Among ten million states, that two are taken
//! for one has a chance of one in some hundred thousand. [`runs`] remembers the states themselves.
//!
//! What it does not do: the walk, its links and counters, the connection (which keeps a job from
//! being accepted and no more), and how long anything takes.

pub mod condition;
pub mod property;
pub mod runs;
pub mod search;
pub mod state;
pub mod table;
pub mod world;
