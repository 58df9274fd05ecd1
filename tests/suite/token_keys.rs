//! The key sets of the issuers: read once, read again when it helps, and kept when an issuer is
//! away.

use api::caller::keys::{FRESH_FOR, PAUSE, PAUSE_WITHOUT_KEYS};
use local::issuer::{Health, Signature};

use crate::http_door::{Ask, Door, READ, REALMS, SYNCS, ask, company};

/// Far more than a client tries by accident.
const FLOOD: usize = 300;

/// Fault 37.
#[tokio::test]
async fn a_flood_of_unknown_keys_costs_one_read_a_pause_and_disturbs_nobody() {
    let door = Door::open().await;
    let good = door.token(&[READ], Some(company()));
    assert_eq!(listed(&door, &good).await, 200);
    assert_eq!(door.realm.key_set_requests(), 1);
    for round in 0..3 {
        for _ in 0..FLOOD {
            assert_eq!(listed(&door, &unknown_key(&door)).await, 401);
        }
        assert_eq!(listed(&door, &good).await, 200);
        assert_eq!(door.realm.key_set_requests(), 1 + round);
        door.clock.advance(PAUSE);
    }
}

/// Fault 37.
#[tokio::test]
async fn a_flood_while_the_issuer_is_away_costs_one_try_a_pause_and_good_tokens_are_still_taken() {
    let door = Door::open().await;
    let good = door.token(&[READ], Some(company()));
    assert_eq!(listed(&door, &good).await, 200);
    door.realm.set_health(Health::Status(503));
    door.clock.advance(PAUSE);
    for _ in 0..FLOOD {
        assert_eq!(listed(&door, &unknown_key(&door)).await, 401);
    }
    assert_eq!(door.realm.discovery_requests(), 2);
    assert_eq!(listed(&door, &good).await, 200);
}

/// Fault 37.
#[tokio::test]
async fn a_key_set_that_was_never_read_is_503_until_the_issuer_is_well() {
    for health in [
        Health::Unreachable,
        Health::Status(500),
        Health::Status(302),
        Health::Body(String::new()),
        Health::Body("<html>".to_owned()),
        Health::Body(r#"{"keys":[]}"#.to_owned()),
        Health::Body("x".repeat(1 << 20)),
    ] {
        let door = Door::open().await;
        let good = door.token(&[READ], Some(company()));
        door.realm.set_health(health.clone());
        for _ in 0..5 {
            let answered = door.ask(&Ask::get(SYNCS).bearer(&good)).await;
            assert_eq!((answered.status, answered.error_code().as_str()), (503, "ServiceUnavailable"), "{health:?}");
            assert!(answered.header("retry-after").is_some());
        }
        assert_eq!(door.realm.discovery_requests(), 1, "{health:?}");
        // Another realm's tokens are judged all the while.
        let other = door.good_token(&door.issuer.realm(REALMS[1])).role(READ).company(&company().to_string());
        assert_eq!(listed(&door, &other.sign().expect("a token")).await, 200);
        door.realm.set_health(Health::Well);
        door.clock.advance(PAUSE_WITHOUT_KEYS);
        assert_eq!(listed(&door, &good).await, 200);
    }
}

/// Fault 37.
#[tokio::test]
async fn a_key_set_that_can_no_longer_be_read_serves_on() {
    let door = Door::open().await;
    assert_eq!(listed(&door, &door.token(&[READ], Some(company()))).await, 200);
    for health in [Health::Unreachable, Health::Status(404), Health::Body("{".to_owned())] {
        door.realm.set_health(health.clone());
        door.clock.advance(FRESH_FOR);
        assert_eq!(listed(&door, &door.token(&[READ], Some(company()))).await, 200, "{health:?}");
    }
}

#[tokio::test]
async fn a_key_that_was_rotated_in_is_taken_and_the_one_rotated_out_is_not() {
    let door = Door::open().await;
    let old = door.token(&[READ], Some(company()));
    assert_eq!(listed(&door, &old).await, 200);
    door.realm.rotate().expect("new keys");
    let new = door.token(&[READ], Some(company()));
    assert_eq!(listed(&door, &new).await, 401, "read again only after a pause");
    door.clock.advance(PAUSE);
    assert_eq!(listed(&door, &new).await, 200);
    assert_eq!(listed(&door, &old).await, 401);
}

#[tokio::test]
async fn a_key_that_was_withdrawn_is_believed_for_no_longer_than_the_set_is_fresh() {
    let door = Door::open().await;
    let withdrawn = door.good_token(&door.realm).role(READ).company(&company().to_string());
    let withdrawn = withdrawn.claim("exp", door.clock.now().after(FRESH_FOR * 2).seconds()).sign().expect("a token");
    assert_eq!(listed(&door, &withdrawn).await, 200);
    door.realm.rotate().expect("new keys");
    assert_eq!(listed(&door, &withdrawn).await, 200);
    door.clock.advance(FRESH_FOR);
    assert_eq!(listed(&door, &withdrawn).await, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn callers_who_come_at_once_share_one_read_of_the_keys() {
    let door = Door::open().await;
    let request = Ask::get(SYNCS).bearer(&door.token(&[READ], Some(company())));
    let asking: Vec<_> = (0..20)
        .map(|_| {
            let (app, request) = (door.app(), request.clone());
            tokio::spawn(async move { ask(&app, &request).await })
        })
        .collect();
    for asked in asking {
        assert_eq!(asked.await.expect("an answer").status, 200);
    }
    assert_eq!((door.realm.discovery_requests(), door.realm.key_set_requests()), (1, 1));
}

#[tokio::test]
async fn a_discovery_document_that_names_another_issuer_is_not_believed() {
    // The realm calls itself by the name without the slash.
    let door = Door::with(|settings| {
        settings.trusted_issuers = settings.trusted_issuers.iter().map(|url| format!("{url}/")).collect()
    })
    .await;
    let token = door.good_token(&door.realm).role(READ).claim("iss", format!("{}/", door.realm.url()));
    assert_eq!(listed(&door, &token.sign().expect("a token")).await, 503);
    assert_eq!((door.realm.discovery_requests(), door.realm.key_set_requests()), (1, 0));
}

fn unknown_key(door: &Door) -> String {
    door.good_token(&door.realm).role(READ).signature(Signature::UnknownKey).sign().expect("a token")
}

async fn listed(door: &Door, token: &str) -> u64 {
    door.ask(&Ask::get(SYNCS).bearer(token)).await.status
}
