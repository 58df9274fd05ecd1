//! What holds in every state, by the names of `faults.md`.

use stateright::Property;

use crate::state::{MOST_WORKERS, State, Tenant, Worker};
use crate::table::{Job, Misdeeds, Status};
use crate::world::World;

/// At most one job of a company is active; one that a restored lock left behind is not counted.
pub const I1: &str = "I1: at most one job of a company is active";
/// An ended job never changes.
pub const I2: &str = "I2: an ended job never changes";
/// A worker with an old generation writes nothing.
pub const I3: &str = "I3: a worker with an old generation writes nothing";
/// The lock names a job exactly while the job is active; a restored lock is not counted.
pub const I5: &str = "I5: ended means that the lock is free, in the same write";
/// A lease that stands by every clock is taken from no worker.
pub const LEASE: &str = "lease: one that stands is taken from nobody";

/// A pause that is over by no clock is waited for.
pub const PAUSE: &str = "pause: nobody starts in one";

/// All that holds in every state.
pub const KEPT: [&str; 6] = [I1, I2, I3, I5, LEASE, PAUSE];

/// What is reached, so that the others are not true of nothing.
pub const REACHED: [&str; 5] = [
    "a job is completed",
    "a job runs after another one has ended",
    "a worker was overtaken by another one",
    "all workers are at one company",
    "both companies are worked for at the same time",
];

pub(crate) fn all() -> Vec<Property<World>> {
    let [completed, second, overtaken, all_at_one, both] = REACHED;
    vec![
        Property::always(I1, |_, state: &State| state.tenants.iter().all(one_active)),
        Property::always(I2, |_, state: &State| !any(state, |misdeeds| misdeeds.ended_job_changed)),
        Property::always(I3, |_, state: &State| !any(state, |misdeeds| misdeeds.old_generation_wrote)),
        Property::always(I5, |_, state: &State| state.tenants.iter().all(lock_names_the_active)),
        Property::always(LEASE, |_, state: &State| !any(state, |misdeeds| misdeeds.standing_lease_taken)),
        Property::always(PAUSE, |_, state: &State| !any(state, |misdeeds| misdeeds.pause_cut_short)),
        Property::sometimes(completed, |_, state: &State| jobs(state).any(|(_, job)| job.status == Status::Completed)),
        Property::sometimes(second, |_, state: &State| {
            jobs(state).any(|(id, job)| id > 0 && job.status == Status::Processing)
        }),
        Property::sometimes(overtaken, |_, state: &State| workers(state).any(|worker| worker.generation == 1)),
        Property::sometimes(all_at_one, |_, state: &State| {
            workers(state).filter(|worker| worker.company == 0).count() == MOST_WORKERS
        }),
        Property::sometimes(both, |_, state: &State| {
            [0, 1].iter().all(|company| workers(state).any(|worker| worker.company == *company))
        }),
    ]
}

fn any(state: &State, of: impl Fn(&Misdeeds) -> bool) -> bool {
    state.tenants.iter().any(|tenant| of(&tenant.table.misdeeds))
}

fn workers(state: &State) -> impl Iterator<Item = &Worker> {
    state.workers.iter().flatten()
}

fn jobs(state: &State) -> impl Iterator<Item = (u8, &Job)> {
    state.tenants.iter().flat_map(of_tenant)
}

fn of_tenant(tenant: &Tenant) -> impl Iterator<Item = (u8, &Job)> {
    (0..).zip(&tenant.table.jobs).filter_map(|(id, job)| Some((id, job.as_ref()?)))
}

fn one_active(tenant: &Tenant) -> bool {
    of_tenant(tenant).filter(|(id, job)| job.is_active() && tenant.adrift != Some(*id)).count() <= 1
}

fn lock_names_the_active(tenant: &Tenant) -> bool {
    let lock = tenant.table.lock;
    let names_an_active = |id| tenant.table.job(id).is_some_and(Job::is_active) || tenant.relic == Some(id);
    lock.is_none_or(names_an_active)
        && of_tenant(tenant).all(|(id, job)| !job.is_active() || lock == Some(id) || tenant.adrift == Some(id))
}
