//! A due time starts one sync, by the clock alone and whatever breaks.

use std::sync::Arc;
use std::time::Duration;

use recover::scheduled::Scheduled;
use shared::clock::Timestamp;
use shared::handoff::{Accept, accept};
use shared::ids::JobId;
use shared::job::{Job, Mode, Status};
use shared::table::acquire::AcquireDue;
use shared::table::scheduled::{DueSync, Planned};

use crate::works::{NOON, Works, body, text};

/// Longer than a lease.
const A_LEASE: Duration = Duration::from_secs(121);
/// [`NOON`] is in winter: 13:00 in Stockholm, so this is half an hour later, each day.
const DAILY: &str = "daily@13:30";
const HALF_AN_HOUR: Duration = Duration::from_secs(1_800);
const A_DAY: Duration = Duration::from_secs(86_400);

async fn scheduled(schedule: &str) -> Arc<Works> {
    let works = Works::open().await;
    works.vaka.populate(works.device, 3, 1);
    plan(&works, Some(schedule)).await;
    Arc::new(works)
}

async fn plan(works: &Works, schedule: Option<&str>) {
    let schedule = schedule.map(|text| text.parse().expect("a schedule"));
    let planned = works.table.plan(works.company, schedule.as_ref(), works.clock.now()).await.expect("an answer");
    assert_eq!(planned, Planned::Planned);
}

async fn minute(works: &Works) -> Scheduled {
    works.recover.run().await.expect("a run").scheduled
}

async fn jobs(works: &Works) -> Vec<Job> {
    works.table.jobs(works.company, None).await.expect("jobs")
}

/// When the company's sync is due next.
async fn due_at(works: &Works) -> Option<Timestamp> {
    let connection = works.state_item("CONNECTION").await?;
    let due_at = connection.get("due_at")?.as_n().expect("a number");
    Some(Timestamp::from_ms(due_at.parse().expect("a moment")))
}

fn started(started: u32) -> Scheduled {
    Scheduled { started, ..Scheduled::default() }
}

fn passed_over(passed_over: u32) -> Scheduled {
    Scheduled { passed_over, ..Scheduled::default() }
}

fn put_off(put_off: u32) -> Scheduled {
    Scheduled { put_off, ..Scheduled::default() }
}

#[tokio::test]
async fn a_due_sync_starts_by_itself_and_is_a_job_like_any_other() {
    let works = scheduled(DAILY).await;
    assert_eq!(minute(&works).await, started(0), "it is not yet due");
    works.clock.advance(HALF_AN_HOUR);
    assert_eq!(minute(&works).await, started(1));
    assert_eq!(minute(&works).await, started(0), "the time is used up");
    let [job] = jobs(&works).await.try_into().expect("one job");
    assert_eq!((job.status, job.mode), (Status::Pending, Mode::Apply));
    assert_eq!(works.messages().await, [body(works.company, job.id)]);
    works.work(job.id).await;
    assert_eq!(works.ended(job.id).await.counters.map(|counters| counters.created), Some(3));
    works.clock.advance(A_DAY);
    assert_eq!(minute(&works).await, started(1), "and so it goes on");
}

#[tokio::test]
async fn a_time_that_was_missed_for_days_starts_one_sync_and_then_it_is_the_next_time() {
    let works = scheduled(DAILY).await;
    works.clock.advance(A_DAY * 3 + HALF_AN_HOUR * 3);
    assert_eq!(minute(&works).await, started(1));
    assert_eq!(minute(&works).await, started(0));
    assert_eq!((jobs(&works).await.len(), due_at(&works).await), (1, Some(NOON.after(A_DAY * 4 + HALF_AN_HOUR))));
}

#[tokio::test]
async fn a_sync_that_is_going_is_left_alone_and_the_schedule_moves_on() {
    let works = scheduled(DAILY).await;
    works.clock.advance(HALF_AN_HOUR - Duration::from_secs(60));
    let going = works.accept().await;
    works.clock.advance(Duration::from_secs(60));
    let before = works.job(going).await;
    assert_eq!(minute(&works).await, passed_over(1));
    assert_eq!(works.job(going).await, before);
    assert_eq!((jobs(&works).await.len(), due_at(&works).await), (1, Some(NOON.after(A_DAY + HALF_AN_HOUR))));
}

/// A dry run writes nobody, so it is not what was due.
#[tokio::test]
async fn a_due_sync_waits_for_the_end_of_a_dry_run_and_then_starts() {
    let works = scheduled(DAILY).await;
    works.clock.advance(HALF_AN_HOUR);
    let dry = works.accept_to(Mode::DryRun).await;
    assert_eq!((minute(&works).await, minute(&works).await), (put_off(1), put_off(1)));
    assert_eq!(due_at(&works).await, Some(NOON.after(HALF_AN_HOUR)), "the due time stands");
    works.work(dry).await;
    works.ended(dry).await;
    works.clock.advance(Duration::from_secs(1));
    assert_eq!(minute(&works).await, started(1));
    let [first, second] = jobs(&works).await.try_into().expect("two jobs");
    assert_eq!((first.mode, second.mode), (Mode::Apply, Mode::DryRun));
}

#[tokio::test]
async fn a_due_sync_waits_for_dry_runs_for_a_day_and_is_passed_over_then() {
    const A_MINUTE: Duration = Duration::from_secs(60);
    let works = scheduled(DAILY).await;
    works.clock.advance(HALF_AN_HOUR + A_DAY - A_MINUTE);
    works.accept_to(Mode::DryRun).await;
    assert_eq!(minute(&works).await, put_off(1));
    works.clock.advance(A_MINUTE);
    assert_eq!(minute(&works).await, passed_over(1));
}

#[tokio::test]
async fn a_connection_that_is_switched_off_or_gone_starts_nothing_and_one_switched_on_again_does() {
    let works = scheduled(DAILY).await;
    activate(&works, false).await;
    works.clock.advance(HALF_AN_HOUR);
    assert_eq!(minute(&works).await, passed_over(1));
    assert_eq!(jobs(&works).await.len(), 0);
    activate(&works, true).await;
    assert_eq!(minute(&works).await, started(0), "not what was passed over");
    works.clock.advance(A_DAY);
    assert_eq!(minute(&works).await, started(1));

    let removed = scheduled(DAILY).await;
    removed.remove(&removed.state_item("CONNECTION").await.expect("a connection")).await;
    removed.clock.advance(HALF_AN_HOUR);
    assert_eq!((minute(&removed).await, jobs(&removed).await.len()), (started(0), 0));
}

async fn activate(works: &Works, active: bool) {
    let update = works.fresh.endpoint.dynamodb().update_item().table_name(&works.fresh.state_table);
    let update = update.key("company", text(works.company)).key("item", text("CONNECTION"));
    let update = update.update_expression("SET active = :active");
    let active = aws_sdk_dynamodb::types::AttributeValue::Bool(active);
    update.expression_attribute_values(":active", active).send().await.expect("a change");
}

#[tokio::test]
async fn a_due_time_that_is_used_up_is_told_from_a_connection_that_is_switched_off() {
    let works = scheduled(DAILY).await;
    works.clock.advance(HALF_AN_HOUR);
    let now = works.clock.now();
    let due = DueSync { company: works.company, due_at: due_at(&works).await.expect("a due time") };
    let acquire = || works.table.acquire_due(due, now.after(A_DAY), JobId::mint(now), now);
    activate(&works, false).await;
    assert!(matches!(acquire().await, Ok(AcquireDue::Inactive)));
    activate(&works, true).await;
    assert!(matches!(acquire().await, Ok(AcquireDue::Acquired(_))));
    for active in [true, false] {
        activate(&works, active).await;
        assert!(matches!(acquire().await, Ok(AcquireDue::MovedOn)), "{active}");
    }
}

#[tokio::test]
async fn a_schedule_can_be_changed_and_taken_away_and_needs_a_connection() {
    let works = scheduled(DAILY).await;
    plan(&works, Some("sun@13:30 UTC")).await;
    let schedule = works.table.schedule(works.company).await.expect("an answer").expect("a schedule");
    assert_eq!(schedule.to_string(), "sun@13:30 UTC");
    works.clock.advance(HALF_AN_HOUR);
    // 2100-01-31 is a Sunday.
    assert_eq!(minute(&works).await, started(0));
    works.clock.advance(HALF_AN_HOUR * 2);
    assert_eq!(minute(&works).await, started(1));
    plan(&works, None).await;
    works.clock.advance(A_DAY * 8);
    assert_eq!((minute(&works).await, due_at(&works).await), (started(0), None));
    assert_eq!(works.table.schedule(works.company).await.expect("an answer"), None);
    let stranger = shared::ids::CompanyId::from_uuid(uuid::Uuid::new_v4());
    let planned = works.table.plan(stranger, Some(&schedule), NOON).await.expect("an answer");
    assert_eq!(planned, Planned::NotConnected);
}

/// Where the clock can die: at which transaction, and whether it takes effect first.
#[tokio::test]
async fn a_due_time_starts_one_sync_wherever_the_clock_dies() {
    for (request, takes_effect) in
        [("TransactWriteItems", false), ("TransactWriteItems", true), ("SendMessage", false), ("SendMessage", true)]
    {
        let works = scheduled(DAILY).await;
        works.clock.advance(HALF_AN_HOUR);
        let on = works.proxy.on(request).nth(1);
        let gate = if takes_effect { on.hold_after() } else { on.hold_before() };
        let dying = tokio::spawn({
            let works = Arc::clone(&works);
            async move { minute(&works).await }
        });
        gate.reached().await;
        dying.abort();
        assert!(dying.await.is_err_and(|end| end.is_cancelled()));
        // The gate stays shut: what stands there never arrives.
        for _ in 0..2 {
            minute(&works).await;
            works.clock.advance(A_LEASE);
        }
        let [job] = jobs(&works).await.try_into().expect("one job");
        assert!(works.messages().await.contains(&body(works.company, job.id)), "{request} {takes_effect}");
        works.work(job.id).await;
        assert_eq!(works.ended(job.id).await.status, Status::Completed, "{request} {takes_effect}");
    }
}

#[tokio::test]
async fn two_clocks_at_once_start_one_sync() {
    let works = scheduled(DAILY).await;
    works.clock.advance(HALF_AN_HOUR);
    let gate = works.proxy.on("TransactWriteItems").containing("CONNECTION").first(2).hold_before();
    let both = async { tokio::join!(minute(&works), minute(&works)) };
    let meeting = async {
        gate.reached_by(2).await;
        gate.release();
    };
    let ((one, two), ()) = tokio::join!(both, meeting);
    assert_eq!((one.started + two.started, one.moved_on + two.moved_on), (1, 1), "{one:?} {two:?}");
    assert_eq!((jobs(&works).await.len(), works.messages().await.len()), (1, 1));
}

/// The second clock finds the first one's sync ended already.
#[tokio::test]
async fn a_clock_that_is_late_does_not_start_what_another_has_started_and_finished() {
    let works = scheduled(DAILY).await;
    works.clock.advance(HALF_AN_HOUR);
    let gate = works.proxy.on("TransactWriteItems").containing("CONNECTION").nth(1).hold_before();
    let late = tokio::spawn({
        let works = Arc::clone(&works);
        async move { minute(&works).await }
    });
    gate.reached().await;
    assert_eq!(minute(&works).await, started(1));
    let [job] = jobs(&works).await.try_into().expect("one job");
    works.work(job.id).await;
    gate.release();
    assert_eq!(late.await.expect("a run"), Scheduled { moved_on: 1, ..Scheduled::default() });
    assert_eq!(jobs(&works).await.len(), 1);
}

/// Fault 17.
#[tokio::test]
async fn a_clock_that_goes_back_after_it_saw_a_due_time_uses_it_up_all_the_same() {
    const A_MINUTE: Duration = Duration::from_secs(60);
    let works = scheduled(DAILY).await;
    works.clock.advance(HALF_AN_HOUR);
    let due = works.clock.now();
    let gate = works.proxy.on("GetItem").containing("CONNECTION").nth(1).hold_before();
    let clock = tokio::spawn({
        let works = Arc::clone(&works);
        async move { minute(&works).await }
    });
    gate.reached().await;
    works.clock.turn_to(due.before(A_MINUTE));
    gate.release();
    assert_eq!(clock.await.expect("a run"), started(1));
    assert_eq!(due_at(&works).await, Some(due.after(A_DAY)));
    let [job] = jobs(&works).await.try_into().expect("one job");
    works.work(job.id).await;
    works.clock.turn_to(due.after(A_MINUTE));
    assert_eq!(minute(&works).await, started(0));
    assert_eq!(jobs(&works).await.len(), 1);
}

#[tokio::test]
async fn a_due_sync_and_a_request_in_the_same_instant_are_one_job() {
    let works = scheduled(DAILY).await;
    works.clock.advance(HALF_AN_HOUR);
    let gate = works.proxy.on("TransactWriteItems").containing("CONNECTION").nth(1).hold_before();
    let clock = tokio::spawn({
        let works = Arc::clone(&works);
        async move { minute(&works).await }
    });
    gate.reached().await;
    let asked = accept(&works.table, &works.queue, &works.clock, works.company, Mode::Apply).await.expect("an answer");
    assert!(matches!(asked, Accept::Accepted(_)), "{asked:?}");
    gate.release();
    assert_eq!(clock.await.expect("a run"), passed_over(1));
    assert_eq!(jobs(&works).await.len(), 1);
}

/// Fault 6.
#[tokio::test]
async fn a_start_whose_answer_is_lost_is_taken_as_done() {
    let works = scheduled(DAILY).await;
    works.clock.advance(HALF_AN_HOUR);
    works.proxy.on("TransactWriteItems").nth(1).lose_answer();
    assert_eq!(minute(&works).await, started(1));
    assert_eq!((jobs(&works).await.len(), works.messages().await.len()), (1, 1));
}

#[tokio::test]
async fn a_due_sync_whose_message_cannot_be_sent_is_sent_for_when_it_lapses() {
    let works = scheduled(DAILY).await;
    works.clock.advance(HALF_AN_HOUR);
    works.proxy.on("SendMessage").refuse();
    works.recover.run().await.expect_err("the queue is out of reach");
    works.proxy.calm();
    let [job] = jobs(&works).await.try_into().expect("one job");
    assert_eq!(job.status, Status::Pending);
    works.clock.advance(A_LEASE);
    assert_eq!(minute(&works).await, started(0));
    assert_eq!(works.messages().await, [body(works.company, job.id)]);
}

/// Fault 22.
#[tokio::test]
async fn a_lock_whose_job_is_gone_keeps_a_due_sync_for_a_minute_and_no_longer() {
    let works = scheduled(DAILY).await;
    let put = works.fresh.endpoint.dynamodb().put_item().table_name(&works.fresh.state_table);
    let put = put.item("company", text(works.company)).item("item", text("LOCK"));
    put.item("job", text(JobId::mint(NOON))).send().await.expect("an old lock");
    works.clock.advance(HALF_AN_HOUR);
    assert_eq!(minute(&works).await, put_off(1));
    assert_eq!(minute(&works).await, started(1));
}

#[tokio::test]
async fn one_company_whose_schedule_cannot_be_read_does_not_keep_the_others_from_theirs() {
    let works = scheduled(DAILY).await;
    let other = shared::ids::CompanyId::from_uuid(uuid::Uuid::new_v4());
    works.connect(other, &[works.device], true).await;
    let schedule = DAILY.parse().expect("a schedule");
    works.table.plan(other, Some(&schedule), works.clock.now()).await.expect("an answer");
    let update = works.fresh.endpoint.dynamodb().update_item().table_name(&works.fresh.state_table);
    let update = update.key("company", text(other)).key("item", text("CONNECTION"));
    let update = update.update_expression("SET schedule = :none").expression_attribute_values(":none", text("never"));
    update.send().await.expect("a change");
    works.clock.advance(HALF_AN_HOUR);
    works.recover.run().await.expect_err("one could not be started");
    assert_eq!(jobs(&works).await.len(), 1);
}
