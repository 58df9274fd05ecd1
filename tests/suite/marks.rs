//! One mark in every input there is, every log at its loudest, and the mark nowhere but in the
//! customers.
//!
//! A mark is a word that nobody writes by chance. It stands in people's names, addresses, groups
//! and apartments, in the api key and the accounts at VAKA and BokaMera, in tokens, paths, queries,
//! headers, bodies and messages, and in what VAKA and BokaMera answer when they fail.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use hyper::Method;
use local::connect::{self, Connection, Secret};
use local::vaka::{CLIENT_ID, Fault, Group, Route, User};
use local::world::{PATH, World};
use local::{bokamera, cloud};
use reqwest::Client;
use reqwest::header::HOST;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::deployed::logged;
use crate::http_door::SETTINGS;

/// Lowercase, because whoever looks for it lowers what is searched.
const MARK: &str = "zqxmark";

/// As long as a job may take here.
const ENDS_WITHIN: Duration = Duration::from_secs(120);
const ASK_EVERY: Duration = Duration::from_millis(100);

/// Fault 39.
#[tokio::test]
async fn marked_personal_data_and_secrets_come_out_nowhere_but_in_the_customers_of_the_table() {
    let Some(world) = loud_world("embedded").await else { return };
    let token = put_marks_in(&world).await;
    let mut came_out = everything_happens(&world, &token).await;
    let groups = format!(r#"{{"userGroups":[{{"id":"{MARK}"}}],"continuationToken":5}}"#);
    came_out.extend(vaka_fails(&world, &token, Route::Groups, Fault::Body(groups)).await);
    nothing_came_out(&world, came_out).await;
    // They were really there.
    assert!(items(&world, "CustomersTableName").await.to_lowercase().contains(MARK));
}

/// Fault 39.
#[tokio::test]
async fn marked_personal_data_and_secrets_come_out_nowhere_but_in_the_customers_at_bokamera() {
    let Some(world) = loud_world("rest").await else { return };
    let token = put_marks_in(&world).await;
    let mut came_out = everything_happens(&world, &token).await;
    let refusal =
        format!(r#"{{"ResponseStatus":{{"ErrorCode":"{MARK}","Message":"{MARK} has no phone","Errors":[]}}}}"#);
    let with_body = |status| bokamera::Fault::Status { status, headers: Vec::new(), body: refusal.clone() };
    for (route, fault) in [
        (bokamera::Route::Update, with_body(400)),
        (bokamera::Route::Update, with_body(403)),
        (bokamera::Route::Update, bokamera::Fault::Says(refusal.clone())),
        (bokamera::Route::List, bokamera::Fault::Says(format!(r#"[{{"Id":"{MARK}"}}]"#))),
    ] {
        world.vaka.change(world.device, 5);
        world.bokamera.on(route).fault(fault);
        came_out.push(synced(&world, &token, None).await);
        world.bokamera.calm();
    }
    nothing_came_out(&world, came_out).await;
    let customers = world.bokamera.customers(world.company);
    assert!(format!("{customers:?}").to_lowercase().contains(MARK));
    assert!(items(&world, "CustomersTableName").await.is_empty());
}

/// None against an AWS that cannot run functions.
async fn loud_world(home: &str) -> Option<World> {
    if cloud::given().is_some() {
        return None;
    }
    Some(World::start_with(&[("LogLevel", "trace"), ("CustomersHome", home)]).await.expect("a deployed world"))
}

/// What the API said of each thing that happened.
async fn everything_happens(world: &World, token: &str) -> Vec<(String, String)> {
    let mut came_out = Vec::new();

    // A sync that writes customers, one that leaves people out, and one for each way VAKA can fail.
    came_out.push(synced(world, token, Some("Completed")).await);
    let nameless = User { name: String::new(), ..User::named("") }.with_email(Some("zqxmark@example.com"));
    world.vaka.set_users(world.device, [people(), vec![nameless]].concat());
    came_out.push(synced(world, token, Some("Completed")).await);
    for (route, fault) in [
        (Route::Users, Fault::Body(format!(r#"{{"userAccounts":"{MARK}"}}"#))),
        (Route::Users, Fault::Body(format!(r#"{{"userAccounts":[{{"userId":"{MARK}","name":"{MARK}"#))),
        (Route::Users, Fault::status(403).with("x-reason", MARK)),
        (Route::Users, Fault::status(404).with("location", format!("http://127.0.0.1/{MARK}"))),
    ] {
        came_out.extend(vaka_fails(world, token, route, fault).await);
    }
    world.vaka.set_users(world.device, people());
    came_out.extend(refused(world, token).await);

    // A message that no function of ours wrote.
    let poison = format!(r#"{{"version":1,"company":"{MARK}","job":"{MARK}"}}"#);
    let queue = world.stack.output("SyncQueueUrl").expect("an output");
    world.endpoint().sqs().send_message().queue_url(queue).message_body(poison).send().await.expect("a message");
    logged(world, "sync", "message.given_back").await;
    came_out
}

/// A sync and a test while VAKA fails in this way; what the API said of both.
async fn vaka_fails(world: &World, token: &str, route: Route, fault: Fault) -> [(String, String); 2] {
    world.vaka.on(route).fault(fault);
    let said = [synced(world, token, Some("Failed")).await, tested(world, token).await];
    world.vaka.calm();
    said
}

async fn nothing_came_out(world: &World, came_out: Vec<(String, String)>) {
    for (name, text) in came_out {
        assert!(!text.to_lowercase().contains(MARK), "the answer to {name} has the mark: {text}");
    }
    for function in ["api", "sync", "recover"] {
        for line in world.stack.logs(function).await.expect("a log") {
            assert!(!line.to_lowercase().contains(MARK), "{function} logged the mark: {line}");
        }
    }
    let state = items(world, "StateTableName").await;
    assert!(state.contains("JOB#") && state.contains("LINK#") && state.contains("REPORT#"), "{state}");
    assert!(!state.to_lowercase().contains(MARK), "the state table has the mark");
}

/// Gives a marked token of a marked administrator.
async fn put_marks_in(world: &World) -> String {
    let key = format!("{MARK}-api-key");
    world.vaka.set_api_key(world.device, &key);
    world.vaka.set_credentials(CLIENT_ID, &format!("{MARK}-client-secret"));
    let (state, secrets) = (world.stack.output("StateTableName"), world.stack.output("SecretsTableName"));
    let (state, secrets) = (state.expect("an output"), secrets.expect("an output"));
    let dynamodb = world.endpoint().dynamodb();
    let connection = Connection { company: world.company, devices: vec![world.device], active: true };
    connect::connect(&dynamodb, state, secrets, &connection, &Secret::known(&key)).await.expect("a connection");
    let secret = Secret::known(&format!("{MARK}-client-secret"));
    connect::integrator(&dynamodb, secrets, CLIENT_ID, &secret).await.expect("an integrator account");
    let [username, password, key] = ["username", "password", "bokamera-key"].map(|what| format!("{MARK}-{what}"));
    world.bokamera.set_account(&username, &password, &key);
    let (password, key) = (Secret::known(&password), Secret::known(&key));
    connect::bokamera(&dynamodb, secrets, &username, &password, &key).await.expect("an account at BokaMera");
    world.vaka.set_groups(
        world.device,
        vec![Group {
            id: Uuid::from_u128(1),
            name: format!("{MARK} house"),
            apartment_id: Some(format!("{MARK} apartment")),
            reference_id: Some(format!("{MARK} reference")),
            device_id: world.device,
        }],
    );
    world.vaka.set_users(world.device, people());
    let marked = world.administrator().claim("name", format!("{MARK} administrator"));
    marked.claim("email", format!("{MARK}@example.com")).sign().expect("a token")
}

fn people() -> Vec<User> {
    let person = |number: u128| User {
        user_id: Uuid::from_u128(number),
        name: format!("Zqxmarkson, Person {number}"),
        email: Some(format!("{MARK}.{number}@example.com")),
        user_group_id: Some(Uuid::from_u128(1)),
    };
    (1..=60).map(person).collect()
}

/// A sync from POST to its end, which may be expected; what the API said of it and of its users.
async fn synced(world: &World, token: &str, end: Option<&str>) -> (String, String) {
    let started = world.post_sync(token).await.expect("an answer");
    let id = started.id().unwrap_or_else(|| panic!("no job: {}", started.text)).to_owned();
    let asking = async {
        loop {
            let job = world.job(token, &id).await.expect("an answer");
            if job.body["Status"].as_u64().is_some_and(|status| status >= 2) {
                return job;
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
    };
    let job = tokio::time::timeout(ENDS_WITHIN, asking).await.expect("the job ends in time");
    let ended = job.body["StatusName"].as_str().unwrap_or_default();
    assert_eq!(ended, end.unwrap_or(ended), "{}", job.text);
    let report = world.call(Method::GET, &format!("{PATH}/{id}/users"), token, "").await.expect("an answer");
    assert_eq!(report.status, 200);
    (format!("a sync that is {ended}"), job.text.clone() + &report.text)
}

/// A test of the connection; what the API said of it.
async fn tested(world: &World, token: &str) -> (String, String) {
    let answer = world.call(Method::POST, &format!("{SETTINGS}/test"), token, "{}").await.expect("an answer");
    assert_eq!(answer.status, 200, "{}", answer.text);
    ("a test of the connection".to_owned(), answer.text)
}

/// Requests that are refused, each with the mark in another place.
async fn refused(world: &World, token: &str) -> Vec<(String, String)> {
    let client = Client::builder().no_proxy().build().expect("a client");
    let call = |method: &str, path: &str| {
        let method = method.parse::<reqwest::Method>().expect("a method");
        let url = format!("{}{path}", world.api.url);
        client.request(method, url).header(HOST, &world.api.host).header("User-Agent", MARK).header("X-Name", MARK)
    };
    let json = "application/json";
    let mut said = Vec::new();
    for (name, request, status) in [
        ("a path", call("GET", &format!("{PATH}/{MARK}")).bearer_auth(token), 400),
        ("a route", call("GET", &format!("/{MARK}")).bearer_auth(token), 404),
        ("a query", call("GET", &format!("{PATH}?Status={MARK}")).bearer_auth(token), 400),
        ("a callback", call("GET", &format!("{PATH}?callback={MARK}()")).bearer_auth(token), 400),
        ("a page", call("GET", &format!("{PATH}?Status={MARK}")).bearer_auth(token).header("Accept", "text/html"), 400),
        ("a token", call("GET", PATH).bearer_auth(format!("{MARK}.{MARK}.{MARK}")), 401),
        ("a value", call("POST", PATH).bearer_auth(token).header("Content-Type", json).body(company(MARK)), 400),
        ("an api key", call("PUT", SETTINGS).bearer_auth(token).header("Content-Type", json).body(setting(MARK)), 400),
        (
            "a cut body",
            call("POST", PATH).bearer_auth(token).header("Content-Type", json).body(format!("{{\"{MARK}")),
            400,
        ),
        (
            "a media type",
            call("POST", PATH).bearer_auth(token).header("Content-Type", format!("text/{MARK}")).body(MARK),
            415,
        ),
    ] {
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), status, "{name}");
        let headers = format!("{:?}", answer.headers());
        said.push((name.to_owned(), headers + &answer.text().await.expect("text")));
    }
    said
}

fn setting(value: &str) -> String {
    json!({ "ApiKey": format!("{value} {value}"), "DeviceIds": [value], "Active": value, "Schedule": value })
        .to_string()
}

fn company(value: &str) -> String {
    json!({ "CompanyId": value }).to_string()
}

/// A whole table as text.
async fn items(world: &World, output: &str) -> String {
    let table = world.stack.output(output).expect("an output");
    let scanned = world.endpoint().dynamodb().scan().table_name(table).send().await.expect("a scan");
    assert!(scanned.last_evaluated_key.is_none(), "the table has more than one page");
    let items = scanned.items.unwrap_or_default().into_iter();
    let texts = items.flatten().map(|(name, value)| format!("{name}={}", plain(&value)));
    texts.collect::<Vec<_>>().join("\n")
}

fn plain(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) | AttributeValue::N(text) => json!(text),
        AttributeValue::B(bytes) => json!(String::from_utf8_lossy(bytes.as_ref())),
        other => json!(format!("{other:?}")),
    }
}
