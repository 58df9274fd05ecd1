//! What must be true after every write, by the numbers of the design's invariants.
//!
//! It looks at the tables as an onlooker does, and never at what a handler believes.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use shared::table::schema::CLOCK_SKEW;
use uuid::Uuid;

use crate::table::expression::Item;
use crate::table::{CUSTOMERS, Change, STATE};
use crate::world::World;

/// What was seen so far.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// Jobs that have ended, as they did.
    pub ended: BTreeMap<String, Item>,
    /// Due times that have started a job.
    used_up: BTreeSet<(String, String)>,
    /// How many times a company's links and customers were written.
    pub people_written: BTreeMap<String, u64>,
}

const COUNTERS: [&str; 5] = ["found", "created", "updated", "unchanged", "skipped"];

/// A job that has been accepted and has not ended.
fn is_active(job: &Item) -> bool {
    matches!(string(job, "status"), Some("Pending" | "Processing"))
}

/// An attribute's text.
pub(crate) fn string<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.get("S")?.as_str()
}

/// An attribute's number.
pub(crate) fn number(item: &Item, name: &str) -> Option<i128> {
    item.get(name)?.get("N")?.as_str()?.parse().ok()
}

impl World {
    /// Looks at what a request of this process has changed.
    pub(crate) fn look(&mut self, of: &str, request: &Value, changes: &[Change], now_ms: i64) {
        let mut found = Vec::new();
        for change in changes {
            let (company, item) = &change.key;
            if change.table == CUSTOMERS || (change.table == STATE && item.starts_with("LINK#")) {
                *self.watch.people_written.entry(company.clone()).or_default() += 1;
                self.belongs(company, change, &mut found);
            }
            if change.table != STATE {
                continue;
            }
            if let Some(job) = item.strip_prefix("JOB#") {
                self.job(company, job, change, changes, &mut found);
            }
            if item == "LOCK" || item.starts_with("JOB#") {
                self.lock_is_of_the_active_job(company, &mut found);
            }
        }
        self.generation(request, changes, &mut found);
        self.due_time(request, changes, &mut found);
        pause(request, changes, &mut found);
        for what in found {
            self.trace.line(now_ms - crate::time::NOON.ms(), |_| format!("BROKEN {what}, by {of}"));
            self.broken.push(format!("{what}, by {of}"));
        }
    }

    /// I1, I5: the lock names the one job that is active, if there is one.
    fn lock_is_of_the_active_job(&self, company: &str, found: &mut Vec<String>) {
        let jobs = self.tables.of_company(company, "JOB#");
        let active: Vec<_> =
            jobs.filter(|(_, job)| is_active(job)).filter_map(|(item, _)| item.strip_prefix("JOB#")).collect();
        let lock = self.tables.state(company, "LOCK").and_then(|lock| string(lock, "job"));
        if active.len() > 1 {
            found.push(format!("I1: {} jobs of a company are active", active.len()));
        } else if active.first().copied() != lock {
            found.push("I5: the lock is not that of the active job".to_owned());
        }
    }

    fn job(&mut self, company: &str, job: &str, change: &Change, all: &[Change], found: &mut Vec<String>) {
        if self.watch.ended.contains_key(job) {
            found.push("I2: a job that had ended was changed".to_owned());
        }
        let Some(after) = &change.after else {
            return found.push("a job was removed".to_owned());
        };
        match &change.before {
            None => self.accepted(company, job, found),
            Some(before) => never_back(before, after, found),
        }
        self.counters_are_those_of_the_links(company, job, after, found);
        if is_active(after) || self.watch.ended.contains_key(job) {
            return;
        }
        self.watch.ended.insert(job.to_owned(), after.clone());
        let status = string(after, "status").unwrap_or_default();
        self.tally.add(&format!("jobs: {status} {}", string(after, "reason").unwrap_or_default()), 1);
        if ["lease_expires_at", "lease_shard", "worker", "not_before"].iter().any(|name| after.contains_key(*name)) {
            found.push("a job that has ended holds a lease, or makes a pause".to_owned());
        }
        let event = format!("EVENT#{job}");
        if !all.iter().any(|change| change.key.1 == event && change.after.is_some()) {
            found.push("a job has ended without an event".to_owned());
        }
        self.all_were_read(company, job, after, found);
    }

    /// A job begins only for a company whose connection is in use.
    fn accepted(&mut self, company: &str, job: &str, found: &mut Vec<String>) {
        self.tally.add("jobs", 1);
        let connection = self.tables.state(company, "CONNECTION");
        let is_active = connection.and_then(|item| item.get("active")?.get("BOOL")?.as_bool());
        if is_active != Some(true) {
            found.push("a job was accepted for a company that is not connected".to_owned());
        }
        match self.company(company) {
            Some(company) => company.job_begins(job),
            None => found.push("I8: a job of no company".to_owned()),
        }
    }

    /// I6: what a job says it has done is what its links say.
    fn counters_are_those_of_the_links(&self, company: &str, job: &str, item: &Item, found: &mut Vec<String>) {
        if item.contains_key("dry_run") || !item.contains_key("found") {
            return;
        }
        let Ok(id) = Uuid::parse_str(job) else {
            return found.push("a job without an id".to_owned());
        };
        let stamp = STANDARD.encode(&id.as_bytes()[8..]);
        for (letter, counter) in [("C", "created"), ("U", "updated")] {
            let links = self.tables.of_company(company, "LINK#");
            let is_of_job = |link: &Item| link.get("j").and_then(|j| j.get("B")?.as_str()) == Some(&stamp);
            let links = links.filter(|(_, link)| string(link, "o") == Some(letter) && is_of_job(link)).count();
            let said = number(item, counter).unwrap_or_default();
            if i128::try_from(links) != Ok(said) {
                found.push(format!("I6: {counter} is {said}, and {links} links are of it"));
            }
        }
    }

    /// I10, I6: a completed job has met everybody who was there all the time, and nobody who never was.
    fn all_were_read(&mut self, company: &str, job: &str, item: &Item, found: &mut Vec<String>) {
        let during = self.company(company).and_then(|company| company.job_ends(job));
        if string(item, "status") != Some("Completed") {
            return;
        }
        let [met, created, updated, unchanged, skipped] = COUNTERS.map(|name| number(item, name).unwrap_or(-1));
        if met != created + updated + unchanged + skipped {
            found.push(format!("I6: {met} found is not {created} + {updated} + {unchanged} + {skipped}"));
        }
        let Some(during) = during else {
            return found.push("a job has ended that never began".to_owned());
        };
        let (least, most) = (during.always.len(), during.ever.len());
        if !(i128::try_from(least).unwrap_or(i128::MAX)..=i128::try_from(most).unwrap_or(i128::MAX)).contains(&met) {
            found.push(format!("I10: a completed job has found {met} of {least} to {most}"));
        }
    }

    /// I8: what is written about a company's people is about this company's people.
    fn belongs(&mut self, company: &str, change: &Change, found: &mut Vec<String>) {
        let item = change.after.as_ref();
        let address = item.and_then(|item| string(item, "email")).map(str::to_owned);
        let Some(company) = self.company(company) else {
            return found.push("I8: somebody of no company".to_owned());
        };
        let own = company.id.simple().to_string();
        if address.is_some_and(|address| !address.contains(&own)) {
            found.push("I8: another company's address".to_owned());
        }
    }

    /// I3: who writes under a generation writes under the one that the job has.
    fn generation(&self, request: &Value, changes: &[Change], found: &mut Vec<String>) {
        let actions = request["TransactItems"].as_array().into_iter().flatten();
        for action in actions.filter_map(|action| action.get("Update")) {
            let Some(claimed) = action["ExpressionAttributeValues"][":generation"]["N"].as_str() else {
                continue;
            };
            let key = action["Key"]["item"]["S"].as_str().unwrap_or_default();
            let before = changes.iter().find(|change| change.key.1 == key).and_then(|change| change.before.as_ref());
            let has = before.and_then(|job| number(job, "generation")).map(|generation| generation.to_string());
            if has.as_deref() != Some(claimed) {
                found.push(format!("I3: a worker of generation {claimed} has written under {has:?}"));
            }
        }
    }

    /// One due time of a schedule starts one job at most.
    fn due_time(&mut self, request: &Value, changes: &[Change], found: &mut Vec<String>) {
        let begins = changes.iter().any(|change| change.before.is_none() && change.key.1.starts_with("JOB#"));
        let actions = request["TransactItems"].as_array().into_iter().flatten();
        for action in actions.filter_map(|action| action.get("Update")).filter(|_| begins) {
            if let Some(seen) = action["ExpressionAttributeValues"][":seen"]["N"].as_str() {
                let company = action["Key"]["company"]["S"].as_str().unwrap_or_default();
                if !self.watch.used_up.insert((company.to_owned(), seen.to_owned())) {
                    found.push("a due time has started two jobs".to_owned());
                }
            }
        }
    }
}

/// By its own clock, no worker starts in a pause.
fn pause(request: &Value, changes: &[Change], found: &mut Vec<String>) {
    let now = request["ExpressionAttributeValues"][":now"]["N"].as_str().and_then(|now| now.parse::<i128>().ok());
    let (Some(now), [job]) = (now, changes) else { return };
    let [before, after] = [&job.before, &job.after].map(|item| item.as_ref().map(|job| number(job, "generation")));
    let ends = job.before.as_ref().and_then(|job| number(job, "not_before")).unwrap_or(now);
    if before < after && now + i128::try_from(CLOCK_SKEW.as_millis()).unwrap_or_default() < ends {
        found.push(format!("a worker was started {} ms before the end of a pause", ends - now));
    }
}

/// I3, I6: a generation, and while a job runs a counter, never goes back.
fn never_back(before: &Item, after: &Item, found: &mut Vec<String>) {
    let counters = if is_active(after) { &COUNTERS[..] } else { &[] };
    for name in counters.iter().chain(&["generation"]) {
        if number(after, name) < number(before, name) {
            found.push(format!("I6: {name} has gone back"));
        }
    }
}
