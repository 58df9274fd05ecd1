//! Workers that die between a customer and its link, and what the next one makes of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use local::bokamera::{Fault, Ids, Manners, Route};
use local::vaka::User;
use shared::job::{Counters, FailureCode, Mode, Status};
use shared::outcome::{Outcome, SkipReason};
use shared::table::link::PersonKey;
use shared::table::schema::CLOCK_SKEW;

use crate::works::{Home, TIMEOUT, Works, body};

/// Longer than a lease.
const A_LEASE: Duration = Duration::from_secs(180);
/// What is left of a lease after it is too short for one more call.
const NEARLY_A_LEASE: Duration = Duration::from_secs(85);

fn counters(found: u64, created: u64, updated: u64, unchanged: u64, skipped: u64) -> Counters {
    Counters { found, created, updated, unchanged, skipped }
}

fn person(name: &str, email: Option<&str>) -> User {
    User::named(name).with_email(email)
}

/// Somebody of each kind: new with and without an address, two alike, one to be adopted and
/// changed, one to be adopted as it is, one to be changed, one who was deleted, one with an account.
async fn rich_world(ids: Ids) -> Works {
    let [changes, gone, own] = ["Ek, Birk", "Ek, Cajsa", "Ek, Didrik"].map(User::named);
    let works = Works::with_users_in(Home::Rest, vec![changes.clone(), gone.clone(), own.clone()]).await;
    works.bokamera().behave(Manners { ids, ..Manners::default() });
    works.completed().await;
    for (id, customer) in works.customers().await {
        match customer["firstname"].as_str() {
            "Cajsa" => works.delete(&id).await,
            "Didrik" => works.bokamera().give_account(*works.company.as_uuid(), id.parse().expect("a Guid")),
            _ => {}
        }
    }
    works.customer("tuva", "Ek", "tuva@example.com").await;
    works.customer("Ylva", "Ek", "ylva@example.com").await;
    let renamed = |user: User| User { name: format!("{} Maria", user.name), ..user };
    let users = vec![
        renamed(changes),
        person("Ek, Alva", None),
        person("Ek, Alva", None),
        renamed(gone),
        person("Ek, Tuva", Some("tuva@example.com")),
        person("Ek, Ylva", Some("ylva@example.com")),
        renamed(own),
        User::named("Ek, Ivar"),
    ];
    works.vaka.set_users(works.device, users);
    works.add_system(vec![person("Ek, Tuva", Some("tuva@example.com"))]).await;
    works.forget();
    works
}

/// What a sync comes to: its counters, what it tells of each user, and the customers that there
/// are, by all that they are but their id. Users and their systems are others in each world, so
/// they go by the order of their names.
type Sum = (Counters, Vec<(String, &'static str, Option<SkipReason>)>, Vec<BTreeMap<String, String>>);

async fn sum(works: &Works, counted: Option<Counters>, rows: Vec<(PersonKey, Outcome)>) -> Sum {
    let named = |person: PersonKey| {
        let users = works.vaka.users(*person.device.as_uuid());
        users.into_iter().find(|user| user.user_id == *person.user.as_uuid()).expect("a user").name
    };
    let mut told: Vec<_> =
        rows.into_iter().map(|(person, of)| (named(person), of.kind().name(), of.reason())).collect();
    told.sort_by(|one, other| (&one.0, one.1).cmp(&(&other.0, other.1)));
    let mut customers: Vec<_> = works.customers().await.into_values().collect();
    customers.iter_mut().for_each(|customer| {
        customer.remove("customer");
        // Invented addresses are others in each world.
        customer.retain(|_, value| value.len() < 36);
    });
    customers.sort();
    (counted.expect("counters"), told, customers)
}

async fn sum_of(works: &Works, job: shared::ids::JobId) -> Sum {
    let job = works.ended(job).await;
    assert_eq!((job.status, &job.failure_text), (Status::Completed, &None));
    let rows = works.report(&job).await.iter().map(|row| (row.person, row.outcome)).collect();
    sum(works, job.counters, rows).await
}

/// A worker that is dropped when the gate is reached, and its successor.
async fn crash(works: &Arc<Works>, job: shared::ids::JobId, gate: &local::proxy::Gate) {
    works.die_at(gate, job).await;
    works.bokamera_proxy().calm();
    works.proxy.calm();
    works.clock.advance(A_LEASE);
    works.recover.run().await.expect("a recovery");
    works.work(job).await;
}

/// Whose calls a test counts.
#[derive(Debug, Clone, Copy)]
enum To {
    BokaMera,
    Aws,
}

fn proxy(works: &Works, to: To) -> &local::proxy::Proxy {
    match to {
        To::BokaMera => works.bokamera_proxy(),
        To::Aws => &works.proxy,
    }
}

/// Dies at each call to one server, once before it takes effect and once after.
async fn dies_at_every_call(ids: Ids, to: To) {
    let undisturbed = rich_world(ids).await;
    let job = undisturbed.accept().await;
    undisturbed.forget();
    undisturbed.work(job).await;
    let calls = proxy(&undisturbed, to).seen().entries().len();
    let expected = sum_of(&undisturbed, job).await;
    assert_eq!(expected.0, counters(9, 3, 2, 2, 2), "the world has what it is meant to have");
    assert!(calls >= 6, "{calls} calls");
    for call in 1..=calls as u64 {
        for after_it_took_effect in [false, true] {
            let works = Arc::new(rich_world(ids).await);
            let job = works.accept().await;
            let on = proxy(&works, to).on("*").nth(call);
            let gate = if after_it_took_effect { on.hold_after() } else { on.hold_before() };
            crash(&works, job, &gate).await;
            let told = sum_of(&works, job).await;
            assert_eq!(told, expected, "{ids:?}, {to:?}, call {call}, after: {after_it_took_effect}");
            works.forget();
            assert_eq!(works.completed().await, counters(9, 0, 0, 7, 2));
            assert_eq!(works.customer_writes(), 0);
        }
    }
}

/// Fault 12.
#[tokio::test]
async fn a_worker_that_dies_at_any_call_to_bokamera_is_followed_by_one_that_ends_the_job_exactly() {
    dies_at_every_call(Ids::Honoured, To::BokaMera).await;
}

/// Fault 12.
#[tokio::test]
async fn so_it_is_where_bokamera_gives_ids_of_its_own() {
    dies_at_every_call(Ids::Ignored, To::BokaMera).await;
}

/// Fault 12.
#[tokio::test]
async fn a_worker_that_dies_at_any_call_to_aws_is_followed_by_one_that_ends_the_job_exactly() {
    dies_at_every_call(Ids::Ignored, To::Aws).await;
}

#[tokio::test]
async fn what_is_about_to_be_done_is_written_down_before_it_is_done() {
    let works = Arc::new(Works::with_users_in(Home::Rest, vec![User::named("Ek, Tuva")]).await);
    let job = works.accept().await;
    let gate = works.bokamera_proxy().on("POST /customers").nth(1).hold_before();
    let working = tokio::spawn({
        let works = Arc::clone(&works);
        async move { works.work(job).await }
    });
    gate.reached().await;
    let intent = works.links().await.remove(0);
    assert_eq!(intent["o"].as_s().ok().map(String::as_str), Some("M"));
    let mut members: Vec<_> = intent.keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(members, ["company", "e", "f", "item", "j", "n", "o"], "hashes, and no name or address");
    assert_eq!(works.job(job).await.counters.map(|counted| counted.found), Some(0), "nothing is counted by it");
    gate.release();
    working.await.expect("a worker");
    assert_eq!(works.links().await[0]["o"].as_s().ok().map(String::as_str), Some("C"));
}

/// What one job did and did not live to count, the next one counts.
#[tokio::test]
async fn a_customer_made_by_a_job_that_was_given_up_is_counted_as_created_by_the_next_one() {
    for ids in [Ids::Honoured, Ids::Ignored] {
        let user = User::named("Ek, Tuva").with_email(None);
        let works = Works::with_users_in(Home::Rest, vec![user.clone()]).await;
        works.bokamera().behave(Manners { ids, ..Manners::default() });
        works.bokamera().on(Route::Create).nth(1).fault(Fault::LoseAnswer);
        works.bokamera().on(Route::List).which(local::proxy::Which::From(2)).fault(Fault::status(403));
        let job = works.sync().await;
        assert_eq!((job.status, job.failure_code), (Status::Failed, Some(FailureCode::TargetForbidden)));
        assert_eq!(works.customers().await.len(), 1, "it was made");
        works.bokamera().calm();

        // Meanwhile the user has another name.
        works.vaka.set_users(works.device, vec![User { name: "Ek, Tuva Maria".to_owned(), ..user }]);
        works.forget();
        let told = works.sync_to(Mode::DryRun).await;
        assert_eq!((told.counters, works.customer_writes()), (Some(counters(1, 1, 0, 0, 0)), 0));
        assert_eq!(works.completed().await, counters(1, 1, 0, 0, 0), "{ids:?}");
        let customers = works.customers().await;
        assert_eq!(customers.values().map(|one| one["firstname"].as_str()).collect::<Vec<_>>(), ["Tuva Maria"]);
        assert_eq!(works.completed().await, counters(1, 0, 0, 1, 0));
    }
}

/// That it was to be changed, too, was written down before it was: so it is changed by whoever goes on.
#[tokio::test]
async fn a_customer_made_by_a_job_that_was_given_up_has_the_users_new_name_although_the_next_worker_died() {
    let user = User::named("Ek, Tuva").with_email(None);
    let works = Arc::new(Works::with_users_in(Home::Rest, vec![user.clone()]).await);
    works.bokamera().on(Route::Create).nth(1).fault(Fault::LoseAnswer);
    works.bokamera().on(Route::List).which(local::proxy::Which::From(2)).fault(Fault::status(403));
    assert_eq!(works.sync().await.status, Status::Failed);
    works.bokamera().calm();

    works.vaka.set_users(works.device, vec![User { name: "Gran, Tuva".to_owned(), ..user }]);
    let job = works.accept().await;
    let gate = works.bokamera_proxy().on("PUT /customers").nth(1).hold_instead();
    works.die_at(&gate, job).await;
    works.bokamera_proxy().calm();
    works.clock.advance(A_LEASE);
    works.work(job).await;
    assert_eq!(works.ended(job).await.counters, Some(counters(1, 1, 0, 0, 0)));
    assert_eq!(works.customers().await.values().next().map(|one| one["lastname"].clone()), Some("Gran".to_owned()));
}

/// A change that was made and not counted is not forgotten when VAKA takes it back.
#[tokio::test]
async fn a_change_that_a_dead_worker_made_is_undone_when_vaka_has_the_old_data_again() {
    let user = User::named("Ek, Tuva");
    let works = Arc::new(Works::with_users_in(Home::Rest, vec![user.clone()]).await);
    works.completed().await;
    works.vaka.set_users(works.device, vec![User { name: "Gran, Tuva".to_owned(), ..user.clone() }]);
    let job = works.accept().await;
    let gate = works.bokamera_proxy().on("PUT /customers").nth(1).hold_after();
    works.die_at(&gate, job).await;
    works.bokamera_proxy().calm();
    works.vaka.set_users(works.device, vec![user]);
    works.clock.advance(A_LEASE);
    works.work(job).await;
    assert_eq!(works.ended(job).await.counters, Some(counters(1, 0, 1, 0, 0)));
    assert_eq!(works.customers().await.values().next().map(|one| one["lastname"].clone()), Some("Ek".to_owned()));
}

/// Faults 15 and 17, for effects that no condition of a table can hold back: also by a clock that is half a minute ahead.
#[tokio::test]
async fn a_worker_whose_lease_is_nearly_over_makes_no_call_that_could_outlive_it() {
    for passed in [NEARLY_A_LEASE, NEARLY_A_LEASE - CLOCK_SKEW] {
        let users: Vec<_> = (0..30).map(|n| User::named(&format!("Ek Tuva {n}"))).collect();
        let works = Works::with_users_in(Home::Rest, users).await;
        let job = works.accept().await;
        let gate = works.bokamera().on(Route::Create).nth(5).hold();
        let worker = works.worker();
        let message = body(works.company, job);
        let passing = async {
            gate.reached().await;
            works.forget();
            let made = works.customers().await.len();
            works.clock.advance(passed);
            gate.release();
            made
        };
        let (response, made) = tokio::join!(works.deliver(&worker, &message, TIMEOUT), passing);
        assert!(response.batch_item_failures.is_empty());
        // The commit of what was done renewed the lease, and the same slice went on.
        assert_eq!(works.ended(job).await.counters, Some(counters(30, 30, 0, 0, 0)), "{passed:?}");
        assert_eq!(works.customers().await.len(), 30, "{passed:?}");
        let commits = works.proxy.seen().requests("TransactWriteItems");
        assert!(commits >= 3, "{passed:?}: {commits} commits, with {made} made before the time went by");
    }
}

/// Fault 15: it does not spend the rest of its slice on a server with which nothing gets done.
#[tokio::test]
async fn a_worker_that_could_make_nobody_while_its_lease_lasted_gives_the_job_back() {
    let works = Works::with_users_in(Home::Rest, vec![User::named("Ek, Tuva")]).await;
    let job = works.accept().await;
    works.messages().await;
    let create = works.bokamera().on(Route::Create).nth(1).hold();
    let sign_in = works.bokamera().on(Route::Token).nth(2).hold();
    let worker = works.worker();
    let message = body(works.company, job);
    let passing = async {
        create.reached().await;
        works.bokamera().revoke_tokens();
        create.release();
        sign_in.reached().await;
        works.clock.advance(NEARLY_A_LEASE);
        sign_in.release();
    };
    tokio::join!(works.deliver(&worker, &message, TIMEOUT), passing);
    assert_eq!((works.job(job).await.status, works.customers().await.len()), (Status::Processing, 0));
    assert_eq!(works.messages().await, [message]);
    works.work(job).await;
    assert_eq!(works.ended(job).await.counters, Some(counters(1, 1, 0, 0, 0)));
}

/// Faults 15 and 31: together.
#[tokio::test]
async fn a_lost_answer_is_looked_for_although_the_lease_was_nearly_over_when_it_was_lost() {
    let users: Vec<_> = (0..10).map(|n| User::named(&format!("Ek Tuva {n}"))).collect();
    let works = Works::with_users_in(Home::Rest, users).await;
    works.bokamera().behave(Manners { ids: Ids::Ignored, ..Manners::default() });
    let job = works.accept().await;
    works.bokamera().on(Route::Create).nth(2).fault(Fault::LoseAnswer);
    let gate = works.bokamera().on(Route::Create).nth(3).hold();
    let worker = works.worker();
    let message = body(works.company, job);
    let passing = async {
        gate.reached().await;
        works.clock.advance(NEARLY_A_LEASE);
        gate.release();
    };
    tokio::join!(works.deliver(&worker, &message, TIMEOUT), passing);
    if works.job(job).await.status.is_active() {
        works.work(job).await;
    }
    assert_eq!(works.ended(job).await.counters, Some(counters(10, 10, 0, 0, 0)));
    assert_eq!(works.customers().await.len(), 10);
}

/// Fault 15.
#[tokio::test]
async fn a_worker_that_slept_through_its_lease_makes_no_call_when_it_wakes_up() {
    let users: Vec<_> = (0..20).map(|n| User::named(&format!("Ek Tuva {n}"))).collect();
    let works = Arc::new(Works::with_users_in(Home::Rest, users).await);
    works.bokamera().behave(Manners { ids: Ids::Ignored, ..Manners::default() });
    let job = works.accept().await;
    let gate = works.proxy.on("TransactWriteItems").containing("LINK#").nth(1).hold_after();
    let sleeper = tokio::spawn({
        let works = Arc::clone(&works);
        async move { works.work(job).await }
    });
    gate.reached().await;
    works.clock.advance(A_LEASE);
    works.recover.run().await.expect("a recovery");
    works.work(job).await;
    assert_eq!(works.ended(job).await.counters, Some(counters(20, 20, 0, 0, 0)));
    works.forget();
    gate.release();
    sleeper.await.expect("the sleeper wakes up and goes");
    assert_eq!((works.customer_writes(), works.customers().await.len()), (0, 20));
}
