//! Wiring alone: settings, clients, the room, the runtime.

use api::App;
use api::settings::Settings;
use api::sync_function::SyncFunction;
use shared::aws::{Aws, Service};
use shared::clock::Clock;
use shared::queue::Queue;
use shared::table::Table;
use shared::telemetry;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    telemetry::start();
    let settings = Settings::from_env().inspect_err(|error| tracing::error!(%error, "the function cannot start"))?;
    let aws = Aws::from_environment().inspect_err(|error| tracing::error!(%error, "the function cannot start"))?;
    let table = Table::new(aws.configuration(), &settings.state_table);
    let queue = Queue::new(aws.configuration(), &settings.sync_queue_url);
    let sync_function = SyncFunction::new(aws.configuration(), &settings.sync_function);
    let app = App::new(settings, table, queue, sync_function, Clock::system())?;
    tokio::join!(aws.open(&[Service::DynamoDb, Service::Sqs]), app.read_keys());
    lambda_runtime::run(api::service(app)).await
}
