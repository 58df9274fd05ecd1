//! The queue's messages: what is no nudge is given back, and nothing else is.

use serde_json::{Value, json};
use shared::clock::{Clock, Timestamp};
use shared::ids::{CompanyId, JobId};
use shared::queue::{NotANudge, Nudge};
use sync::door::{Answered, App, Delivered, Invocation};
use sync::settings::{CustomersSettings, Settings};
use sync::source::{Patience, VakaSettings};
use tokio::runtime::{Builder, Runtime};
use uuid::Uuid;

use crate::store::{Scene, Store};
use crate::tape::Tape;

/// Pieces that a message may be made of.
const PIECES: [&str; 14] = [
    "{",
    "}",
    "\"version\":1",
    "\"version\":2",
    "\"version\":\"1\"",
    "\"version\":1.0",
    "\"version\":-1",
    "\"version\":4294967297",
    ",",
    "\"company\":\"0199d5c4-a1b2-7c3d-8e4f-5a6b7c8d9e0f\"",
    "\"job\":\"0199d5c4a1b27c3d8e4f5a6b7c8d9e0f\"",
    "\"job\":null",
    "[",
    "]",
];

const NOW: Timestamp = Timestamp::from_ms(1_800_000_000_000);

struct Door {
    runtime: Runtime,
    app: App,
}

impl Door {
    fn open() -> Self {
        let store = Store::new(NOW);
        store.set(Scene::Connected);
        let here = "http://127.0.0.1:1";
        let settings = Settings {
            state_table: "state".to_owned(),
            customers_table: "customers".to_owned(),
            secrets_table: "secrets".to_owned(),
            queue_url: format!("{here}/queue"),
            vaka: VakaSettings::new(here, here, "scope").expect("settings"),
            customers: CustomersSettings::Embedded,
        };
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let app = App::new(settings, &store.sdk(), Clock::set_to(NOW), Patience::PRODUCTION);
        Self { runtime, app }
    }

    /// The ids of the messages that are given back.
    fn deliver(&self, bodies: &[String]) -> Vec<String> {
        let records: Vec<_> = bodies
            .iter()
            .enumerate()
            .map(|(number, body)| {
                json!({"messageId": number.to_string(), "body": body, "eventSource": "aws:sqs", "attributes": {},
                       "messageAttributes": {}})
            })
            .collect();
        let event: Delivered = serde_json::from_value(json!({"Records": records})).expect("an event of SQS");
        let invocation = Invocation { id: "worker".to_owned(), deadline: NOW };
        let answered = self.runtime.block_on(self.app.receive(event, &invocation)).expect("an answer");
        let Answered::Messages(response) = answered else { panic!("messages were taken for a test") };
        response.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect()
    }
}

thread_local! {
    static DOOR: Door = Door::open();
}

/// # Panics
/// When something does not hold.
pub fn holds(tape: &[u8]) {
    let mut tape = Tape::new(tape);
    let nudge = Nudge::new(CompanyId::from_uuid(id(&mut tape)), JobId::from_uuid(id(&mut tape)));
    let written = serde_json::to_string(&nudge).expect("a message");
    assert_eq!(Nudge::parse(&written), Ok(nudge), "a message is read as it was written");

    let bodies: Vec<_> = (0..=tape.below(3)).map(|_| body(&mut tape, &written)).collect();
    for body in &bodies {
        is_judged_by_what_it_says(body);
    }
    let unreadable = bodies.iter().enumerate().filter(|(_, body)| Nudge::parse(body).is_err());
    let unreadable: Vec<_> = unreadable.map(|(number, _)| number.to_string()).collect();
    let given_back = DOOR.with(|door| door.deliver(&bodies));
    assert_eq!(given_back, unreadable, "given back if and only if unreadable: {bodies:?}");

    // The event around the messages comes from AWS, and yet whatever it is, reading it ends.
    drop(serde_json::from_slice::<Delivered>(tape.rest()));
}

fn id(tape: &mut Tape<'_>) -> Uuid {
    Uuid::from_u64_pair(tape.number(), tape.number())
}

fn body(tape: &mut Tape<'_>, written: &str) -> String {
    match tape.below(4) {
        0 => String::from_utf8_lossy(&tape.edited(written.as_bytes(), 4)).into_owned(),
        1 => tape.pieces(&PIECES, 12),
        2 => format!("{{{}}}", (0..tape.below(5)).map(|_| tape.one_of(&PIECES)).collect::<Vec<_>>().join(",")),
        _ => tape.text(200),
    }
}

/// Against a reader that knows nothing of types.
fn is_judged_by_what_it_says(body: &str) {
    let parsed = Nudge::parse(body);
    let said: Option<Value> = serde_json::from_str(body).ok();
    let version = said.as_ref().and_then(|said| said["version"].as_u64()).and_then(|at| u32::try_from(at).ok());
    let id = |name: &str| said.as_ref().and_then(|said| Uuid::parse_str(said[name].as_str()?).ok());
    let ids = (id("company"), id("job"));
    match parsed {
        Ok(nudge) => {
            assert_eq!(version, Some(1), "{body}");
            assert_eq!(ids, (Some(*nudge.company.as_uuid()), Some(*nudge.job.as_uuid())), "{body}");
        }
        Err(NotANudge::OtherVersion { version: read }) => {
            assert_ne!(read, 1, "{body}");
            assert!(version.is_none_or(|version| version == read), "{body}");
        }
        Err(NotANudge::Unreadable) => {
            // A member that comes twice is refused, and this reader does not see it.
            let once = |name: &str| body.matches(name).count() == 1 && !body.contains('\\');
            let sound = version.is_some_and(|version| version == 1) && ids.0.is_some() && ids.1.is_some();
            assert!(!(sound && once("version") && once("company") && once("job")), "{body}");
        }
    }
}
