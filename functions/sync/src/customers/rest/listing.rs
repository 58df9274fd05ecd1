//! Reading customers: all of a company, or certain ones.
//!
//! How many a page can hold is not published, so a short page is no end: the reading goes on
//! until a page brings nobody new. A customer that comes twice counts once.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use shared::http::Method;
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

/// Every customer of the company, each once. Pages are asked for ahead, more and more of them as
/// long as they come full: a large company is read within the time of one lease.
pub(super) async fn all(
    door: &Arc<Door>,
    company: CompanyId,
    budget: &Budget,
    mut each: impl FnMut(Record),
) -> Result<(), RestError> {
    let run = Run::new(budget);
    let mut known = HashSet::new();
    let (mut skip, mut size, mut ahead) = (0, TAKE, 1);
    loop {
        let mut is_first = true;
        let mut all_full = true;
        for page in pages(door, company, (skip, size), ahead, &run).await? {
            let (length, before) = (page.len(), known.len());
            page.into_iter().filter(|record| known.insert(record.id())).for_each(&mut each);
            if is_first && known.len() == before {
                return Ok(());
            }
            is_first = false;
            skip += length;
            if length < size {
                // The end, or the most that a page can hold; what was asked for behind it lies elsewhere.
                all_full = false;
                size = length.max(1);
                break;
            }
        }
        if known.len() > MOST_CUSTOMERS {
            return Err(RestError::Endless);
        }
        ahead = if all_full { (ahead * 2).min(door.settings.concurrency()) } else { 1 };
    }
}

/// This many pages of this size, one after the other from there, read at once.
async fn pages(
    door: &Arc<Door>,
    company: CompanyId,
    (skip, size): (usize, usize),
    ahead: usize,
    run: &Run,
) -> Result<Vec<Vec<Record>>, RestError> {
    let mut reading = JoinSet::new();
    for at in 0..ahead {
        let (door, run) = (Arc::clone(door), run.clone());
        let parameters = [("Skip", (skip + at * size).to_string()), ("Take", size.to_string())];
        let page = async move {
            let read = read(&door, company, &parameters, &run).await;
            // A list that is not there is no empty list.
            (at, run.end(read.and_then(|page| page.ok_or(RestError::NotTheAnswer { by: Server::BokaMera }))))
        };
        reading.spawn(page.in_current_span());
    }
    let mut pages = BTreeMap::new();
    let mut error = None;
    while let Some(ended) = reading.join_next().await {
        match ended {
            Ok((at, Ok(page))) => drop(pages.insert(at, page)),
            Ok((_, Err(RestError::NotBegun))) => {}
            Ok((_, Err(met))) => error = error.or(Some(met)),
            Err(_) => error = error.or(Some(RestError::Interrupted)),
        }
    }
    error.map_or_else(|| Ok(pages.into_values().collect()), Err)
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
    let mut error = None;
    while let Some(read) = reading.join_next().await {
        match read.unwrap_or(Err(RestError::Interrupted)) {
            Ok(record) => found.extend(record.map(|record| (record.id(), record))),
            Err(RestError::NotBegun) => {}
            Err(met) => error = error.or(Some(met)),
        }
    }
    error.map_or(Ok(found), Err)
}

/// One customer; `None` when it is not there.
pub(super) async fn one(
    door: &Door,
    company: CompanyId,
    customer: CustomerId,
    run: &Run,
) -> Result<Option<Record>, RestError> {
    let parameters = [("CustomerId", customer.to_string()), ("Skip", "0".to_owned()), ("Take", TAKE.to_string())];
    let found = read(door, company, &parameters, run).await?.unwrap_or_default();
    let others = !found.is_empty();
    match found.into_iter().find(|record| record.id() == customer) {
        // Somebody else was given: that says nothing about the one who was asked for.
        None if others => Err(RestError::NotTheAnswer { by: Server::BokaMera }),
        found => Ok(found),
    }
}

/// One page; `None` when BokaMera says that there is nothing of the kind.
async fn read(
    door: &Door,
    company: CompanyId,
    parameters: &[(&str, String)],
    run: &Run,
) -> Result<Option<Vec<Record>>, RestError> {
    let url = door.settings.customers_url(company, parameters);
    let by = Server::BokaMera;
    match ask(door, &Call { method: Method::GET, url, body: None, kind: Kind::Read }, run).await? {
        Reply::Done(body) => read_list(&body).map(Some).ok_or(RestError::NotTheAnswer { by }),
        Reply::Refused(Refusal::NotThere) => Ok(None),
        Reply::Refused(Refusal::Forbidden) => Err(RestError::Forbidden),
        Reply::Refused(_) | Reply::Doubtful(..) => Err(RestError::NotTheAnswer { by }),
    }
}
