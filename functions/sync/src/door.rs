//! The queue door: takes a message, starts a worker on its job, says whether the message is done.
//! The api function knocks here too, when an administrator wants a connection tried.
//!
//! A message is only a nudge, so one that comes twice, late, during a pause of its job, or after the
//! job has ended is done at once. One that cannot be read, or whose work failed, is given back: SQS
//! delivers it again, and after five times it lies in the dead-letter queue, where an alarm sees it.

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use serde::{Deserialize, Serialize};
use shared::aws::SdkConfig;
use shared::clock::{Clock, Timestamp};
use shared::connection_test::{TestConnection, TestReport};
use shared::http::Client;
use shared::queue::{NotANudge, Nudge, Queue};
use shared::table::lease::Start;
use shared::table::{Table, TableError};
use shared::telemetry::Chain;
use tracing::Instrument;

use crate::customers::embedded::Customers;
use crate::customers::home::Home;
use crate::customers::rest::{Rest, RestParts};
use crate::outgoing;
use crate::secrets::Secrets;
use crate::settings::{CustomersSettings, Settings};
use crate::slice::{SliceEnd, SliceError, Workshop};
use crate::source::{Patience, Vaka, VakaParts};
use crate::walk::Rooms;

/// One invocation of the function.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// Its id, which names the worker.
    pub id: String,
    /// When Lambda ends it.
    pub deadline: Timestamp,
}

/// What the function is called with, told apart by its members.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Delivered {
    /// By the api function, which waits.
    Test(TestConnection),
    /// By the queue.
    Messages(SqsEvent),
}

/// What the function says to it.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Answered {
    /// What was found out; nothing when the company has no connection.
    Test(Option<TestReport>),
    /// Which messages are given back.
    Messages(SqsBatchResponse),
}

/// The sync function, ready for messages.
#[derive(Debug, Clone)]
pub struct App {
    workshop: Workshop,
}

/// Why a message is given back.
#[derive(Debug, thiserror::Error)]
enum GivenBack {
    #[error(transparent)]
    NotANudge(#[from] NotANudge),
    #[error("the job could not be started")]
    NotStarted(#[from] TableError),
    #[error("the slice broke off")]
    BrokeOff(#[from] SliceError),
}

impl App {
    /// The function over these settings; it connects to nothing yet.
    #[must_use]
    pub fn new(settings: Settings, aws: &SdkConfig, clock: Clock, patience: Patience) -> Self {
        Self::over(outgoing::client(&patience), settings, aws, clock, patience)
    }

    /// The same over a client for VAKA and BokaMera that the process has already.
    #[must_use]
    pub fn over(http: Client, settings: Settings, aws: &SdkConfig, clock: Clock, patience: Patience) -> Self {
        let dynamodb = aws_sdk_dynamodb::Client::new(aws);
        let secrets = Secrets::new(dynamodb.clone(), settings.secrets_table);
        let (read_account, random) = (secrets.integrator(), fastrand::Rng::new());
        let parts = VakaParts { settings: settings.vaka, patience, read_account, clock: clock.clone(), random };
        let vaka = Vaka::over(http.clone(), parts);
        let customers = match settings.customers {
            CustomersSettings::Embedded => Home::Embedded(Customers::new(dynamodb, settings.customers_table)),
            CustomersSettings::Rest(settings) => {
                let (secrets, clock, random) = (secrets.clone(), clock.clone(), fastrand::Rng::new());
                Home::Rest(Rest::over(http, RestParts { settings, patience, secrets, clock, random }))
            }
        };
        let rooms = Rooms { table: Table::new(aws, settings.state_table), customers, clock };
        Self { workshop: Workshop { rooms, queue: Queue::new(aws, settings.queue_url), secrets, vaka } }
    }

    /// Answers whoever called.
    ///
    /// # Errors
    /// [`TableError`] when a connection that is to be tried cannot be read.
    pub async fn receive(&self, delivered: Delivered, invocation: &Invocation) -> Result<Answered, TableError> {
        Ok(match delivered {
            Delivered::Test(TestConnection { test_connection: company }) => {
                Answered::Test(self.workshop.test(company, invocation.deadline).await?)
            }
            Delivered::Messages(event) => Answered::Messages(self.handle(event, invocation).await),
        })
    }

    /// Handles a batch of messages, one after the other, and names those that are given back.
    pub async fn handle(&self, event: SqsEvent, invocation: &Invocation) -> SqsBatchResponse {
        let mut response = SqsBatchResponse::default();
        for message in event.records {
            let nudge = Nudge::parse(message.body.as_deref().unwrap_or_default());
            let company = nudge.as_ref().ok().map(|nudge| tracing::field::display(nudge.company));
            let job = nudge.as_ref().ok().map(|nudge| tracing::field::display(nudge.job));
            let id = message.message_id.as_deref();
            match self.one(nudge, invocation).await {
                Ok(outcome) => tracing::info!(
                    event = "message.done",
                    message.id = id,
                    company.id = company,
                    job.id = job,
                    outcome,
                    "a message is done"
                ),
                Err(reason) => {
                    tracing::error!(
                        event = "message.given_back", message.id = id, company.id = company, job.id = job,
                        error = %Chain(&reason), "a message is given back"
                    );
                    let mut failure = BatchItemFailure::default();
                    failure.item_identifier = message.message_id.unwrap_or_default();
                    response.batch_item_failures.push(failure);
                }
            }
        }
        response
    }

    async fn one(&self, nudge: Result<Nudge, NotANudge>, invocation: &Invocation) -> Result<&'static str, GivenBack> {
        let nudge = nudge?;
        let rooms = &self.workshop.rooms;
        // Whatever a slice logs, the reading of the source included, names the job it is about.
        let span = tracing::info_span!("slice", company.id = %nudge.company, job.id = %nudge.job);
        match rooms.table.start(nudge.company, nudge.job, &invocation.id, rooms.clock.now()).await? {
            Start::Started(lease) => {
                Ok(match self.workshop.slice(lease, invocation.deadline).instrument(span).await? {
                    SliceEnd::Completed => "the job is completed",
                    SliceEnd::Failed => "the job has failed",
                    SliceEnd::HandedOver => "the job goes on in another slice",
                    SliceEnd::LeaseLost => "another worker has taken the job over",
                })
            }
            Start::Ended => Ok("the job had ended"),
            Start::HeldByOther => Ok("another worker is at the job"),
            Start::Paused => Ok("the job is paused, and another message goes on with it"),
            Start::Unknown => Ok("there is no such job"),
        }
    }
}
