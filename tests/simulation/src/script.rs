//! What people and schedules do in one run, and when: drawn from the seed before the run begins.

use fastrand::Rng;

/// One thing that is done; companies are told by their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    /// A sync is asked for, this many times at once.
    Start { company: usize, times: usize },
    /// A dry run is asked for.
    Rehearse { company: usize },
    /// The newest job is looked at, or the list, or the report.
    Look { company: usize, at: usize },
    /// The newest job is cancelled.
    Cancel { company: usize },
    /// The connection is switched on or off.
    Switch { company: usize, on: bool },
    /// The connection is removed.
    Disconnect { company: usize },
    /// The company is connected again.
    Connect { company: usize },
    /// A sync is to start by itself in some minutes, each day.
    Schedule { company: usize, in_minutes: u32 },
    /// People move in and out.
    Move { company: usize },
    /// The minute comes to the recover function, this many times at once.
    Minute { times: usize },
    /// The clock of a process that waits for work jumps.
    Jump { by_ms: i64 },
}

/// The deeds of a run with the moment of each, in order.
pub(crate) fn draw(random: &mut Rng, companies: usize) -> Vec<(u64, Deed)> {
    let horizon_ms = random.u64(60_000..5_400_000);
    let first = Deed::Start { company: 0, times: 1 };
    let mut deeds = vec![(0, first)];
    deeds.extend(follows(random, companies, 0, first));
    for _ in 0..random.usize(4..16) {
        let (at_ms, deed) = (random.u64(0..horizon_ms), deed(random, companies));
        deeds.push((at_ms, deed));
        deeds.extend(follows(random, companies, at_ms, deed));
    }
    for _ in 0..random.usize(1..5) {
        deeds.push((random.u64(0..horizon_ms), Deed::Minute { times: 1 }));
    }
    deeds.sort_by_key(|(at_ms, _)| *at_ms);
    deeds
}

/// What comes close after a deed, and after that: two things at nearly one time are what races are made of.
fn follows(random: &mut Rng, companies: usize, at_ms: u64, first: Deed) -> impl Iterator<Item = (u64, Deed)> {
    let next = follow(random, companies, at_ms, first);
    let last = next.and_then(|(at_ms, deed)| follow(random, companies, at_ms, deed));
    next.into_iter().chain(last)
}

fn follow(random: &mut Rng, companies: usize, at_ms: u64, first: Deed) -> Option<(u64, Deed)> {
    let soon_ms = at_ms + random.u64(1..600);
    Some(match (first, random.usize(0..4)) {
        (Deed::Schedule { in_minutes, .. }, 0..3) => {
            let due_ms = at_ms + u64::from(in_minutes) * 60_000;
            (due_ms + random.u64(0..60_000), Deed::Minute { times: 2 })
        }
        (Deed::Start { company, .. }, 0) => (soon_ms, Deed::Cancel { company }),
        (Deed::Start { company, .. }, 1) => (soon_ms, Deed::Move { company }),
        // When its lease has just run out, if nobody has taken it up.
        (Deed::Start { .. }, 2) => (at_ms + random.u64(120_000..180_000), Deed::Minute { times: 2 }),
        (Deed::Cancel { company }, 0) => (soon_ms, Deed::Start { company, times: 1 }),
        // While the indexes may still show what was before.
        (Deed::Minute { .. }, 0 | 1) => (at_ms + random.u64(100..4_000), Deed::Minute { times: 1 }),
        (Deed::Minute { .. }, 2) => (soon_ms, Deed::Cancel { company: random.usize(0..companies) }),
        (_, 1) => (at_ms + random.u64(0..40), deed(random, companies)),
        (_, _) => return None,
    })
}

fn deed(random: &mut Rng, companies: usize) -> Deed {
    let company = random.usize(0..companies);
    match random.usize(0..32) {
        0..7 => Deed::Start { company, times: 1 },
        7 | 8 => Deed::Start { company, times: random.usize(2..4) },
        9 => Deed::Rehearse { company },
        10..13 => Deed::Look { company, at: random.usize(0..3) },
        13..16 => Deed::Cancel { company },
        16 => Deed::Switch { company, on: false },
        17 | 18 => Deed::Switch { company, on: true },
        19 => Deed::Disconnect { company },
        20 => Deed::Connect { company },
        21 | 22 => Deed::Schedule { company, in_minutes: random.u32(1..60) },
        23..26 => Deed::Move { company },
        26 | 27 => Deed::Minute { times: 1 },
        28 | 29 => Deed::Minute { times: 2 },
        _ => Deed::Jump { by_ms: random.i64(-600_000..=600_000) },
    }
}
