//! What the false BokaMera knows: its customers, its account, the tokens it gave out.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use serde_json::Value;
use uuid::Uuid;

use super::manners::Manners;
use super::script::{Fault, Rule};
use super::{API_KEY, Call, Customer, PASSWORD, Route, USERNAME};

#[derive(Debug)]
pub(super) struct Record {
    pub id: Uuid,
    pub members: Customer,
    pub has_account: bool,
}

#[derive(Debug)]
pub(super) struct State {
    customers: HashMap<Uuid, Vec<Record>>,
    account: (String, String, String),
    pub tokens: HashMap<String, Instant>,
    pub refresh_tokens: HashSet<String>,
    pub manners: Manners,
    pub under_way: usize,
    pub most_at_once: usize,
    pub rules: Vec<Rule>,
    pub calls: Vec<Call>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            customers: HashMap::new(),
            account: (USERNAME.to_owned(), PASSWORD.to_owned(), API_KEY.to_owned()),
            tokens: HashMap::new(),
            refresh_tokens: HashSet::new(),
            manners: Manners::default(),
            under_way: 0,
            most_at_once: 0,
            rules: Vec::new(),
            calls: Vec::new(),
        }
    }
}

impl State {
    pub(super) fn of(&self, company: Uuid) -> &[Record] {
        self.customers.get(&company).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn find(&mut self, company: Uuid, customer: Uuid) -> Option<&mut Record> {
        self.customers.get_mut(&company)?.iter_mut().find(|record| record.id == customer)
    }

    /// Makes a customer with members of BokaMera's own beside those that are given.
    pub(super) fn make(&mut self, company: Uuid, id: Uuid, members: Customer) -> Uuid {
        let mut all = Customer::new();
        all.insert("Id".to_owned(), Value::from(id.to_string()));
        all.insert("CustomFields".to_owned(), serde_json::json!([{"Id": 1, "Value": "kept"}]));
        all.insert("InvoiceAddress".to_owned(), Value::Null);
        all.extend(members.into_iter().filter(|(name, _)| name != "CustomerId"));
        self.customers.entry(company).or_default().push(Record { id, members: all, has_account: false });
        id
    }

    pub(super) fn delete(&mut self, company: Uuid, customer: Uuid) {
        self.customers.entry(company).or_default().retain(|record| record.id != customer);
    }

    pub(super) fn set_account(&mut self, username: &str, password: &str, api_key: &str) {
        self.account = (username.to_owned(), password.to_owned(), api_key.to_owned());
        self.tokens.clear();
        self.refresh_tokens.clear();
    }

    pub(super) fn knows(&self, username: &str, password: &str) -> bool {
        self.account.0 == username && self.account.1 == password
    }

    /// An access token and the one that fetches the next.
    pub(super) fn new_tokens(&mut self) -> (String, String) {
        let [token, refresh] = ["access", "refresh"].map(|kind| format!("{kind}.{}", Uuid::new_v4().simple()));
        self.tokens.insert(token.clone(), Instant::now() + self.manners.token_life);
        self.refresh_tokens.insert(refresh.clone());
        (token, refresh)
    }

    pub(super) fn accepts(&self, token: &str, api_key: &str) -> bool {
        self.account.2 == api_key && self.tokens.get(token).is_some_and(|ends| Instant::now() < *ends)
    }

    /// The first fault that a rule has for this request; every rule counts every request of its door.
    pub(super) fn judge(&mut self, route: Route) -> Option<Fault> {
        let mut decided = None;
        for rule in &mut self.rules {
            let fault = rule.judge(route);
            decided = decided.or(fault);
        }
        decided
    }
}
