//! `/openapi`: the description that programs of every kind read, as OpenAPI 3.1.
//!
//! Status codes, error codes, headers and messages are those of [`Failure::problem`], asked for
//! each way in which an operation is refused; schemas are those of the wire structs.
//!
//! What this module does not do: describe ServiceStack's other addresses of the same operations,
//! or what the gateway answers by itself (429 when too much is asked).
//!
//! [`Failure::problem`]: crate::failure::Failure::problem

mod sent;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::catalogue::{Described, OPERATIONS, Refusal};
use super::dto::Schemas;
use super::reference;
use crate::answer::callback;
use crate::answer::format::Format;
use crate::answer::wire::{Document, ErrorResponse};
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
    let bodies = OPERATIONS.iter().filter(|operation| operation.has_body());
    let bodies = bodies.map(|operation| (operation.name.to_owned(), sent::in_json(operation, schemas)));
    let of_members = schemas.requests.iter().filter(|(name, _)| OPERATIONS.iter().all(|other| other.name != *name));
    let as_they_are = schemas.answers.iter().chain(of_members).map(|(name, schema)| (name.clone(), schema.clone()));
    let all: Map<String, Value> = as_they_are.chain(bodies).collect();
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
            "parameters": sent::of_answer(),
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
        "parameters": sent::parameters(operation, schemas),
        "responses": responses(operation),
    });
    if operation.has_body()
        && let Some(whole) = whole.as_object_mut()
    {
        whole.insert("requestBody".to_owned(), sent::body(operation, schemas));
    }
    whole
}

fn responses(operation: &Described) -> Map<String, Value> {
    let mut by_status: BTreeMap<u16, Vec<Refusal>> = BTreeMap::new();
    for refusal in operation.all_refusals() {
        by_status.entry(refusal.failure().problem().status.as_u16()).or_default().push(refusal);
    }
    let well = well(operation);
    let refused = by_status.into_iter().map(|(status, refusals)| (status.to_string(), response(&refusals)));
    let sent_on = operation.starts().then(|| (failure::SEE_OTHER.as_u16().to_string(), sent_on()));
    [(failure::OK.as_u16().to_string(), well)].into_iter().chain(sent_on).chain(refused).collect()
}

fn well(operation: &Described) -> Value {
    let mut headers = Map::new();
    if operation.has_pages {
        let description = "Where there is more: the address of the next page, as `rel=\"next\"`";
        headers.insert("Link".to_owned(), json!({ "description": description, "schema": { "type": "string" } }));
    }
    let content = content(operation.answer_name, &(operation.sample_answer)());
    json!({ "description": "All went well", "headers": headers, "content": content, "links": links(operation) })
}

/// What a browser gets, so that loading anew starts no other sync.
fn sent_on() -> Value {
    json!({
        "description": "All went well, to a browser: Location is the page of the sync",
        "headers": { "Location": { "required": true, "schema": schema_of_header("location") } },
        "content": { Format::Html.media_type(): { "schema": { "type": "string" } } },
    })
}

/// What can be asked about the sync that was started, with its id.
fn links(operation: &Described) -> Map<String, Value> {
    let about_it = OPERATIONS.iter().filter(|other| operation.starts() && other.is_in_path("Id"));
    let link = |other: &Described| json!({ "operationId": other.name, "parameters": { "Id": "$response.body#/Id" } });
    about_it.map(|other| (other.name.to_owned(), link(other))).collect()
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
        headers.insert(
            reference::spelled(name).to_owned(),
            json!({ "required": always, "schema": schema_of_header(name) }),
        );
    }
    let sample = refusals.first().map(|refusal| refusal.failure().problem().response_status);
    let sample = sample.map(|response_status| Document::Problem(ErrorResponse { response_status }));
    json!({ "description": lines.join(" "), "headers": headers, "content": sample.map(|sample| content("ErrorResponse", &sample)) })
}

/// The same document in every media type; its members are described for JSON.
fn content(name: &str, sample: &Document) -> Map<String, Value> {
    let script = (callback::CONTENT_TYPE.to_owned(), json!({ "schema": { "type": "string" } }));
    let formats = Format::OF_DOCUMENTS.into_iter().map(|format| {
        let written = format.write(sample);
        let described = match format {
            Format::Json => json!({
                "schema": reference_to(name),
                "example": serde_json::from_str::<Value>(&written).unwrap_or_default(),
            }),
            _ => json!({ "schema": { "type": "string" }, "example": written }),
        };
        (format.media_type().to_owned(), described)
    });
    let page = (Format::Html.media_type().to_owned(), json!({ "schema": { "type": "string" } }));
    formats.chain([page, script]).collect()
}

fn reference_to(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn schema_of_header(name: &str) -> Value {
    match name {
        "retry-after" => json!({ "type": "integer", "minimum": 0, "description": "Seconds" }),
        "location" => json!({ "type": "string", "format": "uri-reference" }),
        _ => json!({ "type": "string" }),
    }
}
