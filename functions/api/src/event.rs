//! What Lambda hands over and takes back: API Gateway's payload format 2.0 as JSON.
//!
//! The two structs here are the wire form; [`Request`] is what the rest of the room reads.
//!
//! Why not `lambda_http`: its adapter builds an `http::Request` from the event and panics, or
//! refuses the whole event, when a client sends a header value beyond ASCII or a query that is
//! no URI. The client would see a 500 for its own mistake. Here any text is taken as it comes,
//! and the room answers 4xx.
//!
//! What this module does not do: decode the body or the query. Both are input to be judged, so
//! that happens where a failure can be answered (`binding`).

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

/// One HTTP request as Lambda delivers it. Fields the room does not use are left out.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    raw_path: String,
    raw_query_string: Option<String>,
    headers: Option<HashMap<String, String>>,
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
    request_context: RequestContext,
}

#[derive(Deserialize)]
struct RequestContext {
    http: Http,
}

#[derive(Deserialize)]
struct Http {
    method: String,
}

/// One HTTP answer as Lambda takes it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reply {
    /// The HTTP status code.
    pub status_code: u16,
    /// The headers by name. No answer of this room has one name twice.
    pub headers: BTreeMap<&'static str, String>,
    /// The text of the answer, empty for HEAD and for a preflight.
    pub body: String,
    /// Always false: every format of this room is text.
    pub is_base64_encoded: bool,
}

/// One HTTP request, not yet judged.
pub struct Request {
    /// The method as it was sent.
    pub method: String,
    /// The path as it was sent, decoded by the gateway or not.
    pub path: String,
    /// The query as it was sent, without its question mark.
    pub query: String,
    /// The body as Lambda delivers it.
    pub body: Body,
    headers: HashMap<String, String>,
}

/// A body, which the gateway delivers in one of two ways.
pub enum Body {
    /// As text.
    Text(String),
    /// In base64, because the gateway took it for binary.
    Base64(String),
}

impl Request {
    /// The value of a header, its name given in lower case. The gateway joins repeated headers
    /// with a comma.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

impl From<Event> for Request {
    fn from(event: Event) -> Self {
        let body = event.body.unwrap_or_default();
        Self {
            method: event.request_context.http.method,
            path: event.raw_path,
            query: event.raw_query_string.unwrap_or_default(),
            body: if event.is_base64_encoded { Body::Base64(body) } else { Body::Text(body) },
            headers: event
                .headers
                .unwrap_or_default()
                .into_iter()
                .map(|(name, value)| (name.to_ascii_lowercase(), value))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_with_a_header_and_a_query_that_are_no_ascii_is_still_a_request() {
        let event = serde_json::json!({
            "version": "2.0",
            "rawPath": "/codelock/axema/usersync",
            "rawQueryString": "a=\"<å> {}",
            "headers": {"X-Name": "Åse\u{7f}"},
            "requestContext": {"http": {"method": "GET"}},
        });
        let request = serde_json::from_value::<Event>(event).map(Request::from).ok();
        let request = request.as_ref();
        assert_eq!(request.and_then(|request| request.header("x-name")), Some("Åse\u{7f}"));
        assert_eq!(request.map(|request| request.query.as_str()), Some("a=\"<å> {}"));
    }

    #[test]
    fn an_event_that_is_no_http_request_is_refused() {
        assert!(serde_json::from_value::<Event>(serde_json::json!({"key1": "value1"})).is_err());
    }
}
