//! What IAM would be asked about a request. No emulator asks it.

use hyper::http::request;
use serde_json::Value;

use super::operation::{list, table_name};

/// An action and what it is done to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right {
    /// `dynamodb:PutItem`.
    pub action: String,
    /// The name of a table, queue, bus or function; `<table>/index/<index>` of an index.
    pub resource: String,
}

impl Right {
    fn new(service: &str, action: &str, resource: &str) -> Self {
        Self { action: format!("{service}:{action}"), resource: resource.to_owned() }
    }

    fn to_table(action: &str, table: &str) -> Self {
        Self::new("dynamodb", action, table_name(table))
    }
}

/// The rights that an AWS operation needs, by the target that its header names.
pub(super) fn of_operation(target: &str, body: &Value) -> Vec<Right> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match target.rsplit_once('.') {
        Some((service, operation)) if service.starts_with("DynamoDB") => of_dynamodb(operation, body),
        Some(("AmazonSQS", operation)) => {
            let queue = text(&body["QueueUrl"]);
            vec![Right::new("sqs", operation, queue.rsplit('/').next().unwrap_or_default())]
        }
        Some(("AWSEvents", operation)) => {
            let entries = list(&body["Entries"]).iter();
            entries.map(|entry| Right::new("events", operation, &text(&entry["EventBusName"]))).collect()
        }
        _ => Vec::new(),
    }
}

/// The rights that a request without such a header needs.
pub(super) fn of_path(parts: &request::Parts) -> Vec<Right> {
    let invoked = parts.uri.path().strip_prefix("/2015-03-31/functions/");
    let invoked = invoked.and_then(|rest| rest.strip_suffix("/invocations"));
    invoked.map(|function| Right::new("lambda", "InvokeFunction", function)).into_iter().collect()
}

fn of_dynamodb(operation: &str, body: &Value) -> Vec<Right> {
    let table = |value: &Value| value["TableName"].as_str().unwrap_or_default().to_owned();
    match operation {
        // A transaction is authorised as the actions that it holds.
        "TransactWriteItems" | "TransactGetItems" => list(&body["TransactItems"])
            .iter()
            .filter_map(Value::as_object)
            .flatten()
            .map(|(kind, action)| Right::to_table(&format!("{kind}Item"), &table(action)))
            .collect(),
        "BatchGetItem" | "BatchWriteItem" => {
            let tables = body["RequestItems"].as_object().into_iter().flatten();
            tables.map(|(table, _)| Right::to_table(operation, table)).collect()
        }
        _ => match body["IndexName"].as_str() {
            Some(index) => vec![Right::to_table(operation, &format!("{}/index/{index}", table(body)))],
            None => vec![Right::to_table(operation, &table(body))],
        },
    }
}
