//! Doing the deeds of a script, and what must be true of the answers.

use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::hosts::{Deployment, idle};
use crate::script::Deed;
use crate::source::API_KEY;
use crate::work::Told;

pub(crate) const SYNCS: &str = "/codelock/axema/usersync";
const SETTINGS: &str = "/codelock/axema/settings";

impl Deployment {
    /// Does one deed; what it sets going goes on by itself.
    pub(crate) fn play(self: &Arc<Self>, deed: Deed) {
        self.shared.tell(|_| format!("-- {deed:?}"));
        match deed {
            Deed::Start { company, times } => (0..times).for_each(|_| {
                self.begin_to(move |all| async move {
                    all.start(company, false).await;
                })
            }),
            Deed::Rehearse { company } => self.begin_to(move |all| async move {
                all.start(company, true).await;
            }),
            Deed::Look { company, at } => self.begin_to(move |all| async move { all.look_at(company, at).await }),
            Deed::Cancel { company } => self.begin_to(move |all| async move { all.cancel(company).await }),
            Deed::Switch { company, on } => {
                self.begin_to(move |all| async move { all.settings(company, "PUT", json!({ "Active": on })).await });
            }
            Deed::Schedule { company, in_minutes } => {
                let minute =
                    12 * 60 + u32::try_from(self.shared.time.elapsed_ms() / 60_000).unwrap_or_default() + in_minutes;
                let at = format!("daily@{:02}:{:02} UTC", minute / 60 % 24, minute % 60);
                self.begin_to(move |all| async move { all.settings(company, "PUT", json!({ "Schedule": at })).await });
            }
            Deed::Disconnect { company } => {
                self.begin_to(move |all| async move { all.settings(company, "DELETE", json!({})).await });
            }
            Deed::Connect { company } => self.begin_to(move |all| async move { all.connect(company).await }),
            Deed::Move { company } => {
                let mut world = self.shared.lock();
                let world = &mut *world;
                let moved = world.companies[company].change(&mut world.random);
                world.trace.line(self.shared.time.elapsed_ms(), |_| format!("-- {moved}"));
            }
            Deed::Minute { times } => (0..times).for_each(|_| self.begin_to(|all| async move { all.minute().await })),
            Deed::Jump { by_ms } => self.jump(by_ms),
        }
    }

    fn begin_to<F: Future<Output = ()> + Send + 'static>(self: &Arc<Self>, deed: impl FnOnce(Arc<Self>) -> F) {
        self.shared.lock().underway += 1;
        let deed = deed(Arc::clone(self));
        let shared = self.shared.clone();
        tokio::spawn(async move {
            deed.await;
            shared.lock().underway -= 1;
        });
    }

    /// A sync is asked for; the id of the job that was accepted, if one was.
    pub(crate) async fn start(&self, company: usize, dry_run: bool) -> Option<String> {
        let id = self.company(company);
        let body = if dry_run { json!({"DryRun": true}) } else { json!({}) };
        let told = self.ask(id, "POST", SYNCS, body).await?;
        self.told(&told, &[200, 409, 503]);
        match told.status {
            200 => {
                let job = told.body["Id"].as_str().unwrap_or_default().to_owned();
                if self.shared.lock().tables.state(&id.to_string(), &format!("JOB#{job}")).is_none() {
                    self.shared.broken("a job was accepted that is not there".to_owned());
                }
                Some(job)
            }
            409 => {
                let holder = told.body["ResponseStatus"]["Meta"]["JobId"].as_str();
                let there =
                    |job: &str| self.shared.lock().tables.state(&id.to_string(), &format!("JOB#{job}")).is_some();
                if holder.is_some_and(|job| !there(job)) {
                    self.shared.broken("I8: a company was told of a job that it does not have".to_owned());
                }
                None
            }
            _ => None,
        }
    }

    async fn look_at(&self, company: usize, at: usize) {
        let id = self.company(company);
        let job = self.newest(id).unwrap_or_default();
        let path = match at {
            0 => SYNCS.to_owned(),
            1 => format!("{SYNCS}/{job}"),
            _ => format!("{SYNCS}/{job}/users"),
        };
        if let Some(told) = self.ask(id, "GET", &path, json!({})).await {
            self.told(&told, &[200, 400, 404, 503]);
        }
    }

    async fn cancel(&self, company: usize) {
        let id = self.company(company);
        let Some(job) = self.newest(id) else { return };
        if let Some(told) = self.ask(id, "DELETE", &format!("{SYNCS}/{job}"), json!({})).await {
            self.told(&told, &[200, 409, 503]);
            let has_ended = self.shared.lock().watch.ended.contains_key(&job);
            if told.status != 503 && !has_ended {
                self.shared.broken("a job was cancelled and goes on".to_owned());
            }
        }
    }

    pub(crate) async fn settings(&self, company: usize, method: &str, body: Value) {
        if let Some(told) = self.ask(self.company(company), method, SETTINGS, body).await {
            self.told(&told, &[200, 204, 404, 409, 503]);
        }
    }

    pub(crate) async fn connect(&self, company: usize) {
        let devices = self.shared.lock().companies[company].devices.clone();
        self.settings(company, "POST", json!({"ApiKey": API_KEY, "DeviceIds": devices})).await;
    }

    fn jump(&self, by_ms: i64) {
        let mut clocks: Vec<_> = idle(&self.sync).iter().map(|host| host.clock).collect();
        clocks.extend(idle(&self.api).iter().map(|host| host.clock));
        clocks.extend(idle(&self.recover).iter().map(|host| host.clock));
        clocks.extend(self.shared.time.last());
        let mut world = self.shared.lock();
        if let Some(clock) = world.random.choice(clocks) {
            self.shared.time.jump(clock, by_ms);
            world.tally.add("faults: clock jumped", 1);
        }
    }

    /// An answer is one of those that a client may get.
    fn told(&self, told: &Told, may_be: &[u16]) {
        self.shared.tell(|_| format!("-- the client is told {}", told.status));
        self.shared.lock().tally.add(&format!("answers: {}", told.status), 1);
        if !may_be.contains(&told.status) {
            self.shared.broken(format!("a client was told {}: {}", told.status, told.body));
        }
    }

    pub(crate) fn company(&self, at: usize) -> Uuid {
        self.shared.lock().companies[at].id
    }

    fn newest(&self, company: Uuid) -> Option<String> {
        let world = self.shared.lock();
        let newest = world.tables.of_company(&company.to_string(), "JOB#").last();
        newest.and_then(|(item, _)| item.strip_prefix("JOB#")).map(str::to_owned)
    }
}
