//! DynamoDB in memory: the deployment's three tables, and the requests that the functions send.
//!
//! Not the crate `dynoxide-rs`, which answers the same requests: it brings SQLite and dozens of crates,
//! lets client tokens grow old by the machine's clock, and its indexes never lag. Here time is an
//! argument, an index can show what was, and a condition can be left out on purpose
//! ([`crate::sabotage`]). What this module does not know it refuses, and the run fails.

pub(crate) mod expression;
mod read;
mod write;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::sabotage::Sabotage;
use expression::Item;

/// The state table's name.
pub(crate) const STATE: &str = "state";
/// The customers table's name.
pub(crate) const CUSTOMERS: &str = "customers";
/// The secrets table's name.
pub(crate) const SECRETS: &str = "secrets";

/// How far an index, or a read that need not be consistent, may be behind.
const LAG_MS: i64 = 3_000;
/// How long a client token is remembered.
const TOKENS_ARE_KEPT_MS: i64 = 600_000;

/// The partition key's value, and the sort key's where the table has one.
pub(crate) type Key = (String, String);

/// An answer in HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub status: u16,
    pub body: String,
}

/// One item that a write has changed.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub table: &'static str,
    pub key: Key,
    pub before: Option<Item>,
    pub after: Option<Item>,
}

/// What an answer may be like without being wrong.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Whims {
    /// A read that need not be consistent is of a moment ago.
    pub stale: bool,
    /// A page has no more items than this.
    pub page: Option<usize>,
    /// Of a batch only this many items are read.
    pub batch: Option<usize>,
}

/// What a request came to.
pub(crate) struct Done {
    pub reply: Reply,
    pub changes: Vec<Change>,
}

/// All tables.
#[derive(Debug)]
pub(crate) struct Tables {
    state: Table,
    customers: Table,
    secrets: Table,
    /// Of transactions that took effect: what they were, and when.
    tokens: BTreeMap<String, (Value, i64)>,
    sabotage: Option<Sabotage>,
}

#[derive(Debug)]
struct Table {
    name: &'static str,
    hash: &'static str,
    range: Option<&'static str>,
    indexes: &'static [(&'static str, &'static str, &'static str)],
    items: BTreeMap<Key, Item>,
    /// What items were before they were changed, the latest last.
    past: Vec<(i64, Key, Option<Item>)>,
}

impl Reply {
    pub(crate) fn ok(body: &Value) -> Self {
        Self { status: 200, body: body.to_string() }
    }

    /// An error of DynamoDB's, with more members.
    pub(crate) fn error(code: &str, more: Value) -> Self {
        let mut body = json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": code});
        if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
            body.extend(more);
        }
        Self { status: 400, body: body.to_string() }
    }
}

impl Tables {
    /// Empty tables.
    pub(crate) fn new(sabotage: Option<Sabotage>) -> Self {
        let table =
            |name, hash, range, indexes| Table { name, hash, range, indexes, items: BTreeMap::new(), past: Vec::new() };
        Self {
            state: table(
                STATE,
                "company",
                Some("item"),
                &[("leases", "lease_shard", "lease_expires_at"), ("due", "due_shard", "due_at")],
            ),
            customers: table(CUSTOMERS, "company", Some("customer"), &[]),
            secrets: table(SECRETS, "owner", None, &[]),
            tokens: BTreeMap::new(),
            sabotage,
        }
    }

    /// Does what a request asks for.
    ///
    /// # Errors
    /// What is not understood of it: a fault of the simulation, or a request that DynamoDB refuses.
    pub(crate) fn perform(
        &mut self,
        operation: &str,
        request: &Value,
        now_ms: i64,
        whims: Whims,
    ) -> Result<Done, String> {
        let reply = match operation {
            "GetItem" => self.get(request, now_ms, whims)?,
            "Query" => self.query(request, now_ms, whims)?,
            "BatchGetItem" => self.batch_get(request, whims)?,
            "UpdateItem" => return self.update_item(request, now_ms),
            "TransactWriteItems" => return self.transact(request, now_ms),
            other => return Err(format!("the operation {other}")),
        };
        Ok(Done { reply, changes: Vec::new() })
    }

    /// Puts an item in by hand.
    pub(crate) fn put(&mut self, table: &str, item: Item) -> Result<(), String> {
        let table = self.table_mut(table)?;
        let key = table.key_of(&item)?;
        table.items.insert(key, item);
        Ok(())
    }

    /// One item of the state table.
    pub(crate) fn state(&self, company: &str, item: &str) -> Option<&Item> {
        self.state.items.get(&(company.to_owned(), item.to_owned()))
    }

    /// The company's items in the state table whose sort key begins so.
    pub(crate) fn of_company<'a>(
        &'a self,
        company: &str,
        prefix: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a Item)> {
        self.state.below(company, prefix)
    }

    /// The company's customers.
    pub(crate) fn customers<'a>(&'a self, company: &str) -> impl Iterator<Item = (&'a str, &'a Item)> {
        self.customers.below(company, "")
    }

    /// Every item of the state table.
    pub(crate) fn all_state(&self) -> impl Iterator<Item = (&Key, &Item)> {
        self.state.items.iter()
    }

    fn table(&self, name: &str) -> Result<&Table, String> {
        let tables = [&self.state, &self.customers, &self.secrets];
        tables.into_iter().find(|table| table.name == name).ok_or_else(|| format!("the table {name}"))
    }

    fn table_mut(&mut self, name: &str) -> Result<&mut Table, String> {
        let tables = [&mut self.state, &mut self.customers, &mut self.secrets];
        tables.into_iter().find(|table| table.name == name).ok_or_else(|| format!("the table {name}"))
    }
}

impl Table {
    /// The key in these attributes.
    fn key_of(&self, attributes: &Item) -> Result<Key, String> {
        let text = |name: &str| attributes.get(name).and_then(|value| value.get("S")).and_then(Value::as_str);
        let part = |name: &str| text(name).map(str::to_owned).ok_or_else(|| format!("no {name} in a key"));
        Ok((part(self.hash)?, self.range.map_or(Ok(String::new()), part)?))
    }

    fn below<'a>(&'a self, company: &str, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a Item)> {
        let company = company.to_owned();
        let from = (company.clone(), prefix.to_owned());
        self.items
            .range(from..)
            .take_while(move |((of, item), _)| *of == company && item.starts_with(prefix))
            .map(|((_, item), attributes)| (item.as_str(), attributes))
    }

    fn set(&mut self, key: Key, after: Option<Item>, now_ms: i64) -> Change {
        let before = match after.clone() {
            Some(item) => self.items.insert(key.clone(), item),
            None => self.items.remove(&key),
        };
        self.past.retain(|(at, _, _)| at + LAG_MS > now_ms);
        self.past.push((now_ms, key.clone(), before.clone()));
        Change { table: self.name, key, before, after }
    }

    /// The items as they were a moment ago.
    fn lagging(&self, now_ms: i64) -> BTreeMap<Key, Item> {
        let mut items = self.items.clone();
        for (at, key, before) in self.past.iter().rev() {
            if at + LAG_MS <= now_ms {
                continue;
            }
            match before {
                Some(item) => drop(items.insert(key.clone(), item.clone())),
                None => drop(items.remove(key)),
            }
        }
        items
    }
}

/// A member that has to be there.
fn needed<'a>(request: &'a Value, name: &str) -> Result<&'a Value, String> {
    request.get(name).ok_or_else(|| format!("no {name}"))
}

fn text<'a>(request: &'a Value, name: &str) -> Result<&'a str, String> {
    needed(request, name)?.as_str().ok_or_else(|| format!("{name} is no text"))
}

fn attributes(value: &Value) -> Result<Item, String> {
    let members: &Map<String, Value> = value.as_object().ok_or("attributes that are no object")?;
    Ok(members.iter().map(|(name, value)| (name.clone(), value.clone())).collect())
}

fn as_json(item: &Item) -> Value {
    Value::Object(item.iter().map(|(name, value)| (name.clone(), value.clone())).collect())
}
