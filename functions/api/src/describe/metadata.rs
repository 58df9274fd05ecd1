//! `/metadata` and `/{format}/metadata?op=…`: the operations for people, as ServiceStack lists
//! them, with a sample of each in every format.
//!
//! The samples are what the real writers make of invented syncs; a test sends the requests to
//! the real readers. Types are named as in C#, which is what ServiceStack's own pages do.
//!
//! What this module does not do: speak Swedish. Who reads this writes programs, and the contract
//! is in English.

use std::fmt::Write;

use maud::{Markup, html};

use super::Description;
use super::catalogue::{Described, OPERATIONS};
use super::csharp;
use super::dto::{Dto, Kind, Member, Schemas};
use super::reference;
use crate::answer::format::Format;
use crate::answer::wire::{Document, ErrorResponse};
use crate::failure;
use crate::page::frame;

/// A page's title and what is on it.
pub(crate) struct Content {
    /// For the tab and the history.
    pub title: String,
    /// What is in `main`.
    pub main: Markup,
}

/// The list of all operations.
pub(crate) fn index() -> Content {
    let main = html! {
        h1 { "Operations" }
        p { "What this service does, with a page for each operation in each format." }
        div.card {
            table {
                caption { "Operations" }
                thead { tr { th scope="col" { "Operation" } th scope="col" { "What it does" } th scope="col" { "Formats" } } }
                tbody {
                    @for operation in &OPERATIONS {
                        tr {
                            th scope="row" { a href=(link(operation, Format::Json)) { (operation.name) } }
                            td data-label="What it does" { (operation.summary) }
                            td data-label="Formats" { span { (formats(operation, None)) } }
                        }
                    }
                }
            }
        }
        h2 { "For programs" }
        ul {
            li { a href="/openapi" { "OpenAPI 3.1" } }
            li { a href="/types/csharp" { "DTOs for C#" } }
            li { a href="/types/typescript" { "DTOs for TypeScript" } }
            li { a href="/types/python" { "DTOs for Python" } }
        }
    };
    Content { title: "Operations".to_owned(), main }
}

/// The page of one operation, with its samples in one format.
pub(crate) fn operation(operation: &Described, format: Format, host: &str, schemas: &Schemas) -> Content {
    let request = schemas.request(operation);
    let main = html! {
        nav aria-label="Metadata" { a href="/metadata" { "All operations" } }
        h1 { (operation.name) }
        p { (operation.summary) ". " (operation.notes) }
        p { "Any of the roles: " (reference::roles(operation)) "." }
        div.card {
            h2 { "Route" }
            p { code { (operation.verb) " " (operation.path()) } }
            p {
                "The format of the answer is chosen by the suffix " code { "." (format.name()) } " on the path, by "
                code { "?format=" (format.name()) } " or by the header " code { "Accept: " (format.media_type()) } "."
            }
        }
        @for dto in request.iter().filter(|dto| !dto.members().is_empty()) { (sent(operation, dto)) }
        @for dto in answered(operation.answer_name, &schemas.dtos()) { (members(dto)) }
        (refusals(operation))
        div.card {
            h2 { "HTTP and " (format.name().to_uppercase()) }
            p { "A sample request and its answer. Host, token and ids are invented. Other formats: " (formats(operation, Some(format))) }
            h3 { "Request" }
            pre { (sample_request(operation, format, host)) }
            h3 { "Answer" }
            pre { (sample_answer(operation, format)) }
            h3 { "Answer to a request that is refused" }
            pre { (sample_refusal(operation, format)) }
        }
    };
    Content { title: format!("{} in {}", operation.name, format.name().to_uppercase()), main }
}

fn link(operation: &Described, format: Format) -> String {
    format!("/{}/metadata?op={}", format.name(), operation.name)
}

fn formats(operation: &Described, shown: Option<Format>) -> Markup {
    html! {
        @for (nth, format) in Format::OF_DOCUMENTS.into_iter().filter(|format| Some(*format) != shown).enumerate() {
            @if nth > 0 { ", " }
            a href=(link(operation, format)) aria-label=(format!("{} in {}", operation.name, format.name())) { (format.name()) }
        }
    }
}

fn sent(operation: &Described, dto: &Dto) -> Markup {
    html! {
        div.card {
            h2 { "Parameters" }
            table {
                caption { "Names match in any case" }
                thead {
                    tr {
                        th scope="col" { "Name" } th scope="col" { "In" } th scope="col" { "Type" }
                        th scope="col" { "Required" } th scope="col" { "Description" }
                    }
                }
                tbody {
                    @for member in dto.members() {
                        tr {
                            th scope="row" { (member.name) }
                            td data-label="In" { (place(operation, member)) }
                            td data-label="Type" { (csharp::type_of(member)) }
                            td data-label="Required" { @if member.required { "yes" } @else { "no" } }
                            td data-label="Description" { (member.summary) }
                        }
                    }
                }
            }
        }
    }
}

fn place(operation: &Described, member: &Member) -> &'static str {
    if operation.is_in_path(&member.name) {
        "path"
    } else if operation.has_body() {
        "body"
    } else {
        "query"
    }
}

fn members(dto: &Dto) -> Markup {
    html! {
        div.card {
            h2 { (dto.name) }
            table {
                caption { (dto.summary) }
                thead { tr { th scope="col" { "Name" } th scope="col" { "Type" } th scope="col" { "Description" } } }
                tbody {
                    @for member in dto.members() {
                        tr {
                            th scope="row" { (member.name) }
                            td data-label="Type" { (csharp::type_of(member)) }
                            td data-label="Description" { (member.summary) }
                        }
                    }
                }
            }
        }
    }
}

fn refusals(operation: &Described) -> Markup {
    let mut refusals: Vec<_> = operation.all_refusals().map(|refusal| (refusal, refusal.failure().problem())).collect();
    refusals.sort_by_key(|(_, problem)| problem.status.as_u16());
    html! {
        div.card {
            h2 { "Errors" }
            table {
                caption { "Each is answered with a ResponseStatus" }
                thead { tr { th scope="col" { "Status" } th scope="col" { "ErrorCode" } th scope="col" { "When" } } }
                tbody {
                    @for (refusal, problem) in &refusals {
                        tr {
                            th scope="row" { (problem.status.as_u16()) }
                            td data-label="ErrorCode" { (problem.response_status.error_code) }
                            td data-label="When" { (refusal.when()) }
                        }
                    }
                }
            }
        }
    }
}

/// An answer's DTO, and those that its members are of.
fn answered<'a>(name: &str, dtos: &'a [Dto]) -> Vec<&'a Dto> {
    let mut found: Vec<&Dto> = dtos.iter().filter(|dto| dto.name == name).collect();
    let mut at = 0;
    while let Some(dto) = found.get(at) {
        for member in dto.members() {
            let used = match &member.kind {
                Kind::List(inner) => inner.as_ref(),
                kind => kind,
            };
            if let Kind::Dto(name) = used {
                let more = dtos.iter().filter(|dto| dto.name == *name);
                let more: Vec<&Dto> = more.filter(|dto| found.iter().all(|other| other.name != dto.name)).collect();
                found.extend(more);
            }
        }
        at += 1;
    }
    found
}

/// A request as it goes over the wire.
pub(crate) fn sample_request(operation: &Described, format: Format, host: &str) -> String {
    let (target, body) = target_and_body(operation, format);
    // Writing to a String cannot fail.
    let mut sample = format!("{} {target} HTTP/1.1\nHost: {host}\n", operation.verb);
    let _ = writeln!(sample, "Authorization: Bearer …\nAccept: {}", format.media_type());
    if let Some((media_type, body)) = body {
        let _ = write!(sample, "Content-Type: {media_type}\nContent-Length: {}\n\n{body}", body.len());
    }
    sample
}

/// The path with its query, and the body with its media type, of a sample request. Where requests
/// are not read in the format, the body is in JSON.
pub(crate) fn target_and_body(operation: &Described, format: Format) -> (String, Option<(&'static str, String)>) {
    let sample = (operation.sample_request)();
    let mut path = operation.path();
    let mut query = String::new();
    for (name, value) in sample.as_object().into_iter().flatten() {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if operation.is_in_path(name) {
            path = path.replace(&format!("{{{name}}}"), &value);
        } else if !operation.has_body() {
            let _ = write!(query, "{}{name}={value}", if query.is_empty() { '?' } else { '&' });
        }
    }
    let body = operation.has_body().then(|| {
        (operation.sample_body)(format)
            .map_or_else(|| (Format::Json.media_type(), sample.to_string()), |written| (format.media_type(), written))
    });
    (path + &query, body)
}

fn sample_answer(operation: &Described, format: Format) -> String {
    let status = failure::OK;
    format!(
        "HTTP/1.1 {status}\nContent-Type: {}\n\n{}",
        format.content_type(),
        format.write(&(operation.sample_answer)())
    )
}

/// The last of the refusals of its own, or the first of those that every operation has.
fn sample_refusal(operation: &Described, format: Format) -> String {
    let Some(refusal) = operation.all_refusals().last() else { return String::new() };
    let problem = refusal.failure().problem();
    let mut sample = format!("HTTP/1.1 {}\nContent-Type: {}\n", problem.status, format.content_type());
    if let Some((name, value)) = &problem.header {
        // Writing to a String cannot fail.
        let _ = writeln!(sample, "{}: {value}", reference::spelled(name));
    }
    sample + "\n" + &format.write(&Document::Problem(ErrorResponse { response_status: problem.response_status }))
}

impl From<Content> for Description {
    fn from(Content { title, main }: Content) -> Self {
        let (headers, text) = frame::still(&title, &main);
        Self { content_type: "text/html; charset=utf-8", headers, text }
    }
}

#[cfg(test)]
mod tests;
