//! The HTTP door: whatever comes, the answer is one of the contract's, in the form that was asked
//! for, and a request that is answered 4xx has changed nothing.
//!
//! AWS is well behind this door, so a 5xx is a fault of ours. What the tape cannot decide is who
//! asks: the three tokens are good.

mod form;
mod sent;

use std::collections::BTreeMap;

use api::caller::claims::ClaimPath;
use api::event::{Event, Reply};
use api::settings::Settings;
use api::sync_function::SyncFunction;
use api::{ANSWER_WITHIN, App};
use serde_json::json;
use shared::clock::{Clock, Timestamp};
use shared::queue::Queue;
use shared::table::Table;
use tokio::runtime::{Builder, Runtime};

use self::sent::Sent;
use crate::issuer::{EC, Issuer, Signer};
use crate::store::{Scene, Store};
use crate::tape::Tape;

const NOW_S: i64 = 1_800_000_000;

const COMPANY: &str = "0199d5c4-ffff-7c3d-8e4f-5a6b7c8d9e0f";

/// The origin that may call from a browser.
const ORIGIN: &str = "https://bokamera.example";

/// An api key that somebody stores, and that no answer may have.
const API_KEY: &str = "hostile-api-key-0123456789";

/// A script that somebody sends, and that no page may have.
const SCRIPT: &str = "<hostile>";

/// No answer to a request without a report is larger.
const LARGEST_ANSWER_BYTES: usize = 512 * 1024;

struct Door {
    runtime: Runtime,
    app: App,
    store: Store,
    tokens: [String; 3],
}

impl Door {
    fn open() -> Self {
        let issuer = Issuer::start();
        let now = Timestamp::from_ms(NOW_S * 1_000);
        let store = Store::new(now);
        let path = |text| ClaimPath::parse(text).expect("a path");
        let settings = Settings {
            state_table: "state".to_owned(),
            sync_queue_url: "http://127.0.0.1:1/queue".to_owned(),
            secrets_table: "secrets".to_owned(),
            sync_function: "sync".to_owned(),
            trusted_issuers: vec![issuer.name.clone()],
            token_audiences: Vec::new(),
            role_claims: vec![path("realm_access.roles")],
            company_claim: path("company_id"),
            cors_origins: vec![ORIGIN.to_owned()],
            answer_within: ANSWER_WITHIN,
        };
        let aws = store.sdk();
        let (table, queue) = (Table::new(&aws, "state"), Queue::new(&aws, "http://127.0.0.1:1/queue"));
        let lambda = SyncFunction::new(&aws, "sync");
        let app = App::new(settings, table, queue, lambda, Clock::set_to(now)).expect("an app");
        let token = |roles: &[&str], company: Option<&str>| {
            let claims = json!({"iss": issuer.name, "exp": NOW_S + 300, "typ": "Bearer",
                                "realm_access": {"roles": roles}, "company_id": company});
            issuer.token(Signer::Ec, &json!({"alg": "ES256", "kid": EC}).to_string(), &claims.to_string())
        };
        let tokens = [
            token(&["bookingsupplier-administrator-write"], Some(COMPANY)),
            token(&["bookingsupplier-administrator-read"], Some(COMPANY)),
            token(&["superadmin"], None),
        ];
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let door = Self { runtime, app, store, tokens };
        // The keys are read now, so that no later answer is for want of them.
        let first = Sent::from_tape(&mut Tape::new(&[]), &door.tokens);
        let event = serde_json::from_value(first.event()).expect("an event");
        assert_eq!(door.answer(event).status_code, 200, "a sync is started by the plainest tape");
        door
    }

    fn answer(&self, event: Event) -> Reply {
        self.store.set(Scene::Connected);
        self.runtime.block_on(api::handle(&self.app, event))
    }
}

thread_local! {
    static DOOR: Door = Door::open();
}

/// # Panics
/// When something does not hold.
pub fn holds(tape: &[u8]) {
    DOOR.with(|door| {
        let mut tape = Tape::new(tape);
        let scene = tape.one_of(&Scene::ALL);
        let sent = Sent::from_tape(&mut tape, &door.tokens);
        let mut event = sent.event();
        let mut as_sent = true;
        if tape.seldom(8) {
            // What Lambda delivers is JSON of API Gateway's; that it is read to its end holds of any.
            let edited = tape.edited(event.to_string().as_bytes(), 4);
            let Ok(other) = serde_json::from_slice(&edited) else { return };
            as_sent = other == event;
            event = other;
        }
        let Ok(delivered) = serde_json::from_value::<Event>(event.clone()) else {
            assert!(!as_sent, "the event was not read: {event}");
            return;
        };
        door.store.set(scene);
        let reply = door.runtime.block_on(api::handle(&door.app, delivered));
        judge(&event.to_string(), &reply, door);
        if as_sent {
            is_as_asked(&sent, &reply);
        }
    });
}

fn judge(event: &str, reply: &Reply, door: &Door) {
    let status = reply.status_code;
    assert!((200..500).contains(&status), "{status} {} to {event}", reply.body);
    let changes = door.store.changes();
    assert!(status < 400 || changes == 0, "{status} after {changes} changes to {event}");
    assert!(reply.body.len() <= LARGEST_ANSWER_BYTES, "{} bytes to {event}", reply.body.len());
    for (name, value) in &reply.headers {
        let sound = http::HeaderValue::from_str(value).is_ok_and(|value| value.to_str().is_ok());
        assert!(sound, "{name}: {value:?} to {event}");
    }
    let texts = || reply.headers.values().chain([&reply.body]);
    assert!(!texts().any(|text| text.contains(API_KEY)), "the api key comes back to {event}");
    for token in &door.tokens {
        assert!(!texts().any(|text| text.contains(token.as_str())), "the token comes back to {event}");
    }
    let content_type = reply.headers.get("content-type").map(String::as_str);
    if let Err(fault) = form::check(content_type, &reply.body) {
        panic!("{fault}: {} to {event}", reply.body);
    }
    if content_type.is_some_and(|content_type| content_type.starts_with("text/html")) {
        assert!(!reply.body.contains(SCRIPT), "a script comes back to {event}");
    }
}

/// The form of the answer, where nothing is in doubt about what was asked for.
fn is_as_asked(sent: &Sent, reply: &Reply) {
    let event = || sent.event().to_string();
    if sent.method == "HEAD" {
        assert!(reply.body.is_empty(), "a body after HEAD to {}", event());
    }
    if let Some(media_type) = sent.wanted {
        let headers: BTreeMap<_, _> = reply.headers.iter().collect();
        let found = reply.headers.get("content-type").map(String::as_str).unwrap_or_default();
        assert!(found.starts_with(media_type), "{media_type} was asked for: {headers:?} to {}", event());
    }
    let in_json = sent.wanted == Some("application/json") && sent.method != "HEAD" && !sent.renames_members();
    if reply.status_code >= 400 && in_json {
        let body: serde_json::Value = serde_json::from_str(&reply.body).expect("JSON, as was checked");
        let status = &body["ResponseStatus"];
        let code = status["ErrorCode"].as_str().unwrap_or_default();
        assert!(!code.is_empty() && status["Errors"].is_array(), "{} to {}", reply.body, event());
    }
}
