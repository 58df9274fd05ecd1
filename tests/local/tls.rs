//! TLS in front of a server that speaks none, and a count of who connects.
//!
//! Real servers are reached over TLS, and the false ones over plain HTTP: this stands between, so that a
//! handshake is a real one. The certificate is for `127.0.0.1` alone and vouches for itself; its key is a
//! test key of this repository. A program trusts it that is started with [`bundle`] as its `AWS_CA_BUNDLE`.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use local::{cloud::Cloud, tls::{self, Tls}};
//! let cloud = Cloud::shared().await?;
//! let tls = Tls::in_front_of(cloud.endpoint().url())?;
//! // ... start a function with AWS_ENDPOINT_URL = tls.url() and AWS_CA_BUNDLE = tls::bundle() ...
//! assert_eq!(tls.connections(), 1);
//! # Ok(()) }
//! ```
//!
//! What it does not do: look at what passes, or fail. For both see [`crate::proxy`].

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::folders;

const CERTIFICATE: &[u8] = include_bytes!("tls/certificate.pem");
const KEY: &[u8] = include_bytes!("tls/key.pk8");

/// A running server; it ends when it is dropped.
#[derive(Debug)]
pub struct Tls {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// The certificate's file.
#[must_use]
pub fn bundle() -> PathBuf {
    folders::root().join("tests/local/tls/certificate.pem")
}

impl Tls {
    /// TLS in front of the server at this `http` URL.
    ///
    /// # Errors
    /// When no port, thread or certificate is to be had, or the URL is none.
    pub fn in_front_of(url: &str) -> io::Result<Self> {
        let upstream: SocketAddr =
            url.trim_start_matches("http://").trim_end_matches('/').parse().map_err(io::Error::other)?;
        let acceptor = TlsAcceptor::from(Arc::new(server()?));
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let connections = Arc::new(AtomicUsize::new(0));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let counted = Arc::clone(&connections);
        let thread = thread::Builder::new().name("tls".to_owned()).spawn(move || {
            runtime.block_on(async move {
                let Ok(listener) = TcpListener::from_std(listener) else { return };
                tokio::select! {
                    () = serve(listener, acceptor, upstream, counted) => {}
                    _ = stopped => {}
                }
            });
        })?;
        Ok(Self { address, connections, stop: Some(stop), thread: Some(thread) })
    }

    /// `https://127.0.0.1:<port>`, without a slash at its end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// Connections that were ever made.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Tls {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // Err: it panicked, and whoever was connected has been told by a broken connection.
            drop(thread.join());
        }
    }
}

fn server() -> io::Result<ServerConfig> {
    let certificate = CertificateDer::from_pem_slice(CERTIFICATE).map_err(io::Error::other)?;
    let config = ServerConfig::builder().with_no_client_auth();
    config.with_single_cert(vec![certificate], PrivateKeyDer::Pkcs8(KEY.into())).map_err(io::Error::other)
}

async fn serve(listener: TcpListener, acceptor: TlsAcceptor, upstream: SocketAddr, connections: Arc<AtomicUsize>) {
    let mut conversations = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    connections.fetch_add(1, Ordering::SeqCst);
                    let acceptor = acceptor.clone();
                    // Err: one side closed the connection, which the other then learns as well.
                    conversations.spawn(async move { drop(converse(stream, &acceptor, upstream).await) });
                }
            }
            Some(_) = conversations.join_next() => {}
        }
    }
}

async fn converse(stream: TcpStream, acceptor: &TlsAcceptor, upstream: SocketAddr) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut near = acceptor.accept(stream).await?;
    let mut far = TcpStream::connect(upstream).await?;
    far.set_nodelay(true)?;
    copy_bidirectional(&mut near, &mut far).await.map(drop)
}
