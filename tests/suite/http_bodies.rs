//! Bodies that no client should send. Each is answered 4xx in the contract's form, and nothing
//! is written.

use serde_json::json;

use crate::http_door::{Answered, Ask, Door, SUPERADMIN, SYNCS, WRITE};

/// Printed by nobody and chosen by nobody: any seed must do, so one is kept.
const SEED: u64 = 0x0A5E_0010;

/// As the fault's row has it.
const RANDOM_BODIES: usize = 10_000;

const FORM: &str = "application/x-www-form-urlencoded";

const EXTERNAL_ENTITY: &str =
    r#"<!DOCTYPE R [<!ENTITY e SYSTEM "file:///etc/passwd">]><R><CompanyId>&e;</CompanyId></R>"#;

const BILLION_LAUGHS: &str =
    r#"<!DOCTYPE R [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><R><CompanyId>&b;&b;</CompanyId></R>"#;

/// Fault 10.
#[tokio::test]
async fn every_kind_of_bad_body_is_refused_in_the_contracts_form_and_nothing_is_written() {
    let door = Door::open().await;
    let own = door.connected().await;
    let writer = door.token(&[WRITE], Some(own));
    let large = format!(r#"{{"CompanyId":"{own}","Padding":"{}"}}"#, " ".repeat(64 * 1024));
    let deep = format!("{}{}", r#"{"a":"#.repeat(10_000), "}".repeat(10_000));
    let json = || Ask::post().header("Content-Type", "application/json");
    let xml = || Ask::post().header("Content-Type", "application/xml");
    let jsv = || Ask::post().header("Content-Type", "application/jsv");
    for (name, request, status, code) in [
        ("too large", json().text(&large), 413, "RequestEntityTooLarge"),
        ("too large in base64", json().bytes(large.as_bytes()), 413, "RequestEntityTooLarge"),
        ("cut", json().text(r#"{"CompanyId":"0199d5c4"#), 400, "SerializationException"),
        ("not UTF-8", json().bytes(b"{\"CompanyId\":\"\xff\xfe\"}"), 400, "SerializationException"),
        ("deeply nested", json().text(&deep), 400, "SerializationException"),
        ("deeply nested array", json().text(&"[".repeat(60_000)), 400, "SerializationException"),
        ("duplicate members", json().text(r#"{"CompanyId":null,"companyId":null}"#), 400, "SerializationException"),
        (
            "duplicate form members",
            Ask::post().header("Content-Type", FORM).text("CompanyId=&companyid="),
            400,
            "SerializationException",
        ),
        ("NUL bytes", json().text("{}\0"), 400, "SerializationException"),
        ("a NUL byte in a form", Ask::post().header("Content-Type", FORM).text("a=\0"), 400, "SerializationException"),
        ("NUL bytes in base64", json().bytes(b"\0\0\0\0"), 400, "SerializationException"),
        ("NUL in a value", json().json(&json!({"CompanyId": format!("{own}\0")})), 400, "SerializationException"),
        ("a bad Guid", json().json(&json!({"CompanyId": "acme"})), 400, "SerializationException"),
        ("no object", json().text("[1]"), 400, "SerializationException"),
        (
            "too large XML",
            xml().text(&format!("<R><A>{}</A></R>", " ".repeat(64 * 1024))),
            413,
            "RequestEntityTooLarge",
        ),
        ("cut XML", xml().text("<R><CompanyId>0199d5c4"), 400, "SerializationException"),
        ("XML that is not UTF-8", xml().bytes(b"<R><A>\xff\xfe</A></R>"), 400, "SerializationException"),
        ("XML in UTF-16", xml().bytes(b"\xff\xfe<\0R\0/\0>\0"), 400, "SerializationException"),
        ("deeply nested XML", xml().text(&"<a>".repeat(20_000)), 400, "SerializationException"),
        ("duplicate XML members", xml().text("<R><CompanyId/><companyid/></R>"), 400, "SerializationException"),
        ("a NUL byte in XML", xml().text("<R/>\0"), 400, "SerializationException"),
        ("a NUL reference in XML", xml().text("<R><A>&#0;</A></R>"), 400, "SerializationException"),
        ("an external entity", xml().text(EXTERNAL_ENTITY), 400, "SerializationException"),
        ("a billion laughs", xml().text(BILLION_LAUGHS), 400, "SerializationException"),
        ("a bad Guid in XML", xml().text("<R><CompanyId>acme</CompanyId></R>"), 400, "SerializationException"),
        ("JSON for XML", xml().text("{}"), 400, "SerializationException"),
        ("cut JSV", jsv().text("{CompanyId:0199d5c4"), 400, "SerializationException"),
        ("JSV that is not UTF-8", jsv().bytes(b"{A:\xff\xfe}"), 400, "SerializationException"),
        ("deeply nested JSV", jsv().text(&"{a:".repeat(20_000)), 400, "SerializationException"),
        ("duplicate JSV members", jsv().text("{A:1,a:2}"), 400, "SerializationException"),
        ("a NUL byte in JSV", jsv().text("{A:\0}"), 400, "SerializationException"),
        ("a bad Guid in JSV", jsv().text("{CompanyId:acme}"), 400, "SerializationException"),
        (
            "a wrong media type",
            Ask::post().header("Content-Type", "text/plain").text("{}"),
            415,
            "UnsupportedMediaType",
        ),
        (
            "a file",
            Ask::post().header("Content-Type", "multipart/form-data; boundary=x").text("--x--"),
            415,
            "UnsupportedMediaType",
        ),
    ] {
        let answered = door.ask(&request.bearer(&writer)).await;
        assert_eq!((answered.status, answered.error_code().as_str()), (status, code), "{name}");
    }
    assert_eq!(door.items().await, ["CONNECTION"]);
    assert!(door.messages().await.is_empty());
}

/// The company in the body of a DELETE is the one whose sync is ended, or nobody's is.
#[tokio::test]
async fn a_sync_is_cancelled_for_the_company_that_the_body_names() {
    let door = Door::open().await;
    let other = door.connected().await;
    let job = door.ask(&Ask::post().bearer(&door.token(&[WRITE], Some(other)))).await.job();
    let superadmin = door.token(&[SUPERADMIN], Some(door.connected().await));
    let cancel = || Ask::new("DELETE", &format!("{SYNCS}/{job}")).bearer(&superadmin);
    for (ask, status) in [
        (cancel(), 404),
        (cancel().text("{}"), 404),
        (cancel().text("{"), 400),
        (cancel().header("Content-Type", "text/plain").text("{}"), 415),
        (cancel().json(&json!({"CompanyId": other})), 200),
    ] {
        let answered = door.ask(&ask).await;
        assert_eq!(answered.status, status, "{}", answered.text);
    }
    assert_eq!(door.jobs_of(other).await[0]["StatusName"], "Failed");
}

/// Fault 10.
#[tokio::test]
async fn ten_thousand_random_bodies_in_json_never_cause_a_server_error_and_write_nothing() {
    let media_types = ["application/json", "application/json; charset=utf-8", "text/json", "application/a+json", ""];
    let pieces = ["{", "}", "[", "]", ":", ",", "\"", "CompanyId", "null", "1e999", "\\u0000", " ", "-", "å"];
    let good = r#"{"CompanyId":"0199d5c4-a1b2-7c3d-8e4f-5a6b7c8d9e0f","Other":[1,{"a":null}]}"#;
    random_bodies_write_nothing(&media_types, &pieces, good).await;
}

/// Fault 10.
#[tokio::test]
async fn ten_thousand_random_bodies_in_xml_never_cause_a_server_error_and_write_nothing() {
    let media_types = ["application/xml", "text/xml; charset=utf-8", "application/a+xml"];
    let pieces = [
        "<",
        ">",
        "</",
        "/>",
        "<R>",
        "</R>",
        "<CompanyId>",
        "</CompanyId>",
        "&",
        ";",
        "&#0;",
        "&lt;",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<?xml",
        "?>",
        "<!DOCTYPE",
        "xmlns:i=",
        "i:nil=\"true\"",
        "\"",
        "=",
        " ",
        "å",
    ];
    let good = r#"<R xmlns:i="urn:i"><CompanyId>0199d5c4-a1b2-7c3d-8e4f-5a6b7c8d9e0f</CompanyId><a i:b="c"/></R>"#;
    random_bodies_write_nothing(&media_types, &pieces, good).await;
}

/// Fault 10.
#[tokio::test]
async fn ten_thousand_random_bodies_in_jsv_never_cause_a_server_error_and_write_nothing() {
    let media_types = ["application/jsv", "text/jsv; charset=utf-8", "application/x-jsv"];
    let pieces = ["{", "}", "[", "]", ":", ",", "\"", "\"\"", "CompanyId", "null", "\n", " ", "-", "å"];
    let good = r#"{CompanyId:0199d5c4-a1b2-7c3d-8e4f-5a6b7c8d9e0f,Other:[1,{a:"b, ""c"""}]}"#;
    random_bodies_write_nothing(&media_types, &pieces, good).await;
}

/// Fault 10.
#[tokio::test]
async fn ten_thousand_random_forms_and_unknown_bodies_never_cause_a_server_error_and_write_nothing() {
    let media_types = [FORM, FORM, "text/plain", "multipart/form-data; boundary=x", "\u{1}/å"];
    let pieces = ["&", "=", "%", "%00", "%ff", "+", "CompanyId", "null", ";", " ", "-", "å"];
    let good = "CompanyId=0199d5c4-a1b2-7c3d-8e4f-5a6b7c8d9e0f&Other=%5B1%5D&a=b+c";
    random_bodies_write_nothing(&media_types, &pieces, good).await;
}

async fn random_bodies_write_nothing(media_types: &[&str], pieces: &[&str], good: &str) {
    let door = Door::open().await;
    // Not connected: a body that happens to be valid is answered 409, and still writes nothing.
    let writer = door.token(&[WRITE], Some(crate::http_door::company()));
    let mut random = fastrand::Rng::with_seed(SEED);
    let mut refused = 0;
    for number in 0..RANDOM_BODIES {
        let body = random_body(&mut random, pieces, good);
        let request = Ask::post().header("Content-Type", media_types[random.usize(..media_types.len())]);
        let request = match String::from_utf8(body) {
            Ok(text) if random.bool() => request.text(&text),
            Ok(text) => request.bytes(text.as_bytes()),
            Err(no_text) => request.bytes(no_text.as_bytes()),
        };
        let answered = door.ask(&request.bearer(&writer)).await;
        assert!((400..500).contains(&answered.status), "body {number}: {answered:?}");
        if !happens_to_be_valid(&answered) {
            refused += 1;
        }
    }
    assert!(refused > RANDOM_BODIES / 4, "only {refused} bodies were bad: the generator has gone soft");
    assert!(refused < RANDOM_BODIES, "no body was good: the generator has gone wild");
    assert!(door.items().await.is_empty());
    assert!(door.messages().await.is_empty());
}

fn happens_to_be_valid(answered: &Answered) -> bool {
    let code = answered.error_code();
    if answered.status == 409 {
        assert_eq!(code, "AxemaNotConfigured");
    }
    answered.status == 409
}

/// Noise, the media type's own pieces in any order, or a good body with a few bytes changed.
fn random_body(random: &mut fastrand::Rng, pieces: &[&str], good: &str) -> Vec<u8> {
    let length = random.usize(1..200);
    match random.u8(0..3) {
        0 => (0..length).map(|_| random.u8(..)).collect(),
        1 => (0..length).flat_map(|_| pieces[random.usize(..pieces.len())].bytes()).collect(),
        _ => {
            let mut body = good.as_bytes().to_vec();
            for _ in 0..random.usize(1..4) {
                let at = random.usize(..body.len().max(1));
                if body.is_empty() {
                    break;
                }
                match random.u8(0..3) {
                    0 => body[at] = random.u8(..),
                    1 => drop(body.remove(at)),
                    _ => body.truncate(at.max(1)),
                }
            }
            body
        }
    }
}
