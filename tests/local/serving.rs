//! One small HTTP server on a free loopback port, on a thread of its own.
//!
//! A thread and a runtime per server, so that it serves as well from a test's own runtime as from
//! one shared by all tests, and goes on while the test's runtime is busy. It ends when the value is
//! dropped, with every connection that is still open.
//!
//! A handler can break the connection in place of an answer, by [`hang_up`]: that is how the false
//! servers fail as real networks do.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use axum::body::{Body, Bytes};
use futures_util::{StreamExt, stream};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// In a response's extensions: send nothing and close the connection.
#[derive(Debug, Clone, Copy)]
struct HangUp;

/// The connection was closed on purpose.
#[derive(Debug, thiserror::Error)]
#[error("hung up")]
struct HungUp;

/// A running server.
#[derive(Debug)]
pub struct Serving {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// In place of an answer: the connection is closed without one.
#[must_use]
pub fn hang_up() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    response.extensions_mut().insert(HangUp);
    response
}

/// A body that sends this much and then breaks the connection.
pub fn broken_off(sent: Bytes) -> Body {
    let beginning = stream::once(async { Ok(sent) });
    let end = stream::once(async {
        // hyper sends what it has when the body has to be waited for.
        tokio::task::yield_now().await;
        Err(io::Error::from(io::ErrorKind::ConnectionReset))
    });
    Body::from_stream(beginning.chain(end))
}

impl Serving {
    /// Serves every request by `answer`.
    ///
    /// # Errors
    /// When no thread, runtime or loopback port is to be had.
    pub fn start<A, F>(answer: A) -> io::Result<Self>
    where
        A: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Response<Body>> + Send + 'static,
    {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (tell_address, address) = mpsc::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = thread::Builder::new().name("false server".to_owned()).spawn(move || {
            runtime.block_on(async move {
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
                let bound = listener.and_then(|listener| Ok((listener.local_addr()?, listener)));
                match bound {
                    Ok((address, listener)) => {
                        drop(tell_address.send(Ok(address)));
                        tokio::select! {
                            () = serve(listener, answer) => {}
                            _ = stopped => {}
                        }
                    }
                    Err(error) => drop(tell_address.send(Err(error))),
                }
            });
        })?;
        let address = address.recv().map_err(|_| io::Error::other("the server's thread has ended"))??;
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }

    /// `http://127.0.0.1:<port>`, without a slash at its end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Serves an axum router.
    ///
    /// # Errors
    /// As [`Serving::start`].
    pub fn router(router: axum::Router) -> io::Result<Self> {
        use tower::ServiceExt;
        Self::start(move |request| {
            let router = router.clone();
            async move {
                let answered: Result<_, Infallible> = router.oneshot(request.map(Body::new)).await;
                match answered {
                    Ok(response) => response,
                    Err(never) => match never {},
                }
            }
        })
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // Err: a handler panicked, and the test that caused it has been told by its client.
            drop(thread.join());
        }
    }
}

async fn serve<A, F>(listener: TcpListener, answer: A)
where
    A: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<Body>> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    connections.spawn(converse(stream, answer.clone()));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn converse<A, F>(stream: TcpStream, answer: A)
where
    A: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<Body>> + Send + 'static,
{
    // Small answers must not wait for an acknowledgement: Nagle adds 40 ms to each.
    drop(stream.set_nodelay(true));
    let service = service_fn(|request| {
        let answered = answer(request);
        async move {
            let response = answered.await;
            match response.extensions().get::<HangUp>() {
                Some(HangUp) => Err(HungUp),
                None => Ok(response),
            }
        }
    });
    // Err: the other side or a script broke the connection; that is what scripts are for.
    drop(http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service).await);
}
