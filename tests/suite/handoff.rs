//! The message from one function to the next: when it is there, and in whose group.

use std::time::Duration;

use local::proxy::Message;
use local::vaka::{Fault, Route};
use shared::handoff::{Accept, accept};
use shared::job::{Mode, Status};
use shared::queue::Nudge;

use crate::works::{QUICK, TIMEOUT, Works, body};

/// Longer than a lease.
const A_LEASE: Duration = Duration::from_secs(121);

/// A slice that has no more time than this ends at once.
const NO_TIME: Duration = Duration::from_secs(60);

fn message_of(works: &Works, delay_s: u64) -> Message {
    Message { group: Some(works.company.to_string()), delay_s }
}

/// Fault 23: what a slice does not wait for itself, the message does.
#[tokio::test]
async fn a_message_is_kept_back_for_as_long_as_vaka_is_to_be_left_alone() {
    let throttled = |asked: &str| Fault::status(429).with("Retry-After", asked);
    for (fault, delay_s) in [(throttled("600"), 600), (throttled("86400"), 900), (Fault::status(503), 30)] {
        let works = Works::open().await;
        works.vaka.populate(works.device, 10, 1);
        works.vaka.on(Route::Users).fault(fault);
        let job = works.accept().await;
        assert_eq!(works.messages().await, [body(works.company, job)]);
        let worker = works.worker_at(works.clock.clone(), QUICK);
        let response = works.deliver(&worker, &body(works.company, job), TIMEOUT).await;
        assert!(response.batch_item_failures.is_empty(), "the message was given back");
        let [sent] = &works.proxy.seen().messages()[..] else { panic!("one message was to be sent") };
        assert_eq!(sent.group, message_of(&works, 0).group);
        // Tries are spread by some milliseconds, and a message waits for whole seconds.
        assert!((delay_s..=900.min(delay_s + 1)).contains(&sent.delay_s), "{delay_s}: {sent:?}");
        assert_eq!(works.messages().await, [""; 0], "the message is there before its time");
        let job = works.job(job).await;
        assert_eq!(job.status, Status::Processing);
        let held_until = job.lease_expires_at.expect("a lease");
        assert!(
            held_until > works.clock.now().after(Duration::from_secs(delay_s)),
            "it lapses before its message comes"
        );
    }
}

/// Fault 19: SQS shares the workers between groups, so the group has to be the company.
#[tokio::test]
async fn a_message_is_of_its_company_s_group_whoever_sends_it() {
    let works = Works::open().await;
    let queue = works.queue_behind_the_proxy();
    let accepted = accept(&works.table, &queue, &works.clock, works.company, Mode::Apply).await.expect("an answer");
    let Accept::Accepted(job) = accepted else { panic!("not accepted: {accepted:?}") };
    assert_eq!(works.proxy.seen().messages(), [message_of(&works, 0)], "at the request");

    works.proxy.forget();
    works.deliver(&works.worker(), &body(works.company, job.id), NO_TIME).await;
    assert_eq!(works.proxy.seen().messages(), [message_of(&works, 0)], "after a slice");

    works.proxy.forget();
    works.clock.advance(A_LEASE);
    works.recover.run().await.expect("a run");
    assert_eq!(works.proxy.seen().messages(), [message_of(&works, 0)], "at the recovery");
    assert_eq!(works.messages().await.len(), 3);
}

#[tokio::test]
async fn no_message_is_kept_back_longer_than_the_queue_allows() {
    let works = Works::open().await;
    let job = works.accept().await;
    let nudge = Nudge::new(works.company, job);
    works.queue_behind_the_proxy().send(&nudge, Duration::from_secs(86_400)).await.expect("the queue takes it");
    assert_eq!(works.proxy.seen().messages(), [message_of(&works, 900)]);
}
