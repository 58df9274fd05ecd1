//! Links: which customer a user of a VAKA system is, and what was last decided about the user.
//!
//! A company's links are read whole at the start of every slice, so each byte of one is paid for
//! a user and a sync. The ids in the sort key are therefore base64, and the attributes have one
//! letter each:
//!
//! | attribute | what | when absent |
//! | --- | --- | --- |
//! | `c` | customer id, 16 bytes | the id that is derived from the key; none for a skipped user |
//! | `f` | keyed fingerprint of the user's data as it was last decided on, 8 bytes | never |
//! | `o` | `C` created, `U` updated, `N` unchanged, `S` skipped; the letters of an [`intent`](super::intent) | never |
//! | `r` | reason code | not skipped |
//! | `j` | the first 8 bytes of the job that decided it: its time, which no two jobs of a company share | never |
//!
//! That makes 117 bytes for a user that was created: some 9,000 in a page of 1 MB, 29 read units
//! a thousand. A link holds no name and no address.

mod reading;

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_bytes::ByteArray;
use uuid::Uuid;

use crate::ids::{CompanyId, CustomerId, DeviceId, JobId, UserId};
use crate::outcome::{Outcome, SkipReason};

use super::expression::{key, names, text, values};
use super::intent::Intent;
use super::schema::LINK_PREFIX;
use super::{Table, TableError};
pub(super) use reading::{Known, to_known};

/// Who a link is about: one user of one VAKA system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PersonKey {
    /// The VAKA system.
    pub device: DeviceId,
    /// The user in it.
    pub user: UserId,
}

/// The keyed fingerprint of a user's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 8]);

/// Which job decided a link, short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct JobStamp([u8; 8]);

impl JobStamp {
    /// The stamp of this job.
    #[must_use]
    pub fn of(job: &JobId) -> Self {
        let mut stamp = [0; 8];
        stamp.copy_from_slice(&job.as_uuid().as_bytes()[..8]);
        Self(stamp)
    }

    pub(super) const fn bytes(self) -> [u8; 8] {
        self.0
    }
}

/// Which customer a user is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Linked {
    /// The one whose id is derived from the company and the person's key.
    Derived,
    /// Another one, that was adopted.
    To(CustomerId),
    /// None, because the user was left out.
    Nobody,
}

impl Linked {
    /// The customer's id, for the link of this person.
    #[must_use]
    pub fn customer(self, company: CompanyId, person: &PersonKey) -> Option<CustomerId> {
        match self {
            Self::Derived => Some(derived_id(company, person)),
            Self::To(customer) => Some(customer),
            Self::Nobody => None,
        }
    }
}

/// The id of the customer that a sync makes for a user: always the same one, so that a create
/// that is repeated after a crash meets its own first try.
#[must_use]
pub fn derived_id(company: CompanyId, person: &PersonKey) -> CustomerId {
    let mut name = [0; 32];
    name[..16].copy_from_slice(person.device.as_uuid().as_bytes());
    name[16..].copy_from_slice(person.user.as_uuid().as_bytes());
    CustomerId::from_uuid(Uuid::new_v5(company.as_uuid(), &name))
}

/// One link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// The user.
    pub person: PersonKey,
    /// The customer.
    pub customer: Linked,
    /// The user's data, when it was last decided on.
    pub fingerprint: Fingerprint,
    /// What was decided.
    pub outcome: Outcome,
    /// By which job.
    pub decided_by: JobStamp,
}

/// What a link must still be for a new one to take its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    /// There was none.
    Absent,
    /// It was about these data.
    Was(Fingerprint),
}

/// A part of a company's links.
#[derive(Debug)]
pub struct LinkPage {
    /// The links, in the order of their keys.
    pub links: Vec<Link>,
    /// What stands in the place of other links.
    pub intents: Vec<Intent>,
    /// Where the next part begins; `None` after the last.
    pub next: Option<NextLinks>,
}

/// Where a part of a company's links begins.
#[derive(Debug, Clone)]
pub struct NextLinks(HashMap<String, AttributeValue>);

/// As it is written; it is read by [`to_known`].
#[derive(Serialize)]
pub(super) struct LinkItem {
    pub company: CompanyId,
    pub item: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub c: Option<ByteArray<16>>,
    pub f: ByteArray<8>,
    pub o: Letter,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r: Option<SkipReason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub e: Option<ByteArray<8>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<ByteArray<8>>,
    pub j: ByteArray<8>,
}

#[derive(Clone, Copy, Serialize)]
pub(super) enum Letter {
    C,
    U,
    N,
    S,
    M,
    A,
    W,
}

const OF_COMPANY: &str = "#company = :company AND begins_with(#item, :prefix)";
/// All but the company, which whoever asks knows.
const READ: &str = "#item, #c, #f, #o, #r, #e, #n, #j";
const ABSENT: &str = "attribute_not_exists(#item)";
const AS_READ: &str = "#f = :fingerprint";

impl Table {
    /// A part of the company's links, read consistently.
    ///
    /// # Errors
    /// [`TableError`] when the table cannot be reached or a link is malformed.
    pub async fn links(&self, company: CompanyId, from: Option<NextLinks>) -> Result<LinkPage, TableError> {
        let page = self
            .client
            .query()
            .table_name(&self.name)
            .key_condition_expression(OF_COMPANY)
            .projection_expression(READ)
            .set_expression_attribute_names(names(&[OF_COMPANY, READ]))
            .set_expression_attribute_values(values([(":company", text(company)), (":prefix", text(LINK_PREFIX))]))
            .consistent_read(true)
            .set_exclusive_start_key(from.map(|next| next.0))
            .send()
            .await
            .map_err(|error| TableError::unavailable("links", &error))?;
        let items = page.items.unwrap_or_default();
        let (mut links, mut intents) = (Vec::with_capacity(items.len()), Vec::new());
        for item in &items {
            match to_known(item)? {
                Known::Link(link) => links.push(link),
                Known::Intent(intent) => intents.push(intent),
            }
        }
        let next = page.last_evaluated_key.filter(|key| !key.is_empty()).map(NextLinks);
        Ok(LinkPage { links, intents, next })
    }

    /// The write of one link, for a commit, on condition that it is still as it was read.
    ///
    /// # Errors
    /// [`TableError::Malformed`] when the link cannot be mapped, which no link of ours does.
    pub fn link_write(&self, company: CompanyId, link: &Link, before: Before) -> Result<TransactWriteItem, TableError> {
        self.link_item_write(to_item(company, link), before)
    }

    pub(super) fn link_item_write(&self, item: LinkItem, before: Before) -> Result<TransactWriteItem, TableError> {
        let item = serde_dynamo::to_item(item).map_err(TableError::malformed("LINK"))?;
        let (condition, bound) = match before {
            Before::Absent => (ABSENT, None),
            Before::Was(Fingerprint(fingerprint)) => (AS_READ, values([(":fingerprint", bytes(fingerprint))])),
        };
        let put = Put::builder()
            .table_name(&self.name)
            .set_item(Some(item))
            .condition_expression(condition)
            .set_expression_attribute_names(names(&[condition]))
            .set_expression_attribute_values(bound);
        // A builder fails only where a member is missing, and DynamoDB refuses that as well.
        Ok(TransactWriteItem::builder().set_put(put.build().ok()).build())
    }
}

/// The key of a link's item; for whoever has to look one up by hand.
#[must_use]
pub fn link_key(company: &CompanyId, person: &PersonKey) -> HashMap<String, AttributeValue> {
    key(company, sort_key(person))
}

pub(super) fn sort_key(person: &PersonKey) -> String {
    let short = |uuid: &Uuid| URL_SAFE_NO_PAD.encode(uuid.as_bytes());
    format!("{LINK_PREFIX}{}#{}", short(person.device.as_uuid()), short(person.user.as_uuid()))
}

fn to_item(company: CompanyId, link: &Link) -> LinkItem {
    let (o, r) = match link.outcome {
        Outcome::Created => (Letter::C, None),
        Outcome::Updated => (Letter::U, None),
        Outcome::Unchanged => (Letter::N, None),
        Outcome::Skipped(reason) => (Letter::S, Some(reason)),
    };
    LinkItem {
        company,
        item: sort_key(&link.person),
        c: customer_bytes(link.customer),
        f: ByteArray::new(link.fingerprint.0),
        o,
        r,
        e: None,
        n: None,
        j: ByteArray::new(link.decided_by.0),
    }
}

/// The customer's id, where it cannot be derived.
pub(super) fn customer_bytes(customer: Linked) -> Option<ByteArray<16>> {
    match customer {
        Linked::To(customer) => Some(ByteArray::new(*customer.as_uuid().as_bytes())),
        Linked::Derived | Linked::Nobody => None,
    }
}

fn bytes<const N: usize>(value: [u8; N]) -> AttributeValue {
    AttributeValue::B(aws_sdk_dynamodb::primitives::Blob::new(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPANY: CompanyId = CompanyId::from_uuid(Uuid::from_u128(7));

    fn link(customer: Linked, outcome: Outcome) -> Link {
        Link {
            person: PersonKey { device: DeviceId::from_uuid(Uuid::from_u128(1)), user: UserId::from_uuid(Uuid::max()) },
            customer,
            fingerprint: Fingerprint(*b"12345678"),
            outcome,
            decided_by: JobStamp::of(&JobId::from_uuid(Uuid::max())),
        }
    }

    #[test]
    fn a_link_is_read_as_it_was_written() {
        let other = Linked::To(CustomerId::from_uuid(Uuid::from_u128(9)));
        for link in [
            link(Linked::Derived, Outcome::Created),
            link(other, Outcome::Updated),
            link(other, Outcome::Unchanged),
            link(Linked::Nobody, Outcome::Skipped(SkipReason::MissingName)),
            link(other, Outcome::Skipped(SkipReason::CustomerDeleted)),
        ] {
            let item = serde_dynamo::to_item(to_item(COMPANY, &link)).expect("a link can be written");
            assert_eq!(to_known(&item).expect("and read"), Known::Link(link));
        }
    }

    #[test]
    fn an_item_that_lacks_an_attribute_or_has_one_of_another_form_is_no_link() {
        let whole: HashMap<String, AttributeValue> =
            serde_dynamo::to_item(to_item(COMPANY, &link(Linked::Derived, Outcome::Created))).expect("a link");
        for name in ["item", "f", "o", "j"] {
            for other in [None, Some(AttributeValue::Null(true)), Some(bytes([0; 5])), Some(text("?"))] {
                let mut item = whole.clone();
                item.remove(name);
                item.extend(other.clone().map(|other| (name.to_owned(), other)));
                assert!(matches!(to_known(&item), Err(TableError::Malformed { .. })), "{name}: {other:?}");
            }
        }
        let more = whole.into_iter().chain([("z".to_owned(), text("of a later version"))]).collect();
        assert!(to_known(&more).is_ok());
    }

    #[test]
    fn a_link_is_as_small_as_the_page_says() {
        let item: HashMap<String, AttributeValue> =
            serde_dynamo::to_item(to_item(COMPANY, &link(Linked::Derived, Outcome::Created))).expect("a link");
        let size: usize = item
            .iter()
            .map(|(name, value)| {
                name.len()
                    + match value {
                        AttributeValue::S(text) => text.len(),
                        AttributeValue::B(bytes) => bytes.as_ref().len(),
                        other => unreachable!("a link has no {other:?}"),
                    }
            })
            .sum();
        assert_eq!(size, 117);
    }
}
