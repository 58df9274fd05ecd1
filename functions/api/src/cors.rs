//! Which browsers may call from other origins, and for which sites.
//!
//! An origin on the list is named back with `Allow-Credentials`, because ServiceStack's
//! TypeScript client asks for that. This room has no cookies, but a front may have: behind one, a
//! page of a listed origin reads and does what whoever is signed in may. `*` lets every origin in,
//! without. An origin that is not on the list gets no header, and the browser keeps the answer from
//! the page.
//!
//! To keep the answer is not enough where the request itself does something: a front adds the
//! token to whatever a browser sends, also to a form on somebody else's page. So a request that
//! changes something is carried out for this site's own pages, for an origin on the list, and
//! for whoever is no browser, and is refused for every other site ([`Origins::permit`]). `*` on
//! the list lets every site start a sync and change the connection; it is for deployments without such a front.
//!
//! Nor does a browser keep an answer from a page that includes it as a script, which is what an answer with a `callback`
//! is for. So it is treated as what changes something, and the browser is told to give no answer to another origin's
//! page but by the rules of CORS.

use crate::answer::Form;
use crate::event::{Reply, Request};
use crate::failure::Failure;
use crate::route::{Allow, Operation};

/// What a page may read besides the body.
const READABLE: &str = "Link, Location, Retry-After, WWW-Authenticate";

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

    /// Lets a request pass, unless another site has it change something or could read its answer as a script.
    ///
    /// Browsers say in `Sec-Fetch-Site` where a request comes from, and no page can make them lie.
    /// Those that are too old for it (Safari before 16.4) say their `Origin`, which is compared with
    /// the host. So where a front asks under another host, its own origin has to be on the list.
    ///
    /// # Errors
    /// [`Failure::CrossSite`].
    pub fn permit(&self, request: &Request, operation: &Operation, form: &Form) -> Result<(), Failure> {
        let origin = request.header("origin");
        let of_this_site = match (request.header("sec-fetch-site"), origin) {
            (Some(site), _) => matches!(site, "same-origin" | "none"),
            (None, Some(origin)) => {
                let host = request.header("host");
                origin.split_once("://").is_some_and(|(_, authority)| host == Some(authority))
            }
            (None, None) => true,
        };
        let is_harmless = !operation.changes() && !form.is_script();
        if of_this_site || is_harmless || origin.is_some_and(|origin| self.lists(origin)) {
            return Ok(());
        }
        Err(Failure::CrossSite)
    }

    fn lists(&self, origin: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Listed(listed) => listed.contains(&origin.to_ascii_lowercase()),
        }
    }

    /// Adds what this origin needs to read the reply; with methods, to what a preflight asks.
    pub fn admit(&self, origin: Option<&str>, preflight: Option<Allow>, reply: &mut Reply) {
        if *self != Self::Any {
            reply.headers.insert("cross-origin-resource-policy", "same-origin".to_owned());
        }
        match self {
            Self::Any => {
                reply.headers.insert("access-control-allow-origin", "*".to_owned());
            }
            Self::Listed(listed) if listed.is_empty() => return,
            Self::Listed(_) => {
                if let Some(vary) = reply.headers.get_mut("vary") {
                    vary.push_str(", Origin");
                }
                let Some(origin) = origin.filter(|origin| self.lists(origin)) else {
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
