//! The items of one company, and the steps: each one conditional write.
//!
//! The names are those of `shared/src/table`, and so are the conditions and what is set.

use crate::condition::{Condition, Rules};

/// Jobs of one company at most.
pub const MOST_JOBS: usize = 3;

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Accepted; no worker has begun.
    Pending,
    /// A worker has begun.
    Processing,
    /// Ended by a worker.
    Completed,
    /// Ended by anybody else.
    Failed,
}

/// `lease_expires_at`, by the fastest clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Expiry {
    /// There is none: the job has ended, or was put by a version that stamped no lease.
    Absent,
    /// It lies ahead for every clock.
    Standing,
    /// It is past for the fastest clock.
    Lapsed,
}

/// What a recovery has seen of a job's lease, now or at any time before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Seen {
    /// The lease that the job has.
    Current,
    /// One that it had.
    Older,
    /// None.
    Unstamped,
}

/// What a recovery does about a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rescue {
    /// A new lease, and the message again.
    Extend,
    /// The end: too many attempts, or too old.
    GiveUp,
}

/// Whether a write took effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Write {
    /// It did.
    Done,
    /// A condition did not hold.
    Refused,
}

/// `JOB#<id>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Job {
    /// `status`.
    pub status: Status,
    /// `generation`: 0 before the first worker.
    pub generation: u8,
    /// Whether `worker` is there: a worker holds the lease, and not a message.
    pub worker: bool,
    /// `lease_expires_at`.
    pub lease: Expiry,
    /// Whether `not_before` lies ahead for every clock, the slack counted.
    pub paused: bool,
    /// `attempts`, where they are counted.
    pub attempts: u8,
    /// `slices`, where they are counted.
    pub slices: u8,
    /// Commits, where they are counted.
    pub commits: u8,
    /// Whether it had another lease before this one, which somebody may have seen.
    pub had_another: bool,
    /// Whether it had none while it was active, which somebody may have seen.
    pub had_none: bool,
}

impl Job {
    /// As `JobItem::accepted`.
    const fn accepted(lease: Expiry) -> Self {
        Self {
            status: Status::Pending,
            generation: 0,
            worker: false,
            lease,
            paused: false,
            attempts: 0,
            slices: 0,
            commits: 0,
            had_another: false,
            had_none: matches!(lease, Expiry::Absent),
        }
    }

    fn stamp(&mut self) {
        self.had_another |= self.lease != Expiry::Absent;
        self.lease = Expiry::Standing;
    }

    /// Whether it holds its company's lock.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        matches!(self.status, Status::Pending | Status::Processing)
    }
}

/// What was done, once, that may never be done. The search ends there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Misdeeds {
    /// An ended job was written.
    pub ended_job_changed: bool,
    /// A worker wrote after another one was started.
    pub old_generation_wrote: bool,
    /// A lease that had run out by no clock was taken from a worker.
    pub standing_lease_taken: bool,
    /// A worker was started in a pause.
    pub pause_cut_short: bool,
}

/// One company's part of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Company {
    /// `LOCK.job`.
    pub lock: Option<u8>,
    /// The jobs, by id.
    pub jobs: [Option<Job>; MOST_JOBS],
    /// What was done wrong.
    pub misdeeds: Misdeeds,
}

impl Company {
    /// The job of this id.
    #[must_use]
    pub fn job(&self, id: u8) -> Option<&Job> {
        self.jobs.get(usize::from(id))?.as_ref()
    }

    /// Takes the lock and puts the job. An older version stamped no lease.
    pub fn acquire(&mut self, rules: Rules, id: u8, lease: Expiry) -> Write {
        let free = rules.pass(Condition::LockFree, self.lock.is_none());
        let new = rules.pass(Condition::JobNew, self.job(id).is_none());
        if !(free && new) {
            return Write::Refused;
        }
        self.misdeeds.ended_job_changed |= self.job(id).is_some_and(|job| !job.is_active());
        self.lock = Some(id);
        if let Some(place) = self.jobs.get_mut(usize::from(id)) {
            *place = Some(Job::accepted(lease));
        }
        Write::Done
    }

    /// Ends a job that no worker has begun.
    pub fn abandon(&mut self, rules: Rules, id: u8) -> Write {
        self.end(rules, id, Status::Failed, |job| {
            rules.pass(Condition::StillPending, job.status == Status::Pending)
                && rules.pass(Condition::NeverBegun, job.generation == 0)
        })
    }

    /// Frees a lock whose job has ended or is gone.
    pub fn free_orphaned_lock(&mut self, rules: Rules, id: u8) -> Write {
        let ended = rules.pass(Condition::GoneOrEnded, self.job(id).is_none_or(|job| !job.is_active()));
        let holds = rules.pass(Condition::OrphanHolds, self.lock == Some(id));
        if !(ended && holds) {
            return Write::Refused;
        }
        self.lock = None;
        Write::Done
    }

    /// Starts a worker; its generation is the job's from then on.
    pub fn start(&mut self, rules: Rules, id: u8) -> Write {
        let taken = |job: &Job| job.worker && job.lease == Expiry::Standing;
        let robs = self.job(id).is_some_and(taken);
        let cuts_short = self.job(id).is_some_and(|job| job.paused);
        let written = self.update(
            id,
            |job| {
                rules.pass(Condition::StartActive, job.is_active())
                    && rules.pass(Condition::StartUnheld, !taken(job))
                    && rules.pass(Condition::StartDue, !job.paused)
            },
            |job| {
                job.status = Status::Processing;
                job.generation += 1;
                job.worker = true;
                job.paused = false;
                job.stamp();
            },
        );
        self.misdeeds.standing_lease_taken |= written == Write::Done && robs;
        self.misdeeds.pause_cut_short |= written == Write::Done && cuts_short;
        written
    }

    /// Writes a chunk and renews the lease. A chunk that decides something forgets the attempts.
    pub fn commit(&mut self, rules: Rules, id: u8, generation: u8, decides: bool) -> Write {
        self.under_lease(rules, id, generation, |job| {
            job.worker = true;
            job.stamp();
            job.commits = job.commits.saturating_add(1);
            if decides {
                job.attempts = 0;
            }
        })
    }

    /// Gives the job to the message that is about to be sent, with a delay or without one.
    pub fn hand_over(&mut self, rules: Rules, id: u8, generation: u8, pause: bool) -> Write {
        self.under_lease(rules, id, generation, |job| {
            job.worker = false;
            job.paused = pause;
            job.attempts = 0;
            job.stamp();
            job.slices = job.slices.saturating_add(1);
        })
    }

    /// Ends the job. A worker that ends it as failed makes the same write.
    pub fn finish(&mut self, rules: Rules, id: u8, generation: u8) -> Write {
        let old = self.job(id).is_some_and(|job| job.generation != generation);
        let written = self.end(rules, id, Status::Completed, |job| ours(rules, job, generation));
        self.misdeeds.old_generation_wrote |= written == Write::Done && old;
        written
    }

    /// Ends an active job for an administrator.
    pub fn cancel(&mut self, rules: Rules, id: u8) -> Write {
        self.end(rules, id, Status::Failed, |job| rules.pass(Condition::CancelActive, job.is_active()))
    }

    /// Moves or ends a job whose lease was seen to have run out.
    pub fn recover(&mut self, rules: Rules, id: u8, seen: Seen, rescue: Rescue) -> Write {
        let robs = self.job(id).is_some_and(|job| job.lease == Expiry::Standing);
        let still_lapsed = |job: &Job| match seen {
            Seen::Current | Seen::Older => {
                rules.pass(Condition::LapsedSeen, seen == Seen::Current && job.lease != Expiry::Absent)
                    && rules.pass(Condition::LapsedActive, job.is_active())
            }
            Seen::Unstamped => {
                rules.pass(Condition::UnstampedStill, job.lease == Expiry::Absent)
                    && rules.pass(Condition::UnstampedActive, job.is_active())
            }
        };
        let written = match rescue {
            Rescue::Extend => self.update(id, still_lapsed, |job| {
                job.worker = false;
                job.paused = false;
                job.stamp();
                job.attempts = job.attempts.saturating_add(1);
            }),
            Rescue::GiveUp => self.end(rules, id, Status::Failed, still_lapsed),
        };
        self.misdeeds.standing_lease_taken |= written == Write::Done && robs;
        written
    }

    fn under_lease(&mut self, rules: Rules, id: u8, generation: u8, set: impl FnOnce(&mut Job)) -> Write {
        let old = self.job(id).is_some_and(|job| job.generation != generation);
        let written = self.update(id, |job| ours(rules, job, generation), set);
        self.misdeeds.old_generation_wrote |= written == Write::Done && old;
        written
    }

    /// Ends a job and frees the lock in the same write; the job alone where the lock is not its own.
    fn end(&mut self, rules: Rules, id: u8, status: Status, condition: impl FnOnce(&Job) -> bool) -> Write {
        let written = self.update(id, condition, |job| {
            job.status = status;
            job.worker = false;
            job.paused = false;
            job.lease = Expiry::Absent;
        });
        if written == Write::Done && rules.pass(Condition::EndHolds, self.lock == Some(id)) {
            self.lock = None;
        }
        written
    }

    fn update(&mut self, id: u8, condition: impl FnOnce(&Job) -> bool, set: impl FnOnce(&mut Job)) -> Write {
        let Some(job) = self.jobs.get_mut(usize::from(id)).and_then(Option::as_mut) else {
            return Write::Refused;
        };
        if !condition(job) {
            return Write::Refused;
        }
        self.misdeeds.ended_job_changed |= !job.is_active();
        set(job);
        Write::Done
    }
}

fn ours(rules: Rules, job: &Job, generation: u8) -> bool {
    rules.pass(Condition::OursGeneration, job.generation == generation)
        && rules.pass(Condition::OursProcessing, job.status == Status::Processing)
}
