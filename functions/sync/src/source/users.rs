//! The users of one VAKA system, as they come.
//!
//! The wire and the domain are two types. On the wire only the id is needed: a user without a
//! usable one cannot be linked to a customer, now or at the next sync, so it is counted as
//! unreadable and left out. A name or an e-mail of the wrong type, or with half a character in
//! it, counts as absent. What a name means, how it is split and what it may hold is not decided
//! here: it is handed on as VAKA wrote it.

use std::fmt;

use memchr::memchr;
use serde::Deserialize;
use serde_json::value::RawValue;
use shared::ids::UserId;
use uuid::Uuid;

use super::error::SourceError;
use super::groups::GroupId;
use super::page::{Extent, PageFault, Record, Value};
use super::paging::{Step, Walk};

/// A user who may make reservations in a VAKA system.
#[derive(Clone, PartialEq, Eq)]
pub struct VakaUser {
    /// Names the user within the system.
    pub user_id: UserId,
    /// The whole name as VAKA wrote it; empty when there is none.
    pub name: String,
    /// As VAKA wrote it, whether or not it is an address; `None` when it is absent or blank.
    pub email: Option<String>,
    /// The group the user belongs to.
    pub group: Option<GroupId>,
}

impl fmt::Debug for VakaUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VakaUser").field("user_id", &self.user_id).finish_non_exhaustive()
    }
}

/// The users of a system, in chunks, while they are being read. Dropping it stops the reading.
pub struct UserStream {
    walk: Walk<VakaUser>,
    end: Option<u64>,
}

impl UserStream {
    pub(super) const fn new(walk: Walk<VakaUser>) -> Self {
        Self { walk, end: None }
    }

    /// The next users, at most a hundred and never none; `None` when all have been read. The
    /// chunk after it is being read already while the caller works on this one.
    ///
    /// The same user can come again, with the same data or with other: VAKA may list it twice, a
    /// request that broke off is made again from its start, and a walk whose place was lost
    /// begins again. Whoever counts users has to know which it has seen.
    ///
    /// # Errors
    /// [`SourceError`] when the list cannot be read to its end. The stream is over then; asking
    /// again gives [`SourceError::Interrupted`] and never `None`.
    pub async fn next_chunk(&mut self) -> Result<Option<Vec<VakaUser>>, SourceError> {
        while self.end.is_none() {
            match self.walk.next().await? {
                Step::Records(users) => return Ok(Some(users)),
                Step::FromTheStart => {}
                Step::End { unreadable } => self.end = Some(unreadable),
            }
        }
        Ok(None)
    }

    /// How many users were left out because they have no usable id. Known, and exact, once
    /// [`Self::next_chunk`] has given `None`.
    #[must_use]
    pub const fn unreadable(&self) -> Option<u64> {
        self.end
    }
}

impl fmt::Debug for UserStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserStream").field("end", &self.end).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireUser<'a> {
    #[serde(borrow)]
    user_id: Option<&'a RawValue>,
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    #[serde(borrow)]
    email: Option<&'a RawValue>,
    #[serde(borrow)]
    user_group_id: Option<&'a RawValue>,
}

impl Record for VakaUser {
    const ARRAY: &'static str = "userAccounts";

    /// Fifty times the largest system there is. The users themselves are not held, what is held of each is
    /// under a hundred bytes, and with full pages a tenth of the pages is over. 600 bytes are for each user.
    const EXTENT: Extent = Extent { pages: 11_000, records: 1_000_000, bytes: 600_000_000 };

    fn read(json: &Value<'_>) -> Result<Option<Self>, PageFault> {
        let wire: Option<WireUser<'_>> = json.read()?;
        let Some((user_id, wire)) = wire.and_then(|wire| Some((guid(wire.user_id)?, wire))) else {
            return Ok(None);
        };
        Ok(Some(Self {
            user_id: UserId::from_uuid(user_id),
            name: text(wire.name).unwrap_or_default(),
            email: text(wire.email).filter(|email| !email.trim().is_empty()),
            group: guid(wire.user_group_id).map(GroupId::from_uuid),
        }))
    }
}

/// A member's text; `None` when it is absent, null, of another type, or not valid Unicode.
pub(super) fn text(member: Option<&RawValue>) -> Option<String> {
    let member = member?;
    plain(member).map_or_else(|| serde_json::from_str(member.get()).ok(), |text| Some(text.to_owned()))
}

/// A member's Guid; `None` also for the empty one, which many records can share.
pub(super) fn guid(member: Option<&RawValue>) -> Option<Uuid> {
    let guid = match plain(member?) {
        Some(text) => Uuid::parse_str(text),
        None => Uuid::parse_str(&text(member)?),
    };
    guid.ok().filter(|guid| !guid.is_nil())
}

/// A text in which nothing is escaped: it need not be parsed, because that has been done.
fn plain(member: &RawValue) -> Option<&str> {
    member.get().strip_prefix('"')?.strip_suffix('"').filter(|text| memchr(b'\\', text.as_bytes()).is_none())
}
