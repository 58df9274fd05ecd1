//! The HTTP door: who asks, the company's lock, the hand-off.
//!
//! In reading order: an [`event`] is what Lambda delivers, [`route`] finds the operation,
//! [`answer`] the form of the answer, [`caller`] who asks and what they may, [`binding`] the
//! parameters; `operations` has the operations, [`failure`] every way they can fail, [`page`]
//! what a person with a browser sees of it, and [`cors`] which browsers may look on.
//!
//! The invariant of the room: whatever a client sends is answered with the contract's own
//! answers, and of what a request that is answered with 4xx asked for, nothing was done. (A 409 may
//! have rescued or given up a job that had lapsed, or freed a lock whose job is gone, as recovery does.)
//!
//! ```no_run
//! # async fn example(app: api::App, json: &str) -> Result<(), serde_json::Error> {
//! let event: api::event::Event = serde_json::from_str(json)?;
//! let reply = api::handle(&app, event).await;
//! assert_eq!(reply.status_code, 401);
//! # Ok(()) }
//! ```
//!
//! What this room does not do: speak to Axema, read a secret, or read or write a customer.

pub mod answer;
pub mod binding;
pub mod caller;
pub mod cors;
pub mod describe;
pub mod event;
pub mod failure;
mod log;
mod operations;
pub mod page;
pub mod route;
pub mod settings;
pub mod sync_function;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use lambda_runtime::{LambdaEvent, Service, service_fn};
use ring::rand::SystemRandom;
use shared::clock::Clock;
use shared::http::Client;
use shared::queue::Queue;
use shared::secrets::SecretsTable;
use shared::table::Table;
use tokio::time::timeout;

use self::answer::Form;
use self::caller::Callers;
use self::caller::keys::{self, Issuer};
use self::cors::Origins;
use self::event::{Event, Reply, Request};
use self::failure::Failure;
use self::operations::Trail;
use self::page::View;
use self::route::Operation;
use self::settings::Settings;
use self::sync_function::SyncFunction;

/// Lambda ends the function at 15 s, and the client would learn nothing. What is cut off here is
/// like what a crash cuts off: a job that was accepted is moved on by recovery.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(12);

/// All that a request needs, made once per process.
pub struct App {
    callers: Callers,
    origins: Origins,
    table: Table,
    queue: Queue,
    secrets: SecretsTable,
    sync_function: SyncFunction,
    /// For the keys that a company gets when it is connected first.
    random: SystemRandom,
    clock: Clock,
    answer_within: Duration,
}

/// Why the function cannot start, its settings being well.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An issuer is no URL that keys may be read from.
    #[error("a trusted issuer is neither https nor on this machine")]
    Issuer,
}

impl App {
    /// Makes the room ready. No issuer is asked yet.
    ///
    /// # Errors
    /// Every [`StartError`].
    pub fn new(
        settings: Settings,
        table: Table,
        queue: Queue,
        sync_function: SyncFunction,
        clock: Clock,
    ) -> Result<Self, StartError> {
        Self::over(keys::client(), settings, table, queue, sync_function, clock)
    }

    /// The same over a client for issuers that the process has already.
    ///
    /// # Errors
    /// Every [`StartError`].
    pub fn over(
        http: Client,
        settings: Settings,
        table: Table,
        queue: Queue,
        sync_function: SyncFunction,
        clock: Clock,
    ) -> Result<Self, StartError> {
        let issuers =
            settings.trusted_issuers.iter().map(|name| Issuer::new(name, http.clone()).ok_or(StartError::Issuer));
        let callers = Callers::new(
            issuers.collect::<Result<_, _>>()?,
            settings.token_audiences,
            settings.role_claims,
            settings.company_claim,
            clock.clone(),
        );
        let origins = Origins::new(settings.cors_origins);
        let secrets = SecretsTable::new(settings.secrets_table);
        let (random, answer_within) = (SystemRandom::new(), settings.answer_within);
        Ok(Self { callers, origins, table, queue, secrets, sync_function, random, clock, answer_within })
    }

    /// Reads the issuers' keys, so that the first token finds them there. It cannot fail, and takes no longer
    /// than [`keys::AHEAD_WITHIN`].
    pub async fn read_keys(&self) {
        self.callers.read_keys().await;
    }
}

/// Answers one request. Every failure is an answer.
pub async fn handle(app: &App, event: Event) -> Reply {
    let began = app.clock.now();
    let request = Request::from(event);
    let route = route::find(&request.method, &request.path);
    let (form, callback) = Form::wanted(&request, &route);
    let mut trail = Trail::default();
    let permitted =
        callback.map_err(Failure::from).and_then(|()| app.origins.permit(&request, &route.operation, &form));
    let outcome = match permitted {
        Ok(()) => {
            // Boxed, because the clients' futures below nest deeper than the compiler follows in one.
            let work = Box::pin(operations::perform(app, &request, &route.operation, &mut trail));
            timeout(app.answer_within, work).await.unwrap_or(Err(Failure::OutOfTime))
        }
        Err(refused) => Err(refused),
    };
    let mut reply = form.reply(&outcome);
    if let (Some(company), Some(location)) = (trail.company_of_others(), reply.headers.get_mut("location")) {
        location.push_str(&format!("?CompanyId={company}"));
    }
    if form.is_page() {
        let view = View::of(app, &request, &route.operation, &outcome, &trail).await;
        form.show(page::write(&outcome, &view), &mut reply);
    }
    let preflight = if let Operation::Options(allow) = route.operation { Some(allow) } else { None };
    app.origins.admit(request.header("origin"), preflight, &mut reply);
    log::answered(&route.operation, &outcome, &reply, &trail, began, app.clock.now());
    reply
}

/// The service that Lambda's runtime calls.
pub fn service(app: App) -> impl Service<LambdaEvent<Event>, Response = Reply, Error = Infallible, Future: Send> {
    let app = Arc::new(app);
    service_fn(move |delivered: LambdaEvent<Event>| {
        let app = Arc::clone(&app);
        async move { Ok(handle(&app, delivered.payload).await) }
    })
}
