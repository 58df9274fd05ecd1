//! The calls that the functions make, held to the rights that the template gives them. An emulator asks for no rights,
//! so that a call without one would be found on AWS alone.
//!
//! Each function runs as a process behind a proxy of its own, and is taken through all that it does.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use local::bundle::Binaries;
use local::cloud::{self, Cloud, Endpoint};
use local::connect::{self, Secret};
use local::fresh::Fresh;
use local::issuer::{Issuer, Realm};
use local::proxy::{Proxy, Right};
use local::runtime::{FunctionProcess, Invoked};
use local::template::Template;
use local::vaka::{CLIENT_ID, CLIENT_SECRET, Vaka};
use local::world::WRITE_ROLE;
use serde_json::{Value, json};
use shared::clock::Timestamp;
use shared::ids::JobId;
use uuid::Uuid;

use crate::http_door::{Ask, SETTINGS, SYNCS};
use crate::template_roles::{API, EVENT_BUS, RECOVER, SYNC};

const API_KEY: &str = "the-api-key-of-a-test";
const REALM: &str = "bookmore-admin";

/// Longer than any invocation here.
const TIME: Duration = Duration::from_secs(900);

/// What a slice keeps free of its time, and no more: it hands over at once.
const NO_TIME: Duration = Duration::from_secs(60);

/// What is not called by the function: DynamoDB has KMS open the secrets, and the event source receives for the sync
/// function.
const OF_OTHERS: [&str; 4] = ["kms:Decrypt", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"];

/// A function and what it calls AWS through.
struct Caller {
    proxy: Proxy,
    process: FunctionProcess,
}

impl Caller {
    fn start(binaries: &Binaries, name: &str, aws: &Endpoint, of_world: &[(&'static str, String)]) -> Self {
        let proxy = Proxy::in_front_of(aws.url()).expect("a proxy");
        let mut environment = of_world.to_vec();
        environment.extend(Endpoint::at(proxy.url()).environment());
        let binary = binaries.path(name).expect("the binary");
        let process = FunctionProcess::start(binary, &environment).expect("a process");
        Self { proxy, process }
    }

    async fn invoke(&mut self, event: &str, time: Duration) -> Value {
        let invoked = self.process.invoke(event, time).await.expect("a process");
        let Invoked::Answered(answer) = invoked else { panic!("{event}: {invoked:?}") };
        serde_json::from_str(&answer).expect("JSON")
    }
}

struct Stage {
    fresh: Fresh,
    realm: Realm,
    company: Uuid,
    api: Caller,
    sync: Caller,
    recover: Caller,
}

impl Stage {
    async fn ask(&mut self, ask: Ask) -> Value {
        let token = self.realm.token().company(&self.company.to_string()).role(WRITE_ROLE).sign().expect("a token");
        let reply = self.api.invoke(&ask.bearer(&token).event(), TIME).await;
        serde_json::from_str(reply["body"].as_str().unwrap_or_default()).unwrap_or_default()
    }

    async fn job(&mut self, dry_run: bool) -> String {
        let started = self.ask(Ask::post().json(&json!({ "DryRun": dry_run }))).await;
        started["Id"].as_str().unwrap_or_else(|| panic!("no job: {started}")).to_owned()
    }

    /// Gives every message that is in the queue to the worker.
    async fn deliver(&mut self, time: Duration) {
        for body in self.fresh.take_messages().await.expect("messages") {
            let event = json!({"Records": [{"messageId": Uuid::new_v4().to_string(), "body": body}]}).to_string();
            let answer = self.sync.invoke(&event, time).await;
            assert_eq!(answer["batchItemFailures"], json!([]), "{answer}");
        }
    }

    async fn set(&self, item: &str, attribute: &str, value: AttributeValue) {
        let update = self.fresh.endpoint.dynamodb().update_item().table_name(&self.fresh.state_table);
        let update = update.key("company", AttributeValue::S(self.company.to_string()));
        let update = update.key("item", AttributeValue::S(item.to_owned()));
        let update = update.update_expression("SET #attribute = :value");
        let update = update.expression_attribute_names("#attribute", attribute);
        update.expression_attribute_values(":value", value).send().await.expect("an update");
    }

    async fn a_minute_passes(&mut self) {
        self.recover.invoke("{}", TIME).await;
    }

    /// What a function has called, as its role names it.
    fn called(&self, caller: &Caller) -> BTreeSet<(String, String)> {
        let template = Template::read().expect("template.yaml");
        let behind = |output| template.behind(output).expect("a resource").id.to_owned();
        let queue = self.fresh.queue_url.rsplit('/').next().expect("a name");
        let known = [
            (self.fresh.state_table.as_str(), behind("StateTableName")),
            (&self.fresh.customers_table, behind("CustomersTableName")),
            (&self.fresh.secrets_table, behind("SecretsTableName")),
            (queue, behind("SyncQueueUrl")),
            ("sync", behind("SyncFunctionName")),
        ];
        let named = |resource: &str| {
            let (name, index) = resource.split_once('/').unwrap_or((resource, ""));
            match known.iter().find(|(known, _)| *known == name) {
                Some((_, id)) if index.is_empty() => format!("{id}.Arn"),
                Some((_, id)) => format!("${{{id}.Arn}}/{index}"),
                None if name == "default" => EVENT_BUS.to_owned(),
                None => panic!("a call to {resource}"),
            }
        };
        let seen = caller.proxy.seen();
        // A connection is opened ahead by a question that everybody may ask.
        let calls = seen.entries().iter().map(|entry| &entry.operation).filter(|call| call.name != "GET /ping");
        calls
            .inspect(|call| assert!(!call.rights.is_empty(), "what does {} need?", call.name))
            .flat_map(|call| &call.rights)
            .map(|Right { action, resource }| (action.clone(), named(resource)))
            .collect()
    }
}

fn long_ago() -> AttributeValue {
    AttributeValue::N("1".to_owned())
}

fn listed(rights: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    let own = rights.iter().filter(|(action, _)| !OF_OTHERS.contains(action));
    own.map(|(action, resource)| ((*action).to_owned(), (*resource).to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_function_makes_every_call_that_its_role_allows_and_no_other() {
    if cloud::given().is_some() {
        return;
    }
    let cloud = Cloud::shared().await.expect("an AWS");
    let binaries = tokio::task::spawn_blocking(Binaries::build).await.expect("no panic").expect("the functions build");
    let vaka = Vaka::start().expect("a false VAKA");
    let device = vaka.add_system(API_KEY);
    vaka.populate(device, 3, 1);
    let issuer = Issuer::start(&[REALM]).expect("an issuer");
    let realm = issuer.realm(REALM);
    let aws = cloud.endpoint();
    let fresh = Fresh::create(aws).await.expect("tables and a queue");
    let secret = Secret::known(CLIENT_SECRET);
    connect::integrator(&aws.dynamodb(), &fresh.secrets_table, CLIENT_ID, &secret).await.expect("an account");
    let mut of_world = fresh.environment(aws);
    of_world.extend([
        ("TRUSTED_ISSUERS", realm.url().to_owned()),
        ("VAKA_BASE_URL", vaka.base_url()),
        ("VAKA_TOKEN_URL", vaka.token_url()),
        ("VAKA_SCOPE", local::vaka::SCOPE.to_owned()),
    ]);
    let [api, sync, recover] = ["api", "sync", "recover"].map(|name| Caller::start(&binaries, name, aws, &of_world));
    let mut stage = Stage { fresh, realm, company: Uuid::new_v4(), api, sync, recover };

    let connection = json!({"ApiKey": API_KEY, "DeviceIds": [device.to_string()], "Schedule": "daily@03:30"});
    stage.ask(Ask::new("POST", SETTINGS).json(&connection)).await;
    stage.ask(Ask::get(SETTINGS)).await;
    stage.ask(Ask::new("PUT", SETTINGS).json(&connection)).await;
    // The invocation is sent, and finds no function.
    stage.ask(Ask::new("POST", &format!("{SETTINGS}/test"))).await;
    stage.sync.invoke(&json!({"test_connection": stage.company.to_string()}).to_string(), TIME).await;

    let first = stage.job(false).await;
    stage.deliver(NO_TIME).await;
    stage.deliver(TIME).await;
    stage.ask(Ask::get(SYNCS)).await;
    stage.ask(Ask::job(&first)).await;
    stage.ask(Ask::get(&format!("{SYNCS}/{first}/users"))).await;
    vaka.change(device, 1);
    for dry_run in [true, false] {
        stage.job(dry_run).await;
        stage.deliver(TIME).await;
    }
    stage.a_minute_passes().await;

    let silent = stage.job(false).await;
    stage.fresh.take_messages().await.expect("messages");
    stage.set(&format!("JOB#{silent}"), "lease_expires_at", long_ago()).await;
    stage.a_minute_passes().await;
    stage.ask(Ask::new("DELETE", &format!("{SYNCS}/{silent}"))).await;
    stage.deliver(TIME).await;
    // The next scheduled sync meets a lock whose job is gone, as a table restored from a backup can hold.
    stage.set("LOCK", "job", AttributeValue::S(JobId::mint(Timestamp::from_ms(1)).to_string())).await;
    stage.set("CONNECTION", "due_at", long_ago()).await;
    stage.a_minute_passes().await;
    stage.deliver(TIME).await;
    stage.ask(Ask::new("DELETE", SETTINGS)).await;

    for (caller, rights) in [(&stage.api, &API[..]), (&stage.sync, &SYNC), (&stage.recover, &RECOVER)] {
        assert_eq!(stage.called(caller), listed(rights));
    }
}
