//! `DELETE /codelock/axema/usersync/{Id}`: at the HTTP door, and against a worker at every stage.

use std::sync::Arc;
use std::time::Duration;

use local::bokamera;
use local::vaka::{Route, User};
use serde_json::json;
use shared::ids::JobId;
use shared::job::{FailureCode, Job, Status};
use shared::table::cancel::Cancel;
use shared::table::lease::MOST_WRITES;
use shared::table::schema::{HAND_OFF_LEASE, WORKER_LEASE};

use crate::http_door::{Ask, Door, READ, SUPERADMIN, SYNCS, WRITE, company};
use crate::works::{Home, Works};

const UNKNOWN: &str = "0199d5c4-a1b2-7c3d-8e4f-5a6b7c8d9e0f";
const TEXT: &str = "Cancelled by an administrator";

/// Enough for several commits: a commit takes 49 new users at most.
const USERS: usize = 200;

fn cancel(id: &str) -> Ask {
    Ask::new("DELETE", &format!("{SYNCS}/{id}"))
}

#[tokio::test]
async fn a_pending_sync_that_is_cancelled_has_failed_and_its_company_can_start_another() {
    let door = Door::open().await;
    let own = door.connected().await;
    let writer = door.token(&[WRITE], Some(own));
    let job = door.ask(&Ask::post().bearer(&writer)).await.job();
    let cancelled = door.ask(&cancel(&job.to_string()).bearer(&writer)).await;
    assert_eq!(cancelled.job(), job);
    assert_eq!(
        (&cancelled.json()["StatusName"], &cancelled.json()["ErrorMessage"]),
        (&json!("Failed"), &json!(TEXT)),
        "{}",
        cancelled.text
    );
    let next = door.ask(&Ask::post().bearer(&writer)).await.job();
    assert_ne!(next, job);
}

#[tokio::test]
async fn a_second_cancel_is_told_that_the_sync_has_ended_and_changes_nothing() {
    let door = Door::open().await;
    let own = door.connected().await;
    let writer = door.token(&[WRITE], Some(own));
    let job = door.ask(&Ask::post().bearer(&writer)).await.job().to_string();
    let first = door.ask(&cancel(&job).bearer(&writer)).await;
    let second = door.ask(&cancel(&job).bearer(&writer)).await;
    assert_eq!((second.status, second.error_code().as_str()), (409, "Conflict"));
    assert_eq!(second.json()["ResponseStatus"]["Meta"], json!({"JobId": job, "Status": "Failed"}));
    assert_eq!(door.ask(&Ask::job(&job).bearer(&writer)).await.json(), first.json());
}

/// Fault 38.
#[tokio::test]
async fn only_who_may_start_a_sync_of_the_company_may_cancel_it() {
    let door = Door::open().await;
    let own = door.connected().await;
    let writer = door.token(&[WRITE], Some(own));
    let job = door.ask(&Ask::post().bearer(&writer)).await.job().to_string();
    let stranger = door.token(&[WRITE], Some(company()));
    let of_stranger = door.ask(&cancel(&job).bearer(&stranger)).await;
    assert_eq!(of_stranger.status, 404);
    assert_eq!(
        of_stranger,
        door.ask(&cancel(UNKNOWN).bearer(&stranger)).await,
        "no other answer than to an unknown id"
    );
    for (what, request, status) in [
        ("no token", cancel(&job), 401),
        ("a reader", cancel(&job).bearer(&door.token(&[READ], Some(own))), 403),
        ("no id", cancel("latest").bearer(&writer), 400),
        ("the list", Ask::new("DELETE", SYNCS).bearer(&writer), 405),
    ] {
        assert_eq!(door.ask(&request).await.status, status, "{what}");
    }
    assert_eq!(door.ask(&Ask::job(&job).bearer(&writer)).await.json()["StatusName"], "Pending");
    let superadmin = door.token(&[SUPERADMIN], None);
    let cancelled = door.ask(&cancel(&job).query(&format!("CompanyId={own}")).bearer(&superadmin)).await;
    assert_eq!(cancelled.status, 200, "{}", cancelled.text);
}

/// Fault 6.
#[tokio::test]
async fn a_cancel_whose_answer_is_lost_is_sent_again_and_succeeds() {
    let door = Door::open().await;
    let own = door.connected().await;
    let writer = door.token(&[WRITE], Some(own));
    let job = door.ask(&Ask::post().bearer(&writer)).await.job().to_string();
    door.proxy.forget();
    door.proxy.on("TransactWriteItems").nth(1).lose_answer();
    let cancelled = door.ask(&cancel(&job).bearer(&writer)).await;
    assert_eq!((cancelled.status, &cancelled.json()["ErrorMessage"]), (200, &json!(TEXT)));
    assert_eq!(door.proxy.seen().requests("TransactWriteItems"), 2);
}

/// Fault 7.
#[tokio::test]
async fn a_cancel_while_the_store_is_out_of_reach_is_told_so_and_the_sync_goes_on() {
    let door = Door::open().await;
    let own = door.connected().await;
    let writer = door.token(&[WRITE], Some(own));
    let job = door.ask(&Ask::post().bearer(&writer)).await.job().to_string();
    door.proxy.on("TransactWriteItems").throttle();
    let refused = door.ask(&cancel(&job).bearer(&writer)).await;
    assert_eq!((refused.status, refused.error_code().as_str()), (503, "ServiceUnavailable"));
    door.proxy.calm();
    assert_eq!(door.ask(&Ask::job(&job).bearer(&writer)).await.json()["StatusName"], "Pending");
}

async fn works() -> Arc<Works> {
    let works = Works::open().await;
    works.vaka.populate(works.device, USERS, 3);
    Arc::new(works)
}

async fn cancel_past_the_proxy(works: &Works, job: JobId) -> Job {
    match works.table.cancel(works.company, job, works.clock.now()).await.expect("an answer") {
        Cancel::Cancelled(job) => job,
        other => panic!("not cancelled: {other:?}"),
    }
}

#[tokio::test]
async fn a_worker_whose_job_is_cancelled_while_it_reads_writes_nothing_more() {
    let works = works().await;
    let job = works.accept().await;
    let gate = works.vaka.on(Route::Users).nth(1).hold();
    let worker = tokio::spawn({
        let works = Arc::clone(&works);
        async move { works.work(job).await }
    });
    gate.reached().await;
    let cancelled = cancel_past_the_proxy(&works, job).await;
    let (links, customers) = (works.links().await.len(), works.customers().await.len());
    gate.release();
    worker.await.expect("the worker ends by itself, and the message is done");
    let ended = works.ended(job).await;
    assert_eq!(ended, cancelled);
    assert_eq!(ended.failure_code, Some(FailureCode::Cancelled));
    assert_eq!((works.links().await.len(), works.customers().await.len()), (links, customers));
    assert!(works.messages().await.len() <= 1, "no message but the first");
}

/// The commit and the completion are already on their way when the job is cancelled.
#[tokio::test]
async fn a_cancel_wins_over_a_commit_and_a_completion_that_arrive_later() {
    for (what, containing, nth) in
        [("the first commit", "LINK#", 1), ("a later commit", "LINK#", 3), ("the completion", "Completed", 1)]
    {
        let works = works().await;
        let job = works.accept().await;
        let gate = works.proxy.on("TransactWriteItems").containing(containing).nth(nth).hold_before();
        let worker = tokio::spawn({
            let works = Arc::clone(&works);
            async move { works.work(job).await }
        });
        gate.reached().await;
        let cancelled = cancel_past_the_proxy(&works, job).await;
        let links = works.links().await.len();
        gate.release();
        worker.await.expect("the message is done");
        assert_eq!(works.ended(job).await, cancelled, "{what}");
        assert_eq!(works.links().await.len(), links, "{what}");

        let after = works.completed().await;
        assert_eq!(after.found, USERS as u64, "{what}");
        assert_eq!(
            after.created,
            (USERS - links) as u64,
            "{what}: what was done before is kept, and is not done twice"
        );
    }
}

#[tokio::test]
async fn a_sync_that_has_completed_is_not_cancelled() {
    let works = works().await;
    let job = works.sync().await;
    assert_eq!(job.status, Status::Completed);
    let cancel = works.table.cancel(works.company, job.id, works.clock.now()).await.expect("an answer");
    assert!(matches!(cancel, Cancel::Ended(_)), "{cancel:?}");
    assert_eq!(works.ended(job.id).await, job);
}

#[tokio::test]
async fn the_message_of_a_cancelled_sync_is_done_and_recovery_leaves_the_sync_alone() {
    let works = works().await;
    let job = works.accept().await;
    let cancelled = cancel_past_the_proxy(&works, job).await;
    works.clock.advance(Duration::from_secs(600));
    works.recover.run().await.expect("a recovery");
    works.work(job).await;
    assert_eq!(works.ended(job).await, cancelled);
    assert!(works.links().await.is_empty());
}

/// What is written down is sent; no other chunk is, and the next sync counts what was made.
#[tokio::test]
async fn a_sync_that_is_cancelled_while_it_writes_at_bokamera_stops_within_the_chunk() {
    let works =
        Works::with_users_in(Home::Rest, (0..USERS).map(|n| User::named(&format!("Ek Tuva {n}"))).collect()).await;
    let job = works.accept().await;
    let gate = works.bokamera().on(bokamera::Route::Create).nth(1).hold();
    let cancelling = async {
        gate.reached().await;
        let cancelled = works.table.cancel(works.company, job, works.clock.now()).await.expect("an answer");
        assert!(matches!(cancelled, Cancel::Cancelled(_)), "{cancelled:?}");
        gate.release();
    };
    let working = works.work(job);
    tokio::join!(working, cancelling);
    assert_eq!(works.ended(job).await.failure_code, Some(FailureCode::Cancelled));
    let made = works.customers().await.len();
    assert!((1..=MOST_WRITES).contains(&made), "{made} customers were made after the cancel");
    works.clock.advance(WORKER_LEASE);
    let next = works.completed().await;
    assert_eq!((next.found, works.customers().await.len()), (USERS as u64, USERS));
    assert_eq!(next.created, USERS as u64, "what nobody had counted is counted now");
}

/// It learns of the cancel by its next write to the table, and is busy with calls until then.
#[tokio::test]
async fn the_next_sync_begins_when_the_cancelled_one_can_make_no_more_calls_and_nobody_is_made_twice() {
    let users = (0..USERS).map(|n| User::named(&format!("Ek Tuva {n}"))).collect();
    let works = Arc::new(Works::with_users_in(Home::Rest, users).await);
    works.bokamera().behave(bokamera::Manners { ids: bokamera::Ids::Ignored, ..bokamera::Manners::default() });
    let cancelled = works.accept().await;
    let gate = works.bokamera().on(bokamera::Route::Create).nth(1).hold();
    let worker = tokio::spawn({
        let works = Arc::clone(&works);
        async move { works.work(cancelled).await }
    });
    gate.reached().await;
    cancel_past_the_proxy(&works, cancelled).await;
    let into_it = WORKER_LEASE / 2 + Duration::from_millis(400);
    works.clock.advance(into_it);

    let next = works.accept().await;
    works.work(next).await;
    let waiting = works.job(next).await;
    let wait = works.clock.now().until(waiting.lease_expires_at.expect("a lease")) - HAND_OFF_LEASE;
    assert_eq!(waiting.status, Status::Processing);
    assert_eq!(wait, WORKER_LEASE / 2, "it waits for the other one's end, in whole seconds and none too few");

    gate.release();
    worker.await.expect("the message is done");
    works.clock.advance(wait);
    works.work(next).await;
    assert_eq!(works.ended(next).await.counters.map(|counted| counted.found), Some(USERS as u64));
    assert_eq!(works.customers().await.len(), USERS);
}
