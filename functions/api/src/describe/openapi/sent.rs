//! What a client may send, in OpenAPI: members in path, query and body, and what chooses the
//! form of the answer.
//!
//! A schema here says what is accepted, which is more than what a client should write: an empty
//! value counts as absent, a Guid has three forms, an enum has names and numbers. Who generates
//! requests from it, as schemathesis does, is told the truth about both sides of the line.

use serde_json::{Map, Value, json};

use super::{Schemas, reference_to};
use crate::answer::callback;
use crate::answer::format::Format;
use crate::binding::setting;
use crate::describe::catalogue::Described;
use crate::describe::dto::{Kind, Member};

/// An optional Guid with hyphens, with hyphens and braces, without both; or nothing.
const GUID_OR_NOTHING: &str = "^\\s*([0-9A-Fa-f]{32}|[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|\
                               \\{[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\\})?\\s*$";

/// A yes or no as a text, or nothing.
const FLAG_OR_NOTHING: &str = "^\\s*([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]|0|1)?\\s*$";

/// A list of Guids as one text. The one of zeros names no system; that none begins with a zero is the shortest way to
/// say so.
const GUIDS: &str = "^[1-9A-Fa-f][0-9A-Fa-f]{7}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(,[1-9A-Fa-f][0-9A-Fa-f]{7}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}){0,9}$";

/// The Guid of zeros, which names no system.
const NOBODYS: &str = "00000000-0000-0000-0000-000000000000";

/// What can be sent to VAKA in a header.
const API_KEY: &str = "^[!-~]{1,1024}$";

/// A schedule, in some of the zones that there are; or none.
const SCHEDULE: &str = "^((daily|mon|tue|wed|thu|fri|sat|sun)@([01][0-9]|2[0-3]):[0-5][0-9]\
                        ( (Europe/Stockholm|Europe/Oslo|Europe/Helsinki|UTC))?|none)$";

/// What counts as absent.
const NOTHING: &str = "^\\s*$";

/// A form has no way to write null, nor have the other languages but JSON.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Null {
    IsAbsent,
    CannotBeWritten,
}

/// The parameters of an operation.
pub(super) fn parameters(operation: &Described, schemas: &Schemas) -> Vec<Value> {
    let sent = schemas.request(operation);
    let sample = (operation.sample_request)();
    let members = sent.iter().filter(|_| !operation.has_body()).flat_map(|dto| dto.members());
    let parameter = |member: &Member| {
        let in_path = operation.is_in_path(&member.name);
        json!({
            "name": member.name,
            "in": if in_path { "path" } else { "query" },
            "required": in_path,
            "description": member.summary,
            "schema": accepted(member, Null::CannotBeWritten),
            "example": sample.get(&member.name),
        })
    };
    let of_answer = of_answer();
    let references = of_answer.keys().map(|name| json!({ "$ref": format!("#/components/parameters/{name}") }));
    members.map(parameter).chain(references).collect()
}

/// The parameters that every operation takes, about its answer.
pub(super) fn of_answer() -> Map<String, Value> {
    let names: Vec<&str> = Format::ALL.into_iter().map(Format::name).collect();
    let format = json!({
        "name": "format",
        "in": "query",
        "description": format!("The format of the answer: {}. Any other name chooses nothing.", names.join(", ")),
        "schema": { "type": "string" },
        "example": "json",
    });
    let callback = json!({
        "name": "callback",
        "in": "query",
        "description": "Wraps a JSON answer as a call of this function: a path of JavaScript identifiers such as app.show",
        "schema": { "type": "string", "pattern": callback::PATTERN, "maxLength": callback::LONGEST_CALLBACK },
    });
    let jsconfig = json!({
        "name": "jsconfig",
        "in": "query",
        "description": "Writes the names of members in another case: `ExcludeDefaultValues:false,TextCase:CamelCase` or \
                        `eccn`, as ServiceStack has it. What is described here are the names without it.",
        "schema": { "type": "string" },
    });
    let named = [("format", format), ("callback", callback), ("jsconfig", jsconfig)];
    named.into_iter().map(|(name, parameter)| (name.to_owned(), parameter)).collect()
}

/// The body of an operation that has one.
pub(super) fn body(operation: &Described, schemas: &Schemas) -> Value {
    let mut elsewhere = object(operation, schemas, Null::CannotBeWritten);
    if let Some(schema) = elsewhere.as_object_mut() {
        schema.insert("xml".to_owned(), json!({ "name": operation.name }));
    }
    let in_format = |format: Format| {
        // No schema says what JSV looks like, and a text of any kind is not what is read.
        let written = (operation.sample_body)(format).filter(|_| format != Format::Jsv)?;
        let described = match format {
            Format::Json => json!({ "schema": reference_to(operation.name), "example": (operation.sample_request)() }),
            _ => json!({ "schema": elsewhere, "example": written }),
        };
        Some((format.media_type().to_owned(), described))
    };
    let form = ("application/x-www-form-urlencoded".to_owned(), json!({ "schema": elsewhere }));
    let needed = schemas.request(operation).is_some_and(|dto| dto.members().iter().any(|member| member.required));
    json!({
        "description": "An empty body is an empty request. Beside these media types text/jsv is read, which no schema describes.",
        "required": needed,
        "content": Format::OF_DOCUMENTS.into_iter().filter_map(in_format).chain([form]).collect::<Map<_, _>>(),
    })
}

/// The schema of a body in JSON.
pub(super) fn in_json(operation: &Described, schemas: &Schemas) -> Value {
    object(operation, schemas, Null::IsAbsent)
}

fn object(operation: &Described, schemas: &Schemas, null: Null) -> Value {
    let sent = schemas.request(operation);
    let members = sent.iter().flat_map(|dto| dto.members()).map(|member| {
        let mut schema = accepted(member, null);
        if let Some(schema) = schema.as_object_mut() {
            schema.insert("description".to_owned(), member.summary.clone().into());
        }
        (member.name.clone(), schema)
    });
    let mut whole =
        json!({ "type": "object", "description": operation.summary, "properties": members.collect::<Map<_, _>>() });
    let needed = sent.iter().flat_map(|dto| dto.members()).filter(|member| member.required);
    let needed: Vec<&str> = needed.map(|member| member.name.as_str()).collect();
    if !needed.is_empty()
        && let Some(whole) = whole.as_object_mut()
    {
        whole.insert("required".to_owned(), needed.into());
    }
    whole
}

/// Every value that is bound to the member.
fn accepted(member: &Member, null: Null) -> Value {
    let nothing = json!({ "type": "string", "pattern": NOTHING });
    let mut any = match &member.kind {
        Kind::Guid if member.required => vec![json!({ "type": "string", "format": "uuid" })],
        Kind::Guid => vec![json!({ "type": "string", "pattern": GUID_OR_NOTHING })],
        // The statuses have numbers in the contract, the outcomes have none.
        Kind::Enum(name) if name == "AxemaUserSyncStatus" => {
            vec![reference_to(name), json!({ "type": "integer", "minimum": 0, "maximum": 3 }), nothing]
        }
        Kind::Enum(name) => vec![reference_to(name), nothing],
        Kind::Bool => vec![
            json!({ "type": "boolean" }),
            json!({ "type": "integer", "minimum": 0, "maximum": 1 }),
            json!({ "type": "string", "pattern": FLAG_OR_NOTHING }),
        ],
        Kind::Int => vec![json!({ "type": "integer", "minimum": 0, "maximum": member.maximum }), nothing],
        // The one list in the contract names systems. Repeated names and elements are read elsewhere than in JSON too,
        // but an empty one there is no item, which no schema says.
        Kind::List(_) => {
            let system = json!({ "type": "string", "format": "uuid", "not": { "const": NOBODYS } });
            let array = json!({ "type": "array", "items": system, "minItems": 1, "maxItems": 100 });
            let text = json!({ "type": "string", "pattern": GUIDS });
            if null == Null::IsAbsent { vec![array, text] } else { vec![text] }
        }
        Kind::Text if member.name == setting::SCHEDULE => vec![json!({ "type": "string", "pattern": SCHEDULE })],
        // The other text is the key to the systems.
        Kind::Text => vec![json!({ "type": "string", "pattern": API_KEY })],
        Kind::DateTime | Kind::Texts | Kind::Dto(_) => vec![json!({ "type": "string" })],
    };
    if !member.required && matches!(member.kind, Kind::List(_) | Kind::Text) {
        any.push(json!({ "type": "string", "pattern": NOTHING }));
    }
    if null == Null::IsAbsent && !member.required {
        any.push(json!({ "type": "null" }));
    }
    for schema in any.iter_mut().filter_map(Value::as_object_mut) {
        schema.retain(|_, value| !value.is_null());
    }
    if any.len() == 1 { any.remove(0) } else { json!({ "anyOf": any }) }
}
