//! What a request asks for: the operation's name, and how many items it would write to which table.

use hyper::http::request;
use serde_json::Value;

use super::right::{self, Right};

/// The header in which every AWS JSON protocol names the operation: `DynamoDB_20120810.PutItem`.
const TARGET: &str = "x-amz-target";

/// The actions of a transaction that change an item; `ConditionCheck` only looks.
const TRANSACTION_WRITES: [&str; 3] = ["Put", "Update", "Delete"];

/// One request, without its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// `PutItem`, `SendMessage`; for servers other than AWS `GET /path`.
    pub name: String,
    /// Items that the request writes. A condition check writes none.
    pub writes: Vec<Write>,
    /// Item actions in the request: those of a transaction with its checks, the keys of a batch.
    pub actions: usize,
    /// What its sender has to be allowed.
    pub rights: Vec<Right>,
    /// What a message that is sent says to the queue.
    pub message: Option<Message>,
}

/// A message that is sent to a queue, without its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its group.
    pub group: Option<String>,
    /// How long the queue keeps it back, in seconds.
    pub delay_s: u64,
}

/// One item that a request writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// The table's name.
    pub table: String,
    /// The item's key or, for a put, the whole item; in DynamoDB's JSON.
    pub item: Value,
}

impl Write {
    /// A text attribute of the key: `write.key("item")`.
    #[must_use]
    pub fn key(&self, attribute: &str) -> Option<&str> {
        self.item[attribute]["S"].as_str()
    }
}

impl Operation {
    pub(super) fn of(parts: &request::Parts, body: &[u8]) -> Self {
        let target = parts.headers.get(TARGET).and_then(|target| target.to_str().ok());
        match target.and_then(|target| Some((target, target.rsplit_once('.')?.1))) {
            Some((target, name)) => {
                let body: Value = serde_json::from_slice(body).unwrap_or_default();
                let (writes, actions) = items(name, &body);
                let (rights, message) = (right::of_operation(target, &body), message(name, &body));
                Self { name: name.to_owned(), writes, actions, rights, message }
            }
            None => {
                let name = format!("{} {}", parts.method, parts.uri.path());
                Self { name, writes: Vec::new(), actions: 0, rights: right::of_path(parts), message: None }
            }
        }
    }

    /// Whether a rule for `pattern` is about this request.
    pub(super) fn is(&self, pattern: &str) -> bool {
        // An AWS operation has one name; a path may go on below the prefix.
        pattern == "*" || self.name == pattern || (pattern.contains(' ') && self.name.starts_with(pattern))
    }
}

fn message(operation: &str, body: &Value) -> Option<Message> {
    (operation == "SendMessage").then(|| Message {
        group: body["MessageGroupId"].as_str().map(str::to_owned),
        delay_s: body["DelaySeconds"].as_u64().unwrap_or_default(),
    })
}

fn items(operation: &str, body: &Value) -> (Vec<Write>, usize) {
    match operation {
        "PutItem" | "UpdateItem" | "DeleteItem" => (vec![write(&body["TableName"], body)], 1),
        "TransactWriteItems" => {
            let actions = list(&body["TransactItems"]);
            let changes =
                actions.iter().flat_map(|action| TRANSACTION_WRITES.iter().filter_map(|kind| action.get(*kind)));
            (changes.map(|change| write(&change["TableName"], change)).collect(), actions.len())
        }
        "BatchWriteItem" => {
            let tables = body["RequestItems"].as_object().into_iter().flatten();
            let writes: Vec<Write> = tables
                .flat_map(|(table, requests)| list(requests).iter().map(move |request| (table, request)))
                .flat_map(|(table, request)| {
                    request.as_object().into_iter().flatten().map(move |(_, what)| (table, what))
                })
                .map(|(table, what)| write(&Value::from(table.as_str()), what))
                .collect();
            let count = writes.len();
            (writes, count)
        }
        "BatchGetItem" => {
            let tables = body["RequestItems"].as_object().into_iter().flatten();
            (Vec::new(), tables.map(|(_, asked)| list(&asked["Keys"]).len()).sum())
        }
        "TransactGetItems" => (Vec::new(), list(&body["TransactItems"]).len()),
        "GetItem" => (Vec::new(), 1),
        _ => (Vec::new(), 0),
    }
}

/// A put has the whole item, everything else its key.
fn write(table: &Value, change: &Value) -> Write {
    let item = change.get("Key").or_else(|| change.get("Item")).cloned().unwrap_or_default();
    Write { table: table_name(table.as_str().unwrap_or_default()).to_owned(), item }
}

pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// A table may be named by its ARN: `arn:aws:dynamodb:<region>:<account>:table/<name>`.
pub(super) fn table_name(named: &str) -> &str {
    named.rsplit_once(":table/").map_or(named, |(_, name)| name)
}
