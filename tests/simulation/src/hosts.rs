//! The processes of the three functions: each has a clock, its own way to the world, and the real
//! handler; it is used again while it lives, as Lambda does.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use api::caller::claims::ClaimPath;
use api::sync_function::SyncFunction;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, SharedAsyncSleep, SharedCredentialsProvider};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_async::time::{SharedTimeSource, StaticTimeSource};
use shared::aws::{self, SdkConfig};
use shared::clock::Clock;
use shared::http::Client;
use shared::queue::Queue;
use shared::table::Table;
use sync::settings::CustomersSettings;
use sync::source::{Patience, VakaSettings};

use crate::call::Process;
use crate::chance::happens;
use crate::endpoint::Endpoint;
use crate::issuer::ISSUER;
use crate::outside;
use crate::table::{CUSTOMERS, SECRETS, STATE};
use crate::time::HostClock;
use crate::world::Shared;

/// Where nothing is: no connection is made.
const ADDRESS: &str = "http://127.0.0.1";
const QUEUE: &str = "http://127.0.0.1/queue";
/// How wrong a clock is that is wrong.
const WRONG_BY_MS: i64 = 30_000;

/// Names what no two runs of this program may share: what the SDK keeps of a region.
static MADE: AtomicU64 = AtomicU64::new(0);

/// One process.
pub(crate) struct Host<A> {
    pub process: Arc<Process>,
    pub clock: HostClock,
    pub app: A,
}

/// The processes of one function that have nothing to do.
pub(crate) type Idle<A> = Mutex<Vec<Host<A>>>;

/// Everything that is deployed in one run.
pub(crate) struct Deployment {
    pub shared: Shared,
    pub api: Idle<Arc<api::App>>,
    pub sync: Idle<sync::door::App>,
    pub recover: Idle<recover::App>,
    region: String,
}

/// What a process begins with.
struct Beginning {
    process: Arc<Process>,
    host_clock: HostClock,
    clock: Clock,
    http: Client,
    aws: SdkConfig,
}

impl Deployment {
    pub(crate) fn new(shared: &Shared) -> Self {
        let region = format!("run-{}", MADE.fetch_add(1, Ordering::Relaxed));
        let shared = shared.clone();
        Self { shared, api: Idle::default(), sync: Idle::default(), recover: Idle::default(), region }
    }

    pub(crate) fn api(&self) -> Result<Host<Arc<api::App>>, String> {
        if let Some(host) = idle(&self.api).pop() {
            return Ok(host);
        }
        let Beginning { process, host_clock, clock, http, aws } = self.begin("api")?;
        let paths = ["realm_access.roles", "resource_access.*.roles"];
        let settings = api::settings::Settings {
            state_table: STATE.to_owned(),
            sync_queue_url: QUEUE.to_owned(),
            secrets_table: SECRETS.to_owned(),
            sync_function: "sync".to_owned(),
            trusted_issuers: vec![ISSUER.to_owned()],
            token_audiences: Vec::new(),
            role_claims: paths.iter().filter_map(|path| ClaimPath::parse(path)).collect(),
            company_claim: ClaimPath::parse("company_id").ok_or("no claim path")?,
            cors_origins: Vec::new(),
            answer_within: api::ANSWER_WITHIN,
        };
        let (table, queue) = (Table::new(&aws, STATE), Queue::new(&aws, QUEUE));
        let app = api::App::over(http, settings, table, queue, SyncFunction::new(&aws, "sync"), clock);
        let app = Arc::new(app.map_err(|error| error.to_string())?);
        Ok(Host { process, clock: host_clock, app })
    }

    pub(crate) fn sync(&self) -> Result<Host<sync::door::App>, String> {
        if let Some(host) = idle(&self.sync).pop() {
            return Ok(host);
        }
        let Beginning { process, host_clock, clock, http, aws } = self.begin("sync")?;
        let vaka = VakaSettings::new(ADDRESS, &format!("{ADDRESS}/token"), "api://vaka/.default");
        let settings = sync::settings::Settings {
            state_table: STATE.to_owned(),
            customers_table: CUSTOMERS.to_owned(),
            secrets_table: SECRETS.to_owned(),
            queue_url: QUEUE.to_owned(),
            vaka: vaka.map_err(|error| error.to_string())?,
            customers: CustomersSettings::Embedded,
        };
        let app = sync::door::App::over(http, settings, &aws, clock, Patience::PRODUCTION);
        Ok(Host { process, clock: host_clock, app })
    }

    pub(crate) fn recover(&self) -> Result<Host<recover::App>, String> {
        if let Some(host) = idle(&self.recover).pop() {
            return Ok(host);
        }
        let Beginning { process, host_clock, clock, aws, .. } = self.begin("recover")?;
        let settings = recover::Settings {
            state_table: STATE.to_owned(),
            queue_url: QUEUE.to_owned(),
            event_bus: "default".to_owned(),
        };
        let app = recover::App::new(settings, &aws, clock);
        Ok(Host { process, clock: host_clock, app })
    }

    fn begin(&self, function: &str) -> Result<Beginning, String> {
        let (nth, error_ms) = {
            let mut world = self.shared.lock();
            let world = &mut *world;
            world.tally.add("processes", 1);
            let is_wrong = happens(&mut world.random, world.character.clock_wrong);
            let error_ms = if is_wrong { world.random.i64(-WRONG_BY_MS..=WRONG_BY_MS) } else { 0 };
            world.tally.add("faults: clock wrong", u64::from(error_ms != 0));
            (world.processes(), error_ms)
        };
        let process = Process::new(format!("{function}-{nth}"));
        let (host_clock, clock) = self.shared.time.host(error_ms);
        self.shared.tell(|_| format!("{} begins, its clock is {error_ms} ms ahead", process.name));
        let http = outside::client(&self.shared, &process);
        let aws = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            // What the SDK keeps of a service's troubles it keeps by region: runs must not share it.
            .region(Region::new(self.region.clone()))
            .endpoint_url(ADDRESS)
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
                "id",
                "key",
                None,
                None,
                "simulated",
            )))
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .time_source(SharedTimeSource::new(StaticTimeSource::from_secs(0)))
            .retry_config(aws::retries())
            .timeout_config(aws::timeouts())
            .http_client(aws_smithy_runtime_api::client::http::SharedHttpClient::new(Endpoint::of(
                &self.shared,
                &process,
            )))
            .build();
        Ok(Beginning { process, host_clock, clock, http, aws })
    }
}

/// Who has nothing to do.
pub(crate) fn idle<A>(hosts: &Idle<A>) -> MutexGuard<'_, Vec<Host<A>>> {
    hosts.lock().unwrap_or_else(PoisonError::into_inner)
}
