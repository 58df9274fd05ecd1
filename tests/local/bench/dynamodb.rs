//! A DynamoDB in memory that is fast and counts: the tables of the template, the requests that the
//! functions and their rivals send, and what AWS would charge for each.
//!
//! MiniStack stands for DynamoDB's manners and is slow; this stands for its speed. A write takes the
//! time it is told to, a read none, and whatever the bench does not know it refuses with a
//! `ValidationException` and keeps, so that no figure is made of a run that met it. The queue and the
//! event bus are here as well, since the SDK's one endpoint leads here: they count what they are sent.
//!
//! What it does not do: throttle, split partitions, expire items, or check what it is not sent.

mod expression;
mod item;
mod key_condition;
mod meter;
mod operation;
mod store;
mod wire;

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Body;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::cloud::Endpoint;
use crate::serving::{Serving, hang_up};

pub use item::{Attribute, Item, weight};
pub use meter::{Counts, Subject};
use operation::{Answer, Tables};

/// Names of the tables here.
pub const STATE: &str = store::STATE.table;
/// Customers.
pub const CUSTOMERS: &str = store::CUSTOMERS.table;
/// Secrets.
pub const SECRETS: &str = store::SECRETS.table;

/// A running endpoint; it ends when it is dropped.
#[derive(Debug)]
pub struct DynamoDb {
    inside: Arc<Inside>,
    serving: Serving,
}

#[derive(Debug)]
struct Inside {
    tables: Mutex<Tables>,
    unknown: Mutex<Option<String>>,
    write_takes: Mutex<Duration>,
}

impl DynamoDb {
    /// Starts with empty tables.
    ///
    /// # Errors
    /// When no port or thread is to be had.
    pub fn start(write_takes: Duration) -> io::Result<Self> {
        let inside = Arc::new(Inside {
            tables: Mutex::default(),
            unknown: Mutex::default(),
            write_takes: Mutex::new(write_takes),
        });
        let shared = Arc::clone(&inside);
        let serving = Serving::start(move |request| {
            let inside = Arc::clone(&shared);
            async move { inside.serve(request).await.unwrap_or_else(|_| hang_up()) }
        })?;
        Ok(Self { inside, serving })
    }

    /// Where it is.
    #[must_use]
    pub fn endpoint(&self) -> Endpoint {
        Endpoint::at(self.serving.url())
    }

    /// How long each write takes from now on.
    pub fn set_write_takes(&self, time: Duration) {
        *lock(&self.inside.write_takes) = time;
    }

    /// What has been asked so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        lock(&self.inside.tables).counts.clone()
    }

    /// What it was asked and does not know, if there is such a thing: then nothing that was measured counts.
    #[must_use]
    pub fn unknown(&self) -> Option<String> {
        lock(&self.inside.unknown).clone()
    }

    /// How many of a company's items have a sort key that begins so.
    #[must_use]
    pub fn count(&self, table: &str, company: Uuid, prefix: &str) -> usize {
        lock(&self.inside.tables).table(table).map_or(0, |table| table.count(&company.to_string(), prefix))
    }

    /// A company's items whose sort key begins so.
    #[must_use]
    pub fn items(&self, table: &str, company: Uuid, prefix: &str) -> Vec<Item> {
        let tables = lock(&self.inside.tables);
        let Ok(table) = tables.table(table) else { return Vec::new() };
        let company = company.to_string();
        table.items(&company).filter(|(sort, _)| sort.starts_with(prefix)).map(|(_, item)| item.clone()).collect()
    }

    /// Throws everything away but the counts.
    pub fn clear(&self) {
        lock(&self.inside.unknown).take();
        let mut tables = lock(&self.inside.tables);
        let counts = std::mem::take(&mut tables.counts);
        *tables = Tables::default();
        tables.counts = counts;
    }
}

impl Inside {
    async fn serve(&self, request: Request<Incoming>) -> Result<Response<Body>, hyper::Error> {
        if request.method() == Method::GET && request.uri().path() == "/ping" {
            // By this a function opens its connection; nobody pays for it.
            return Ok(Response::new(Body::from("healthy")));
        }
        let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok());
        let (service, operation) = target.and_then(|target| target.split_once('.')).unwrap_or_default();
        let (service, operation) = (service.to_owned(), operation.to_owned());
        let body = request.into_body().collect().await?.to_bytes();
        let is_write = !matches!(operation.as_str(), "GetItem" | "Query" | "BatchGetItem");
        if is_write {
            let time = *lock(&self.write_takes);
            if !time.is_zero() {
                tokio::time::sleep(time).await;
            }
        }
        Ok(match (service.as_str(), operation.as_str()) {
            ("DynamoDB_20120810", operation) => {
                let answered = lock(&self.tables).answer(operation, &body);
                match answered {
                    Ok(Answer::Done(answer)) => json_answer(StatusCode::OK, answer),
                    Ok(Answer::Refused(reason)) => json_answer(StatusCode::BAD_REQUEST, reason.to_string()),
                    Err(unknown) => self.refuse(unknown.to_string()),
                }
            }
            ("AmazonSQS", "SendMessage") => {
                lock(&self.tables).counts.messages += 1;
                json_answer(StatusCode::OK, json!({"MessageId": Uuid::new_v4()}).to_string())
            }
            ("AWSEvents", "PutEvents") => {
                let body = serde_json::from_slice::<Value>(&body).unwrap_or_default();
                let entries = body["Entries"].as_array().map_or(0, Vec::len);
                lock(&self.tables).counts.events += entries as u64;
                let taken: Vec<_> = (0..entries).map(|_| json!({"EventId": Uuid::new_v4()})).collect();
                json_answer(StatusCode::OK, json!({"FailedEntryCount": 0, "Entries": taken}).to_string())
            }
            _ => self.refuse(format!("the bench's AWS does not know {service}.{operation}")),
        })
    }

    fn refuse(&self, unknown: String) -> Response<Body> {
        let said = json!({"__type": "com.amazon.coral.validate#ValidationException", "message": unknown});
        lock(&self.unknown).get_or_insert(unknown);
        json_answer(StatusCode::BAD_REQUEST, said.to_string())
    }
}

fn json_answer(status: StatusCode, body: String) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static("application/x-amz-json-1.0"));
    response
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
