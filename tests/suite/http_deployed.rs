//! The door behind the deployed HTTP API: what the gateway makes of a request is what the
//! function reads, and what the function answers is what the client gets.

use local::world::{PATH, World};
use reqwest::header::{HOST, HeaderValue};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::http_door::READ;

type Checked = Result<(), Box<dyn std::error::Error>>;

const PAGE: &str = "https://www.bokamera.example";

/// A word that must not come out anywhere.
const MARK: &str = "marked-7f3a";

#[tokio::test]
async fn the_deployed_door_answers_a_client_over_http_as_the_contract_says() -> Checked {
    let world = World::start_with(&[("CorsOrigins", PAGE)]).await?;
    let client = Client::builder().no_proxy().build()?;
    let reader = world.realm.token().company(&world.company.to_string()).role(READ).sign()?;
    let writer = world.administrator().sign()?;
    let call = |method: Method, path: &str| -> RequestBuilder {
        client.request(method, format!("{}{path}", world.api.url)).header(HOST, &world.api.host)
    };
    let of_sync = |rest: &str| format!("{PATH}{rest}");

    for (name, request, status, code) in [
        ("no token", call(Method::GET, PATH), 401, "Unauthorized"),
        ("a role too low", call(Method::POST, PATH).bearer_auth(&reader), 403, "Forbidden"),
        ("an unknown route", call(Method::GET, "/codelock"), 404, "NotFound"),
        ("a wrong method", call(Method::DELETE, PATH), 405, "MethodNotAllowed"),
        ("a bad id", call(Method::GET, &of_sync("/latest")).bearer_auth(&reader), 400, "SerializationException"),
        (
            "a bad status",
            call(Method::GET, &of_sync("?Status=foo")).bearer_auth(&reader),
            400,
            "SerializationException",
        ),
        (
            "an unknown job",
            call(Method::GET, &of_sync(&format!("/{}", world.company))).bearer_auth(&reader),
            404,
            "NotFound",
        ),
        ("a cut body", posted(&call, &writer, "application/json", b"{"), 400, "SerializationException"),
        (
            "a body that is no text",
            posted(&call, &writer, "application/json", b"\xff\xfe\0"),
            400,
            "SerializationException",
        ),
        ("cut XML", posted(&call, &writer, "application/xml", b"<R>"), 400, "SerializationException"),
        ("cut JSV", posted(&call, &writer, "application/jsv", b"{A:"), 400, "SerializationException"),
        ("a large body", posted(&call, &writer, "application/json", &[b' '; 65 * 1024]), 413, "RequestEntityTooLarge"),
        ("a picture", posted(&call, &writer, "image/png", b"\x89PNG"), 415, "UnsupportedMediaType"),
    ] {
        let answer = request.send().await?;
        assert_eq!(answer.status(), status, "{name}");
        assert_eq!(header(&answer, "vary"), "Accept, Origin", "{name}");
        match status {
            401 => assert_eq!(header(&answer, "www-authenticate"), "Bearer"),
            405 => assert_eq!(header(&answer, "allow"), "GET, HEAD, POST, OPTIONS"),
            _ => {}
        }
        let body: Value = answer.json().await?;
        assert_eq!(body["ResponseStatus"]["ErrorCode"], code, "{name}");
    }

    for path in [".json", "/", "?format=json&CompanyId=", "?a=%22%3C%c3%a5%20%7B", "?Status=Pending"] {
        let odd = HeaderValue::from_bytes("Åse".as_bytes())?;
        let answer = call(Method::GET, &of_sync(path)).bearer_auth(&reader).header("X-Name", odd).send().await?;
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(header(&answer, "content-type"), "application/json; charset=utf-8");
        assert_eq!(answer.json::<Value>().await?, json!({"Results": []}), "{path}");
    }

    for (path, accept, content_type, begins) in [
        (".xml", "*/*", "application/xml; charset=utf-8", "<?xml version=\"1.0\" encoding=\"utf-8\"?><Query"),
        ("?format=csv", "*/*", "text/csv; charset=utf-8", "Id,CompanyId,Status,"),
        ("", "text/jsv, */*;q=0.1", "text/jsv; charset=utf-8", "{Results:[]}"),
        ("", "application/json;q=0.5, text/xml", "application/xml; charset=utf-8", "<?xml "),
        (".jsonl", "*/*", "text/jsonl; charset=utf-8", ""),
    ] {
        let answer = call(Method::GET, &of_sync(path)).bearer_auth(&reader).header("Accept", accept).send().await?;
        assert_eq!((answer.status().as_u16(), header(&answer, "content-type")), (200, content_type), "{path} {accept}");
        let text = answer.text().await?;
        assert!(text.starts_with(begins), "{path} {accept}: {text}");
    }

    let script = call(Method::GET, &of_sync("?callback=app.show")).bearer_auth(&reader).send().await?;
    assert_eq!(header(&script, "content-type"), "application/javascript");
    assert_eq!(script.text().await?, r#"app.show({"Results":[]})"#);

    let head = call(Method::HEAD, PATH).bearer_auth(&reader).send().await?;
    assert_eq!((head.status().as_u16(), head.text().await?.as_str()), (200, ""));

    // Not OPTIONS: MiniStack answers it by itself, where AWS passes it to the `$default` route.
    let from_a_page = call(Method::GET, PATH).bearer_auth(&reader).header("Origin", PAGE).send().await?;
    assert_eq!(header(&from_a_page, "access-control-allow-origin"), PAGE);

    // Nothing of all this was written.
    assert_eq!(world.proxy.seen().requests("TransactWriteItems"), 0);
    assert_eq!(world.proxy.seen().requests("SendMessage"), 0);
    Ok(())
}

/// Fault 39: the log of the door.
#[tokio::test]
async fn every_request_leaves_one_line_in_the_log_and_none_of_its_words() -> Checked {
    let world = World::start().await?;
    let client = Client::builder().no_proxy().build()?;
    let reader = world.realm.token().company(&world.company.to_string()).role(READ).claim("sub", MARK).sign()?;
    let ask = |method: Method, path: String| {
        client.request(method, format!("{}{path}", world.api.url)).header(HOST, &world.api.host)
    };
    let requests = [
        ask(Method::GET, format!("/{MARK}")),
        ask(Method::GET, format!("{PATH}?{MARK}={MARK}&CompanyId={MARK}")).bearer_auth(&reader),
        ask(Method::GET, format!("{PATH}/{MARK}?callback={MARK}")).bearer_auth(&reader).header(MARK, MARK),
        ask(Method::GET, format!("{PATH}?CompanyId={}", world.device)).bearer_auth(&reader),
        ask(Method::POST, PATH.to_owned()).bearer_auth(&reader).body(format!(r#"{{"{MARK}":"{MARK}"}}"#)),
        ask(Method::POST, PATH.to_owned()).bearer_auth(&reader).body(MARK),
        ask(Method::POST, PATH.to_owned()).bearer_auth(MARK),
        ask(Method::POST, PATH.to_owned()).header("Authorization", format!("{MARK} {MARK}")),
    ];
    let asked = requests.len();
    for request in requests {
        request.send().await?;
    }
    let log = world.stack.logs("api").await?;
    assert!(!log.iter().any(|line| line.contains(MARK)), "{log:#?}");
    let lines: Vec<Value> = log.iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let answered: Vec<&Value> =
        lines.iter().map(|line| &line["fields"]).filter(|line| !line["operation"].is_null()).collect();
    assert_eq!(answered.len(), asked, "{log:#?}");
    assert!(answered.iter().all(|line| line["status"].is_u64() && line["duration_ms"].is_u64()), "{log:#?}");
    assert_eq!(answered[3]["company.id"], json!(world.company));
    Ok(())
}

fn posted(
    call: &impl Fn(Method, &str) -> RequestBuilder,
    token: &str,
    media_type: &str,
    body: &[u8],
) -> RequestBuilder {
    call(Method::POST, PATH).bearer_auth(token).header("Content-Type", media_type).body(body.to_vec())
}

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
