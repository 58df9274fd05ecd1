//! ServiceStack's predefined routes: each operation by its name, as its clients call it.

use serde_json::json;

use crate::http_door::{Ask, Door, READ, SYNCS, WRITE};

const START: &str = "/json/reply/CreateAxemaUserSync";
const LIST: &str = "/json/reply/QueryAxemaUserSyncJobs";
const GET: &str = "/json/reply/GetAxemaUserSyncJob";

#[tokio::test]
async fn an_id_comes_from_the_query_or_from_what_is_posted_and_is_asked_for_where_it_is_missing() {
    let door = Door::open().await;
    let own = door.connected().await;
    let (reader, writer) = (door.token(&[READ], Some(own)), door.token(&[WRITE], Some(own)));
    let id = door.ask(&Ask::new("POST", START).bearer(&writer)).await.job().to_string();
    let job = door.ask(&Ask::job(&id).bearer(&reader)).await.json();
    for request in [
        Ask::get(GET).query(&format!("Id={id}")),
        Ask::get("/api/getaxemausersyncjob").query(&format!("id={id}")),
        Ask::new("POST", GET).json(&json!({"id": id})),
        Ask::new("POST", "/api/GetAxemaUserSyncJob").json(&json!({"Id": id})),
    ] {
        assert_eq!(door.ask(&request.bearer(&reader)).await.json(), job);
    }
    for request in
        [Ask::get(GET), Ask::new("POST", GET).json(&json!({})), Ask::new("DELETE", "/api/CancelAxemaUserSync")]
    {
        let refused = door.ask(&request.bearer(&writer)).await;
        assert_eq!((refused.status, refused.error_code().as_str()), (400, "SerializationException"));
        assert_eq!(refused.field(), "Id");
    }
}

#[tokio::test]
async fn a_get_starts_nothing_and_is_told_how_it_is_done() {
    let door = Door::open().await;
    let own = door.connected().await;
    let writer = door.token(&[WRITE], Some(own));
    for path in [START, "/json/oneway/CreateAxemaUserSync", "/api/CreateAxemaUserSync"] {
        let refused = door.ask(&Ask::get(path).bearer(&writer)).await;
        assert_eq!((refused.status, refused.header("allow")), (405, Some("POST, OPTIONS")), "{path}");
    }
    assert_eq!(door.items().await, ["CONNECTION"]);
}

#[tokio::test]
async fn the_routes_format_is_stronger_than_accept_and_weaker_than_a_suffix_or_the_parameter() {
    let door = Door::open().await;
    let own = door.connected().await;
    let reader = door.token(&[READ], Some(own));
    for (path, query, format) in [
        (LIST, "", "application/json"),
        ("/api/QueryAxemaUserSyncJobs", "", "application/json"),
        ("/csv/reply/QueryAxemaUserSyncJobs", "", "text/csv"),
        ("/jsv/oneway/QueryAxemaUserSyncJobs", "", "text/jsv"),
        (LIST, "format=csv", "text/csv"),
        ("/api/QueryAxemaUserSyncJobs", "format=jsonl", "text/jsonl"),
        ("/api/QueryAxemaUserSyncJobs.jsv", "format=jsonl", "text/jsv"),
    ] {
        let request = Ask::get(path).query(query).header("Accept", "application/xml").bearer(&reader);
        let answered = door.ask(&request).await;
        assert_eq!(
            answered.header("content-type"),
            Some(format!("{format}; charset=utf-8").as_str()),
            "{path}?{query}"
        );
    }
}

#[tokio::test]
async fn a_client_has_the_names_written_in_the_case_that_it_reads() {
    let door = Door::open().await;
    let own = door.connected().await;
    let writer = door.token(&[WRITE], Some(own));
    let id = door.ask(&Ask::post().bearer(&writer)).await.job().to_string();
    let ask = async |request: Ask| door.ask(&request.query("jsconfig=eccn").bearer(&writer)).await.json();
    let job = ask(Ask::job(&id)).await;
    assert_eq!((&job["id"], &job["statusName"]), (&json!(id), &json!("Pending")));
    assert_eq!(ask(Ask::get(SYNCS)).await, json!({"results": [job]}));
    let refused = ask(Ask::post()).await["responseStatus"].take();
    assert_eq!((&refused["errorCode"], &refused["errors"]), (&json!("Conflict"), &json!([])));
    assert_eq!(refused["meta"]["JobId"], json!(id));
}
