//! The doors: who may, what is done, and how it goes wrong.

use std::collections::HashMap;

use axum::Form;
use axum::body::Body;
use axum::extract::{Path, Query, RawQuery, State as Kept};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{HeaderMap, Response, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::manners::{DuplicateEmail, Existing, Ids, List, OwnAccount, Phone};
use super::records::State;
use super::script::Fault;
use super::{Call, Customer, Route, Shared};
use crate::serving::hang_up;

/// What is given when nothing is asked for.
const TAKE_DEFAULT: usize = 50;

type Parameters = HashMap<String, String>;

/// A status and a body; a body that is no JSON is a text.
type Answer = (StatusCode, Value);

pub(super) async fn token(
    Kept(state): Kept<Shared>,
    headers: HeaderMap,
    Form(form): Form<Parameters>,
) -> Response<Body> {
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let call = Call { route: Route::Token, query: field("grant_type").to_owned(), headers, body: Value::Null };
    settle(&state, call, |state| {
        let invalid = |what: &str| (StatusCode::BAD_REQUEST, json!({"error": what}));
        if field("client_id") != "bm-external-api-users" {
            return invalid("invalid_client");
        }
        let granted = match field("grant_type") {
            "password" => state.knows(field("username"), field("password")),
            "refresh_token" => state.refresh_tokens.remove(field("refresh_token")),
            _ => return invalid("unsupported_grant_type"),
        };
        if !granted {
            return (StatusCode::UNAUTHORIZED, json!({"error": "invalid_grant"}));
        }
        let life = state.manners.stated_life.unwrap_or(state.manners.token_life).as_secs();
        let (token, refresh) = state.new_tokens();
        let body = json!({
            "access_token": token, "expires_in": life, "refresh_token": refresh, "refresh_expires_in": 1800,
            "token_type": "Bearer", "scope": "profile email",
        });
        (StatusCode::OK, body)
    })
    .await
}

pub(super) async fn list(
    Kept(state): Kept<Shared>,
    RawQuery(raw): RawQuery,
    Query(query): Query<Parameters>,
    headers: HeaderMap,
) -> Response<Body> {
    let call = Call { route: Route::List, query: raw.unwrap_or_default(), headers, body: Value::Null };
    settle(&state, call, |state| {
        let Some(company) = guid(&query, "CompanyId") else { return refused("CompanyId", "Inget företag.") };
        let number = |name: &str| query.get(name).and_then(|number| number.parse::<usize>().ok());
        let wanted = guid(&query, "CustomerId");
        let all = state.of(company).iter().filter(|record| wanted.is_none_or(|wanted| wanted == record.id));
        let skip = number("Skip").unwrap_or_default();
        let take = number("Take").unwrap_or(TAKE_DEFAULT).min(state.manners.largest_take);
        let page: Vec<_> = all.skip(skip).take(take).map(|record| Value::Object(record.members.clone())).collect();
        let body = match state.manners.list {
            List::Wrapped => json!({"Offset": skip, "Total": page.len(), "Results": page}),
            List::Bare => Value::Array(page),
        };
        (StatusCode::OK, body)
    })
    .await
}

pub(super) async fn create(
    Kept(state): Kept<Shared>,
    RawQuery(raw): RawQuery,
    Query(query): Query<Parameters>,
    headers: HeaderMap,
    body: String,
) -> Response<Body> {
    let sent: Customer = serde_json::from_str(&body).unwrap_or_default();
    let is_json = says_json(&headers);
    let call =
        Call { route: Route::Create, query: raw.unwrap_or_default(), headers, body: Value::Object(sent.clone()) };
    settle(&state, call, |state| {
        if !is_json {
            return no_json();
        }
        let Some(company) = guid(&query, "CompanyId") else { return refused("CompanyId", "Inget företag.") };
        let id = text(&sent, "CustomerId").and_then(|id| id.parse().ok());
        let (id, manners) = match state.manners.ids {
            Ids::Honoured => (id.unwrap_or_else(Uuid::new_v4), state.manners),
            Ids::Ignored => (Uuid::new_v4(), state.manners),
        };
        if !["Firstname", "Lastname", "Phone"].iter().all(|member| sent.contains_key(*member)) {
            return refused("Firstname", "Obligatoriska fält saknas.");
        }
        if manners.phone == Phone::Required && text(&sent, "Phone").is_none() {
            return refused("Phone", "Telefonnummer måste anges.");
        }
        if state.find(company, id).is_some() {
            return match manners.existing {
                Existing::Conflict => (StatusCode::CONFLICT, status("Conflict", None, "Kunden finns redan.")),
                Existing::BadRequest => refused("CustomerId", "Kunden finns redan."),
            };
        }
        let email = text(&sent, "Email").map(str::to_lowercase);
        let has_it = |members: &Customer| text(members, "Email").map(str::to_lowercase) == email;
        let is_taken = email.is_some() && state.of(company).iter().any(|record| has_it(&record.members));
        if manners.duplicate_email == DuplicateEmail::Refused && is_taken {
            return refused("Email", "E-postadressen används redan.");
        }
        state.make(company, id, sent.clone());
        let made = state.find(company, id).map(|record| Value::Object(record.members.clone()));
        (StatusCode::OK, made.unwrap_or_default())
    })
    .await
}

pub(super) async fn update(
    Kept(state): Kept<Shared>,
    Path(id): Path<Uuid>,
    RawQuery(raw): RawQuery,
    Query(query): Query<Parameters>,
    headers: HeaderMap,
    body: String,
) -> Response<Body> {
    let sent: Customer = serde_json::from_str(&body).unwrap_or_default();
    let is_json = says_json(&headers);
    let call =
        Call { route: Route::Update, query: raw.unwrap_or_default(), headers, body: Value::Object(sent.clone()) };
    settle(&state, call, |state| {
        if !is_json {
            return no_json();
        }
        let own_account = state.manners.own_account;
        let found = guid(&query, "CompanyId").and_then(|company| state.find(company, id));
        let Some(record) = found else {
            return (StatusCode::NOT_FOUND, status("NotFound", None, "Kunden finns inte."));
        };
        if record.has_account {
            return match own_account {
                OwnAccount::Forbidden => (StatusCode::FORBIDDEN, json!("Kunden har ett eget konto.")),
                OwnAccount::BadRequest => {
                    (StatusCode::BAD_REQUEST, status("CustomerException", None, "Kunden har ett eget konto."))
                }
            };
        }
        // A member that is left out is cleared.
        record.members = sent.clone();
        record.members.insert("Id".to_owned(), Value::from(id.to_string()));
        (StatusCode::OK, Value::Object(record.members.clone()))
    })
    .await
}

/// One request from arrival to answer, with its fault.
async fn settle(state: &Shared, call: Call, does: impl FnOnce(&mut State) -> Answer) -> Response<Body> {
    let (route, headers) = (call.route, call.headers.clone());
    let (fault, manners) = {
        let mut state = state.lock();
        state.calls.push(call);
        (state.judge(route), state.manners)
    };
    let is_api = route != Route::Token;
    let _under_way = is_api.then(|| UnderWay::enter(state));
    let too_many = is_api && manners.at_once.is_some_and(|most| state.lock().under_way > most);
    if is_api {
        tokio::time::sleep(manners.latency).await;
    }
    if too_many {
        return plain((manners.too_many, Value::Null));
    }
    let right = || {
        let mut state = state.lock();
        if is_api && !may(&state, &headers) {
            return (StatusCode::UNAUTHORIZED, Value::Null);
        }
        does(&mut state)
    };
    match fault {
        None => plain(right()),
        Some(Fault::Hold(gate)) => {
            gate.stand().await;
            plain(right())
        }
        Some(Fault::HangUp) => hang_up(),
        Some(Fault::LoseAnswer) => {
            right();
            hang_up()
        }
        Some(Fault::DoneBut(body)) => {
            right();
            text_answer(StatusCode::OK, body)
        }
        Some(Fault::Says(body)) => text_answer(StatusCode::OK, body),
        Some(Fault::Status { status, headers, body }) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let mut answer = text_answer(status, body);
            for (name, value) in headers {
                if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse()) {
                    answer.headers_mut().insert(name, value);
                }
            }
            answer
        }
    }
}

/// One request under way, until it is dropped.
struct UnderWay<'a>(&'a Shared);

impl<'a> UnderWay<'a> {
    fn enter(state: &'a Shared) -> Self {
        let mut kept = state.lock();
        kept.under_way += 1;
        kept.most_at_once = kept.most_at_once.max(kept.under_way);
        Self(state)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.lock().under_way -= 1;
    }
}

fn may(state: &State, headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let token = text(AUTHORIZATION).strip_prefix("Bearer ").unwrap_or_default();
    state.accepts(token, text(HeaderName::from_static("x-api-key")))
}

fn says_json(headers: &HeaderMap) -> bool {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    media_type.split(';').next().is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

fn no_json() -> Answer {
    let status_code = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    (status_code, status("UnsupportedMediaType", None, "Innehållet måste vara JSON."))
}

fn guid(query: &Parameters, name: &str) -> Option<Uuid> {
    query.get(name)?.parse().ok()
}

fn text<'a>(members: &'a Customer, name: &str) -> Option<&'a str> {
    members.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn refused(member: &str, message: &str) -> Answer {
    (StatusCode::BAD_REQUEST, status("ValidationException", Some(member), message))
}

fn status(code: &str, member: Option<&str>, message: &str) -> Value {
    let errors: Vec<_> =
        member.iter().map(|member| json!({"ErrorCode": code, "FieldName": member, "Message": message})).collect();
    json!({"ResponseStatus": {"ErrorCode": code, "Message": message, "Errors": errors}})
}

fn plain((status, body): Answer) -> Response<Body> {
    match body {
        Value::Null => text_answer(status, String::new()),
        Value::String(text) => text_answer(status, text),
        body => text_answer(status, body.to_string()),
    }
}

fn text_answer(status: StatusCode, body: String) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    response
}
