//! VAKA Online in trouble: throttling, broken connections, answers that are no list.
//!
//! Whatever it does, a list comes whole or as an error, after a bounded number of tries.

use std::collections::HashSet;
use std::time::Duration;

use local::vaka::{Fault, Route, SCOPE};
use sync::source::{PageFault, Patience, Server, SourceError, Trouble, Vaka, VakaParts, VakaSettings};
use time::OffsetDateTime;
use time::macros::format_description;

use crate::source_company::{Company, QUICK, api_key, everything_shown, read_users, time_for};

/// The longest that is waited because VAKA asks for it.
const LONGEST_RETRY_AFTER_MS: u64 = 900_000;

/// Fault 23: 429 with `Retry-After` in seconds.
#[tokio::test]
async fn a_throttled_reader_waits_as_many_seconds_as_it_was_asked() {
    let company = Company::with_users(10);
    company.vaka.on(Route::Users).nth(1).fault(Fault::status(429).with("Retry-After", "1"));
    assert_eq!(company.read().await.unwrap(), company.listed());
    let calls = company.calls(Route::Users);
    assert!(calls[1].at - calls[0].at >= Duration::from_secs(1));
}

/// Fault 23: 429 with `Retry-After` as a date.
#[tokio::test]
async fn a_throttled_reader_waits_until_the_date_it_was_given() {
    let company = Company::with_users(10);
    let format =
        format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");
    let until = (OffsetDateTime::now_utc() + Duration::from_secs(3)).truncate_to_second();
    let asked = until.format(format).unwrap();
    company.vaka.on(Route::Users).nth(1).fault(Fault::status(429).with("Retry-After", asked));
    assert_eq!(company.read().await.unwrap(), company.listed());
    assert!(OffsetDateTime::now_utc() >= until);
}

/// Fault 23: `Retry-After` in the past, negative, garbage.
#[tokio::test]
async fn a_retry_after_that_makes_no_sense_is_a_short_pause_like_any_other() {
    for senseless in ["Thu, 01 Jan 1970 00:00:00 GMT", "0", "-5", "soon", "1.5", "", "Mon, 99 Foo 2026 99:99:99 GMT"] {
        let company = Company::with_users(10);
        company.vaka.on(Route::Users).nth(1).fault(Fault::status(429).with("Retry-After", senseless));
        assert_eq!(company.read().await.unwrap(), company.listed(), "{senseless}");
    }
}

/// Faults 13 and 23: `Retry-After` absurd; a wait longer than the time left is handed over.
#[tokio::test]
async fn a_wait_longer_than_the_time_left_is_handed_over_and_never_believed_beyond_a_quarter_of_an_hour() {
    for absurd in ["99999999999999999999", "86400", "Fri, 31 Dec 9999 23:59:59 GMT"] {
        let company = Company::with_users(10);
        company.vaka.on(Route::Users).fault(Fault::status(429).with("Retry-After", absurd));
        match company.read().await {
            Err(SourceError::WaitLonger { retry_after_ms }) => {
                assert!((LONGEST_RETRY_AFTER_MS..LONGEST_RETRY_AFTER_MS + 5).contains(&retry_after_ms));
            }
            other => panic!("{absurd}: {other:?}"),
        }
        assert_eq!(company.calls(Route::Users).len(), 1);
    }
}

/// Fault 24: 500 and its like.
#[tokio::test]
async fn a_trouble_that_passes_is_tried_again_until_it_has_passed() {
    for status in [408, 429, 500, 502, 503, 504, 599] {
        let company = Company::with_paged_users(250);
        company.vaka.on(Route::Users).nth(2).fault(Fault::status(status));
        company.vaka.on(Route::Groups).first(2).fault(Fault::status(status));
        let reader = company.reader();
        assert_eq!(reader.groups(company.device).await.unwrap().len(), 7, "{status}");
        assert_eq!(read_users(&reader, company.device).await.unwrap(), company.listed(), "{status}");
        assert_eq!(company.calls(Route::Users).len(), 4, "{status}");
    }
}

/// Fault 24: 500 for good.
#[tokio::test]
async fn a_trouble_that_stays_ends_after_a_bounded_number_of_tries() {
    let company = Company::with_users(10);
    company.vaka.on(Route::Users).fault(Fault::status(503));
    let error = company.read().await.unwrap_err();
    assert!(
        matches!(
            error,
            SourceError::Unavailable { by: Server::Vaka, tries: 3, trouble: Trouble::Status { status: 503 } }
        ),
        "{error:?}"
    );
    assert!(error.retryable());
    assert_eq!(company.calls(Route::Users).len(), 3);
}

const BREAKS: [Fault; 4] = [Fault::ResetMidBody, Fault::HangUp, Fault::CutShort, Fault::EmptyBody];

/// Users of a list that is parsed when all of it is there, and of one that is parsed while it arrives.
const BODIES: [usize; 2] = [1_000, 6_000];

/// Fault 24: connection reset in the middle of a body, and before it.
#[tokio::test]
async fn a_body_that_breaks_off_is_asked_for_again_and_the_list_is_whole_all_the_same() {
    for (fault, users) in BREAKS.iter().flat_map(|fault| BODIES.map(|users| (fault, users))) {
        let company = Company::with_users(users);
        company.vaka.on(Route::Users).nth(1).fault(fault.clone());
        let read = company.read().await.unwrap();
        let listed = company.listed();
        // What was delivered before the break comes again; nothing is missing, nothing is foreign.
        let ids: HashSet<_> = read.iter().map(|user| user.user_id).collect();
        assert_eq!(ids, listed.iter().map(|user| user.user_id).collect(), "{fault:?}, {users} users");
        assert_eq!(read[read.len() - listed.len()..], listed, "{fault:?}, {users} users");
        assert_eq!(company.calls(Route::Users).len(), 2, "{fault:?}, {users} users");
    }
}

/// Faults 24 and 25: a body that breaks off each time.
#[tokio::test]
async fn a_body_that_breaks_off_each_time_is_an_error_and_never_a_short_list() {
    for (fault, users) in BREAKS.iter().flat_map(|fault| BODIES.map(|users| (fault, users))) {
        let company = Company::with_users(users);
        company.vaka.on(Route::Users).fault(fault.clone());
        let error = company.read().await.unwrap_err();
        let as_expected = match &error {
            SourceError::Unavailable { by: Server::Vaka, tries: 3, trouble: Trouble::ConnectionLost(_) } => {
                matches!(fault, Fault::ResetMidBody | Fault::HangUp)
            }
            SourceError::Unavailable { by: Server::Vaka, tries: 3, trouble: Trouble::CutShort } => {
                matches!(fault, Fault::CutShort | Fault::EmptyBody)
            }
            _ => false,
        };
        assert!(as_expected, "{fault:?}, {users} users: {error:?}");
    }
}

/// Fault 24: slow drip.
#[tokio::test]
async fn a_drip_is_not_an_answer_and_neither_is_silence() {
    let company = Company::with_users(1_000);
    company.vaka.on(Route::Users).fault(Fault::Drip { bytes: 16, pause: Duration::from_millis(20) });
    let patience = Patience { body: Duration::from_millis(200), tries: 2, ..QUICK };
    let error = read_users(&company.patient(patience), company.device).await.unwrap_err();
    assert!(
        matches!(error, SourceError::Unavailable { by: Server::Vaka, tries: 2, trouble: Trouble::TooSlow }),
        "{error:?}"
    );

    company.vaka.calm();
    company.vaka.on(Route::Users).fault(Fault::Drip { bytes: 16, pause: Duration::from_secs(3_600) });
    let patience = Patience { silence: Duration::from_millis(100), tries: 2, ..QUICK };
    let error = read_users(&company.patient(patience), company.device).await.unwrap_err();
    assert!(
        matches!(error, SourceError::Unavailable { by: Server::Vaka, tries: 2, trouble: Trouble::Silence }),
        "{error:?}"
    );

    company.vaka.calm();
    let _gate = company.vaka.on(Route::Users).hold();
    let patience = Patience { answer: Duration::from_millis(100), tries: 2, ..QUICK };
    let error = read_users(&company.patient(patience), company.device).await.unwrap_err();
    assert!(
        matches!(error, SourceError::Unavailable { by: Server::Vaka, tries: 2, trouble: Trouble::Silence }),
        "{error:?}"
    );
}

/// Fault 24: TLS failure, DNS failure, and nobody at the port.
#[tokio::test]
async fn a_server_that_cannot_be_reached_is_a_trouble_that_may_pass() {
    let company = Company::with_users(10);
    let speaks_no_tls = company.vaka.base_url().replace("http://", "https://");
    // A label of more than 63 characters is refused by the resolver itself: nothing leaves this machine.
    let no_such_host = format!("https://{}.invalid", "x".repeat(70));
    let free_port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).unwrap();
    for base_url in [speaks_no_tls, no_such_host, format!("http://{free_port}")] {
        let settings = VakaSettings::new(&base_url, &company.vaka.token_url(), SCOPE).unwrap();
        let client = Vaka::new(VakaParts { settings, ..company.parts() });
        let reader = client.for_company(api_key(), time_for(Duration::from_secs(60)));
        let error = read_users(&reader, company.device).await.unwrap_err();
        assert!(
            matches!(error, SourceError::Unavailable { by: Server::Vaka, tries: 3, trouble: Trouble::NoConnection(_) }),
            "{base_url}: {error:?}"
        );
        assert!(!everything_shown(&error).contains(&company.device.to_string()));
    }
}

/// Fault 25: 200 with HTML, other JSON, the array missing.
#[tokio::test]
async fn a_200_that_is_not_the_list_is_an_error_at_once() {
    for (fault, found) in [
        (Fault::Html, PageFault::NotJson { line: 1, column: 1 }),
        (Fault::NoList, PageFault::ArrayMissing("userAccounts")),
        (Fault::Body("[]".into()), PageFault::NotAnObject),
        (Fault::Body("null".into()), PageFault::NotAnObject),
        (Fault::Body(r#"{"userAccounts":null}"#.into()), PageFault::ArrayMissing("userAccounts")),
    ] {
        let company = Company::with_users(10);
        company.vaka.on(Route::Users).fault(fault.clone());
        match company.read().await {
            Err(SourceError::NotTheList(fault)) => assert_eq!(fault, found),
            other => panic!("{fault:?}: {other:?}"),
        }
        assert_eq!(company.calls(Route::Users).len(), 1, "{fault:?}");
    }
    let company = Company::with_users(10);
    company.vaka.on(Route::Groups).fault(Fault::NoList);
    let groups = company.reader().groups(company.device).await;
    assert!(matches!(groups, Err(SourceError::NotTheList(PageFault::ArrayMissing("userGroups")))), "{groups:?}");
}

/// Fault 25: a later page that is not the list.
#[tokio::test]
async fn a_list_whose_second_page_is_no_list_is_an_error_too() {
    let company = Company::with_paged_users(250);
    company.vaka.on(Route::Users).nth(2).fault(Fault::NoList);
    let read = company.read().await;
    assert!(matches!(read, Err(SourceError::NotTheList(_))), "{read:?}");
}

/// Fault 25: 10,000 levels deep.
#[tokio::test]
async fn ten_thousand_levels_beside_the_list_are_skipped_and_in_its_place_are_an_error() {
    let company = Company::with_users(10);
    company.vaka.on(Route::Users).nth(1).fault(Fault::Deep { levels: 10_000 });
    assert_eq!(company.read().await.unwrap(), company.listed());
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    company.vaka.on(Route::Users).nth(1).fault(Fault::Body(deep));
    let read = company.read().await;
    assert!(matches!(read, Err(SourceError::NotTheList(PageFault::NotAnObject))), "{read:?}");
}

/// 400 or 410 on a continuation token: the walk begins again, once.
#[tokio::test]
async fn a_place_that_is_lost_once_costs_a_fresh_start_and_lost_twice_ends_the_walk() {
    for status in [400, 410] {
        let company = Company::with_paged_users(250);
        company.vaka.on(Route::Users).nth(2).fault(Fault::status(status));
        let read = company.read().await.unwrap();
        assert_eq!(read.len(), 100 + 250, "{status}");
        assert_eq!(read[100..], company.listed(), "{status}");

        company.vaka.forget();
        company.vaka.on(Route::Users).every(2).fault(Fault::status(status));
        let read = company.read().await;
        assert!(matches!(read, Err(SourceError::PositionLost)), "{status}: {read:?}");
        assert_eq!(company.calls(Route::Users).len(), 4, "{status}");
    }
}

#[tokio::test]
async fn groups_of_a_walk_that_was_given_up_are_forgotten() {
    let company = Company::with_users(10_000);
    // A token that VAKA itself does not know, after a group that is gone by the second walk.
    let gone = format!(r#"{{"userGroups":[{{"id":"{}"}}],"continuationToken":"lost"}}"#, uuid::Uuid::from_u128(1));
    company.vaka.on(Route::Groups).nth(1).fault(Fault::Body(gone));
    assert_eq!(company.reader().groups(company.device).await.unwrap().len(), 250);
    assert_eq!(company.calls(Route::Groups).len(), 2 + 3);
}

/// A status that no rule speaks of is an error at once, and a redirect is never followed.
#[tokio::test]
async fn any_other_status_ends_the_reading_and_no_redirect_is_followed() {
    for status in [201, 204, 301, 302, 307, 308, 400, 405, 410, 415] {
        let company = Company::with_users(10);
        let elsewhere = format!("{}/v1/usergroups/{}/all", company.vaka.base_url(), company.device);
        company.vaka.on(Route::Users).fault(Fault::status(status).with("Location", elsewhere));
        let error = company.read().await.unwrap_err();
        assert!(
            matches!(error, SourceError::UnexpectedStatus { by: Server::Vaka, status: seen } if seen == status),
            "{error:?}"
        );
        assert!(!error.retryable());
        assert_eq!((company.calls(Route::Users).len(), company.calls(Route::Groups).len()), (1, 0), "{status}");
    }
}
