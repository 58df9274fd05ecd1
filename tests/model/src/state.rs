//! Everything at one instant, and how much of everything there is.

use crate::table::{Company, Job, MOST_JOBS};

/// Companies.
pub const COMPANIES: usize = 2;
/// Workers at a time at most.
pub const MOST_WORKERS: usize = 3;

/// How far the search goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Jobs of each company, at most [`MOST_JOBS`].
    pub jobs: [u8; COMPANIES],
    /// Workers at a time, at most [`MOST_WORKERS`].
    pub workers: usize,
    /// How often one message is delivered at most; none: without end.
    pub deliveries: Option<u8>,
    /// Rescues in a row before a job is given up; none: never, or at any time as too old.
    pub attempts: Option<u8>,
    /// Hand-overs of a job; none: without end.
    pub slices: Option<u8>,
    /// Commits of a job, which are as many as its source is long; none: without end.
    pub commits: Option<u8>,
    /// Whether a company's lock may come back, once, as it was at another time.
    pub restores: bool,
    /// Whether an older version, which stamps no lease, may put a job.
    pub older_versions: bool,
}

impl Limits {
    /// Two companies of one job each, three workers, every fault, and no count of anything.
    pub const NONE: Self = Self {
        jobs: [1, 1],
        workers: 3,
        deliveries: None,
        attempts: None,
        slices: None,
        commits: None,
        restores: true,
        older_versions: true,
    };
}

/// The request that minted a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Request {
    /// Not made yet.
    #[default]
    Ahead,
    /// The answer to acquire was lost: it will be asked again, or the job abandoned.
    Unsure,
    /// The lock is taken; the message is next.
    HandingOff,
    /// The queue refused; abandon is next.
    Refused,
    /// Answered.
    Answered,
}

/// A company: its part of the table, and what is under way about its jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Tenant {
    /// Its part of the table.
    pub table: Company,
    /// Each job's request.
    pub requests: [Request; MOST_JOBS],
    /// Deliveries to come of each job's message.
    pub deliveries: [u8; MOST_JOBS],
    /// The job that the restored lock names, until the lock is written again.
    pub relic: Option<u8>,
    /// The job that lost its lock to the restored one, until it ends.
    pub adrift: Option<u8>,
    /// Whether the lock was restored already.
    pub restored: bool,
}

/// A worker at a job: the lease in its memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Worker {
    /// The company, by its place.
    pub company: u8,
    /// The job.
    pub job: u8,
    /// The generation it was started with.
    pub generation: u8,
}

/// Everything at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct State {
    /// The companies.
    pub tenants: [Tenant; COMPANIES],
    /// The workers that are at something.
    pub workers: [Option<Worker>; MOST_WORKERS],
}

impl State {
    /// The one state that stands for all that differ from it in names alone.
    #[must_use]
    pub fn canonical(mut self, limits: &Limits) -> Self {
        for (company, tenant) in self.tenants.iter_mut().enumerate() {
            for (id, job) in tenant.table.jobs.iter_mut().enumerate() {
                if let Some(job) = job {
                    renumber(&mut self.workers, (company, id), job);
                    forget_counts(job, limits);
                }
            }
            tenant.relic = tenant.relic.filter(|relic| tenant.table.lock == Some(*relic));
            let job = |id: &u8| tenant.table.job(*id).is_some_and(Job::is_active);
            tenant.adrift = tenant.adrift.filter(job);
        }
        let [first, second] = self.tenants;
        if limits.jobs[0] == limits.jobs[1] && second < first {
            self.tenants = [second, first];
            self.workers.iter_mut().flatten().for_each(|worker| worker.company = 1 - worker.company);
        }
        self.workers.sort_unstable();
        self
    }
}

/// The newest generation becomes 2, and every older one 1.
fn renumber(workers: &mut [Option<Worker>; MOST_WORKERS], (company, id): (usize, usize), job: &mut Job) {
    if job.generation == 0 {
        return;
    }
    for worker in workers.iter_mut().flatten() {
        if (usize::from(worker.company), usize::from(worker.job)) == (company, id) {
            worker.generation = if worker.generation == job.generation { 2 } else { 1 };
        }
    }
    job.generation = 2;
}

/// What is not counted, or what nobody reads any more, is 0.
const fn forget_counts(job: &mut Job, limits: &Limits) {
    if limits.attempts.is_none() || !job.is_active() {
        job.attempts = 0;
    }
    if limits.slices.is_none() || !job.is_active() {
        job.slices = 0;
    }
    if limits.commits.is_none() || !job.is_active() {
        job.commits = 0;
    }
}
