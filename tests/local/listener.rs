//! Whoever is told of events: a rule at an event bus and a queue behind it, as a deployment sets
//! them up for mail, chat or a webhook.
//!
//! The bus is the account's default one, which every test shares; so the rule is about one company.

use std::time::{Duration, Instant};

use aws_sdk_eventbridge::types::Target;
use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::{Value, json};
use thiserror::Error;
use uuid::Uuid;

use crate::cloud::Endpoint;

/// Longer than any test, so that what has been heard is not heard again.
const HEARD_FOR_S: u32 = 12 * 3600;

/// SQS waits no longer for a message.
const LONG_POLL: Duration = Duration::from_secs(20);

/// A rule and its queue.
#[derive(Debug)]
pub struct Listener {
    endpoint: Endpoint,
    queue_url: String,
}

/// Why nobody can listen.
#[derive(Debug, Error)]
#[error("{call} failed at the emulator")]
pub struct ListenerError {
    call: &'static str,
    #[source]
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl Listener {
    /// Listens for the events about this company at the default bus.
    ///
    /// # Errors
    /// [`ListenerError`].
    pub async fn for_company(endpoint: &Endpoint, company: &str) -> Result<Self, ListenerError> {
        let (sqs, events) = (endpoint.sqs(), endpoint.eventbridge());
        let name = format!("listener-{}", Uuid::new_v4().simple());
        let create = sqs.create_queue().queue_name(&name);
        let create = create.attributes(QueueAttributeName::VisibilityTimeout, HEARD_FOR_S.to_string());
        let queue_url = create.send().await.map_err(failed("CreateQueue"))?.queue_url.unwrap_or_default();
        let asked = sqs.get_queue_attributes().queue_url(&queue_url).attribute_names(QueueAttributeName::QueueArn);
        let answer = asked.send().await.map_err(failed("GetQueueAttributes"))?;
        let arn = answer.attributes().and_then(|all| all.get(&QueueAttributeName::QueueArn)).cloned();
        let pattern = json!({"detail": {"CompanyId": [company]}});
        events.put_rule().name(&name).event_pattern(pattern.to_string()).send().await.map_err(failed("PutRule"))?;
        let target = Target::builder().id("queue").arn(arn.unwrap_or_default()).build();
        let target = target.map_err(|source| ListenerError { call: "PutTargets", source: Box::new(source) })?;
        events.put_targets().rule(&name).targets(target).send().await.map_err(failed("PutTargets"))?;
        Ok(Self { endpoint: endpoint.clone(), queue_url })
    }

    /// The events that have come since it was last asked. It waits until there are this many or
    /// the time is over, and then takes what else is there.
    ///
    /// # Errors
    /// [`ListenerError`].
    pub async fn heard(&self, at_least: usize, within: Duration) -> Result<Vec<Value>, ListenerError> {
        let sqs = self.endpoint.sqs();
        let deadline = Instant::now() + within;
        let mut heard = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let wait = if heard.len() < at_least { left.min(LONG_POLL) } else { Duration::ZERO };
            let receive = sqs.receive_message().queue_url(&self.queue_url).max_number_of_messages(10);
            let receive = receive.wait_time_seconds(i32::try_from(wait.as_secs()).unwrap_or_default());
            let received = receive.send().await.map_err(failed("ReceiveMessage"))?.messages.unwrap_or_default();
            if received.is_empty() && (heard.len() >= at_least || left.is_zero()) {
                return Ok(heard);
            }
            let bodies = received.iter().filter_map(|message| message.body());
            heard.extend(bodies.map(|body| serde_json::from_str(body).unwrap_or_default()));
        }
    }
}

fn failed<E, R>(call: &'static str) -> impl Fn(aws_sdk_sqs::error::SdkError<E, R>) -> ListenerError
where
    E: std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    move |source| ListenerError { call, source: Box::new(source) }
}
