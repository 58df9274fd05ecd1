//! What the false VAKA Online knows: its systems, the integrator, the tokens it gave out.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::script::{Fault, Rule};
use super::{CLIENT_ID, CLIENT_SECRET, Call, Group, Route, User};

/// The shortest life that Axema documents.
const TOKEN_LIFE: Duration = Duration::from_secs(3600);

#[derive(Debug, Default)]
pub(super) struct System {
    pub api_key: String,
    pub users: Vec<User>,
    pub groups: Vec<Group>,
}

#[derive(Debug)]
pub(super) struct State {
    systems: HashMap<Uuid, System>,
    credentials: (String, String),
    pub tokens: HashMap<String, Instant>,
    pub token_life: Duration,
    pub users_page: Option<usize>,
    pub latency: Duration,
    pub rules: Vec<Rule>,
    pub calls: Vec<Call>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            systems: HashMap::new(),
            credentials: (CLIENT_ID.to_owned(), CLIENT_SECRET.to_owned()),
            tokens: HashMap::new(),
            token_life: TOKEN_LIFE,
            users_page: None,
            latency: Duration::ZERO,
            rules: Vec::new(),
            calls: Vec::new(),
        }
    }
}

impl State {
    pub(super) fn add_system(&mut self, device: Uuid, api_key: &str) {
        self.systems.insert(device, System { api_key: api_key.to_owned(), ..System::default() });
    }

    /// The system, made with an api key that nobody knows if it was not there.
    pub(super) fn system(&mut self, device: Uuid) -> &mut System {
        self.systems
            .entry(device)
            .or_insert_with(|| System { api_key: Uuid::new_v4().to_string(), ..System::default() })
    }

    pub(super) fn find(&self, device: Uuid) -> Option<&System> {
        self.systems.get(&device)
    }

    pub(super) fn set_credentials(&mut self, client_id: &str, client_secret: &str) {
        self.credentials = (client_id.to_owned(), client_secret.to_owned());
    }

    pub(super) fn knows(&self, client_id: &str, client_secret: &str) -> bool {
        self.credentials.0 == client_id && self.credentials.1 == client_secret
    }

    pub(super) fn new_token(&mut self) -> String {
        let token = format!("opaque.{}", Uuid::new_v4().simple());
        self.tokens.insert(token.clone(), Instant::now() + self.token_life);
        token
    }

    pub(super) fn accepts(&self, token: &str) -> bool {
        self.tokens.get(token).is_some_and(|ends| Instant::now() < *ends)
    }

    /// The first fault that a rule has for this request; every rule counts every request of its door.
    pub(super) fn judge(&mut self, route: Route, device: Option<Uuid>) -> Option<Fault> {
        let mut decided = None;
        for rule in &mut self.rules {
            let fault = rule.judge(route, device);
            decided = decided.or(fault);
        }
        decided
    }
}
