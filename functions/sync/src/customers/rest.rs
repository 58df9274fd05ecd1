//! The REST home: customers are written through BokaMera's public API.
//!
//! [`Rest`] is one per process: the HTTP client, the sign-in and the pace. What a call can do
//! outside the table, it does once: [`Order`] says what, [`Effect`] what became of it. A create
//! whose answer was lost is [`Effect::Doubtful`] and is not repeated here, because the API may
//! have made the customer under another id than the one that was sent; whoever wrote the intent
//! looks for it. A change is read, merged and sent back whole, and may be repeated.
//!
//! What this room does not do: decide about users, write anything down, delete a customer. Of what
//! VAKA says, the API has members for name and address alone; group and apartment stay in VAKA.
//!
//! In reading order: `effect`, `listing` (what is read), `record` (a customer on the wire), `call`
//! (one request), `sign_in`, `pace` (how many at once), `settings`, and what can go wrong (`error`).

mod call;
mod effect;
mod error;
mod listing;
mod pace;
mod record;
mod settings;
mod sign_in;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use shared::clock::Clock;
use shared::http::Client;
use shared::ids::{CompanyId, CustomerId};

pub use effect::{Effect, Order};
pub use error::{RestError, Server};
pub use settings::RestSettings;
pub use sign_in::{BokaMeraAccount, NotAnAccount};

use super::fingerprint::FingerprintKey;
use super::index::CustomerIndex;
use super::person::Person;
use crate::outgoing::budget::Budget;
use crate::outgoing::patience::{Jitter, Patience, Tries};
use crate::outgoing::{self};
use crate::secrets::Secrets;

use pace::Pace;
use sign_in::SignIn;

/// From a request to the head of its answer, at most: a call with an effect has to end within
/// the lease that it was begun in.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// Between two pieces of a body, at most.
const PIECE_WITHIN: Duration = Duration::from_secs(10);

/// BokaMera, as this process reaches it. Clones share connections, sign-in and pace.
#[derive(Clone)]
pub struct Rest(Arc<Door>);

/// What every request goes through.
struct Door {
    http: Client,
    settings: RestSettings,
    patience: Patience,
    jitter: Jitter,
    clock: Clock,
    sign_in: SignIn,
    pace: Pace,
}

/// Where the parts of a [`Rest`] come from.
#[derive(Debug)]
pub struct RestParts {
    /// Where BokaMera and its token server are, and how much at once it is asked.
    pub settings: RestSettings,
    /// How long to wait and how often to try again; answers are waited for less long than it says.
    pub patience: Patience,
    /// Where the account is, which is read anew for every sign-in.
    pub secrets: Secrets,
    /// Tells when a token is to be renewed and how far away a `Retry-After` date is.
    pub clock: Clock,
    /// Spreads the tries.
    pub random: fastrand::Rng,
}

impl Rest {
    /// The client for a whole process; it connects to nothing yet.
    #[must_use]
    pub fn new(parts: RestParts) -> Self {
        Self::over(outgoing::client(&parts.patience), parts)
    }

    /// The same over a client that the process has already.
    #[must_use]
    pub fn over(http: Client, parts: RestParts) -> Self {
        let patience = Patience {
            answer: parts.patience.answer.min(ANSWER_WITHIN),
            silence: parts.patience.silence.min(PIECE_WITHIN),
            ..parts.patience
        };
        Self(Arc::new(Door {
            http,
            pace: Pace::new(parts.settings.concurrency()),
            settings: parts.settings,
            patience,
            jitter: Jitter::new(parts.random),
            clock: parts.clock,
            sign_in: SignIn::new(parts.secrets),
        }))
    }

    /// All customers of the company, as they are now.
    ///
    /// # Errors
    /// [`RestError`] when the list cannot be read to its end.
    pub async fn index(
        &self,
        company: CompanyId,
        key: &FingerprintKey,
        budget: &Budget,
    ) -> Result<CustomerIndex, RestError> {
        let mut index = CustomerIndex::default();
        let enter = |record: record::Record| index.enter(record.id(), record.imprint(key));
        listing::all(&self.0, company, budget, enter).await?;
        Ok(index)
    }

    /// Those of these persons whose customer is not as VAKA has it, or not there.
    ///
    /// # Errors
    /// [`RestError`] when one of them cannot be read.
    pub async fn different(
        &self,
        company: CompanyId,
        persons: &HashMap<CustomerId, &Person>,
        budget: &Budget,
    ) -> Result<HashSet<CustomerId>, RestError> {
        let records = listing::these(&self.0, company, persons.keys().copied(), budget).await?;
        let is_alike =
            |id: &CustomerId, person: &Person| records.get(id).is_some_and(|record| !record.differs_from(person));
        Ok(persons.iter().filter(|(id, person)| !is_alike(id, person)).map(|(id, _)| *id).collect())
    }

    /// Those of these customers that are there.
    ///
    /// # Errors
    /// [`RestError`] when one of them cannot be read.
    pub async fn there(
        &self,
        company: CompanyId,
        customers: &HashSet<CustomerId>,
        budget: &Budget,
    ) -> Result<HashSet<CustomerId>, RestError> {
        Ok(listing::these(&self.0, company, customers.iter().copied(), budget).await?.into_keys().collect())
    }

    /// Carries out orders, as many at once as the pace allows, each named by the caller's number.
    /// After an error no further one is begun; those that were not begun are not in the result.
    pub async fn carry_out(
        &self,
        company: CompanyId,
        orders: Vec<(usize, Order)>,
        budget: &Budget,
    ) -> Vec<(usize, Result<Effect, RestError>)> {
        effect::carry_out(&self.0, company, orders, budget).await
    }

    /// The tries of something that takes several calls.
    #[must_use]
    pub fn tries<'a>(&'a self, budget: &'a Budget) -> Tries<'a, Server> {
        Tries::new(Server::BokaMera, &self.0.patience, &self.0.jitter, budget)
    }
}

impl fmt::Debug for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rest").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}
