//! What is done to a customer, and what became of it.

use std::sync::Arc;
use std::time::Duration;

use shared::http::Method;
use shared::ids::{CompanyId, CustomerId};
use shared::outcome::SkipReason;
use tokio::task::JoinSet;
use tracing::Instrument;

use crate::customers::person::Person;
use crate::outgoing::budget::Budget;
use crate::outgoing::patience::Tries;
use crate::outgoing::trouble::Trouble;

use super::Door;
use super::call::{Call, Kind, Reply, Run, ask};
use super::error::{RestError, Server};
use super::listing::one;
use super::record::{self, Record, Refusal};

/// What is to be done to one customer.
#[derive(Debug, Clone)]
pub enum Order {
    /// Make one, with this id where BokaMera takes it.
    Create {
        /// The id that is sent.
        id: CustomerId,
        /// What VAKA has.
        person: Person,
    },
    /// Write what VAKA has to one that is there.
    Update {
        /// The customer.
        customer: CustomerId,
        /// What VAKA has.
        person: Person,
    },
}

/// What became of it.
#[derive(Debug)]
pub enum Effect {
    /// It was made, with this id.
    Made(CustomerId),
    /// It is as VAKA has it.
    Written,
    /// It could not be made, because there is one with this id.
    Exists,
    /// It could not be written, because it is gone.
    Gone,
    /// It was refused.
    Refused(SkipReason),
    /// It could not be written: BokaMera failed at it whenever it was asked, as it may at one record.
    Failing(RestError),
    /// It may have been made; nobody knows.
    Doubtful {
        /// Why nobody knows.
        trouble: Trouble,
        /// How long BokaMera asks to be left alone.
        asked: Option<Duration>,
    },
}

pub(super) async fn carry_out(
    door: &Arc<Door>,
    company: CompanyId,
    orders: Vec<(usize, Order)>,
    budget: &Budget,
) -> Vec<(usize, Result<Effect, RestError>)> {
    let run = Run::new(budget);
    let mut under_way = JoinSet::new();
    for (at, order) in orders {
        let (door, run) = (Arc::clone(door), run.clone());
        let work = async move { (at, run.end(carry_out_one(&door, company, order, &run).await)) };
        under_way.spawn(work.in_current_span());
    }
    let mut done = Vec::new();
    while let Some(ended) = under_way.join_next().await {
        done.push(ended.unwrap_or((usize::MAX, Err(RestError::Interrupted))));
    }
    done.retain(|(_, ended)| !matches!(ended, Err(RestError::NotBegun)));
    done
}

async fn carry_out_one(door: &Door, company: CompanyId, order: Order, run: &Run) -> Result<Effect, RestError> {
    match order {
        Order::Create { id, person } => create(door, company, id, &person, run).await,
        Order::Update { customer, person } => update(door, company, customer, &person, run).await,
    }
}

async fn create(
    door: &Door,
    company: CompanyId,
    id: CustomerId,
    person: &Person,
    run: &Run,
) -> Result<Effect, RestError> {
    let url = door.settings.customers_url(company, &[]);
    let body = Some(record::new(id, person));
    match ask(door, &Call { method: Method::POST, url, body, kind: Kind::Once }, run).await? {
        Reply::Done(body) => Ok(match Record::read(&body) {
            Some(made) => Effect::Made(made.id()),
            None => Effect::Doubtful { trouble: Trouble::Unreadable, asked: None },
        }),
        Reply::Doubtful(trouble, asked) => Ok(Effect::Doubtful { trouble, asked }),
        Reply::Refused(Refusal::Phone) => Ok(Effect::Refused(SkipReason::MissingPhone)),
        // How it says that there is one already is not published, so it is looked.
        Reply::Refused(_) => Ok(match one(door, company, id, run).await? {
            Some(_) => Effect::Exists,
            None => Effect::Refused(SkipReason::Rejected),
        }),
    }
}

async fn update(
    door: &Door,
    company: CompanyId,
    customer: CustomerId,
    person: &Person,
    run: &Run,
) -> Result<Effect, RestError> {
    let mut tries = Tries::new(Server::BokaMera, &door.patience, &door.jitter, &run.budget);
    loop {
        let Some(record) = one(door, company, customer, run).await? else { return Ok(Effect::Gone) };
        if !record.differs_from(person) {
            return Ok(Effect::Written);
        }
        let url = door.settings.customer_url(company, customer);
        let body = Some(record.merged(person));
        return match ask(door, &Call { method: Method::PUT, url, body, kind: Kind::Anew }, run).await? {
            Reply::Done(_) => Ok(Effect::Written),
            Reply::Doubtful(Trouble::Unreadable, _) => Err(RestError::NotTheAnswer { by: Server::BokaMera }),
            Reply::Doubtful(trouble, asked) => match tries.pause_after(trouble, asked).await.map_err(RestError::from) {
                Ok(()) => continue,
                Err(error) if error.may_be_of_one_request() => Ok(Effect::Failing(error)),
                Err(error) => Err(error),
            },
            Reply::Refused(refusal) => Ok(match refusal {
                Refusal::NotThere => Effect::Gone,
                Refusal::Phone => Effect::Refused(SkipReason::MissingPhone),
                // Both are given for a customer with an account of its own, whom others cannot change.
                Refusal::Forbidden | Refusal::Unsaid => Effect::Refused(SkipReason::OwnAccount),
                Refusal::Member | Refusal::Other => Effect::Refused(SkipReason::Rejected),
            }),
        };
    }
}
