//! One walk through a list, page by page, to its end.
//!
//! VAKA pages some lists and not others, and may page tomorrow what it does not page today. One
//! reader serves both: it goes on while a continuation token comes back, and a list that is not
//! paged is a walk of one page. An empty page in the middle is not the end.
//!
//! The walk runs in a task of its own and stays a few batches ahead of whoever takes the records, which
//! may have to wait for something else meanwhile. It ends in exactly one of two ways, [`Step::End`] or an
//! error; a channel that closes without either is an error too. So nobody mistakes half a list for a
//! whole one.
//!
//! Records can come twice: a request whose body broke off is made again from its start, a walk
//! whose place was lost begins again, and VAKA itself may list a user on two pages. The walk
//! does not remember records; who takes them must bear it.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use shared::http::Url;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument;

use crate::outgoing::budget::Budget;
use crate::outgoing::patience::Tries;

use super::body::{Body, read_body};
use super::call::{Answer, PageRequest, get_list};
use super::error::{Endless, Server, SourceError};
use super::page::{Caps, PageEnd, Record};
use super::{CompanyKey, Door};

/// The most that VAKA gives.
const PAGE_SIZE: &str = "100";

/// A record: a name of 10,000 characters outside the basic plane, escaped, fits twice.
const RECORD_BYTES: u64 = 256 * 1_024;

/// Batches that are ready before the caller takes them, besides the one that is being read: while a company's links are
/// read, its first pages are.
const BATCHES_READY: usize = 4;

/// What a walk tells, in order.
#[derive(Debug)]
pub(super) enum Step<R> {
    /// The next records, never none.
    Records(Vec<R>),
    /// The walk has begun again; all records will come again.
    FromTheStart,
    /// The list has been read to its end.
    End {
        /// Records without a usable id in this walk.
        unreadable: u64,
    },
}

/// Where a walk tells them.
pub(super) type Steps<R> = mpsc::Sender<Result<Step<R>, SourceError>>;

/// A walk under way. Dropping it stops it.
pub(super) struct Walk<R> {
    steps: mpsc::Receiver<Result<Step<R>, SourceError>>,
    _task: AbortOnDropHandle<()>,
}

impl<R: Record> Walk<R> {
    /// Begins a walk through the list at this address.
    pub(super) fn begin(door: Arc<Door>, list: Url, api_key: CompanyKey, budget: Budget) -> Self {
        let (steps, taken) = mpsc::channel(BATCHES_READY);
        let walker = Walker { door, list, api_key, budget, steps };
        let task = async move {
            let last = match walker.walk().await {
                Ok(unreadable) => Ok(Step::End { unreadable }),
                Err(error) => Err(error),
            };
            // Nobody listens any more: then nobody takes the walk for complete either.
            drop(walker.steps.send(last).await);
        };
        Self { steps: taken, _task: AbortOnDropHandle::new(tokio::spawn(task.in_current_span())) }
    }

    /// The next step. After [`Step::End`] or an error there is none.
    pub(super) async fn next(&mut self) -> Result<Step<R>, SourceError> {
        self.steps.recv().await.unwrap_or(Err(SourceError::Interrupted))
    }
}

struct Walker<R> {
    door: Arc<Door>,
    list: Url,
    api_key: CompanyKey,
    budget: Budget,
    steps: Steps<R>,
}

/// What came of one pass through the pages.
enum Pass {
    Complete { unreadable: u64 },
    PositionLost,
}

/// What came of one page.
enum Page {
    Read(PageEnd),
    PositionLost,
}

impl<R: Record> Walker<R> {
    async fn walk(&self) -> Result<u64, SourceError> {
        if let Pass::Complete { unreadable } = self.pass().await? {
            return Ok(unreadable);
        }
        tracing::warn!(event = "source.restarted", "the place in the list was lost; the walk begins again");
        self.steps.send(Ok(Step::FromTheStart)).await.map_err(|_| SourceError::Interrupted)?;
        match self.pass().await? {
            Pass::Complete { unreadable } => Ok(unreadable),
            Pass::PositionLost => Err(SourceError::PositionLost),
        }
    }

    async fn pass(&self) -> Result<Pass, SourceError> {
        let endless = |how| Err(SourceError::PagingDoesNotEnd { how });
        // Tokens are as long as their server likes, and there is one a page.
        let (mut used, hasher) = (HashSet::new(), RandomState::new());
        let mut next: Option<String> = None;
        let (mut bytes, mut records, mut unreadable) = (0, 0, 0);
        for _ in 0..R::EXTENT.pages {
            let caps = Caps {
                record_bytes: RECORD_BYTES,
                body_bytes: R::EXTENT.bytes - bytes,
                records: R::EXTENT.records - records,
            };
            let end = match self.page(next.as_deref(), caps).await? {
                Page::Read(end) => end,
                Page::PositionLost => return Ok(Pass::PositionLost),
            };
            bytes += end.bytes;
            records += end.records;
            unreadable += end.unreadable;
            let Some(token) = end.next else { return Ok(Pass::Complete { unreadable }) };
            if !used.insert(hasher.hash_one(&token)) {
                return endless(Endless::SameToken);
            }
            next = Some(token);
        }
        endless(Endless::TooManyPages)
    }

    /// One page, asked for again from its start when it breaks off.
    async fn page(&self, token: Option<&str>, caps: Caps) -> Result<Page, SourceError> {
        let request = PageRequest { url: self.page_url(token), api_key: &self.api_key, continued: token.is_some() };
        let mut tries = Tries::new(Server::Vaka, &self.door.patience, &self.door.jitter, &self.budget);
        loop {
            let answer = match get_list(&self.door, &request, &self.budget, &mut tries).await? {
                Answer::Page(answer) => answer,
                Answer::PositionRefused => return Ok(Page::PositionLost),
            };
            match read_body(&self.door, answer, caps, &self.budget, &self.steps).await? {
                Body::Whole(end) => return Ok(Page::Read(end)),
                Body::Broken(trouble) => tries.pause_after(trouble, None).await?,
            }
        }
    }

    fn page_url(&self, token: Option<&str>) -> Url {
        let mut url = self.list.clone();
        let mut query = url.query_pairs_mut();
        query.append_pair("pageSize", PAGE_SIZE);
        if let Some(token) = token {
            query.append_pair("continuationToken", token);
        }
        drop(query);
        url
    }
}
