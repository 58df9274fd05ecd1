//! A plain HTTP client for loopback: no TLS, no proxy, no redirects, no retries.
//!
//! It is what the proxy forwards with and what readiness is asked with, so that neither depends
//! on the client under test.

use std::time::Duration;

use axum::body::{Body, Bytes};
use http_body_util::BodyExt;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use thiserror::Error;

/// A client with its pool of connections.
pub type PlainClient = Client<HttpConnector, Body>;

/// Why there was no answer.
#[derive(Debug, Error)]
pub enum PlainHttpError {
    /// The address or a header is not well formed.
    #[error("the request cannot be made")]
    Request(#[from] hyper::http::Error),
    /// No connection, or it broke before an answer.
    #[error("no answer")]
    NoAnswer(#[from] hyper_util::client::legacy::Error),
    /// The connection broke within the answer.
    #[error("the answer was cut short")]
    CutShort(#[source] axum::Error),
    /// It took too long.
    #[error("no answer in time")]
    TimedOut,
}

/// A client that keeps no connection: each caller may be on a runtime of its own.
#[must_use]
pub fn client() -> PlainClient {
    Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build_http()
}

/// One GET.
///
/// # Errors
/// [`PlainHttpError`]; any answer with any status is an answer.
pub async fn get(url: &str, within: Duration) -> Result<(StatusCode, Bytes), PlainHttpError> {
    send(Request::builder().method(Method::GET).uri(url).body(Body::empty())?, within).await
}

/// One request, its answer read to the end.
///
/// # Errors
/// [`PlainHttpError`]; any answer with any status is an answer.
pub async fn send(request: Request<Body>, within: Duration) -> Result<(StatusCode, Bytes), PlainHttpError> {
    let answered = async {
        let response: Response<_> = client().request(request).await?;
        let status = response.status();
        let body = Body::new(response.into_body()).collect().await.map_err(PlainHttpError::CutShort)?;
        Ok((status, body.to_bytes()))
    };
    tokio::time::timeout(within, answered).await.map_err(|_| PlainHttpError::TimedOut)?
}
