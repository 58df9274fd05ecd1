//! The companies of a run and what their VAKA systems list, which changes while syncs read it.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;
use serde_json::{Value, json};
use uuid::Uuid;

/// In every name and address, and nowhere but in the customers.
pub(crate) const MARK: &str = "Markedperson";

/// The api key of every system.
pub(crate) const API_KEY: &str = "key-of-a-simulated-system";

/// Two pages of a hundred, if all are in one system.
const MOST_USERS: usize = 180;

/// One of so many is listed without a name, and has to be left out.
const NAMELESS: usize = 12;

/// A user: name, and address if there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    pub name: String,
    pub email: Option<String>,
}

/// A user's place: which system, which id.
pub(crate) type Place = (Uuid, Uuid);

/// A company, and all that its systems list.
#[derive(Debug)]
pub(crate) struct Company {
    pub id: Uuid,
    pub devices: Vec<Uuid>,
    pub users: BTreeMap<Place, User>,
    /// Customers that were there before the first sync.
    pub customers_before: usize,
    /// The largest page that is given; all at once if there is none.
    page: Option<usize>,
    made: usize,
    /// Of each job that runs: who was listed all the time, and who at any.
    during: BTreeMap<String, During>,
}

/// Who was in the source while a job ran.
#[derive(Debug, Clone)]
pub(crate) struct During {
    pub always: BTreeSet<Place>,
    pub ever: BTreeSet<Place>,
}

impl Company {
    pub(crate) fn draw(random: &mut Rng) -> Self {
        let id = uuid(random);
        let devices = (0..random.usize(1..3)).map(|_| uuid(random)).collect();
        let page = random.bool().then(|| random.usize(2..30));
        let mut company =
            Self { id, devices, users: BTreeMap::new(), customers_before: 0, page, made: 0, during: BTreeMap::new() };
        let people = match random.usize(0..10) {
            0..6 => random.usize(1..12),
            6..9 => random.usize(12..60),
            _ => random.usize(60..160),
        };
        (0..people).for_each(|_| company.join(random));
        company
    }

    /// Somebody moves in.
    fn join(&mut self, random: &mut Rng) {
        if self.users.len() >= MOST_USERS {
            return;
        }
        self.made += 1;
        let (made, company) = (self.made, self.id.simple().to_string());
        let email = (random.usize(0..8) > 0).then(|| format!("{MARK}{made}@{company}.example"));
        let device = self.devices[random.usize(0..self.devices.len())];
        let name = named(random, format!("{MARK}son{made}, Vera{made}"));
        self.users.insert((device, uuid(random)), User { name, email });
    }

    /// How many are listed without a name.
    pub(crate) fn nameless(&self) -> usize {
        self.users.values().filter(|user| user.name.is_empty()).count()
    }

    /// People move in and out, and are renamed; somebody is always left in each system.
    pub(crate) fn change(&mut self, random: &mut Rng) -> String {
        let before = self.users.len();
        let (mut renamed, mut left) = (0, 0);
        for place in self.users.keys().copied().collect::<Vec<_>>() {
            match random.usize(0..12) {
                0 if self.users.keys().filter(|(device, _)| *device == place.0).count() > 1 => {
                    self.users.remove(&place);
                    left += 1;
                }
                1 | 2 => {
                    self.made += 1;
                    let name = named(random, format!("{MARK}son{}, Ny{}", self.made, self.made));
                    if let Some(user) = self.users.get_mut(&place) {
                        user.name = name;
                    }
                    renamed += 1;
                }
                _ => {}
            }
        }
        (0..random.usize(0..4)).for_each(|_| self.join(random));
        for during in self.during.values_mut() {
            during.always.retain(|place| self.users.contains_key(place));
            during.ever.extend(self.users.keys().copied());
        }
        format!("{before} users before, {left} left, {renamed} renamed, {} now", self.users.len())
    }

    /// A job begins.
    pub(crate) fn job_begins(&mut self, job: &str) {
        let listed: BTreeSet<_> = self.users.keys().copied().collect();
        self.during.insert(job.to_owned(), During { always: listed.clone(), ever: listed });
    }

    /// Who was listed while this job ran, which has ended.
    pub(crate) fn job_ends(&mut self, job: &str) -> Option<During> {
        self.during.remove(job)
    }

    /// A page of a system's users; `None` when the company has no such system.
    ///
    /// A list has two pages at most: the sync function's reader waits on its own thread for room for a
    /// third, which keeps virtual time from going on. Longer lists are the suite's.
    ///
    /// The place in the list is the last user's id, so that nobody who stays is left out when others
    /// come and go.
    pub(crate) fn page(&self, device: Uuid, asked: Option<usize>, after: Option<Uuid>) -> Option<Value> {
        if !self.devices.contains(&device) {
            return None;
        }
        let all = self.users.keys().filter(|(of, _)| *of == device).count();
        let first = self.page.map_or(usize::MAX, |page| page.max(all.div_ceil(2)).min(asked.unwrap_or(50)));
        // The second has all that is left, also of those who have come meanwhile.
        let most = if after.is_some() { usize::MAX } else { first };
        let mut listed =
            self.users.iter().filter(|((of, user), _)| *of == device && after.is_none_or(|after| *user > after));
        let page: Vec<_> = listed.by_ref().take(most).collect();
        let next = listed.next().and_then(|_| page.last()).map(|((_, user), _)| user.to_string());
        let accounts: Vec<_> = page
            .iter()
            .map(|((_, id), user)| json!({"userId": id, "name": user.name, "email": user.email, "userGroupId": null}))
            .collect();
        Some(json!({"userAccounts": accounts, "continuationToken": next}))
    }
}

/// This name, or none.
fn named(random: &mut Rng, name: String) -> String {
    if random.usize(0..NAMELESS) == 0 { String::new() } else { name }
}

/// An id from the seed.
pub(crate) fn uuid(random: &mut Rng) -> Uuid {
    uuid::Builder::from_random_bytes(random.u128(..).to_be_bytes()).into_uuid()
}
