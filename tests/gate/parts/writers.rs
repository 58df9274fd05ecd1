//! Writing a report of 1,000 users in each format.

use std::hint::black_box;

use api::answer::report::Report;
use api::answer::{Answer, Form, Outcome};
use api::binding::ListUsers;
use api::event::{Event, Request};
use api::route;
use serde_json::json;
use shared::clock::Timestamp;
use shared::ids::JobId;
use shared::job::{Counters, Job, Mode, Status};
use shared::outcome::{self, SkipReason};
use shared::table::link::Linked;
use shared::table::report::Row;
use uuid::Uuid;

use crate::Part;
use crate::people::{self, COMPANY, THOUSAND};

const PATH: &str = "/codelock/axema/usersync";

pub fn parts() -> Vec<Part> {
    vec![
        Part {
            name: "answer.json",
            times: 1,
            of: "a report of 1,000 users, written as JSON",
            prepare: || written("json"),
        },
        Part {
            name: "answer.xml",
            times: 1,
            of: "a report of 1,000 users, written as XML",
            prepare: || written("xml"),
        },
        Part {
            name: "answer.csv",
            times: 1,
            of: "a report of 1,000 users, written as CSV",
            prepare: || written("csv"),
        },
        Part {
            name: "answer.jsv",
            times: 1,
            of: "a report of 1,000 users, written as JSV",
            prepare: || written("jsv"),
        },
    ]
}

fn written(format: &str) -> Box<dyn FnMut()> {
    let event = json!({
        "rawPath": PATH, "rawQueryString": format!("format={format}"),
        "requestContext": { "http": { "method": "GET" } },
    });
    let request = Request::from(serde_json::from_value::<Event>(event).expect("an event"));
    let (form, _) = Form::wanted(&request, &route::find("GET", PATH));
    let outcome: Outcome = Ok(Answer::Users(Box::new(report())));
    Box::new(move || {
        let reply = form.reply(black_box(&outcome));
        assert!(reply.body.len() as u64 > THOUSAND);
        drop(black_box(reply));
    })
}

fn report() -> Report {
    let row = |number| Row {
        person: people::person(number),
        outcome: match number % 4 {
            0 => outcome::Outcome::Skipped(SkipReason::AmbiguousEmail),
            1 => outcome::Outcome::Updated,
            _ => outcome::Outcome::Created,
        },
        customer: if number % 4 == 0 { Linked::Nobody } else { Linked::Derived },
        imprint: None,
    };
    let id = JobId::from_uuid(Uuid::from_u128(1 << 64));
    let rows: Vec<_> = (0..THOUSAND).map(row).collect();
    let at = Timestamp::from_ms(1_800_000_000_000);
    let job = Job {
        id,
        company: COMPANY,
        mode: Mode::Apply,
        status: Status::Completed,
        generation: 1,
        counters: Some(Counters { found: THOUSAND, created: 500, updated: 250, unchanged: 0, skipped: 250 }),
        failure_code: None,
        failure_text: None,
        created_at: at,
        updated_at: at,
        lease_expires_at: None,
        attempts: 0,
    };
    let (total, take) = (rows.len(), rows.len());
    Report { job, rows, total, wanted: ListUsers { id, company: None, outcome: None, skip: 0, take } }
}
