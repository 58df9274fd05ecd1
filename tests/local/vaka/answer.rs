//! The three doors: who may, what is listed, and how it goes wrong.

use std::collections::HashMap;
use std::io;
use std::time::{Duration, Instant};

use axum::Form;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, RawQuery, State};
use futures_util::stream;
use hyper::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderName};
use hyper::{HeaderMap, Response, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::script::Fault;
use super::{Call, Route, SCOPE, Shared, User};
use crate::serving::{broken_off, hang_up};

/// The page that is given when none is asked for, and the largest there is.
const PAGE_DEFAULT: usize = 50;
const PAGE_LARGEST: usize = 100;

/// Continuation tokens are opaque, and these need encoding in a URL on purpose.
const TOKEN_START: &str = "next+page/";
const TOKEN_END: &str = "&=?";
const TOKEN_FOR_EVER: &str = "again+and&again";

pub(super) async fn token(
    State(state): State<Shared>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response<Body> {
    let fault = arrive(&state, Route::Token, None, "", headers);
    settle(&state, fault, || {
        let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        let mut state = state.lock();
        let refused = |error: &str| Err((StatusCode::BAD_REQUEST, json!({"error": error})));
        if field("grant_type") != "client_credentials" {
            return refused("unsupported_grant_type");
        }
        if field("scope") != SCOPE {
            return refused("invalid_scope");
        }
        if !state.knows(field("client_id"), field("client_secret")) {
            return Err((StatusCode::UNAUTHORIZED, json!({"error": "invalid_client"})));
        }
        let life_s = state.token_life.as_secs();
        let token = state.new_token();
        Ok(json!({"token_type": "Bearer", "expires_in": life_s, "ext_expires_in": life_s, "access_token": token}))
    })
    .await
}

pub(super) async fn users(
    State(state): State<Shared>,
    Path(device): Path<Uuid>,
    RawQuery(raw): RawQuery,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response<Body> {
    let fault = arrive(&state, Route::Users, Some(device), raw.as_deref().unwrap_or_default(), headers.clone());
    settle(&state, fault.clone(), || {
        let state = state.lock();
        let system = may(&state, device, &headers)?;
        match state.users_page {
            None => page("userAccounts", &system.users, &HashMap::new(), usize::MAX, fault.as_ref()),
            Some(largest) => page("userAccounts", &system.users, &query, largest, fault.as_ref()),
        }
    })
    .await
}

pub(super) async fn groups(
    State(state): State<Shared>,
    Path(device): Path<Uuid>,
    RawQuery(raw): RawQuery,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response<Body> {
    let fault = arrive(&state, Route::Groups, Some(device), raw.as_deref().unwrap_or_default(), headers.clone());
    settle(&state, fault.clone(), || {
        let state = state.lock();
        page("userGroups", &may(&state, device, &headers)?.groups, &query, PAGE_LARGEST, fault.as_ref())
    })
    .await
}

type Refusal = (StatusCode, Value);

fn arrive(state: &Shared, route: Route, device: Option<Uuid>, query: &str, headers: HeaderMap) -> Option<Fault> {
    let mut state = state.lock();
    state.calls.push(Call { route, device, query: query.to_owned(), headers, at: Instant::now() });
    state.judge(route, device)
}

fn may<'a>(state: &'a super::State, device: Uuid, headers: &HeaderMap) -> Result<&'a super::systems::System, Refusal> {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let token = text(AUTHORIZATION).strip_prefix("Bearer ").unwrap_or_default();
    if !state.accepts(token) {
        return Err((StatusCode::UNAUTHORIZED, json!({"message": "token"})));
    }
    let system = state.find(device).ok_or((StatusCode::NOT_FOUND, json!({"message": "device"})))?;
    if text(HeaderName::from_static("x-api-key")) != system.api_key {
        return Err((StatusCode::FORBIDDEN, json!({"message": "api key"})));
    }
    Ok(system)
}

/// One page of a list, by the convention that every paged list of VAKA Online follows.
fn page<T: Serialize>(
    member: &str,
    all: &[T],
    query: &HashMap<String, String>,
    largest: usize,
    fault: Option<&Fault>,
) -> Result<Value, Refusal> {
    let bad = |what: &str| (StatusCode::BAD_REQUEST, json!({"message": what}));
    let size = match query.get("pageSize") {
        Some(size) => {
            size.parse().ok().filter(|size| (1..=PAGE_LARGEST).contains(size)).ok_or_else(|| bad("pageSize"))?
        }
        None if largest == usize::MAX => usize::MAX,
        None => PAGE_DEFAULT,
    };
    let start = match query.get("continuationToken").filter(|token| !token.is_empty()) {
        Some(token) if token == TOKEN_FOR_EVER => 0,
        Some(token) => offset_in(token).ok_or_else(|| bad("continuationToken"))?,
        None => 0,
    };
    let start = start.min(all.len());
    let end = match fault {
        Some(Fault::EmptyPage) => start,
        _ => start.saturating_add(size.min(largest)).min(all.len()),
    };
    let next = match fault {
        Some(Fault::SameToken) => Some(TOKEN_FOR_EVER.to_owned()),
        // The same place under another token: one that came twice would be paging that does not end.
        Some(Fault::EmptyPage) if start > 0 => Some(format!("{TOKEN_START}0{start}{TOKEN_END}")),
        _ => (end < all.len()).then(|| format!("{TOKEN_START}{end}{TOKEN_END}")),
    };
    let mut body = json!({ member: all[start..end] });
    if largest != usize::MAX || next.is_some() {
        body["continuationToken"] = next.into();
    }
    Ok(body)
}

fn offset_in(token: &str) -> Option<usize> {
    token.strip_prefix(TOKEN_START)?.strip_suffix(TOKEN_END)?.parse().ok()
}

/// The answer, after the latency and with its fault.
async fn settle(
    state: &Shared,
    fault: Option<Fault>,
    right: impl FnOnce() -> Result<Value, Refusal>,
) -> Response<Body> {
    let latency = state.lock().latency;
    if latency > Duration::ZERO {
        tokio::time::sleep(latency).await;
    }
    match fault {
        Some(Fault::Delay(pause)) => {
            tokio::time::sleep(pause).await;
            plain(right())
        }
        Some(Fault::Hold(gate)) => {
            gate.stand().await;
            plain(right())
        }
        Some(Fault::Status { status, headers }) => refusal(status, &headers),
        Some(Fault::HangUp) => hang_up(),
        Some(Fault::Html) => text("text/html", "<!doctype html><title>Sorry</title><h1>Back soon</h1>"),
        Some(Fault::EmptyBody) => text(JSON, ""),
        Some(Fault::NoList) => text(JSON, r#"{"status":"ok"}"#),
        Some(Fault::EmptyList) => text(JSON, r#"{"userAccounts":[],"userGroups":[],"continuationToken":null}"#),
        Some(Fault::Body(body)) => text(JSON, body),
        Some(Fault::NewToken) => {
            let next = Uuid::new_v4();
            text(JSON, json!({"userAccounts": [], "userGroups": [], "continuationToken": next}).to_string())
        }
        Some(Fault::Huge { bytes }) => huge(bytes),
        Some(fault) => match right() {
            Ok(body) => spoilt(&fault, body.to_string()),
            refused => plain(refused),
        },
        None => plain(right()),
    }
}

const JSON: &str = "application/json; charset=utf-8";

fn spoilt(fault: &Fault, body: String) -> Response<Body> {
    match fault {
        Fault::ResetMidBody => {
            let (sent, length) = (Bytes::from(body.as_bytes()[..body.len() / 2].to_vec()), body.len());
            let mut response = text(JSON, broken_off(sent));
            response.headers_mut().insert(CONTENT_LENGTH, length.into());
            response
        }
        Fault::CutShort => text(JSON, body.as_bytes()[..body.len() / 2].to_vec()),
        Fault::Drip { bytes, pause } => text(JSON, dripping(body.into(), (*bytes).max(1), *pause)),
        Fault::Deep { levels } => {
            let nested = format!("{}{}", "[".repeat(*levels), "]".repeat(*levels));
            text(JSON, format!(r#"{{"extra":{nested},{}"#, &body[1..]))
        }
        _ => text(JSON, body),
    }
}

fn dripping(body: Bytes, bytes: usize, pause: Duration) -> Body {
    Body::from_stream(stream::unfold(body, move |mut rest| async move {
        if rest.is_empty() {
            return None;
        }
        tokio::time::sleep(pause).await;
        let drop = rest.split_to(bytes.min(rest.len()));
        Some((Ok::<_, io::Error>(drop), rest))
    }))
}

/// People without end, in pieces, so that this side does not hold them either.
fn huge(bytes: u64) -> Response<Body> {
    let beginning = Bytes::from_static(br#"{"userAccounts":["#);
    text(
        JSON,
        Body::from_stream(stream::unfold((0, Some(beginning)), move |(sent, piece)| async move {
            let piece = piece?;
            let sent = sent + piece.len() as u64;
            let next = if piece.ends_with(b"]}") {
                None
            } else if sent >= bytes {
                Some(Bytes::from(format!("{}]}}", one_more("Sist"))))
            } else {
                Some(Bytes::from((0..200).map(|_| format!("{},", one_more("Till"))).collect::<String>()))
            };
            Some((Ok::<_, io::Error>(piece), (sent, next)))
        })),
    )
}

fn one_more(first: &str) -> String {
    serde_json::to_string(&User::named(&format!("Otalig, {first}"))).unwrap_or_default()
}

fn plain(right: Result<Value, Refusal>) -> Response<Body> {
    let (status, body) = match right {
        Ok(body) => (StatusCode::OK, body),
        Err(refused) => refused,
    };
    let mut response = text(JSON, body.to_string());
    *response.status_mut() = status;
    response
}

fn refusal(status: u16, headers: &[(&'static str, String)]) -> Response<Body> {
    let mut response = text(JSON, r#"{"message":"scripted"}"#);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse()) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn text(of_type: &'static str, body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(body.into());
    response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(of_type));
    response
}
