//! What makes a process do something: a request, a message, the minute.

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::event::sqs::{SqsEvent, SqsMessage};
use serde_json::{Value, json};
use shared::clock::Timestamp;
use sync::door::{Answered, Delivered, Invocation};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::chance::happens;
use crate::hosts::{Deployment, idle};
use crate::source::MARK;
use crate::world::Delivery;

/// Lambda's time limits, as the template has them.
const API_LIMIT: Duration = Duration::from_secs(15);
const SYNC_LIMIT: Duration = Duration::from_secs(900);
const RECOVER_LIMIT: Duration = Duration::from_secs(60);

/// What a client is told.
#[derive(Debug)]
pub(crate) struct Told {
    pub status: u16,
    pub body: Value,
}

/// How often a client comes again.
const COMES_AGAIN: usize = 3;

/// As `Retry-After` tells it.
const COMES_AGAIN_AFTER_MS: u64 = 5_000;

impl Deployment {
    /// A request to the api function; `None` when its process died. A client that is told to come again does so once
    /// faults have stopped: an issuer that was out of reach, say, is not asked for its keys in the next seconds.
    pub(crate) async fn ask(&self, company: Uuid, method: &str, path: &str, body: Value) -> Option<Told> {
        let mut told = self.ask_once(company, method, path, &body).await?;
        for _ in 0..COMES_AGAIN {
            if told.status != 503 || !self.shared.lock().character.is_calm() {
                break;
            }
            sleep(self.shared.alone_after(COMES_AGAIN_AFTER_MS)).await;
            told = self.ask_once(company, method, path, &body).await?;
        }
        Some(told)
    }

    async fn ask_once(&self, company: Uuid, method: &str, path: &str, body: &Value) -> Option<Told> {
        let token = self.shared.lock().issuer.token(company);
        let event = json!({
            "version": "2.0", "rawPath": path, "rawQueryString": "",
            "headers": {"authorization": format!("Bearer {token}"), "content-type": "application/json"},
            "requestContext": {"http": {"method": method}},
            "body": body.to_string(),
        });
        let host = self.made(self.api())?;
        let event = self.made(serde_json::from_value(event).map_err(|error| error.to_string()))?;
        let app = Arc::clone(&host.app);
        let answered = tokio::select! {
            biased;
            () = host.process.killed() => None,
            reply = timeout(API_LIMIT, api::handle(&app, event)) => reply.ok(),
        };
        let Some(reply) = answered else {
            self.died(&host.process.name);
            return None;
        };
        idle(&self.api).push(host);
        if reply.body.contains(MARK) {
            self.shared.broken("I9: an answer with personal data".to_owned());
        }
        Some(Told { status: reply.status_code, body: serde_json::from_str(&reply.body).unwrap_or_default() })
    }

    /// A message comes to the sync function.
    pub(crate) async fn deliver(&self, delivery: Delivery) {
        sleep(self.shared.alone_after(delivery.after_ms)).await;
        let limit = {
            let mut world = self.shared.lock();
            let world = &mut *world;
            let short = happens(&mut world.random, world.character.short_slice);
            if short { Duration::from_millis(world.random.u64(59_500..62_000)) } else { SYNC_LIMIT }
        };
        let taken = self.take(&delivery, limit).await;
        let mut world = self.shared.lock();
        world.underway -= 1;
        if taken == Taken::NotDone {
            world.give_back(&delivery);
        }
    }

    async fn take(&self, delivery: &Delivery, limit: Duration) -> Taken {
        let Some(host) = self.made(self.sync()) else {
            return Taken::NotDone;
        };
        let request = format!("{}-{}", host.process.name, self.shared.lock().next_invocation());
        self.shared.tell(|_| {
            format!("{:<10} takes a message for the {}. time, for {limit:?}", host.process.name, delivery.nth)
        });
        let deadline = self.shared.time.now_ms() + i64::try_from(limit.as_millis()).unwrap_or(i64::MAX);
        let invocation = Invocation { id: request, deadline: Timestamp::from_ms(deadline) };
        let mut message = SqsMessage::default();
        message.message_id = Some("one".to_owned());
        message.body = Some(delivery.body.clone());
        let mut event = SqsEvent::default();
        event.records = vec![message];
        let answered = tokio::select! {
            biased;
            () = host.process.killed() => None,
            answer = timeout(limit, host.app.receive(Delivered::Messages(event), &invocation)) => answer.ok(),
        };
        let Some(answer) = answered else {
            self.died(&host.process.name);
            return Taken::NotDone;
        };
        let name = host.process.name.clone();
        idle(&self.sync).push(host);
        match answer {
            Ok(Answered::Messages(batch)) if batch.batch_item_failures.is_empty() => Taken::Done,
            Ok(Answered::Messages(_)) => {
                self.shared.tell(|_| format!("{name:<10} gives the message back"));
                Taken::NotDone
            }
            Ok(Answered::Test(_)) | Err(_) => {
                self.shared.broken("a batch of messages was answered with something else".to_owned());
                Taken::Done
            }
        }
    }

    /// The minute comes to the recover function.
    pub(crate) async fn minute(&self) {
        let Some(host) = self.made(self.recover()) else { return };
        let ran = tokio::select! {
            biased;
            () = host.process.killed() => None,
            ran = timeout(RECOVER_LIMIT, host.app.run()) => ran.ok(),
        };
        match ran {
            None => self.died(&host.process.name),
            Some(ran) => {
                let name = host.process.name.clone();
                idle(&self.recover).push(host);
                self.shared.tell(|_| match ran {
                    Ok(done) => format!("{name:<10} {done:?}"),
                    Err(error) => format!("{name:<10} did not do it all: {error}"),
                });
            }
        }
    }

    fn died(&self, process: &str) {
        self.shared.tell(|_| format!("{process:<10} is dead"));
        self.shared.lock().tally.add("processes that died", 1);
    }

    /// What could be made; what could not is a fault of the simulation.
    fn made<T>(&self, made: Result<T, String>) -> Option<T> {
        made.map_err(|error| self.shared.broken(format!("the simulation: {error}"))).ok()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taken {
    Done,
    NotDone,
}
