//! The user groups of one VAKA system, as a map.
//!
//! A group gives a user's customer its apartment and reference. There are as many groups as
//! households, so unlike the users they are held in memory, before the first user is read.

use std::collections::HashMap;
use std::fmt;

use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::error::SourceError;
use super::page::{Extent, PageFault, Record, Value};
use super::paging::{Step, Walk};
use super::users::{guid, text};

/// A user group of one VAKA system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupId(Uuid);

impl GroupId {
    /// Wraps a Guid that has already been parsed.
    #[must_use]
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid)
    }
}

/// What a group says about its users. All of it is as VAKA wrote it, and nothing of it is sure to be there.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Group {
    /// The group's name.
    pub name: Option<Box<str>>,
    /// The apartment the group stands for.
    pub apartment_id: Option<Box<str>>,
    /// The group's id in the property owner's own system.
    pub reference_id: Option<Box<str>>,
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Group(redacted)")
    }
}

/// Reads a walk through the groups to its end. A group that comes twice counts as it came last;
/// one without a usable id is left out, since no user can refer to it. Says so whenever it has read some.
pub(super) async fn collect(
    mut walk: Walk<(GroupId, Group)>,
    mut has_read: impl FnMut(),
) -> Result<HashMap<GroupId, Group>, SourceError> {
    let mut groups = HashMap::new();
    loop {
        match walk.next().await? {
            Step::Records(read) => {
                groups.extend(read);
                has_read();
            }
            Step::FromTheStart => groups.clear(),
            Step::End { .. } => return Ok(groups),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireGroup<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    #[serde(borrow)]
    apartment_id: Option<&'a RawValue>,
    #[serde(borrow)]
    reference_id: Option<&'a RawValue>,
}

impl Record for (GroupId, Group) {
    const ARRAY: &'static str = "userGroups";

    /// The groups are held, so their bytes are what bounds the memory that they take: over 300 for each.
    const EXTENT: Extent = Extent { pages: 2_000, records: 200_000, bytes: 64 * 1_024 * 1_024 };

    fn read(json: &Value<'_>) -> Result<Option<Self>, PageFault> {
        let wire: Option<WireGroup<'_>> = json.read()?;
        let Some((id, wire)) = wire.and_then(|wire| Some((guid(wire.id)?, wire))) else {
            return Ok(None);
        };
        let group = Group {
            name: text(wire.name).and_then(not_blank),
            apartment_id: text_or_number(wire.apartment_id).and_then(not_blank),
            reference_id: text_or_number(wire.reference_id).and_then(not_blank),
        };
        Ok(Some((GroupId::from_uuid(id), group)))
    }
}

/// Axema's pages do not say of which type these two are. A number is kept as it is written.
fn text_or_number(member: Option<&RawValue>) -> Option<String> {
    text(member).or_else(|| {
        let literal = member?.get();
        literal.starts_with(|first: char| first == '-' || first.is_ascii_digit()).then(|| literal.to_owned())
    })
}

fn not_blank(text: String) -> Option<Box<str>> {
    Some(text).filter(|text| !text.trim().is_empty()).map(String::into_boxed_str)
}
