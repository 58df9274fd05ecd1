//! The api function over AWS clients that are made as the SDK's documentation says, and nothing else changed.

use api::App;
use api::settings::Settings;
use api::sync_function::SyncFunction;
use aws_config::BehaviorVersion;
use shared::clock::Clock;
use shared::queue::Queue;
use shared::table::Table;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    // For the issuers' keys: with two providers in the graph rustls has to be told which.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    shared::telemetry::start();
    let settings = Settings::from_env()?;
    let aws = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let table = Table::new(&aws, &settings.state_table);
    let queue = Queue::new(&aws, &settings.sync_queue_url);
    let sync_function = SyncFunction::new(&aws, &settings.sync_function);
    lambda_runtime::run(api::service(App::new(settings, table, queue, sync_function, Clock::system())?)).await
}
