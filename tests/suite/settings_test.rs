//! `POST /codelock/axema/settings/test`: the api function calls the real sync function, which asks
//! the false VAKA; between the two is a false Lambda over HTTP.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use local::lambda::{FunctionFailed, Lambda};
use local::vaka::{Fault, Route};
use serde_json::{Value, json};
use shared::ids::CompanyId;
use sync::door::{App, Delivered, Invocation};
use sync::source::Patience;
use uuid::Uuid;

use crate::http_door::{Answered, Ask, Door, SETTINGS, WRITE};
use crate::settings_write::{KEY, ONE, create, update};
use crate::source_company::QUICK;
use crate::works::Works;

/// The name that the door knows the sync function by.
const FUNCTION: &str = "the-sync-function";

fn test() -> Ask {
    Ask::new("POST", &format!("{SETTINGS}/test"))
}

/// A company that is connected to a false VAKA, and the door through which it is tried.
struct Tried {
    works: Works,
    door: Door,
    lambda: Lambda,
    writer: String,
}

impl Tried {
    async fn open() -> Self {
        Self::with(QUICK, Duration::from_secs(900)).await
    }

    /// With a worker that has this patience and this time.
    async fn with(patience: Patience, time: Duration) -> Self {
        let works = Works::open().await;
        let worker = Arc::new(works.worker_at(works.clock.clone(), patience));
        let deadline = works.clock.now().after(time);
        let lambda = Lambda::start(FUNCTION, move |payload| invoke(Arc::clone(&worker), payload, deadline));
        let lambda = lambda.expect("a false Lambda");
        let door = Door::over(works.fresh.clone(), Some(&lambda.url()), |_| {}).await;
        let writer = door.token(&[WRITE], Some(works.company));
        Self { works, door, lambda, writer }
    }

    async fn ask(&self, ask: Ask) -> Answered {
        self.door.ask(&ask.bearer(&self.writer)).await
    }

    /// What the test says of each thing: what it is about, how it came out, why, and how many users.
    async fn found(&self) -> Vec<(String, String, Value, Value)> {
        let answered = self.ask(test()).await;
        assert_eq!(answered.status, 200, "{}", answered.text);
        let results = answered.json()["Results"].as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let told = results.iter().map(|one| {
            assert!(one["Message"].as_str().is_some_and(|message| message.ends_with('.')), "{one}");
            (text(&one["Check"]), text(&one["Outcome"]), one["ReasonCode"].clone(), one["UsersFound"].clone())
        });
        told.collect()
    }
}

/// Calls the function as Lambda would: JSON goes in, JSON or a failure comes out.
async fn invoke(worker: Arc<App>, payload: Bytes, deadline: shared::clock::Timestamp) -> Result<Bytes, FunctionFailed> {
    let delivered: Delivered = serde_json::from_slice(&payload).map_err(|_| FunctionFailed)?;
    let invocation = Invocation { id: Uuid::new_v4().to_string(), deadline };
    let answered = worker.receive(delivered, &invocation).await.map_err(|_| FunctionFailed)?;
    Ok(serde_json::to_vec(&answered).map_err(|_| FunctionFailed)?.into())
}

fn row(check: &str, outcome: &str, reason: Value, users: Value) -> (String, String, Value, Value) {
    (check.to_owned(), outcome.to_owned(), reason, users)
}

#[tokio::test]
async fn a_connection_that_works_is_told_with_every_system_and_its_users_and_nothing_is_written() {
    let tried = Tried::open().await;
    tried.works.vaka.populate(tried.works.device, 250, 1);
    let second = tried.works.add_system(Vec::new()).await;
    let before = tried.door.items().await;
    let answered = tried.ask(test()).await;
    let message = |users: Value, device: Uuid| json!({"Check": "Device", "DeviceId": device.to_string(), "Outcome": "Works", "UsersFound": users, "Message": "It works."});
    let works = |check: &str| json!({"Check": check, "Outcome": "Works", "Message": "It works."});
    assert_eq!(
        answered.json(),
        json!({
            "CompanyId": tried.works.company.to_string(), "Works": true, "UsersFound": 250,
            "Message": "The connection works: a sync finds 250 users.",
            "Results": [
                works("SignIn"), works("ApiKey"),
                message(json!(250), tried.works.device), message(json!(0), second),
            ],
        }),
        "{}",
        answered.text
    );
    assert_eq!(tried.door.items().await, before);
    assert!(tried.works.customers().await.is_empty());
    assert_eq!((tried.lambda.invocations(), tried.works.vaka.calls(Route::Token).len()), (1, 1));
    assert_eq!((tried.works.vaka.calls(Route::Users).len(), tried.works.vaka.calls(Route::Groups).len()), (2, 2));
}

#[tokio::test]
async fn a_connection_that_is_switched_off_is_tested_all_the_same_and_stays_off() {
    let tried = Tried::open().await;
    assert_eq!(tried.ask(update(&json!({"Active": false}))).await.status, 200);
    assert_eq!(tried.ask(test()).await.json()["Works"], true);
    assert_eq!(tried.ask(Ask::get(SETTINGS)).await.json()["Active"], false);
}

/// Each thing that can be wrong is told for itself, and what comes after it was not tested.
#[tokio::test]
async fn what_does_not_work_is_told_for_itself() {
    let (fails, untested) = ("Fails", || row("Device", "NotTested", Value::Null, Value::Null));
    let sign_in = row("SignIn", fails, json!("SignInFailed"), Value::Null);
    let signed_in = || row("SignIn", "Works", Value::Null, Value::Null);
    let unjudged = || row("ApiKey", "NotTested", Value::Null, Value::Null);
    let key = |reason: &str| row("ApiKey", fails, json!(reason), Value::Null);
    let device = |reason: &str| row("Device", fails, json!(reason), Value::Null);

    let tried = Tried::open().await;
    tried.works.put_integrator("wrong").await;
    assert_eq!(tried.found().await, [sign_in, unjudged(), untested()]);

    let tried = Tried::open().await;
    assert_eq!(tried.ask(update(&json!({"ApiKey": "wrong"}))).await.status, 200);
    assert_eq!(tried.found().await, [signed_in(), key("Forbidden"), device("Forbidden")]);

    let tried = Tried::open().await;
    assert_eq!(tried.ask(update(&json!({"DeviceIds": [ONE]}))).await.status, 200);
    assert_eq!(tried.found().await, [signed_in(), unjudged(), device("DeviceUnknown")]);

    for (fault, reason, of_key) in [
        (Fault::status(401), "Refused", key("Refused")),
        (Fault::status(503), "NoAnswer", unjudged()),
        (Fault::status(302), "AnswerUnusable", unjudged()),
        (Fault::Html, "AnswerUnusable", unjudged()),
    ] {
        let tried = Tried::open().await;
        tried.works.vaka.on(Route::Users).fault(fault);
        assert_eq!(tried.found().await, [signed_in(), of_key, device(reason)]);
        let answered = tried.ask(test()).await;
        assert_eq!(answered.json()["Works"], false);
        assert!(answered.json()["Message"].as_str().is_some_and(|message| message.contains("does not work yet")));
    }
}

#[tokio::test]
async fn one_system_that_fails_does_not_hide_the_others_and_the_key_works_where_it_opens_one() {
    let tried = Tried::open().await;
    tried.works.vaka.populate(tried.works.device, 7, 1);
    let second = tried.works.add_system(Vec::new()).await;
    tried.works.vaka.set_api_key(second, "another");
    assert_eq!(
        tried.found().await,
        [
            row("SignIn", "Works", Value::Null, Value::Null),
            row("ApiKey", "Works", Value::Null, Value::Null),
            row("Device", "Works", Value::Null, json!(7)),
            row("Device", "Fails", json!("Forbidden"), Value::Null),
        ]
    );
    assert_eq!(tried.ask(test()).await.json()["Works"], false);
}

#[tokio::test]
async fn a_connection_without_a_key_is_told_so_and_vaka_is_not_asked_about_systems() {
    let tried = Tried::open().await;
    let delete = tried.works.fresh.endpoint.dynamodb().delete_item().table_name(&tried.works.fresh.secrets_table);
    let owner = aws_sdk_dynamodb::types::AttributeValue::S(tried.works.company.to_string());
    delete.key("owner", owner).send().await.expect("no key");
    let found = tried.found().await;
    assert_eq!(found[1], row("ApiKey", "Fails", json!("ApiKeyMissing"), Value::Null));
    assert_eq!(found[2], row("Device", "NotTested", Value::Null, Value::Null));
    assert_eq!(tried.works.vaka.calls(Route::Users).len(), 0);
}

/// A sync has more time than somebody who waits for a test.
#[tokio::test]
async fn a_system_that_is_read_but_not_to_its_end_in_the_time_of_a_test_works_with_more_users_than_were_counted() {
    const TIME: Duration = Duration::from_millis(300);
    let tried = Tried::with(QUICK, TIME).await;
    tried.works.vaka.populate(tried.works.device, 250, 1);
    tried.works.vaka.page_users(Some(100));
    let gate = tried.works.vaka.on(Route::Users).nth(3).hold();
    let time_passes = async {
        gate.reached().await;
        tried.works.clock.advance(TIME);
    };
    let (found, ()) = tokio::join!(tried.found(), time_passes);
    assert_eq!(found[2], row("Device", "Works", Value::Null, Value::Null));
    gate.release();
}

/// VAKA says nothing for as long as it is asked; whoever waits is answered all the same.
#[tokio::test]
async fn a_vaka_that_is_silent_does_not_keep_anybody_waiting() {
    const TIME: Duration = Duration::from_millis(300);
    let tried = Tried::with(QUICK, TIME).await;
    let gate = tried.works.vaka.on(Route::Users).hold();
    let time_passes = async {
        gate.reached().await;
        tried.works.clock.advance(TIME);
    };
    let (found, ()) = tokio::join!(tried.found(), time_passes);
    assert_eq!(found[2], row("Device", "Fails", json!("NoAnswer"), Value::Null));
    gate.release();
}

#[tokio::test]
async fn a_test_that_cannot_be_made_is_answered_503_and_made_once() {
    for answer in [Err(FunctionFailed), Ok("no JSON"), Ok("{}")] {
        let works = Works::open().await;
        let answer = answer.map(|text: &'static str| Bytes::from_static(text.as_bytes()));
        let lambda = Lambda::start(FUNCTION, move |_| std::future::ready(answer.clone())).expect("a false Lambda");
        let door = Door::over(works.fresh.clone(), Some(&lambda.url()), |_| {}).await;
        let refused = door.ask(&test().bearer(&door.token(&[WRITE], Some(works.company)))).await;
        assert_eq!((refused.status, refused.error_code().as_str()), (503, "ServiceUnavailable"));
        assert!(refused.header("retry-after").is_some() && !refused.text.contains("scripted"));
        assert_eq!(lambda.invocations(), 1);
    }
    // Nobody is there: the proxy before the tables knows no such function.
    let works = Works::open().await;
    let door = Door::over(works.fresh.clone(), None, |_| {}).await;
    let refused = door.ask(&test().bearer(&door.token(&[WRITE], Some(works.company)))).await;
    assert_eq!(refused.status, 503);
}

#[tokio::test]
async fn a_connection_that_is_removed_while_it_is_tested_is_not_there() {
    let works = Works::open().await;
    let lambda = Lambda::start(FUNCTION, |_| std::future::ready(Ok("null".into()))).expect("a false Lambda");
    let door = Door::over(works.fresh.clone(), Some(&lambda.url()), |_| {}).await;
    let refused = door.ask(&test().bearer(&door.token(&[WRITE], Some(works.company)))).await;
    assert_eq!((refused.status, refused.error_code().as_str()), (404, "NotFound"));
}

#[tokio::test]
async fn the_key_is_stored_by_the_door_as_the_worker_reads_it_and_shown_by_neither() {
    let tried = Tried::open().await;
    let other = CompanyId::from_uuid(Uuid::new_v4());
    let device = tried.works.vaka.add_system(KEY);
    tried.works.vaka.populate(device, 3, 1);
    let writer = tried.door.token(&[WRITE], Some(other));
    let body = json!({"ApiKey": format!("  {KEY} "), "DeviceIds": [device.to_string()]});
    assert_eq!(tried.door.ask(&create(&body).bearer(&writer)).await.status, 200);
    for format in ["json", "xml", "csv", "jsv", "jsonl", "html"] {
        let answered = tried.door.ask(&test().suffix(format).bearer(&writer)).await;
        assert!(answered.status == 200 && !answered.text.contains("marked"), "{format}: {}", answered.text);
        assert!(answered.text.contains('3'), "{format}: {}", answered.text);
    }
}
