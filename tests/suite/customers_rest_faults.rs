//! What goes wrong at BokaMera, and what becomes of a sync then.

use std::time::Duration;

use hyper::StatusCode;
use local::bokamera::{DuplicateEmail, Existing, Fault, Ids, Manners, Route};
use local::vaka::User;
use shared::job::{Counters, FailureCode, Status};
use shared::outcome::OutcomeKind;
use shared::table::schema::HAND_OFF_LEASE;

use crate::customers_rest::reasons;
use crate::works::{Home, MOST_AT_ONCE, TIMEOUT, Works, body};

const MINUTE: Duration = Duration::from_secs(60);

pub fn counters(found: u64, created: u64, updated: u64, unchanged: u64, skipped: u64) -> Counters {
    Counters { found, created, updated, unchanged, skipped }
}

fn person(name: &str, email: &str) -> User {
    User::named(name).with_email(Some(email))
}

/// People with and without an address, and two who cannot be told apart by what they have.
pub fn people(count: usize) -> Vec<User> {
    let alike = User::named("Ek, Alva").with_email(None);
    let twin = User { user_id: uuid::Uuid::new_v4(), ..alike.clone() };
    let others = (2..count).map(|n| {
        let user = User::named(&format!("Ek Tuva {n}"));
        if n % 3 == 0 { user.with_email(None) } else { user }
    });
    [vec![alike, twin], others.collect()].concat()
}

pub async fn works(users: Vec<User>, ids: Ids) -> Works {
    let works = Works::with_users_in(Home::Rest, users).await;
    works.bokamera().behave(Manners { ids, ..Manners::default() });
    works
}

/// Fault 31.
#[tokio::test]
async fn a_create_whose_answer_is_lost_is_found_and_counted_and_not_made_again() {
    for ids in [Ids::Honoured, Ids::Ignored] {
        for lost in 1..=8 {
            let works = works(people(8), ids).await;
            works.bokamera().on(Route::Create).nth(lost).fault(Fault::LoseAnswer);
            assert_eq!(works.completed().await, counters(8, 8, 0, 0, 0), "{ids:?} {lost}");
            assert_eq!(works.customers().await.len(), 8, "{ids:?} {lost}");
            assert_eq!(works.bokamera().calls(Route::Create).len(), 8, "{ids:?} {lost}");
            works.forget();
            assert_eq!(works.completed().await, counters(8, 0, 0, 8, 0));
        }
    }
}

/// Fault 31.
#[tokio::test]
async fn every_second_answer_may_be_lost_and_nobody_is_made_twice() {
    for ids in [Ids::Honoured, Ids::Ignored] {
        let works = works(people(90), ids).await;
        works.bokamera().on(Route::Create).every(2).fault(Fault::LoseAnswer);
        assert_eq!(works.completed().await, counters(90, 90, 0, 0, 0), "{ids:?}");
        assert_eq!(works.customers().await.len(), 90, "{ids:?}");
    }
}

/// Fault 31.
#[tokio::test]
async fn a_create_that_took_no_effect_and_had_no_answer_is_made_again_once() {
    for ids in [Ids::Honoured, Ids::Ignored] {
        for fault in [Fault::HangUp, Fault::status(503), Fault::status(500), Fault::status(429)] {
            let works = works(people(6), ids).await;
            works.bokamera().on(Route::Create).nth(3).fault(fault.clone());
            assert_eq!(works.completed().await, counters(6, 6, 0, 0, 0), "{ids:?} {fault:?}");
            assert_eq!(works.customers().await.len(), 6, "{ids:?} {fault:?}");
            assert_eq!(works.bokamera().calls(Route::Create).len(), 7, "{ids:?} {fault:?}");
        }
    }
}

/// Fault 31: who was there before is not who may have been made.
#[tokio::test]
async fn a_stranger_of_the_same_name_is_not_taken_for_the_customer_that_was_not_made() {
    for (ids, given_up) in [(Ids::Honoured, false), (Ids::Ignored, false), (Ids::Honoured, true), (Ids::Ignored, true)]
    {
        let user = User::named("Ek, Alva").with_email(None);
        let works = works(vec![user.clone()], ids).await;
        let stranger = works.customer("Alva", "Ek", "").await;
        works.bokamera().on(Route::Create).nth(1).fault(Fault::status(503));
        if given_up {
            // The page with the stranger and the empty one behind it are read, and then the customer was not made.
            works.bokamera().on(Route::List).which(local::proxy::Which::From(3)).fault(Fault::status(403));
            assert_eq!(works.sync().await.status, Status::Failed);
            assert_eq!(works.bokamera().calls(Route::Create).len(), 1, "{ids:?}");
            works.bokamera().calm();
        }
        assert_eq!(works.completed().await, counters(1, 1, 0, 0, 0), "{ids:?} {given_up}");
        assert_eq!(works.customers().await.len(), 2, "{ids:?} {given_up}");
        works.vaka.set_users(works.device, vec![User { name: "Gran, Alva".to_owned(), ..user }]);
        assert_eq!(works.completed().await, counters(1, 0, 1, 0, 0), "{ids:?} {given_up}");
        assert_eq!(works.customers().await[&stranger]["lastname"], "Ek", "{ids:?} {given_up}");
    }
}

/// Fault 31: where the list does not have it yet.
#[tokio::test]
async fn a_create_whose_answer_is_lost_is_counted_as_created_although_the_list_is_late() {
    for existing in [Existing::Conflict, Existing::BadRequest] {
        let works = works(vec![User::named("Ek, Tuva")], Ids::Honoured).await;
        works.bokamera().behave(Manners { existing, ..Manners::default() });
        works.bokamera().on(Route::Create).nth(1).fault(Fault::LoseAnswer);
        works.bokamera().on(Route::List).nth(2).fault(Fault::Says(r#"{"Results":[]}"#.to_owned()));
        assert_eq!(works.completed().await, counters(1, 1, 0, 0, 0), "{existing:?}");
        assert_eq!(works.bokamera().calls(Route::Create).len(), 2, "{existing:?}");
        assert_eq!(works.customers().await.len(), 1, "{existing:?}");
    }
}

/// Fault 31.
#[tokio::test]
async fn a_create_that_is_answered_exists_already_is_the_customer_that_exists() {
    for existing in [Existing::Conflict, Existing::BadRequest] {
        let works = works(vec![User::named("Ek, Tuva").with_email(None)], Ids::Honoured).await;
        works.bokamera().behave(Manners { existing, ..Manners::default() });
        // Made by somebody with the same id between the reading of the list and the create.
        let gate = works.bokamera().on(Route::Create).nth(1).hold();
        let making = async {
            gate.reached().await;
            let call = works.bokamera().calls(Route::Create).remove(0);
            works.bokamera().make_as_sent(*works.company.as_uuid(), &call);
            gate.release();
        };
        let (counted, ()) = tokio::join!(works.completed(), making);
        assert_eq!(counted, counters(1, 0, 1, 0, 0), "{existing:?}");
        assert_eq!(works.customers().await.len(), 1);
    }
}

/// Fault 34.
#[tokio::test]
async fn what_is_corrected_by_hand_before_a_change_is_tried_again_is_kept() {
    for fault in [Fault::HangUp, Fault::status(503), Fault::status(429)] {
        let user = person("Ek, Tuva", "tuva@example.com");
        let works = works(vec![user.clone()], Ids::Honoured).await;
        works.completed().await;
        let id = works.customers().await.into_keys().next().expect("a customer");
        works.vaka.set_users(works.device, vec![User { name: "Gran, Tuva".to_owned(), ..user }]);
        works.bokamera().on(Route::Update).nth(1).fault(fault.clone());
        let gate = works.bokamera_proxy().on("PUT /customers").nth(1).hold_after();
        let (counted, ()) = tokio::join!(works.completed(), async {
            gate.reached().await;
            works.correct(&id, "phone", "0701234567").await;
            gate.release();
        });
        assert_eq!(counted, counters(1, 0, 1, 0, 0), "{fault:?}");
        let customer = &works.customers().await[&id];
        let kept = ["lastname", "phone"].map(|member| customer.get(member).map(String::as_str));
        assert_eq!(kept, [Some("Gran"), Some("0701234567")], "{fault:?}");
    }
}

/// Fault 34.
#[tokio::test]
async fn five_minutes_of_429_or_503_are_outlasted() {
    for status in [429, 503] {
        let works = works(people(30), Ids::Ignored).await;
        let job = works.accept().await;
        // In the middle of the creates, then everywhere.
        works.bokamera().on(Route::Create).which(local::proxy::Which::From(8)).fault(Fault::status(status));
        works.bokamera().on(Route::List).which(local::proxy::Which::From(2)).fault(Fault::status(status));
        let mut outage = Duration::ZERO;
        while outage < 5 * MINUTE {
            works.deliver(&works.worker(), &body(works.company, job), TIMEOUT).await;
            let now = works.job(job).await;
            assert!(now.status.is_active(), "{status}, after {outage:?}: {:?}", now.failure_text);
            let expires_at = now.lease_expires_at.expect("a lease");
            let pause = works.clock.now().until(expires_at) - HAND_OFF_LEASE;
            assert!(pause >= MINUTE, "{status}: it is asked again after {pause:?}");
            works.clock.advance(pause);
            outage += pause;
        }
        works.bokamera().calm();
        works.work(job).await;
        assert_eq!(works.ended(job).await.counters, Some(counters(30, 30, 0, 0, 0)), "{status}");
        assert_eq!(works.customers().await.len(), 30, "{status}");
    }
}

/// Fault 34.
#[tokio::test]
async fn a_wait_that_is_asked_for_is_made_and_a_long_one_is_handed_over() {
    for (status, seconds) in [(429, 300), (503, 300)] {
        let works = works(people(10), Ids::Ignored).await;
        let job = works.accept().await;
        works.messages().await;
        let fault = Fault::status(status).with("Retry-After", seconds.to_string());
        works.bokamera().on(Route::Create).which(local::proxy::Which::From(4)).fault(fault);
        works.deliver(&works.worker(), &body(works.company, job), TIMEOUT).await;
        let now = works.job(job).await;
        assert_eq!((now.status, now.counters.map(|counted| counted.created)), (Status::Processing, Some(3)));
        let waits = works.clock.now().until(now.lease_expires_at.expect("a lease")) - HAND_OFF_LEASE;
        assert!((300..=301).contains(&waits.as_secs()), "{status}: {waits:?}");
        works.bokamera().calm();
        works.clock.advance(waits);
        works.work(job).await;
        assert_eq!(works.ended(job).await.counters, Some(counters(10, 10, 0, 0, 0)));
        assert_eq!(works.customers().await.len(), 10);
    }
}

/// Fault 34.
#[tokio::test]
async fn the_pace_stays_below_its_most_and_finds_what_the_api_bears() {
    let latency = Duration::from_millis(3);
    for too_many in [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE] {
        let works = works(people(150), Ids::Ignored).await;
        let manners = Manners { ids: Ids::Ignored, at_once: Some(2), too_many, latency, ..Manners::default() };
        works.bokamera().behave(manners);
        assert_eq!(works.completed().await, counters(150, 150, 0, 0, 0), "{too_many}");
        assert_eq!(works.customers().await.len(), 150, "{too_many}");
        let refused = works.bokamera().calls(Route::Create).len() - 150;
        assert!((1..=75).contains(&refused), "{refused} requests were too much, {too_many}");
    }

    let free = Works::with_users_in(Home::Rest, people(150)).await;
    free.bokamera().behave(Manners { latency, ..Manners::default() });
    free.completed().await;
    assert_eq!(free.bokamera().most_at_once(), MOST_AT_ONCE, "the most that the deployment allows");
}

/// Fault 35.
#[tokio::test]
async fn a_200_that_does_not_say_what_was_made_is_looked_after() {
    for ids in [Ids::Honoured, Ids::Ignored] {
        for text in ["", "{}", r#"{"Id":null}"#, r#"{"Id":"?"}"#, "<html>", "[]", r#"{"Id":"#] {
            for is_done in [true, false] {
                let works = works(people(5), ids).await;
                let fault = if is_done { Fault::DoneBut(text.to_owned()) } else { Fault::Says(text.to_owned()) };
                works.bokamera().on(Route::Create).nth(2).fault(fault);
                assert_eq!(works.completed().await, counters(5, 5, 0, 0, 0), "{ids:?} {text} {is_done}");
                assert_eq!(works.customers().await.len(), 5, "{ids:?} {text} {is_done}");
            }
        }
    }
}

/// Fault 35.
#[tokio::test]
async fn a_200_with_an_error_inside_is_a_refusal() {
    let inside = |member: &str| {
        let errors = format!(r#"[{{"ErrorCode":"X","FieldName":"{member}","Message":"m"}}]"#);
        Fault::Says(format!(r#"{{"ResponseStatus":{{"ErrorCode":"X","Message":"m","Errors":{errors}}}}}"#))
    };
    for (fault, reason) in
        [(inside("Phone"), "MissingPhone"), (inside("Lastname"), "Rejected"), (inside(""), "Rejected")]
    {
        let works = works(people(5), Ids::Honoured).await;
        works.bokamera().on(Route::Create).nth(2).fault(fault.clone());
        assert_eq!(works.completed().await, counters(5, 4, 0, 0, 1), "{fault:?}");
        assert_eq!(reasons(&works).await, [reason]);
        works.vaka.change(works.device, 5);
        works.bokamera().on(Route::Update).nth(1).fault(fault);
        assert_eq!(works.completed().await.skipped, 1);
    }
}

/// Fault 35: nobody is taken for deleted because something else was answered.
#[tokio::test]
async fn a_list_that_is_none_or_of_somebody_else_ends_the_job_and_deletes_nobody() {
    for text in ["<html>", "{}", "", r#"[{"Id":"0199d5c4-a1b2-7c3d-8e4f-5a6b7c8d9e0f"}]"#, r#"{"Results":[{"Id":1}]}"#]
    {
        let works = works(people(5), Ids::Honoured).await;
        works.completed().await;
        works.vaka.change(works.device, 5);
        works.bokamera().on(Route::List).nth(3).fault(Fault::Says(text.to_owned()));
        let job = works.sync().await;
        assert_eq!((job.status, job.failure_code), (Status::Failed, Some(FailureCode::TargetAnswerUnusable)), "{text}");
        assert!(reasons(&works).await.is_empty(), "{text}");
        works.bokamera().calm();
        let next = works.completed().await;
        assert_eq!((next.found, next.created, next.skipped), (5, 0, 0), "{text}");
    }
}

/// Fault 36.
#[tokio::test]
async fn a_customer_made_by_hand_while_the_sync_runs_is_left_alone_or_adopted_where_the_address_is_taken() {
    for duplicate_email in [DuplicateEmail::Allowed, DuplicateEmail::Refused] {
        let works = works([vec![person("Ek, Tuva", "tuva@example.com")], people(5)].concat(), Ids::Ignored).await;
        works.bokamera().behave(Manners { ids: Ids::Ignored, duplicate_email, ..Manners::default() });
        let gate = works.bokamera().on(Route::Create).nth(1).hold();
        let by_hand = async {
            gate.reached().await;
            let id = works.customer("tuva", "Ek", "tuva@example.com").await;
            gate.release();
            id
        };
        let (job, id) = tokio::join!(works.sync(), by_hand);
        assert_eq!(job.status, Status::Completed);
        let report = works.report(&job).await;
        let of_kind = |kind| report.iter().filter(|row| row.outcome.kind() == kind).count();
        let customers = works.customers().await;
        match duplicate_email {
            DuplicateEmail::Allowed => {
                assert_eq!((of_kind(OutcomeKind::Created), customers.len()), (6, 7));
                assert_eq!(customers[&id]["firstname"], "tuva", "it is left alone");
            }
            DuplicateEmail::Refused => {
                assert_eq!((of_kind(OutcomeKind::Created), of_kind(OutcomeKind::Updated)), (5, 1));
                assert_eq!((customers.len(), customers[&id]["firstname"].as_str()), (6, "Tuva"));
            }
        }
        works.forget();
        assert_eq!(works.completed().await, counters(6, 0, 0, 6, 0));
    }
}
