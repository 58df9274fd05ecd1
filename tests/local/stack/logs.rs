//! What the functions wrote, as CloudWatch Logs has it.
//!
//! MiniStack hands a function's lines over when an invocation ends; those of one that still runs
//! are not there yet.

use std::time::Duration;

use axum::body::Body;
use hyper::Request;
use serde_json::{Value, json};
use thiserror::Error;

use super::Stack;
use crate::plain_http::{self, PlainHttpError};

/// It comes from memory.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);

/// Why a log could not be read.
#[derive(Debug, Error)]
pub enum LogError {
    /// No answer.
    #[error("the log cannot be asked for")]
    NoAnswer(#[from] PlainHttpError),
    /// The request could not be built.
    #[error("the log cannot be asked for")]
    Request(#[from] hyper::http::Error),
    /// Something else than a log came.
    #[error("the log group {group} cannot be read: the embedded cloud answered {status}")]
    Refused {
        /// The group.
        group: String,
        /// The status.
        status: u16,
    },
    /// The answer is no JSON.
    #[error("the log is not JSON")]
    Json(#[from] serde_json::Error),
}

impl Stack {
    /// The lines that a function has written, oldest first, by the name of its binary: `api`,
    /// `sync`, `recover`. A group that has no line yet gives none.
    ///
    /// # Errors
    /// [`LogError`].
    pub async fn logs(&self, binary: &str) -> Result<Vec<String>, LogError> {
        let group = format!("/aws/lambda/{}/{binary}", self.name);
        let mut lines = Vec::new();
        let mut next = Value::Null;
        loop {
            let answer = self.filter_log_events(&group, &next).await?;
            let events = answer["events"].as_array().into_iter().flatten();
            lines.extend(events.filter_map(|event| event["message"].as_str()).map(|line| line.trim_end().to_owned()));
            next = answer["nextToken"].clone();
            if next.is_null() {
                return Ok(lines);
            }
        }
    }

    async fn filter_log_events(&self, group: &str, next: &Value) -> Result<Value, LogError> {
        let mut body = json!({"logGroupName": group});
        if !next.is_null() {
            body["nextToken"] = next.clone();
        }
        let request = Request::post(self.endpoint.url())
            .header("x-amz-target", "Logs_20140328.FilterLogEvents")
            .header("content-type", "application/x-amz-json-1.1")
            .body(Body::from(body.to_string()))?;
        let (status, answer) = plain_http::send(request, ANSWERED_WITHIN).await?;
        if !status.is_success() {
            return Err(LogError::Refused { group: group.to_owned(), status: status.as_u16() });
        }
        Ok(serde_json::from_slice(&answer)?)
    }
}
