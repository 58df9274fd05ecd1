//! `GET /codelock/axema/usersync` and `GET /codelock/axema/usersync/{Id}`.

use std::time::Duration;

use serde_json::{Value, json};
use shared::job::Failure;

use crate::http_door::{Ask, Door, READ, SUPERADMIN, SYNCS, WRITE};

const UNKNOWN: &str = "0199d5c4-a1b2-7c3d-8e4f-5a6b7c8d9e0f";

#[tokio::test]
async fn a_companys_jobs_are_listed_newest_first_and_by_status() {
    let door = Door::open().await;
    let own = door.connected().await;
    let writer = door.token(&[WRITE], Some(own));
    let first = door.ask(&Ask::post().bearer(&writer)).await.job();
    door.table.abandon(own, first, &Failure::not_handed_off(), door.clock.now()).await.expect("the first job ends");
    door.clock.advance(Duration::from_secs(60));
    let second = door.ask(&Ask::post().bearer(&door.token(&[WRITE], Some(own)))).await.job();

    let reader = door.token(&[READ], Some(own));
    for (query, expected) in [
        ("", vec![second, first]),
        ("Status=Failed", vec![first]),
        ("status=0", vec![second]),
        ("STATUS=completed", vec![]),
        ("Status=&Unknown=1", vec![second, first]),
    ] {
        let answered = door.ask(&Ask::get(SYNCS).query(query).bearer(&reader)).await;
        assert_eq!(answered.status, 200, "{query}: {}", answered.text);
        let body = answered.json();
        let ids: Vec<&Value> = body["Results"].as_array().into_iter().flatten().map(|job| &job["Id"]).collect();
        assert_eq!(json!(ids), json!(expected), "{query}");
        assert_eq!(body.as_object().map(serde_json::Map::len), Some(1), "{query}");
    }
}

#[tokio::test]
async fn a_company_that_never_synced_has_an_empty_list() {
    let door = Door::open().await;
    let own = door.connected().await;
    let answered = door.ask(&Ask::get(SYNCS).bearer(&door.token(&[READ], Some(own)))).await;
    assert_eq!((answered.status, answered.text.as_str()), (200, r#"{"Results":[]}"#));
}

#[tokio::test]
async fn a_failed_job_says_why_and_leaves_its_counters_out_when_no_walk_had_begun() {
    let door = Door::open().await;
    let own = door.connected().await;
    let job = door.ask(&Ask::post().bearer(&door.token(&[WRITE], Some(own)))).await.job();
    let failure = Failure::not_handed_off();
    door.table.abandon(own, job, &failure, door.clock.now()).await.expect("the job ends");
    let answered = door.ask(&Ask::job(&job.to_string()).bearer(&door.token(&[READ], Some(own)))).await;
    let body = answered.json();
    assert_eq!((&body["Status"], &body["StatusName"]), (&json!(3), &json!("Failed")));
    assert_eq!(body["ErrorMessage"], json!(failure.text));
    assert!(body.get("UsersFound").is_none());
}

#[tokio::test]
async fn a_job_is_found_by_its_id_in_every_guid_form() {
    let door = Door::open().await;
    let own = door.connected().await;
    let job = door.ask(&Ask::post().bearer(&door.token(&[WRITE], Some(own)))).await.job().to_string();
    let reader = door.token(&[READ], Some(own));
    for id in [
        job.clone(),
        job.to_uppercase(),
        job.replace('-', ""),
        format!("%7B{job}%7D"),
        format!("{{{job}}}"),
        format!("{job}/"),
        format!("{job}.json"),
    ] {
        let answered = door.ask(&Ask::job(&id).bearer(&reader)).await;
        assert_eq!(answered.job().to_string(), job, "{id}");
    }
}

#[tokio::test]
async fn an_id_or_a_status_that_cannot_be_bound_names_its_field_and_not_its_value() {
    let door = Door::open().await;
    let own = door.connected().await;
    let reader = door.token(&[READ], Some(own));
    for (request, field) in [
        (Ask::job("marked-latest"), "Id"),
        (Ask::get(SYNCS).query("Status=marked-foo"), "Status"),
        (Ask::get(SYNCS).query("companyid=marked-x"), "CompanyId"),
        (Ask::job(UNKNOWN).query("CompanyId=marked-x"), "CompanyId"),
    ] {
        let answered = door.ask(&request.bearer(&reader)).await;
        assert_eq!((answered.status, answered.error_code().as_str()), (400, "SerializationException"));
        assert_eq!(answered.field(), field);
        assert!(!answered.text.contains("marked"), "{}", answered.text);
    }
}

/// Fault 38.
#[tokio::test]
async fn another_companys_job_is_answered_like_one_that_never_was() {
    let door = Door::open().await;
    let (own, other) = (door.connected().await, door.connected().await);
    let theirs = door.ask(&Ask::post().bearer(&door.token(&[WRITE], Some(other)))).await.job().to_string();
    let reader = door.token(&[READ, WRITE], Some(own));
    let unknown = door.ask(&Ask::job(UNKNOWN).bearer(&reader)).await;
    assert_eq!((unknown.status, unknown.error_code().as_str()), (404, "NotFound"));
    let refused = door.ask(&Ask::job(&theirs).bearer(&reader)).await;
    assert_eq!(refused, unknown);
    let with_company = door.ask(&Ask::job(&theirs).query(&format!("CompanyId={other}")).bearer(&reader)).await;
    assert_eq!(with_company, unknown);
    // A superadmin sees it, under its company and no other.
    let superadmin = door.token(&[SUPERADMIN], Some(own));
    let found = door.ask(&Ask::job(&theirs).query(&format!("CompanyId={other}")).bearer(&superadmin)).await;
    assert_eq!(found.job().to_string(), theirs);
    assert_eq!(door.ask(&Ask::job(&theirs).bearer(&superadmin)).await, unknown);
}

/// Fault 7.
#[tokio::test]
async fn a_store_that_cannot_be_read_is_answered_503() {
    let door = Door::open().await;
    let own = door.connected().await;
    let reader = door.token(&[READ], Some(own));
    door.proxy.on("*").fail();
    for request in [Ask::get(SYNCS), Ask::job(UNKNOWN)] {
        let answered = door.ask(&request.bearer(&reader)).await;
        assert_eq!((answered.status, answered.error_code().as_str()), (503, "ServiceUnavailable"));
        assert!(answered.header("retry-after").is_some());
    }
}
