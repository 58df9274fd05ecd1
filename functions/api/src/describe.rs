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
mod openapi;
mod python;
mod reference;
mod sample;
pub mod scalar;
mod typescript;

use std::sync::LazyLock;

use self::dto::Schemas;
use crate::event::Request;

/// Made for the first who asks.
static SCHEMAS: LazyLock<Schemas> = LazyLock::new(Schemas::generate);

/// As ServiceStack has it for the DTOs of every language.
const PLAIN: &str = "text/plain; charset=utf-8";

/// What is to be described, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// `/openapi`
    OpenApi,
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
    /// The text.
    pub body: String,
}

impl Topic {
    /// The topic at a path, which has lost its slash at the end and its suffix.
    #[must_use]
    pub fn at(path: &str) -> Option<Self> {
        match path.to_ascii_lowercase().as_str() {
            "/openapi" => Some(Self::OpenApi),
            "/types/csharp" => Some(Self::CSharp),
            "/types/python" => Some(Self::Python),
            "/types/typescript" => Some(Self::TypeScript),
            _ => None,
        }
    }

    /// Writes the description.
    #[must_use]
    pub fn describe(self, request: &Request) -> Description {
        let base_url = base_url(request);
        let (content_type, body) = match self {
            Self::OpenApi => (openapi::CONTENT_TYPE, openapi::write(&SCHEMAS)),
            Self::CSharp => (PLAIN, csharp::write(&SCHEMAS, &base_url)),
            Self::Python => (PLAIN, python::write(&SCHEMAS, &base_url)),
            Self::TypeScript => (PLAIN, typescript::write(&SCHEMAS, &base_url)),
        };
        Description { content_type, body }
    }
}

/// Where the client found the service. It is written into comments of programs, so a name that
/// is no plain host is left out.
fn base_url(request: &Request) -> String {
    let host = request.header("host").unwrap_or_default();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']');
    if host.is_empty() || !host.bytes().all(plain) {
        return String::new();
    }
    let scheme = if request.header("x-forwarded-proto") == Some("http") { "http" } else { "https" };
    format!("{scheme}://{host}")
}

#[cfg(test)]
mod tests;
