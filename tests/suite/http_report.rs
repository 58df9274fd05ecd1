//! `GET /codelock/axema/usersync/{Id}/users`, and `DryRun` at the door.

use serde_json::{Value, json};
use shared::ids::{CompanyId, DeviceId, JobId, UserId};
use shared::job::{Counters, Mode};
use shared::outcome::{Outcome, SkipReason};
use shared::table::lease::{Chunk, Commit, Ending, Finish, Lease, Start};
use shared::table::link::{Linked, PersonKey, derived_id};
use shared::table::report::Row;
use uuid::Uuid;

use crate::http_door::{Answered, Ask, Door, READ, SUPERADMIN, SYNCS, WRITE};

const UNKNOWN: &str = "0199d5c4-a1b2-7c3d-8e4f-5a6b7c8d9e0f";
const ADOPTED: &str = "00000000-0000-0000-0000-00000000000c";

fn users(job: &str) -> Ask {
    Ask::get(&format!("{SYNCS}/{job}/users"))
}

fn person(n: u128) -> PersonKey {
    PersonKey { device: DeviceId::from_uuid(Uuid::from_u128(1)), user: UserId::from_uuid(Uuid::from_u128(n)) }
}

fn row(n: u128, outcome: Outcome, customer: Linked) -> Row {
    Row { person: person(n), outcome, customer, imprint: None }
}

/// A worker's first commit: created, updated (adopted), unchanged (adopted), left out, left out again.
pub async fn committed(door: &Door, company: CompanyId, job: JobId) -> (Lease, Counters) {
    let Ok(Start::Started(mut lease)) = door.table.start(company, job, "w", door.clock.now()).await else {
        panic!("the job does not start");
    };
    let adopted = Linked::To(shared::ids::CustomerId::parse(ADOPTED).expect("a Guid"));
    let decided = vec![
        row(2, Outcome::Updated, adopted),
        row(1, Outcome::Created, Linked::Derived),
        row(3, Outcome::Unchanged, adopted),
        row(4, Outcome::Skipped(SkipReason::AmbiguousEmail), Linked::Nobody),
    ];
    let again = vec![row(5, Outcome::Skipped(SkipReason::CustomerDeleted), adopted)];
    let counters = Counters { found: 7, created: 1, updated: 1, unchanged: 3, skipped: 2 };
    let chunk = Chunk { writes: Vec::new(), decided, again };
    let commit = door.table.commit(&mut lease, &counters, chunk, door.clock.now()).await;
    assert!(matches!(commit, Ok(Commit::Committed)), "{commit:?}");
    (lease, counters)
}

/// A company with a completed job of five listed users, and one who may read.
pub async fn completed(door: &Door, request: &Value) -> (CompanyId, JobId, String) {
    let own = door.connected().await;
    let job = door.ask(&Ask::post().json(request).bearer(&door.token(&[WRITE], Some(own)))).await.job();
    let (lease, counters) = committed(door, own, job).await;
    let end = door.table.finish(lease, &Ending::Completed, &counters, door.clock.now()).await;
    assert_eq!(end.ok(), Some(Finish::Finished));
    (own, job, door.token(&[READ], Some(own)))
}

fn ids(answered: &Answered) -> Vec<u128> {
    let body = answered.json();
    let rows = body["Results"].as_array().unwrap_or_else(|| panic!("no list: {}", answered.text));
    rows.iter()
        .map(|row| row["UserId"].as_str().and_then(|id| Uuid::parse_str(id).ok()).expect("an id").as_u128())
        .collect()
}

/// The path and the query that the header `Link` leads to.
fn next(answered: &Answered) -> Option<Ask> {
    let link = answered.header("link")?;
    let path = link.strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"next\"")).expect("a link");
    Some(Ask::get(path))
}

#[tokio::test]
async fn a_report_has_the_jobs_counters_and_every_user_that_was_decided_about() {
    let door = Door::open().await;
    let (own, job, reader) = completed(&door, &json!({})).await;
    let answered = door.ask(&users(&job.to_string()).bearer(&reader)).await;
    assert_eq!(answered.status, 200);
    assert_eq!(answered.header("link"), None);
    let device = person(1).device.to_string();
    let user = |n: u128| person(n).user.to_string();
    assert_eq!(
        answered.json(),
        json!({
            "JobId": job, "CompanyId": own, "DryRun": false,
            "UsersFound": 7, "UsersCreated": 1, "UsersUpdated": 1, "UsersUnchanged": 3, "UsersSkipped": 2,
            "Offset": 0, "Total": 5,
            "Results": [
                {"DeviceId": device, "UserId": user(1), "Outcome": "Created", "CustomerId": derived_id(own, &person(1))},
                {"DeviceId": device, "UserId": user(2), "Outcome": "Updated", "CustomerId": ADOPTED},
                {"DeviceId": device, "UserId": user(3), "Outcome": "Unchanged", "CustomerId": ADOPTED},
                {"DeviceId": device, "UserId": user(4), "Outcome": "Skipped", "ReasonCode": "AmbiguousEmail"},
                {"DeviceId": device, "UserId": user(5), "Outcome": "Skipped", "ReasonCode": "CustomerDeleted", "CustomerId": ADOPTED},
            ],
        })
    );
}

#[tokio::test]
async fn a_report_is_narrowed_to_one_outcome_in_any_case() {
    let door = Door::open().await;
    let (_, job, reader) = completed(&door, &json!({})).await;
    for (query, listed) in [
        ("Outcome=Skipped", vec![4, 5]),
        ("outcome=created", vec![1]),
        ("OUTCOME=UPDATED", vec![2]),
        ("Outcome=Unchanged", vec![3]),
        ("Outcome=", vec![1, 2, 3, 4, 5]),
    ] {
        let answered = door.ask(&users(&job.to_string()).query(query).bearer(&reader)).await;
        assert_eq!(ids(&answered), listed, "{query}");
        assert_eq!(answered.json()["Total"], json!(listed.len()), "{query}");
        assert_eq!(answered.json()["UsersFound"], json!(7), "{query}");
    }
}

#[tokio::test]
async fn the_links_from_page_to_page_lead_through_everybody_exactly_once() {
    let door = Door::open().await;
    let (own, job, reader) = completed(&door, &json!({})).await;
    for take in 1..=6 {
        let mut found = Vec::new();
        let mut ask = Some(users(&job.to_string()).query(&format!("Take={take}")));
        while let Some(request) = ask {
            let answered = door.ask(&request.bearer(&reader)).await;
            assert_eq!(answered.json()["Offset"], json!(found.len()));
            found.extend(ids(&answered));
            ask = next(&answered);
        }
        assert_eq!(found, [1, 2, 3, 4, 5], "{take} at a time");
    }
    // A link stays in its format, with its outcome, and with the company that was named.
    let superadmin = door.token(&[SUPERADMIN], None);
    let request = users(&format!("{job}")).query(&format!("outcome=skipped&take=1&companyid={own}"));
    let first = door.ask(&request.header("Accept", "text/csv").bearer(&superadmin)).await;
    let last = door.ask(&next(&first).expect("a next page").bearer(&superadmin)).await;
    assert_eq!((first.text.lines().count(), last.text.lines().count()), (2, 2));
    assert_eq!(last.header("content-type"), Some("text/csv; charset=utf-8"));
    assert!(first.text.contains("AmbiguousEmail") && last.text.contains("CustomerDeleted"), "{}", last.text);
    assert_eq!(last.header("link"), None);
    for query in ["Skip=5", "Skip=4", "Skip=18446744073709551615", "Take=0"] {
        assert_eq!(
            door.ask(&users(&job.to_string()).query(query).bearer(&reader)).await.header("link"),
            None,
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_report_is_a_spreadsheet_of_its_users() {
    let door = Door::open().await;
    let (_, job, reader) = completed(&door, &json!({})).await;
    let answered =
        door.ask(&Ask::get(&format!("{SYNCS}/{job}/users.csv")).query("Outcome=Skipped").bearer(&reader)).await;
    let device = person(1).device;
    let expected = format!(
        "DeviceId,UserId,Outcome,ReasonCode,CustomerId\r\n{device},{},Skipped,AmbiguousEmail,\r\n{device},{},Skipped,CustomerDeleted,{ADOPTED}\r\n",
        person(4).user,
        person(5).user,
    );
    assert_eq!(answered.text, expected);
    let none = door.ask(&Ask::get(&format!("{SYNCS}/{job}/users.csv")).query("Skip=9").bearer(&reader)).await;
    assert_eq!(none.text, "DeviceId,UserId,Outcome,ReasonCode,CustomerId\r\n");
    let xml = door.ask(&users(&format!("{job}")).query("format=xml&Take=1").bearer(&reader)).await.text;
    assert!(xml.contains("<AxemaUserSyncUsersResponse ") && xml.contains("<UsersSkipped>2</UsersSkipped>"), "{xml}");
    assert_eq!(xml.matches("<AxemaUserSyncUserResponse>").count(), 1);
}

#[tokio::test]
async fn a_report_is_found_by_the_operations_name_as_well() {
    let door = Door::open().await;
    let (_, job, reader) = completed(&door, &json!({})).await;
    let by_name = Ask::get("/json/reply/QueryAxemaUserSyncUsers");
    let expected = door.ask(&users(&job.to_string()).query("Outcome=Skipped").bearer(&reader)).await;
    let got = door.ask(&by_name.query(&format!("Id={job}&Outcome=Skipped")).bearer(&reader)).await;
    assert_eq!(got, expected);
    let posted =
        Ask::new("POST", "/json/reply/QueryAxemaUserSyncUsers").json(&json!({"Id": job, "Outcome": "Skipped"}));
    assert_eq!(door.ask(&posted.bearer(&reader)).await, expected);
}

#[tokio::test]
async fn a_running_job_reports_what_is_committed_and_a_pending_one_nothing() {
    let door = Door::open().await;
    let own = door.connected().await;
    let job = door.ask(&Ask::post().bearer(&door.token(&[WRITE], Some(own)))).await.job();
    let reader = door.token(&[READ], Some(own));
    let pending = door.ask(&users(&job.to_string()).bearer(&reader)).await;
    assert_eq!(
        pending.json(),
        json!({"JobId": job, "CompanyId": own, "DryRun": false, "Offset": 0, "Total": 0, "Results": []})
    );
    committed(&door, own, job).await;
    let running = door.ask(&users(&job.to_string()).bearer(&reader)).await;
    assert_eq!((ids(&running), &running.json()["UsersSkipped"]), (vec![1, 2, 3, 4, 5], &json!(2)));
}

/// Fault 38.
#[tokio::test]
async fn another_companys_report_is_answered_like_one_that_never_was() {
    let door = Door::open().await;
    let (other, theirs, _) = completed(&door, &json!({})).await;
    let own = door.connected().await;
    let reader = door.token(&[READ, WRITE], Some(own));
    let unknown = door.ask(&users(UNKNOWN).bearer(&reader)).await;
    assert_eq!((unknown.status, unknown.error_code().as_str()), (404, "NotFound"));
    let theirs = users(&theirs.to_string());
    assert_eq!(door.ask(&theirs.clone().bearer(&reader)).await, unknown);
    let named = theirs.clone().query(&format!("CompanyId={other}"));
    assert_eq!(door.ask(&named.clone().bearer(&reader)).await, unknown);
    assert_eq!(ids(&door.ask(&named.bearer(&door.token(&[SUPERADMIN], Some(own)))).await).len(), 5);
    assert_eq!(door.ask(&theirs.clone()).await.status, 401);
    assert_eq!(door.ask(&theirs.bearer(&door.token(&["somebody"], Some(other)))).await.status, 403);
}

#[tokio::test]
async fn a_page_that_cannot_be_bound_names_its_field_and_not_its_value() {
    let door = Door::open().await;
    let (_, job, reader) = completed(&door, &json!({})).await;
    for (query, field) in [
        ("Outcome=marked", "Outcome"),
        ("Skip=marked", "Skip"),
        ("Skip=-1", "Skip"),
        ("Take=10001", "Take"),
        ("Take=1&take=2", "Take"),
        ("CompanyId=marked", "CompanyId"),
    ] {
        let answered = door.ask(&users(&job.to_string()).query(query).bearer(&reader)).await;
        assert_eq!((answered.status, answered.error_code().as_str()), (400, "SerializationException"), "{query}");
        assert_eq!(answered.field(), field);
        assert!(!answered.text.contains("marked"), "{}", answered.text);
    }
    assert_eq!(door.ask(&users("marked").bearer(&reader)).await.field(), "Id");
}

/// Fault 7.
#[tokio::test]
async fn a_report_that_cannot_be_read_is_answered_503() {
    let door = Door::open().await;
    let (_, job, reader) = completed(&door, &json!({})).await;
    door.proxy.on("Query").fail();
    let answered = door.ask(&users(&job.to_string()).bearer(&reader)).await;
    assert_eq!((answered.status, answered.error_code().as_str()), (503, "ServiceUnavailable"));
}

#[tokio::test]
async fn a_dry_run_is_asked_for_in_body_form_or_query_and_its_report_says_so() {
    let door = Door::open().await;
    for (ask, mode) in [
        (Ask::post().json(&json!({"DryRun": true})), Mode::DryRun),
        (Ask::post().json(&json!({"dryrun": "True"})), Mode::DryRun),
        (Ask::post().header("Content-Type", "application/x-www-form-urlencoded").text("DryRun=1"), Mode::DryRun),
        (Ask::post().query("dryRun=true"), Mode::DryRun),
        (Ask::post().json(&json!({"DryRun": false})), Mode::Apply),
        (Ask::post(), Mode::Apply),
    ] {
        let own = door.connected().await;
        let started = door.ask(&ask.bearer(&door.token(&[WRITE], Some(own)))).await;
        // The published answer stays as it is.
        assert_eq!(started.json().get("DryRun"), None);
        let job = started.job();
        assert_eq!(door.table.job(own, job).await.expect("an answer").map(|job| job.mode), Some(mode));
        let report = door.ask(&users(&job.to_string()).bearer(&door.token(&[READ], Some(own)))).await;
        assert_eq!(report.json()["DryRun"], json!(mode.is_dry_run()));
    }
    let own = door.connected().await;
    let writer = door.token(&[WRITE], Some(own));
    let refused = door.ask(&Ask::post().json(&json!({"DryRun": "marked"})).bearer(&writer)).await;
    assert_eq!((refused.status, refused.field().as_str()), (400, "DryRun"));
    assert!(!refused.text.contains("marked"));
    assert_eq!(door.jobs_of(own).await.len(), 0);
}
