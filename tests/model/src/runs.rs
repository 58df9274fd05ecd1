//! I4: every accepted job ends.
//!
//! stateright's own `eventually` forgets what is still owed where two paths join and where one
//! closes a cycle, so it is not asked. Two things are searched for instead, and together they say
//! more: that no run is endless, and that no active job is without a step that is sure to come. Sure
//! to come are only the clock, by which a pause is over and a lease runs out, and the recover function, which finds the
//! job in the index and sees its lease as it is; no message, worker, request or administrator needs
//! to do anything. So every run comes to an end, and where it does no job is active.
//!
//! A run is endless where something in it has no limit, so this search is one with
//! [`crate::state::Limits`] that count. What the limits stand for is in the code: the attempts and
//! slices of a job, the deliveries of a message before it is a dead letter, the length of a source.
//! Where one of them fails, the age of a job is what ends it; age is not counted here.

use std::collections::HashMap;

use stateright::Model;

use crate::state::State;
use crate::table::{Expiry, Seen};
use crate::world::{Step, World};

/// What is known of all runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Runs {
    /// Each ends, with every job.
    AllEnd {
        /// Different states.
        states: usize,
        /// Steps of the longest run.
        longest: u32,
    },
    /// These steps come back to where they have been.
    Endless(Vec<Step>),
    /// After these steps a job is active, and nothing is sure to move it.
    Stuck(Vec<Step>),
}

enum Mark {
    /// On the path that is being walked.
    Open,
    /// Everything behind it was walked; the longest run from it.
    Done(u32),
}

struct Visit {
    state: State,
    ahead: Vec<Step>,
    taken: Option<Step>,
    longest: u32,
}

/// Walks every run.
#[must_use]
pub fn all(world: &World) -> Runs {
    let mut marks = HashMap::new();
    let mut path = Vec::new();
    for state in world.init_states() {
        marks.insert(state, Mark::Open);
        path.push(visit(world, state));
    }
    let mut longest = 0;
    while let Some(here) = path.last_mut() {
        if is_stuck(world, here) {
            return Runs::Stuck(steps(&path));
        }
        let Some(step) = here.ahead.pop() else {
            longest = here.longest;
            marks.insert(here.state, Mark::Done(longest));
            path.pop();
            if let Some(before) = path.last_mut() {
                before.longest = before.longest.max(longest + 1);
            }
            continue;
        };
        let Some(next) = world.next_state(&here.state, step) else {
            continue;
        };
        here.taken = Some(step);
        match marks.get(&next) {
            Some(Mark::Open) => return Runs::Endless(steps(&path)),
            Some(Mark::Done(from_there)) => here.longest = here.longest.max(from_there + 1),
            None => {
                marks.insert(next, Mark::Open);
                path.push(visit(world, next));
            }
        }
    }
    Runs::AllEnd { states: marks.len(), longest }
}

fn visit(world: &World, state: State) -> Visit {
    let mut ahead = Vec::new();
    world.actions(&state, &mut ahead);
    Visit { state, ahead, taken: None, longest: 0 }
}

fn steps(path: &[Visit]) -> Vec<Step> {
    path.iter().filter_map(|visit| visit.taken).collect()
}

/// Asked once, before the first step is taken.
fn is_stuck(world: &World, here: &Visit) -> bool {
    here.taken.is_none()
        && (0..).zip(&here.state.tenants).any(|(company, tenant)| {
            (0..).zip(&tenant.table.jobs).any(|(id, job)| {
                job.is_some_and(|job| job.is_active())
                    && !here.ahead.iter().any(|step| {
                        is_sure(&here.state, (company, id), *step) && world.next_state(&here.state, *step).is_some()
                    })
            })
        })
}

fn is_sure(state: &State, about: (u8, u8), step: Step) -> bool {
    match step {
        Step::Resume { company, job } | Step::Lapse { company, job } => (company, job) == about,
        Step::Recover { company, job, seen: Seen::Current, .. } => {
            (company, job) == about && is_in_the_index(state, company, job)
        }
        _ => false,
    }
}

/// The index lists the jobs that have a lease.
fn is_in_the_index(state: &State, company: u8, job: u8) -> bool {
    let item = state.tenants.get(usize::from(company)).and_then(|tenant| tenant.table.job(job));
    item.is_some_and(|item| item.lease != Expiry::Absent)
}
