//! An AWS that answers within the process, for one company whose state a tape has chosen.
//!
//! It is well: it throttles nothing and loses nothing, so whoever is answered 5xx in front of it
//! has found a fault of ours. It judges the conditions of a transaction by its [`Scene`], and keeps
//! of what is written no more than that it was.
//!
//! What it does not do: stand in for the emulators. Whether a write does what it should is asked of
//! these, by the rest of the suite.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_types::SdkConfig;
use serde_json::{Map, Value, json};
use shared::clock::Timestamp;
use shared::connection_test::{Finding, TestReport};

/// The one job that there is, in the scenes that have one.
pub const JOB: &str = "0199d5c4-a1b2-7c3d-8e4f-5a6b7c8d9e0f";

/// A VAKA system that is connected.
const DEVICE: &str = "11111111-2222-3333-4444-555555555555";

/// What the tables hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scene {
    /// The company is connected and has never synced.
    Connected,
    /// A sync runs, and its worker is alive.
    Syncing,
    /// A sync has ended.
    Synced,
    /// A sync has ended, and the connection was switched off.
    SwitchedOff,
    /// Nobody has heard of the company.
    Empty,
}

impl Scene {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Connected, Self::Syncing, Self::Synced, Self::SwitchedOff, Self::Empty];

    fn has_job(self) -> bool {
        matches!(self, Self::Syncing | Self::Synced | Self::SwitchedOff)
    }

    /// What lies under this sort key.
    fn item(self, company: &Value, key: &str, now: Timestamp) -> Option<Value> {
        let item = |members: Value| {
            let mut item =
                Map::from_iter([("company".to_owned(), company.clone()), ("item".to_owned(), json!({ "S": key }))]);
            item.extend(members.as_object().cloned().unwrap_or_default());
            Some(Value::Object(item))
        };
        let at = |moment: Timestamp| json!({"N": moment.ms().to_string()});
        let later = now.after(std::time::Duration::from_secs(60));
        match key {
            "CONNECTION" if self != Self::Empty => item(json!({
                "device_ids": {"L": [{"S": DEVICE}]},
                "active": {"BOOL": self != Self::SwitchedOff},
                "has_api_key": {"BOOL": true},
                "created_at": at(now),
                "updated_at": at(now),
            })),
            "LOCK" if self == Self::Syncing => item(json!({"job": {"S": JOB}})),
            _ if key.strip_prefix("JOB#") == Some(JOB) && self.has_job() => {
                let syncing = self == Self::Syncing;
                let mut job = json!({
                    "status": {"S": if syncing { "Processing" } else { "Completed" }},
                    "generation": {"N": "1"},
                    "found": {"N": "17"}, "created": {"N": "1"}, "updated": {"N": "2"},
                    "unchanged": {"N": "10"}, "skipped": {"N": "4"},
                    "created_at": at(now), "updated_at": at(now),
                });
                if syncing {
                    job["lease_expires_at"] = at(later);
                }
                item(job)
            }
            _ => None,
        }
    }

    /// What there is once these have been written, as far as the same request looks at it again.
    fn after(self, actions: &[Value]) -> Self {
        let writes = |key: &str| {
            let update =
                actions.iter().map(|action| &action["Update"]).find(|update| text(&update["Key"]["item"]) == key);
            update.and_then(|update| update["UpdateExpression"].as_str()).unwrap_or_default()
        };
        match self {
            Self::Empty if writes("CONNECTION").contains("#device_ids") => Self::Connected,
            Self::Syncing if writes("LOCK").starts_with("REMOVE") => Self::Synced,
            _ => self,
        }
    }

    /// Whether a condition of the protocol holds for what lies under this sort key.
    fn meets(self, condition: &str, key: &str) -> bool {
        let syncing = self == Self::Syncing;
        match (condition, key) {
            ("attribute_not_exists(#item)", "CONNECTION") => self == Self::Empty,
            ("attribute_exists(#item)", "CONNECTION") => self != Self::Empty,
            ("#active = :yes", "CONNECTION") => !matches!(self, Self::Empty | Self::SwitchedOff),
            ("attribute_not_exists(#job)", "LOCK") => !syncing,
            ("#job = :job", "LOCK") => syncing,
            ("#status IN (:pending, :processing)", _) => syncing && key.strip_prefix("JOB#") == Some(JOB),
            // What a request makes anew is not there, and what is not asked for is not in the way.
            _ => !condition.starts_with("#status"),
        }
    }
}

/// The AWS.
#[derive(Debug, Clone)]
pub struct Store(Arc<State>);

#[derive(Debug)]
struct State {
    scene: Mutex<Scene>,
    changes: AtomicU32,
    now: Timestamp,
}

impl Store {
    /// An AWS at this time.
    pub fn new(now: Timestamp) -> Self {
        let scene = Mutex::new(Scene::Empty);
        Self(Arc::new(State { scene, changes: AtomicU32::new(0), now }))
    }

    /// Another scene, in which nothing has been written yet.
    pub fn set(&self, scene: Scene) {
        *self.0.scene.lock().unwrap_or_else(PoisonError::into_inner) = scene;
        self.0.changes.store(0, Ordering::Relaxed);
    }

    /// Transactions written and messages sent in this scene.
    pub fn changes(&self) -> u32 {
        self.0.changes.load(Ordering::Relaxed)
    }

    /// What clients of it are made from.
    pub fn sdk(&self) -> SdkConfig {
        let connector = SharedHttpConnector::new(self.clone());
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-north-1"))
            .endpoint_url("http://127.0.0.1:1")
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new("key", "key", None, None, "here")))
            .http_client(http_client_fn(move |_, _| connector.clone()))
            .retry_config(RetryConfig::disabled())
            .build()
    }

    fn changed(&self) {
        self.0.changes.fetch_add(1, Ordering::Relaxed);
    }

    fn answer(&self, request: &HttpRequest) -> (u16, Value) {
        let scene = *self.0.scene.lock().unwrap_or_else(PoisonError::into_inner);
        let body: Value = serde_json::from_slice(request.body().bytes().unwrap_or_default()).unwrap_or_default();
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        match target.rsplit_once('.').map_or("Invoke", |(_, operation)| operation) {
            "GetItem" => {
                let key = &body["Key"];
                let item = scene.item(&key["company"], text(&key["item"]), self.0.now);
                (200, item.map_or_else(|| json!({}), |item| json!({ "Item": item })))
            }
            "Query" => {
                let wanted = body["ExpressionAttributeValues"].as_object().cloned().unwrap_or_default();
                let company = wanted.values().find(|value| uuid::Uuid::parse_str(text(value)).is_ok());
                let jobs = wanted.values().any(|value| text(value) == "JOB#");
                let job =
                    company.filter(|_| jobs).and_then(|company| scene.item(company, &format!("JOB#{JOB}"), self.0.now));
                let items = Vec::from_iter(job);
                (200, json!({"Count": items.len(), "ScannedCount": items.len(), "Items": items}))
            }
            "TransactWriteItems" => self.transact(scene, &body),
            // The start of a job that is not there.
            "UpdateItem" => {
                (400, json!({"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"}))
            }
            "SendMessage" => {
                self.changed();
                (200, json!({"MessageId": "1", "MD5OfMessageBody": "00000000000000000000000000000000"}))
            }
            "Invoke" => {
                let report = TestReport { sign_in: Finding::Works, api_key: Finding::Works, devices: Vec::new() };
                (200, json!((scene != Scene::Empty).then_some(report)))
            }
            other => panic!("the store does not know {other}"),
        }
    }

    fn transact(&self, scene: Scene, body: &Value) -> (u16, Value) {
        let actions = body["TransactItems"].as_array().expect("actions");
        let refusals: Vec<_> = actions.iter().map(|action| self.refusal(scene, action)).collect();
        if refusals.iter().all(Option::is_none) {
            self.changed();
            *self.0.scene.lock().unwrap_or_else(PoisonError::into_inner) = scene.after(actions);
            return (200, json!({}));
        }
        let reasons = refusals.into_iter().map(|refusal| refusal.unwrap_or_else(|| json!({"Code": "None"})));
        let kind = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
        (400, json!({"__type": kind, "Message": "cancelled", "CancellationReasons": reasons.collect::<Vec<_>>()}))
    }

    fn refusal(&self, scene: Scene, action: &Value) -> Option<Value> {
        let action = action.as_object()?.values().next()?;
        let key = if action["Key"].is_object() { &action["Key"] } else { &action["Item"] };
        let sort_key = text(&key["item"]);
        if action["ConditionExpression"].as_str().is_none_or(|condition| scene.meets(condition, sort_key)) {
            return None;
        }
        let mut reason = json!({"Code": "ConditionalCheckFailed", "Message": "the condition failed"});
        if action["ReturnValuesOnConditionCheckFailure"] == "ALL_OLD" {
            reason["Item"] = scene.item(&key["company"], sort_key, self.0.now).unwrap_or_else(|| json!({}));
        }
        Some(reason)
    }
}

fn text(attribute: &Value) -> &str {
    attribute["S"].as_str().unwrap_or_default()
}

impl HttpConnector for Store {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (status, body) = self.answer(&request);
        let status = StatusCode::try_from(status).expect("a status code");
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(body.to_string()))))
    }
}
