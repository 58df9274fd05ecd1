//! The sync function's wiring.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use shared::aws::{Aws, Service};
use shared::clock::{Clock, Timestamp};
use sync::door::{App, Invocation};
use sync::settings::Settings;
use sync::source::Patience;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    shared::telemetry::start();
    let settings =
        Settings::from_environment().inspect_err(|error| tracing::error!(%error, "the function cannot start"))?;
    let aws = Aws::from_environment().inspect_err(|error| tracing::error!(%error, "the function cannot start"))?;
    let app = &App::new(settings, aws.configuration(), Clock::system(), Patience::PRODUCTION);
    aws.open(&[Service::DynamoDb]).await;
    run(service_fn(move |event: LambdaEvent<_>| async move {
        let deadline = Timestamp::from_ms(i64::try_from(event.context.deadline).unwrap_or(i64::MAX));
        let invocation = Invocation { id: event.context.request_id, deadline };
        Ok::<_, Error>(app.receive(event.payload, &invocation).await?)
    }))
    .await
}
