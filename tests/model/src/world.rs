//! Who may take a step when: requests, messages, workers, the recover function, and what goes wrong.

use stateright::{Model, Property};

use crate::condition::Rules;
use crate::property;
use crate::state::{COMPANIES, Limits, MOST_WORKERS, Request, State, Tenant, Worker};
use crate::table::{Expiry, Job, Rescue, Seen, Write};

/// What became of the message after a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Message {
    /// The queue has it.
    Sent,
    /// It was never sent: a crash, or a refusal.
    Lost,
    /// The queue has it, and the sender believes that it was refused.
    AnswerLost,
}

/// One step of somebody, or a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "companies and jobs by their places, and the types that say it")]
pub enum Step {
    /// A request takes the lock.
    Acquire { company: u8, job: u8, lease: Expiry, answer: Answer },
    /// A request whose answer was lost sends the same transaction again, within its token's life or
    /// after it.
    AcquireAgain { company: u8, job: u8, token: Token },
    /// A request sends the message.
    HandOff { company: u8, job: u8, message: Message },
    /// A request that could not hand off ends its job.
    Abandon { company: u8, job: u8 },
    /// Another request takes the lock for an orphan.
    FreeOrphanedLock { company: u8, job: u8 },
    /// A message is delivered to a worker.
    Start { company: u8, job: u8 },
    /// A worker writes a chunk.
    Commit { worker: usize, decides: bool },
    /// A worker gives the job back and sends the message.
    HandOver { worker: usize, pause: bool, message: Message },
    /// A worker ends its job.
    Finish { worker: usize },
    /// A worker is no more.
    Crash { worker: usize },
    /// An administrator ends a job.
    Cancel { company: u8, job: u8 },
    /// The recover function, or a request that met the job, moves it.
    Recover { company: u8, job: u8, seen: Seen, rescue: Rescue, message: Message },
    /// A pause is over, by the fastest clock.
    Resume { company: u8, job: u8 },
    /// A lease runs out, by the fastest clock.
    Lapse { company: u8, job: u8 },
    /// The lock comes back as it was at another time.
    Restore { company: u8, lock: Option<u8> },
}

/// Whether an answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It did.
    Came,
    /// The write took effect and nobody was told.
    Lost,
}

/// Whether DynamoDB still knows a client token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    /// It does: the same write is answered as before.
    Known,
    /// It has forgotten it: the write is a new one.
    Forgotten,
}

/// The protocol under some rules, within some limits.
#[derive(Debug, Clone, Copy)]
pub struct World {
    /// The conditions in force.
    pub rules: Rules,
    /// How far to go.
    pub limits: Limits,
}

impl Model for World {
    type State = State;
    type Action = Step;

    fn init_states(&self) -> Vec<State> {
        vec![State { tenants: [Tenant::default(); COMPANIES], workers: [None; MOST_WORKERS] }]
    }

    fn actions(&self, state: &State, steps: &mut Vec<Step>) {
        for (company, tenant) in (0..).zip(&state.tenants) {
            self.about_company(company, tenant, steps);
            for job in 0..self.jobs(company) {
                self.of_request(company, tenant, job, steps);
                if let Some(item) = tenant.table.job(job) {
                    self.about_job(state, (company, job), item, steps);
                }
            }
        }
        for (worker, held) in state.workers.iter().enumerate() {
            // They are sorted: of two that are the same, one is enough.
            let again = worker > 0 && state.workers.get(worker - 1) == Some(held);
            if let (Some(held), false) = (held, again) {
                self.of_worker(state, worker, *held, steps);
            }
        }
    }

    fn next_state(&self, state: &State, step: Step) -> Option<State> {
        let mut next = *state;
        self.take(&mut next, step)?;
        let next = next.canonical(&self.limits);
        (next != *state).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        property::all()
    }
}

impl World {
    fn jobs(&self, company: u8) -> u8 {
        self.limits.jobs.get(usize::from(company)).copied().unwrap_or_default()
    }

    fn about_company(&self, company: u8, tenant: &Tenant, steps: &mut Vec<Step>) {
        if self.limits.restores && !tenant.restored {
            let known = (0..self.jobs(company)).filter(|job| tenant.table.job(*job).is_some()).map(Some);
            steps.extend(known.chain([None]).map(|lock| Step::Restore { company, lock }));
        }
    }

    fn of_request(&self, company: u8, tenant: &Tenant, job: u8, steps: &mut Vec<Step>) {
        let request = |id: u8| tenant.requests.get(usize::from(id)).copied().unwrap_or_default();
        match request(job) {
            // Ids are taken in turn: one job is as good as another.
            Request::Ahead if job == 0 || request(job - 1) != Request::Ahead => {
                for answer in [Answer::Came, Answer::Lost] {
                    steps.push(Step::Acquire { company, job, lease: Expiry::Standing, answer });
                    if self.limits.older_versions {
                        steps.push(Step::Acquire { company, job, lease: Expiry::Absent, answer });
                    }
                }
            }
            Request::Ahead | Request::Answered => {}
            Request::Unsure => {
                steps.extend([Token::Known, Token::Forgotten].map(|token| Step::AcquireAgain { company, job, token }));
                steps.push(Step::Abandon { company, job });
            }
            Request::HandingOff => {
                let messages = [Message::Sent, Message::Lost, Message::AnswerLost];
                steps.extend(messages.map(|message| Step::HandOff { company, job, message }));
            }
            Request::Refused => steps.push(Step::Abandon { company, job }),
        }
    }

    fn about_job(&self, state: &State, (company, job): (u8, u8), item: &Job, steps: &mut Vec<Step>) {
        // The lock has named the job, and before it did so there was none.
        steps.push(Step::FreeOrphanedLock { company, job });
        steps.push(Step::Cancel { company, job });
        // The lease of a pause is longer than the pause.
        if item.paused {
            steps.push(Step::Resume { company, job });
        } else if item.lease == Expiry::Standing {
            steps.push(Step::Lapse { company, job });
        }
        let idle = state.workers.iter().take(MOST_WORKERS).filter(|worker| worker.is_none()).count();
        let busy = MOST_WORKERS - idle;
        if deliveries(state, company, job) > 0 && busy < self.limits.workers {
            steps.push(Step::Start { company, job });
        }
        let most = self.limits.attempts;
        let rescues: &[Rescue] = match most {
            None => &[Rescue::Extend, Rescue::GiveUp],
            Some(most) if item.attempts < most => &[Rescue::Extend],
            Some(_) => &[Rescue::GiveUp],
        };
        for &rescue in rescues {
            // Who sees a lease that stands does nothing about it.
            let current = (item.lease == Expiry::Lapsed).then_some(Seen::Current);
            let older = item.had_another.then_some(Seen::Older);
            let unstamped = item.had_none.then_some(Seen::Unstamped);
            for seen in [current, older, unstamped].into_iter().flatten() {
                for message in [Message::Sent, Message::Lost] {
                    steps.push(Step::Recover { company, job, seen, rescue, message });
                }
            }
        }
    }

    fn of_worker(&self, state: &State, worker: usize, held: Worker, steps: &mut Vec<Step>) {
        let below = |most: Option<u8>, count: fn(&Job) -> u8| {
            let job = state.tenants.get(usize::from(held.company)).and_then(|tenant| tenant.table.job(held.job));
            most.is_none_or(|most| job.is_none_or(|job| count(job) < most))
        };
        if below(self.limits.commits, |job| job.commits) {
            steps.extend([true, false].map(|decides| Step::Commit { worker, decides }));
        }
        if below(self.limits.slices, |job| job.slices) {
            for pause in [true, false] {
                steps.extend([Message::Sent, Message::Lost].map(|message| Step::HandOver { worker, pause, message }));
            }
        }
        steps.extend([Step::Finish { worker }, Step::Crash { worker }]);
    }

    /// Takes the step; `None` when nobody could.
    fn take(&self, state: &mut State, step: Step) -> Option<()> {
        let rules = self.rules;
        match step {
            Step::Acquire { company, job, lease, answer } => {
                let tenant = tenant(state, company)?;
                if tenant.table.acquire(rules, job, lease) == Write::Done {
                    *request(tenant, job)? = match answer {
                        Answer::Came => Request::HandingOff,
                        Answer::Lost => Request::Unsure,
                    };
                }
            }
            Step::AcquireAgain { company, job, token } => {
                let tenant = tenant(state, company)?;
                let taken = match token {
                    Token::Known => Write::Done,
                    Token::Forgotten => tenant.table.acquire(rules, job, Expiry::Standing),
                };
                *request(tenant, job)? = match taken {
                    Write::Done => Request::HandingOff,
                    Write::Refused => Request::Answered,
                };
            }
            Step::HandOff { company, job, message } => {
                let tenant = tenant(state, company)?;
                self.send(tenant, job, message)?;
                *request(tenant, job)? = match message {
                    Message::Sent => Request::Answered,
                    Message::Lost | Message::AnswerLost => Request::Refused,
                };
            }
            Step::Abandon { company, job } => {
                let tenant = tenant(state, company)?;
                tenant.table.abandon(rules, job);
                *request(tenant, job)? = Request::Answered;
            }
            Step::FreeOrphanedLock { company, job } => {
                tenant(state, company)?.table.free_orphaned_lock(rules, job);
            }
            Step::Start { company, job } => self.start(state, company, job)?,
            Step::Commit { worker, decides } => {
                let (held, tenant) = worker_at(state, worker)?;
                if tenant.table.commit(rules, held.job, held.generation, decides) == Write::Refused {
                    *state.workers.get_mut(worker)? = None;
                }
            }
            Step::HandOver { worker, pause, message } => {
                let (held, tenant) = worker_at(state, worker)?;
                if tenant.table.hand_over(rules, held.job, held.generation, pause) == Write::Done {
                    self.send(tenant, held.job, message)?;
                }
                *state.workers.get_mut(worker)? = None;
            }
            Step::Finish { worker } => {
                let (held, tenant) = worker_at(state, worker)?;
                tenant.table.finish(rules, held.job, held.generation);
                *state.workers.get_mut(worker)? = None;
            }
            Step::Crash { worker } => *state.workers.get_mut(worker)? = None,
            Step::Cancel { company, job } => {
                tenant(state, company)?.table.cancel(rules, job);
            }
            Step::Recover { company, job, seen, rescue, message } => {
                let tenant = tenant(state, company)?;
                if tenant.table.recover(rules, job, seen, rescue) == Write::Done && rescue == Rescue::Extend {
                    self.send(tenant, job, message)?;
                }
            }
            Step::Resume { company, job } => {
                let job = tenant(state, company)?.table.jobs.get_mut(usize::from(job))?.as_mut()?;
                job.paused = false;
            }
            Step::Lapse { company, job } => {
                let job = tenant(state, company)?.table.jobs.get_mut(usize::from(job))?.as_mut()?;
                job.lease = Expiry::Lapsed;
            }
            Step::Restore { company, lock } => restore(tenant(state, company)?, lock),
        }
        Some(())
    }

    fn start(&self, state: &mut State, company: u8, job: u8) -> Option<()> {
        let tenant = tenant(state, company)?;
        if self.limits.deliveries.is_some() {
            *tenant.deliveries.get_mut(usize::from(job))? -= 1;
        }
        if tenant.table.start(self.rules, job) == Write::Done {
            let generation = tenant.table.job(job)?.generation;
            *state.workers.iter_mut().find(|place| place.is_none())? = Some(Worker { company, job, generation });
        }
        Some(())
    }

    fn send(&self, tenant: &mut Tenant, job: u8, message: Message) -> Option<()> {
        match message {
            Message::Lost => {}
            Message::Sent | Message::AnswerLost => {
                *tenant.deliveries.get_mut(usize::from(job))? = self.limits.deliveries.unwrap_or(1);
            }
        }
        Some(())
    }
}

fn restore(tenant: &mut Tenant, lock: Option<u8>) {
    let held = tenant.table.lock;
    if held == lock {
        return;
    }
    tenant.restored = true;
    tenant.adrift = held.filter(|job| tenant.table.job(*job).is_some_and(Job::is_active));
    tenant.relic = lock;
    tenant.table.lock = lock;
}

fn deliveries(state: &State, company: u8, job: u8) -> u8 {
    let tenant = state.tenants.get(usize::from(company));
    tenant.and_then(|tenant| tenant.deliveries.get(usize::from(job))).copied().unwrap_or_default()
}

fn tenant(state: &mut State, company: u8) -> Option<&mut Tenant> {
    state.tenants.get_mut(usize::from(company))
}

fn request(tenant: &mut Tenant, job: u8) -> Option<&mut Request> {
    tenant.requests.get_mut(usize::from(job))
}

fn worker_at(state: &mut State, worker: usize) -> Option<(Worker, &mut Tenant)> {
    let held = (*state.workers.get(worker)?)?;
    Some((held, state.tenants.get_mut(usize::from(held.company))?))
}
