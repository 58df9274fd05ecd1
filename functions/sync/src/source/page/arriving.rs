//! The bytes of a body as they arrive, and where a JSON value among them ends.
//!
//! To find the end of a value is to look at each of its bytes and no more: whether it is JSON is
//! asked of `serde_json`, over the whole of it. So no byte is fetched by itself through the readers
//! that lie below, which is what a parser that reads would do.
//!
//! What is held is one value and what a read of the body brought beyond it. A value that does not
//! come to its end, because the body or a cap does, is parsed all the same as far as it goes: what
//! was wrong first is what is told.

use std::io::{self, Read};
use std::str;

use memchr::{memchr_iter, memchr2, memrchr};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::error::Category;

use super::{Caps, PageFault};

/// Bytes asked of the body at once: as many as a read of a socket brings, as a rule.
const READ: usize = 16 * 1_024;

/// The bytes of a body.
pub(super) struct Arriving<B> {
    body: B,
    caps: Caps,
    /// What a read of the body brings.
    brought: Vec<u8>,
    held: Vec<u8>,
    /// The first byte in `held` that is not taken.
    at: usize,
    passed: Passed,
    /// Where the part that is being read must have ended.
    part_must_end: u64,
    has_ended: bool,
}

/// Bytes that were taken and are no longer held.
#[derive(Debug, Clone, Copy, Default)]
struct Passed {
    bytes: u64,
    /// Line feeds among them.
    lines: usize,
    /// Where their last line begins.
    line_begins: u64,
}

/// A JSON value, not yet parsed.
pub struct Value<'a> {
    text: &'a str,
    place: Place<'a>,
}

/// Whether there is another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GoesOn {
    Yes,
    No,
}

/// Where something begins.
#[derive(Clone, Copy)]
struct Place<'a> {
    passed: Passed,
    before: &'a [u8],
}

impl<B: Read> Arriving<B> {
    pub(super) fn new(body: B, caps: Caps) -> Self {
        let (brought, held, passed) = (vec![0; READ], Vec::new(), Passed::default());
        Self { body, caps, brought, held, at: 0, passed, part_must_end: u64::MAX, has_ended: false }
    }

    /// Bytes taken so far.
    pub(super) const fn taken(&self) -> u64 {
        self.passed.bytes + self.at as u64
    }

    /// From here on a part is read, which is no longer than any can be.
    pub(super) const fn part_begins(&mut self) {
        self.part_must_end = self.taken().saturating_add(self.caps.record_bytes);
    }

    /// From here on only the body's own length counts.
    pub(super) const fn part_ends(&mut self) {
        self.part_must_end = u64::MAX;
    }

    /// The next byte that is no blank, which is not taken; `None` at the end of the body.
    pub(super) fn peek(&mut self) -> Result<Option<u8>, PageFault> {
        loop {
            if self.taken() >= self.part_must_end {
                return Err(PageFault::PartTooLong);
            }
            match self.held.get(self.at).copied() {
                Some(b' ' | b'\t' | b'\r' | b'\n') => self.at += 1,
                Some(byte) => return Ok(Some(byte)),
                None if self.fill()? => {}
                None => return Ok(None),
            }
        }
    }

    /// Takes the byte that was peeked at.
    pub(super) const fn take(&mut self) {
        self.at += 1;
    }

    /// Takes this byte, after blanks.
    pub(super) fn expect(&mut self, wanted: u8) -> Result<(), PageFault> {
        match self.peek()? {
            Some(byte) if byte == wanted => self.take(),
            _ => return Err(self.unexpected()),
        }
        Ok(())
    }

    /// Takes what comes behind a member or a record: a comma, or the end of all of them.
    pub(super) fn goes_on(&mut self, end: u8) -> Result<GoesOn, PageFault> {
        match self.peek()? {
            Some(b',') => {
                self.take();
                Ok(GoesOn::Yes)
            }
            Some(byte) if byte == end => {
                self.take();
                Ok(GoesOn::No)
            }
            _ => Err(self.unexpected()),
        }
    }

    /// What is wrong with what was peeked at.
    pub(super) fn unexpected(&self) -> PageFault {
        if self.at == self.held.len() { PageFault::CutShort } else { self.place(self.at).not_json(1, 1) }
    }

    /// Takes the next value, after blanks.
    pub(super) fn value(&mut self) -> Result<Value<'_>, PageFault> {
        if self.peek()?.is_none() {
            return Err(PageFault::CutShort);
        }
        let mut look = Look::default();
        let mut seen = 0;
        let end = loop {
            let left = self.part_must_end.saturating_sub(self.taken());
            let arrived = &self.held[self.at..];
            let arrived = &arrived[..arrived.len().min(usize::try_from(left).unwrap_or(usize::MAX))];
            if let Some(end) = look.end(&arrived[seen..]) {
                break seen + end;
            }
            seen = arrived.len();
            let fault = match if seen as u64 == left { Err(PageFault::PartTooLong) } else { self.fill() } {
                Ok(true) => continue,
                // A number, or a word, ends with the body.
                Ok(false) if look.is_bare() && is_json(&self.held[self.at..]) => break seen,
                Ok(false) => PageFault::CutShort,
                Err(fault) => fault,
            };
            return Err(self.unfinished(self.at, seen, fault));
        };
        if end == 0 {
            return Err(self.unexpected());
        }
        let begin = self.at;
        self.at += end;
        let place = self.place(begin);
        match str::from_utf8(&self.held[begin..self.at]) {
            Ok(text) => Ok(Value { text, place }),
            Err(error) => {
                let text = error.valid_up_to();
                Err(self.unfinished(begin, text, self.place(begin + text).not_json(1, 1)))
            }
        }
    }

    /// Goes over a value of any length without holding it.
    pub(super) fn skip(&mut self) -> Result<(), PageFault> {
        // These end with a byte of their own, beyond which the parser does not look.
        if !matches!(self.peek()?, Some(b'{' | b'[' | b'"')) {
            return self.value()?.read::<IgnoredAny>().map(drop);
        }
        let passed = self.place(self.at).passed();
        let mut one_by_one = OneByOne { bytes: self, fault: None };
        let skipped = IgnoredAny::deserialize(&mut serde_json::Deserializer::from_reader(&mut one_by_one));
        let fault = one_by_one.fault;
        // A number that is cut is no number to the parser.
        let is_cut = self.has_ended && self.at == self.held.len();
        skipped.map(drop).map_err(|error| match (fault, error.classify()) {
            (Some(fault), _) => fault,
            (None, Category::Eof | Category::Io) => PageFault::CutShort,
            (None, _) if is_cut => PageFault::CutShort,
            (None, Category::Syntax | Category::Data) => {
                Place { passed, before: &[] }.not_json(error.line(), error.column())
            }
        })
    }

    /// Has more of the body; `false` at its end.
    fn fill(&mut self) -> Result<bool, PageFault> {
        if self.has_ended {
            return Ok(false);
        }
        self.passed = self.place(self.at).passed();
        self.held.drain(..self.at);
        self.at = 0;
        let left = self.caps.body_bytes.saturating_sub(self.passed.bytes + self.held.len() as u64);
        // One byte beyond the cap tells whether there is more.
        let read = self.read(usize::try_from(left).unwrap_or(READ).clamp(1, READ));
        self.has_ended = read == 0;
        if left == 0 && read > 0 {
            return Err(PageFault::TooLong);
        }
        self.held.extend_from_slice(&self.brought[..read]);
        Ok(read > 0)
    }

    /// An error of the body is its end.
    fn read(&mut self, most: usize) -> usize {
        loop {
            match self.body.read(&mut self.brought[..most]) {
                Ok(read) => return read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return 0,
            }
        }
    }

    fn place(&self, at: usize) -> Place<'_> {
        Place { passed: self.passed, before: &self.held[..at] }
    }

    /// What is wrong with a value of which only these bytes are there, or are text: that, unless
    /// something was wrong before.
    fn unfinished(&self, begin: usize, bytes: usize, fault: PageFault) -> PageFault {
        let begun = &self.held[begin..begin + bytes];
        let (mut begun, fault) = match str::from_utf8(begun) {
            Err(error) if error.error_len().is_some() => {
                let text = error.valid_up_to();
                (&begun[..text], self.place(begin + text).not_json(1, 1))
            }
            // Or it ends within a letter.
            Ok(_) | Err(_) => (begun, fault),
        };
        // A number that is cut is no number to the parser.
        while let [rest @ .., b'.' | b'e' | b'E' | b'+' | b'-'] = begun {
            begun = rest;
        }
        match serde_json::from_slice::<IgnoredAny>(begun) {
            Err(error) if error.is_syntax() => self.place(begin).not_json(error.line(), error.column()),
            Ok(_) | Err(_) => fault,
        }
    }
}

impl<'a> Value<'a> {
    /// The value as what is expected; `None` when it is something else.
    ///
    /// # Errors
    /// [`PageFault::NotJson`].
    pub fn read<T: Deserialize<'a>>(&self) -> Result<Option<T>, PageFault> {
        serde_json::from_str(self.text).map(Some).or_else(|error| {
            // It was left where it was found to be something else, and what follows has not been looked at. And what is
            // wrong is told as `unfinished` finds it, whatever is expected here.
            match serde_json::from_str::<IgnoredAny>(self.text) {
                Ok(_) if error.is_data() => Ok(None),
                Ok(_) => Err(self.place.not_json(error.line(), error.column())),
                Err(error) => Err(self.place.not_json(error.line(), error.column())),
            }
        })
    }

    /// Bytes of it.
    pub(super) const fn len(&self) -> usize {
        self.text.len()
    }
}

impl Place<'_> {
    /// The same, with all that lies before it passed.
    fn passed(self) -> Passed {
        let Self { passed: Passed { bytes, lines, line_begins }, before } = self;
        let feeds = memchr_iter(b'\n', before).count();
        let last = memrchr(b'\n', before).map(|last| bytes + last as u64 + 1);
        Passed { bytes: bytes + before.len() as u64, lines: lines + feeds, line_begins: last.unwrap_or(line_begins) }
    }

    /// The parser's own text may quote what it read, so only the place is kept, which it counts from here.
    fn not_json(self, line: usize, column: usize) -> PageFault {
        let Passed { bytes, lines, line_begins } = self.passed();
        let before = if line == 1 { usize::try_from(bytes - line_begins).unwrap_or(usize::MAX) } else { 0 };
        PageFault::NotJson { line: lines + line, column: before.saturating_add(column) }
    }
}

fn is_json(bytes: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(bytes).is_ok()
}

/// How far a value has been looked at.
#[derive(Default)]
struct Look {
    depth: usize,
    in_text: bool,
    is_escaped: bool,
}

impl Look {
    /// Where the value ends, if that is among the bytes that come next.
    fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        loop {
            if self.in_text {
                if self.is_escaped {
                    bytes.get(at)?;
                    self.is_escaped = false;
                    at += 1;
                }
                at += memchr2(b'"', b'\\', bytes.get(at..)?)?;
                self.in_text = bytes[at] == b'\\';
                self.is_escaped = self.in_text;
                at += 1;
                if !self.in_text && self.depth == 0 {
                    return Some(at);
                }
            }
            while !self.in_text {
                match *bytes.get(at)? {
                    b'"' => self.in_text = true,
                    b'{' | b'[' => self.depth += 1,
                    b'}' | b']' if self.depth > 1 => self.depth -= 1,
                    b'}' | b']' if self.depth == 1 => return Some(at + 1),
                    b',' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n' if self.depth == 0 => return Some(at),
                    _ => {}
                }
                at += 1;
            }
        }
    }

    /// Whether it is one that has no sign at its end.
    const fn is_bare(&self) -> bool {
        self.depth == 0 && !self.in_text
    }
}

/// The bytes for a parser that takes them one by one and so never takes one too many.
struct OneByOne<'a, B> {
    bytes: &'a mut Arriving<B>,
    /// What was found wrong in here; the parser's error then only carries the news.
    fault: Option<PageFault>,
}

impl<B: Read> Read for OneByOne<'_, B> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let Some(first) = into.first_mut() else { return Ok(0) };
        let bytes = &mut self.bytes;
        if bytes.at == bytes.held.len() {
            match bytes.fill() {
                Ok(true) => {}
                Ok(false) => return Ok(0),
                Err(fault) => {
                    self.fault = Some(fault);
                    return Err(io::Error::other("a cap was exceeded"));
                }
            }
        }
        *first = bytes.held[bytes.at];
        bytes.at += 1;
        Ok(1)
    }
}
