//! A false AWS Lambda: `Invoke` over real HTTP, answered by what a test gives it.
//!
//! MiniStack runs deployed functions; this is for tests that have no deployment and call the
//! handlers themselves. A handler that fails is told as Lambda tells it: 200, with a header.
//!
//! ```no_run
//! # fn example() -> std::io::Result<()> {
//! use local::lambda::Lambda;
//! let lambda = Lambda::start("a-function", |payload| async move { Ok(payload) })?;
//! // ... a Lambda client at lambda.url() invokes a-function ...
//! assert_eq!(lambda.invocations(), 1);
//! # Ok(()) }
//! ```

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::{Body, Bytes};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::{Request, Response, StatusCode};

use crate::serving::{Serving, hang_up};

/// By this header Lambda says that the function failed, and not Lambda.
const FUNCTION_ERROR: &str = "x-amz-function-error";

/// The function failed.
#[derive(Debug, Clone, Copy)]
pub struct FunctionFailed;

/// A running false Lambda with one function; it ends when it is dropped.
#[derive(Debug)]
pub struct Lambda {
    serving: Serving,
    invocations: Arc<AtomicUsize>,
}

impl Lambda {
    /// Starts with this function, which is given a payload and gives one back.
    ///
    /// # Errors
    /// When no port or thread is to be had.
    pub fn start<H, F>(function: &str, handler: H) -> io::Result<Self>
    where
        H: Fn(Bytes) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Result<Bytes, FunctionFailed>> + Send + 'static,
    {
        let path: Arc<str> = format!("/2015-03-31/functions/{function}/invocations").into();
        let invocations = Arc::new(AtomicUsize::new(0));
        let serving = Serving::start({
            let invocations = Arc::clone(&invocations);
            move |request| {
                let (path, invocations, handler) = (Arc::clone(&path), Arc::clone(&invocations), handler.clone());
                async move { answer(&path, &invocations, handler, request).await }
            }
        })?;
        Ok(Self { serving, invocations })
    }

    /// Where a client finds it.
    #[must_use]
    pub fn url(&self) -> String {
        self.serving.url()
    }

    /// How often the function was invoked.
    #[must_use]
    pub fn invocations(&self) -> usize {
        self.invocations.load(Ordering::SeqCst)
    }
}

async fn answer<H, F>(path: &str, invocations: &AtomicUsize, handler: H, request: Request<Incoming>) -> Response<Body>
where
    H: Fn(Bytes) -> F,
    F: Future<Output = Result<Bytes, FunctionFailed>>,
{
    if request.method() != hyper::Method::POST || request.uri().path() != path {
        return with(StatusCode::NOT_FOUND, r#"{"Type":"User","Message":"Function not found"}"#.into(), "");
    }
    invocations.fetch_add(1, Ordering::SeqCst);
    let Ok(payload) = request.into_body().collect().await.map(http_body_util::Collected::to_bytes) else {
        return hang_up();
    };
    match handler(payload).await {
        Ok(answer) => with(StatusCode::OK, answer, ""),
        Err(FunctionFailed) => {
            with(StatusCode::OK, r#"{"errorType":"Error","errorMessage":"scripted"}"#.into(), "Unhandled")
        }
    }
}

fn with(status: StatusCode, body: Bytes, function_error: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    if !function_error.is_empty() {
        response.headers_mut().insert(FUNCTION_ERROR, hyper::header::HeaderValue::from_static(function_error));
    }
    response
}
