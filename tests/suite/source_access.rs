//! Tokens, keys and time: who may read, for how long, and what ends it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use local::vaka::{Fault, Route};
use shared::clock::{Clock, Timestamp};
use shared::ids::DeviceId;
use sync::source::{
    AccountError, Budget, IntegratorAccount, ReadAccount, Server, SourceError, Trouble, Vaka, VakaParts,
};
use uuid::Uuid;

use crate::source_company::{Company, api_key, everything_shown, read_users, time_for};

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_token_is_kept_until_shortly_before_it_expires_and_then_renewed() {
    let company = Company::with_users(1);
    company.vaka.set_token_life(60 * MINUTE);
    let clock = Clock::set_to(Timestamp::from_ms(0));
    let client = Vaka::new(VakaParts { clock: clock.clone(), ..company.parts() });
    let reader = client.for_company(api_key(), time_for(MINUTE));
    for (minutes_later, tokens) in [(0, 1), (54, 1), (2, 2), (54, 2), (2, 3)] {
        clock.advance(minutes_later * MINUTE);
        read_users(&reader, company.device).await.unwrap();
        assert_eq!(company.calls(Route::Token).len(), tokens, "{minutes_later} minutes later");
    }
}

#[tokio::test]
async fn ten_companies_that_need_a_token_at_once_cause_one_request_for_it() {
    let company = Company::with_users(5);
    let client = company.client();
    let readers: Vec<_> = (0..10).map(|_| client.for_company(api_key(), time_for(MINUTE))).collect();
    let read_all = || join_all(readers.iter().map(|reader| read_users(reader, company.device)));
    assert!(read_all().await.iter().all(Result::is_ok));
    assert_eq!(company.calls(Route::Token).len(), 1);
    // All of them are told 401 at the same time; one of them gets the new one.
    company.vaka.revoke_tokens();
    assert!(read_all().await.iter().all(Result::is_ok));
    assert_eq!(company.calls(Route::Token).len(), 2);
}

/// Fault 28: the token expires in mid-walk.
#[tokio::test]
async fn a_token_that_ends_in_mid_walk_is_replaced_and_the_same_page_asked_for_again() {
    let company = Company::with_paged_users(500);
    let gate = company.vaka.on(Route::Users).nth(3).hold();
    let reader = company.reader();
    let mut stream = reader.users(company.device);
    let mut read = stream.next_chunk().await.unwrap().unwrap();
    company.vaka.revoke_tokens();
    gate.release();
    while let Some(chunk) = stream.next_chunk().await.unwrap() {
        read.extend(chunk);
    }
    assert_eq!(read, company.listed());
    assert_eq!(company.calls(Route::Token).len(), 2);
    assert_eq!(company.calls(Route::Users).len(), 5 + 1);
}

/// Fault 28: the credentials are refused.
#[tokio::test]
async fn credentials_that_are_refused_also_after_being_read_again_end_the_reading() {
    let company = Company::with_users(5);
    company.keep_account("somebody", "marked-wrong-secret");
    let error = company.read().await.unwrap_err();
    assert!(matches!(error, SourceError::Refused { by: Server::Tokens }), "{error:?}");
    assert!(!error.retryable());
    // The account read again is the one that was refused, so it is not sent a second time.
    assert_eq!((company.calls(Route::Token).len(), company.calls(Route::Users).len()), (1, 0));
}

/// Fault 28: the credentials are refused by VAKA itself.
#[tokio::test]
async fn a_second_401_with_a_new_token_ends_the_reading() {
    let company = Company::with_users(5);
    company.vaka.on(Route::Users).fault(Fault::status(401));
    let error = company.read().await.unwrap_err();
    assert!(matches!(error, SourceError::Refused { by: Server::Vaka }), "{error:?}");
    assert_eq!((company.calls(Route::Token).len(), company.calls(Route::Users).len()), (2, 2));
}

/// Fault 28: 403 and 404.
#[tokio::test]
async fn a_refused_key_and_an_unknown_system_end_the_reading_with_what_to_check() {
    let company = Company::with_users(5);
    company.vaka.set_api_key(*company.device.as_uuid(), "another key");
    let error = company.read().await.unwrap_err();
    assert!(matches!(error, SourceError::Forbidden), "{error:?}");
    assert!(error.plain().contains("API key") && error.plain().contains("permission"));
    assert_eq!(company.calls(Route::Users).len(), 1);

    let unknown = DeviceId::from_uuid(Uuid::new_v4());
    let error = read_users(&company.reader(), unknown).await.unwrap_err();
    assert!(matches!(error, SourceError::NoSuchDevice), "{error:?}");
    assert!(error.plain().contains("device id"));
    assert!(!error.retryable());
}

/// Fault 28: a secret was rotated.
#[tokio::test]
async fn a_rotated_secret_is_used_for_the_next_token_without_a_restart() {
    let company = Company::with_users(5);
    let reader = company.reader();
    read_users(&reader, company.device).await.unwrap();
    company.vaka.set_credentials("new-id", "new-secret");
    company.keep_account("new-id", "new-secret");
    company.vaka.revoke_tokens();
    assert_eq!(read_users(&reader, company.device).await.unwrap().len(), 5);
}

/// Fault 28: a secret was rotated, just after it had been read.
#[tokio::test]
async fn a_secret_rotated_just_after_it_was_read_is_read_once_more() {
    let company = Company::with_users(5);
    company.vaka.set_credentials("new-id", "new-secret");
    let reads = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&reads);
    let read_account: ReadAccount = Arc::new(move || {
        let age = if count.fetch_add(1, Ordering::SeqCst) == 0 { "old" } else { "new" };
        let account = IntegratorAccount { client_id: format!("{age}-id"), client_secret: format!("{age}-secret") };
        Box::pin(async move { Ok::<_, AccountError>(account) })
    });
    let client = Vaka::new(VakaParts { read_account, ..company.parts() });
    let reader = client.for_company(api_key(), time_for(MINUTE));
    assert_eq!(read_users(&reader, company.device).await.unwrap().len(), 5);
    assert_eq!((reads.load(Ordering::SeqCst), company.calls(Route::Token).len()), (2, 2));
}

#[tokio::test]
async fn no_account_ends_the_reading_and_one_that_cannot_be_read_may_be_readable_later() {
    let company = Company::with_users(5);
    let missing: ReadAccount = Arc::new(|| Box::pin(async { Err(AccountError::Missing) }));
    let unreadable: ReadAccount = Arc::new(|| Box::pin(async { Err(AccountError::Unreadable("throttled".into())) }));
    for (retryable, read_account) in [(false, missing), (true, unreadable)] {
        let client = Vaka::new(VakaParts { read_account, ..company.parts() });
        let error = read_users(&client.for_company(api_key(), time_for(MINUTE)), company.device).await.unwrap_err();
        assert!(matches!(error, SourceError::Account(_)), "{error:?}");
        assert_eq!(error.retryable(), retryable);
    }
    assert_eq!(company.calls(Route::Token).len(), 0);
}

#[tokio::test]
async fn a_token_server_in_trouble_is_tried_again_and_one_that_talks_nonsense_is_not() {
    let company = Company::with_users(5);
    for passing in [Fault::status(500), Fault::status(429).with("Retry-After", "0"), Fault::HangUp] {
        company.vaka.on(Route::Token).nth(1).fault(passing);
        assert_eq!(company.read().await.unwrap().len(), 5);
        company.vaka.calm();
    }
    company.vaka.forget();
    company.vaka.on(Route::Token).fault(Fault::status(503));
    let error = company.read().await.unwrap_err();
    assert!(
        matches!(
            error,
            SourceError::Unavailable { by: Server::Tokens, tries: 3, trouble: Trouble::Status { status: 503 } }
        ),
        "{error:?}"
    );
    assert_eq!(company.calls(Route::Token).len(), 3);
    company.vaka.calm();
    for nonsense in [Fault::Html, Fault::NoList, Fault::Body(r#"{"access_token":""}"#.into())] {
        company.vaka.on(Route::Token).nth(1).fault(nonsense);
        let error = company.read().await.unwrap_err();
        assert!(matches!(error, SourceError::NotAToken), "{error:?}");
        company.vaka.calm();
    }
    company.vaka.on(Route::Token).fault(Fault::status(302).with("Location", company.vaka.base_url()));
    let error = company.read().await.unwrap_err();
    assert!(matches!(error, SourceError::UnexpectedStatus { by: Server::Tokens, status: 302 }), "{error:?}");
}

/// Fault 13: remaining time reads 0.
#[tokio::test]
async fn a_reader_without_time_asks_for_nothing() {
    let company = Company::with_users(5);
    let reader = company.hurried(Duration::ZERO);
    for error in
        [read_users(&reader, company.device).await.unwrap_err(), reader.groups(company.device).await.unwrap_err()]
    {
        assert!(matches!(error, SourceError::OutOfTime), "{error:?}");
        assert_eq!(error.hand_over_after(), Some(Duration::ZERO));
    }
    assert!(company.calls(Route::Token).is_empty() && company.calls(Route::Users).is_empty());
}

/// Fault 13: the time runs out in mid-walk, whatever the reader is waiting for just then.
#[tokio::test]
async fn time_that_runs_out_ends_the_wait_for_a_token_for_an_answer_and_for_a_body() {
    for (route, fault) in [
        (Route::Token, Fault::Delay(10 * MINUTE)),
        (Route::Users, Fault::Delay(10 * MINUTE)),
        (Route::Users, Fault::Drip { bytes: 100, pause: Duration::from_millis(20) }),
    ] {
        let company = Company::with_users(1_000);
        company.vaka.on(route).fault(fault.clone());
        let error = read_users(&company.hurried(Duration::from_millis(300)), company.device).await.unwrap_err();
        assert!(matches!(error, SourceError::OutOfTime), "{fault:?}: {error:?}");
        assert!(error.retryable());
    }
}

/// Fault 13: a lease that is renewed by a commit gives the reader more time.
#[tokio::test]
async fn a_budget_that_is_moved_forward_in_mid_walk_is_what_counts() {
    let company = Company::with_paged_users(300);
    let clock = Clock::set_to(Timestamp::from_ms(0));
    let budget = Budget::until(Timestamp::from_ms(100), clock.clone());
    let reader = company.client().for_company(api_key(), budget.clone());
    let gate = company.vaka.on(Route::Users).nth(2).hold();
    let mut stream = reader.users(company.device);
    let mut read = stream.next_chunk().await.unwrap().unwrap();
    budget.extend_to(Timestamp::from_ms(1_000));
    // Past the first end, within the second.
    clock.advance(Duration::from_millis(500));
    gate.release();
    while let Some(chunk) = stream.next_chunk().await.unwrap() {
        read.extend(chunk);
    }
    assert_eq!(read, company.listed());
}

/// Fault 39: the errors of the source.
#[tokio::test]
async fn no_error_shows_a_key_a_secret_a_token_a_name_or_a_body() {
    let company = Company::with_users(0);
    company.vaka.set_credentials("marked-id", "marked-secret");
    company.keep_account("marked-id", "marked-secret");
    let user = local::vaka::User::named("marked-name").with_email(Some("marked@example.com"));
    company.vaka.set_users(*company.device.as_uuid(), vec![user; 200]);
    company.vaka.page_users(Some(100));
    let marked_body = |body: &str| Fault::Body(body.to_owned());
    for (route, fault) in [
        (Route::Users, Fault::status(400).with("x-marked", "marked")),
        (Route::Users, Fault::status(401)),
        (Route::Users, Fault::status(403)),
        (Route::Users, Fault::status(404)),
        (Route::Users, Fault::status(503)),
        (Route::Users, Fault::HangUp),
        (Route::Users, Fault::ResetMidBody),
        (Route::Users, Fault::CutShort),
        (Route::Users, Fault::SameToken),
        (Route::Users, marked_body("marked")),
        (Route::Users, marked_body(r#""marked""#)),
        (Route::Users, marked_body(r#"{"userAccounts":"marked"}"#)),
        (Route::Users, marked_body(r#"{"userAccounts":[],"continuationToken":{"marked":1}}"#)),
        (Route::Token, Fault::status(401)),
        (Route::Token, Fault::status(404)),
        (Route::Token, marked_body(r#"{"access_token":"marked\n"}"#)),
        (Route::Token, Fault::HangUp),
    ] {
        company.vaka.on(route).fault(fault.clone());
        let error = company.read().await.unwrap_err();
        let shown = everything_shown(&error);
        assert!(!shown.contains("marked") && !shown.contains("opaque."), "{fault:?}: {shown}");
        company.vaka.calm();
    }
}
