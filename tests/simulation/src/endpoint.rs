//! The AWS endpoint, in the place of the SDK's HTTP client: every request of the clients comes here.

use std::io;
use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

use crate::call::{Broken, Process, call};
use crate::table::{Reply, STATE};
use crate::trace::Names;
use crate::world::{Shared, World};

/// The endpoint, as one process reaches it.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    shared: Shared,
    process: Arc<Process>,
}

impl Endpoint {
    pub(crate) fn of(shared: &Shared, process: &Arc<Process>) -> Self {
        Self { shared: shared.clone(), process: Arc::clone(process) }
    }

    async fn answer(&self, target: String, request: Value) -> Result<Reply, Broken> {
        let name = self.name(&target, &request);
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let actions = request["TransactItems"].as_array().map_or(0, Vec::len);
        let (refused, of) = (operation.clone(), self.process.name.clone());
        let refusal = move |world: &mut World| refusal(world, &refused, actions);
        let effect = move |world: &mut World, now_ms: i64| {
            let done = match operation.as_str() {
                "SendMessage" => world.send_message(&request),
                "PutEvents" => world.put_events(&request),
                operation => world.table(&of, operation, &request, now_ms),
            };
            done.unwrap_or_else(|unknown| {
                world.broken.push(format!("{operation} of {of} cannot be done: {unknown}"));
                Reply { status: 501, body: "{}".to_owned() }
            })
        };
        call(&self.shared, &self.process, name, refusal, effect).await
    }

    /// What a trace calls a request.
    fn name(&self, target: &str, request: &Value) -> String {
        let mut name = String::new();
        self.shared.lock().trace.name(|names| name = described(names, target, request));
        name
    }
}

impl World {
    /// A request to the tables, with a look at what it has changed.
    fn table(&mut self, of: &str, operation: &str, request: &Value, now_ms: i64) -> Result<Reply, String> {
        let whims = self.character.whims(&mut self.random);
        let done = self.tables.perform(operation, request, now_ms, whims)?;
        if !done.changes.is_empty() {
            self.look(of, request, &done.changes, now_ms);
        }
        Ok(done.reply)
    }
}

fn refusal(world: &mut World, operation: &str, actions: usize) -> Reply {
    let plain = |status, code: &str| Reply { status, body: json!({"__type": code, "message": code}).to_string() };
    match (operation, world.random.usize(0..4)) {
        ("TransactWriteItems", 0 | 1) => {
            let code = |at| if at == 0 { "TransactionConflict" } else { "None" };
            let reasons: Vec<_> = (0..actions).map(|at| json!({"Code": code(at)})).collect();
            Reply::error("TransactionCanceledException", json!({"CancellationReasons": reasons}))
        }
        ("SendMessage", 0) => plain(400, "RequestThrottled"),
        ("PutEvents", 0) => plain(400, "ThrottlingException"),
        (_, 0 | 1) => Reply::error("ProvisionedThroughputExceededException", json!({})),
        (_, 2) => plain(500, "InternalServerError"),
        (_, _) => plain(503, "ServiceUnavailable"),
    }
}

fn described(names: &mut Names<'_>, target: &str, request: &Value) -> String {
    let operation = target.rsplit('.').next().unwrap_or_default();
    let key = |names: &mut Names<'_>, action: &Value| {
        let attributes = action.get("Key").or_else(|| action.get("Item")).cloned().unwrap_or_default();
        match action["TableName"].as_str() {
            Some(STATE) => names.item(attributes["item"]["S"].as_str().unwrap_or_default()),
            Some(other) => other.to_owned(),
            None => String::new(),
        }
    };
    if let Some(index) = request["IndexName"].as_str() {
        let shard = &request["ExpressionAttributeValues"][":shard"]["S"];
        return format!("{operation} {index} {}", shard.as_str().unwrap_or_default());
    }
    let Some(actions) = request["TransactItems"].as_array() else {
        return match request["MessageBody"].as_str().and_then(|body| serde_json::from_str::<Value>(body).ok()) {
            Some(nudge) => format!("{operation} {}", names.of('J', nudge["job"].as_str().unwrap_or_default())),
            None if request["KeyConditionExpression"].is_string() => {
                let prefix = request["ExpressionAttributeValues"][":prefix"]["S"].as_str().unwrap_or("all");
                format!("{operation} {}", names.item(prefix.trim_end_matches('#')))
            }
            None => format!("{operation} {}", key(names, request)),
        };
    };
    let mut told: Vec<(String, usize)> = Vec::new();
    for action in actions {
        let (kind, action) = action.as_object().and_then(|action| action.iter().next()).unzip();
        let item = key(names, action.unwrap_or(&Value::Null));
        let line = format!("{} {item}", kind.map(String::as_str).unwrap_or_default());
        match told.iter_mut().find(|(other, _)| *other == line) {
            Some((_, times)) => *times += 1,
            None => told.push((line, 1)),
        }
    }
    let told: Vec<_> =
        told.into_iter().map(|(line, times)| if times > 1 { format!("{line} x{times}") } else { line }).collect();
    format!("{operation} [{}]", told.join(", "))
}

impl HttpConnector for Endpoint {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
        let body = request.body().bytes().and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default();
        let endpoint = self.clone();
        HttpConnectorFuture::new(async move {
            let Ok(reply) = endpoint.answer(target, body).await else {
                let reset = io::Error::from(io::ErrorKind::ConnectionReset);
                return Err(ConnectorError::io(Box::new(reset)));
            };
            let status = reply.status.try_into().map_err(|error| ConnectorError::user(Box::new(error)))?;
            Ok(HttpResponse::new(status, SdkBody::from(reply.body)))
        })
    }
}

impl HttpClient for Endpoint {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}
