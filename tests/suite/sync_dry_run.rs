//! Dry runs: the counts and the report of a real run, and not one write to customers or links.

use std::sync::Arc;
use std::time::Duration;

use local::vaka::{Fault, Route, User};
use shared::handoff::{Accept, accept};
use shared::ids::JobId;
use shared::job::{Counters, Job, Mode, Status};
use shared::outcome::{Outcome, OutcomeKind, SkipReason};
use shared::table::link::{Linked, PersonKey};
use uuid::Uuid;

use crate::works::{TIMEOUT, Works, body};

/// A user in a report, without what only a dry run keeps.
type Listed = (PersonKey, Outcome, Linked);

fn person(name: &str, email: &str) -> User {
    User::named(name).with_email(Some(email))
}

fn renamed(user: &User, name: &str) -> User {
    User { name: name.to_owned(), ..user.clone() }
}

/// One of each kind of user that a sync can meet, and enough new ones for several commits.
async fn rich_world() -> Works {
    let steady: Vec<_> = (0..30).map(|n| User::named(&format!("Ek Alva {n}"))).collect();
    let [changes, moves, deleted, long_deleted, orphan, loses_name, nameless] =
        ["Ek, Birk", "Ek, Cajsa", "Ek, Didrik", "Ek, Ebba", "Ek, Folke", "Ek, Hedda", ""].map(User::named);
    let orphan = orphan.with_email(None);
    let ambiguous = person("Gran, Ivar", "info@example.com");
    let works = Works::with_users(
        [
            steady.clone(),
            [&changes, &moves, &deleted, &long_deleted, &orphan, &loses_name, &nameless, &ambiguous]
                .map(User::clone)
                .to_vec(),
        ]
        .concat(),
    )
    .await;
    for name in ["Jorun", "Knut"] {
        works.customer(name, "Ek", "info@example.com").await;
    }
    works.completed().await;

    // One customer was deleted and the sync has met that already, the other is gone since.
    delete_customer_named(&works, "Ebba").await;
    let long_deleted = renamed(&long_deleted, "Ek, Ebba Maria");
    let before =
        [&changes, &moves, &deleted, &long_deleted, &orphan, &loses_name, &nameless, &ambiguous].map(User::clone);
    works.vaka.set_users(works.device, [steady.clone(), before.to_vec()].concat());
    works.completed().await;
    delete_customer_named(&works, "Didrik").await;
    unlink(&works, orphan.user_id).await;

    works.customer("Linnéa", "Ek", "linnea@example.com").await;
    let complete = works.customer("Måns", "Ek", "mans@example.com").await;
    works.correct(&complete, "vaka_name", "Ek, Måns").await;
    works.customer("Nanna", "Ek", "orvar@example.com").await;
    works.customer("Pärla", "Ek", "home@example.com").await;
    let now = vec![
        renamed(&changes, "Ek-Gran, Birk"),
        moves.with_email(Some("moved@example.com")),
        renamed(&deleted, "Ek-Gran, Didrik"),
        renamed(&long_deleted, "Ek-Gran, Ebba"),
        orphan,
        renamed(&loses_name, " "),
        nameless,
        ambiguous,
        person("Linnéa Ek,", "LINNEA@example.com"),
        person("Ek, Måns", "mans@example.com"),
        person("Ek, Orvar", "orvar@example.com"),
        person("Ek, Ragna", "home@example.com"),
        person("Ek, Pärla", "home@example.com"),
        person("Ek, Sixten", "home@example.com"),
        User::named(&"x".repeat(10_000)),
        User::named(""),
    ];
    let mut new: Vec<_> = (0..150).map(|n| User::named(&format!("Gran Tuva {n}"))).collect();
    new.push(new[3].clone());
    works.vaka.set_users(works.device, [steady, now, new.clone()].concat());
    // The other system has two who are in the first one, under one of the new addresses too.
    let tuva = person(&new[7].name, new[7].email.as_deref().unwrap_or_default());
    works.add_system(vec![person("Ek, Cajsa", "moved@example.com"), tuva, User::named("Gran, Ulrik")]).await;
    works
}

async fn delete_customer_named(works: &Works, firstname: &str) {
    let customers = works.customers().await;
    let (id, _) = customers.iter().find(|(_, customer)| customer["firstname"] == firstname).expect("a customer");
    works.delete(id).await;
}

async fn unlink(works: &Works, user: Uuid) {
    let short = base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, user.as_bytes());
    let links = works.links().await;
    let link = links.iter().find(|link| link["item"].as_s().is_ok_and(|key| key.ends_with(&short))).expect("a link");
    works.remove(link).await;
}

async fn listed(works: &Works, job: &Job) -> (Counters, Vec<Listed>) {
    assert_eq!((job.status, &job.failure_text), (Status::Completed, &None));
    let rows = works.report(job).await.iter().map(|row| (row.person, row.outcome, row.customer)).collect();
    (job.counters.expect("counters"), rows)
}

/// What a dry run of the world tells, when nothing breaks.
async fn rehearsed(works: &Works) -> (Counters, Vec<Listed>) {
    listed(works, &works.sync_to(Mode::DryRun).await).await
}

async fn happened(works: &Works) -> (Counters, Vec<Listed>) {
    listed(works, &works.sync().await).await
}

#[tokio::test]
async fn a_dry_run_tells_user_by_user_what_the_real_run_after_it_does_and_writes_no_customer_and_no_link() {
    let works = rich_world().await;
    let (customers, links) = (works.customers().await, works.links().await.len());
    works.proxy.forget();
    let told = rehearsed(&works).await;
    assert_eq!(works.proxy.seen().writes_to(&works.fresh.customers_table), 0);
    let keys = |seen: &local::proxy::Seen| -> Vec<String> {
        seen.writes()
            .filter_map(|write| write.key("item"))
            .map(|key| key.split('#').next().unwrap_or_default().to_owned())
            .collect()
    };
    let written = keys(&works.proxy.seen());
    assert!(written.iter().all(|kind| ["JOB", "REPORT", "LOCK", "EVENT"].contains(&kind.as_str())), "{written:?}");
    assert_eq!((works.customers().await, works.links().await.len()), (customers, links));

    let done = happened(&works).await;
    assert_eq!(told, done);

    // The world has what it is meant to have.
    let (counters, rows) = done;
    assert!(counters.unchanged >= 30, "{counters:?}");
    for (outcome, at_least) in [
        (Outcome::Created, 150),
        (Outcome::Updated, 5),
        (Outcome::Unchanged, 3),
        (Outcome::Skipped(SkipReason::CustomerDeleted), 2),
        (Outcome::Skipped(SkipReason::MissingName), 3),
        (Outcome::Skipped(SkipReason::AmbiguousEmail), 1),
        (Outcome::Skipped(SkipReason::Rejected), 1),
    ] {
        let count = rows.iter().filter(|(_, of, _)| *of == outcome).count();
        assert!(count >= at_least, "{outcome:?}: {count}");
    }
}

/// Fault 12. Dry runs leave nothing behind, so they can all be of one world.
#[tokio::test]
async fn a_dry_run_whose_worker_dies_at_any_commit_tells_the_same() {
    let works = Arc::new(rich_world().await);
    let undisturbed = works.sync_to(Mode::DryRun).await;
    let expected = listed(&works, &undisturbed).await;
    let commits = works.parts(undisturbed.id).await.len();
    assert!(commits >= 4, "{commits} commits");
    for after_it_took_effect in [false, true] {
        for commit in 1..=commits as u64 {
            let job = works.accept_to(Mode::DryRun).await;
            let on = works.proxy.on("TransactWriteItems").containing("REPORT#").nth(commit);
            let gate = if after_it_took_effect { on.hold_after() } else { on.hold_before() };
            works.die_at(&gate, job).await;
            works.proxy.calm();
            works.clock.advance(Duration::from_secs(180));
            works.recover.run().await.expect("a recovery");
            works.work(job).await;
            let told = listed(&works, &works.ended(job).await).await;
            assert_eq!(told, expected, "commit {commit}, after: {after_it_took_effect}");
        }
    }
    assert_eq!(happened(&works).await, expected);
}

/// Works on the job slice by slice, each cut off after another page of the source.
async fn in_slices(works: &Works, job: JobId) -> Job {
    for page in 2.. {
        works.vaka.on(Route::Users).nth(page).fault(Fault::status(429).with("Retry-After", "600"));
        works.deliver(&works.worker(), &body(works.company, job), TIMEOUT).await;
        works.vaka.calm();
        if !works.job(job).await.status.is_active() {
            break;
        }
        works.clock.advance(Duration::from_secs(600));
    }
    works.ended(job).await
}

#[tokio::test]
async fn a_dry_run_of_many_slices_tells_what_a_real_run_of_as_many_does() {
    let works = rich_world().await;
    works.vaka.page_users(Some(20));
    let expected = rehearsed(&works).await;
    let sliced = in_slices(&works, works.accept_to(Mode::DryRun).await).await;
    assert!(sliced.generation > 5, "{sliced:?}");
    assert_eq!(listed(&works, &sliced).await, expected);
    // Who is left out again is told of and not decided about.
    let decided = works.table.decided(works.company, sliced.id).await.expect("the table is there");
    let mut once: Vec<_> = decided.iter().map(|row| (row.person, row.outcome, row.customer)).collect();
    once.retain(|(_, outcome, _)| !matches!(outcome, Outcome::Skipped(_)));
    once.sort_unstable_by_key(|(person, ..)| *person);
    let mut told = expected.1.clone();
    told.retain(|(_, outcome, _)| !matches!(outcome, Outcome::Skipped(_)));
    assert_eq!(once, told, "no slice decides again what an earlier one has decided");
    let done = in_slices(&works, works.accept().await).await;
    assert_eq!(listed(&works, &done).await, expected);
}

/// Faults 6 and 18.
#[tokio::test]
async fn lost_answers_throttling_and_errors_do_not_change_what_a_dry_run_tells() {
    let works = rich_world().await;
    let expected = rehearsed(&works).await;
    for operation in ["UpdateItem", "TransactWriteItems", "BatchGetItem"] {
        for nth in 1..=3 {
            works.proxy.on(operation).nth(nth).lose_answer();
            assert_eq!(rehearsed(&works).await, expected, "{operation} {nth}");
            works.proxy.calm();
        }
    }
    let job = works.accept_to(Mode::DryRun).await;
    works.proxy.on("*").every(3).throttle();
    works.proxy.on("*").every(5).fail();
    for _ in 0..8 {
        works.deliver(&works.worker(), &body(works.company, job), TIMEOUT).await;
        if !works.job(job).await.status.is_active() {
            break;
        }
        works.clock.advance(Duration::from_secs(180));
    }
    works.proxy.calm();
    assert_eq!(listed(&works, &works.ended(job).await).await, expected);
}

#[tokio::test]
async fn a_dry_run_of_a_first_sync_counts_everybody_and_the_real_one_after_it_makes_them() {
    let works = Works::open().await;
    works.vaka.populate(works.device, 300, 6);
    let told = rehearsed(&works).await;
    assert_eq!((told.0.found, works.customers().await.len(), works.links().await.len()), (300, 0, 0));
    assert_eq!(happened(&works).await, told);
    let nothing_left = rehearsed(&works).await;
    assert_eq!(nothing_left, (Counters { found: 300, unchanged: 300, ..Counters::default() }, Vec::new()));
}

#[tokio::test]
async fn a_dry_run_holds_the_companys_lock_like_any_other_sync() {
    let works = Works::with_users(vec![User::named("Ek Tuva")]).await;
    let job = works.accept_to(Mode::DryRun).await;
    assert_eq!(works.job(job).await.mode, Mode::DryRun);
    for mode in [Mode::DryRun, Mode::Apply] {
        let again = accept(&works.table, &works.queue, &works.clock, works.company, mode).await.expect("an answer");
        assert!(matches!(again, Accept::Held(holder) if holder.id == job), "{mode:?}");
    }
    works.work(job).await;
    assert_eq!(works.ended(job).await.mode, Mode::DryRun);
    assert_eq!(works.job(works.accept().await).await.mode, Mode::Apply);
}

/// Fault 26: what only a dry run has found is not known.
#[tokio::test]
async fn a_dry_run_makes_nobody_known_and_doubts_an_empty_source_as_a_real_run_does() {
    let works = Works::with_users(vec![User::named("Ek Tuva")]).await;
    rehearsed(&works).await;
    works.vaka.set_users(works.device, Vec::new());
    assert_eq!(happened(&works).await, (Counters::default(), Vec::new()));

    works.vaka.set_users(works.device, vec![User::named("Ek Tuva")]);
    works.completed().await;
    works.vaka.set_users(works.device, Vec::new());
    let job = works.sync_to(Mode::DryRun).await;
    assert_eq!(job.status, Status::Failed);
    assert!(job.failure_text.is_some_and(|text| text.contains("no users at all")));
}

#[tokio::test]
async fn a_dry_run_keeps_hashes_of_what_it_would_write_and_a_real_run_keeps_none() {
    let works = Works::with_users(vec![User::named("Ek Tuva"), User::named("")]).await;
    let dry = works.sync_to(Mode::DryRun).await;
    let imprints = |rows: Vec<shared::table::report::Row>| -> Vec<_> {
        rows.iter().map(|row| (row.outcome.kind(), row.imprint.is_some())).collect()
    };
    let mut kept = imprints(works.report(&dry).await);
    kept.sort_by_key(|(kind, _)| kind.name());
    assert_eq!(kept, [(OutcomeKind::Created, true), (OutcomeKind::Skipped, false)]);
    let real = works.sync().await;
    assert!(imprints(works.report(&real).await).iter().all(|(_, kept)| !kept));
}
