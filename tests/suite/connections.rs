//! Connections that a function opens before its first event, over TLS as on AWS.

use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

use local::bundle::Binaries;
use local::cloud::{Cloud, Endpoint};
use local::connect::{self, Connection, Secret};
use local::fresh::Fresh;
use local::issuer::{Issuer, Realm};
use local::proxy::Proxy;
use local::runtime::{FunctionProcess, Invoked};
use local::tls::{self, Tls};
use local::world::WRITE_ROLE;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::http_door::Ask;

/// Longer than any start.
const STARTS_WITHIN: Duration = Duration::from_secs(30);

const LIMIT: Duration = Duration::from_secs(15);

const REALM: &str = "bookmore-admin";

/// A start waits for its connections some 300 ms and goes on without them: a machine that stands still for that long
/// says nothing of it, so one of these starts has to do. One that opens none, or none that is used, does in none.
const STARTS: usize = 10;

struct Scene {
    binaries: Binaries,
    fresh: Fresh,
    company: Uuid,
    realm: Realm,
    _issuer: Issuer,
    tls: Tls,
    _behind_tls: Proxy,
}

impl Scene {
    async fn set() -> Self {
        let endpoint = Cloud::shared().await.expect("an AWS").endpoint();
        let built = tokio::task::spawn_blocking(Binaries::build).await.expect("no panic");
        let fresh = Fresh::create(endpoint).await.expect("tables and a queue");
        let company = Uuid::new_v4();
        let connection = Connection { company, devices: vec![Uuid::new_v4()], active: true };
        let (state, secrets) = (&fresh.state_table, &fresh.secrets_table);
        let (dynamodb, api_key) = (endpoint.dynamodb(), Secret::known("key"));
        connect::connect(&dynamodb, state, secrets, &connection, &api_key).await.expect("a connection");
        let issuer = Issuer::start(&[REALM]).expect("an issuer");
        let proxy = Proxy::in_front_of(endpoint.url()).expect("a proxy");
        // The emulator may be busy with other tests for longer than a start waits. The proxy keeps connections open,
        // which not every emulator does.
        proxy.on("GET /ping").say(&json!("healthy"));
        let tls = Tls::in_front_of(&proxy.url()).expect("TLS");
        let binaries = built.expect("the functions build");
        Self { binaries, fresh, company, realm: issuer.realm(REALM), _issuer: issuer, tls, _behind_tls: proxy }
    }

    /// Starts a function with AWS at this address.
    fn start(&self, function: &str, aws: &str, bundle: Option<&Path>) -> FunctionProcess {
        let mut environment = self.fresh.environment(&Endpoint::at(aws));
        environment.extend(bundle.map(|path| ("AWS_CA_BUNDLE", path.display().to_string())));
        environment.extend([
            ("TRUSTED_ISSUERS", self.realm.url().to_owned()),
            ("VAKA_BASE_URL", "http://127.0.0.1:9".to_owned()),
            ("VAKA_TOKEN_URL", "http://127.0.0.1:9/token".to_owned()),
            ("VAKA_SCOPE", "api://vaka/.default".to_owned()),
        ]);
        FunctionProcess::start(self.binaries.path(function).expect("the binary"), &environment).expect("a process")
    }

    /// Starts a function that trusts the certificate, and waits until it has connected.
    async fn started(&self, function: &str) -> FunctionProcess {
        let process = self.start(function, &self.tls.url(), Some(&tls::bundle()));
        let began = Instant::now();
        while self.tls.connections() == 0 {
            assert!(began.elapsed() < STARTS_WITHIN, "{function} has opened no connection");
            tokio::task::yield_now().await;
        }
        process
    }

    fn post(&self) -> String {
        let token = self.realm.token().company(&self.company.to_string()).role(WRITE_ROLE).sign().expect("a token");
        Ask::post().bearer(&token).event()
    }
}

async fn answer(process: &mut FunctionProcess, event: &str) -> Value {
    let invoked = process.invoke(event, LIMIT).await.expect("a process");
    let Invoked::Answered(answer) = invoked else { panic!("no answer: {invoked:?}") };
    serde_json::from_str(&answer).expect("JSON")
}

#[tokio::test]
async fn the_first_request_finds_its_connection_open_and_the_issuers_keys_read() {
    let mut opened = Vec::new();
    while opened.last() != Some(&[(1, 1), (1, 1)]) {
        assert!(opened.len() < STARTS, "connections and key sets read after the start and in the end: {opened:?}");
        let scene = Scene::set().await;
        let mut api = scene.started("api").await;
        // It needs neither AWS nor an issuer, and is answered when the start is over.
        assert_eq!(answer(&mut api, &Ask::get("/openapi").event()).await["statusCode"], 200);
        let after_the_start = (scene.tls.connections(), scene.realm.key_set_requests());
        assert_eq!(answer(&mut api, &scene.post()).await["statusCode"], 200);
        assert_eq!(answer(&mut api, &scene.post()).await["statusCode"], 409);
        opened.push([after_the_start, (scene.tls.connections(), scene.realm.key_set_requests())]);
    }
}

#[tokio::test]
async fn the_first_message_and_the_first_minute_find_their_connection_open() {
    let message = json!({"version": 1, "company": Uuid::new_v4(), "job": Uuid::new_v4()}).to_string();
    let message = json!({"Records": [{"messageId": "1", "body": message}]}).to_string();
    for (function, event) in [("sync", message.as_str()), ("recover", "{}")] {
        let mut opened = Vec::new();
        while opened.last() != Some(&1) {
            assert!(opened.len() < STARTS, "connections of {function}: {opened:?}");
            let scene = Scene::set().await;
            let mut process = scene.started(function).await;
            answer(&mut process, event).await;
            opened.push(scene.tls.connections());
        }
    }
}

#[tokio::test]
async fn a_function_starts_where_nobody_answers() {
    let scene = Scene::set().await;
    // The system takes connections for it, and nobody ever reads them.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let silent = format!("http://{}", silent.local_addr().expect("an address"));
    for aws in [silent.as_str(), "http://127.0.0.1:9", "https://127.0.0.1:9"] {
        let mut api = scene.start("api", aws, None);
        assert_eq!(answer(&mut api, &Ask::get("/openapi").event()).await["statusCode"], 200, "{aws}");
    }
}

#[tokio::test]
async fn a_server_whose_certificate_nobody_vouches_for_is_sent_no_request() {
    let scene = Scene::set().await;
    let mut api = scene.start("api", &scene.tls.url(), None);
    assert_eq!(answer(&mut api, &scene.post()).await["statusCode"], 503);
    assert!(scene.tls.connections() > 0);
    assert_eq!(scene.fresh.take_messages().await.expect("a poll"), Vec::<String>::new());
}

#[tokio::test]
async fn a_bundle_of_roots_that_cannot_be_read_keeps_the_function_from_starting() {
    let scene = Scene::set().await;
    let mut api = scene.start("api", &scene.tls.url(), Some(Path::new("/nowhere/bundle.pem")));
    assert_eq!(api.invoke(&scene.post(), LIMIT).await.expect("a process"), Invoked::Died);
}
