//! A false VAKA Online: the token endpoint and the two lists that the sync reads, over real HTTP.
//!
//! It speaks `../shared/contract/vaka-online.md` and knows nothing of our code. Every call needs a
//! live token and the api key of its system; everything that can go wrong there goes wrong when a
//! [`script`](Vaka::on) says so. Its people come from a seed or from the test's own hand.
//!
//! ```no_run
//! # fn example() -> std::io::Result<()> {
//! use local::vaka::{Fault, Route, Vaka};
//! let vaka = Vaka::start()?;
//! let device = vaka.add_system("an api key");
//! vaka.populate(device, 10_000, 1);
//! vaka.page_users(Some(100));                              // un-paged if not said
//! vaka.on(Route::Users).nth(3).fault(Fault::status(429).with("Retry-After", "2"));
//! let gate = vaka.on(Route::Users).nth(5).hold();
//! // ... VAKA_BASE_URL = vaka.base_url(), VAKA_TOKEN_URL = vaka.token_url() ...
//! gate.release();
//! let changed = vaka.change(device, 100);                  // exactly these users are others now
//! assert_eq!(vaka.calls(Route::Token).len(), 1);
//! # Ok(()) }
//! ```

mod answer;
mod people;
mod script;
mod systems;

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::{get, post};
use hyper::HeaderMap;
use uuid::Uuid;

use crate::serving::Serving;
pub use people::{Group, User};
pub use script::{Fault, On};
use systems::State;

/// The integrator's client id unless a test sets another.
pub const CLIENT_ID: &str = "false-integrator";
/// The integrator's secret unless a test sets another.
pub const CLIENT_SECRET: &str = "false-integrator-secret";
/// The scope that Axema documents: a token for any other is refused.
pub const SCOPE: &str = "api://46298672-5d4a-4a7e-8402-c1f0cc3366e3/.default";

/// Which of its doors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// `POST /token`.
    Token,
    /// `GET /v1/reservations/users/fetch/{deviceId}`.
    Users,
    /// `GET /v1/usergroups/{deviceId}/all`.
    Groups,
}

/// One request that came.
#[derive(Debug, Clone)]
pub struct Call {
    /// The door.
    pub route: Route,
    /// The system asked for; none at the token endpoint.
    pub device: Option<Uuid>,
    /// The query as it was sent, without `?`.
    pub query: String,
    /// Every header as it was sent.
    pub headers: HeaderMap,
    /// When it came.
    pub at: Instant,
}

/// A running false VAKA Online; it ends when it is dropped.
#[derive(Debug)]
pub struct Vaka {
    state: Shared,
    serving: Serving,
}

#[derive(Debug, Clone, Default)]
struct Shared(Arc<Mutex<State>>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A test that panicked while it held the lock has failed already.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Vaka {
    /// Starts with no systems.
    ///
    /// # Errors
    /// When no port or thread is to be had.
    pub fn start() -> io::Result<Self> {
        let state = Shared::default();
        let router = Router::new()
            .route("/token", post(answer::token))
            .route("/v1/reservations/users/fetch/{device}", get(answer::users))
            .route("/v1/usergroups/{device}/all", get(answer::groups))
            .with_state(state.clone());
        Ok(Self { state, serving: Serving::router(router)? })
    }

    /// Where the API is: `VAKA_BASE_URL`.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.serving.url()
    }

    /// Where tokens are given out: `VAKA_TOKEN_URL`.
    #[must_use]
    pub fn token_url(&self) -> String {
        format!("{}/token", self.serving.url())
    }

    /// A new system that answers to this api key, without users.
    #[must_use]
    pub fn add_system(&self, api_key: &str) -> Uuid {
        let device = Uuid::new_v4();
        self.state.lock().add_system(device, api_key);
        device
    }

    /// Another api key for a system: the old one is refused from now on.
    pub fn set_api_key(&self, device: Uuid, api_key: &str) {
        self.state.lock().system(device).api_key = api_key.to_owned();
    }

    /// Fills a system with this many invented people and their groups; the same seed, the same people.
    pub fn populate(&self, device: Uuid, count: usize, seed: u64) {
        let (users, groups) = people::invent(device, count, seed);
        let mut state = self.state.lock();
        let system = state.system(device);
        system.users = users;
        system.groups = groups;
    }

    /// The users of a system, in the order in which they are listed.
    #[must_use]
    pub fn users(&self, device: Uuid) -> Vec<User> {
        self.state.lock().system(device).users.clone()
    }

    /// Sets the users of a system, in the order in which they are listed.
    pub fn set_users(&self, device: Uuid, users: Vec<User>) {
        self.state.lock().system(device).users = users;
    }

    /// Sets the groups of a system.
    pub fn set_groups(&self, device: Uuid, groups: Vec<Group>) {
        self.state.lock().system(device).groups = groups;
    }

    /// Gives exactly `n` users of a system (or all, if there are fewer) another first name.
    pub fn change(&self, device: Uuid, n: usize) -> Vec<Uuid> {
        people::change(&mut self.state.lock().system(device).users, n)
    }

    /// Lists users in pages of at most this many (and of at most what the caller asks for), or, as
    /// Axema documents it today, all at once.
    pub fn page_users(&self, largest: Option<usize>) {
        self.state.lock().users_page = largest;
    }

    /// Waits this long before each answer.
    pub fn set_latency(&self, latency: Duration) {
        self.state.lock().latency = latency;
    }

    /// Another integrator account: the old one is refused from now on.
    pub fn set_credentials(&self, client_id: &str, client_secret: &str) {
        self.state.lock().set_credentials(client_id, client_secret);
    }

    /// The `expires_in` of tokens given out from now on. They really end then.
    pub fn set_token_life(&self, life: Duration) {
        self.state.lock().token_life = life;
    }

    /// Every token given out so far is refused from now on.
    pub fn revoke_tokens(&self) {
        self.state.lock().tokens.clear();
    }

    /// Begins a rule for a door: which of its requests go wrong, and how.
    #[must_use = "a rule needs to say what happens"]
    pub fn on(&self, route: Route) -> On<'_> {
        On::new(self, route)
    }

    /// Takes all rules away; who waits at a gate goes on.
    pub fn calm(&self) {
        let rules = std::mem::take(&mut self.state.lock().rules);
        rules.iter().for_each(script::Rule::release);
    }

    /// The requests that came through a door, oldest first.
    #[must_use]
    pub fn calls(&self, route: Route) -> Vec<Call> {
        self.state.lock().calls.iter().filter(|call| call.route == route).cloned().collect()
    }

    /// Forgets the requests that came.
    pub fn forget(&self) {
        self.state.lock().calls.clear();
    }
}

impl Drop for Vaka {
    fn drop(&mut self) {
        self.calm();
    }
}

#[cfg(test)]
mod tests;
