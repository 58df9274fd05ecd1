//! The service described, for programs and for people who write them: OpenAPI, ServiceStack's
//! metadata pages and the DTOs of its clients.
//!
//! In reading order: the `catalogue` has each operation once, `dto` reads from the schemas of the
//! wire structs what types there are, `sample` has invented syncs. From these `openapi`,
//! `typescript`, `csharp`, `python` and `metadata` write what is asked for. All of it is public:
//! it says nothing that the contract does not say, and nothing about anybody.
//!
//! The invariant: nothing here is written down twice. What the code does and a description can
//! disagree about is held together by tests.
//!
//! What this room does not do: cost anything when it is not asked. Schemas are made for the first
//! request that needs them, and kept.

mod catalogue;
mod csharp;
mod dto;
mod metadata;
mod openapi;
mod python;
mod reference;
mod requests;
pub(crate) mod sample;
pub mod scalar;
mod typescript;

use std::sync::LazyLock;

use self::catalogue::OPERATIONS;
use self::dto::Schemas;
use crate::answer::format::Format;
use crate::binding::query_parameter;
use crate::event::Request;
use crate::failure::Failure;

/// Made for the first who asks.
static SCHEMAS: LazyLock<Schemas> = LazyLock::new(Schemas::generate);

/// What is to be described, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// `/openapi`
    OpenApi,
    /// `/metadata`
    Index,
    /// `/json/metadata?op=…`, and so for every format.
    Operation(Format),
    /// `/types/csharp`
    CSharp,
    /// `/types/python`
    Python,
    /// `/types/typescript`
    TypeScript,
}

/// A description, ready to be sent.
#[derive(Debug)]
pub struct Description {
    /// The value of `Content-Type`.
    pub content_type: &'static str,
    /// Headers that this kind of description has besides.
    pub headers: Vec<(&'static str, String)>,
    /// What is described.
    pub text: String,
}

impl Topic {
    /// The topic at a path, which has lost its slash at the end and its suffix.
    #[must_use]
    pub fn at(path: &str) -> Option<Self> {
        match path.to_ascii_lowercase().as_str() {
            "/openapi" => Some(Self::OpenApi),
            "/metadata" => Some(Self::Index),
            "/types/csharp" => Some(Self::CSharp),
            "/types/python" => Some(Self::Python),
            "/types/typescript" => Some(Self::TypeScript),
            other => {
                let name = other.strip_prefix('/')?.strip_suffix("/metadata")?;
                Format::OF_DOCUMENTS.into_iter().find(|format| format.name() == name).map(Self::Operation)
            }
        }
    }

    /// Writes the description.
    ///
    /// # Errors
    /// [`Failure::NoSuchRoute`], where an operation is asked for by a name that none has.
    pub fn describe(self, request: &Request) -> Result<Description, Failure> {
        let base_url = base_url(request);
        let file = |text| Ok(Description { content_type: "text/plain; charset=utf-8", headers: Vec::new(), text });
        match self {
            Self::OpenApi => Ok(Description {
                content_type: openapi::CONTENT_TYPE,
                headers: Vec::new(),
                text: openapi::write(&SCHEMAS),
            }),
            Self::Index => Ok(metadata::index().into()),
            Self::Operation(format) => match query_parameter(&request.query, "op") {
                None => Ok(metadata::index().into()),
                Some(name) => {
                    let named = OPERATIONS.iter().find(|operation| operation.name.eq_ignore_ascii_case(&name));
                    let operation = named.ok_or(Failure::NoSuchRoute)?;
                    Ok(metadata::operation(operation, format, host(request).unwrap_or("localhost"), &SCHEMAS).into())
                }
            },
            Self::CSharp => file(csharp::write(&SCHEMAS, &base_url)),
            Self::Python => file(python::write(&SCHEMAS, &base_url)),
            Self::TypeScript => file(typescript::write(&SCHEMAS, &base_url)),
        }
    }
}

/// Where the client found the service.
fn base_url(request: &Request) -> String {
    let scheme = if request.header("x-forwarded-proto") == Some("http") { "http" } else { "https" };
    host(request).map(|host| format!("{scheme}://{host}")).unwrap_or_default()
}

/// The name under which the client found the service. It is written into comments of programs, so
/// a name that is no plain host is left out.
fn host(request: &Request) -> Option<&str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']');
    request.header("host").filter(|host| !host.is_empty() && host.bytes().all(plain))
}

#[cfg(test)]
mod tests;
