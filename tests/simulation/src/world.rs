//! All that is outside of the processes of one run: tables, queue, bus, companies, and chance.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;

use crate::chance::{Character, happens};
use crate::issuer::Issuer;
use crate::sabotage::Sabotage;
use crate::source::{Company, MARK};
use crate::table::{Reply, Tables};
use crate::tally::Tally;
use crate::time::Time;
use crate::trace::{Telling, Trace};
use crate::watch::Watch;

/// How long a message that was given back, or whose worker died, is out of sight, as the template
/// has it.
const VISIBILITY_MS: u64 = 5_400_000;

/// A message on its way to a worker.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub body: String,
    pub after_ms: u64,
    /// Which of its deliveries.
    pub nth: u32,
}

/// The world of one run.
pub(crate) struct World {
    pub random: Rng,
    pub character: Character,
    pub tables: Tables,
    pub companies: Vec<Company>,
    pub issuer: Arc<Issuer>,
    /// Events that the bus took: how often, and what they say.
    pub bus: BTreeMap<String, (u32, Value)>,
    pub trace: Trace,
    pub tally: Tally,
    pub watch: Watch,
    /// What must not be, and was.
    pub broken: Vec<String>,
    /// Messages and late calls on their way, and processes at work.
    pub underway: usize,
    pub calls: u64,
    /// Moments, in ms, at which something happens already.
    taken: BTreeSet<u64>,
    processes: u64,
    invocations: u64,
    queue: UnboundedSender<Delivery>,
}

/// The world, as everything in a run has it.
#[derive(Clone)]
pub(crate) struct Shared {
    world: Arc<Mutex<World>>,
    pub time: Time,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shared")
    }
}

impl Shared {
    pub(crate) fn new(
        seed: u64,
        telling: Telling,
        sabotage: Option<Sabotage>,
        issuer: Arc<Issuer>,
        queue: UnboundedSender<Delivery>,
    ) -> Self {
        let mut random = Rng::with_seed(seed);
        let character = Character::draw(&mut random);
        let companies = (0..if random.usize(0..3) == 0 { 2 } else { 1 }).map(|_| Company::draw(&mut random)).collect();
        let world = World {
            random,
            character,
            tables: Tables::new(sabotage),
            companies,
            issuer,
            bus: BTreeMap::new(),
            trace: Trace::new(telling),
            tally: Tally::default(),
            watch: Watch::default(),
            broken: Vec::new(),
            underway: 0,
            calls: 0,
            taken: BTreeSet::new(),
            processes: 0,
            invocations: 0,
            queue,
        };
        Self { world: Arc::new(Mutex::new(world)), time: Time::default() }
    }

    /// The world; never held over an await.
    pub(crate) fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// About this long, so that it ends when nothing else does.
    ///
    /// The sync function reads lists on a thread of its own. Time stands while it does, and if nothing
    /// else happens at that moment, it makes no difference which thread is faster.
    pub(crate) fn alone_after(&self, wait_ms: u64) -> Duration {
        self.alone(wait_ms, 0)
    }

    /// A moment later, at which nothing else begins or ends.
    ///
    /// When the thread has read a list to its end, the next page is asked for while the function may be
    /// asking for something else: which of the two came first is no matter of chance this way.
    pub(crate) fn apart(&self) -> Duration {
        self.alone(1, 1)
    }

    /// Every other millisecond is for what begins apart.
    fn alone(&self, wait_ms: u64, odd: u64) -> Duration {
        let now_ms = u64::try_from(self.time.elapsed_ms()).unwrap_or_default();
        let mut world = self.lock();
        world.taken = world.taken.split_off(&now_ms);
        let mut at_ms = now_ms + wait_ms.max(1);
        at_ms += (at_ms + odd) % 2;
        while !world.taken.insert(at_ms) {
            at_ms += 2;
        }
        Duration::from_millis(at_ms - now_ms)
    }

    /// A line of the trace.
    pub(crate) fn tell(&self, line: impl FnOnce(&mut crate::trace::Names<'_>) -> String) {
        let at_ms = self.time.elapsed_ms();
        self.lock().trace.line(at_ms, line);
    }

    /// Something is true that must not be.
    pub(crate) fn broken(&self, what: String) {
        let at_ms = self.time.elapsed_ms();
        let mut world = self.lock();
        world.trace.line(at_ms, |_| format!("BROKEN {what}"));
        world.broken.push(what);
    }
}

impl World {
    /// `SendMessage`: the message is delivered once as a rule.
    pub(crate) fn send_message(&mut self, request: &Value) -> Result<Reply, String> {
        let body = request["MessageBody"].as_str().ok_or("a message without a body")?;
        if body.contains(MARK) {
            self.broken.push("I9: a message with personal data".to_owned());
        }
        let delay_ms = request["DelaySeconds"].as_u64().unwrap_or_default() * 1_000;
        let lost = happens(&mut self.random, self.character.message_lost);
        let doubled = happens(&mut self.random, self.character.message_doubled);
        let copies = usize::from(!lost) + usize::from(doubled);
        for _ in 0..copies {
            let held_up = happens(&mut self.random, self.character.message_delayed);
            let late_ms = if held_up { self.random.u64(1_000..600_000) } else { self.random.u64(2..60) };
            self.deliver(Delivery { body: body.to_owned(), after_ms: delay_ms + late_ms, nth: 1 });
        }
        self.tally.messages(lost && !doubled, copies > 1);
        let id = format!("message-{}", self.calls);
        Ok(Reply::ok(&json!({"MessageId": id, "MD5OfMessageBody": "not looked at"})))
    }

    /// A message comes back, unless it has been delivered five times.
    pub(crate) fn give_back(&mut self, delivery: &Delivery) {
        if delivery.nth < 5 {
            self.deliver(Delivery { after_ms: VISIBILITY_MS, nth: delivery.nth + 1, ..delivery.clone() });
        }
    }

    fn deliver(&mut self, delivery: Delivery) {
        if self.queue.send(delivery).is_ok() {
            self.underway += 1;
        }
    }

    /// `PutEvents`, of which some entries may be refused.
    pub(crate) fn put_events(&mut self, request: &Value) -> Result<Reply, String> {
        let entries = request["Entries"].as_array().ok_or("no Entries")?;
        if entries.is_empty() || entries.len() > 10 {
            return Err(format!("{} events at once", entries.len()));
        }
        let mut answers = Vec::new();
        for entry in entries {
            if happens(&mut self.random, self.character.event_refused()) {
                answers.push(json!({"ErrorCode": "InternalFailure", "ErrorMessage": "not now"}));
                continue;
            }
            let detail: Value =
                entry["Detail"].as_str().and_then(|detail| serde_json::from_str(detail).ok()).ok_or("no Detail")?;
            if detail.to_string().contains(MARK) {
                self.broken.push("I9: an event with personal data".to_owned());
            }
            let id = detail["EventId"].as_str().ok_or("no EventId")?.to_owned();
            answers.push(json!({"EventId": id}));
            let (times, told) = self.bus.entry(id).or_insert((0, detail.clone()));
            *times += 1;
            if *told != detail {
                self.broken.push(format!("one event tells {told} and {detail}"));
            }
        }
        let failed = answers.iter().filter(|answer| answer.get("ErrorCode").is_some()).count();
        Ok(Reply::ok(&json!({"FailedEntryCount": failed, "Entries": answers})))
    }

    /// The number of another process.
    pub(crate) fn processes(&mut self) -> u64 {
        self.processes += 1;
        self.processes
    }

    /// The number of another invocation.
    pub(crate) fn next_invocation(&mut self) -> u64 {
        self.invocations += 1;
        self.invocations
    }

    /// The company of this id.
    pub(crate) fn company(&mut self, id: &str) -> Option<&mut Company> {
        self.companies.iter_mut().find(|company| company.id.to_string() == id)
    }
}
