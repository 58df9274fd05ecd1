//! Wiring alone: settings, clients, the room, the runtime.

use api::App;
use api::settings::Settings;
use shared::clock::Clock;
use shared::queue::Queue;
use shared::table::Table;
use shared::{aws, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    telemetry::start();
    let settings = Settings::from_env().inspect_err(|error| tracing::error!(%error, "the function cannot start"))?;
    let aws = aws::configuration().await;
    let table = Table::new(&aws, &settings.state_table);
    let queue = Queue::new(&aws, &settings.sync_queue_url);
    lambda_runtime::run(api::service(App::new(settings, table, queue, Clock::system())?)).await
}
