//! Reading links as they come over the wire.
//!
//! A slice reads all of a company's links, and they are most of what a sync costs that changes
//! nothing. So a page is read straight from DynamoDB's JSON: the SDK makes a map of strings and values
//! of each item first. That what is read is what was written, tests of the room hold.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::de::{Error, IntoDeserializer};
use serde::{Deserialize, Deserializer};
use uuid::Uuid;

use crate::ids::{CustomerId, DeviceId, UserId};
use crate::outcome::{Outcome, SkipReason};
use crate::table::TableError;
use crate::table::intent::{Intent, Purpose};
use crate::table::report::Imprint;
use crate::table::schema::LINK_PREFIX;

use super::{Fingerprint, JobStamp, Letter, Link, Linked, PersonKey};

/// What is known of a user: a link, or what stands in its place.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::table) enum Known {
    Link(Link),
    Intent(Intent),
}

/// A page, and the sort key that the next one begins after.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::table) struct Page {
    pub known: Vec<Known>,
    pub next: Option<String>,
}

/// What an answer to a query for links says, whatever else is in it.
pub(in crate::table) fn page(json: &[u8]) -> Result<Page, TableError> {
    // What serde says of it may quote the answer.
    let answer: Answer<'_> = serde_json::from_slice(json).map_err(|fault| match fault.is_data() {
        true => TableError::malformed("LINK")(serde_dynamo::Error::custom("an attribute is not of its form")),
        false => TableError::Unavailable { operation: "links", code: "AnswerUnreadable".to_owned() },
    })?;
    Ok(Page { known: answer.items, next: answer.last.map(|last| last.item.value.into_owned()) })
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(rename = "Items", default)]
    items: Vec<Known>,
    #[serde(rename = "LastEvaluatedKey", borrow)]
    last: Option<Last<'a>>,
}

#[derive(Deserialize)]
struct Last<'a> {
    #[serde(borrow)]
    item: Text<'a>,
}

#[derive(Deserialize)]
struct Text<'a> {
    #[serde(rename = "S", borrow)]
    value: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Binary<'a> {
    #[serde(rename = "B", borrow)]
    base64: Cow<'a, str>,
}

/// The attributes of an item.
#[derive(Deserialize)]
struct Attributes<'a> {
    #[serde(borrow)]
    item: Text<'a>,
    c: Option<Binary<'a>>,
    f: Binary<'a>,
    o: Text<'a>,
    r: Option<Text<'a>>,
    e: Option<Binary<'a>>,
    n: Option<Binary<'a>>,
    j: Binary<'a>,
}

impl<'de> Deserialize<'de> for Known {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let attributes = Attributes::deserialize(deserializer)?;
        attributes.known().ok_or_else(|| D::Error::custom("an attribute is not of its form"))
    }
}

impl Attributes<'_> {
    /// `None` when one of them is not of its form.
    fn known(&self) -> Option<Known> {
        let person = person(&self.item.value)?;
        let (fingerprint, stamp) = (Fingerprint(self.f.bytes()?), JobStamp(self.j.bytes()?));
        let named = match &self.c {
            Some(id) => Some(Linked::To(CustomerId::from_uuid(Uuid::from_bytes(id.bytes()?)))),
            None => None,
        };
        let link = |outcome, otherwise| {
            let customer = named.unwrap_or(otherwise);
            Known::Link(Link { person, customer, fingerprint, outcome, decided_by: stamp })
        };
        let intent = |purpose| Known::Intent(Intent { person, fingerprint, purpose, written_by: stamp });
        let derived = named.unwrap_or(Linked::Derived);
        Some(match Letter::named(&self.o.value)? {
            Letter::C => link(Outcome::Created, Linked::Derived),
            Letter::U => link(Outcome::Updated, Linked::Derived),
            Letter::N => link(Outcome::Unchanged, Linked::Derived),
            Letter::S => link(Outcome::Skipped(self.reason()), Linked::Nobody),
            Letter::M => intent(Purpose::Create(self.imprint()?)),
            Letter::A => intent(Purpose::Created(derived)),
            Letter::W => intent(Purpose::Update(derived)),
        })
    }

    /// An earlier version wrote none, and a later one may know more. After a rollback such a link stops
    /// no sync: the user is left out as before, while the data is the same.
    fn reason(&self) -> SkipReason {
        let code: &str = self.r.as_ref().map_or("", |code| &code.value);
        SkipReason::deserialize(IntoDeserializer::<serde::de::value::Error>::into_deserializer(code))
            .unwrap_or(SkipReason::Rejected)
    }

    fn imprint(&self) -> Option<Imprint> {
        let email = match &self.e {
            Some(email) => Some(email.bytes()?),
            None => None,
        };
        let name = self.n.as_ref().map_or(Some([0; 8]), Binary::bytes)?;
        Some(Imprint { email, name })
    }
}

impl Binary<'_> {
    /// `None` when there are more or fewer than these.
    fn bytes<const N: usize>(&self) -> Option<[u8; N]> {
        // The decoder asks for room for whole groups of 3.
        let mut room = [0; 18];
        let decoded = STANDARD.decode_slice(self.base64.as_bytes(), &mut room).ok()?;
        room.get(..decoded)?.try_into().ok()
    }
}

fn person(sort_key: &str) -> Option<PersonKey> {
    let (device, user) = sort_key.strip_prefix(LINK_PREFIX)?.split_once('#')?;
    let long = |short: &str| {
        // 22 digits are 16 bytes; the decoder asks for room for whole groups of 4 of them.
        let mut bytes = [0; 18];
        let decoded = URL_SAFE_NO_PAD.decode_slice(short, &mut bytes).ok()?;
        Uuid::from_slice(bytes.get(..decoded)?).ok()
    };
    Some(PersonKey { device: DeviceId::from_uuid(long(device)?), user: UserId::from_uuid(long(user)?) })
}

impl Letter {
    pub(in crate::table) const fn name(self) -> &'static str {
        match self {
            Self::C => "C",
            Self::U => "U",
            Self::N => "N",
            Self::S => "S",
            Self::M => "M",
            Self::A => "A",
            Self::W => "W",
        }
    }

    fn named(letter: &str) -> Option<Self> {
        [Self::C, Self::U, Self::N, Self::S, Self::M, Self::A, Self::W].into_iter().find(|known| known.name() == letter)
    }
}
