//! The SDK's seam for an HTTP client, with ours behind it.
//!
//! The time-outs of a call are the SDK's own business; that of a connection is the client's.

use aws_smithy_runtime_api::client::connection::{CaptureSmithyConnection, ConnectionMetadata};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use hyper_util::client::legacy::connect::{CaptureConnection, HttpInfo, capture_connection};

use crate::http::Client;

/// Every AWS client's way to the network.
#[derive(Debug)]
pub(super) struct Connector(SharedHttpConnector);

#[derive(Debug)]
struct Calls(Client);

impl Connector {
    pub(super) fn new(client: Client) -> Self {
        Self(SharedHttpConnector::new(Calls(client)))
    }
}

impl HttpClient for Connector {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        self.0.clone()
    }
}

impl HttpConnector for Calls {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut request = match request.try_into_http1x() {
            Ok(request) => request,
            Err(error) => return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into()))),
        };
        let used = capture_connection(&mut request);
        if let Some(asked) = request.extensions().get::<CaptureSmithyConnection>() {
            asked.set_connection_retriever(move || metadata(&used));
        }
        let client = self.0.clone();
        HttpConnectorFuture::new(async move {
            // Whatever kept the answer away, the SDK may try again: its calls are made to be repeated.
            let answer = client.send(request).await.map_err(|error| ConnectorError::io(error.into()))?;
            HttpResponse::try_from(answer).map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// By which the SDK has a connection closed that gave it a passing failure.
fn metadata(used: &CaptureConnection) -> Option<ConnectionMetadata> {
    let used = used.clone();
    let (local, remote) = {
        let connected = used.connection_metadata();
        let mut extensions = http::Extensions::new();
        connected.as_ref()?.get_extras(&mut extensions);
        let info = extensions.get::<HttpInfo>();
        (info.map(HttpInfo::local_addr), info.map(HttpInfo::remote_addr))
    };
    let close = move || {
        if let Some(connected) = used.connection_metadata().as_ref() {
            connected.poison();
        }
    };
    let mut metadata = ConnectionMetadata::builder().proxied(false).poison_fn(close);
    metadata.set_local_addr(local).set_remote_addr(remote);
    Some(metadata.build())
}
