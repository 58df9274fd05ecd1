//! One way to write a transaction, and one way to read why it was refused.
//!
//! The SDK repeats throttled and lost calls by itself, and the client token makes that harmless.
//! What it does not repeat is a transaction that met another one at the same item: that is done
//! here, with full jitter, a bounded number of times.

use std::time::Duration;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::CancellationReason;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;

use super::action::{self, Action, Condition};
use super::attributes::{Attributes, Item};
use super::{Table, TableError};

/// Tries of one transaction that meets others. With the pauses below they last some four seconds
/// together, which is within the api function's time.
const TRIES: u32 = 8;
/// The first pause is drawn from zero to this; each later one from twice as much.
const FIRST_PAUSE: Duration = Duration::from_millis(40);
/// No pause is drawn from more than this.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// DynamoDB takes no more actions in one transaction.
pub(super) const MOST_ACTIONS: usize = 100;

/// There is no item of this key.
pub(super) const NEW: &str = "attribute_not_exists(#item)";

const CONDITION_FAILED: &str = "ConditionalCheckFailed";
const CONFLICT_CODES: [&str; 4] =
    ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded", "TransactionInProgressException"];

/// What became of one action of a refused transaction.
#[derive(Debug)]
pub(super) enum Verdict {
    /// Its own condition held, or it had none.
    Held,
    /// Its condition did not hold; the item as it was, when it was asked for and there is one.
    Failed(Option<Item>),
}

/// What became of a transaction.
#[derive(Debug)]
pub(super) enum Written {
    /// All of it took effect.
    All,
    /// Nothing took effect; one verdict for each action.
    Refused(Vec<Verdict>),
}

impl Table {
    /// Writes all of the actions or none. The token makes a repetition within ten minutes
    /// harmless, so it names this one write and no other.
    pub(super) async fn transact(
        &self,
        operation: &'static str,
        token: &str,
        actions: &[Action],
    ) -> Result<Written, TableError> {
        debug_assert!(actions.len() <= MOST_ACTIONS, "{operation} has {} actions", actions.len());
        let body = Bytes::from(action::transaction(token, actions));
        for attempt in 0..TRIES {
            let body = body.clone();
            let sent = self
                .client
                .transact_write_items()
                .customize()
                .mutate_request(move |request| say(request, body.clone()))
                .send()
                .await;
            let Err(error) = sent else {
                return Ok(Written::All);
            };
            match error.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                    if let Some(verdicts) = verdicts(cancelled.cancellation_reasons()) {
                        return Ok(Written::Refused(verdicts));
                    }
                    if !is_conflict(cancelled.cancellation_reasons()) {
                        return Err(TableError::unavailable(operation, &error));
                    }
                }
                Some(TransactWriteItemsError::TransactionInProgressException(_)) => {}
                _ => return Err(TableError::unavailable(operation, &error)),
            }
            tokio::time::sleep(pause(attempt)).await;
        }
        Err(TableError::Contended { operation, tries: TRIES })
    }

    /// An action that changes one item, when the condition holds.
    pub(super) fn update(&self, key: Item, change: &str, condition: &str, values: Option<Item>) -> Action {
        let values = values.map(Attributes::from);
        Action::update(&self.name, &key.into(), change, Some(Condition::showing_item(condition)), values.as_ref())
    }

    /// An action that puts one item, when there is none of its key.
    pub(super) fn put(&self, item: Item) -> Action {
        Action::put(&self.name, &item.into(), Some(Condition::that(NEW)), None)
    }

    /// An action that puts one item, whatever was there.
    pub(super) fn put_over(&self, item: Item) -> Action {
        Action::put(&self.name, &item.into(), None, None)
    }

    /// An action that removes one item, if it is there.
    pub(super) fn delete(&self, key: Item) -> Action {
        Action::delete(&self.name, &key.into(), None)
    }

    /// An action that changes nothing and holds the transaction to a condition.
    pub(super) fn check(&self, key: Item, condition: &str, values: Option<Item>) -> Action {
        let values = values.map(Attributes::from);
        Action::check(&self.name, &key.into(), Condition::that(condition), values.as_ref())
    }
}

/// Has a request say this, before it is signed.
fn say(request: &mut HttpRequest, body: Bytes) {
    request.headers_mut().insert("content-length", body.len().to_string());
    *request.body_mut() = SdkBody::from(body);
}

/// The verdicts, when a condition failed; `None` when it was something else.
fn verdicts(reasons: &[CancellationReason]) -> Option<Vec<Verdict>> {
    reasons.iter().any(|reason| reason.code() == Some(CONDITION_FAILED)).then(|| {
        reasons
            .iter()
            .map(|reason| match reason.code() {
                Some(CONDITION_FAILED) => Verdict::Failed(reason.item().filter(|item| !item.is_empty()).cloned()),
                _ => Verdict::Held,
            })
            .collect()
    })
}

fn is_conflict(reasons: &[CancellationReason]) -> bool {
    reasons.iter().any(|reason| reason.code().is_some_and(|code| CONFLICT_CODES.contains(&code)))
}

/// Full jitter: anything from nothing to a bound that doubles.
fn pause(attempt: u32) -> Duration {
    longest(attempt).mul_f64(fastrand::f64())
}

fn longest(attempt: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(1 << attempt.min(16)).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::table::standin::{self, Says};

    fn reason(code: &str) -> CancellationReason {
        CancellationReason::builder().code(code).build()
    }

    #[test]
    fn a_failed_condition_is_a_verdict_even_beside_a_conflict() {
        let reasons = [reason("None"), reason("ConditionalCheckFailed"), reason("TransactionConflict")];
        let found = verdicts(&reasons).unwrap_or_default();
        assert!(matches!(found[..], [Verdict::Held, Verdict::Failed(None), Verdict::Held]));
    }

    #[test]
    fn a_conflict_alone_is_tried_again_and_a_bad_request_is_not() {
        assert!(verdicts(&[reason("None"), reason("TransactionConflict")]).is_none());
        assert!(is_conflict(&[reason("None"), reason("TransactionConflict")]));
        assert!(!is_conflict(&[reason("ValidationError")]));
    }

    #[test]
    fn pauses_are_drawn_from_a_bound_that_doubles_up_to_the_longest() {
        let bounds: Vec<_> = (0..7).map(|attempt| longest(attempt).as_millis()).collect();
        assert_eq!(bounds, [40, 80, 160, 320, 640, 1_000, 1_000]);
        assert_eq!(longest(u32::MAX), LONGEST_PAUSE);
        let drawn: Vec<_> = (0..64).map(|_| pause(0)).collect();
        assert!(drawn.iter().all(|pause| *pause <= longest(0)) && drawn.iter().any(|pause| !pause.is_zero()));
    }

    /// What becomes of a transaction that is answered so, and how often it was sent.
    async fn sent(says: Says) -> (Result<Written, TableError>, u32) {
        let tries = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&tries);
        let aws = standin::aws(move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
            says
        });
        let written = Table::new(&aws, "t").transact("test", "a token", &[]).await;
        (written, tries.load(Ordering::Relaxed))
    }

    #[tokio::test(start_paused = true)]
    async fn a_transaction_that_meets_another_is_sent_again_and_not_for_ever() {
        const CONFLICT: &str = r#"{"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            "CancellationReasons": [{"Code": "None"}, {"Code": "TransactionConflict"}]}"#;
        const UNDER_WAY: &str = r#"{"__type": "com.amazonaws.dynamodb.v20120810#TransactionInProgressException"}"#;
        for says in [CONFLICT, UNDER_WAY] {
            let (written, tries) = sent((400, says)).await;
            assert!(matches!(written, Err(TableError::Contended { tries: TRIES, .. })), "{written:?}");
            assert_eq!(tries, TRIES);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_transaction_that_cannot_be_is_sent_once() {
        const INVALID: &str = r#"{"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            "CancellationReasons": [{"Code": "ValidationError"}]}"#;
        const UNKNOWN: &str = r#"{"__type": "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"}"#;
        for says in [INVALID, UNKNOWN] {
            let (written, tries) = sent((400, says)).await;
            assert!(matches!(written, Err(TableError::Unavailable { .. })), "{written:?}");
            assert_eq!(tries, 1);
        }
    }
}
