//! The end of a run: faults have stopped, and everything has to come to its end and be right.

use std::collections::BTreeSet;

use serde_json::json;
use shared::ids::{CompanyId, DeviceId, UserId};
use shared::table::link::{PersonKey, derived_id, link_key};
use tokio::time::sleep;
use uuid::Uuid;

use crate::chance::Character;
use crate::hosts::Deployment;
use crate::play::SYNCS;
use crate::source::{MARK, User};
use crate::table::expression::Item;
use crate::watch::{number, string};

const MINUTE_MS: u64 = 60_000;
/// I4: a job lives for a day at most, and what a dead worker's message waits for is less.
const MINUTES: usize = 26 * 60;

/// Minutes in which the recover function has something to do: five attempts of each job, its event,
/// and some more.
const MOST_RECOVERIES: usize = 100;

impl Deployment {
    /// Lets everything come to its end, and looks at it.
    pub(crate) async fn end(&self) {
        self.shared.tell(|_| "== faults stop".to_owned());
        self.shared.lock().character = Character::CALM;
        self.shared.time.set_right();
        self.settle(Until::JobsEnded).await;
        let companies = self.shared.lock().companies.len();
        for company in 0..companies {
            self.settings(company, "PUT", json!({"Active": true, "Schedule": "none"})).await;
            self.connect(company).await;
            // A sync that started by a schedule just now may have the lock.
            self.settle(Until::JobsEnded).await;
            self.last_sync(company).await;
        }
        for company in 0..companies {
            self.read_all(company).await;
        }
        self.settle(Until::EventsTold).await;
        self.events();
        self.marks();
    }

    /// Minute after minute, until no job is active, nothing is under way, and it has been told if asked for.
    async fn settle(&self, until: Until) {
        let mut minutes = 0;
        for _ in 0..MINUTES {
            let state = self.state(until);
            if state == State::Settled {
                return;
            }
            sleep(self.shared.alone_after(MINUTE_MS)).await;
            if state == State::Due {
                minutes += 1;
                self.minute().await;
            }
            if minutes > MOST_RECOVERIES {
                break;
            }
        }
        self.shared.broken("I4: a job has not ended, or an event was not told, within a day".to_owned());
    }

    fn state(&self, until: Until) -> State {
        let now_ms = i128::from(self.shared.time.now_ms()) + 60_000;
        let world = self.shared.lock();
        let mut state = if world.underway == 0 { State::Settled } else { State::Busy };
        for ((_, item), attributes) in world.tables.all_state() {
            if until == Until::JobsEnded && item.starts_with("EVENT#") {
                continue;
            }
            let at = ["lease_expires_at", "due_at"].iter().find_map(|name| number(attributes, name));
            if at.is_some_and(|at| at <= now_ms) {
                return State::Due;
            }
            if (at.is_some() && item != "CONNECTION")
                || matches!(string(attributes, "status"), Some("Pending" | "Processing"))
            {
                state = State::Busy;
            }
        }
        state
    }

    /// Two syncs without a fault: the first makes everything as it is in VAKA, the second has nothing
    /// to do.
    async fn last_sync(&self, company: usize) {
        self.completed(company).await;
        self.customers(company);
        let id = self.company(company).to_string();
        // A sync of another company may start by its schedule meanwhile.
        let written = || self.shared.lock().watch.people_written.get(&id).copied().unwrap_or_default();
        let before = written();
        let Some(job) = self.completed(company).await else { return };
        let written = written() - before;
        let world = self.shared.lock();
        let did = world
            .tables
            .state(&id, &format!("JOB#{job}"))
            .map(|job| ["found", "created", "updated", "unchanged", "skipped"].map(|name| number(job, name)));
        let [users, nameless] = {
            let company = &world.companies[company];
            [company.users.len(), company.nameless()].map(|count| i128::try_from(count).unwrap_or(-1))
        };
        drop(world);
        let expected = [users, 0, 0, users - nameless, nameless].map(Some);
        if did != Some(expected) || written > 0 {
            let what = format!("a sync with nothing to do did {did:?} of {users}, {nameless} without a name");
            self.shared.broken(format!("{what}, and wrote {written} times"));
        }
    }

    async fn completed(&self, company: usize) -> Option<String> {
        let Some(job) = self.start(company, false).await else {
            self.shared.broken("I5: nothing is going on, and no sync can be started".to_owned());
            return None;
        };
        self.settle(Until::JobsEnded).await;
        let id = self.company(company);
        let told = self.ask(id, "GET", &format!("{SYNCS}/{job}"), json!({})).await;
        let users = self.shared.lock().companies[company].users.len();
        match told {
            Some(told) if told.body["StatusName"] == "Completed" && told.body["UsersFound"] == users => Some(job),
            other => {
                self.shared.broken(format!("a sync without a fault of {users} users is told of as {other:?}"));
                None
            }
        }
    }

    /// I7: everybody whom VAKA lists by a name is one customer, as VAKA has it, and nobody is two.
    fn customers(&self, company: usize) {
        let mut found = Vec::new();
        {
            let world = self.shared.lock();
            let company = &world.companies[company];
            let id = company.id.to_string();
            for ((device, user), person) in &company.users {
                if let Some(what) = self.customer(&world.tables, company.id, (*device, *user), person) {
                    found.push(what);
                }
            }
            let links = world.tables.of_company(&id, "LINK#");
            let derived = links.filter(|(_, link)| is_derived(link)).count();
            let customers: Vec<_> = world.tables.customers(&id).collect();
            if customers.len() != derived + company.customers_before {
                found.push(format!(
                    "I7: {} customers, of which {} were there before and {derived} were made",
                    customers.len(),
                    company.customers_before
                ));
            }
            let addresses: Vec<_> = customers.iter().filter_map(|(_, customer)| string(customer, "email")).collect();
            if addresses.iter().collect::<BTreeSet<_>>().len() != addresses.len() {
                found.push("I7: two customers have one address".to_owned());
            }
        }
        found.into_iter().for_each(|what| self.shared.broken(what));
    }

    fn customer(
        &self,
        tables: &crate::table::Tables,
        company: Uuid,
        (device, user): (Uuid, Uuid),
        person: &User,
    ) -> Option<String> {
        let of = CompanyId::from_uuid(company);
        let key = PersonKey { device: DeviceId::from_uuid(device), user: UserId::from_uuid(user) };
        let item = link_key(&of, &key).remove("item").and_then(|item| item.as_s().ok().cloned()).unwrap_or_default();
        let Some(link) = tables.state(&company.to_string(), &item) else {
            return Some("I7: a user without a link".to_owned());
        };
        let named = customer_of(link);
        if person.name.is_empty() != (string(link, "o") == Some("S")) {
            return Some("a user is left out who has a name, or has none and is not left out".to_owned());
        }
        if person.name.is_empty() && named.is_none() {
            return None;
        }
        let derived = *derived_id(of, &key).as_uuid();
        let customer = named.unwrap_or(derived).to_string();
        let Some((_, customer)) = tables.customers(&company.to_string()).find(|(id, _)| *id == customer) else {
            return Some("I7: a link to a customer that is not there".to_owned());
        };
        let is_as_listed =
            string(customer, "vaka_name") == Some(&person.name) || person.name.is_empty() || named.is_some();
        (!is_as_listed).then(|| "a customer is not as VAKA has it".to_owned())
    }

    /// The bus was told of every job that has ended, and of nothing else.
    fn events(&self) {
        let mut found = Vec::new();
        {
            let world = self.shared.lock();
            let told: BTreeSet<_> = world.bus.values().filter_map(|(_, detail)| detail["JobId"].as_str()).collect();
            let ended: BTreeSet<_> = world.watch.ended.keys().map(String::as_str).collect();
            if told != ended || world.bus.len() != ended.len() {
                found.push(format!("{} jobs have ended, and {} events were told", ended.len(), world.bus.len()));
            }
            for (_, detail) in world.bus.values() {
                let job = detail["JobId"].as_str().and_then(|job| world.watch.ended.get(job));
                if job.and_then(|job| string(job, "status")) != detail["StatusName"].as_str() {
                    found.push("an event tells of another end than the job's".to_owned());
                }
            }
        }
        found.into_iter().for_each(|what| self.shared.broken(what));
    }

    /// I9: nothing of a person is in the state table.
    fn marks(&self) {
        let marked = {
            let world = self.shared.lock();
            let mut items = world.tables.all_state();
            items.any(|(_, item)| item.values().any(|value| value.to_string().contains(MARK)))
        };
        if marked {
            self.shared.broken("I9: personal data in the state table".to_owned());
        }
    }
}

/// What is waited for. To tell of each end at once would be a minute's work for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Until {
    JobsEnded,
    EventsTold,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing is under way.
    Settled,
    /// Something will go on by itself.
    Busy,
    /// The recover function has something to do within a minute.
    Due,
}

/// The customer that a link names; one that was made for its user is not named, unless the user is left out.
fn customer_of(link: &Item) -> Option<Uuid> {
    use base64::Engine;
    let base64 = link.get("c")?.get("B")?.as_str()?;
    Uuid::from_slice(&base64::engine::general_purpose::STANDARD.decode(base64).ok()?).ok()
}

/// Whether the customer of a link was made for its user: those that were there before have ids of version 4.
fn is_derived(link: &Item) -> bool {
    customer_of(link).map_or(string(link, "o") != Some("S"), |customer| customer.get_version_num() == 5)
}
