//! Jobs whose holder has gone silent.

use std::sync::Arc;
use std::time::Duration;

use local::cloud::Endpoint;
use local::proxy::Gate;
use recover::rescue::Rescued;
use shared::clock::Clock;
use shared::handoff::{Accept, accept};
use shared::ids::{CompanyId, JobId};
use shared::job::{Mode, Status};
use shared::recovery::MOST_ATTEMPTS;
use shared::table::acquire::Acquire;
use tokio::task::JoinHandle;

use crate::works::{Works, body, text};

/// Longer than a lease, shorter than the three minutes within which a job has to move.
const A_LEASE: Duration = Duration::from_secs(121);

const A_SECOND: Duration = Duration::from_secs(1);

/// By how much one host's clock may differ from another's.
const SKEW: Duration = Duration::from_secs(30);

/// Of one call, as the deployed clients make them.
const TRIES: usize = 4;

async fn locked(works: &Works) -> JobId {
    let now = works.clock.now();
    match works.table.acquire(works.company, JobId::mint(now), Mode::Apply, now).await.expect("an answer") {
        Acquire::Acquired(job) => job.id,
        other => panic!("not acquired: {other:?}"),
    }
}

async fn rescued_by(works: &Works) -> Rescued {
    works.recover.run().await.expect("a run").rescued
}

fn rescued(resent: u32, given_up: u32, moved_on: u32) -> Rescued {
    Rescued { resent, given_up, moved_on }
}

/// What a recovery does that stands at this gate while a worker takes the job up.
async fn rescued_while_taken_up(works: &Works, job: JobId, gate: Gate) -> Rescued {
    let taken_up = async {
        gate.reached().await;
        works.table.start(works.company, job, "a worker", works.clock.now()).await.expect("a start");
        gate.release();
    };
    tokio::join!(rescued_by(works), taken_up).0
}

/// Fault 2.
#[tokio::test]
async fn a_crash_between_lock_and_message_is_recovered_within_three_minutes() {
    let works = Works::open().await;
    works.vaka.populate(works.device, 10, 1);
    let job = locked(&works).await;
    assert_eq!(rescued_by(&works).await, rescued(0, 0, 0), "its lease stands");
    works.clock.advance(A_LEASE);
    assert_eq!(rescued_by(&works).await, rescued(1, 0, 0));
    assert_eq!(works.messages().await, [body(works.company, job)]);
    works.work(job).await;
    assert_eq!(works.ended(job).await.status, Status::Completed);
}

/// Fault 2, met by the next request before the minute is over.
#[tokio::test]
async fn a_request_that_meets_a_lapsed_job_sends_its_message_again_and_names_it() {
    let works = Works::open().await;
    let job = locked(&works).await;
    works.clock.advance(A_LEASE);
    let again = accept(&works.table, &works.queue, &works.clock, works.company, Mode::Apply).await.expect("an answer");
    assert!(matches!(again, Accept::Held(held) if held.id == job));
    assert_eq!(works.messages().await, [body(works.company, job)]);
}

#[tokio::test]
async fn a_job_that_nobody_ever_works_on_is_given_up_after_five_attempts_and_frees_the_lock() {
    let works = Works::open().await;
    let job = locked(&works).await;
    for attempt in 0..MOST_ATTEMPTS {
        works.clock.advance(A_LEASE * (1 << attempt));
        assert_eq!(rescued_by(&works).await, rescued(1, 0, 0), "attempt {attempt}");
    }
    works.clock.advance(A_LEASE * (1 << MOST_ATTEMPTS));
    assert_eq!(rescued_by(&works).await, rescued(0, 1, 0));
    let ended = works.ended(job).await;
    assert_eq!(ended.status, Status::Failed);
    assert!(ended.failure_text.is_some_and(|text| text.contains("interrupted several times")));
}

#[tokio::test]
async fn a_job_that_is_a_day_old_is_given_up_at_the_next_lapse() {
    let works = Works::open().await;
    let job = locked(&works).await;
    works.clock.advance(Duration::from_secs(24 * 3_600));
    assert_eq!(rescued_by(&works).await, rescued(0, 1, 0));
    assert!(works.ended(job).await.failure_text.is_some_and(|text| text.contains("24 hours")));
}

/// Fault 21, where the job would have been given up.
#[tokio::test]
async fn a_job_that_is_taken_up_while_it_is_given_up_is_left_alone_and_its_lock_is_not_doubted() {
    let works = Works::open().await;
    let job = locked(&works).await;
    works.clock.advance(Duration::from_secs(24 * 3_600));
    let gate = works.proxy.on("TransactWriteItems").nth(1).hold_before();
    assert_eq!(rescued_while_taken_up(&works, job, gate).await, rescued(0, 0, 1));
    assert_eq!((works.job(job).await.status, works.lock().await), (Status::Processing, Some(job.to_string())));
    assert_eq!(works.proxy.seen().requests("TransactWriteItems"), 1, "an end without the lock is not tried");
}

#[tokio::test]
async fn progress_forgets_the_attempts_before_it() {
    let works = Works::open().await;
    works.vaka.populate(works.device, 10, 1);
    let job = locked(&works).await;
    works.clock.advance(A_LEASE);
    works.recover.run().await.expect("a run");
    assert_eq!(works.job(job).await.attempts, 1);
    works.work(job).await;
    assert_eq!(works.ended(job).await.attempts, 0);
}

/// Fault 21.
#[tokio::test]
async fn two_recoveries_at_once_count_one_attempt_and_send_one_message() {
    let works = Works::open().await;
    let job = locked(&works).await;
    works.clock.advance(A_LEASE);
    let seen = works.job(job).await;
    let (one, two) = tokio::join!(works.recover.run(), works.recover.run());
    let (one, two) = (one.expect("a run").rescued, two.expect("a run").rescued);
    assert_eq!(one.resent + two.resent, 1, "{one:?} {two:?}");
    assert_eq!((works.messages().await.len(), works.job(job).await.attempts), (1, seen.attempts + 1));
}

/// Fault 21.
#[tokio::test]
async fn a_recovery_that_saw_an_old_lease_leaves_a_worker_alone_that_has_just_renewed() {
    let works = Works::open().await;
    let job = locked(&works).await;
    works.clock.advance(A_LEASE);
    let seen = works.job(job).await;
    works.table.start(works.company, job, "a worker", works.clock.now()).await.expect("a start");
    let outcome = shared::recovery::recover(&works.table, &works.queue, &seen, works.clock.now()).await;
    assert_eq!(outcome.expect("an answer"), shared::recovery::Recovery::MovedOn);
    assert_eq!(
        (works.job(job).await.attempts, works.messages().await),
        (0, vec![body(works.company, job)][1..].to_vec())
    );
}

/// Fault 21, where the worker is there before the job is looked at.
#[tokio::test]
async fn a_job_that_has_been_taken_up_since_the_index_was_read_is_told_of_as_moved_on() {
    let works = Works::open().await;
    let job = locked(&works).await;
    works.clock.advance(A_LEASE);
    let gate = works.proxy.on("GetItem").containing(&job.to_string()).nth(1).hold_before();
    assert_eq!(rescued_while_taken_up(&works, job, gate).await, rescued(0, 0, 1));
    assert_eq!(works.messages().await.len(), 0);
}

/// Fault 2, where the message cannot be sent by the recovery either.
#[tokio::test]
async fn a_recovery_that_cannot_send_says_so_and_the_next_one_does_it() {
    let works = Works::open().await;
    let job = locked(&works).await;
    works.clock.advance(A_LEASE);
    works.proxy.on("SendMessage").refuse();
    works.recover.run().await.expect_err("the queue is out of reach");
    works.proxy.calm();
    works.clock.advance(A_LEASE * 2);
    assert_eq!(rescued_by(&works).await, rescued(1, 0, 0));
    assert_eq!(works.messages().await, [body(works.company, job)]);
}

#[tokio::test]
async fn a_queue_that_is_out_of_reach_is_asked_for_one_lapsed_job_and_not_for_each() {
    let works = Works::open().await;
    locked(&works).await;
    let other = CompanyId::from_uuid(uuid::Uuid::new_v4());
    works.connect(other, &[works.device], true).await;
    let now = works.clock.now();
    let acquired = works.table.acquire(other, JobId::mint(now), Mode::Apply, now).await.expect("an answer");
    assert!(matches!(acquired, Acquire::Acquired(_)), "{acquired:?}");
    works.clock.advance(A_LEASE);
    works.proxy.on("SendMessage").refuse();
    works.recover.run().await.expect_err("the queue is out of reach");
    assert_eq!(works.proxy.seen().requests("SendMessage"), TRIES);
    works.proxy.calm();
    works.clock.advance(A_LEASE * 2);
    assert_eq!(rescued_by(&works).await, rescued(2, 0, 0));
}

/// Fault 3.
#[tokio::test]
async fn a_message_whose_answer_was_lost_is_sent_twice_and_is_one_job() {
    let works = Works::open().await;
    works.vaka.populate(works.device, 60, 1);
    works.proxy.on("SendMessage").nth(1).lose_answer();
    let queue = works.queue_behind_the_proxy();
    let accepted = accept(&works.table, &queue, &works.clock, works.company, Mode::Apply).await.expect("an answer");
    let Accept::Accepted(job) = accepted else { panic!("not accepted: {accepted:?}") };
    let messages = works.messages().await;
    assert_eq!(messages, [body(works.company, job.id), body(works.company, job.id)]);
    let workers = [works.worker(), works.worker()];
    tokio::join!(
        works.deliver(&workers[0], &messages[0], crate::works::TIMEOUT),
        works.deliver(&workers[1], &messages[1], crate::works::TIMEOUT)
    );
    let counters = works.ended(job.id).await.counters.expect("counters");
    assert_eq!((counters.found, counters.created), (60, works.customers().await.len() as u64));
}

/// Fault 22.
#[tokio::test]
async fn a_lock_whose_job_is_gone_or_has_ended_is_freed_by_the_next_request() {
    let works = Works::open().await;
    let ended = works.sync().await;
    for orphan in [JobId::mint(works.clock.now()), ended.id] {
        let put = works.fresh.endpoint.dynamodb().put_item().table_name(&works.fresh.state_table);
        let put = put.item("company", text(works.company)).item("item", text("LOCK")).item("job", text(orphan));
        put.send().await.expect("an old lock");
        works.clock.advance(Duration::from_secs(1));
        let job = works.accept().await;
        works.work(job).await;
        works.ended(job).await;
    }
}

/// Fault 22: the job of the old lock is in the backup as well, with a lease of long ago.
#[tokio::test]
async fn a_restored_lock_with_its_job_of_long_ago_is_given_up_and_a_new_sync_begins() {
    let works = Works::open().await;
    let old = locked(&works).await;
    works.clock.advance(Duration::from_secs(30 * 24 * 3_600));
    let new = works.accept().await;
    assert_ne!(new, old);
    assert_eq!(works.job(old).await.status, Status::Failed);
}

/// Fault 17: whose clock is ahead takes the lease of a worker at work for lapsed, whose clock is behind waits longer.
#[tokio::test]
async fn a_recovery_whose_clock_differs_by_half_a_minute_costs_time_and_nobody_is_counted_twice() {
    for (is_ahead, returns_first) in [(true, true), (true, false), (false, true), (false, false)] {
        let works = Arc::new(Works::open().await);
        works.vaka.populate(works.device, 120, 1);
        let now = works.clock.now();
        let theirs = Clock::set_to(if is_ahead { now.after(SKEW) } else { now.before(SKEW) });
        let recovery = recovery_at(&works, theirs.clone());
        let lapses_after = if is_ahead { A_LEASE - SKEW } else { A_LEASE + SKEW };
        let advance = |by| [&works.clock, &theirs].iter().for_each(|clock| clock.advance(by));

        let job = works.accept().await;
        works.messages().await;
        let gate = works.proxy.on("TransactWriteItems").containing("LINK#").nth(2).hold_before();
        let at_work = spawn_worker(&works, job);
        gate.reached().await;
        advance(lapses_after - 2 * A_SECOND);
        assert_eq!(recovery.run().await.expect("a run").rescued, rescued(0, 0, 0), "ahead: {is_ahead}");
        advance(2 * A_SECOND);
        if is_ahead {
            assert_eq!(rescued_by(&works).await, rescued(0, 0, 0), "by the worker's clock its lease stands");
        }
        assert_eq!(recovery.run().await.expect("a run").rescued, rescued(1, 0, 0), "ahead: {is_ahead}");
        assert_eq!(works.messages().await, [body(works.company, job)]);

        if returns_first {
            gate.release();
            at_work.await.expect("a worker");
            works.work(job).await;
        } else {
            let second_gate = works.proxy.on("TransactWriteItems").containing("LINK#").nth(1).hold_before();
            let mut second = spawn_worker(&works, job);
            tokio::select! {
                () = second_gate.reached() => {}
                ended = &mut second => panic!("the second worker did nothing: {ended:?}"),
            }
            let links = works.links().await.len();
            gate.release();
            at_work.await.expect("a worker");
            assert_eq!(works.links().await.len(), links, "the first worker writes nothing more");
            second_gate.release();
            second.await.expect("a worker");
        }
        let counters = works.ended(job).await.counters.expect("counters");
        let customers = works.customers().await.len() as u64;
        assert_eq!((counters.found, counters.created), (120, customers), "{is_ahead} {returns_first}");
        assert_eq!(works.links().await.len(), 120, "{is_ahead} {returns_first}");
        let ends = works.proxy.seen().writes().filter(|write| write.key("item") == Some("LOCK")).count();
        assert_eq!(ends, 1, "{is_ahead} {returns_first}");
    }
}

fn spawn_worker(works: &Arc<Works>, job: JobId) -> JoinHandle<()> {
    let works = Arc::clone(works);
    tokio::spawn(async move { works.work(job).await })
}

/// A recovery with a clock of its own.
fn recovery_at(works: &Works, clock: Clock) -> recover::App {
    let settings = recover::Settings {
        state_table: works.fresh.state_table.clone(),
        queue_url: works.fresh.queue_url.clone(),
        event_bus: "default".to_owned(),
    };
    recover::App::new(settings, &Endpoint::at(works.proxy.url()).sdk(), clock)
}
