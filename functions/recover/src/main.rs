//! The recover function's wiring.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use recover::{App, Settings};
use serde::de::IgnoredAny;
use shared::aws::{Aws, Service};
use shared::clock::Clock;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    shared::telemetry::start();
    let settings =
        Settings::from_environment().inspect_err(|error| tracing::error!(%error, "the function cannot start"))?;
    let aws = Aws::from_environment().inspect_err(|error| tracing::error!(%error, "the function cannot start"))?;
    let app = &App::new(settings, aws.configuration(), Clock::system());
    aws.open(&[Service::DynamoDb]).await;
    run(service_fn(move |_: LambdaEvent<IgnoredAny>| async move { Ok::<_, Error>(app.run().await.map(drop)?) })).await
}
