//! Reading customers: all of a company, or certain ones.
//!
//! How many a page can hold is not published, so a short page is no end: the reading goes on
//! until a page brings nobody new. A customer that comes twice counts once.

use std::collections::HashMap;
use std::sync::Arc;

use reqwest::Method;
use shared::ids::{CompanyId, CustomerId};
use tokio::task::JoinSet;
use tracing::Instrument;

use crate::outgoing::budget::Budget;

use super::Door;
use super::call::{Call, Kind, Reply, Run, ask};
use super::error::{RestError, Server};
use super::record::{Record, Refusal, read_list};

/// Customers asked for at a time.
const TAKE: usize = 100;

/// Customers of one company: ten times the largest there is.
const MOST_CUSTOMERS: usize = 500_000;

/// All customers of the company.
pub(super) async fn all(door: &Door, company: CompanyId, budget: &Budget) -> Result<Vec<Record>, RestError> {
    let run = Run::new(budget);
    let mut found: HashMap<CustomerId, Record> = HashMap::new();
    let mut seen = 0;
    loop {
        let page = read(door, company, &[("Skip", seen.to_string()), ("Take", TAKE.to_string())], &run).await?;
        seen += page.len();
        let before = found.len();
        found.extend(page.into_iter().map(|record| (record.id(), record)));
        if found.len() == before {
            return Ok(found.into_values().collect());
        }
        if found.len() > MOST_CUSTOMERS {
            return Err(RestError::Endless);
        }
    }
}

/// Those of these customers that are there.
pub(super) async fn these(
    door: &Arc<Door>,
    company: CompanyId,
    customers: impl Iterator<Item = CustomerId>,
    budget: &Budget,
) -> Result<HashMap<CustomerId, Record>, RestError> {
    let run = Run::new(budget);
    let mut reading = JoinSet::new();
    for customer in customers {
        let (door, run) = (Arc::clone(door), run.clone());
        reading.spawn(async move { run.end(one(&door, company, customer, &run).await) }.in_current_span());
    }
    let mut found = HashMap::new();
    while let Some(read) = reading.join_next().await {
        if let Some(record) = read.map_err(|_| RestError::Interrupted)?? {
            found.insert(record.id(), record);
        }
    }
    Ok(found)
}

/// One customer; `None` when it is not there.
pub(super) async fn one(
    door: &Door,
    company: CompanyId,
    customer: CustomerId,
    run: &Run,
) -> Result<Option<Record>, RestError> {
    let parameters = [("CustomerId", customer.to_string()), ("Skip", "0".to_owned()), ("Take", TAKE.to_string())];
    let found = read(door, company, &parameters, run).await?;
    let others = !found.is_empty();
    match found.into_iter().find(|record| record.id() == customer) {
        // Somebody else was given: that says nothing about the one who was asked for.
        None if others => Err(RestError::NotTheAnswer { by: Server::BokaMera }),
        found => Ok(found),
    }
}

async fn read(
    door: &Door,
    company: CompanyId,
    parameters: &[(&str, String)],
    run: &Run,
) -> Result<Vec<Record>, RestError> {
    let url = door.settings.customers_url(company, parameters);
    let by = Server::BokaMera;
    match ask(door, &Call { method: Method::GET, url, body: None, kind: Kind::Read }, run).await? {
        Reply::Done(body) => read_list(&body).ok_or(RestError::NotTheAnswer { by }),
        Reply::Refused(Refusal::NotThere) => Ok(Vec::new()),
        Reply::Refused(Refusal::Forbidden) => Err(RestError::Forbidden),
        Reply::Refused(_) | Reply::Doubtful(..) => Err(RestError::NotTheAnswer { by }),
    }
}
