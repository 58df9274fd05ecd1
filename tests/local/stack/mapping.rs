//! Makes good a defect of MiniStack 1.5.33: it keeps a number that a template takes from a
//! parameter as text, where CloudFormation makes it a number again, and then compares it with one.
//!
//! An event source whose `MaximumConcurrency` is a parameter would hand out no message. So after a
//! deployment each mapping is set once more to the value that it has, as a number. The template
//! stays as it is, and on a MiniStack without the defect this changes nothing.

use std::time::Duration;

use axum::body::Body;
use hyper::{Method, Request};
use serde_json::{Value, json};

use super::StackError;
use crate::cloud::Endpoint;
use crate::plain_http;

/// The path of Lambda's API for event sources.
const MAPPINGS: &str = "/2015-03-31/event-source-mappings/";

/// It comes from memory.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);

pub(super) async fn with_numbers(endpoint: &Endpoint, function: &str) -> Result<(), StackError> {
    let listed = call(endpoint, Method::GET, &format!("{MAPPINGS}?FunctionName={function}"), &Value::Null).await?;
    for mapping in listed["EventSourceMappings"].as_array().into_iter().flatten() {
        let text = mapping["ScalingConfig"]["MaximumConcurrency"].as_str();
        let (Some(id), Some(number)) = (mapping["UUID"].as_str(), text.and_then(|text| text.parse::<u32>().ok()))
        else {
            continue;
        };
        let change = json!({"ScalingConfig": {"MaximumConcurrency": number}});
        call(endpoint, Method::PUT, &format!("{MAPPINGS}{id}"), &change).await?;
    }
    Ok(())
}

async fn call(endpoint: &Endpoint, method: Method, path: &str, body: &Value) -> Result<Value, StackError> {
    let refused = |reason: String| StackError::Refused { call: "EventSourceMapping", reason };
    let text = if body.is_null() { String::new() } else { body.to_string() };
    let request = Request::builder().method(method).uri(format!("{}{path}", endpoint.url())).body(Body::from(text));
    let request = request.map_err(|error| refused(error.to_string()))?;
    let (status, answer) =
        plain_http::send(request, ANSWERED_WITHIN).await.map_err(|error| refused(error.to_string()))?;
    if !status.is_success() {
        return Err(refused(format!("status {status}")));
    }
    serde_json::from_slice(&answer).map_err(|error| refused(error.to_string()))
}
