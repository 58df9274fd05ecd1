//! `/openapi`: the description that programs of every kind read, as OpenAPI 3.1.
//!
//! Status codes, error codes, headers and messages are those of [`Failure::problem`], asked for
//! each way in which an operation is refused; schemas are those of the wire structs.
//!
//! What this module does not do: describe ServiceStack's other addresses of the same operations,
//! or what the gateway answers by itself (429 when too much is asked).
//!
//! [`Failure::problem`]: crate::failure::Failure::problem

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::catalogue::{Described, OPERATIONS, Refusal};
use super::dto::{Schemas, never_null};
use super::reference;
use crate::answer::callback;
use crate::answer::format::Format;
use crate::caller::may::Role;
use crate::failure;

/// The value of `Content-Type`, by <https://spec.openapis.org/registry/media-type>.
pub(crate) const CONTENT_TYPE: &str = "application/json; charset=utf-8";

const ABOUT: &str = "Makes the users of a company's Axema VAKA systems customers of BokaMera.

An answer's format is chosen by a suffix on the path (`/codelock/axema/usersync.json`), by `format` in the query, or by \
the header `Accept`, in this order; what names no format chooses JSON. Names of members match in any case, and \
those that nobody asked for are ignored. A member without a value is left out. A value in the query is taken before one in the body, \
and an empty one counts as absent. A Guid may come with or without hyphens and braces.";

/// Writes the description.
pub(crate) fn write(schemas: &Schemas) -> String {
    let mut paths = Map::new();
    for operation in &OPERATIONS {
        let path = paths.entry(operation.path()).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(operation.verb.to_ascii_lowercase(), described(operation, schemas));
        }
    }
    let bodies = OPERATIONS.iter().filter(|operation| operation.has_body()).map(|operation| operation.name);
    let shared = schemas.requests.iter().filter(|(name, _)| OPERATIONS.iter().all(|other| other.name != *name));
    let sent = bodies.filter_map(|name| schemas.requests.get_key_value(name)).chain(shared);
    let all: Map<String, Value> =
        schemas.answers.iter().chain(sent).map(|(name, schema)| (name.clone(), schema.clone())).collect();
    json!({
        "openapi": "3.1.1",
        "info": {
            "title": "Axema VAKA user sync",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": {
            "schemas": all,
            "parameters": answer_parameters(),
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "An access token of a trusted OpenID issuer",
                },
            },
        },
    })
    .to_string()
}

fn described(operation: &Described, schemas: &Schemas) -> Value {
    let mut whole = json!({
        "operationId": operation.name,
        "summary": operation.summary,
        "description": format!("{} Any of the roles: {}.", operation.notes, reference::roles(operation)).trim(),
        // One requirement a role: any of them is enough.
        "security": Role::ALL
            .into_iter()
            .filter(|role| role.gives(operation.right))
            .map(|role| json!({ "bearer": [role.name()] }))
            .collect::<Vec<_>>(),
        "parameters": parameters(operation, schemas),
        "responses": responses(operation),
    });
    if operation.has_body()
        && let Some(whole) = whole.as_object_mut()
    {
        whole.insert("requestBody".to_owned(), body(operation));
    }
    whole
}

fn parameters(operation: &Described, schemas: &Schemas) -> Vec<Value> {
    let members = schemas.requests.get(operation.name).and_then(|schema| schema.get("properties")?.as_object());
    let in_body = operation.has_body();
    let members = members.filter(|_| !in_body).into_iter().flatten();
    let parameter = |(name, schema): (&String, &Value)| {
        let mut schema = schema.clone();
        never_null(&mut schema);
        let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
        let in_path = operation.below.contains(&format!("{{{name}}}"));
        json!({
            "name": name,
            "in": if in_path { "path" } else { "query" },
            "required": in_path,
            "description": description,
            "schema": schema,
        })
    };
    let of_answer = answer_parameters();
    let references = of_answer.keys().map(|name| json!({ "$ref": format!("#/components/parameters/{name}") }));
    members.map(parameter).chain(references).collect()
}

/// What every operation takes, about its answer.
fn answer_parameters() -> Map<String, Value> {
    let names: Vec<&str> = Format::ALL.into_iter().map(Format::name).collect();
    let format = json!({
        "name": "format",
        "in": "query",
        "description": format!("The format of the answer: {}. Any other name chooses nothing.", names.join(", ")),
        "schema": { "type": "string" },
    });
    let callback = json!({
        "name": "callback",
        "in": "query",
        "description": "Wraps a JSON answer as a call of this function: a path of JavaScript identifiers",
        "schema": { "type": "string", "pattern": callback::PATTERN, "maxLength": callback::LONGEST_CALLBACK },
    });
    [("format".to_owned(), format), ("callback".to_owned(), callback)].into_iter().collect()
}

fn body(operation: &Described) -> Value {
    let schema = json!({ "schema": reference_to(operation.name) });
    json!({
        "description": "An empty body is an empty request",
        "required": false,
        "content": {
            "application/json": schema,
            "application/x-www-form-urlencoded": schema,
        },
    })
}

fn responses(operation: &Described) -> Map<String, Value> {
    let mut by_status: BTreeMap<u16, Vec<Refusal>> = BTreeMap::new();
    for refusal in operation.all_refusals() {
        by_status.entry(refusal.failure().problem().status.as_u16()).or_default().push(refusal);
    }
    let well = json!({ "description": "All went well", "content": content(operation.answer_name) });
    let refused = by_status.into_iter().map(|(status, refusals)| (status.to_string(), response(&refusals)));
    [(failure::OK.as_u16().to_string(), well)].into_iter().chain(refused).collect()
}

/// One response for all the refusals of a status.
fn response(refusals: &[Refusal]) -> Value {
    let problems: Vec<_> = refusals.iter().map(|refusal| (refusal.when(), refusal.failure().problem())).collect();
    let lines: Vec<String> =
        problems.iter().map(|(when, problem)| format!("`{}`: {when}.", problem.response_status.error_code)).collect();
    let mut headers = Map::new();
    for (name, _) in problems.iter().filter_map(|(_, problem)| problem.header.as_ref()) {
        let always =
            problems.iter().all(|(_, problem)| problem.header.as_ref().is_some_and(|(other, _)| other == name));
        headers.insert(spelled(name).to_owned(), json!({ "required": always, "schema": schema_of_header(name) }));
    }
    json!({ "description": lines.join(" "), "headers": headers, "content": content("ErrorResponse") })
}

/// The same document in every media type; its members are described for JSON.
fn content(name: &str) -> Map<String, Value> {
    let script = (callback::CONTENT_TYPE.to_owned(), json!({ "schema": { "type": "string" } }));
    let formats = Format::ALL.into_iter().map(|format| {
        let described = if format == Format::Json { json!({ "schema": reference_to(name) }) } else { json!({}) };
        (format.media_type().to_owned(), described)
    });
    formats.chain([script]).collect()
}

fn reference_to(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// A header as documents write it.
fn spelled(name: &'static str) -> &'static str {
    match name {
        "allow" => "Allow",
        "location" => "Location",
        "retry-after" => "Retry-After",
        "www-authenticate" => "WWW-Authenticate",
        other => other,
    }
}

fn schema_of_header(name: &str) -> Value {
    match name {
        "retry-after" => json!({ "type": "integer", "minimum": 0, "description": "Seconds" }),
        "location" => json!({ "type": "string", "format": "uri-reference" }),
        _ => json!({ "type": "string" }),
    }
}
