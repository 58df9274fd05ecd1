//! The report of a sync: who is listed, and that it always fits the counters. That it fits is
//! asked of every completed job of the suite, where it ends.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use local::vaka::{Fault, Route, User};
use shared::job::{Counters, Job, Status};
use shared::outcome::{Outcome, OutcomeKind, SkipReason};
use shared::table::link::PersonKey;
use shared::table::report::Row;

use crate::works::{Item, NOON, TIMEOUT, Works, body};

/// Enough for several commits: a commit takes 49 new users at most.
const USERS: usize = 200;
const NINETY_DAYS: Duration = Duration::from_secs(90 * 24 * 3_600);

fn named(count: usize) -> Vec<User> {
    (0..count).map(|n| User::named(&format!("Ek Tuva {n}"))).collect()
}

fn nameless(count: usize) -> Vec<User> {
    (0..count).map(|_| User::named("")).collect()
}

fn kinds(report: &[Row], kind: OutcomeKind) -> usize {
    report.iter().filter(|row| row.outcome.kind() == kind).count()
}

fn people(report: &[Row]) -> BTreeSet<PersonKey> {
    report.iter().map(|row| row.person).collect()
}

/// What DynamoDB counts as the size of an item.
fn size(item: &Item) -> usize {
    let of = |value: &AttributeValue| match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        AttributeValue::N(number) => number.len().div_ceil(2) + 1,
        other => panic!("a part has no {other:?}"),
    };
    item.iter().map(|(name, value)| name.len() + of(value)).sum()
}

/// Write units of items that are put in transactions.
fn write_units(parts: &[Item]) -> usize {
    parts.iter().map(|part| 2 * size(part).div_ceil(1_024)).sum()
}

#[tokio::test]
async fn a_first_sync_lists_every_user_with_the_customer_that_was_made() {
    let works = Works::with_users([named(120), nameless(3)].concat()).await;
    let job = works.sync().await;
    let report = works.report(&job).await;
    assert_eq!((kinds(&report, OutcomeKind::Created), kinds(&report, OutcomeKind::Skipped)), (120, 3));
    let users: BTreeSet<_> = works.vaka.users(works.device).iter().map(|user| user.user_id).collect();
    assert_eq!(report.iter().map(|row| *row.person.user.as_uuid()).collect::<BTreeSet<_>>(), users);
    let ids: BTreeSet<_> = report
        .iter()
        .filter_map(|row| row.customer.customer(works.company, &row.person))
        .map(|id| id.to_string())
        .collect();
    assert_eq!(ids, works.customers().await.into_keys().collect());
    assert!(report.is_sorted_by_key(|row| row.person));
}

#[tokio::test]
async fn what_is_kept_of_a_sync_expires_after_90_days() {
    let works = Works::with_users(named(60)).await;
    let job = works.sync().await;
    let kept =
        [works.state_item(&format!("JOB#{}", job.id)).await, works.state_item(&format!("EVENT#{}", job.id)).await];
    let kept: Vec<_> = kept.into_iter().flatten().chain(works.parts(job.id).await).collect();
    assert_eq!(kept.len(), 4, "the job, its event, and two commits of its report");
    let at = NOON.after(NINETY_DAYS).seconds().to_string();
    kept.iter().for_each(|item| assert_eq!(item["expires_on"], AttributeValue::N(at.clone()), "{:?}", item["item"]));
}

#[tokio::test]
async fn a_sync_lists_who_changed_and_who_was_left_out_again_and_nobody_who_is_as_before() {
    let works = Works::with_users([named(60), nameless(4)].concat()).await;
    let first = works.sync().await;
    let of_the_first = works.report(&first).await;

    works.proxy.forget();
    let again = works.sync().await;
    assert_eq!(again.counters, Some(Counters { found: 64, unchanged: 60, skipped: 4, ..Counters::default() }));
    let report = works.report(&again).await;
    assert!(report.iter().all(|row| row.outcome == Outcome::Skipped(SkipReason::MissingName)));
    assert_eq!(report.len(), 4);
    let links = |key: &str| key.starts_with("LINK#");
    assert!(!works.proxy.seen().writes().any(|write| write.key("item").is_some_and(links)), "a link was written");

    let changed = works.vaka.change(works.device, 5);
    let third = works.sync().await;
    let report = works.report(&third).await;
    let listed = |kind| kinds(&report, kind);
    assert_eq!(
        report.len(),
        listed(OutcomeKind::Updated) + listed(OutcomeKind::Skipped) + listed(OutcomeKind::Created)
    );
    assert!(changed.iter().all(|user| report.iter().any(|row| row.person.user.as_uuid() == user)));

    assert_eq!(works.report(&first).await, of_the_first, "an older job has still its own");
    assert_eq!(works.report(&again).await.len(), 4);
}

#[tokio::test]
async fn a_sync_without_changes_has_an_empty_report_and_writes_none() {
    let works = Works::with_users(named(60)).await;
    works.completed().await;
    works.proxy.forget();
    let job = works.sync().await;
    assert_eq!(works.report(&job).await, []);
    assert_eq!(works.parts(job.id).await.len(), 0);
    assert_eq!(works.proxy.seen().writes_to(&works.fresh.state_table), 4, "start, end, the lock, and the event");
}

/// Fault 12: the parts of a report are in the transaction of what they tell of.
#[tokio::test]
async fn a_crash_at_any_commit_neither_loses_nor_doubles_a_row() {
    for after_it_took_effect in [false, true] {
        for commit in 1..=5 {
            let works = Arc::new(Works::with_users([named(150), nameless(2)].concat()).await);
            works.completed().await;
            works.vaka.set_users(works.device, [works.vaka.users(works.device), named(USERS)].concat());
            let job = works.accept().await;
            let on = works.proxy.on("TransactWriteItems").containing("REPORT#").nth(commit);
            let gate = if after_it_took_effect { on.hold_after() } else { on.hold_before() };
            works.die_at(&gate, job).await;
            works.proxy.calm();
            works.clock.advance(Duration::from_secs(180));
            works.recover.run().await.expect("a recovery");
            works.work(job).await;
            let ended = works.ended(job).await;
            let report = works.report(&ended).await;
            assert_eq!(ended.status, Status::Completed);
            assert_eq!(report.len(), USERS + 2, "commit {commit}, after: {after_it_took_effect}");
            assert_eq!(people(&report).len(), USERS + 2);
        }
    }
}

/// Works until the source has been asked for this many pages, and is then told to come back later.
async fn cut_off_after(works: &Works, job: &Job, pages: u64) -> Job {
    works.vaka.on(Route::Users).nth(pages + 1).fault(Fault::status(429).with("Retry-After", "600"));
    works.deliver(&works.worker(), &body(works.company, job.id), TIMEOUT).await;
    works.vaka.calm();
    works.clock.advance(Duration::from_secs(600));
    works.job(job.id).await
}

#[tokio::test]
async fn who_was_left_out_again_by_a_slice_and_was_gone_for_the_next_is_not_listed_by_a_completed_job() {
    let (gone, stays) = (nameless(1), nameless(1));
    let works = Works::with_users([named(48), gone, stays.clone(), named(50)].concat()).await;
    works.vaka.page_users(Some(50));
    works.completed().await;
    let job = works.accept().await;
    let cut_off = cut_off_after(&works, &works.job(job).await, 1).await;
    assert_eq!((cut_off.status, works.report(&cut_off).await.len()), (Status::Processing, 2));
    let users = works.vaka.users(works.device);
    let without = users.iter().enumerate().filter(|(at, _)| *at != 48).map(|(_, user)| user.clone());
    works.vaka.set_users(works.device, without.collect());
    works.work(job).await;
    let report = works.report(&works.ended(job).await).await;
    let user = |row: &Row| *row.person.user.as_uuid();
    assert_eq!(report.iter().map(user).collect::<Vec<_>>(), [stays[0].user_id]);
}

#[tokio::test]
async fn to_find_somebody_left_out_again_is_no_progress() {
    let works = Works::with_users([named(40), nameless(10), named(50)].concat()).await;
    works.vaka.page_users(Some(50));
    works.completed().await;
    let job = works.accept().await;
    for slice in 1..=3 {
        let now = cut_off_after(&works, &works.job(job).await, 1).await;
        assert_eq!(now.status.is_active(), slice < 3, "slice {slice}: {:?}", now.failure_text);
        assert_eq!(works.report(&now).await.len(), 10, "each is listed once");
    }
}

#[tokio::test]
async fn a_record_that_names_no_user_is_counted_and_cannot_be_listed() {
    let works = Works::open().await;
    works.vaka.on(Route::Users).fault(Fault::Body(r#"{"userAccounts":[{"name":"no id"},{"userId":17}]}"#.to_owned()));
    let job = works.accept().await;
    works.work(job).await;
    let job = works.job(job).await;
    assert_eq!(job.counters.map(|counters| (counters.found, counters.skipped)), Some((2, 2)));
    assert_eq!(works.report(&job).await, []);
}

#[tokio::test]
async fn a_report_goes_with_its_job_and_names_nobody() {
    let works = Works::open().await;
    works.vaka.populate(works.device, 120, 5);
    let job = works.sync().await;
    let expires_on = works.state_item(&format!("JOB#{}", job.id)).await.expect("a job")["expires_on"].clone();
    let parts = works.parts(job.id).await;
    assert!(parts.len() > 1);
    for part in &parts {
        assert_eq!(part["expires_on"], expires_on);
        let mut members: Vec<_> = part.keys().map(String::as_str).collect();
        members.sort_unstable();
        assert_eq!(members, ["company", "decided", "expires_on", "item"]);
    }
}

#[tokio::test]
async fn a_report_costs_what_its_page_says() {
    let works = Works::with_users(named(1_000)).await;
    let job = works.sync().await;
    let parts = works.parts(job.id).await;
    assert_eq!((parts.len(), write_units(&parts)), (21, 42));

    let works = Works::with_users(nameless(1_500)).await;
    works.completed().await;
    let again = works.sync().await;
    let parts = works.parts(again.id).await;
    assert_eq!(parts.len(), 2);
    let full: Vec<_> = parts.into_iter().filter(|part| size(part) > 15_000).collect();
    assert_eq!(write_units(&full), 34);
    works.proxy.forget();
    let table =
        shared::table::Table::new(&local::cloud::Endpoint::at(works.proxy.url()).sdk(), &works.fresh.state_table);
    assert_eq!(table.report(&again).await.expect("a report").len(), 1_500);
    assert_eq!(works.proxy.seen().requests("Query"), 1);
}
