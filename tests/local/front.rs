//! What stands in front of the HTTP API in a deployment, for a browser: one address that needs no
//! special `Host` header, and a token on every request.
//!
//! A browser cannot set a header on a page that a person opens, so a deployment has a front (the
//! admin site, a gateway) that knows the person and adds `Authorization`. This is that front on one
//! machine. A token lives five minutes and a page longer, so each request gets a new one. All else
//! passes as it is, in both directions and as it comes: also `Sec-Fetch-Site`, by which the API
//! refuses what another site makes a signed-in browser send.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use local::{front::Front, world::{PATH, World}};
//! let world = World::start().await?;
//! let administrator = world.front()?;             // open administrator.url() + PATH in a browser
//! let nobody = Front::plain(&world.api)?;         // the same without a token
//! let realm = world.realm.clone();
//! let stranger = Front::signed_in(&world.api, move || realm.token().sign())?;
//! # let _ = (administrator, nobody, stranger, PATH); Ok(()) }
//! ```
//!
//! What it does not do: ask who the person is. Whoever reaches it is signed in, so it binds
//! loopback alone and lives no longer than its value.

use std::io;
use std::sync::Arc;

use axum::body::Body;
use hyper::body::Incoming;
use hyper::header::{
    AUTHORIZATION, CONNECTION, CONTENT_TYPE, HOST, HeaderName, HeaderValue, TRANSFER_ENCODING, UPGRADE,
};
use hyper::{HeaderMap, Request, Response, StatusCode, Uri};

use crate::issuer::TokenError;
use crate::plain_http::{self, PlainClient};
use crate::serving::Serving;
use crate::stack::Api;

/// What is between two neighbours and not between browser and API; each side writes its own.
const OF_ONE_CONNECTION: [HeaderName; 4] =
    [CONNECTION, HeaderName::from_static("keep-alive"), TRANSFER_ENCODING, UPGRADE];

/// A running front; it ends when it is dropped.
#[derive(Debug)]
pub struct Front {
    serving: Serving,
}

/// Makes a token for one request.
type Sign = Box<dyn Fn() -> Result<String, TokenError> + Send + Sync>;

struct Behind {
    api: Api,
    sign: Option<Sign>,
    client: PlainClient,
}

/// Why a request was not passed on: what the person at the browser reads.
enum NotPassed {
    NoToken,
    Malformed,
    NoApi,
}

impl Front {
    /// Passes everything, and signs nobody in.
    ///
    /// # Errors
    /// When no port or thread is to be had.
    pub fn plain(api: &Api) -> io::Result<Self> {
        Self::start(api, None)
    }

    /// Adds a token, made for that request, to every request that brings none.
    ///
    /// # Errors
    /// When no port or thread is to be had.
    pub fn signed_in(
        api: &Api,
        sign: impl Fn() -> Result<String, TokenError> + Send + Sync + 'static,
    ) -> io::Result<Self> {
        Self::start(api, Some(Box::new(sign)))
    }

    fn start(api: &Api, sign: Option<Sign>) -> io::Result<Self> {
        let behind = Arc::new(Behind { api: api.clone(), sign, client: plain_http::client() });
        let serving = Serving::start(move |request| {
            let behind = Arc::clone(&behind);
            async move { behind.pass(request).await.unwrap_or_else(NotPassed::page) }
        })?;
        Ok(Self { serving })
    }

    /// `http://127.0.0.1:<port>`, without a slash at its end.
    #[must_use]
    pub fn url(&self) -> String {
        self.serving.url()
    }
}

impl Behind {
    async fn pass(&self, request: Request<Incoming>) -> Result<Response<Body>, NotPassed> {
        let (mut parts, body) = request.into_parts();
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        parts.uri = format!("{}{path}", self.api.url).parse::<Uri>().map_err(|_| NotPassed::Malformed)?;
        remove_what_is_of_one_connection(&mut parts.headers);
        parts.headers.insert(HOST, value(&self.api.host)?);
        if let Some(sign) = self.sign.as_ref().filter(|_| !parts.headers.contains_key(AUTHORIZATION)) {
            let token = sign().map_err(|_| NotPassed::NoToken)?;
            parts.headers.insert(AUTHORIZATION, value(&format!("Bearer {token}"))?);
        }
        let passed = self.client.request(Request::from_parts(parts, Body::new(body))).await;
        let mut response = passed.map_err(|_| NotPassed::NoApi)?.map(Body::new);
        remove_what_is_of_one_connection(response.headers_mut());
        Ok(response)
    }
}

impl NotPassed {
    fn page(self) -> Response<Body> {
        let (status, text) = match self {
            Self::NoToken => (StatusCode::BAD_GATEWAY, "The local front could not make a token."),
            Self::Malformed => (StatusCode::BAD_REQUEST, "The local front cannot pass this request on."),
            Self::NoApi => (StatusCode::BAD_GATEWAY, "The local front got no answer from the HTTP API: is it up?"),
        };
        let mut response = Response::new(Body::from(text));
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        response
    }
}

fn value(text: &str) -> Result<HeaderValue, NotPassed> {
    HeaderValue::from_str(text).map_err(|_| NotPassed::Malformed)
}

fn remove_what_is_of_one_connection(headers: &mut HeaderMap) {
    for name in OF_ONE_CONNECTION {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests;
