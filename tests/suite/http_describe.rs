//! The descriptions at the door: public, cacheable, in the media types that their readers expect.

use serde_json::json;

use crate::http_door::{Ask, Door, READ, SYNCS};

const TYPES: [&str; 3] = ["/types/csharp", "/types/python", "/types/typescript"];

#[tokio::test]
async fn the_descriptions_are_for_everybody_and_may_be_kept() {
    let door = Door::open().await;
    for path in ["/openapi", "/openapi.json", "/OpenApi/", "/metadata"].into_iter().chain(TYPES) {
        let answered = door.ask(&Ask::get(path)).await;
        assert_eq!((answered.status, answered.header("cache-control")), (200, Some("public, max-age=300")), "{path}");
        let head = door.ask(&Ask::new("HEAD", path)).await;
        assert_eq!((head.status, head.text.as_str(), &head.headers), (200, "", &answered.headers), "{path}");
        let wrong = door.ask(&Ask::new("POST", path)).await;
        assert_eq!((wrong.status, wrong.header("allow")), (405, Some("GET, HEAD, OPTIONS")), "{path}");
    }
    assert_eq!(door.items().await, Vec::<String>::new());
}

#[tokio::test]
async fn the_openapi_is_json_whatever_format_is_asked_for() {
    let door = Door::open().await;
    for request in
        [Ask::get("/openapi"), Ask::get("/openapi?format=xml"), Ask::get("/openapi").header("Accept", "text/csv")]
    {
        let answered = door.ask(&request).await;
        assert_eq!(answered.header("content-type"), Some("application/json; charset=utf-8"));
        assert_eq!(answered.json()["openapi"], "3.1.1");
        assert_eq!(answered.json()["servers"], json!([{"url": "/"}]));
    }
}

#[tokio::test]
async fn the_dtos_are_plain_text_and_say_where_they_were_fetched() {
    let door = Door::open().await;
    for path in TYPES {
        let answered = door.ask(&Ask::get(path).header("Host", "api.example")).await;
        assert_eq!(answered.header("content-type"), Some("text/plain; charset=utf-8"), "{path}");
        assert!(answered.text.contains("BaseUrl: https://api.example\n"), "{}", answered.text);
    }
    let unknown = door.ask(&Ask::get("/types/cobol")).await;
    assert_eq!((unknown.status, unknown.error_code().as_str()), (404, "NotFound"));
}

#[tokio::test]
async fn the_metadata_pages_list_the_operations_and_show_each_in_each_format() {
    let door = Door::open().await;
    let index = door.ask(&Ask::get("/metadata")).await;
    for request in [
        Ask::get("/metadata"),
        Ask::get("/json/metadata"),
        Ask::get("/json/metadata?op=GetAxemaUserSyncJob"),
        Ask::get("/XML/Metadata?Op=getaxemausersyncjob"),
        Ask::get("/jsv/metadata?op=CreateAxemaUserSync").header("Accept", "application/json"),
        Ask::get("/csv/metadata?op=QueryAxemaUserSyncUsers"),
    ] {
        let page = door.ask(&request).await;
        assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
        let policy = page.header("content-security-policy").unwrap_or_default();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("script-src") && !page.text.contains("<script"));
        assert!(page.text.starts_with("<!DOCTYPE html>") && page.text.contains("AxemaUserSync"), "{}", page.text);
    }
    assert!(index.text.contains("/csv/metadata?op=QueryAxemaUserSyncUsers"), "{}", index.text);
    for path in ["/json/metadata?op=NoSuchOperation", "/png/metadata?op=CreateAxemaUserSync", "/json/metadata/x"] {
        let unknown = door.ask(&Ask::get(path)).await;
        assert_eq!((unknown.status, unknown.error_code().as_str()), (404, "NotFound"), "{path}");
    }
}

#[tokio::test]
async fn every_answer_of_the_door_is_as_openapi_describes_it() {
    let door = Door::open().await;
    let own = door.connected().await;
    let openapi = door.ask(&Ask::get("/openapi")).await.json();
    let reader = door.token(&[READ], Some(own));
    let job = door.ask(&Ask::get(SYNCS).bearer(&reader)).await;
    let schemas = &openapi["components"]["schemas"];
    let members = |name: &str| -> Vec<String> {
        schemas[name]["properties"].as_object().map(|members| members.keys().cloned().collect()).unwrap_or_default()
    };
    assert_eq!(members("QueryAxemaUserSyncJobsResponse"), ["Results", "ResponseStatus"]);
    assert_eq!(job.json(), json!({"Results": []}));
    let refused = door.ask(&Ask::get(SYNCS)).await.json();
    let told: Vec<_> = refused["ResponseStatus"].as_object().into_iter().flat_map(|members| members.keys()).collect();
    assert_eq!(told, ["ErrorCode", "Message", "Errors"]);
    assert!(told.iter().all(|name| members("ResponseStatus").contains(name)));
}
