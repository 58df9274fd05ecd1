//! How much a job may take: slices, and a day. How much a slice may: its time.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use local::vaka::Route;
use shared::ids::JobId;
use shared::job::{FailureCode, Status};
use sync::slice::{MOST_SLICES, STOP_BEFORE_DEADLINE};

use crate::works::{TIMEOUT, Works, body, text};

const A_DAY: Duration = Duration::from_secs(24 * 3_600);
const A_MINUTE: Duration = Duration::from_secs(60);

async fn works() -> Works {
    let works = Works::open().await;
    works.vaka.populate(works.device, 10, 1);
    works
}

/// As a job is that has been handed over so often.
async fn after_slices(works: &Works, job: JobId, slices: u32) {
    let update = works.fresh.endpoint.dynamodb().update_item().table_name(&works.fresh.state_table);
    let update = update.key("company", text(works.company)).key("item", text(format!("JOB#{job}")));
    let update = update.update_expression("SET slices = :slices");
    let update = update.expression_attribute_values(":slices", AttributeValue::N(slices.to_string()));
    update.send().await.expect("a job of many slices");
}

#[tokio::test]
async fn a_job_of_more_slices_than_any_sync_needs_is_given_up() {
    let works = works().await;
    let job = works.accept().await;
    after_slices(&works, job, MOST_SLICES - 2).await;
    for given_up in [false, true] {
        works.deliver(&works.worker(), &body(works.company, job), Duration::ZERO).await;
        assert_eq!(works.job(job).await.status.is_active(), !given_up);
    }
    let ended = works.ended(job).await;
    assert_eq!((ended.status, ended.failure_code), (Status::Failed, Some(FailureCode::TooManySlices)));
}

#[tokio::test]
async fn a_job_that_is_a_day_old_ends_at_its_next_slice_and_reads_nothing_more() {
    let works = works().await;
    let job = works.accept().await;
    works.clock.advance(A_DAY);
    works.work(job).await;
    let ended = works.ended(job).await;
    assert_eq!((ended.status, ended.failure_code), (Status::Failed, Some(FailureCode::TooOld)));
    assert_eq!(works.vaka.calls(Route::Users).len(), 0);
}

#[tokio::test]
async fn a_job_that_has_not_gone_on_for_a_day_is_worked_on_like_any_other() {
    let works = works().await;
    let job = works.accept().await;
    works.clock.advance(A_DAY - TIMEOUT);
    works.work(job).await;
    assert_eq!(works.ended(job).await.status, Status::Completed);
}

/// Fault 13, where no call to the source is left that would be refused for want of time.
#[tokio::test]
async fn a_slice_whose_time_ran_out_while_it_wrote_leaves_the_rest_of_what_has_arrived_to_the_next() {
    let works = Works::open().await;
    // Two batches of the parser's, in one page that arrives whole while the first is written.
    works.vaka.populate(works.device, 120, 1);
    let job = works.accept().await;
    works.messages().await;
    let gate = works.proxy.on("TransactWriteItems").nth(1).hold_before();
    let (worker, message) = (works.worker(), body(works.company, job));
    let (response, ()) = tokio::join!(works.deliver(&worker, &message, STOP_BEFORE_DEADLINE + A_MINUTE), async {
        gate.reached().await;
        works.clock.advance(A_MINUTE);
        gate.release();
    });
    assert!(response.batch_item_failures.is_empty());
    let counters = works.job(job).await.counters.expect("counters");
    assert!((49..120).contains(&counters.found), "{counters:?}");
    assert_eq!(works.messages().await, [message], "sent again");
    works.work(job).await;
    assert_eq!(works.ended(job).await.counters.map(|counters| counters.created), Some(120));
}
