//! The one HTTP stack of a function: hyper over rustls on ring, for AWS, VAKA, BokaMera and the issuers alike.
//!
//! One stack means one set of roots, one kind of connection pool and one copy of their code: a client
//! crate beside the SDK's own would bring a second of each. Roots are compiled in, because reading
//! those of the system costs more than the rest of a function's start; `AWS_CA_BUNDLE` names a file
//! of more. HTTP/1.1 alone, which is what DynamoDB and SQS speak.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use std::time::Duration;
//! use shared::http::{Client, Method, Url};
//! let client = Client::new(Duration::from_secs(1));
//! let answer = client.request(Method::GET, Url::parse("https://id.example/keys")?).send().await?;
//! assert!(answer.status().is_success());
//! # Ok(()) }
//! ```
//!
//! What this module does not do: follow a redirect or ask a proxy, because both would carry credentials
//! to an address that no one configured; wait, beyond the making of a connection; try again, beyond
//! a kept connection that turns out to be closed before the request was on it.

mod connect;
mod provider;
pub mod roots;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

pub use aws_smithy_types::body::SdkBody as Body;
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client as Pool;
use hyper_util::rt::{TokioExecutor, TokioTimer};

pub use http::header::{self, HeaderMap, HeaderName, HeaderValue};
pub use http::{Method, StatusCode};
pub use url::Url;

use connect::Connector;

/// A connection that nobody used for so long is not used again.
const IDLE: Duration = Duration::from_secs(90);

/// What an error of a library is, where no more is asked of it.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

type Answering = Pin<Box<dyn Future<Output = Result<http::Response<Body>, Error>> + Send>>;

/// The connections to whoever is asked, and the headers that go with every request. Clones share
/// the connections.
#[derive(Clone)]
pub struct Client {
    ask: Arc<dyn Fn(http::Request<Body>) -> Answering + Send + Sync>,
    headers: HeaderMap,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

/// Why there is no answer, or no more of it. No text has an address, a header or a body in it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No connection was made, so the request had no effect.
    #[error(transparent)]
    NotConnected(BoxError),
    /// The connection was lost after the request may have been sent.
    #[error(transparent)]
    Lost(BoxError),
    /// The connection was lost in the middle of the answer.
    #[error(transparent)]
    CutOff(BoxError),
    /// The request cannot be written: its address is not one that HTTP can carry.
    #[error("the request cannot be written")]
    Unwritable(#[source] http::Error),
}

/// A request that is being written. Its debug form shows nothing of it: a form can hold a password.
#[must_use = "it does nothing until it is sent"]
pub struct Request {
    client: Client,
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Body,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("method", &self.method).finish_non_exhaustive()
    }
}

/// The head of an answer, and the body that is still to come.
#[derive(Debug)]
pub struct Answer(Box<http::Response<Body>>);

impl Client {
    /// A client that connects to nothing yet, and waits no longer than this for a connection.
    #[must_use]
    pub fn new(connect_timeout: Duration) -> Self {
        let pool: Pool<_, Body> = Pool::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .build(Connector::new(connect_timeout));
        Self::answered_by(move |request| {
            let asked = pool.request(request);
            async move {
                match asked.await {
                    Ok(answer) => Ok(answer.map(Body::from_body_1_x)),
                    Err(error) if error.is_connect() => Err(Error::NotConnected(error.into())),
                    Err(error) => Err(Error::Lost(error.into())),
                }
            }
        })
    }

    /// A client whose requests are answered by this, in the place of a network.
    pub fn answered_by<F, A>(answer: F) -> Self
    where
        F: Fn(http::Request<Body>) -> A + Send + Sync + 'static,
        A: Future<Output = Result<http::Response<Body>, Error>> + Send + 'static,
    {
        Self { ask: Arc::new(move |request| Box::pin(answer(request))), headers: HeaderMap::new() }
    }

    /// The same connections, with these headers on every request.
    #[must_use]
    pub fn with_headers(self, headers: HeaderMap) -> Self {
        Self { headers, ..self }
    }

    /// Begins a request.
    pub fn request(&self, method: Method, url: Url) -> Request {
        Request { client: self.clone(), method, url, headers: self.headers.clone(), body: Body::empty() }
    }

    /// Sends a request that is written, as it is.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn send(&self, request: http::Request<Body>) -> Result<http::Response<Body>, Error> {
        (self.ask)(request).await
    }
}

impl Request {
    /// With this header in the place of one of the same name.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// With this body.
    pub fn body(self, body: impl Into<Body>) -> Self {
        Self { body: body.into(), ..self }
    }

    /// With these fields as a form.
    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.header(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded")).body(form)
    }

    /// Sends it, and waits for the head of the answer.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn send(self) -> Result<Answer, Error> {
        let mut request = http::Request::builder()
            .method(self.method)
            .uri(self.url.as_str().split('#').next().unwrap_or_default())
            .body(self.body)
            .map_err(Error::Unwritable)?;
        *request.headers_mut() = self.headers;
        self.client.send(request).await.map(|answer| Answer(Box::new(answer)))
    }
}

impl Answer {
    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status()
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        self.0.headers()
    }

    /// Waits for the next piece of the body; `None` at its end.
    ///
    /// # Errors
    /// [`Error::CutOff`].
    pub async fn piece(&mut self) -> Result<Option<Bytes>, Error> {
        while let Some(frame) = self.0.body_mut().frame().await {
            // What is no data is a trailer, which nobody here reads.
            if let Ok(piece) = frame.map_err(Error::CutOff)?.into_data() {
                return Ok(Some(piece));
            }
        }
        Ok(None)
    }
}
