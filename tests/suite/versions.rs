//! A deployment in mid-run: items that an older version wrote are met by this one.

use std::time::Duration;

use local::vaka::User;
use shared::handoff::{Accept, accept};
use shared::ids::JobId;
use shared::job::{Counters, Mode, Status};
use shared::outcome::SkipReason;

use crate::works::{Item, TIMEOUT, Works, body, text};

/// The attributes of a job under way that have a default, so that a version that wrote none can have put it.
const NEWER: &str = "REMOVE #attempts, #slices, #idle, #dry, #ttl, #pause";

async fn written_by_an_older_version(works: &Works, job: JobId) {
    let update = works.fresh.endpoint.dynamodb().update_item().table_name(&works.fresh.state_table);
    let update = update.key("company", text(works.company));
    let update = update.key("item", text(format!("JOB#{job}"))).update_expression(NEWER);
    let names = [
        ("#attempts", "attempts"),
        ("#slices", "slices"),
        ("#idle", "idle_slices"),
        ("#dry", "dry_run"),
        ("#ttl", "expires_on"),
        ("#pause", "not_before"),
    ];
    let update = names.into_iter().fold(update, |update, (name, of)| update.expression_attribute_names(name, of));
    update.send().await.expect("an item of an older version");
}

async fn without_a_lease(works: &Works, job: JobId) {
    let update = works.fresh.endpoint.dynamodb().update_item().table_name(&works.fresh.state_table);
    let update = update.key("company", text(works.company));
    let update = update.key("item", text(format!("JOB#{job}")));
    update.update_expression("REMOVE lease_expires_at, lease_shard").send().await.expect("a job without a lease");
}

/// Fault 20.
#[tokio::test]
async fn a_job_of_an_older_version_is_gone_on_with_by_the_next_slice_and_ends_exactly() {
    let works = Works::open().await;
    works.vaka.populate(works.device, 150, 1);
    let job = works.accept().await;
    written_by_an_older_version(&works, job).await;
    works.deliver(&works.worker(), &body(works.company, job), Duration::from_secs(60)).await;
    assert_eq!(works.job(job).await.status, Status::Processing, "the first slice has no time and hands over");
    written_by_an_older_version(&works, job).await;
    works.deliver(&works.worker(), &body(works.company, job), TIMEOUT).await;
    let ended = works.ended(job).await;
    let all = Counters { found: 150, created: 150, ..Counters::default() };
    assert_eq!((ended.status, ended.counters), (Status::Completed, Some(all)));
}

/// Fault 20: a job without a lease is in no index, so its message or the next request moves it.
#[tokio::test]
async fn a_job_that_an_older_version_left_without_a_lease_is_moved_by_the_next_request() {
    let works = Works::open().await;
    let job = works.accept().await;
    without_a_lease(&works, job).await;
    works.recover.run().await.expect("a run");
    assert_eq!(works.job(job).await.attempts, 0, "the index does not list it");
    let queue = works.queue_behind_the_proxy();
    let asked = accept(&works.table, &queue, &works.clock, works.company, Mode::Apply).await;
    assert!(matches!(asked, Ok(Accept::Held(held)) if held.id == job), "it is told of that job");
    let rescued = works.job(job).await;
    assert_eq!((rescued.attempts, rescued.lease_expires_at.is_some()), (1, true));
    works.work(job).await;
    assert_eq!(works.ended(job).await.status, Status::Completed);
}

/// Fault 20, the way back: a later version has left somebody out for a reason that this one does not know.
#[tokio::test]
async fn a_link_whose_reason_only_a_later_version_knows_stops_no_sync() {
    let works = Works::with_users(vec![User::named("Ek Tuva"), User::named("")]).await;
    works.completed().await;
    let is_left_out = |link: &Item| link.get("o") == Some(&text("S"));
    let link = works.links().await.into_iter().find(is_left_out).expect("somebody without a name is left out");
    let update = works.fresh.endpoint.dynamodb().update_item().table_name(&works.fresh.state_table);
    let update = update.key("company", link["company"].clone()).key("item", link["item"].clone());
    let update = update.update_expression("SET r = :reason").expression_attribute_values(":reason", text("Unheard"));
    update.send().await.expect("a link of a later version");
    let again = works.sync().await;
    let counters = Counters { found: 2, unchanged: 1, skipped: 1, ..Counters::default() };
    assert_eq!((again.status, again.counters), (Status::Completed, Some(counters)));
    let reasons: Vec<_> = works.report(&again).await.iter().filter_map(|row| row.outcome.reason()).collect();
    assert_eq!(reasons, [SkipReason::Rejected]);
    let link = works.links().await.into_iter().find(is_left_out).expect("a link");
    assert_eq!(link.get("r"), Some(&text("Unheard")), "the later version finds it again");
}
