//! The pause that a slice makes before the next one, whatever messages of the job lie in the queue.

use std::time::Duration;

use local::vaka::{Fault, Route, User};
use recover::rescue::Rescued;
use shared::clock::Clock;
use shared::ids::JobId;
use shared::job::Status;
use shared::recovery::MOST_ATTEMPTS;
use shared::table::schema::CLOCK_SKEW;
use sync::source::Patience;

use crate::works::{TIMEOUT, Works, body};

/// What VAKA asks for.
const PAUSE: Duration = Duration::from_secs(600);

async fn works() -> Works {
    Works::with_users((0..20).map(|n| User::named(&format!("Ek Tuva {n}"))).collect()).await
}

/// A job whose first slice was told by VAKA to come back after [`PAUSE`]. VAKA is well again.
async fn paused(works: &Works) -> JobId {
    let job = works.accept().await;
    works.messages().await;
    works.vaka.on(Route::Users).nth(1).fault(Fault::status(429).with("Retry-After", PAUSE.as_secs().to_string()));
    works.work(job).await;
    works.vaka.calm();
    assert_eq!(works.job(job).await.status, Status::Processing);
    job
}

/// Time passes until the job's lease runs out, and the recover function runs.
async fn lapse(works: &Works, job: JobId) -> Rescued {
    works.clock.turn_to(works.job(job).await.lease_expires_at.expect("a lease"));
    works.recover.run().await.expect("a run").rescued
}

async fn is_paused(works: &Works, job: JobId) -> bool {
    works.state_item(&format!("JOB#{job}")).await.expect("a job").contains_key("not_before")
}

/// Fault 11: recovery sends again, so a job can have several messages.
#[tokio::test]
async fn messages_that_come_during_a_pause_are_done_and_the_one_after_it_goes_on() {
    let works = works().await;
    let job = paused(&works).await;
    let before = works.job(job).await;
    works.proxy.forget();
    for _ in 0..4 {
        works.work(job).await;
    }
    works.clock.advance(PAUSE - CLOCK_SKEW - Duration::from_secs(1));
    works.work(job).await;
    assert_eq!(works.job(job).await, before, "neither a worker nor a slice is spent on them");
    assert_eq!(works.proxy.seen().requests("SendMessage"), 0, "nor is another message sent");
    works.clock.advance(CLOCK_SKEW + Duration::from_secs(1));
    works.work(job).await;
    assert_eq!(works.ended(job).await.status, Status::Completed);
}

/// Fault 17: the pause ends by the clock of one host and is asked about by that of another.
#[tokio::test]
async fn the_message_of_the_pause_is_not_too_early_for_a_clock_that_is_half_a_minute_behind() {
    let works = works().await;
    let job = paused(&works).await;
    works.pass_pause(job).await;
    let behind = Clock::set_to(works.clock.now().before(CLOCK_SKEW));
    let worker = works.worker_at(behind, Patience::PRODUCTION);
    works.deliver(&worker, &body(works.company, job), TIMEOUT).await;
    assert_eq!(works.ended(job).await.status, Status::Completed);
}

/// Fault 17, and clocks differ by more than that: the message of the pause is lost.
#[tokio::test]
async fn a_job_whose_message_came_too_early_moves_again_when_its_lease_has_run_out() {
    let works = works().await;
    let job = paused(&works).await;
    let far_behind = Clock::set_to(works.clock.now());
    let worker = works.worker_at(far_behind, Patience::PRODUCTION);
    let response = works.deliver(&worker, &body(works.company, job), TIMEOUT).await;
    assert!(response.batch_item_failures.is_empty(), "it is done");
    assert!(works.job(job).await.status.is_active());
    assert_eq!(lapse(&works, job).await, Rescued { resent: 1, ..Rescued::default() });
    assert_eq!(works.messages().await, [body(works.company, job)]);
    works.deliver(&worker, &body(works.company, job), TIMEOUT).await;
    assert_eq!(works.ended(job).await.status, Status::Completed, "a rescue ends the pause by every clock");
}

#[tokio::test]
async fn a_pause_is_over_with_the_start_after_it_and_with_the_job() {
    let works = works().await;
    let job = paused(&works).await;
    works.clock.advance(PAUSE);
    works.table.start(works.company, job, "a worker", works.clock.now()).await.expect("a start");
    assert!(!is_paused(&works, job).await);

    let other = Works::open().await;
    let job = paused(&other).await;
    assert!(is_paused(&other, job).await);
    other.table.cancel(other.company, job, other.clock.now()).await.expect("an end");
    assert!(!is_paused(&other, job).await);
    assert_eq!(other.ended(job).await.status, Status::Failed);
}

#[tokio::test]
async fn a_slice_that_hands_over_at_once_makes_no_pause() {
    let works = works().await;
    let job = works.accept().await;
    works.deliver(&works.worker(), &body(works.company, job), Duration::ZERO).await;
    assert!(!is_paused(&works, job).await);
    works.work(job).await;
    assert_eq!(works.ended(job).await.status, Status::Completed);
}

/// A slice that hands over has shown that the job is not lost, so what it waited before does not count.
#[tokio::test]
async fn rescues_of_a_job_that_waited_in_the_queue_do_not_count_after_a_hand_over() {
    let works = works().await;
    let job = works.accept().await;
    for _ in 0..MOST_ATTEMPTS {
        assert_eq!(lapse(&works, job).await.resent, 1);
    }
    works.vaka.on(Route::Users).nth(1).fault(Fault::status(429).with("Retry-After", PAUSE.as_secs().to_string()));
    works.work(job).await;
    works.vaka.calm();
    assert_eq!(lapse(&works, job).await, Rescued { resent: 1, ..Rescued::default() });
    works.work(job).await;
    assert_eq!(works.ended(job).await.status, Status::Completed);
}
