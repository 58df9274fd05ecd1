//! The world of one run, and the play: somebody asks for a sync until it has ended.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::time::Duration;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::select_all;
use local::bundle::Binaries;
use local::cloud::{self, Cloud, Endpoint};
use local::connect::{self, Connection, Secret};
use local::fresh::Fresh;
use local::issuer::{Issuer, Realm};
use local::proxy::{Gate, Proxy};
use local::runtime::{FunctionProcess, Invoked};
use local::vaka::{CLIENT_ID, CLIENT_SECRET, SCOPE, Vaka};
use local::world::WRITE_ROLE;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::http_door::{Ask, SYNCS};

/// Three commits: what one transaction takes, twice, and a rest.
const USERS: usize = 110;

/// Minutes of the recover function, and requests of the client, before a run counts as stuck.
const MOST_ROUNDS: usize = 12;

const API_KEY: &str = "the-api-key-of-a-test";
const REALM: &str = "bookmore-admin";

/// A server on whose calls faults fall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    Aws,
    Vaka,
}

/// What happens beside the fault of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plot {
    NobodyDies,
    /// The first worker dies in its second commit.
    AWorkerDies,
    /// Each message is delivered to two workers in the same instant.
    EverythingTwice,
}

/// Which function a process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Function {
    Api,
    Sync,
    Recover,
}

impl Function {
    /// Lambda's limit, as the template has it.
    const fn time(self) -> Duration {
        match self {
            Self::Api => Duration::from_secs(15),
            Self::Sync => Duration::from_secs(900),
            Self::Recover => Duration::from_secs(60),
        }
    }
}

/// What all runs share: nothing that a run changes.
pub struct Theatre {
    binaries: Binaries,
    cloud: &'static Cloud,
    vaka: Vaka,
    device: Uuid,
    company: Uuid,
    realm: Realm,
    _issuer: Issuer,
}

/// What a sync has left behind, without times and the job's id.
#[derive(Debug, PartialEq, Eq)]
pub struct Left {
    jobs: Vec<Value>,
    report: Vec<Value>,
    customers: BTreeMap<String, Value>,
    links: BTreeMap<String, Value>,
    lock_is_free: bool,
}

impl Left {
    pub fn difference(&self, expected: &Self) -> String {
        if self.jobs != expected.jobs || !self.lock_is_free {
            return format!("jobs {:?}, lock free: {}", self.jobs, self.lock_is_free);
        }
        let (customers, links, rows) = (self.customers.len(), self.links.len(), self.report.len());
        format!("{customers} customers, {links} links, {rows} rows of the report, or others than expected")
    }
}

impl Theatre {
    /// None against an AWS that somebody else started: these runs ask the functions, not the emulator.
    pub async fn open() -> Option<Self> {
        if cloud::given().is_some() {
            return None;
        }
        let cloud = Cloud::shared().await.expect("an AWS");
        let built = tokio::task::spawn_blocking(Binaries::build).await.expect("no panic");
        let vaka = Vaka::start().expect("a false VAKA");
        let device = vaka.add_system(API_KEY);
        vaka.populate(device, USERS, 1);
        let issuer = Issuer::start(&[REALM]).expect("an issuer");
        let realm = issuer.realm(REALM);
        let binaries = built.expect("the functions build");
        Some(Self { binaries, cloud, vaka, device, company: Uuid::new_v4(), realm, _issuer: issuer })
    }

    fn binary(&self, function: Function) -> &Path {
        let name = match function {
            Function::Api => "api",
            Function::Sync => "sync",
            Function::Recover => "recover",
        };
        self.binaries.path(name).expect("the binary")
    }
}

/// Tables and a queue of one run, proxies, and the functions that are alive.
pub struct Scene<'a> {
    theatre: &'a Theatre,
    fresh: Fresh,
    aws: Proxy,
    outside: Proxy,
    alive: HashMap<Function, FunctionProcess>,
    /// Where a process dies.
    deadly: Vec<Gate>,
    /// An api function that looks past the proxies.
    observer: FunctionProcess,
}

impl<'a> Scene<'a> {
    pub async fn set(theatre: &'a Theatre) -> Self {
        let endpoint = theatre.cloud.endpoint();
        let fresh = Fresh::create(endpoint).await.expect("tables and a queue");
        let dynamodb = endpoint.dynamodb();
        // The same key in every run, so that links can be compared; what is there stays.
        let put = dynamodb.put_item().table_name(&fresh.secrets_table).item("owner", text(theatre.company));
        let put = put.item("fingerprint_key", AttributeValue::B(Blob::new([7; 32])));
        put.send().await.expect("a fingerprint key");
        let connection = Connection { company: theatre.company, devices: vec![theatre.device], active: true };
        let (state, secrets) = (&fresh.state_table, &fresh.secrets_table);
        let connected = connect::connect(&dynamodb, state, secrets, &connection, &Secret::known(API_KEY)).await;
        connected.expect("a connection");
        let integrator = connect::integrator(&dynamodb, secrets, CLIENT_ID, &Secret::known(CLIENT_SECRET)).await;
        integrator.expect("an integrator account");
        let aws = Proxy::in_front_of(endpoint.url()).expect("a proxy");
        let outside = Proxy::in_front_of(&theatre.vaka.base_url()).expect("a proxy");
        let environment = environment(theatre, &fresh, endpoint, &outside.url());
        let observer = FunctionProcess::start(theatre.binary(Function::Api), &environment).expect("a process");
        Self { theatre, fresh, aws, outside, alive: HashMap::new(), deadly: Vec::new(), observer }
    }

    pub fn proxy(&self, server: Server) -> &Proxy {
        match server {
            Server::Aws => &self.aws,
            Server::Vaka => &self.outside,
        }
    }

    /// How many calls the server has been sent.
    pub fn calls(&self, server: Server) -> u64 {
        self.proxy(server).seen().entries().len().try_into().unwrap_or(u64::MAX)
    }

    /// An administrator asks until a sync has ended. A process that comes to the gate dies there.
    pub async fn play(&mut self, plot: Plot, gate: Option<Gate>) -> Left {
        self.deadly.extend(gate);
        if plot == Plot::AWorkerDies {
            self.deadly.push(self.aws.on("TransactWriteItems").containing("LINK#").nth(2).hold_instead());
        }
        let mut shown = 0;
        for _ in 0..MOST_ROUNDS {
            let jobs = self.jobs().await;
            let found = jobs.iter().filter_map(|job| job["UsersFound"].as_u64()).max().unwrap_or_default();
            assert!(found >= shown, "counters went down: {jobs:?}");
            shown = found;
            let message = self.fresh.take_messages().await.expect("a poll").pop();
            match (message, jobs.first().map(|job| job["StatusName"].as_str().unwrap_or_default())) {
                (Some(body), _) => self.deliver(plot, &body).await,
                (None, None) => self.ask().await,
                (None, Some("Pending" | "Processing")) => {
                    self.let_the_lease_lapse().await;
                    self.invoke(Function::Recover, "{}").await;
                }
                (None, Some(_)) => break,
            }
        }
        self.left().await
    }

    /// Asks for a sync, as a client does that was not answered.
    async fn ask(&mut self) {
        let event = self.signed(&Ask::post()).event();
        if let Some(reply) = self.invoke(Function::Api, &event).await {
            let status = reply["statusCode"].as_u64();
            assert!(status.is_some_and(|status| [200, 409, 503].contains(&status)), "{reply}");
        }
    }

    async fn deliver(&mut self, plot: Plot, body: &str) {
        let event = json!({"Records": [{"messageId": Uuid::new_v4().to_string(), "body": body}]}).to_string();
        if plot == Plot::EverythingTwice {
            let mut other = self.start(Function::Sync);
            let (_, twin) =
                tokio::join!(self.invoke(Function::Sync, &event), other.invoke(&event, Function::Sync.time()));
            assert!(matches!(twin, Ok(Invoked::Answered(_))), "{twin:?}");
        } else {
            self.invoke(Function::Sync, &event).await;
        }
    }

    /// What two minutes of silence do.
    async fn let_the_lease_lapse(&self) {
        let jobs = self.items(&self.fresh.state_table, "item", "JOB#").await;
        for key in jobs.into_iter().filter(|(_, job)| job["lease_expires_at"].is_string()).map(|(key, _)| key) {
            let update = self.theatre.cloud.endpoint().dynamodb().update_item().table_name(&self.fresh.state_table);
            let update = update.key("company", text(self.theatre.company)).key("item", text(key));
            let update = update.update_expression("SET lease_expires_at = :past");
            let past = AttributeValue::N("1".to_owned());
            update.expression_attribute_values(":past", past).send().await.expect("a lapsed lease");
        }
    }

    /// The company's jobs, as a client sees them who is not disturbed.
    async fn jobs(&mut self) -> Vec<Value> {
        let listed = self.look(SYNCS).await;
        listed["Results"].as_array().cloned().unwrap_or_default()
    }

    async fn left(&mut self) -> Left {
        let jobs = self.jobs().await;
        let id = jobs.first().and_then(|job| job["Id"].as_str()).unwrap_or_default().to_owned();
        let report = self.look(&format!("{SYNCS}/{id}/users")).await;
        let mut report = report["Results"].as_array().cloned().unwrap_or_default();
        report.sort_by_key(ToString::to_string);
        let without = |mut item: Value, names: &[&str]| {
            names.iter().for_each(|name| drop(item.as_object_mut().and_then(|item| item.remove(*name))));
            item
        };
        let lock = self.items(&self.fresh.state_table, "item", "LOCK").await;
        let customers = self.items(&self.fresh.customers_table, "customer", "").await.into_iter();
        let links = self.items(&self.fresh.state_table, "item", "LINK#").await.into_iter();
        Left {
            jobs: jobs.into_iter().map(|job| without(job, &["Id", "CreatedDate", "UpdatedDate"])).collect(),
            report,
            customers: customers.map(|(key, item)| (key, without(item, &["created_at", "updated_at"]))).collect(),
            links: links.map(|(key, item)| (key, without(item, &["j"]))).collect(),
            lock_is_free: lock.values().all(|lock| lock["job"].is_null()),
        }
    }

    /// Items of a table by their sort key.
    async fn items(&self, table: &str, sort_key: &str, prefix: &str) -> BTreeMap<String, Value> {
        let scan = self.theatre.cloud.endpoint().dynamodb().scan().table_name(table).consistent_read(true);
        let page = scan.send().await.expect("a scan");
        assert!(page.last_evaluated_key.is_none(), "a run has more than one page of items");
        let items = page.items.unwrap_or_default().into_iter().map(|item| {
            let item: Value = item.iter().map(|(name, value)| (name.clone(), plain(value))).collect();
            (item[sort_key].as_str().unwrap_or_default().to_owned(), item)
        });
        items.filter(|(key, _)| key.starts_with(prefix)).collect()
    }

    /// A question past the proxies.
    async fn look(&mut self, path: &str) -> Value {
        let event = self.signed(&Ask::get(path)).event();
        let answered = self.observer.invoke(&event, Function::Api.time()).await.expect("a process");
        let Invoked::Answered(reply) = answered else { panic!("no answer to {path}: {answered:?}") };
        let reply: Value = serde_json::from_str(&reply).expect("a reply");
        serde_json::from_str(reply["body"].as_str().unwrap_or_default()).expect("JSON")
    }

    fn signed(&self, ask: &Ask) -> Ask {
        let token = self.theatre.realm.token().company(&self.theatre.company.to_string()).role(WRITE_ROLE);
        ask.clone().bearer(&token.sign().expect("a token"))
    }

    /// Gives a function an event. If it comes to a gate, it is killed there.
    async fn invoke(&mut self, function: Function, event: &str) -> Option<Value> {
        let mut process = match self.alive.remove(&function) {
            Some(process) => process,
            None => self.start(function),
        };
        let at = tokio::select! {
            invoked = process.invoke(event, function.time()) => {
                self.alive.insert(function, process);
                return match invoked.expect("a process") {
                    Invoked::Answered(answer) => Some(serde_json::from_str(&answer).expect("an answer in JSON")),
                    Invoked::Failed(_) => None,
                    Invoked::Died => panic!("{function:?} ended by itself"),
                };
            },
            at = somebody_stands_at(&self.deadly) => at,
        };
        process.kill().await.expect("a process");
        // A gate is for one death.
        self.deadly.remove(at).release();
        None
    }

    fn start(&self, function: Function) -> FunctionProcess {
        let through = Endpoint::at(self.aws.url());
        let environment = environment(self.theatre, &self.fresh, &through, &self.outside.url());
        FunctionProcess::start(self.theatre.binary(function), &environment).expect("a process")
    }
}

async fn somebody_stands_at(gates: &[Gate]) -> usize {
    if gates.is_empty() {
        return std::future::pending().await;
    }
    select_all(gates.iter().map(|gate| Box::pin(gate.reached()))).await.1
}

/// What the functions are started with, all of it each.
fn environment(theatre: &Theatre, fresh: &Fresh, aws: &Endpoint, vaka: &str) -> Vec<(&'static str, String)> {
    let mut environment = fresh.environment(aws);
    environment.extend([
        ("TRUSTED_ISSUERS", theatre.realm.url().to_owned()),
        ("VAKA_BASE_URL", vaka.to_owned()),
        ("VAKA_TOKEN_URL", format!("{vaka}/token")),
        ("VAKA_SCOPE", SCOPE.to_owned()),
    ]);
    environment
}

fn text(value: impl ToString) -> AttributeValue {
    AttributeValue::S(value.to_string())
}

/// A value that can be compared and looked into.
fn plain(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) | AttributeValue::N(text) => json!(text),
        other => json!(format!("{other:?}")),
    }
}
