//! One run, from its seed to its outcome.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use serde_json::json;
use tokio::runtime::Builder;
use tokio::sync::mpsc::unbounded_channel;
use tokio::time::sleep;

use crate::hosts::Deployment;
use crate::issuer::Issuer;
use crate::sabotage::Sabotage;
use crate::script;
use crate::source::{API_KEY, uuid};
use crate::table::expression::Item;
use crate::table::{CUSTOMERS, SECRETS, STATE};
use crate::tally::Tally;
use crate::time::Time;
use crate::trace::Telling;
use crate::world::Shared;

/// Runs of one program.
pub struct Simulation {
    issuer: Arc<Issuer>,
}

/// Why there can be no runs.
#[derive(Debug, thiserror::Error)]
pub enum NotReady {
    /// No runtime.
    #[error("the machine gives no runtime")]
    Machine(#[source] io::Error),
    /// No key for the issuer.
    #[error("no key for the issuer can be made")]
    Key,
    /// A run that came to no end, so that those that were to follow it were not made.
    #[error("a run has panicked: see above")]
    Panicked,
}

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What must not be, and was; nothing in a good run.
    pub broken: Vec<String>,
    /// What happened, where it was told.
    pub trace: Vec<String>,
    /// What was met.
    pub tally: Tally,
}

impl Simulation {
    /// Ready for runs.
    ///
    /// # Errors
    /// Every [`NotReady`].
    pub fn new() -> Result<Self, NotReady> {
        Ok(Self { issuer: Arc::new(Issuer::new().ok_or(NotReady::Key)?) })
    }

    /// One run.
    ///
    /// # Errors
    /// When the machine gives no runtime.
    pub fn run(&self, seed: u64, telling: Telling, sabotage: Option<Sabotage>) -> io::Result<Outcome> {
        // What the code draws by itself: pauses, and those of the SDK.
        fastrand::seed(seed);
        let (send, mut messages) = unbounded_channel();
        let shared = Shared::new(seed, telling, sabotage, Arc::clone(&self.issuer), send);
        let follow: Time = shared.time.clone();
        let runtime = Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .on_thread_unpark(move || {
                follow.tell();
                assert!(!follow.stands_still(), "time stands still in the run of seed {seed}");
            })
            .build()?;
        runtime.block_on(async {
            shared.time.begin();
            prepare(&shared);
            let deployment = Arc::new(Deployment::new(&shared));
            let workers = Arc::clone(&deployment);
            let queue = tokio::spawn(async move {
                while let Some(delivery) = messages.recv().await {
                    let workers = Arc::clone(&workers);
                    tokio::spawn(async move { workers.deliver(delivery).await });
                }
            });
            let deeds = {
                let mut world = shared.lock();
                let companies = world.companies.len();
                script::draw(&mut world.random, companies)
            };
            for (at_ms, deed) in deeds {
                let since_ms = u64::try_from(shared.time.elapsed_ms()).unwrap_or_default();
                sleep(shared.alone_after(at_ms.saturating_sub(since_ms))).await;
                deployment.play(deed);
            }
            deployment.end().await;
            queue.abort();
        });
        drop(runtime);
        let mut world = shared.lock();
        let trace = std::mem::replace(&mut world.trace, crate::trace::Trace::new(Telling::Silent)).into_lines();
        Ok(Outcome { broken: std::mem::take(&mut world.broken), trace, tally: std::mem::take(&mut world.tally) })
    }
}

/// What an operator and the companies' administrators have put in before.
fn prepare(shared: &Shared) {
    let mut world = shared.lock();
    let world = &mut *world;
    let mut put = |table, members| {
        if let Err(unknown) = world.tables.put(table, item(members)) {
            world.broken.push(unknown);
        }
    };
    put(SECRETS, json!({"owner": {"S": "INTEGRATOR"}, "client_id": {"S": "id"}, "client_secret": {"S": "secret"}}));
    for company in &mut world.companies {
        let devices: Vec<_> = company.devices.iter().map(|device| json!({ "S": device })).collect();
        put(
            SECRETS,
            json!({
                "owner": {"S": company.id}, "api_key": {"S": API_KEY},
                "fingerprint_key": {"B": "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc="},
            }),
        );
        put(
            STATE,
            json!({
                "company": {"S": company.id}, "item": {"S": "CONNECTION"},
                "device_ids": {"L": devices}, "active": {"BOOL": true},
            }),
        );
        if world.random.usize(0..3) > 0 {
            continue;
        }
        for user in company.users.values().take(3) {
            let (Some(email), Some((last, first))) = (&user.email, user.name.split_once(", ")) else { continue };
            company.customers_before += 1;
            put(
                CUSTOMERS,
                json!({
                    "company": {"S": company.id}, "customer": {"S": uuid(&mut world.random)}, "email": {"S": email},
                    "firstname": {"S": first}, "lastname": {"S": last}, "created_at": {"N": "1"}, "updated_at": {"N": "1"},
                }),
            );
        }
    }
}

fn item(members: serde_json::Value) -> Item {
    members
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect::<BTreeMap<_, _>>()
}
