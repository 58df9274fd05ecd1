//! Wiring alone: settings, clients, the room, the runtime.

use api::App;
use api::settings::Settings;
use api::sync_function::SyncFunction;
use shared::clock::Clock;
use shared::queue::Queue;
use shared::table::Table;
use shared::{aws, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    telemetry::start();
    let settings = Settings::from_env().inspect_err(|error| tracing::error!(%error, "the function cannot start"))?;
    let aws = aws::configuration().inspect_err(|error| tracing::error!(%error, "the function cannot start"))?;
    let table = Table::new(&aws, &settings.state_table);
    let queue = Queue::new(&aws, &settings.sync_queue_url);
    let sync_function = SyncFunction::new(&aws, &settings.sync_function);
    lambda_runtime::run(api::service(App::new(settings, table, queue, sync_function, Clock::system())?)).await
}
