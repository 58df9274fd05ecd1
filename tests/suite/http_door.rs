//! The api function as Lambda calls it: an event goes in as JSON, a reply comes out as JSON.
//!
//! Every door has a table and a queue of its own behind a [`Proxy`], a realm of the false
//! issuer, and a clock that stands still. The AWS clients try again as the deployed ones do.

use std::sync::Arc;

use api::App;
use api::caller::claims::ClaimPath;
use api::settings::Settings;
use api::sync_function::SyncFunction;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::types::AttributeValue;
use local::cloud::{Cloud, Endpoint};
use local::fresh::Fresh;
use local::issuer::{Issuer, Realm, Token};
use local::proxy::Proxy;
use serde_json::{Value, json};
use shared::clock::{Clock, Timestamp};
use shared::ids::{CompanyId, JobId};
use shared::queue::Queue;
use shared::table::Table;

pub const SYNCS: &str = "/codelock/axema/usersync";
pub const SETTINGS: &str = "/codelock/axema/settings";
pub const WRITE: &str = "bookingsupplier-administrator-write";
pub const READ: &str = "bookingsupplier-administrator-read";
pub const SUPERADMIN: &str = "superadmin";

/// A request in the making.
#[derive(Clone)]
pub struct Ask {
    method: String,
    path: String,
    query: String,
    headers: serde_json::Map<String, Value>,
    body: Option<String>,
    in_base64: bool,
}

/// A reply, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    pub status: u64,
    pub headers: Value,
    pub text: String,
}

impl Ask {
    pub fn new(method: &str, path: &str) -> Self {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: serde_json::Map::new(),
            body: None,
            in_base64: false,
        }
    }

    pub fn post() -> Self {
        Self::new("POST", SYNCS)
    }

    pub fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    pub fn job(id: &str) -> Self {
        Self::get(&format!("{SYNCS}/{id}"))
    }

    pub fn bearer(self, token: &str) -> Self {
        self.header("Authorization", &format!("Bearer {token}"))
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), json!(value));
        self
    }

    pub fn query(mut self, query: &str) -> Self {
        self.query = query.to_owned();
        self
    }

    /// Another pair in the query.
    pub fn and_query(mut self, pair: &str) -> Self {
        let both = [self.query.as_str(), pair];
        self.query = both.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("&");
        self
    }

    /// A suffix on the path.
    pub fn suffix(mut self, name: &str) -> Self {
        self.path = format!("{}.{name}", self.path);
        self
    }

    pub fn json(self, body: &Value) -> Self {
        self.header("Content-Type", "application/json").text(&body.to_string())
    }

    pub fn text(mut self, body: &str) -> Self {
        self.body = Some(body.to_owned());
        self
    }

    /// A body that the gateway takes for binary.
    pub fn bytes(mut self, body: &[u8]) -> Self {
        self.body = Some(base64::Engine::encode(&base64::engine::general_purpose::STANDARD, body));
        self.in_base64 = true;
        self
    }

    /// The event that API Gateway makes of it, payload format 2.0.
    pub fn event(&self) -> String {
        json!({
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": self.path,
            "rawQueryString": self.query,
            "headers": self.headers,
            "requestContext": {
                "stage": "$default",
                "http": {"method": self.method, "path": self.path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1"},
            },
            "body": self.body,
            "isBase64Encoded": self.in_base64,
        })
        .to_string()
    }
}

impl Answered {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers[name].as_str()
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    /// The job id of an answer that is a job.
    pub fn job(&self) -> JobId {
        assert_eq!(self.status, 200, "{}", self.text);
        JobId::parse(self.json()["Id"].as_str().unwrap_or_default()).expect("an answer with a job id")
    }

    /// The code of an answer that is a failure, whose form is checked on the way.
    pub fn error_code(&self) -> String {
        let status = &self.json()["ResponseStatus"];
        assert!(status["Errors"].is_array() && status["Message"].is_string(), "no ResponseStatus: {}", self.text);
        status["ErrorCode"].as_str().expect("an error code").to_owned()
    }

    /// The one field that a failure is about.
    pub fn field(&self) -> String {
        let errors = self.json()["ResponseStatus"]["Errors"].clone();
        assert_eq!(errors.as_array().map(Vec::len), Some(1), "{}", self.text);
        errors[0]["FieldName"].as_str().expect("a field name").to_owned()
    }
}

/// Sends one request through the app.
pub async fn ask(app: &App, request: &Ask) -> Answered {
    let event = serde_json::from_str(&request.event()).expect("an event that the function reads");
    let reply = serde_json::to_value(api::handle(app, event).await).expect("a reply that Lambda reads");
    assert_eq!(reply["isBase64Encoded"], json!(false));
    let answered = Answered {
        status: reply["statusCode"].as_u64().expect("a status code"),
        headers: reply["headers"].clone(),
        text: reply["body"].as_str().unwrap_or_default().to_owned(),
    };
    assert!(answered.header("vary").is_some_and(|vary| vary.starts_with("Accept")), "{answered:?}");
    answered
}

/// A noon that is not over for long: the emulators themselves remove what has outlived its TTL.
const NOON: Timestamp = Timestamp::from_ms(4_105_080_000_000);

/// As Keycloak's access tokens.
const TOKEN_LIFE_S: i64 = 300;

/// The realms of the issuer: as many as BokaMera has, and one that nobody trusts.
pub const REALMS: [&str; 4] = ["bookmore-admin", "bookmore", "bookmore-sso", "elsewhere"];
const TRUSTED: [&str; 3] = [REALMS[0], REALMS[1], REALMS[2]];

/// The deployed clients' number of tries.
pub const TRIES: u32 = 4;

/// The function with all that it needs.
pub struct Door {
    app: Arc<App>,
    pub proxy: Proxy,
    /// Trusted, and so is every realm in `realms`.
    pub realm: Realm,
    pub issuer: Issuer,
    pub table: Table,
    pub clock: Clock,
    pub fresh: Fresh,
}

impl Door {
    /// Ready, with the settings of a deployment that trusts one realm.
    pub async fn open() -> Self {
        Self::with(|_| {}).await
    }

    /// Ready, with other settings.
    pub async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let cloud = Cloud::shared().await.expect("an AWS");
        Self::over(Fresh::create(cloud.endpoint()).await.expect("tables and a queue"), None, change).await
    }

    /// Ready over tables that are there already, with the sync function behind this address.
    pub async fn over(fresh: Fresh, sync_function: Option<&str>, change: impl FnOnce(&mut Settings)) -> Self {
        let cloud = Cloud::shared().await.expect("an AWS");
        let proxy = Proxy::in_front_of(cloud.endpoint().url()).expect("a proxy");
        let issuer = Issuer::start(&REALMS).expect("an issuer");
        let realm = issuer.realm(REALMS[0]);
        let clock = Clock::set_to(NOON);
        let aws = Endpoint::at(proxy.url())
            .sdk()
            .into_builder()
            .retry_config(RetryConfig::standard().with_max_attempts(TRIES))
            .build();
        let (table, queue) = (Table::new(&aws, &fresh.state_table), Queue::new(&aws, &fresh.queue_url));
        let paths = ["realm_access.roles", "resource_access.*.roles"];
        let mut settings = Settings {
            state_table: fresh.state_table.clone(),
            sync_queue_url: fresh.queue_url.clone(),
            secrets_table: fresh.secrets_table.clone(),
            sync_function: "the-sync-function".to_owned(),
            trusted_issuers: TRUSTED.iter().map(|name| issuer.realm(name).url().to_owned()).collect(),
            token_audiences: Vec::new(),
            role_claims: paths.iter().filter_map(|path| ClaimPath::parse(path)).collect(),
            company_claim: ClaimPath::parse("company_id").expect("a claim path"),
            cors_origins: Vec::new(),
            answer_within: api::ANSWER_WITHIN,
        };
        change(&mut settings);
        let lambda = Endpoint::at(sync_function.unwrap_or(&proxy.url())).sdk();
        let sync_function = SyncFunction::new(&lambda, &settings.sync_function);
        let app = App::new(settings, table.clone(), queue, sync_function, clock.clone()).expect("an app");
        Self { app: Arc::new(app), proxy, realm, issuer, table, clock, fresh }
    }

    pub fn app(&self) -> Arc<App> {
        Arc::clone(&self.app)
    }

    pub async fn ask(&self, request: &Ask) -> Answered {
        ask(&self.app, request).await
    }

    /// An access token of somebody with these roles.
    pub fn token(&self, roles: &[&str], company: Option<CompanyId>) -> String {
        let token = roles.iter().fold(self.good_token(&self.realm), |token, role| token.role(role));
        let token = match company {
            Some(company) => token.company(&company.to_string()),
            None => token,
        };
        token.sign().expect("a token")
    }

    /// A token of this realm, in force by the door's clock, without roles and company.
    pub fn good_token(&self, realm: &Realm) -> Token {
        let now_s = self.clock.now().seconds();
        realm.token().claim("iat", now_s).claim("exp", now_s + TOKEN_LIFE_S)
    }

    /// A new company with a connection in use.
    pub async fn connected(&self) -> CompanyId {
        let company = company();
        self.connect(company, true).await;
        company
    }

    pub async fn connect(&self, company: CompanyId, active: bool) {
        let device = AttributeValue::S("11111111-2222-3333-4444-555555555555".to_owned());
        let put = self.fresh.endpoint.dynamodb().put_item().table_name(&self.fresh.state_table);
        put.item("company", AttributeValue::S(company.to_string()))
            .item("item", AttributeValue::S("CONNECTION".to_owned()))
            .item("device_ids", AttributeValue::L(vec![device]))
            .item("active", AttributeValue::Bool(active))
            .send()
            .await
            .expect("a connection");
    }

    /// A company's jobs, as the table's own reader sees them past the proxy.
    pub async fn jobs_of(&self, company: CompanyId) -> Vec<Value> {
        let answered = self.ask(&Ask::get(SYNCS).bearer(&self.token(&[READ], Some(company)))).await;
        answered.json()["Results"].as_array().cloned().unwrap_or_else(|| panic!("no list: {answered:?}"))
    }

    /// The sort keys of everything in the state table.
    pub async fn items(&self) -> Vec<String> {
        let scan = self.fresh.endpoint.dynamodb().scan().table_name(&self.fresh.state_table).consistent_read(true);
        let items = scan.send().await.expect("a scan").items.unwrap_or_default();
        let mut keys: Vec<_> = items.iter().filter_map(|item| item.get("item")?.as_s().ok().cloned()).collect();
        keys.sort();
        keys
    }

    /// The messages that are in the queue now; they are taken out.
    pub async fn messages(&self) -> Vec<Value> {
        let bodies = self.fresh.take_messages().await.expect("a poll");
        bodies.iter().map(|body| serde_json::from_str(body).expect("a message")).collect()
    }
}

/// A company that nobody else has.
pub fn company() -> CompanyId {
    CompanyId::from_uuid(uuid::Uuid::new_v4())
}
