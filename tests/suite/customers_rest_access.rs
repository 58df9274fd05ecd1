//! The sign-in at BokaMera: tokens that end, secrets that are rotated, and what is told of it.

use std::fmt::Write as _;
use std::time::Duration;

use local::bokamera::{API_KEY, Fault, Manners, PASSWORD, Route, USERNAME};
use local::vaka::User;
use shared::clock::Clock;
use shared::ids::{CompanyId, CustomerId};
use shared::job::{Counters, FailureCode, Job, Status};
use sync::customers::fingerprint::FingerprintKey;
use sync::customers::rest::{Rest, RestError, RestParts, RestSettings};
use sync::secrets::Secrets;
use sync::source::Budget;
use uuid::Uuid;

use crate::works::{Home, QUICK, TIMEOUT, Works, body};

fn named(count: usize) -> Vec<User> {
    (0..count).map(|n| User::named(&format!("Ek Tuva {n}"))).collect()
}

async fn works(users: usize) -> Works {
    Works::with_users_in(Home::Rest, named(users)).await
}

/// The grant types that tokens were asked for with.
fn grants(works: &Works) -> Vec<String> {
    works.bokamera().calls(Route::Token).into_iter().map(|call| call.query).collect()
}

fn created(job: &Job) -> Option<u64> {
    job.counters.map(|counted| counted.created)
}

#[tokio::test]
async fn a_token_is_kept_while_it_serves_and_renewed_by_the_refresh_token_before_it_ends() {
    let works = works(3).await;
    let worker = works.worker();
    for (later_s, expected) in [
        (0, vec!["password"]),
        (100, vec!["password"]),
        (100, vec!["password", "refresh_token"]),
        (200, vec!["password", "refresh_token", "refresh_token"]),
    ] {
        works.clock.advance(Duration::from_secs(later_s));
        works.vaka.change(works.device, 3);
        let job = works.accept().await;
        works.deliver(&worker, &body(works.company, job), TIMEOUT).await;
        assert_eq!(works.ended(job).await.status, Status::Completed);
        assert_eq!(grants(&works), expected);
    }
    works.bokamera().revoke_refresh_tokens();
    works.clock.advance(Duration::from_secs(200));
    works.vaka.change(works.device, 3);
    let job = works.accept().await;
    works.deliver(&worker, &body(works.company, job), TIMEOUT).await;
    assert_eq!(works.ended(job).await.status, Status::Completed);
    assert_eq!(grants(&works)[3..], ["refresh_token", "password"], "a refresh token ends as well");
}

/// Fault 34.
#[tokio::test]
async fn a_token_that_ends_in_mid_run_is_replaced_once_for_all_who_meet_it() {
    let works = works(60).await;
    works.bokamera().behave(Manners { latency: Duration::from_millis(2), ..Manners::default() });
    let gate = works.bokamera().on(Route::Create).nth(40).hold();
    let revoking = async {
        gate.reached().await;
        works.bokamera().revoke_tokens();
        gate.release();
    };
    let (job, ()) = tokio::join!(works.sync(), revoking);
    assert_eq!((job.status, created(&job), works.customers().await.len()), (Status::Completed, Some(60), 60));
    assert_eq!(grants(&works), ["password", "password"]);
}

#[tokio::test]
async fn a_rotated_password_and_api_key_are_picked_up_at_the_next_401() {
    let works = works(30).await;
    let gate = works.bokamera().on(Route::Create).nth(10).hold();
    let rotating = async {
        gate.reached().await;
        works.bokamera().set_account(USERNAME, "another password", "another-api-key");
        works.put_bokamera("another password", "another-api-key").await;
        gate.release();
    };
    let (job, ()) = tokio::join!(works.sync(), rotating);
    assert_eq!((job.status, created(&job), works.customers().await.len()), (Status::Completed, Some(30), 30));
    let last = works.bokamera().calls(Route::Create).pop().expect("a call");
    assert_eq!(last.headers["x-api-key"], "another-api-key");
}

#[tokio::test]
async fn credentials_that_are_refused_end_the_job_with_a_text_that_shows_none() {
    for (password, api_key, what) in [
        ("marked-password", API_KEY, "password"),
        (PASSWORD, "marked-api-key", "api key"),
        (PASSWORD, "å", "unusable key"),
    ] {
        let works = works(5).await;
        works.put_bokamera(password, api_key).await;
        let job = works.sync().await;
        assert_eq!((job.status, job.failure_code), (Status::Failed, Some(FailureCode::TargetSignInFailed)), "{what}");
        let text = job.failure_text.unwrap_or_default();
        assert!(text.contains("operator") && !text.contains("marked"), "{text}");
        assert_eq!(works.customers().await.len(), 0);
    }
    for (fault, what) in [(Fault::status(404), "not there"), (Fault::Says("{}".to_owned()), "no token")] {
        let works = works(5).await;
        works.bokamera().on(Route::Token).fault(fault);
        assert_eq!(works.sync().await.failure_code, Some(FailureCode::TargetSignInFailed), "{what}");
    }
    let works = works(5).await;
    let delete = works.fresh.endpoint.dynamodb().delete_item().table_name(&works.fresh.secrets_table);
    delete.key("owner", crate::works::text("BOKAMERA")).send().await.expect("a deletion");
    assert_eq!(works.sync().await.failure_code, Some(FailureCode::TargetSignInFailed));
}

#[tokio::test]
async fn a_password_is_not_sent_twice_when_it_is_refused_and_has_not_been_rotated() {
    let works = works(5).await;
    works.put_bokamera("a wrong password", API_KEY).await;
    works.sync().await;
    assert_eq!(grants(&works), ["password"]);
}

#[tokio::test]
async fn an_identity_server_in_trouble_is_asked_again_and_then_waited_for() {
    let works = works(5).await;
    works.bokamera().on(Route::Token).first(2).fault(Fault::status(503));
    assert_eq!(works.completed().await, Counters { found: 5, created: 5, ..Counters::default() });

    let works = self::works(5).await;
    works.bokamera().on(Route::Token).fault(Fault::HangUp);
    let job = works.accept().await;
    works.deliver(&works.worker(), &body(works.company, job), TIMEOUT).await;
    assert_eq!(works.job(job).await.status, Status::Processing);
    works.bokamera().calm();
    works.pass_pause(job).await;
    works.work(job).await;
    assert_eq!(created(&works.ended(job).await), Some(5));
}

/// Everything that an error can show: both texts, its own form for programmers, and its sources'.
fn everything_shown(error: &RestError) -> String {
    let mut shown = format!("{} | {error:?}", error.plain());
    let mut next: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = next {
        write!(shown, " | {error}").expect("a text takes more");
        next = error.source();
    }
    shown
}

/// Invariant I9, for the errors of the target.
#[tokio::test]
async fn no_error_shows_a_key_a_password_a_token_a_name_or_a_body() {
    let works = works(0).await;
    works.bokamera().set_account(USERNAME, "marked-password", "marked-api-key");
    works.put_bokamera("marked-password", "marked-api-key").await;
    let company = CompanyId::from_uuid(*works.company.as_uuid());
    works.bokamera().add(*company.as_uuid(), "marked", "marked", "marked@example.com");
    let clock = Clock::system();
    let budget = Budget::until(clock.now().after(Duration::from_secs(60)), clock.clone());
    let url = works.bokamera().url();
    let client = || {
        let settings = RestSettings::new(&url, &url, 4).expect("an address");
        let secrets = Secrets::new(works.fresh.endpoint.dynamodb(), works.fresh.secrets_table.clone());
        let random = fastrand::Rng::with_seed(1);
        Rest::new(RestParts { settings, patience: QUICK, secrets, clock: clock.clone(), random })
    };
    let marked = |status: u16| Fault::Status {
        status,
        headers: vec![("x-marked", "marked".to_owned())],
        body: r#"{"ResponseStatus":{"ErrorCode":"marked","Message":"marked"}}"#.to_owned(),
    };
    for (route, fault) in [
        (Route::List, marked(400)),
        (Route::List, marked(401)),
        (Route::List, marked(403)),
        (Route::List, marked(503)),
        (Route::List, marked(302)),
        (Route::List, Fault::HangUp),
        (Route::List, Fault::Says("marked".to_owned())),
        (Route::List, Fault::Says(r#"[{"Id":"marked"}]"#.to_owned())),
        (Route::Token, marked(400)),
        (Route::Token, marked(403)),
        (Route::Token, marked(500)),
        (Route::Token, Fault::Says(r#"{"access_token":"marked\n"}"#.to_owned())),
    ] {
        works.bokamera().on(route).fault(fault.clone());
        let key = FingerprintKey::new(&[7; 32]).expect("a key");
        let error = client().index(company, &key, &budget).await.expect_err("a fault");
        let shown = everything_shown(&error);
        assert!(!shown.contains("marked") && !shown.contains("access."), "{fault:?}: {shown}");
        works.bokamera().calm();
    }
    let nobody = [CustomerId::from_uuid(Uuid::new_v4())].into();
    assert_eq!(client().there(company, &nobody, &budget).await.expect("an answer").len(), 0);
}
