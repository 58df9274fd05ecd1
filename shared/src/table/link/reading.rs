//! Reading a link as it lies in the table.
//!
//! A slice reads all of a company's links, so an item is taken as it comes: a mapping would move it
//! into a map of its own first. That what is read is what was written, tests of the room hold.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::IntoDeserializer;
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

/// What an item says, whatever else is in it.
pub(in crate::table) fn to_known(item: &HashMap<String, AttributeValue>) -> Result<Known, TableError> {
    let malformed = |what| TableError::Malformed { item: "LINK", source: serde::de::Error::custom(what) };
    let item = Read::of(item).ok_or_else(|| malformed("an attribute is not of its form"))?;
    let person = item.item.and_then(person).ok_or_else(|| malformed("the sort key names nobody"))?;
    let (Some(fingerprint), Some(letter), Some(stamp)) = (item.f, item.o, item.j) else {
        return Err(malformed("an attribute is missing"));
    };
    let (fingerprint, stamp) = (Fingerprint(fingerprint), JobStamp(stamp));
    let known = item.c.map(|id| Linked::To(CustomerId::from_uuid(Uuid::from_bytes(id))));
    let link = |outcome, otherwise| {
        let customer = known.unwrap_or(otherwise);
        Known::Link(Link { person, customer, fingerprint, outcome, decided_by: stamp })
    };
    let intent = |purpose| Known::Intent(Intent { person, fingerprint, purpose, written_by: stamp });
    let imprint = || Imprint { email: item.e, name: item.n.unwrap_or_default() };
    let derived = known.unwrap_or(Linked::Derived);
    Ok(match letter {
        Letter::C => link(Outcome::Created, Linked::Derived),
        Letter::U => link(Outcome::Updated, Linked::Derived),
        Letter::N => link(Outcome::Unchanged, Linked::Derived),
        Letter::S => link(Outcome::Skipped(item.r.unwrap_or(SkipReason::Rejected)), Linked::Nobody),
        Letter::M => intent(Purpose::Create(imprint())),
        Letter::A => intent(Purpose::Created(derived)),
        Letter::W => intent(Purpose::Update(derived)),
    })
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
    fn named(letter: &str) -> Option<Self> {
        Some(match letter {
            "C" => Self::C,
            "U" => Self::U,
            "N" => Self::N,
            "S" => Self::S,
            "M" => Self::M,
            "A" => Self::A,
            "W" => Self::W,
            _ => return None,
        })
    }
}

/// The attributes of an item, as they were read.
#[derive(Default)]
struct Read<'a> {
    item: Option<&'a str>,
    c: Option<[u8; 16]>,
    f: Option<[u8; 8]>,
    o: Option<Letter>,
    r: Option<SkipReason>,
    e: Option<[u8; 8]>,
    n: Option<[u8; 8]>,
    j: Option<[u8; 8]>,
}

impl<'a> Read<'a> {
    /// `None` when one of them is not of its form.
    fn of(item: &'a HashMap<String, AttributeValue>) -> Option<Self> {
        let mut read = Self::default();
        for (name, value) in item {
            match (name.as_str(), value) {
                ("item", AttributeValue::S(item)) => read.item = Some(item),
                ("c", AttributeValue::B(bytes)) => read.c = Some(bytes.as_ref().try_into().ok()?),
                ("f", AttributeValue::B(bytes)) => read.f = Some(bytes.as_ref().try_into().ok()?),
                ("o", AttributeValue::S(letter)) => read.o = Some(Letter::named(letter)?),
                ("r", AttributeValue::S(code)) => read.r = Some(reason(code)?),
                ("e", AttributeValue::B(bytes)) => read.e = Some(bytes.as_ref().try_into().ok()?),
                ("n", AttributeValue::B(bytes)) => read.n = Some(bytes.as_ref().try_into().ok()?),
                ("j", AttributeValue::B(bytes)) => read.j = Some(bytes.as_ref().try_into().ok()?),
                ("item" | "c" | "f" | "o" | "r" | "e" | "n" | "j", _) => return None,
                _ => {}
            }
        }
        Some(read)
    }
}

fn reason(code: &str) -> Option<SkipReason> {
    SkipReason::deserialize(IntoDeserializer::<serde::de::value::Error>::into_deserializer(code)).ok()
}
