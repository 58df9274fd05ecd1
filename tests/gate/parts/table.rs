//! Reading links, and building and sending a commit, with everything of the SDK but its sockets.

use std::hint::black_box;

use serde_json::{Value, json};
use shared::clock::Timestamp;
use shared::ids::JobId;
use shared::job::Counters;
use shared::outcome::Outcome;
use shared::table::Table;
use shared::table::lease::{Chunk, Commit, Lease, Start};
use shared::table::link::{Before, JobStamp, Link, Linked, derived_id, link_key};
use shared::table::report::Row;
use sync::customers::embedded::Customers;
use sync::customers::person::Person;
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::walk::{key, users};
use crate::Part;
use crate::aws::{self, answering};
use crate::people::{self, COMPANY, THOUSAND};

const NOW: Timestamp = Timestamp::from_ms(1_800_000_000_000);
const JOB: JobId = JobId::from_uuid(Uuid::from_u128(0x0199_d5c4_a1b2_7c3d_8e4f_5a6b_7c8d_0001));
const WORKER: &str = "5d0d3f7e-8a57-4ec1-a5d0-0f6d3a2b9c11";

/// Users of one commit: a link and a customer each, beside the job and its report.
const NEW_USERS: u64 = 49;

pub fn parts() -> Vec<Part> {
    vec![
        Part { name: "table.links", times: 5, of: "a page of 1,000 links, read", prepare: links },
        Part { name: "table.commit", times: 20, of: "a commit of 100 actions: 49 new users", prepare: commit },
    ]
}

fn links() -> Box<dyn FnMut()> {
    let items: Vec<_> = (0..THOUSAND)
        .map(|number| {
            let mut item = serde_json::Map::new();
            for (name, value) in link_key(&COMPANY, &people::person(number)) {
                item.insert(name, json!({ "S": value.as_s().expect("a text") }));
            }
            // Eight bytes each, in base64.
            item.insert("f".to_owned(), json!({ "B": "AAECAwQFBgc=" }));
            item.insert("j".to_owned(), json!({ "B": "AZnVxKGyfD0=" }));
            item.insert("o".to_owned(), json!({ "S": "C" }));
            Value::Object(item)
        })
        .collect();
    let page = json!({ "Count": THOUSAND, "Items": items, "ScannedCount": THOUSAND }).to_string();
    let table = Table::new(&answering(vec![("Query", page)]), "state");
    let runtime = aws::runtime();
    Box::new(move || {
        let page = aws::done(&runtime, table.links(COMPANY, None));
        assert_eq!(page.links.len() as u64, THOUSAND);
        drop(black_box(page));
    })
}

fn commit() -> Box<dyn FnMut()> {
    let job = json!({ "Attributes": {
        "company": { "S": COMPANY }, "item": { "S": format!("JOB#{JOB}") }, "status": { "S": "Processing" },
        "generation": { "N": "1" }, "worker": { "S": WORKER },
        "created_at": { "N": NOW.ms().to_string() }, "updated_at": { "N": NOW.ms().to_string() },
    } });
    let aws = answering(vec![("UpdateItem", job.to_string()), ("TransactWriteItems", "{}".to_owned())]);
    let table = Table::new(&aws, "state");
    let customers = Customers::new(aws_sdk_dynamodb::Client::new(&aws), "customers".to_owned());
    let runtime = aws::runtime();
    let Start::Started(mut lease) = aws::done(&runtime, table.start(COMPANY, JOB, WORKER, NOW)) else {
        unreachable!("the job is ours")
    };
    let fingerprint_key = key();
    let new: Vec<_> = users(NEW_USERS)
        .iter()
        .map(|(user, group)| {
            let person = Person::read(user, group.as_ref()).expect("a name");
            (person, fingerprint_key.of(user, group.as_ref()))
        })
        .zip(0..)
        .map(|((person, fingerprint), number)| {
            let link = Link {
                person: people::person(number),
                customer: Linked::Derived,
                fingerprint,
                outcome: Outcome::Created,
                decided_by: JobStamp::of(&JOB),
            };
            (person, link)
        })
        .collect();
    Box::new(move || commit_once(&runtime, &table, &customers, &mut lease, &new))
}

fn commit_once(runtime: &Runtime, table: &Table, customers: &Customers, lease: &mut Lease, new: &[(Person, Link)]) {
    let mut chunk = Chunk::default();
    for (person, link) in new {
        let customer = derived_id(COMPANY, &link.person);
        chunk.writes.push(table.link_write(COMPANY, link, Before::Absent));
        chunk.writes.push(customers.create(COMPANY, customer, person, NOW));
        chunk.decided.push(Row { person: link.person, outcome: link.outcome, customer: link.customer, imprint: None });
    }
    let counters = Counters { found: NEW_USERS, created: NEW_USERS, ..Counters::default() };
    let committed = aws::done(runtime, table.commit(lease, &counters, chunk, NOW));
    assert!(matches!(committed, Commit::Committed), "{committed:?}");
}
