//! What a request asks for: the operation's name, and how many items it would write to which table.

use std::collections::BTreeMap;

use hyper::http::request;
use serde_json::Value;

/// The header in which every AWS JSON protocol names the operation: `DynamoDB_20120810.PutItem`.
const TARGET: &str = "x-amz-target";

/// The actions of a transaction that change an item; `ConditionCheck` only looks.
const TRANSACTION_WRITES: [&str; 3] = ["Put", "Update", "Delete"];

/// One request, without its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// `PutItem`, `SendMessage`; for servers other than AWS `GET /path`.
    pub name: String,
    /// Items that the request writes, by table. A condition check writes none.
    pub writes: BTreeMap<String, usize>,
    /// Item actions in the request: those of a transaction with its checks, the keys of a batch.
    pub actions: usize,
}

impl Operation {
    pub(super) fn of(parts: &request::Parts, body: &[u8]) -> Self {
        let target = parts.headers.get(TARGET).and_then(|target| target.to_str().ok());
        match target.and_then(|target| target.rsplit_once('.')) {
            Some((_, name)) => {
                let body: Value = serde_json::from_slice(body).unwrap_or_default();
                let (writes, actions) = items(name, &body);
                Self { name: name.to_owned(), writes, actions }
            }
            None => {
                Self { name: format!("{} {}", parts.method, parts.uri.path()), writes: BTreeMap::new(), actions: 0 }
            }
        }
    }

    /// Whether a rule for `pattern` is about this request.
    pub(super) fn is(&self, pattern: &str) -> bool {
        // An AWS operation has one name; a path may go on below the prefix.
        pattern == "*" || self.name == pattern || (pattern.contains(' ') && self.name.starts_with(pattern))
    }
}

fn items(operation: &str, body: &Value) -> (BTreeMap<String, usize>, usize) {
    let mut writes = BTreeMap::new();
    let mut write = |table: &Value, items: usize| {
        *writes.entry(table_name(table.as_str().unwrap_or_default()).to_owned()).or_insert(0) += items;
    };
    let actions = match operation {
        "PutItem" | "UpdateItem" | "DeleteItem" => {
            write(&body["TableName"], 1);
            1
        }
        "TransactWriteItems" => {
            let actions = body["TransactItems"].as_array().map(Vec::as_slice).unwrap_or_default();
            for action in actions {
                for kind in TRANSACTION_WRITES {
                    if let Some(change) = action.get(kind) {
                        write(&change["TableName"], 1);
                    }
                }
            }
            actions.len()
        }
        "BatchWriteItem" => {
            let tables = body["RequestItems"].as_object();
            let sizes =
                tables.into_iter().flatten().map(|(table, requests)| (table, requests.as_array().map_or(0, Vec::len)));
            let mut all = 0;
            for (table, size) in sizes {
                write(&Value::from(table.as_str()), size);
                all += size;
            }
            all
        }
        "BatchGetItem" => {
            let tables = body["RequestItems"].as_object();
            tables.into_iter().flatten().map(|(_, asked)| asked["Keys"].as_array().map_or(0, Vec::len)).sum()
        }
        "TransactGetItems" => body["TransactItems"].as_array().map_or(0, Vec::len),
        "GetItem" => 1,
        _ => 0,
    };
    (writes, actions)
}

/// A table may be named by its ARN: `arn:aws:dynamodb:<region>:<account>:table/<name>`.
fn table_name(named: &str) -> &str {
    named.rsplit_once(":table/").map_or(named, |(_, name)| name)
}
