//! What is measured in: fast servers of the bench's own, the binaries that are deployed, companies.

use std::io;
use std::time::{Duration, Instant};

use serde_json::json;
use shared::clock::Clock;
use shared::handoff::{self, Accept};
use shared::ids::CompanyId;
use shared::job::Mode;
use shared::queue::{Nudge, Queue};
use shared::table::Table;
use uuid::Uuid;

use super::BenchError;
use super::dynamodb::{Attribute, CUSTOMERS, Counts, DynamoDb, Item, SECRETS, STATE};
use super::process;
use crate::bundle::Binaries;
use crate::connect::{self, Connection, Secret};
use crate::runtime::{FunctionProcess, Invoked};
use crate::vaka::{CLIENT_ID, CLIENT_SECRET, SCOPE, Vaka};

/// The binary of the sync function.
const SYNC: &str = "sync";

/// What VAKA gives at most.
const PAGE: usize = 100;

/// Lambda's limit, as the template has it.
const TIME: Duration = Duration::from_secs(900);

/// The servers, and what is run against them.
#[derive(Debug)]
pub struct Fixture {
    /// Where everything is kept.
    pub dynamodb: DynamoDb,
    /// The source.
    pub vaka: Vaka,
    binaries: Binaries,
}

/// A connected company with one VAKA system.
#[derive(Debug, Clone)]
pub struct Company {
    /// Its id.
    pub id: Uuid,
    /// The system.
    pub device: Uuid,
    /// Its api key.
    pub api_key: String,
    /// Users of the system.
    pub users: usize,
}

/// What one sync took.
#[derive(Debug, Clone)]
pub struct Synced {
    /// From the message to the answer.
    pub wall: Duration,
    /// Processor time of the function's process.
    pub processor: Duration,
    /// What was asked of DynamoDB by the function alone.
    pub counts: Counts,
    /// What was asked for the job to be accepted.
    pub accepted: Counts,
}

impl Fixture {
    /// Starts the servers and builds the functions as they are deployed.
    ///
    /// # Errors
    /// [`BenchError`].
    pub async fn start() -> Result<Self, BenchError> {
        let binaries = tokio::task::spawn_blocking(|| Binaries::deployed(SYNC)).await.map_err(io::Error::other)??;
        let (dynamodb, vaka) = (DynamoDb::start(Duration::ZERO)?, Vaka::start()?);
        vaka.page_users(Some(PAGE));
        let fixture = Self { dynamodb, vaka, binaries };
        fixture.clear().await?;
        Ok(fixture)
    }

    /// A world in which nobody has ever synced.
    ///
    /// # Errors
    /// [`BenchError`].
    pub async fn clear(&self) -> Result<(), BenchError> {
        self.dynamodb.clear();
        self.vaka.forget();
        let client = self.dynamodb.endpoint().dynamodb();
        connect::integrator(&client, SECRETS, CLIENT_ID, &Secret::known(CLIENT_SECRET)).await?;
        Ok(())
    }

    /// Connects a company with this many users; the same seed, the same people.
    ///
    /// # Errors
    /// [`BenchError`].
    pub async fn company(&self, users: usize, seed: u64) -> Result<Company, BenchError> {
        let (id, api_key) = (Uuid::new_v4(), Uuid::new_v4().to_string());
        let device = self.vaka.add_system(&api_key);
        self.vaka.populate(device, users, seed);
        let company = Company { id, device, api_key, users };
        self.connect(&company).await?;
        Ok(company)
    }

    /// Connects a company that is known, in a world that has been cleared.
    ///
    /// # Errors
    /// [`BenchError`].
    pub async fn connect(&self, company: &Company) -> Result<(), BenchError> {
        let connection = Connection { company: company.id, devices: vec![company.device], active: true };
        let client = self.dynamodb.endpoint().dynamodb();
        Ok(connect::connect(&client, STATE, SECRETS, &connection, &Secret::known(&company.api_key)).await?)
    }

    /// A new process of the sync function.
    ///
    /// # Errors
    /// [`BenchError`].
    pub fn function(&self) -> Result<FunctionProcess, BenchError> {
        Ok(FunctionProcess::start(self.binaries.path(SYNC)?, &self.environment())?)
    }

    fn environment(&self) -> Vec<(&'static str, String)> {
        let (endpoint, vaka) = (self.dynamodb.endpoint(), self.vaka.base_url());
        let mut environment = endpoint.environment();
        environment.extend([
            ("STATE_TABLE", STATE.to_owned()),
            ("CUSTOMERS_TABLE", CUSTOMERS.to_owned()),
            ("SECRETS_TABLE", SECRETS.to_owned()),
            ("SYNC_QUEUE_URL", format!("{}/000000000000/sync", endpoint.url())),
            ("SYNC_FUNCTION", "sync".to_owned()),
            ("EVENT_BUS", "default".to_owned()),
            ("CUSTOMERS_HOME", "embedded".to_owned()),
            ("VAKA_TOKEN_URL", self.vaka.token_url()),
            ("VAKA_BASE_URL", vaka),
            ("VAKA_SCOPE", SCOPE.to_owned()),
        ]);
        environment
    }

    /// Accepts a job for the company as the api function does, and gives its message back.
    ///
    /// # Errors
    /// [`BenchError`].
    pub async fn accept(&self, company: &Company) -> Result<Nudge, BenchError> {
        let aws = self.dynamodb.endpoint().sdk();
        let queue = Queue::new(&aws, format!("{}/000000000000/sync", self.dynamodb.endpoint().url()));
        let (table, id) = (Table::new(&aws, STATE), CompanyId::from_uuid(company.id));
        match handoff::accept(&table, &queue, &Clock::system(), id, Mode::Apply).await {
            Ok(Accept::Accepted(job)) => Ok(Nudge::new(id, job.id)),
            other => Err(BenchError::went_wrong("a job is not accepted", format!("{other:?}"))),
        }
    }

    /// One sync of the company by a process that is there already.
    ///
    /// # Errors
    /// [`BenchError`], also when the job does not end as completed with every user found.
    pub async fn sync(&self, function: &mut FunctionProcess, company: &Company) -> Result<Synced, BenchError> {
        let gone = || BenchError::went_wrong("a sync", "the process is gone".to_owned());
        let before = self.dynamodb.counts();
        let nudge = self.accept(company).await?;
        let accepted = self.dynamodb.counts();
        let process = function.id().ok_or_else(gone)?;
        let used = process::processor_time(process)?;
        let wall = deliver(function, &nudge).await?;
        let processor = process::processor_time(process)?.saturating_sub(used);
        let counts = self.dynamodb.counts() - &accepted;
        self.ended(company, &nudge)?;
        Ok(Synced { wall, processor, counts, accepted: accepted - &before })
    }

    /// Makes sure that a job has completed with every user found.
    ///
    /// # Errors
    /// [`BenchError`] when it has not, or the endpoint met what it does not know.
    pub fn ended(&self, company: &Company, nudge: &Nudge) -> Result<(), BenchError> {
        if let Some(unknown) = self.dynamodb.unknown() {
            return Err(BenchError::went_wrong("the bench's endpoint", unknown));
        }
        let job = self.dynamodb.items(STATE, company.id, &format!("JOB#{}", nudge.job)).pop().unwrap_or_default();
        let found = job.get("found").and_then(Attribute::number);
        let is_completed = job.get("status") == Some(&Attribute::S("Completed".into()));
        if !is_completed || found != Some(company.users as i128) {
            let (status, reason) = (job.get("status"), job.get("reason"));
            return Err(BenchError::went_wrong("a sync", format!("{status:?} {reason:?}, users found: {found:?}")));
        }
        Ok(())
    }

    /// What a sync has left behind of the company: customers, and whom its links are about.
    #[must_use]
    pub fn left(&self, company: &Company) -> (Vec<Item>, usize) {
        let mut customers = self.dynamodb.items(CUSTOMERS, company.id, "");
        for customer in &mut customers {
            customer.retain(|name, _| !matches!(&**name, "created_at" | "updated_at"));
        }
        (customers, self.dynamodb.count(STATE, company.id, "LINK#"))
    }
}

/// Gives a function a message, and says how long it took.
///
/// # Errors
/// [`BenchError`] when it is not done with it.
pub async fn deliver(function: &mut FunctionProcess, nudge: &Nudge) -> Result<Duration, BenchError> {
    let body = serde_json::to_string(nudge).unwrap_or_default();
    let event = json!({"Records": [{"messageId": Uuid::new_v4().to_string(), "body": body}]}).to_string();
    let began = Instant::now();
    let answered = function.invoke(&event, TIME).await?;
    let took = began.elapsed();
    match &answered {
        Invoked::Answered(answer) if answer.contains(r#""batchItemFailures":[]"#) => Ok(took),
        other => Err(BenchError::went_wrong("a message is not done", format!("{other:?}"))),
    }
}
