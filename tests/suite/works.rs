//! A company with its VAKA system, and workers that are called as Lambda would call them.
//!
//! Every test has tables and a queue of its own, behind a [`Proxy`] that the workers go through
//! and that the test itself goes past. The clock stands still unless a test moves it, so leases
//! lapse when a test says so and nothing sleeps.
//!
//! Customers have one of two homes; what a test asks about them is in [`customers`].

mod customers;
mod fail_fast;

pub use customers::MOST_AT_ONCE;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use local::bokamera::{self, BokaMera, PASSWORD, USERNAME};
use local::cloud::{Cloud, Endpoint};
use local::fresh::Fresh;
use local::proxy::{Gate, Proxy};
use local::vaka::{CLIENT_ID, CLIENT_SECRET, SCOPE, User, Vaka};
use shared::aws::SdkConfig;
use shared::clock::{Clock, Timestamp};
use shared::handoff::{Accept, accept};
use shared::ids::{CompanyId, JobId};
use shared::job::{Counters, Job, Mode, Status};
use shared::outcome::OutcomeKind::{Created, Skipped, Unchanged, Updated};
use shared::queue::{Nudge, Queue};
use shared::table::Table;
use shared::table::report::Row;
use shared::table::schema::HAND_OFF_LEASE;
use sync::door::{App, Invocation};
use sync::settings::Settings;
use sync::source::{Patience, VakaSettings};
use uuid::Uuid;

/// A noon that is not over for long: the emulators themselves remove what has outlived its TTL.
pub const NOON: Timestamp = Timestamp::from_ms(4_105_080_000_000);
/// Lambda's time limit of the sync function.
pub const TIMEOUT: Duration = Duration::from_secs(900);
const API_KEY: &str = "the-api-key-of-a-test";

/// An item as it lies in a table.
pub type Item = HashMap<String, AttributeValue>;

/// A company, its VAKA system, and everything that a sync of it needs.
pub struct Works {
    pub company: CompanyId,
    pub device: Uuid,
    pub vaka: Vaka,
    pub proxy: Proxy,
    pub clock: Clock,
    pub fresh: Fresh,
    pub table: Table,
    pub queue: Queue,
    pub recover: recover::App,
    /// Where customers are written by calls, if they are.
    pub rest: Option<Rest>,
    aws: SdkConfig,
}

/// A false BokaMera, and what lies between it and the workers.
pub struct Rest {
    pub bokamera: BokaMera,
    pub proxy: Proxy,
}

/// The home of a test's customers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    Embedded,
    Rest,
}

/// A patience that makes no test wait for it.
pub const QUICK: Patience =
    Patience { first_pause: Duration::from_millis(1), longest_pause: Duration::from_millis(4), ..Patience::PRODUCTION };

impl Works {
    /// A connected company whose system has no users yet.
    pub async fn open() -> Self {
        Self::open_with(Home::Embedded).await
    }

    /// The same, with customers in this home.
    pub async fn open_with(home: Home) -> Self {
        fail_fast::if_asked();
        let cloud = Cloud::shared().await.expect("an AWS");
        let fresh = Fresh::create(cloud.endpoint()).await.expect("tables and a queue");
        let proxy = Proxy::in_front_of(cloud.endpoint().url()).expect("a proxy");
        let vaka = Vaka::start().expect("a false VAKA");
        let device = vaka.add_system(API_KEY);
        let clock = Clock::set_to(NOON);
        let direct = cloud.endpoint().sdk();
        let aws = retrying(Endpoint::at(proxy.url()).sdk());
        let settings = recover::Settings {
            state_table: fresh.state_table.clone(),
            queue_url: fresh.queue_url.clone(),
            event_bus: "default".to_owned(),
        };
        let works = Self {
            company: CompanyId::from_uuid(Uuid::new_v4()),
            device,
            table: Table::new(&direct, &fresh.state_table),
            queue: Queue::new(&direct, &fresh.queue_url),
            recover: recover::App::new(settings, &aws, clock.clone()),
            vaka,
            proxy,
            clock,
            fresh,
            rest: (home == Home::Rest).then(Rest::start),
            aws,
        };
        works.put_integrator(CLIENT_SECRET).await;
        works.put_bokamera(PASSWORD, bokamera::API_KEY).await;
        works.connect(works.company, &[device], true).await;
        works.put_api_key(works.company, API_KEY).await;
        works
    }

    /// A connected company with these users.
    pub async fn with_users(users: Vec<User>) -> Self {
        Self::with_users_in(Home::Embedded, users).await
    }

    /// The same, with customers in this home.
    pub async fn with_users_in(home: Home, users: Vec<User>) -> Self {
        let works = Self::open_with(home).await;
        works.vaka.set_users(works.device, users);
        works
    }

    /// A worker over the same tables: what Lambda would start anew.
    pub fn worker(&self) -> App {
        self.worker_at(self.clock.clone(), if self.rest.is_some() { QUICK } else { Patience::PRODUCTION })
    }

    /// A worker with a clock of its own, and its own patience with the source.
    pub fn worker_at(&self, clock: Clock, patience: Patience) -> App {
        let vaka = VakaSettings::new(&self.vaka.base_url(), &self.vaka.token_url(), SCOPE);
        let settings = Settings {
            state_table: self.fresh.state_table.clone(),
            customers_table: self.fresh.customers_table.clone(),
            secrets_table: self.fresh.secrets_table.clone(),
            queue_url: self.fresh.queue_url.clone(),
            vaka: vaka.expect("a false VAKA's address"),
            customers: self.customers_settings(),
        };
        App::new(settings, &self.aws, clock, patience)
    }

    /// The queue as the functions reach it.
    pub fn queue_behind_the_proxy(&self) -> Queue {
        Queue::new(&self.aws, &self.fresh.queue_url)
    }

    /// A request for a sync that is accepted.
    pub async fn accept(&self) -> JobId {
        self.accept_to(Mode::Apply).await
    }

    /// A job that has been accepted to do this.
    pub async fn accept_to(&self, mode: Mode) -> JobId {
        match accept(&self.table, &self.queue, &self.clock, self.company, mode).await.expect("an answer") {
            Accept::Accepted(job) => job.id,
            other => panic!("not accepted: {other:?}"),
        }
    }

    /// Delivers the job's message to a new worker with Lambda's whole time; the message is done.
    pub async fn work(&self, job: JobId) {
        let response = self.deliver(&self.worker(), &body(self.company, job), TIMEOUT).await;
        assert!(response.batch_item_failures.is_empty(), "the message was given back");
    }

    /// Lets the pause go by that the job's last slice has asked for.
    pub async fn pass_pause(&self, job: JobId) {
        let lease_ends = self.job(job).await.lease_expires_at.expect("a lease");
        self.clock.turn_to(lease_ends.before(HAND_OFF_LEASE));
    }

    /// Delivers the job's message to a worker that dies where it comes to the gate: its future is dropped there.
    pub async fn die_at(self: &Arc<Self>, gate: &Gate, job: JobId) {
        let works = Arc::clone(self);
        let dying = tokio::spawn(async move { works.work(job).await });
        gate.reached().await;
        dying.abort();
        assert!(dying.await.is_err_and(|end| end.is_cancelled()));
    }

    /// Delivers a message to this worker with this much time.
    pub async fn deliver(&self, worker: &App, body: &str, time: Duration) -> SqsBatchResponse {
        let invocation = Invocation { id: Uuid::new_v4().to_string(), deadline: self.clock.now().after(time) };
        worker.handle(event(body), &invocation).await
    }

    /// A sync from request to end.
    pub async fn sync(&self) -> Job {
        self.sync_to(Mode::Apply).await
    }

    /// A sync from request to end that does this about what it decides.
    pub async fn sync_to(&self, mode: Mode) -> Job {
        let job = self.accept_to(mode).await;
        self.work(job).await;
        self.ended(job).await
    }

    /// A sync from request to a completed end.
    pub async fn completed(&self) -> Counters {
        let job = self.sync().await;
        assert_eq!((job.status, job.failure_text), (Status::Completed, None));
        job.counters.expect("counters")
    }

    /// The job as it lies in the table.
    pub async fn job(&self, job: JobId) -> Job {
        self.table.job(self.company, job).await.expect("an answer").expect("a job")
    }

    /// The job, which has ended, and with it all that has to be true then.
    pub async fn ended(&self, job: JobId) -> Job {
        let job = self.job(job).await;
        assert!(!job.status.is_active(), "the job has not ended: {job:?}");
        assert_eq!(job.lease_expires_at, None, "an ended job holds no lease");
        assert_eq!(self.lock().await, None, "an ended job holds no lock");
        if job.status == Status::Completed {
            let counters = job.counters.expect("counters");
            assert!(counters.add_up(), "{counters:?}");
            let report = self.report(&job).await;
            let rows = |kind| report.iter().filter(|row| row.outcome.kind() == kind).count() as u64;
            assert_eq!(
                (rows(Created), rows(Updated), rows(Skipped)),
                (counters.created, counters.updated, counters.skipped)
            );
            assert!(rows(Unchanged) <= counters.unchanged, "{counters:?}");
        }
        job
    }

    /// The report of the job.
    pub async fn report(&self, job: &Job) -> Vec<Row> {
        self.table.report(job).await.expect("a report")
    }

    /// The parts of the job's report, as they lie in the table.
    pub async fn parts(&self, job: JobId) -> Vec<Item> {
        let prefix = format!("REPORT#{job}#");
        let items = all(&self.fresh, &self.fresh.state_table).await;
        items.into_iter().filter(|item| item["item"].as_s().is_ok_and(|key| key.starts_with(&prefix))).collect()
    }

    /// The id of the job that the company's lock names.
    pub async fn lock(&self) -> Option<String> {
        let lock = self.state_item("LOCK").await;
        lock.and_then(|lock| lock.get("job").and_then(|job| job.as_s().ok().cloned()))
    }

    /// An item of the company in the state table.
    pub async fn state_item(&self, item: &str) -> Option<Item> {
        let get = self.fresh.endpoint.dynamodb().get_item().table_name(&self.fresh.state_table);
        let get = get.key("company", text(self.company)).key("item", text(item)).consistent_read(true);
        get.send().await.expect("an item").item
    }

    /// The company's links, as they lie in the table.
    pub async fn links(&self) -> Vec<Item> {
        let items = all(&self.fresh, &self.fresh.state_table).await;
        let is_link = |item: &Item| item["item"].as_s().is_ok_and(|key| key.starts_with("LINK#"));
        items.into_iter().filter(|item| item.get("company") == Some(&text(self.company)) && is_link(item)).collect()
    }

    /// Takes an item away, as a restore of the state table does.
    pub async fn remove(&self, item: &Item) {
        let delete = self.fresh.endpoint.dynamodb().delete_item().table_name(&self.fresh.state_table);
        delete
            .key("company", item["company"].clone())
            .key("item", item["item"].clone())
            .send()
            .await
            .expect("a deletion");
    }

    /// Puts a company's connection in.
    pub async fn connect(&self, company: CompanyId, devices: &[Uuid], active: bool) {
        let devices = devices.iter().map(text).collect();
        let put = self.fresh.endpoint.dynamodb().put_item().table_name(&self.fresh.state_table);
        put.item("company", text(company))
            .item("item", text("CONNECTION"))
            .item("device_ids", AttributeValue::L(devices))
            .item("active", AttributeValue::Bool(active))
            .send()
            .await
            .expect("a connection");
    }

    /// Stores a company's api key; the key of its fingerprints is always the same.
    pub async fn put_api_key(&self, company: CompanyId, api_key: &str) {
        let put = self.fresh.endpoint.dynamodb().put_item().table_name(&self.fresh.secrets_table);
        put.item("owner", text(company))
            .item("api_key", text(api_key))
            .item("fingerprint_key", AttributeValue::B(Blob::new([7; 32])))
            .send()
            .await
            .expect("an api key");
    }

    /// Stores the integrator account.
    pub async fn put_integrator(&self, secret: &str) {
        let put = self.fresh.endpoint.dynamodb().put_item().table_name(&self.fresh.secrets_table);
        put.item("owner", text("INTEGRATOR"))
            .item("client_id", text(CLIENT_ID))
            .item("client_secret", text(secret))
            .send()
            .await
            .expect("an integrator account");
    }

    /// Stores the account at BokaMera.
    pub async fn put_bokamera(&self, password: &str, api_key: &str) {
        let put = self.fresh.endpoint.dynamodb().put_item().table_name(&self.fresh.secrets_table);
        put.item("owner", text("BOKAMERA"))
            .item("username", text(USERNAME))
            .item("password", text(password))
            .item("api_key", text(api_key))
            .send()
            .await
            .expect("an account");
    }

    /// Another VAKA system of the same company.
    pub async fn add_system(&self, users: Vec<User>) -> Uuid {
        let device = self.vaka.add_system(API_KEY);
        self.vaka.set_users(device, users);
        self.connect(self.company, &[self.device, device], true).await;
        device
    }

    /// The messages that are in the queue now; they are taken out.
    pub async fn messages(&self) -> Vec<String> {
        self.fresh.take_messages().await.expect("a poll")
    }
}

/// The body of a job's message.
pub fn body(company: CompanyId, job: JobId) -> String {
    serde_json::to_string(&Nudge::new(company, job)).expect("a message")
}

/// A text value.
pub fn text(value: impl ToString) -> AttributeValue {
    AttributeValue::S(value.to_string())
}

/// As many tries as the deployed clients make.
fn retrying(aws: SdkConfig) -> SdkConfig {
    aws.into_builder().retry_config(RetryConfig::standard().with_max_attempts(4)).build()
}

fn event(body: &str) -> SqsEvent {
    let mut message = SqsMessage::default();
    message.message_id = Some(Uuid::new_v4().to_string());
    message.body = Some(body.to_owned());
    let mut event = SqsEvent::default();
    event.records = vec![message];
    event
}

async fn all(fresh: &Fresh, table: &str) -> Vec<Item> {
    let mut found = Vec::new();
    let mut next = None;
    loop {
        let scan = fresh.endpoint.dynamodb().scan().table_name(table).consistent_read(true);
        let page = scan.set_exclusive_start_key(next).send().await.expect("a scan");
        found.extend(page.items.unwrap_or_default());
        next = page.last_evaluated_key.filter(|key| !key.is_empty());
        if next.is_none() {
            return found;
        }
    }
}
