//! Every end of a job is told once, through a real rule and a real queue, whatever breaks.

use std::sync::Arc;
use std::time::Duration;

use local::listener::Listener;
use local::proxy::On;
use local::vaka::Route;
use recover::tell::Told;
use serde_json::{Value, json};
use shared::handoff::accept;
use shared::ids::JobId;
use shared::job::{Mode, Status};
use shared::recovery::MOST_ATTEMPTS;
use shared::table::cancel::Cancel;
use shared::table::outbox::CLAIM;

use crate::works::{Works, text};

/// Longer than a lease, shorter than the three minutes within which a job has to move.
const A_LEASE: Duration = Duration::from_secs(121);
/// An emulator hands an event on within this time.
const SOON: Duration = Duration::from_secs(5);

/// A company and who is told of its jobs.
struct Audience {
    works: Works,
    listener: Listener,
}

async fn open() -> Arc<Audience> {
    let works = Works::open().await;
    let listener = Listener::for_company(&works.fresh.endpoint, &works.company.to_string()).await.expect("a listener");
    Arc::new(Audience { works, listener })
}

impl Audience {
    async fn run(&self) -> Told {
        self.works.recover.run().await.expect("a run").told
    }

    async fn heard(&self, at_least: usize) -> Vec<Value> {
        self.listener.heard(at_least, SOON).await.expect("a poll")
    }

    /// The jobs that were told of.
    async fn heard_of(&self, at_least: usize) -> Vec<String> {
        let heard = self.heard(at_least).await;
        heard.iter().map(|event| event["detail"]["JobId"].as_str().expect("a job").to_owned()).collect()
    }

    async fn cancelled(&self) -> JobId {
        let job = self.works.accept().await;
        let cancel = self.works.table.cancel(self.works.company, job, self.works.clock.now()).await.expect("an answer");
        assert!(matches!(cancel, Cancel::Cancelled(_)), "{cancel:?}");
        // Job ids of the same instant are in no order.
        self.works.clock.advance(Duration::from_millis(1));
        job
    }

    async fn unsent(&self, job: JobId) -> bool {
        self.works.state_item(&format!("EVENT#{job}")).await.is_some()
    }
}

fn sent(sent: u32) -> Told {
    Told { sent, ..Told::default() }
}

#[tokio::test]
async fn a_completed_sync_is_told_of_once_with_its_counters() {
    let told = open().await;
    told.works.vaka.populate(told.works.device, 3, 1);
    let job = told.works.sync().await;
    assert_eq!(told.run().await, sent(1));
    assert_eq!(told.run().await, sent(0));
    let heard = told.heard(1).await;
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert_eq!(heard[0]["source"], recover::bus::SOURCE);
    assert_eq!(heard[0]["detail-type"], "AxemaUserSync Completed");
    let event_id = heard[0]["detail"]["EventId"].clone();
    assert_eq!(event_id.as_str().map(str::len), Some(36));
    let expected = json!({
        "EventId": event_id,
        "JobId": job.id.to_string(),
        "CompanyId": told.works.company.to_string(),
        "StatusName": "Completed",
        "DryRun": false,
        "UsersFound": 3, "UsersCreated": 3, "UsersUpdated": 0, "UsersUnchanged": 0, "UsersSkipped": 0,
        "CreatedDate": "2100-01-31T12:00:00Z",
        "EndedDate": "2100-01-31T12:00:00Z",
    });
    assert_eq!(heard[0]["detail"], expected);
    assert!(!told.unsent(job.id).await);
}

#[tokio::test]
async fn a_dry_run_is_told_of_as_one() {
    let told = open().await;
    told.works.sync_to(Mode::DryRun).await;
    told.run().await;
    assert_eq!(told.heard(1).await[0]["detail"]["DryRun"], true);
}

/// The failed ends, one by one: each with its code, and none with the text that goes with it.
#[tokio::test]
async fn every_failed_end_is_told_of_once_with_its_code_and_without_its_text() {
    for code in ["Cancelled", "NotHandedOff", "WorkersLost", "TooOld", "DeviceUnknown", "NoProgress"] {
        let told = open().await;
        let works = &told.works;
        let job = match code {
            "Cancelled" => told.cancelled().await,
            "NotHandedOff" => not_handed_off(works).await,
            _ => works.accept().await,
        };
        match code {
            "WorkersLost" => {
                for attempt in 0..=MOST_ATTEMPTS {
                    works.clock.advance(A_LEASE * (1 << attempt));
                    works.recover.run().await.expect("a run");
                }
            }
            "TooOld" => works.clock.advance(Duration::from_secs(24 * 3_600)),
            "DeviceUnknown" => {
                works.vaka.on(Route::Users).fault(local::vaka::Fault::status(404));
                works.work(job).await;
            }
            "NoProgress" => {
                for _ in 0..3 {
                    works.deliver(&works.worker(), &crate::works::body(works.company, job), Duration::ZERO).await;
                }
            }
            _ => {}
        }
        told.run().await;
        told.run().await;
        let failed = works.ended(job).await;
        assert_eq!(failed.status, Status::Failed, "{code}");
        let heard = told.heard(1).await;
        assert_eq!(heard.len(), 1, "{code}: {heard:?}");
        assert_eq!(heard[0]["detail-type"], "AxemaUserSync Failed", "{code}");
        assert_eq!(heard[0]["detail"]["JobId"], job.to_string().as_str(), "{code}");
        assert_eq!(heard[0]["detail"]["ReasonCode"], code);
        let words = failed.failure_text.expect("a text");
        assert!(!heard[0].to_string().contains(&words), "{code}: {heard:?}");
    }
}

/// The queue refuses for good: the request is told so, and the job has ended.
async fn not_handed_off(works: &Works) -> JobId {
    works.proxy.on("SendMessage").refuse();
    let queue = works.queue_behind_the_proxy();
    accept(&works.table, &queue, &works.clock, works.company, Mode::Apply).await.expect_err("a refusal");
    works.proxy.calm();
    let jobs = works.table.jobs(works.company, None).await.expect("an answer");
    jobs[0].id
}

/// Fault 22.
#[tokio::test]
async fn a_job_that_does_not_hold_the_lock_is_told_of_when_it_ends() {
    let told = open().await;
    let works = &told.works;
    let job = works.accept().await;
    let put = works.fresh.endpoint.dynamodb().put_item().table_name(&works.fresh.state_table);
    let put = put.item("company", text(works.company)).item("item", text("LOCK"));
    put.send().await.expect("a free lock");
    works.clock.advance(Duration::from_secs(24 * 3_600));
    assert_eq!(told.run().await, sent(1));
    assert_eq!(told.heard_of(1).await, [job.to_string()]);
}

#[tokio::test]
async fn an_end_that_comes_too_late_is_not_told_of() {
    let told = open().await;
    told.works.vaka.populate(told.works.device, 3, 1);
    let job = told.works.accept().await;
    let gate = told.works.proxy.on("TransactWriteItems").containing("Completed").nth(1).hold_before();
    let worker = tokio::spawn({
        let told = Arc::clone(&told);
        async move { told.works.work(job).await }
    });
    gate.reached().await;
    let works = &told.works;
    works.table.cancel(works.company, job, works.clock.now()).await.expect("an answer");
    gate.release();
    worker.await.expect("the message is done");
    assert_eq!(told.run().await, sent(1));
    let heard = told.heard(1).await;
    let reasons: Vec<_> = heard.iter().map(|event| &event["detail"]["ReasonCode"]).collect();
    assert_eq!(reasons, ["Cancelled"]);
}

/// The end and its event are one write: a worker that dies at it leaves both or neither.
#[tokio::test]
async fn an_end_whose_worker_dies_in_that_instant_is_told_of_once() {
    for takes_effect in [false, true] {
        let told = open().await;
        told.works.vaka.populate(told.works.device, 3, 1);
        let job = told.works.accept().await;
        let on = told.works.proxy.on("TransactWriteItems").containing("Completed").nth(1);
        let gate = if takes_effect { on.hold_after() } else { on.hold_before() };
        let dying = tokio::spawn({
            let told = Arc::clone(&told);
            async move { told.works.work(job).await }
        });
        gate.reached().await;
        dying.abort();
        assert!(dying.await.is_err_and(|end| end.is_cancelled()));
        assert_eq!(told.run().await, sent(u32::from(takes_effect)));
        told.works.clock.advance(A_LEASE);
        told.works.work(job).await;
        told.run().await;
        assert_eq!(told.heard_of(1).await, [job.to_string()], "takes effect: {takes_effect}");
    }
}

/// Where a sender can die: a request, and whether it takes effect first. The bus takes one event
/// but where it had taken it and nobody could note that.
const DEATHS: [(&str, &str, bool, usize); 6] = [
    ("TransactWriteItems", "Update", false, 1),
    ("TransactWriteItems", "Update", true, 1),
    ("PutEvents", "", false, 1),
    ("PutEvents", "", true, 2),
    ("TransactWriteItems", "Delete", false, 2),
    ("TransactWriteItems", "Delete", true, 1),
];

#[tokio::test]
async fn a_sender_that_dies_is_followed_by_one_that_sends_the_event_under_the_same_id() {
    for (request, containing, takes_effect, times) in DEATHS {
        let place = format!("{request} {containing}, takes effect: {takes_effect}");
        let told = open().await;
        told.cancelled().await;
        let on: On<'_> = told.works.proxy.on(request).containing(containing).nth(1);
        let gate = if takes_effect { on.hold_after() } else { on.hold_before() };
        let dying = tokio::spawn({
            let told = Arc::clone(&told);
            async move { told.run().await }
        });
        gate.reached().await;
        dying.abort();
        assert!(dying.await.is_err_and(|end| end.is_cancelled()), "{place}");
        // The gate stays shut: what stands there never arrives.
        for _ in 0..2 {
            told.works.clock.advance(CLAIM);
            told.run().await;
        }
        let heard = told.heard(times).await;
        assert_eq!(heard.len(), times, "{place}: {heard:?}");
        assert!(heard.iter().all(|event| event["detail"] == heard[0]["detail"]), "{place}: {heard:?}");
    }
}

#[tokio::test]
async fn an_event_whose_sender_may_still_live_is_left_alone() {
    let told = open().await;
    told.cancelled().await;
    let gate = told.works.proxy.on("PutEvents").nth(1).hold_before();
    let slow = tokio::spawn({
        let told = Arc::clone(&told);
        async move { told.run().await }
    });
    gate.reached().await;
    told.works.clock.advance(CLAIM - Duration::from_millis(2));
    assert_eq!(told.run().await, sent(0));
    gate.release();
    assert_eq!(slow.await.expect("a run"), sent(1));
    assert_eq!(told.heard(1).await.len(), 1);
}

#[tokio::test]
async fn two_senders_at_once_send_an_event_once() {
    let told = open().await;
    told.cancelled().await;
    let gate = told.works.proxy.on("TransactWriteItems").containing("EVENT#").first(2).hold_before();
    let both = async { tokio::join!(told.run(), told.run()) };
    let meeting = async {
        gate.reached_by(2).await;
        gate.release();
    };
    let ((one, two), ()) = tokio::join!(both, meeting);
    assert_eq!((one.sent + two.sent, one.moved_on + two.moved_on), (1, 1), "{one:?} {two:?}");
    assert_eq!(told.heard(1).await.len(), 1);
}

#[tokio::test]
async fn a_job_that_ends_while_the_sender_runs_is_told_of_by_the_next_run() {
    let told = open().await;
    let first = told.cancelled().await;
    let gate = told.works.proxy.on("PutEvents").nth(1).hold_before();
    let running = tokio::spawn({
        let told = Arc::clone(&told);
        async move { told.run().await }
    });
    gate.reached().await;
    let second = told.cancelled().await;
    gate.release();
    assert_eq!(running.await.expect("a run"), sent(1));
    assert_eq!(told.heard_of(1).await, [first.to_string()]);
    assert_eq!(told.run().await, sent(1));
    assert_eq!(told.heard_of(1).await, [second.to_string()]);
}

#[tokio::test]
async fn a_bus_that_throttles_is_left_alone_and_has_every_event_once_in_the_end() {
    let told = open().await;
    for _ in 0..12 {
        told.cancelled().await;
    }
    told.works.proxy.on("PutEvents").answer(400, "ThrottlingException");
    told.works.proxy.forget();
    let refused = told.run().await;
    assert_eq!((refused.sent, refused.refused), (0, 10), "one batch was tried, and the run did not fail for it");
    told.works.proxy.calm();
    told.works.clock.advance(CLAIM);
    assert_eq!(told.run().await, sent(12));
    assert_eq!(told.heard(12).await.len(), 12);
}

#[tokio::test]
async fn an_event_that_the_bus_refuses_beside_one_that_it_takes_is_sent_again_alone() {
    let told = open().await;
    let (first, second) = (told.cancelled().await, told.cancelled().await);
    told.works.proxy.on("PutEvents").nth(1).say(&json!({
        "FailedEntryCount": 1,
        "Entries": [{"EventId": "one"}, {"ErrorCode": "InternalFailure", "ErrorMessage": "not this one"}],
    }));
    assert_eq!(told.run().await, Told { sent: 1, refused: 1, moved_on: 0 });
    assert_eq!((told.unsent(first).await, told.unsent(second).await), (false, true));
    told.works.clock.advance(CLAIM);
    assert_eq!(told.run().await, sent(1));
    assert_eq!(told.heard_of(1).await, [second.to_string()]);
}

#[tokio::test]
async fn an_event_of_a_job_that_cannot_be_read_holds_back_no_other() {
    let told = open().await;
    let (first, second) = (told.cancelled().await, told.cancelled().await);
    let update = told.works.fresh.endpoint.dynamodb().update_item().table_name(&told.works.fresh.state_table);
    let update = update.key("company", text(told.works.company)).key("item", text(format!("JOB#{first}")));
    let update = update.update_expression("SET created_at = :no_time");
    update.expression_attribute_values(":no_time", text("noon")).send().await.expect("a change");
    assert_eq!(told.run().await, Told { sent: 1, refused: 1, moved_on: 0 });
    assert_eq!((told.unsent(first).await, told.unsent(second).await), (true, false));
    assert_eq!(told.heard_of(1).await, [second.to_string()]);
}

#[tokio::test]
async fn many_events_go_ten_at_a_time_and_each_once() {
    let told = open().await;
    let mut jobs = Vec::new();
    for _ in 0..23 {
        jobs.push(told.cancelled().await.to_string());
    }
    told.works.proxy.forget();
    assert_eq!(told.run().await, sent(23));
    assert_eq!(told.works.proxy.seen().requests("PutEvents"), 3);
    let mut heard = told.heard_of(23).await;
    heard.sort();
    jobs.sort();
    assert_eq!(heard, jobs);
}

#[tokio::test]
async fn lapsed_jobs_are_moved_although_the_bus_is_out_of_reach() {
    let told = open().await;
    told.cancelled().await;
    told.works.accept().await;
    told.works.clock.advance(A_LEASE);
    told.works.proxy.on("PutEvents").refuse();
    let done = told.works.recover.run().await.expect("a run");
    assert_eq!((done.rescued.resent, done.told.refused), (1, 1));
}
