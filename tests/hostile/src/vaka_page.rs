//! VAKA's pages: what is read of one is what it says, however it is written and however its bytes
//! arrive; a page that is cut is none; and no more of it is taken than the caps allow.

mod layout;

use std::fmt;
use std::io::{self, Read};
use std::ops::ControlFlow;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use sync::source::page::{BATCH_RECORDS, Caps, PageEnd, PageFault, Record, read_page};
use sync::source::{Group, GroupId, VakaUser};

use self::layout::Written;
use crate::tape::Tape;

/// Stands in every name, and may not stand in a fault.
const MARK: &str = "marked-person";

/// What every page of a tape fits into, so that none is refused for its size.
const ROOM: Caps = Caps { record_bytes: 1 << 20, body_bytes: 1 << 20, records: 1 << 20 };

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What came of reading a page.
#[derive(Debug, PartialEq, Eq)]
struct Outcome<R> {
    end: Result<PageEnd, PageFault>,
    records: Vec<R>,
}

/// # Panics
/// When something does not hold.
pub fn holds(tape: &[u8]) {
    let mut tape = Tape::new(tape);
    if tape.seldom(64) {
        of_groups(&mut tape);
    } else {
        of_users(&mut tape);
    }
}

fn of_users(tape: &mut Tape<'_>) {
    let written = Written::users(tape);
    if !tape.seldom(128) {
        let read: Outcome<VakaUser> = read(&written.text, ROOM, &[]);
        let next = written.next.clone();
        let bytes = whole_bytes(&written.text);
        let (records, unreadable) = (written.records, written.unreadable);
        assert_eq!(read.end, Ok(PageEnd { next, bytes, records, unreadable }), "{}", shown(&written.text));
        assert_eq!(read.records, written.users, "{}", shown(&written.text));
        every_way_of_arriving_is_alike::<VakaUser>(tape, &written.text);
        a_cut_page_is_none::<VakaUser>(tape, &written.text);
        caps_hold::<VakaUser>(tape, &written.text);
        return;
    }
    let text = if tape.seldom(64) { tape.bytes(4_096).to_vec() } else { tape.edited(&written.text, 4) };
    whatever_it_is::<VakaUser>(tape, &text);
}

fn of_groups(tape: &mut Tape<'_>) {
    let text = layout::groups(tape);
    let text = tape.edited(&text, 4);
    whatever_it_is::<(GroupId, Group)>(tape, &text);
}

/// What holds of any bytes.
fn whatever_it_is<R: Record + PartialEq + std::fmt::Debug>(tape: &mut Tape<'_>, text: &[u8]) {
    every_way_of_arriving_is_alike::<R>(tape, text);
    a_cut_page_is_none::<R>(tape, text);
    caps_hold::<R>(tape, text);
    agrees_with_a_reader_of_whole_values::<R>(text);
}

fn every_way_of_arriving_is_alike<R: Record + PartialEq + std::fmt::Debug>(tape: &mut Tape<'_>, text: &[u8]) {
    let whole: Outcome<R> = read(text, ROOM, &[]);
    let sizes: Vec<_> = (0..tape.below(8)).map(|_| 1 + tape.below(64)).collect();
    for sizes in [&[1][..], &sizes] {
        assert_eq!(read::<R>(text, ROOM, sizes), whole, "in pieces of {sizes:?}: {}", shown(text));
    }
    if let Err(fault) = whole.end {
        let fault = format!("{fault:?} {fault}");
        assert!(!fault.contains(MARK), "{fault}");
    }
}

/// No page ends before its object does, so what is cut off a page may be white space alone.
fn a_cut_page_is_none<R: Record + PartialEq + std::fmt::Debug>(tape: &mut Tape<'_>, text: &[u8]) {
    let (kept, cut) = text.split_at(tape.below(text.len().max(1)));
    let end = read::<R>(kept, ROOM, &[]).end;
    if read::<R>(text, ROOM, &[]).end.is_ok() && !cut.trim_ascii().is_empty() {
        assert_eq!(end, Err(PageFault::CutShort), "{}", shown(kept));
    }
}

fn caps_hold<R: Record + PartialEq + std::fmt::Debug>(tape: &mut Tape<'_>, text: &[u8]) {
    let caps = Caps {
        record_bytes: 1 + tape.below(512) as u64,
        body_bytes: 1 + tape.below(4_096) as u64,
        records: tape.below(16) as u64,
    };
    let mut body = Pieces { left: text, sizes: &[1], turn: 0, taken: 0 };
    let (mut handed_over, mut largest) = (0, 0);
    let end = read_page::<R>(&mut body, caps, |batch| {
        handed_over += batch.len() as u64;
        largest = largest.max(batch.len());
        ControlFlow::Continue(())
    });
    assert!(handed_over <= caps.records && largest <= BATCH_RECORDS, "{handed_over} records, {largest} at once");
    // One byte more tells that it is too long, and the parser asks again for each of the two levels that it leaves. A
    // mark at the beginning is none of the page's bytes.
    let most = caps.body_bytes + 3 + BYTE_ORDER_MARK.len() as u64;
    assert!(body.taken <= most, "{} bytes of {} were taken: {end:?} {}", body.taken, caps.body_bytes, shown(text));
    match end {
        // What fits is read as with all the room there is.
        Ok(end) => assert_eq!(Ok(end), read::<R>(text, ROOM, &[]).end),
        Err(PageFault::TooLong | PageFault::PartTooLong | PageFault::TooManyRecords) => {}
        Err(fault) => assert_eq!(Err(fault), read::<R>(text, ROOM, &[]).end, "within {caps:?}: {}", shown(text)),
    }
}

/// A page is JSON; and where it is JSON that a plain reader takes too, both see the same list.
fn agrees_with_a_reader_of_whole_values<R: Record + PartialEq + std::fmt::Debug>(text: &[u8]) {
    let bare = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let Outcome { end, records } = read::<R>(text, ROOM, &[]);
    if end.is_ok() {
        // What is passed over need not be UTF-8.
        let text = shown(bare);
        assert!(serde_json::from_str::<&RawValue>(&text).is_ok(), "a page that is no JSON: {text}");
    }
    // It refuses half surrogates, numbers beyond f64 and 128 levels, which need be no fault of a page.
    let Ok(Members(members)) = serde_json::from_slice(bare) else {
        let is_other = serde_json::from_slice::<Value>(bare).is_ok_and(|value| !value.is_object());
        assert!(!is_other || end == Err(PageFault::NotAnObject), "{end:?} {}", shown(text));
        return;
    };
    let values_of = |wanted: &str| members.iter().filter(|(name, _)| name == wanted).map(|(_, value)| value).collect();
    let (lists, tokens): (Vec<_>, Vec<_>) = (values_of(R::ARRAY), values_of("continuationToken"));
    let well = match end {
        Ok(PageEnd { ref next, records: all, unreadable, .. }) => {
            let is_list = matches!(lists[..], [Value::Array(list)] if list.len() as u64 == all);
            let token = tokens.first().and_then(|token| token.as_str()).filter(|token| !token.is_empty());
            is_list && records.len() as u64 == all - unreadable && tokens.len() <= 1 && next.as_deref() == token
        }
        Err(PageFault::Twice(name)) => members.iter().filter(|(member, _)| member == name).count() > 1,
        Err(PageFault::TokenNotText) => tokens.iter().any(|token| !token.is_string() && !token.is_null()),
        Err(PageFault::ArrayMissing(_)) => lists.is_empty() || lists.iter().any(|list| !list.is_array()),
        Err(_) => false,
    };
    assert!(well, "{end:?} of JSON: {}", shown(text));
}

/// An object's members, those of one name too, of which a map keeps the last.
struct Members(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

fn read<R: Record>(text: &[u8], caps: Caps, sizes: &[usize]) -> Outcome<R> {
    let mut records = Vec::new();
    let end = read_page(Pieces { left: text, sizes, turn: 0, taken: 0 }, caps, |batch| {
        assert!((1..=BATCH_RECORDS).contains(&batch.len()), "a batch of {}", batch.len());
        records.extend(batch);
        ControlFlow::Continue(())
    });
    Outcome { end, records }
}

/// A body that arrives in pieces of these sizes, by turns; of any size when there is none.
struct Pieces<'a> {
    left: &'a [u8],
    sizes: &'a [usize],
    turn: usize,
    taken: u64,
}

impl Read for Pieces<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let size = self.sizes.get(self.turn % self.sizes.len().max(1)).copied().unwrap_or(usize::MAX);
        self.turn += 1;
        let taken = into.len().min(self.left.len()).min(size);
        let (now, later) = self.left.split_at(taken);
        into[..taken].copy_from_slice(now);
        self.left = later;
        self.taken += taken as u64;
        Ok(taken)
    }
}

fn whole_bytes(text: &[u8]) -> u64 {
    text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text).len() as u64
}

fn shown(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}
