//! The bridge from an answer that arrives to a parser that reads.
//!
//! Bytes come from the network in an async task and are taken by [`read_page`] on a thread that
//! may block; between them is a short channel, so neither runs ahead of the other. When either
//! side stops the other notices at once: a dropped sender is an end of the body, a dropped
//! receiver ends the pumping. Only the time spent waiting for the network is counted, never
//! the time the caller takes for a batch.

use std::io::{self, Read};
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

/// Pieces of a body that wait for the parser. A piece is what one read of the socket gave.
const PIECES_WAITING: usize = 4;

/// What became of a body.
pub(super) enum Body {
    /// It was a whole page.
    Whole(PageEnd),
    /// It broke off; the same request may be made again.
    Broken(Trouble),
}

/// Reads a body to its end, handing its records over while it arrives.
pub(super) async fn read_body<R: Record>(
    door: &Door,
    answer: Answer,
    caps: Caps,
    budget: &Budget,
    hand_over: impl FnMut(Vec<R>) -> ControlFlow<()> + Send + 'static,
) -> Result<Body, SourceError> {
    let (pieces, arriving) = mpsc::channel(PIECES_WAITING);
    let reader = Pieces { arriving, current: Bytes::new() };
    let parsing = tokio::task::spawn_blocking(move || read_page(reader, caps, hand_over));
    let pumped = pump(door, answer, budget, pieces).await?;
    let parsed = parsing.await.map_err(|_| SourceError::Interrupted)?;
    match (pumped, parsed) {
        // A connection that broke is the cause, whatever the parser made of what it got.
        (Pumped::Broken(trouble), _) => Ok(Body::Broken(trouble)),
        (_, Ok(end)) => Ok(Body::Whole(end)),
        (_, Err(PageFault::CutShort)) => Ok(Body::Broken(Trouble::CutShort)),
        (_, Err(PageFault::TooManyRecords)) => Err(SourceError::PagingDoesNotEnd { how: Endless::TooManyRecords }),
        (_, Err(PageFault::NobodyListens)) => Err(SourceError::Interrupted),
        (_, Err(fault)) => Err(SourceError::NotTheList(fault)),
    }
}

enum Pumped {
    ToItsEnd,
    /// The parser wants no more.
    Unwanted,
    Broken(Trouble),
}

async fn pump(
    door: &Door,
    mut answer: Answer,
    budget: &Budget,
    pieces: mpsc::Sender<Bytes>,
) -> Result<Pumped, SourceError> {
    let mut waited = Duration::ZERO;
    loop {
        let began = door.clock.now();
        let piece = match next_piece(&mut answer, &door.patience, budget).await? {
            Ok(Some(piece)) => piece,
            Ok(None) => return Ok(Pumped::ToItsEnd),
            Err(trouble) => return Ok(Pumped::Broken(trouble)),
        };
        waited += began.until(door.clock.now());
        if waited > door.patience.body {
            return Ok(Pumped::Broken(Trouble::TooSlow));
        }
        if pieces.send(piece).await.is_err() {
            return Ok(Pumped::Unwanted);
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
