//! Connections that are open before the first event comes.
//!
//! A function initializes with a whole core and handles events with the share that its memory pays for,
//! so a handshake is cheapest before it asks for its first event. Each service is asked for `/ping`,
//! which needs no signature and no permission; what it answers does not matter, because a connection
//! that gave an answer is kept by the pool, and the first call finds it there.
//!
//! Nothing depends on it: a service that does not answer within [`WITHIN`] is left alone without a word, and
//! the first call makes its connection itself.

use std::time::Duration;

use aws_types::SdkConfig;

use crate::http::{Client, Method, Url};

/// Ten times what a handshake within a region takes. A start is not delayed any longer.
pub const WITHIN: Duration = Duration::from_millis(300);

/// The answer is a word; what is longer is something else, and its connection is not worth the reading.
const LONGEST_ANSWER_BYTES: usize = 16 * 1024;

/// A service that a function calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// The tables.
    DynamoDb,
    /// The queue.
    Sqs,
}

impl Service {
    /// Where the SDK's client finds it.
    async fn endpoint(self, configuration: &SdkConfig) -> Option<String> {
        let region = configuration.region().map(ToString::to_string);
        let given = configuration.endpoint_url().map(str::to_owned);
        let found = match self {
            Self::DynamoDb => {
                use aws_sdk_dynamodb::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
                let parameters = Params::builder().set_region(region).set_endpoint(given).build().ok()?;
                DefaultResolver::new().resolve_endpoint(&parameters).await
            }
            Self::Sqs => {
                use aws_sdk_sqs::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
                let parameters = Params::builder().set_region(region).set_endpoint(given).build().ok()?;
                DefaultResolver::new().resolve_endpoint(&parameters).await
            }
        };
        found.ok().map(|endpoint| endpoint.url().to_owned())
    }
}

/// Opens a connection to each of these, and waits until they are open or time is up.
pub(super) async fn open(client: &Client, configuration: &SdkConfig, services: &[Service]) {
    let mut endpoints = Vec::with_capacity(services.len());
    for service in services {
        endpoints.extend(service.endpoint(configuration).await);
    }
    // An emulator has one for all.
    endpoints.dedup();
    let pings = endpoints.into_iter().filter_map(|endpoint| ping(client, &endpoint));
    // Err: time is up.
    drop(tokio::time::timeout(WITHIN, futures_util::future::join_all(pings)).await);
}

fn ping(client: &Client, endpoint: &str) -> Option<impl Future<Output = ()> + use<>> {
    let address = Url::parse(endpoint).and_then(|endpoint| endpoint.join("/ping")).ok()?;
    let request = client.request(Method::GET, address);
    Some(async move {
        // Err: nobody is there, or they hung up. The first call will meet it and knows what to do.
        let Ok(mut answer) = request.send().await else { return };
        let mut read = 0;
        while let Ok(Some(piece)) = answer.piece().await {
            read += piece.len();
            if read > LONGEST_ANSWER_BYTES {
                return;
            }
        }
    })
}
