//! Bodies that no client should send. Each is answered 4xx in the contract's form, and nothing
//! is written.

use serde_json::json;

use crate::http_door::{Answered, Ask, Door, WRITE};

/// Printed by nobody and chosen by nobody: any seed must do, so one is kept.
const SEED: u64 = 0x0A5E_0010;

/// As the fault's row has it.
const RANDOM_BODIES: usize = 10_000;

const FORM: &str = "application/x-www-form-urlencoded";

/// Fault 10.
#[tokio::test]
async fn every_kind_of_bad_body_is_refused_in_the_contracts_form_and_nothing_is_written() {
    let door = Door::open().await;
    let own = door.connected().await;
    let writer = door.token(&[WRITE], Some(own));
    let large = format!(r#"{{"CompanyId":"{own}","Padding":"{}"}}"#, " ".repeat(64 * 1024));
    let deep = format!("{}{}", r#"{"a":"#.repeat(10_000), "}".repeat(10_000));
    let json = || Ask::post().header("Content-Type", "application/json");
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
            Ask::post().header("Content-Type", FORM).text("a=1&A=2"),
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

/// Fault 10.
#[tokio::test]
async fn ten_thousand_random_bodies_never_cause_a_server_error_and_write_nothing_unless_valid() {
    let door = Door::open().await;
    // Not connected: a body that happens to be valid is answered 409, and still writes nothing.
    let writer = door.token(&[WRITE], Some(crate::http_door::company()));
    let mut random = fastrand::Rng::with_seed(SEED);
    let mut refused = 0;
    for number in 0..RANDOM_BODIES {
        let request = random_request(&mut random).bearer(&writer);
        let answered = door.ask(&request).await;
        assert!((400..500).contains(&answered.status), "body {number}: {answered:?}");
        if !happens_to_be_valid(&answered) {
            refused += 1;
        }
    }
    assert!(refused > RANDOM_BODIES / 2, "only {refused} bodies were bad: the generator has gone soft");
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

fn random_request(random: &mut fastrand::Rng) -> Ask {
    let media_types =
        ["application/json", "application/json; charset=utf-8", "text/json", FORM, "text/plain", "", "\u{1}/å"];
    let request = Ask::post().header("Content-Type", media_types[random.usize(..media_types.len())]);
    let body = random_body(random);
    match String::from_utf8(body) {
        Ok(text) if random.bool() => request.text(&text),
        Ok(text) => request.bytes(text.as_bytes()),
        Err(no_text) => request.bytes(no_text.as_bytes()),
    }
}

/// Noise, JSON's own characters in any order, or a good body with a few bytes changed.
fn random_body(random: &mut fastrand::Rng) -> Vec<u8> {
    let length = random.usize(1..200);
    match random.u8(0..3) {
        0 => (0..length).map(|_| random.u8(..)).collect(),
        1 => {
            let pieces = [
                "{",
                "}",
                "[",
                "]",
                ":",
                ",",
                "\"",
                "CompanyId",
                "null",
                "1e999",
                "\\u0000",
                " ",
                "-",
                "&",
                "=",
                "%00",
                "å",
            ];
            (0..length).flat_map(|_| pieces[random.usize(..pieces.len())].bytes()).collect()
        }
        _ => {
            let mut body = br#"{"CompanyId":"0199d5c4-a1b2-7c3d-8e4f-5a6b7c8d9e0f","Other":[1,{"a":null}]}"#.to_vec();
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
