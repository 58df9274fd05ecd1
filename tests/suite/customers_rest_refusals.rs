//! What BokaMera refuses: a record, many of them, or to know a customer at all.

use local::bokamera::{Fault, Ids, Route};
use local::proxy::Which;
use local::vaka::User;
use shared::job::{FailureCode, Status};

use crate::customers_rest::reasons;
use crate::customers_rest_faults::{counters, people, works};
use crate::works::{Home, Works};

/// As BokaMera says that a customer is not there.
const NOT_FOUND: &str = r#"{"ResponseStatus":{"ErrorCode":"NotFound","Message":"Kunden finns inte."}}"#;

/// Fault 32.
#[tokio::test]
async fn one_record_that_is_refused_is_left_out_with_its_reason_and_stops_nobody() {
    for (status, reason) in [(400, "Rejected"), (403, "Rejected"), (409, "Rejected"), (422, "Rejected")] {
        let works = works(people(10), Ids::Honoured).await;
        works.bokamera().on(Route::Create).nth(4).fault(Fault::status(status));
        assert_eq!(works.completed().await, counters(10, 9, 0, 0, 1), "{status}");
        assert_eq!(reasons(&works).await, [reason]);
    }
    for (status, reason) in [(400, "OwnAccount"), (403, "OwnAccount"), (422, "Rejected")] {
        let works = works(people(10), Ids::Honoured).await;
        works.completed().await;
        works.vaka.change(works.device, 3);
        works.bokamera().on(Route::Update).nth(2).fault(Fault::status(status));
        assert_eq!(works.completed().await, counters(10, 0, 2, 7, 1), "{status}");
        assert_eq!(reasons(&works).await, [reason]);
    }
}

/// Fault 32: nobody can have an address that is none.
#[tokio::test]
async fn a_record_that_is_refused_is_looked_for_only_where_somebody_may_have_its_address() {
    for (email, readings) in [(Some("tuva@example.com"), 2), (None, 1)] {
        let works = works(vec![User::named("Ek, Tuva").with_email(email)], Ids::Honoured).await;
        works.bokamera().on(Route::Create).fault(Fault::status(400));
        assert_eq!(works.completed().await, counters(1, 0, 0, 0, 1), "{email:?}");
        let lists = works.bokamera().calls(Route::List);
        let of_all = lists.iter().filter(|list| !list.query.contains("CustomerId="));
        assert_eq!(of_all.count(), readings, "{email:?}");
    }
}

/// Fault 32.
#[tokio::test]
async fn more_than_half_of_at_least_fifty_that_are_refused_end_the_job_and_what_was_done_is_kept() {
    for status in [400, 403] {
        let works = works(people(120), Ids::Honoured).await;
        works.bokamera().on(Route::Create).which(Which::From(21)).fault(Fault::status(status));
        let job = works.sync().await;
        assert_eq!((job.status, job.failure_code), (Status::Failed, Some(FailureCode::TargetRefuses)), "{status}");
        assert!(job.failure_text.as_ref().is_some_and(|text| text.contains("more than half")));
        let shown = job.counters.expect("counters");
        assert_eq!((shown.created, works.customers().await.len()), (20, 20), "{status}");
        assert!(shown.skipped > 20 && shown.skipped < 100, "it was not ended in time: {shown:?}");
        works.bokamera().calm();
        assert_eq!(works.completed().await, counters(120, 100, 0, 20, 0), "{status}: it is asked again");

        let few = Works::with_users_in(Home::Rest, people(49)).await;
        few.bokamera().on(Route::Create).fault(Fault::status(status));
        assert_eq!(few.completed().await, counters(49, 0, 0, 0, 49), "{status}");
        few.bokamera().calm();
        assert_eq!(few.completed().await, counters(49, 49, 0, 0, 0), "{status}: it is asked again");
    }
}

/// Fault 33.
#[tokio::test]
async fn a_customer_that_is_gone_when_it_is_to_be_updated_stays_gone() {
    for gone_between_read_and_write in [false, true] {
        let works = works(people(4), Ids::Honoured).await;
        works.completed().await;
        works.vaka.change(works.device, 4);
        if gone_between_read_and_write {
            works.bokamera().on(Route::Update).nth(2).fault(Fault::status(404).saying(NOT_FOUND));
        } else {
            let id = works.customers().await.keys().next().cloned().expect("a customer");
            works.delete(&id).await;
        }
        assert_eq!(works.completed().await, counters(4, 0, 3, 0, 1));
        assert_eq!(reasons(&works).await, ["CustomerDeleted"]);
        works.vaka.change(works.device, 4);
        assert_eq!(works.completed().await, counters(4, 0, 3, 0, 1), "a sync never brings anybody back");
    }
}

/// Fault 35: a gateway that does not find BokaMera says nothing about a customer.
#[tokio::test]
async fn a_404_that_is_not_bokameras_own_ends_the_job_and_deletes_nobody() {
    for body in ["", "<html>404 Not Found</html>"] {
        for route in [Route::List, Route::Update] {
            let works = works(people(5), Ids::Honoured).await;
            works.completed().await;
            works.vaka.change(works.device, 5);
            works.bokamera().on(route).which(Which::From(2)).fault(Fault::status(404).saying(body));
            let job = works.sync().await;
            let ended = (job.status, job.failure_code);
            assert_eq!(ended, (Status::Failed, Some(FailureCode::TargetAnswerUnusable)), "{route:?} {body}");
            assert!(reasons(&works).await.is_empty(), "{route:?} {body}");
            works.bokamera().calm();
            let next = works.completed().await;
            assert_eq!((next.found, next.created, next.skipped), (5, 0, 0), "{route:?} {body}");
        }
    }
}

/// Fault 35: and a list that is not there is no list without customers.
#[tokio::test]
async fn a_404_for_the_list_of_customers_is_not_taken_for_a_company_that_has_none() {
    for body in [NOT_FOUND, ""] {
        let works = works(vec![User::named("Ek, Tuva")], Ids::Ignored).await;
        works.customer("Tuva", "Ek", "tuva@example.com").await;
        works.vaka.set_users(works.device, vec![User::named("Ek, Tuva").with_email(Some("tuva@example.com"))]);
        works.bokamera().on(Route::List).nth(1).fault(Fault::status(404).saying(body));
        let job = works.sync().await;
        assert_eq!((job.status, job.failure_code), (Status::Failed, Some(FailureCode::TargetAnswerUnusable)));
        assert_eq!(works.completed().await.created, 0, "{body}: the one who is there is adopted");
    }
}

/// Gives every customer an account of its own, with which others cannot change it.
fn give_accounts(works: &Works) {
    let company = *works.company.as_uuid();
    for member in works.bokamera().customers(company) {
        let id = member["Id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
        works.bokamera().give_account(company, id);
    }
}

/// Fault 32: whom BokaMera refuses for good is not asked for every night, and what it refuses for a while is not lost.
#[tokio::test]
async fn who_is_refused_alone_is_asked_for_again_by_seven_syncs_and_then_no_more() {
    let works = works(people(3), Ids::Honoured).await;
    works.completed().await;
    works.vaka.change(works.device, 1);
    give_accounts(&works);
    for sync in 1..=10 {
        assert_eq!(works.completed().await, counters(3, 0, 0, 2, 1), "{sync}");
        assert_eq!(reasons(&works).await, ["OwnAccount"], "{sync}");
    }
    assert_eq!(works.bokamera().calls(Route::Update).len(), 1 + 7);
    works.bokamera().forget();
    works.completed().await;
    assert!(works.bokamera().calls(Route::List).is_empty(), "there is nothing left to ask");
}

/// Fault 32.
#[tokio::test]
async fn many_who_are_refused_for_good_end_one_sync_and_the_next_comes_to_those_behind_them() {
    let works = works(people(110), Ids::Honoured).await;
    works.completed().await;
    give_accounts(&works);
    works.vaka.change(works.device, 110);
    let users = works.vaka.users(works.device);
    works.vaka.set_users(works.device, [users, vec![User::named("Ny, Elvira")]].concat());
    let job = works.sync().await;
    assert_eq!((job.status, job.failure_code), (Status::Failed, Some(FailureCode::TargetRefuses)));
    let next = works.completed().await;
    assert_eq!((next.created, next.skipped), (1, 110));
}

/// Fault 32: who is refused because something is wrong at BokaMera is lost by no number of syncs.
#[tokio::test]
async fn many_who_are_refused_without_a_reason_of_their_own_end_every_sync_until_they_are_taken() {
    for (everybody, ends) in [(60, Status::Failed), (20, Status::Completed)] {
        let works = works(people(everybody), Ids::Honoured).await;
        works.bokamera().on(Route::Create).fault(Fault::status(400));
        for sync in 1..=9 {
            let job = works.sync().await;
            assert_eq!((job.status, works.customers().await.len()), (ends, 0), "{everybody} {sync}");
        }
        works.bokamera().calm();
        assert_eq!(works.completed().await.created, everybody as u64, "{everybody}");
    }
}

/// Fault 32: a record at which BokaMera fails is like one that it refuses.
#[tokio::test]
async fn a_few_records_that_always_get_a_500_stop_nobody_and_are_asked_for_again() {
    for (others, bad, changes) in
        [(9, 1, false), (0, 1, false), (9, 1, true), (0, 1, true), (0, 2, false), (0, 2, true)]
    {
        let named_alike = (0..bad).map(|n: usize| User::named(&format!("Gift {n}, Ebba")));
        let users: Vec<_> = people(others + 2).split_off(2).into_iter().chain(named_alike).collect();
        let works = works(users.clone(), Ids::Ignored).await;
        let (others, all) = (others as u64, users.len());
        if changes {
            works.completed().await;
            let changed = users.iter().cloned().map(|user| User { name: format!("{} Ny", user.name), ..user });
            works.vaka.set_users(works.device, changed.collect());
        }
        let method = if changes { "PUT /customers" } else { "POST /customers" };
        works.bokamera_proxy().on(method).containing("Ebba").answer(500, "broken");
        let counted = |well, unchanged, left_out| {
            let (created, updated) = if changes { (0, well) } else { (well, 0) };
            counters(all as u64, created, updated, unchanged, left_out as u64)
        };
        assert_eq!(works.completed().await, counted(others, 0, bad), "{others} {bad} {changes}");
        assert_eq!(works.completed().await, counted(0, others, bad), "{others} {bad} {changes}: the next is no worse");
        assert_eq!(reasons(&works).await, vec!["Rejected"; bad], "{others} {bad} {changes}");
        works.bokamera_proxy().calm();
        assert_eq!(
            works.completed().await,
            counted(bad as u64, others, 0),
            "{others} {bad} {changes}: it is asked again"
        );
        assert_eq!(works.customers().await.len(), all, "{others} {bad} {changes}");
    }
}

/// Fault 34: what fails at most of what it is sent is in trouble, and is left alone for a while.
#[tokio::test]
async fn a_500_for_nearly_everybody_is_an_outage_that_is_outlasted() {
    for changes in [false, true] {
        let works = works(people(10), Ids::Honoured).await;
        if changes {
            works.completed().await;
            works.vaka.change(works.device, 10);
        }
        let route = if changes { Route::Update } else { Route::Create };
        works.bokamera().on(route).which(Which::From(3)).fault(Fault::status(500));
        let job = works.accept().await;
        works.work(job).await;
        let now = works.job(job).await;
        assert!(now.status.is_active(), "{changes}: {:?}", now.failure_text);
        works.bokamera().calm();
        works.pass_pause(job).await;
        works.work(job).await;
        let ended = works.ended(job).await.counters.expect("counters");
        assert_eq!((ended.found, ended.skipped, works.customers().await.len()), (10, 0, 10), "{changes}");
    }
}
