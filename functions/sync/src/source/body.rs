//! The bridge from an answer that arrives to a parser that reads.
//!
//! A body that ends within [`AT_ONCE`] bytes, which a page of VAKA's does, is parsed where it was
//! received: to wake a second thread for it costs more than to parse it. Of a longer one, which a
//! list that is not paged can be, bytes come from the network in an async task and are taken by
//! [`read_page`] on a thread that may block; between them is a short channel, so neither runs ahead
//! of the other. When either side stops the other notices at once: a dropped sender is an end of
//! the body, a dropped receiver ends the pumping.
//!
//! Only the time spent waiting for the network is counted, never the time the caller takes for a
//! batch.

use std::io::{self, Cursor, Read};
use std::ops::ControlFlow;
use std::time::Duration;

use bytes::{Buf, Bytes};
use shared::http::Answer;
use tokio::sync::mpsc;

use crate::outgoing::budget::Budget;
use crate::outgoing::request::next_piece;
use crate::outgoing::trouble::Trouble;

use super::Door;
use super::error::{Endless, SourceError};
use super::page::{Caps, PageEnd, PageFault, Record, read_page};
use super::paging::{Step, Steps};

/// Bytes of a body that are held before a thread takes them: as many as one record may have, which is
/// held in any case. To parse them takes a few milliseconds of what a function has of a processor.
const AT_ONCE: usize = 256 * 1_024;

/// Pieces of a body that wait for the parser. A piece is what one read of the socket gave.
const PIECES_WAITING: usize = 4;

/// What became of a body.
pub(super) enum Body {
    /// It was a whole page.
    Whole(PageEnd),
    /// It broke off; the same request may be made again.
    Broken(Trouble),
}

/// Reads a body to its end and hands its records over, while it arrives if it is long.
pub(super) async fn read_body<R: Record>(
    door: &Door,
    answer: Answer,
    caps: Caps,
    budget: &Budget,
    steps: &Steps<R>,
) -> Result<Body, SourceError> {
    let mut network = Network { door, answer, budget, waited: Duration::ZERO };
    let mut held = Vec::new();
    while held.len() < AT_ONCE {
        match network.next().await? {
            Ok(Some(piece)) => held.extend_from_slice(&piece),
            Ok(None) => return judge(read_at_once(&held, caps, steps).await?),
            Err(trouble) => return Ok(Body::Broken(trouble)),
        }
    }
    let (pieces, arriving) = mpsc::channel(PIECES_WAITING);
    let reader = Read::chain(Cursor::new(held), Pieces { arriving, current: Bytes::new() });
    let steps = steps.clone();
    let parsing = tokio::task::spawn_blocking(move || {
        read_page(reader, caps, |records| match steps.blocking_send(Ok(Step::Records(records))) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        })
    });
    let pumped = network.pump(pieces).await?;
    let parsed = parsing.await.map_err(|_| SourceError::Interrupted)?;
    match pumped {
        // A connection that broke is the cause, whatever the parser made of what it got.
        Err(trouble) => Ok(Body::Broken(trouble)),
        Ok(()) => judge(parsed),
    }
}

/// Parses a body that is all there.
async fn read_at_once<R: Record>(
    body: &[u8],
    caps: Caps,
    steps: &Steps<R>,
) -> Result<Result<PageEnd, PageFault>, SourceError> {
    let mut batches = Vec::new();
    let parsed = read_page(body, caps, |records| {
        batches.push(records);
        ControlFlow::Continue(())
    });
    for records in batches {
        steps.send(Ok(Step::Records(records))).await.map_err(|_| SourceError::Interrupted)?;
    }
    Ok(parsed)
}

/// What a body was whose bytes came to their end.
fn judge(parsed: Result<PageEnd, PageFault>) -> Result<Body, SourceError> {
    match parsed {
        Ok(end) => Ok(Body::Whole(end)),
        Err(PageFault::CutShort) => Ok(Body::Broken(Trouble::CutShort)),
        Err(PageFault::TooManyRecords) => Err(SourceError::PagingDoesNotEnd { how: Endless::TooManyRecords }),
        Err(PageFault::NobodyListens) => Err(SourceError::Interrupted),
        Err(fault) => Err(SourceError::NotTheList(fault)),
    }
}

/// A body that arrives.
struct Network<'a> {
    door: &'a Door,
    answer: Answer,
    budget: &'a Budget,
    waited: Duration,
}

impl Network<'_> {
    /// Its next piece; none at its end.
    async fn next(&mut self) -> Result<Result<Option<Bytes>, Trouble>, SourceError> {
        let began = self.door.clock.now();
        let piece = next_piece(&mut self.answer, &self.door.patience, self.budget).await?;
        self.waited += began.until(self.door.clock.now());
        Ok(match piece {
            Ok(Some(_)) if self.waited > self.door.patience.body => Err(Trouble::TooSlow),
            piece => piece,
        })
    }

    /// Passes its pieces on, to its end or until the parser wants no more.
    async fn pump(mut self, pieces: mpsc::Sender<Bytes>) -> Result<Result<(), Trouble>, SourceError> {
        loop {
            match self.next().await? {
                Ok(None) => return Ok(Ok(())),
                Ok(Some(piece)) => {
                    if pieces.send(piece).await.is_err() {
                        return Ok(Ok(()));
                    }
                }
                Err(trouble) => return Ok(Err(trouble)),
            }
        }
    }
}

/// The pieces of a body as one reader. It ends where the sender was dropped.
struct Pieces {
    arriving: mpsc::Receiver<Bytes>,
    current: Bytes,
}

impl Read for Pieces {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            match self.arriving.blocking_recv() {
                Some(piece) => self.current = piece,
                None => return Ok(0),
            }
        }
        let taken = into.len().min(self.current.len());
        self.current.copy_to_slice(&mut into[..taken]);
        Ok(taken)
    }
}
