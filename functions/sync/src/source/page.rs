//! One page of a list, read record by record from bytes that may still be arriving.
//!
//! `{ "<array>": [ … ], "continuationToken": … }`, with its members in any order and unknown
//! ones ignored. What is held here at any time is one record and one batch, never the page: the
//! answer that VAKA does not page can be as long as the company is large.
//!
//! The invariant is that a page is whole or it is a [`PageFault`]. A body that ends early, is
//! something else, or has its array missing or twice is never taken for a short list. A single
//! record that cannot be used is another matter: it is counted, and the rest goes on.
//!
//! The parser is synchronous and knows nothing of HTTP; it reads from anything that is [`Read`]. What
//! lies between the records is judged here, `arriving` finds where a record ends.

mod arriving;

use std::io::{self, Read};
use std::ops::ControlFlow;

use serde::de::IgnoredAny;

pub use arriving::Value;
use arriving::{Arriving, GoesOn};

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

    /// What one walk through such a list reads of it at most.
    const EXTENT: Extent;

    /// Reads the record; `None` when it has no usable id and can therefore not be used at all.
    ///
    /// # Errors
    /// [`PageFault::NotJson`].
    fn read(json: &Value<'_>) -> Result<Option<Self>, PageFault>;
}

/// What is read of a list at most, over all its pages.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    /// Pages.
    pub pages: u32,
    /// Records, readable or not.
    pub records: u64,
    /// Bytes.
    pub bytes: u64,
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
    let mut bytes = Arriving::new(after_mark(body), caps);
    let mut reading = Reading {
        caps,
        hand_over,
        batch: Vec::new(),
        batch_bytes: 0,
        array_seen: false,
        token: None,
        records: 0,
        unreadable: 0,
    };
    reading.object(&mut bytes)?;
    bytes.part_ends();
    if bytes.peek()?.is_some() {
        return Err(bytes.unexpected());
    }
    if !reading.array_seen {
        return Err(PageFault::ArrayMissing(R::ARRAY));
    }
    if reading.flush().is_break() {
        return Err(PageFault::NobodyListens);
    }
    Ok(PageEnd {
        next: reading.token.flatten().filter(|token| !token.is_empty()),
        bytes: bytes.taken(),
        records: reading.records,
        unreadable: reading.unreadable,
    })
}

struct Reading<R, F> {
    caps: Caps,
    hand_over: F,
    batch: Vec<R>,
    batch_bytes: usize,
    array_seen: bool,
    /// `Some(None)` is a null.
    token: Option<Option<String>>,
    records: u64,
    unreadable: u64,
}

impl<R: Record, F: FnMut(Vec<R>) -> ControlFlow<()>> Reading<R, F> {
    fn object(&mut self, bytes: &mut Arriving<impl Read>) -> Result<(), PageFault> {
        match bytes.peek()? {
            Some(b'{') => bytes.take(),
            Some(b'[') => return Err(PageFault::NotAnObject),
            _ => return Err(bytes.value()?.read::<IgnoredAny>().err().unwrap_or(PageFault::NotAnObject)),
        }
        bytes.part_begins();
        if bytes.peek()? == Some(b'}') {
            bytes.take();
            return Ok(());
        }
        loop {
            if bytes.peek()? != Some(b'"') {
                return Err(bytes.unexpected());
            }
            let name = bytes.value()?.read::<String>()?.unwrap_or_default();
            bytes.expect(b':')?;
            self.member(&name, bytes)?;
            bytes.part_begins();
            if bytes.goes_on(b'}')? == GoesOn::No {
                return Ok(());
            }
        }
    }

    fn member(&mut self, name: &str, bytes: &mut Arriving<impl Read>) -> Result<(), PageFault> {
        if name == R::ARRAY {
            if std::mem::replace(&mut self.array_seen, true) {
                return Err(PageFault::Twice(R::ARRAY));
            }
            return self.list(bytes);
        }
        if name == CONTINUATION_TOKEN {
            if self.token.is_some() {
                return Err(PageFault::Twice(CONTINUATION_TOKEN));
            }
            let token = bytes.value()?.read()?.ok_or(PageFault::TokenNotText)?;
            self.token = Some(token);
            return Ok(());
        }
        // Gone over without being held, so only the body's own length bounds it.
        bytes.part_ends();
        bytes.skip()
    }

    fn list(&mut self, bytes: &mut Arriving<impl Read>) -> Result<(), PageFault> {
        let none = PageFault::ArrayMissing(R::ARRAY);
        match bytes.peek()? {
            Some(b'[') => bytes.take(),
            Some(b'{') => return Err(none),
            _ => return Err(bytes.value()?.read::<IgnoredAny>().err().unwrap_or(none)),
        }
        bytes.part_begins();
        if bytes.peek()? == Some(b']') {
            bytes.take();
            return Ok(());
        }
        loop {
            self.record(&bytes.value()?)?;
            bytes.part_begins();
            if bytes.goes_on(b']')? == GoesOn::No {
                return Ok(());
            }
        }
    }

    fn record(&mut self, json: &Value<'_>) -> Result<(), PageFault> {
        let record = R::read(json)?;
        self.records += 1;
        if self.records > self.caps.records {
            return Err(PageFault::TooManyRecords);
        }
        match record {
            Some(record) => self.batch.push(record),
            None => self.unreadable += 1,
        }
        self.batch_bytes += json.len();
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
        (self.hand_over)(std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH_RECORDS)))
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
