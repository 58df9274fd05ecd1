//! Everything at once: the deployed template with the outer world around it, and one company
//! connected. The demo plays in it, and so does every test of the whole flow.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use local::world::World;
//! let world = World::start().await?;
//! world.vaka.populate(world.device, 250, 1);
//! let token = world.administrator().sign()?;
//! let started = world.post_sync(&token).await?;
//! assert_eq!(started.status, 200);
//! let job = world.job(&token, started.id().unwrap_or_default()).await?;
//! println!("{}", job.body);
//! # Ok(()) }
//! ```

use std::io;
use std::time::Duration;

use axum::body::Body;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Method, Request};
use serde_json::Value;
use thiserror::Error;
use uuid::Uuid;

use crate::bokamera::{self, BokaMera};
use crate::cloud::{Cloud, CloudError, Endpoint};
use crate::connect::{self, ConnectError, Connection, Secret};
use crate::front::Front;
use crate::issuer::{Issuer, KeyError, Realm, Token};
use crate::plain_http::{self, PlainHttpError};
use crate::proxy::Proxy;
use crate::stack::{Api, Stack, StackError};
use crate::vaka::{CLIENT_ID, CLIENT_SECRET, Vaka};

/// The door of the service.
pub const PATH: &str = "/codelock/axema/usersync";

/// The role that may start a sync.
pub const WRITE_ROLE: &str = "bookingsupplier-administrator-write";

/// Longer than the function's own limit.
const ANSWERED_WITHIN: Duration = Duration::from_secs(30);

/// The running whole. Everything ends when it is dropped.
#[derive(Debug)]
pub struct World {
    /// The deployed template.
    pub stack: Stack,
    /// Between the functions and AWS.
    pub proxy: Proxy,
    /// The source of users.
    pub vaka: Vaka,
    /// Where customers are, if the parameter `CustomersHome` says so.
    pub bokamera: BokaMera,
    /// The realm that the deployment trusts.
    pub realm: Realm,
    /// The connected company.
    pub company: Uuid,
    /// Its VAKA system.
    pub device: Uuid,
    /// How the HTTP API is reached.
    pub api: Api,
    /// The issuer of the realm.
    pub issuer: Issuer,
    /// MiniStack.
    pub cloud: Cloud,
}

/// Why it does not stand; each text is one line.
#[derive(Debug, Error)]
pub enum WorldError {
    /// A server could not be started.
    #[error("cannot open a loopback port: {0}")]
    Port(#[from] io::Error),
    /// The issuer could not be started.
    #[error(transparent)]
    Issuer(#[from] KeyError),
    /// No MiniStack.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// The template did not deploy.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// The company could not be connected.
    #[error(transparent)]
    Connect(#[from] ConnectError),
}

/// An answer of the HTTP API.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body, `Null` if it is no JSON.
    pub body: Value,
    /// The body as it came.
    pub text: String,
}

/// Why there was no answer.
#[derive(Debug, Error)]
#[error("the HTTP API gave no answer")]
pub struct NoAnswer(#[from] PlainHttpError);

impl Answer {
    /// The job's id, if the answer is a job.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.body["Id"].as_str()
    }
}

impl World {
    /// Starts all of it: MiniStack, the proxy, VAKA with one empty system, BokaMera, an issuer; deploys
    /// the template; connects a company.
    ///
    /// # Errors
    /// [`WorldError`].
    pub async fn start() -> Result<Self, WorldError> {
        Self::start_with(&[]).await
    }

    /// The same, with template parameters of the caller's own beside those that name the servers.
    ///
    /// # Errors
    /// [`WorldError`].
    pub async fn start_with(parameters: &[(&str, &str)]) -> Result<Self, WorldError> {
        let proxy = Proxy::in_front_of_nothing_yet()?;
        let cloud = Cloud::ministack(Some(&proxy.url())).await?;
        proxy.forward_to(cloud.endpoint().url())?;
        let vaka = Vaka::start()?;
        let bokamera = BokaMera::start()?;
        let issuer = Issuer::start(&["bookmore-admin"])?;
        let realm = issuer.realm("bookmore-admin");
        let (base_url, token_url, bokamera_url) = (vaka.base_url(), vaka.token_url(), bokamera.url());
        let mut all = vec![
            ("TrustedIssuers", realm.url()),
            ("VakaBaseUrl", base_url.as_str()),
            ("VakaTokenUrl", token_url.as_str()),
            ("BokaMeraBaseUrl", bokamera_url.as_str()),
            ("BokaMeraIdentityUrl", bokamera_url.as_str()),
        ];
        all.extend_from_slice(parameters);
        let stack = Stack::deploy(&cloud, &all).await?;

        let dynamodb = cloud.endpoint().dynamodb();
        let secret = Secret::known(CLIENT_SECRET);
        connect::integrator(&dynamodb, stack.output("SecretsTableName")?, CLIENT_ID, &secret).await?;
        let (password, api_key) = (Secret::known(bokamera::PASSWORD), Secret::known(bokamera::API_KEY));
        let secrets_table = stack.output("SecretsTableName")?;
        connect::bokamera(&dynamodb, secrets_table, bokamera::USERNAME, &password, &api_key).await?;
        let api = stack.api()?;
        let (company, device) = (Uuid::new_v4(), Uuid::nil());
        let mut world = Self { stack, proxy, vaka, bokamera, realm, company, device, api, issuer, cloud };
        world.device = world.connect(company).await?;
        world.proxy.forget();
        Ok(world)
    }

    /// Connects one more company, with a system of its own, which is returned.
    ///
    /// # Errors
    /// [`WorldError::Connect`].
    pub async fn connect(&self, company: Uuid) -> Result<Uuid, WorldError> {
        let api_key = Uuid::new_v4().to_string();
        let device = self.vaka.add_system(&api_key);
        let connection = Connection { company, devices: vec![device], active: true };
        let (state, secrets) = (self.stack.output("StateTableName")?, self.stack.output("SecretsTableName")?);
        let dynamodb = self.endpoint().dynamodb();
        connect::connect(&dynamodb, state, secrets, &connection, &Secret::known(&api_key)).await?;
        Ok(device)
    }

    /// AWS, not through the proxy: what a test itself does is not counted.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        self.cloud.endpoint()
    }

    /// A token of an administrator of the company, who may start syncs.
    #[must_use]
    pub fn administrator(&self) -> Token {
        administrator(&self.realm, self.company)
    }

    /// A front at which that administrator is signed in.
    ///
    /// # Errors
    /// When no port or thread is to be had.
    pub fn front(&self) -> io::Result<Front> {
        let (realm, company) = (self.realm.clone(), self.company);
        Front::signed_in(&self.api, move || administrator(&realm, company).sign())
    }

    /// Asks for a sync of the caller's own company.
    ///
    /// # Errors
    /// [`NoAnswer`].
    pub async fn post_sync(&self, token: &str) -> Result<Answer, NoAnswer> {
        self.call(Method::POST, PATH, token, "{}").await
    }

    /// One job.
    ///
    /// # Errors
    /// [`NoAnswer`].
    pub async fn job(&self, token: &str, id: &str) -> Result<Answer, NoAnswer> {
        self.call(Method::GET, &format!("{PATH}/{id}"), token, "").await
    }

    /// One request to the HTTP API.
    ///
    /// # Errors
    /// [`NoAnswer`].
    pub async fn call(&self, method: Method, path: &str, token: &str, body: &str) -> Result<Answer, NoAnswer> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.api.url))
            .header(HOST, &self.api.host)
            .header(AUTHORIZATION, format!("Bearer {token}"))
            .header(CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_owned()))
            .map_err(PlainHttpError::from)?;
        let (status, body) = plain_http::send(request, ANSWERED_WITHIN).await?;
        let text = String::from_utf8_lossy(&body).into_owned();
        Ok(Answer { status: status.as_u16(), body: serde_json::from_str(&text).unwrap_or_default(), text })
    }
}

fn administrator(realm: &Realm, company: Uuid) -> Token {
    realm.token().company(&company.to_string()).role(WRITE_ROLE)
}
