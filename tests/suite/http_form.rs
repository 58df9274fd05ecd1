//! The form of answers: formats, JSONP, HEAD, methods, other origins, unknown routes.

use serde_json::json;

use crate::http_door::{Ask, Door, READ, SYNCS, WRITE, ask};

const PAGE: &str = "https://www.bokamera.example";

#[tokio::test]
async fn json_is_answered_by_suffix_by_parameter_by_accept_and_by_default() {
    let door = Door::open().await;
    let own = door.connected().await;
    let reader = door.token(&[READ], Some(own));
    for request in [
        Ask::get(SYNCS),
        Ask::get("/CodeLock/Axema/UserSync/"),
        Ask::get("/codelock/axema/usersync.json"),
        Ask::get(SYNCS).query("format=json"),
        Ask::get(SYNCS).query("FORMAT=JSON"),
        Ask::get(SYNCS).query("format=unheard-of"),
        Ask::get(SYNCS).header("Accept", "application/json"),
        Ask::get(SYNCS).header("Accept", "image/png, */*;q=0.1"),
    ] {
        let answered = door.ask(&request.bearer(&reader)).await;
        assert_eq!((answered.status, answered.text.as_str()), (200, r#"{"Results":[]}"#));
        assert_eq!(answered.header("content-type"), Some("application/json; charset=utf-8"));
        assert_eq!(answered.header("x-content-type-options"), Some("nosniff"));
    }
}

#[tokio::test]
async fn a_callback_wraps_the_answer_and_a_failure_alike() {
    let door = Door::open().await;
    let own = door.connected().await;
    let answered = door.ask(&Ask::get(SYNCS).query("callback=app.show").bearer(&door.token(&[READ], Some(own)))).await;
    assert_eq!((answered.status, answered.text.as_str()), (200, r#"app.show({"Results":[]})"#));
    assert_eq!(answered.header("content-type"), Some("application/javascript"));
    let refused = door.ask(&Ask::get(SYNCS).query("callback=show")).await;
    assert_eq!(refused.status, 401);
    assert!(refused.text.starts_with(r#"show({"ResponseStatus":"#) && refused.text.ends_with(')'), "{}", refused.text);
}

#[tokio::test]
async fn a_callback_that_is_no_identifier_path_is_refused_before_anything_is_done() {
    let door = Door::open().await;
    let own = door.connected().await;
    let writer = door.token(&[WRITE], Some(own));
    for callback in ["alert(1)", "a%3Bb", "%3Cscript%3E", "1a", "a..b"] {
        let answered = door.ask(&Ask::post().query(&format!("callback={callback}")).bearer(&writer)).await;
        assert_eq!((answered.status, answered.error_code().as_str()), (400, "SerializationException"), "{callback}");
        assert_eq!(answered.field(), "callback");
    }
    assert_eq!(door.items().await, ["CONNECTION"]);
}

#[tokio::test]
async fn head_is_answered_as_get_without_the_body() {
    let door = Door::open().await;
    let own = door.connected().await;
    let reader = door.token(&[READ], Some(own));
    for (path, status) in [
        (SYNCS, 200),
        ("/codelock/axema/usersync.xml", 200),
        ("/codelock/axema/usersync.csv", 200),
        ("/codelock/axema/usersync/0199d5c4-a1b2-7c3d-8e4f-5a6b7c8d9e0f", 404),
    ] {
        let whole = door.ask(&Ask::get(path).bearer(&reader)).await;
        let head = door.ask(&Ask::new("HEAD", path).bearer(&reader)).await;
        assert_eq!((head.status, head.text.as_str()), (status, ""));
        assert_eq!((head.status, &head.headers), (whole.status, &whole.headers));
    }
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones_and_an_unknown_route_nothing() {
    let door = Door::open().await;
    for method in ["PUT", "DELETE", "PATCH", "BREW", "post"] {
        let answered = door.ask(&Ask::new(method, SYNCS)).await;
        assert_eq!((answered.status, answered.error_code().as_str()), (405, "MethodNotAllowed"), "{method}");
        assert_eq!(answered.header("allow"), Some("GET, HEAD, POST, OPTIONS"));
    }
    let answered = door.ask(&Ask::new("POST", "/codelock/axema/usersync/x")).await;
    assert_eq!((answered.status, answered.header("allow")), (405, Some("GET, HEAD, DELETE, OPTIONS")));
    for path in
        ["/", "", "/codelock/axema", "/codelock/axema/usersync/a/b", "/å", "/%00", "/codelock/axema/usersync%2fx/y"]
    {
        for method in ["GET", "POST", "OPTIONS"] {
            let answered = door.ask(&Ask::new(method, path)).await;
            assert_eq!((answered.status, answered.error_code().as_str()), (404, "NotFound"), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_browser_on_a_listed_origin_may_ask_and_read_and_another_may_not() {
    let door = Door::with(|settings| settings.cors_origins = vec![PAGE.to_owned()]).await;
    let preflight = Ask::new("OPTIONS", SYNCS).header("Access-Control-Request-Method", "POST");
    let allowed = door.ask(&preflight.clone().header("Origin", PAGE)).await;
    assert_eq!((allowed.status, allowed.text.as_str()), (204, ""));
    assert_eq!(allowed.header("access-control-allow-origin"), Some(PAGE));
    assert_eq!(allowed.header("access-control-allow-credentials"), Some("true"));
    assert_eq!(allowed.header("access-control-allow-methods"), Some("GET, HEAD, POST, OPTIONS"));
    assert!(allowed.header("access-control-allow-headers").is_some_and(|names| names.contains("Authorization")));
    assert_eq!(allowed.header("vary"), Some("Accept, Origin"));

    let refused = door.ask(&Ask::get(SYNCS).header("Origin", PAGE)).await;
    assert_eq!((refused.status, refused.header("access-control-allow-origin")), (401, Some(PAGE)));
    let readable = refused.header("access-control-expose-headers").unwrap_or_default();
    assert!(["Link", "Location", "Retry-After"].iter().all(|name| readable.contains(name)), "{readable}");

    for origin in ["https://www.bokamera.example.evil.example", "http://www.bokamera.example", "null"] {
        let answered = door.ask(&preflight.clone().header("Origin", origin)).await;
        assert_eq!(answered.header("access-control-allow-origin"), None, "{origin}");
        assert_eq!(answered.header("access-control-allow-methods"), None, "{origin}");
    }
}

#[tokio::test]
async fn what_a_page_of_another_site_could_read_as_a_script_is_not_answered() {
    let door = Door::with(|settings| settings.cors_origins = vec![PAGE.to_owned()]).await;
    let own = door.connected().await;
    // As a front has it that adds the token to whatever a browser sends.
    let listed = Ask::get(SYNCS).bearer(&door.token(&[READ], Some(own)));
    for (site, query, status) in [
        (None, "callback=show", 200),
        (Some("same-origin"), "callback=show", 200),
        (Some("none"), "callback=show", 200),
        (Some("same-site"), "callback=show", 403),
        (Some("cross-site"), "callback=show", 403),
        (Some("cross-site"), "callback=show&format=json", 403),
        // No script.
        (Some("cross-site"), "callback=show&format=csv", 200),
        (Some("cross-site"), "", 200),
    ] {
        let asked = listed.clone().query(query);
        let asked = if let Some(site) = site { asked.header("Sec-Fetch-Site", site) } else { asked };
        let answered = door.ask(&asked).await;
        assert_eq!(answered.status, status, "{site:?} {query}: {}", answered.text);
        assert_eq!(answered.header("cross-origin-resource-policy"), Some("same-origin"), "{site:?} {query}");
    }
}

#[tokio::test]
async fn every_origin_may_ask_where_the_setting_is_a_star_and_none_where_it_is_empty() {
    let open = Door::with(|settings| settings.cors_origins = vec!["*".to_owned()]).await;
    let answered = open.ask(&Ask::get(SYNCS).header("Origin", PAGE)).await;
    assert_eq!(answered.header("access-control-allow-origin"), Some("*"));
    assert_eq!(answered.header("access-control-allow-credentials"), None);
    assert_eq!(answered.header("cross-origin-resource-policy"), None);
    let closed = Door::open().await;
    let answered = closed.ask(&Ask::new("OPTIONS", SYNCS).header("Origin", PAGE)).await;
    assert_eq!((answered.status, answered.header("allow")), (204, Some("GET, HEAD, POST, OPTIONS")));
    assert_eq!(answered.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn an_event_with_text_that_is_no_header_or_uri_is_a_request_like_any_other() {
    let door = Door::open().await;
    let own = door.connected().await;
    let request = Ask::get(SYNCS)
        .bearer(&door.token(&[READ], Some(own)))
        .header("X-Name", "Åse\u{1}")
        .header("Host", "no host at all")
        .query("a=\"<å> {}|\\^`&b=%zz");
    let answered = ask(&door.app(), &request).await;
    assert_eq!((answered.status, answered.json()), (200, json!({"Results": []})));
}
