//! A false BokaMera: the sign-in and the customers of its public API, over real HTTP.
//!
//! It speaks `../shared/contract/bokamera-customers.md` and knows nothing of our code. What that
//! page leaves open is a switch here ([`Manners`]), because the real one may be either. It is as
//! unkind as the page allows: a member that an update leaves out is cleared, a total is wrong.
//! Everything that can go wrong goes wrong when a [`script`](BokaMera::on) says so.
//!
//! ```no_run
//! # fn example() -> std::io::Result<()> {
//! use local::bokamera::{BokaMera, Fault, Ids, Manners, Route};
//! let bokamera = BokaMera::start()?;
//! bokamera.behave(Manners { ids: Ids::Ignored, ..Manners::default() });
//! bokamera.on(Route::Create).nth(3).fault(Fault::LoseAnswer);  // made, but nobody hears of it
//! // ... BOKAMERA_BASE_URL and BOKAMERA_IDENTITY_URL = bokamera.url() ...
//! # let company = uuid::Uuid::new_v4();
//! assert_eq!(bokamera.customers(company).len(), 0);
//! # Ok(()) }
//! ```

mod answer;
mod manners;
mod records;
mod script;

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::routing::{get, post, put};
use hyper::HeaderMap;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::serving::Serving;
pub use manners::{DuplicateEmail, Existing, Ids, List, Manners, OwnAccount, Phone};
use records::State;
pub use script::{Fault, On};

/// The account's user name unless a test sets another.
pub const USERNAME: &str = "sync@example.com";
/// The account's password unless a test sets another.
pub const PASSWORD: &str = "false-bokamera-password";
/// The api key unless a test sets another.
pub const API_KEY: &str = "5f0c7f0e-3f0b-4a53-9c0e-1d2b3c4d5e6f";

/// Which of its doors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// `POST /realms/bookmore-admin/protocol/openid-connect/token`.
    Token,
    /// `GET /customers`.
    List,
    /// `POST /customers`.
    Create,
    /// `PUT /customers/{Id}`.
    Update,
}

/// One request that came.
#[derive(Debug, Clone)]
pub struct Call {
    /// The door.
    pub route: Route,
    /// The query as it was sent, without `?`; the grant type at the token door.
    pub query: String,
    /// Every header as it was sent.
    pub headers: HeaderMap,
    /// The body as it was sent, but for the token door, whose body is a password.
    pub body: Value,
}

/// A customer: every member it has, its `Id` among them.
pub type Customer = Map<String, Value>;

/// A running false BokaMera; it ends when it is dropped.
#[derive(Debug)]
pub struct BokaMera {
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

impl BokaMera {
    /// Starts with no customers.
    ///
    /// # Errors
    /// When no port or thread is to be had.
    pub fn start() -> io::Result<Self> {
        let state = Shared::default();
        let router = Router::new()
            .route("/realms/bookmore-admin/protocol/openid-connect/token", post(answer::token))
            .route("/customers", get(answer::list).post(answer::create))
            .route("/customers/{id}", put(answer::update))
            .with_state(state.clone());
        Ok(Self { state, serving: Serving::router(router)? })
    }

    /// Where API and identity server are: `BOKAMERA_BASE_URL` and `BOKAMERA_IDENTITY_URL`.
    #[must_use]
    pub fn url(&self) -> String {
        self.serving.url()
    }

    /// How it behaves from now on, where its contract leaves that open.
    pub fn behave(&self, manners: Manners) {
        self.state.lock().manners = manners;
    }

    /// The customers of a company, in the order in which they were made.
    #[must_use]
    pub fn customers(&self, company: Uuid) -> Vec<Customer> {
        self.state.lock().of(company).iter().map(|record| record.members.clone()).collect()
    }

    /// Makes a customer by hand and gives its id.
    pub fn add(&self, company: Uuid, firstname: &str, lastname: &str, email: &str) -> Uuid {
        let members = [("Firstname", firstname), ("Lastname", lastname), ("Email", email), ("Phone", "")];
        let members = members.map(|(name, value)| (name.to_owned(), Value::from(value)));
        self.state.lock().make(company, Uuid::new_v4(), members.into_iter().collect())
    }

    /// Makes by hand what a create asked for, under the id that it sent.
    pub fn make_as_sent(&self, company: Uuid, call: &Call) {
        let id = call.body["CustomerId"].as_str().and_then(|id| id.parse().ok());
        if let (Some(id), Value::Object(members)) = (id, &call.body) {
            self.state.lock().make(company, id, members.clone());
        }
    }

    /// Changes one member of a customer by hand.
    pub fn correct(&self, company: Uuid, customer: Uuid, member: &str, value: impl Into<Value>) {
        if let Some(record) = self.state.lock().find(company, customer) {
            record.members.insert(member.to_owned(), value.into());
        }
    }

    /// The customer gets an account of its own: from now on nobody else may change it.
    pub fn give_account(&self, company: Uuid, customer: Uuid) {
        if let Some(record) = self.state.lock().find(company, customer) {
            record.has_account = true;
        }
    }

    /// Deletes a customer by hand.
    pub fn delete(&self, company: Uuid, customer: Uuid) {
        self.state.lock().delete(company, customer);
    }

    /// Another account: the old one is refused from now on, its tokens too.
    pub fn set_account(&self, username: &str, password: &str, api_key: &str) {
        self.state.lock().set_account(username, password, api_key);
    }

    /// Every access token given out so far is refused from now on.
    pub fn revoke_tokens(&self) {
        self.state.lock().tokens.clear();
    }

    /// Every refresh token given out so far is refused from now on.
    pub fn revoke_refresh_tokens(&self) {
        self.state.lock().refresh_tokens.clear();
    }

    /// The most requests for customers that were under way at once.
    #[must_use]
    pub fn most_at_once(&self) -> usize {
        self.state.lock().most_at_once
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

impl Drop for BokaMera {
    fn drop(&mut self) {
        self.calm();
    }
}

#[cfg(test)]
mod tests;
