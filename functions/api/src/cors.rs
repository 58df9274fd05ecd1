//! Which browsers may call from other origins.
//!
//! An origin on the list is named back with `Allow-Credentials`, because ServiceStack's
//! TypeScript client asks for that; this room has no cookies, so it gives nothing away. `*` lets
//! every origin in, without. An origin that is not on the list gets no header, and the browser
//! keeps the answer from the page.

use crate::event::Reply;
use crate::route::Allow;

/// What a page may read besides the body.
const READABLE: &str = "Location, Retry-After, WWW-Authenticate";

/// What a page may send.
const SENDABLE: &str = "Accept, Authorization, Content-Type, X-Api-Key, X-Requested-With";

/// How long a browser need not ask again; Chrome takes no longer.
const PREFLIGHT_LASTS_S: u32 = 7_200;

/// The origins of `CORS_ORIGINS`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origins {
    /// Every origin.
    Any,
    /// These, and with none on the list nobody.
    Listed(Vec<String>),
}

impl Origins {
    /// Reads the entries of the setting.
    #[must_use]
    pub fn new(entries: Vec<String>) -> Self {
        if entries.iter().any(|entry| entry == "*") {
            return Self::Any;
        }
        Self::Listed(entries.into_iter().map(|entry| entry.trim_end_matches('/').to_ascii_lowercase()).collect())
    }

    /// Adds what this origin needs to read the reply; with methods, to what a preflight asks.
    pub fn admit(&self, origin: Option<&str>, preflight: Option<Allow>, reply: &mut Reply) {
        match self {
            Self::Any => {
                reply.headers.insert("access-control-allow-origin", "*".to_owned());
            }
            Self::Listed(listed) if listed.is_empty() => return,
            Self::Listed(listed) => {
                reply.headers.insert("vary", "Accept, Origin".to_owned());
                let Some(origin) = origin.filter(|origin| listed.contains(&origin.to_ascii_lowercase())) else {
                    return;
                };
                reply.headers.insert("access-control-allow-origin", origin.to_owned());
                reply.headers.insert("access-control-allow-credentials", "true".to_owned());
            }
        }
        match preflight {
            None => {
                reply.headers.insert("access-control-expose-headers", READABLE.to_owned());
            }
            Some(Allow(methods)) => {
                reply.headers.insert("access-control-allow-methods", methods.to_owned());
                reply.headers.insert("access-control-allow-headers", SENDABLE.to_owned());
                reply.headers.insert("access-control-max-age", PREFLIGHT_LASTS_S.to_string());
            }
        }
    }
}
