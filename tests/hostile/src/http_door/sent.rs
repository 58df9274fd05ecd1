//! Requests: sensible ones in every form there is, and with anything in any place.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::{API_KEY, ORIGIN, SCRIPT};
use crate::store::JOB;
use crate::tape::Tape;

/// A request, and the media type that it wants an answer in, where that is beyond doubt.
pub(super) struct Sent {
    pub method: String,
    pub wanted: Option<&'static str>,
    path: String,
    query: String,
    headers: Map<String, Value>,
    body: Option<String>,
    in_base64: bool,
}

const METHODS: [&str; 8] = ["POST", "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "post"];

/// Every route that has a format by its suffix.
const PATHS: [&str; 5] = [
    "/codelock/axema/usersync",
    "/codelock/axema/settings",
    "/codelock/axema/settings/test",
    "/codelock/axema/usersync/0199d5c4-a1b2-7c3d-8e4f-5a6b7c8d9e0f",
    "/codelock/axema/usersync/0199d5c4-a1b2-7c3d-8e4f-5a6b7c8d9e0f/users",
];

const OPERATIONS: [&str; 11] = [
    "CreateAxemaUserSync",
    "QueryAxemaUserSyncJobs",
    "GetAxemaUserSyncJob",
    "QueryAxemaUserSyncUsers",
    "CancelAxemaUserSync",
    "AxemaSettingQuery",
    "CreateAxemaSetting",
    "UpdateAxemaSetting",
    "DeleteAxemaSetting",
    "TestAxemaSetting",
    "NoOperation",
];

const OTHER_PATHS: [&str; 10] = [
    "/",
    "",
    "/openapi",
    "/metadata",
    "/types/csharp",
    "/types/python",
    "/types/typescript",
    "/json/metadata",
    "/jsv/metadata",
    "/codelock/axema/usersync/",
];

/// Suffixes, with what they ask for.
const SUFFIXES: [(&str, &str); 6] = [
    (".json", "application/json"),
    (".xml", "application/xml"),
    (".csv", "text/csv"),
    (".jsv", "text/jsv"),
    (".jsonl", "text/jsonl"),
    (".html", "text/html"),
];

const PAIRS: [&str; 24] = [
    "format=json",
    "format=xml",
    "FORMAT=csv",
    "format=jsv",
    "format=jsonl",
    "format=html",
    "format=%3Chostile%3E",
    "jsconfig=eccn",
    "jsconfig=EmitLowercaseUnderscoreNames,tc:sc",
    "CompanyId=0199d5c4-ffff-7c3d-8e4f-5a6b7c8d9e0f",
    "companyid=%7B0199d5c4ffff7c3d8e4f5a6b7c8d9e0f%7D",
    "CompanyId=<hostile>",
    "CompanyId=",
    "Status=Completed",
    "Status=1",
    "Status=%00",
    "Id=0199d5c4-a1b2-7c3d-8e4f-5a6b7c8d9e0f",
    "Outcome=Created",
    "Skip=1",
    "Skip=18446744073709551615",
    "Take=10001",
    "DryRun=true",
    "op=CreateAxemaUserSync",
    "op=%3Chostile%3E",
];

const CALLBACKS: [&str; 4] = ["callback=show", "callback=a.b.$c", "callback=alert(1)//", "callback=%3Chostile%3E"];

const ACCEPTS: [&str; 8] = [
    "application/json",
    "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8",
    "application/xml",
    "text/csv",
    "text/jsv",
    "application/x-ndjson",
    "*/*;q=0",
    "image/png;q=1.5, ,;q=",
];

/// Headers that mean something, with values that do and do not.
const HEADERS: [(&str, &str); 14] = [
    ("Origin", ORIGIN),
    ("origin", "https://hostile.example"),
    ("Origin", "null"),
    ("Sec-Fetch-Site", "same-origin"),
    ("sec-fetch-site", "cross-site"),
    ("Host", "bokamera.example"),
    ("Host", "<hostile>"),
    ("Host", "a\r\nX-Evil: 1"),
    ("Accept-Language", "en-GB,en;q=0.8"),
    ("accept-language", "sv;q=x, <hostile>;q=2"),
    ("X-Forwarded-Proto", "<hostile>"),
    ("Access-Control-Request-Method", "POST"),
    ("Cookie", "a=<hostile>"),
    ("X-HTTP-Method-Override", "DELETE"),
];

const FORM: &str = "application/x-www-form-urlencoded";

/// How a body may be written, with one of its media types and the pieces it is made of.
const BODIES: [(&str, &str, &[&str]); 4] = [
    (
        "application/json",
        r#"{"CompanyId":"0199d5c4-ffff-7c3d-8e4f-5a6b7c8d9e0f","Id":"0199d5c4a1b27c3d8e4f5a6b7c8d9e0f","DryRun":true,"ApiKey":"hostile-api-key-0123456789","DeviceIds":["11111111222233334444555555555555"],"Active":false,"Schedule":"daily@03:30","Other":[1,{"a":null}]}"#,
        &[
            "{",
            "}",
            "[",
            "]",
            ":",
            ",",
            "\"",
            "\"CompanyId\"",
            "\"ApiKey\"",
            "\"<hostile>\"",
            "null",
            "1e999",
            "\\u0000",
        ],
    ),
    (
        "application/xml",
        r#"<R xmlns:i="urn:i" xmlns:a="http://schemas.microsoft.com/2003/10/Serialization/Arrays"><ApiKey>hostile-api-key-0123456789</ApiKey><CompanyId>0199d5c4-ffff-7c3d-8e4f-5a6b7c8d9e0f</CompanyId><DeviceIds><a:guid>11111111-2222-3333-4444-555555555555</a:guid></DeviceIds><DryRun i:nil="true"/><Schedule>mon@03:30 Europe/Helsinki</Schedule></R>"#,
        &[
            "<",
            ">",
            "</",
            "/>",
            "<R>",
            "</R>",
            "<CompanyId>",
            "&",
            ";",
            "&#0;",
            "&lt;",
            "<!--",
            "<![CDATA[",
            "]]>",
            "<?",
            "<!DOCTYPE",
            "xmlns:i=",
            "\"",
            "=",
        ],
    ),
    (
        "application/jsv",
        r#"{CompanyId:0199d5c4-ffff-7c3d-8e4f-5a6b7c8d9e0f,ApiKey:hostile-api-key-0123456789,DeviceIds:[11111111222233334444555555555555],Active:True,Schedule:none,Other:[1,{a:"b, ""c"""}]}"#,
        &["{", "}", "[", "]", ":", ",", "\"", "\"\"", "CompanyId", "ApiKey", "null", "\n", "<hostile>"],
    ),
    (
        FORM,
        "CompanyId=0199d5c4-ffff-7c3d-8e4f-5a6b7c8d9e0f&ApiKey=hostile-api-key-0123456789&DeviceIds=11111111222233334444555555555555,11111111222233334444555555555556&DryRun=false&Schedule=daily%4003%3A30&Active=1",
        &["&", "=", "%", "%00", "%ff", "+", "CompanyId", "ApiKey", "DeviceIds", "%3Chostile%3E", ";"],
    ),
];

const MEDIA_TYPES: [&str; 8] = [
    "text/json",
    "application/a+json; charset=utf-8",
    "text/xml",
    "application/soap+xml",
    "text/x-jsv",
    "text/plain",
    "multipart/form-data; boundary=x",
    "\u{1}/<hostile>",
];

impl Sent {
    pub fn from_tape(tape: &mut Tape<'_>, tokens: &[String; 3]) -> Self {
        let mut method = tape.one_of(&METHODS).to_owned();
        if tape.seldom(4) {
            method = tape.text(12);
        }
        let (path, suffix) = path(tape);
        let (query, script) = query(tape);
        let wanted = suffix.map(|media_type| match media_type {
            "application/json" if script => "application/javascript",
            other => other,
        });
        let headers = headers(tape, tokens);
        let mut sent = Self { method, wanted, path, query, headers, body: None, in_base64: false };
        // A preflight has no body, and a redirection and a refused callback are forms of their own.
        if sent.method == "OPTIONS" || sent.query.contains("callback=alert") || sent.query.contains("callback=%3C") {
            sent.wanted = None;
        }
        if !tape.is_over() && tape.below(3) > 0 {
            sent.fill(tape);
        }
        sent
    }

    fn fill(&mut self, tape: &mut Tape<'_>) {
        let (media_type, good, pieces) = tape.one_of(&BODIES);
        debug_assert!(good.contains(API_KEY), "a body without the key that is looked for");
        let body = match tape.below(8) {
            0..3 => good.as_bytes().to_vec(),
            3..6 => tape.edited(good.as_bytes(), 3),
            6 => tape.pieces(pieces, 24).into_bytes(),
            _ => tape.bytes(300).to_vec(),
        };
        let mut media_type = if tape.seldom(32) { tape.one_of(&MEDIA_TYPES) } else { media_type }.to_owned();
        if tape.seldom(4) {
            media_type = tape.text(40);
        }
        self.headers.insert("Content-Type".to_owned(), json!(media_type));
        if tape.seldom(1) {
            self.body = Some(String::from_utf8_lossy(&body).repeat(300));
            return;
        }
        match String::from_utf8(body) {
            Ok(text) if !tape.seldom(64) => self.body = Some(text),
            Ok(text) => self.in_base64(text.as_bytes()),
            Err(none) => self.in_base64(none.as_bytes()),
        }
        if tape.seldom(4) {
            self.in_base64 = !self.in_base64;
        }
    }

    fn in_base64(&mut self, body: &[u8]) {
        self.body = Some(STANDARD.encode(body));
        self.in_base64 = true;
    }

    /// Whether it wants the members of the answer named otherwise.
    pub fn renames_members(&self) -> bool {
        self.query.contains("jsconfig")
    }

    /// What API Gateway makes of it.
    pub fn event(&self) -> Value {
        json!({
            "version": "2.0",
            "rawPath": self.path,
            "rawQueryString": self.query,
            "headers": self.headers,
            "requestContext": {"stage": "$default", "http": {"method": self.method, "path": self.path}},
            "body": self.body,
            "isBase64Encoded": self.in_base64,
        })
    }
}

/// A path, and what it asks for by its suffix.
fn path(tape: &mut Tape<'_>) -> (String, Option<&'static str>) {
    debug_assert!(PATHS[3].ends_with(JOB), "no path to the job that there is");
    let known = tape.one_of(&PATHS).to_owned();
    match tape.below(16) {
        0..9 => {
            if !tape.seldom(128) {
                return (known, None);
            }
            let (suffix, media_type) = tape.one_of(&SUFFIXES);
            (known + suffix, Some(media_type))
        }
        9..11 => {
            let format = tape.one_of(&["json", "xml", "csv", "jsv", "jsonl", "html", "API", "api"]);
            let manner = if format.eq_ignore_ascii_case("api") { "" } else { tape.one_of(&["/reply", "/oneway"]) };
            (format!("/{format}{manner}/{}", tape.one_of(&OPERATIONS)), None)
        }
        11..13 => (tape.one_of(&OTHER_PATHS).to_owned(), None),
        13 => (format!("/codelock/axema/usersync/{}/users", tape.text(40)), None),
        14 => (String::from_utf8_lossy(&tape.edited(known.as_bytes(), 3)).into_owned(), None),
        _ => (tape.text(60) + SCRIPT, None),
    }
}

/// A query, and whether it asks for a script.
fn query(tape: &mut Tape<'_>) -> (String, bool) {
    let mut pairs: Vec<String> = (0..tape.below(4)).map(|_| tape.one_of(&PAIRS).to_owned()).collect();
    let mut script = false;
    if tape.seldom(16) {
        pairs.insert(0, tape.one_of(&CALLBACKS).to_owned());
        script = true;
    }
    if tape.seldom(32) {
        // Behind a name of its own, so that it is no callback.
        pairs.push(format!("x={}", tape.text(40).replace(['&', '='], "")));
    }
    (pairs.join("&"), script)
}

fn headers(tape: &mut Tape<'_>, tokens: &[String; 3]) -> Map<String, Value> {
    let mut headers = Map::new();
    if !tape.seldom(16) {
        headers.insert("Authorization".to_owned(), json!(format!("Bearer {}", tape.one_of(tokens))));
    }
    if tape.seldom(128) {
        headers.insert("Accept".to_owned(), json!(tape.one_of(&ACCEPTS)));
    }
    for _ in 0..tape.below(3) {
        let (name, value) = tape.one_of(&HEADERS);
        headers.insert(name.to_owned(), json!(value));
    }
    if tape.seldom(16) {
        headers.insert(tape.text(12), json!(tape.text(40)));
    }
    headers
}
