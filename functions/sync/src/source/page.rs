//! One page of a list, read record by record while its bytes arrive.
//!
//! `{ "<array>": [ … ], "continuationToken": … }`, with its members in any order and unknown
//! ones ignored. What is held at any time is one record and one batch, never the page: the
//! answer that VAKA does not page can be as long as the company is large.
//!
//! The invariant is that a page is whole or it is a [`PageFault`]. A body that ends early, is
//! something else, or has its array missing or twice is never taken for a short list. A single
//! record that cannot be used is another matter: it is counted, and the rest goes on.
//!
//! The parser is synchronous and knows nothing of HTTP; it reads from anything that is [`Read`].

use std::cell::Cell;
use std::fmt;
use std::io::{self, Read};
use std::marker::PhantomData;
use std::ops::ControlFlow;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Records handed over at once: what one transaction of the table takes.
pub const BATCH_RECORDS: usize = 100;

/// Bytes of records handed over at once, so that a hundred huge ones are not held together.
const BATCH_BYTES: usize = 1024 * 1_024;

const CONTINUATION_TOKEN: &str = "continuationToken";

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A record of a list, from its own piece of JSON.
pub trait Record: Sized + Send + 'static {
    /// The member that holds the list.
    const ARRAY: &'static str;

    /// Reads the record; `None` when it has no usable id and can therefore not be used at all.
    fn read(json: &RawValue) -> Option<Self>;
}

/// What is read of one page at most.
#[derive(Debug, Clone, Copy)]
pub struct Caps {
    /// Bytes of one record, or of one member's name, or of a continuation token.
    pub record_bytes: u64,
    /// Bytes of the body.
    pub body_bytes: u64,
    /// Records, readable or not.
    pub records: u64,
}

/// A page that was read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageEnd {
    /// The token of the next page; `None` on the last one.
    pub next: Option<String>,
    /// Bytes of the body.
    pub bytes: u64,
    /// Records, readable or not.
    pub records: u64,
    /// Records without a usable id.
    pub unreadable: u64,
}

/// Why a body is not a page. It holds nothing of the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PageFault {
    /// It ends before its JSON does.
    #[error("it ends before its JSON does")]
    CutShort,
    /// It is not JSON.
    #[error("it is not JSON, at line {line}, column {column}")]
    NotJson {
        /// Counted from one.
        line: usize,
        /// Counted from one, in bytes.
        column: usize,
    },
    /// It is JSON, but not an object.
    #[error("it is not an object")]
    NotAnObject,
    /// The list is missing or is not an array.
    #[error("it has no array {0:?}")]
    ArrayMissing(&'static str),
    /// A member that is read came twice.
    #[error("it has {0:?} twice")]
    Twice(&'static str),
    /// The continuation token is neither a string nor null.
    #[error("its continuation token is no text")]
    TokenNotText,
    /// A record, a member's name or a continuation token is longer than any can be.
    #[error("a part of it is longer than any can be")]
    PartTooLong,
    /// The list is longer than any can be.
    #[error("it is longer than any list can be")]
    TooLong,
    /// It has more records than any system.
    #[error("it has too many records")]
    TooManyRecords,
    /// Whoever takes the records has gone.
    #[error("nobody takes the records any more")]
    NobodyListens,
}

/// Reads a page and hands its records over in batches of at most [`BATCH_RECORDS`].
///
/// # Errors
/// [`PageFault`]; batches that were handed over before it are real records all the same.
pub fn read_page<R: Record>(
    body: impl Read,
    caps: Caps,
    hand_over: impl FnMut(Vec<R>) -> ControlFlow<()>,
) -> Result<PageEnd, PageFault> {
    let meter = Meter::new(caps);
    let mut reading = Reading {
        meter: &meter,
        caps,
        hand_over,
        batch: Vec::new(),
        batch_bytes: 0,
        array_seen: false,
        token: None,
        records: 0,
        unreadable: 0,
        fault: None,
        record: PhantomData,
    };
    let mut json = serde_json::Deserializer::from_reader(Metered { body: after_mark(body), meter: &meter });
    let parsed = PageSeed(&mut reading).deserialize(&mut json).and_then(|()| {
        meter.part_ends();
        json.end()
    });
    if let Err(error) = parsed {
        return Err(reading.fault.or(meter.exceeded.get()).unwrap_or_else(|| reading.fault_of(&error)));
    }
    if !reading.array_seen {
        return Err(PageFault::ArrayMissing(R::ARRAY));
    }
    if reading.flush().is_break() {
        return Err(PageFault::NobodyListens);
    }
    Ok(PageEnd {
        next: reading.token.flatten().filter(|token| !token.is_empty()),
        bytes: meter.taken.get(),
        records: reading.records,
        unreadable: reading.unreadable,
    })
}

struct Reading<'a, R, F> {
    meter: &'a Meter,
    caps: Caps,
    hand_over: F,
    batch: Vec<R>,
    batch_bytes: usize,
    array_seen: bool,
    /// `Some(None)` is a null.
    token: Option<Option<String>>,
    records: u64,
    unreadable: u64,
    /// What was found wrong in here; the parser's error then only carries the news.
    fault: Option<PageFault>,
    record: PhantomData<R>,
}

impl<R: Record, F: FnMut(Vec<R>) -> ControlFlow<()>> Reading<'_, R, F> {
    fn take(&mut self, json: &RawValue) -> Result<(), PageFault> {
        self.records += 1;
        if self.records > self.caps.records {
            return Err(PageFault::TooManyRecords);
        }
        match R::read(json) {
            Some(record) => self.batch.push(record),
            None => self.unreadable += 1,
        }
        self.batch_bytes += json.get().len();
        if (self.batch.len() >= BATCH_RECORDS || self.batch_bytes >= BATCH_BYTES) && self.flush().is_break() {
            return Err(PageFault::NobodyListens);
        }
        Ok(())
    }

    fn flush(&mut self) -> ControlFlow<()> {
        self.batch_bytes = 0;
        if self.batch.is_empty() {
            return ControlFlow::Continue(());
        }
        (self.hand_over)(std::mem::take(&mut self.batch))
    }

    /// The parser's own text may quote what it read, so only the kind and the place are kept.
    fn fault_of(&self, error: &serde_json::Error) -> PageFault {
        // A number that is cut is no number to the parser, so an error at the very end is a cut too.
        if error.is_eof() || error.is_io() || (error.is_syntax() && self.meter.ended.get()) {
            PageFault::CutShort
        } else if error.is_syntax() {
            PageFault::NotJson { line: error.line(), column: error.column() }
        } else if self.array_seen {
            // Only two values are asked to be of a kind, and the page itself comes first.
            PageFault::ArrayMissing(R::ARRAY)
        } else {
            PageFault::NotAnObject
        }
    }

    /// Keeps the fault and stops the parser with an error that says nothing.
    fn stop<E: serde::de::Error>(&mut self, fault: PageFault) -> E {
        self.fault = Some(fault);
        E::custom("stopped")
    }
}

struct PageSeed<'a, 'b, R, F>(&'a mut Reading<'b, R, F>);

impl<'de, R: Record, F: FnMut(Vec<R>) -> ControlFlow<()>> DeserializeSeed<'de> for PageSeed<'_, '_, R, F> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, R: Record, F: FnMut(Vec<R>) -> ControlFlow<()>> Visitor<'de> for PageSeed<'_, '_, R, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a page")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let reading = self.0;
        loop {
            reading.meter.part_begins();
            let Some(name) = members.next_key::<String>()? else { return Ok(()) };
            if name == R::ARRAY {
                if reading.array_seen {
                    return Err(reading.stop(PageFault::Twice(R::ARRAY)));
                }
                reading.array_seen = true;
                members.next_value_seed(ListSeed(&mut *reading))?;
            } else if name == CONTINUATION_TOKEN {
                if reading.token.is_some() {
                    return Err(reading.stop(PageFault::Twice(CONTINUATION_TOKEN)));
                }
                let value = members.next_value::<Box<RawValue>>()?;
                match serde_json::from_str(value.get()) {
                    Ok(token) => reading.token = Some(token),
                    Err(_) => return Err(reading.stop(PageFault::TokenNotText)),
                }
            } else {
                // Skipped without being held, so only the body's own length bounds it.
                reading.meter.part_ends();
                members.next_value::<IgnoredAny>()?;
            }
        }
    }
}

struct ListSeed<'a, 'b, R, F>(&'a mut Reading<'b, R, F>);

impl<'de, R: Record, F: FnMut(Vec<R>) -> ControlFlow<()>> DeserializeSeed<'de> for ListSeed<'_, '_, R, F> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, R: Record, F: FnMut(Vec<R>) -> ControlFlow<()>> Visitor<'de> for ListSeed<'_, '_, R, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut records: A) -> Result<(), A::Error> {
        let reading = self.0;
        loop {
            reading.meter.part_begins();
            let Some(json) = records.next_element::<Box<RawValue>>()? else { return Ok(()) };
            if let Err(fault) = reading.take(&json) {
                return Err(reading.stop(fault));
            }
        }
    }
}

/// Counts the bytes that the parser takes, against the caps.
struct Meter {
    caps: Caps,
    taken: Cell<u64>,
    /// Where the part that is being read must have ended.
    part_must_end: Cell<u64>,
    exceeded: Cell<Option<PageFault>>,
    /// Whether the parser has met the end of the body.
    ended: Cell<bool>,
}

impl Meter {
    const fn new(caps: Caps) -> Self {
        Self {
            caps,
            taken: Cell::new(0),
            part_must_end: Cell::new(u64::MAX),
            exceeded: Cell::new(None),
            ended: Cell::new(false),
        }
    }

    fn part_begins(&self) {
        self.part_must_end.set(self.taken.get().saturating_add(self.caps.record_bytes));
    }

    fn part_ends(&self) {
        self.part_must_end.set(u64::MAX);
    }

    fn count(&self, bytes: usize) -> io::Result<()> {
        let taken = self.taken.get().saturating_add(bytes as u64);
        self.taken.set(taken);
        let fault = if taken > self.caps.body_bytes {
            PageFault::TooLong
        } else if taken > self.part_must_end.get() {
            PageFault::PartTooLong
        } else {
            return Ok(());
        };
        self.exceeded.set(Some(fault));
        Err(io::Error::other("a cap was exceeded"))
    }
}

/// A body whose bytes are counted as the parser takes them: one by one, so that the count is exact.
struct Metered<'a, B> {
    body: B,
    meter: &'a Meter,
}

impl<B: Read> Read for Metered<'_, B> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.body.read(into)?;
        self.meter.ended.set(read == 0);
        self.meter.count(read)?;
        Ok(read)
    }
}

/// The body without the byte order mark that some servers begin with.
fn after_mark(mut body: impl Read) -> impl Read {
    let mut head = Vec::with_capacity(BYTE_ORDER_MARK.len());
    // An error comes again at the next read, and is met there.
    drop(body.by_ref().take(BYTE_ORDER_MARK.len() as u64).read_to_end(&mut head));
    // A body that ends within the mark is cut short, and not something else.
    if BYTE_ORDER_MARK.starts_with(&head) {
        head.clear();
    }
    io::Cursor::new(head).chain(body)
}

#[cfg(test)]
mod tests;
