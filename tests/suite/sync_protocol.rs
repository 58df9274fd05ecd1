//! The lease, the slices and the messages of a job, with the world around them breaking.

use std::sync::Arc;
use std::time::Duration;

use local::vaka::{Route, User};
use shared::job::{Counters, Status};
use shared::queue::Nudge;
use shared::table::lease::Start;
use sync::source::Patience;

use crate::works::{NOON, TIMEOUT, Works, body};

/// Enough for several commits: a commit takes 49 new users at most.
const USERS: usize = 200;

async fn works() -> Works {
    let works = Works::open().await;
    works.vaka.populate(works.device, USERS, 3);
    works
}

/// What the same sync does when nothing breaks.
async fn undisturbed() -> Counters {
    works().await.completed().await
}

/// Fault 11.
#[tokio::test]
async fn a_message_that_is_delivered_twice_at_once_is_worked_on_once() {
    let works = Arc::new(works().await);
    let job = works.accept().await;
    let gate = works.vaka.on(Route::Users).nth(1).hold();
    let first = tokio::spawn({
        let works = Arc::clone(&works);
        async move { works.work(job).await }
    });
    gate.reached().await;
    works.proxy.forget();
    works.work(job).await;
    assert_eq!(works.proxy.seen().writes().count(), 0, "the second worker found the first at it");
    gate.release();
    first.await.expect("the first worker");
    assert_eq!(works.ended(job).await.counters, Some(undisturbed().await));
}

/// Fault 11.
#[tokio::test]
async fn a_message_of_a_job_that_has_ended_changes_nothing_a_week_later() {
    let works = works().await;
    let job = works.sync().await;
    works.clock.advance(Duration::from_secs(7 * 24 * 3_600));
    works.vaka.change(works.device, 5);
    works.work(job.id).await;
    assert_eq!(works.ended(job.id).await, job);
    let start = works.table.start(works.company, job.id, "a late worker", works.clock.now()).await.expect("an answer");
    assert!(matches!(start, Start::Ended), "an operator is told that it had ended: {start:?}");
}

/// Fault 12, by the in-process form of a crash: the worker's future is dropped at a commit.
#[tokio::test]
async fn a_worker_that_dies_at_any_commit_is_followed_by_one_that_ends_the_job_exactly() {
    let expected = undisturbed().await;
    for after_it_took_effect in [false, true] {
        for commit in 1..=3 {
            let works = Arc::new(works().await);
            let job = works.accept().await;
            let on = works.proxy.on("TransactWriteItems").containing("LINK#").nth(commit);
            let gate = if after_it_took_effect { on.hold_after() } else { on.hold_before() };
            works.die_at(&gate, job).await;
            works.proxy.calm();
            works.clock.advance(Duration::from_secs(180));
            works.recover.run().await.expect("a recovery");
            works.work(job).await;
            let ended = works.ended(job).await;
            assert_eq!(ended.counters, Some(expected), "commit {commit}, after: {after_it_took_effect}");
            assert_eq!(works.customers().await.len() as u64, expected.created);
        }
    }
}

/// Fault 13.
#[tokio::test]
async fn a_slice_that_runs_out_of_time_sends_its_message_again_and_the_next_one_goes_on() {
    let works = works().await;
    works.vaka.page_users(Some(50));
    let job = works.accept().await;
    works.messages().await;
    let mut slices = 0;
    loop {
        slices += 1;
        let worker = works.worker();
        // Time passes while the second page is fetched.
        let gate = works.vaka.on(Route::Users).nth(2).hold();
        let passing = async {
            gate.reached().await;
            works.clock.advance(Duration::from_secs(90));
            gate.release();
        };
        let message = body(works.company, job);
        let (response, ()) = tokio::join!(works.deliver(&worker, &message, Duration::from_secs(140)), async {
            tokio::select! { () = passing => {}, () = never() => {} }
        });
        assert!(response.batch_item_failures.is_empty());
        works.vaka.calm();
        let now = works.job(job).await;
        if !now.status.is_active() {
            break;
        }
        assert_eq!(now.status, Status::Processing);
        assert_eq!(works.messages().await, [body(works.company, job)], "the same message, sent again");
        assert!(slices < 10, "the job does not get on");
        if slices == 2 {
            works.work(job).await;
            break;
        }
    }
    assert_eq!(works.ended(job).await.counters, Some(undisturbed().await));
}

async fn never() {
    std::future::pending::<()>().await;
}

/// Fault 13.
#[tokio::test]
async fn a_slice_without_time_hands_over_and_a_job_that_never_gets_any_is_given_up() {
    let works = works().await;
    let job = works.accept().await;
    for slice in 1..=3 {
        works.deliver(&works.worker(), &body(works.company, job), Duration::ZERO).await;
        assert_eq!(works.job(job).await.status.is_active(), slice < 3, "slice {slice}");
    }
    let ended = works.ended(job).await;
    assert!(ended.failure_text.is_some_and(|text| text.contains("3 times in a row")));
    assert_eq!(works.customers().await.len(), 0);
}

/// Fault 15.
#[tokio::test]
async fn a_worker_that_slept_through_its_lease_changes_nothing_when_it_wakes_up() {
    let works = Arc::new(works().await);
    let job = works.accept().await;
    let gate = works.proxy.on("TransactWriteItems").containing("LINK#").nth(2).hold_before();
    let sleeper = tokio::spawn({
        let works = Arc::clone(&works);
        async move { works.work(job).await }
    });
    gate.reached().await;
    works.clock.advance(Duration::from_secs(180));
    works.recover.run().await.expect("a recovery");
    works.work(job).await;
    let first = works.ended(job).await;
    works.vaka.change(works.device, 5);
    let second = works.completed().await;
    let (customers, links) = (works.customers().await, works.links().await.len());

    gate.release();
    sleeper.await.expect("the sleeper wakes up and goes");
    assert_eq!(works.ended(job).await, first);
    assert_eq!(second.updated, 5);
    assert_eq!((works.customers().await, works.links().await.len()), (customers, links));
}

/// Fault 15, against the worker that is at it and not yet done.
#[tokio::test]
async fn a_late_worker_cannot_write_beside_the_one_that_took_over() {
    let works = Arc::new(works().await);
    let job = works.accept().await;
    let late = works.proxy.on("TransactWriteItems").containing("LINK#").nth(1).hold_before();
    let sleeper = tokio::spawn({
        let works = Arc::clone(&works);
        async move { works.work(job).await }
    });
    late.reached().await;
    works.clock.advance(Duration::from_secs(180));
    let reading = works.vaka.on(Route::Users).nth(1).hold();
    let successor = tokio::spawn({
        let works = Arc::clone(&works);
        async move { works.work(job).await }
    });
    reading.reached().await;
    works.proxy.forget();
    late.release();
    sleeper.await.expect("the sleeper wakes up and goes");
    assert_eq!(works.proxy.seen().writes().count(), 0, "the sleeper wrote beside its successor");
    reading.release();
    successor.await.expect("the successor");
    assert_eq!(works.ended(job).await.counters, Some(undisturbed().await));
}

/// Fault 16.
#[tokio::test]
async fn a_job_of_twenty_slices_ends_exactly() {
    let works = Works::open().await;
    works.vaka.populate(works.device, 1_000, 4);
    works.vaka.page_users(Some(50));
    let job = works.accept().await;
    let mut shown = Counters::default();
    for slice in 1..=20_u64 {
        // Each slice is cut off after another fifty users, by a source that asks to wait.
        let fault = local::vaka::Fault::status(429).with("Retry-After", "600");
        works.vaka.on(Route::Users).nth(slice + 1).fault(fault);
        works.deliver(&works.worker(), &body(works.company, job), TIMEOUT).await;
        works.vaka.calm();
        works.clock.advance(Duration::from_secs(600));
        let now = works.job(job).await;
        if slice < 20 {
            assert_eq!(now.status, Status::Processing, "slice {slice}: {:?}", now.failure_text);
            let counters = now.counters.expect("counters");
            assert!(counters.found >= shown.found && counters.created >= shown.created, "counters went down");
            shown = counters;
        }
    }
    if works.job(job).await.status.is_active() {
        works.work(job).await;
    }
    let counters = works.ended(job).await.counters.expect("counters");
    assert_eq!((counters.found, counters.created), (1_000, works.customers().await.len() as u64));
}

/// Fault 14.
#[tokio::test]
async fn a_message_that_cannot_be_read_is_given_back_and_one_about_no_job_is_done() {
    let works = works().await;
    let unknown = serde_json::to_string(&Nudge::new(works.company, shared::ids::JobId::mint(NOON))).expect("a message");
    for (message, given_back) in [
        ("", true),
        ("{}", true),
        ("\u{0}", true),
        (r#"{"version":2,"company":"?","job":"?"}"#, true),
        (unknown.as_str(), false),
    ] {
        let response = works.deliver(&works.worker(), message, TIMEOUT).await;
        assert_eq!(response.batch_item_failures.len(), usize::from(given_back), "{message}");
    }
    assert!(works.customers().await.is_empty());
}

/// Fault 6, for every step: its answer is lost once and the SDK sends it again.
#[tokio::test]
async fn a_step_whose_answer_is_lost_is_taken_as_done() {
    let expected = undisturbed().await;
    for operation in ["UpdateItem", "TransactWriteItems"] {
        for nth in 1..=4 {
            let works = works().await;
            works.proxy.on(operation).nth(nth).lose_answer();
            let job = works.sync().await;
            assert_eq!((job.status, job.counters), (Status::Completed, Some(expected)), "{operation} {nth}");
        }
    }
}

/// Fault 18.
#[tokio::test]
async fn throttling_and_errors_on_one_call_in_three_do_not_change_the_outcome() {
    let works = works().await;
    let job = works.accept().await;
    works.proxy.on("*").every(3).throttle();
    works.proxy.on("*").every(5).fail();
    for _ in 0..5 {
        works.deliver(&works.worker(), &body(works.company, job), TIMEOUT).await;
        if !works.job(job).await.status.is_active() {
            break;
        }
        works.clock.advance(Duration::from_secs(180));
    }
    works.proxy.calm();
    assert_eq!(works.ended(job).await.counters, Some(undisturbed().await));
}

/// Fault 28.
#[tokio::test]
async fn a_token_that_is_revoked_in_mid_walk_is_renewed() {
    let works = works().await;
    works.vaka.page_users(Some(50));
    let gate = works.vaka.on(Route::Users).nth(3).hold();
    let syncing = works.sync();
    let revoking = async {
        gate.reached().await;
        works.vaka.revoke_tokens();
        gate.release();
    };
    let (job, ()) = tokio::join!(syncing, revoking);
    assert_eq!(job.status, Status::Completed);
}

/// Fault 28.
#[tokio::test]
async fn an_integrator_secret_that_is_rotated_in_mid_walk_is_picked_up_at_the_next_401() {
    let works = works().await;
    works.vaka.page_users(Some(50));
    let gate = works.vaka.on(Route::Users).nth(3).hold();
    let syncing = works.sync();
    let rotating = async {
        gate.reached().await;
        works.vaka.set_credentials(local::vaka::CLIENT_ID, "another-secret");
        works.put_integrator("another-secret").await;
        works.vaka.revoke_tokens();
        gate.release();
    };
    let (job, ()) = tokio::join!(syncing, rotating);
    assert_eq!(job.status, Status::Completed);
}

/// Fault 24: what was read before it is kept.
#[tokio::test]
async fn what_a_source_in_trouble_has_said_so_far_is_kept_and_the_job_goes_on_later() {
    let works = Works::with_users((0..150).map(|n| User::named(&format!("Ek Tuva {n}"))).collect()).await;
    works.vaka.page_users(Some(100));
    let job = works.accept().await;
    let hasty = Patience { tries: 2, first_pause: Duration::from_millis(1), ..Patience::PRODUCTION };
    works.vaka.on(Route::Users).nth(2).fault(local::vaka::Fault::status(503));
    works.vaka.on(Route::Users).nth(3).fault(local::vaka::Fault::status(503));
    let worker = works.worker_at(works.clock.clone(), hasty);
    works.deliver(&worker, &body(works.company, job), TIMEOUT).await;
    let paused = works.job(job).await;
    assert_eq!((paused.status, paused.counters.map(|counters| counters.created)), (Status::Processing, Some(100)));
    works.pass_pause(job).await;
    works.work(job).await;
    assert_eq!(works.ended(job).await.counters.map(|counters| counters.created), Some(150));
}
