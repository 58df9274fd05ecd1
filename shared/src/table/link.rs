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
//! | `j` | the last 8 bytes of the id of the job that decided it, 62 bits of them random | never |
//!
//! That makes 117 bytes for a user that was created: some 9,000 in a page of 1 MB, 29 read units
//! a thousand. A link holds no name and no address.

mod reading;

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use crate::ids::{CompanyId, CustomerId, DeviceId, JobId, UserId};
use crate::outcome::{Outcome, SkipReason};

use super::action::{Action, Condition};
use super::attributes::Attributes;
use super::expression::{key, names, text, values};
use super::intent::Intent;
use super::schema::{COMPANY, ITEM, LINK_PREFIX};
use super::transaction::NEW;
use super::unread::Unread;
use super::{Table, TableError};
pub(super) use reading::Known;
use reading::page;

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

/// Which job decided a link: the random half of its id. The other half is a time, and two jobs of a
/// company may have that in common where the clocks of two hosts differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct JobStamp([u8; 8]);

impl JobStamp {
    /// The stamp of this job.
    #[must_use]
    pub fn of(job: &JobId) -> Self {
        let mut stamp = [0; 8];
        stamp.copy_from_slice(&job.as_uuid().as_bytes()[8..]);
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
pub struct NextLinks(String);

/// As it is written; it is read by [`reading`].
pub(super) struct LinkItem {
    pub company: CompanyId,
    pub person: PersonKey,
    pub c: Option<[u8; 16]>,
    pub f: [u8; 8],
    pub o: Letter,
    pub r: Option<SkipReason>,
    pub e: Option<[u8; 8]>,
    pub n: Option<[u8; 8]>,
    pub j: [u8; 8],
}

impl LinkItem {
    pub fn attributes(&self) -> Attributes {
        Attributes::default()
            .guid(COMPANY, self.company.as_uuid())
            .text(ITEM, &sort_key(&self.person))
            .bytes_if("c", self.c)
            .bytes("f", &self.f)
            .text("o", self.o.name())
            .text_if("r", self.r.map(SkipReason::code))
            .bytes_if("e", self.e)
            .bytes_if("n", self.n)
            .bytes("j", &self.j)
    }
}

#[derive(Clone, Copy)]
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
const AS_READ: &str = "#f = :fingerprint";

impl Table {
    /// A part of the company's links, read consistently.
    ///
    /// # Errors
    /// [`TableError`] when the table cannot be reached or a link is malformed.
    pub async fn links(&self, company: CompanyId, from: Option<NextLinks>) -> Result<LinkPage, TableError> {
        let unread = Unread::default();
        self.client
            .query()
            .table_name(&self.name)
            .key_condition_expression(OF_COMPANY)
            .projection_expression(READ)
            .set_expression_attribute_names(names(&[OF_COMPANY, READ]))
            .set_expression_attribute_values(values([(":company", text(company)), (":prefix", text(LINK_PREFIX))]))
            .consistent_read(true)
            .set_exclusive_start_key(from.map(|NextLinks(item)| key(&company, item)))
            .customize()
            .interceptor(unread.clone())
            .send()
            .await
            .map_err(|error| TableError::unavailable("links", &error))?;
        let body = unread.take();
        let page = page(body.as_ref().and_then(|body| body.bytes()).unwrap_or_default())?;
        let (mut links, mut intents) = (Vec::with_capacity(page.known.len()), Vec::new());
        for known in page.known {
            match known {
                Known::Link(link) => links.push(link),
                Known::Intent(intent) => intents.push(intent),
            }
        }
        Ok(LinkPage { links, intents, next: page.next.map(NextLinks) })
    }

    /// The write of one link, for a commit, on condition that it is still as it was read.
    #[must_use]
    pub fn link_write(&self, company: CompanyId, link: &Link, before: Before) -> Action {
        self.link_item_write(&to_item(company, link), before)
    }

    pub(super) fn link_item_write(&self, item: &LinkItem, before: Before) -> Action {
        let (condition, values) = match before {
            Before::Absent => (NEW, None),
            Before::Was(Fingerprint(f)) => (AS_READ, Some(Attributes::default().bytes(":fingerprint", &f))),
        };
        Action::put(&self.name, &item.attributes(), Some(Condition::that(condition)), values.as_ref())
    }
}

/// The key of a link's item; for whoever has to look one up by hand.
#[must_use]
pub fn link_key(company: &CompanyId, person: &PersonKey) -> HashMap<String, AttributeValue> {
    key(company, sort_key(person))
}

pub(super) fn sort_key(person: &PersonKey) -> String {
    let short = |uuid: &Uuid| URL_SAFE_NO_PAD.encode(uuid.as_bytes());
    [LINK_PREFIX, &short(person.device.as_uuid()), "#", &short(person.user.as_uuid())].concat()
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
        person: link.person,
        c: customer_bytes(link.customer),
        f: link.fingerprint.0,
        o,
        r,
        e: None,
        n: None,
        j: link.decided_by.0,
    }
}

/// The customer's id, where it cannot be derived.
pub(super) fn customer_bytes(customer: Linked) -> Option<[u8; 16]> {
    match customer {
        Linked::To(customer) => Some(*customer.as_uuid().as_bytes()),
        Linked::Derived | Linked::Nobody => None,
    }
}

/// What is read of an item that was written.
#[cfg(test)]
pub(super) fn read(item: &LinkItem) -> Result<Known, TableError> {
    let mut json = String::new();
    item.attributes().write_to(&mut json);
    page(format!("{{\"Items\":[{json}]}}").as_bytes()).map(|mut page| page.known.remove(0))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::clock::Timestamp;
    use base64::engine::general_purpose::STANDARD;
    use serde_json::{Map, Value, json};

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

    fn json(item: &LinkItem) -> Map<String, Value> {
        let mut json = String::new();
        item.attributes().write_to(&mut json);
        serde_json::from_str(&json).expect("JSON")
    }

    fn page_of(items: Vec<Value>) -> Result<reading::Page, TableError> {
        page(json!({"Items": items}).to_string().as_bytes())
    }

    #[test]
    fn jobs_of_one_millisecond_have_stamps_of_their_own() {
        let now = Timestamp::from_ms(4_105_080_000_000);
        // More than the 12 random bits in the first half of an id can tell apart.
        let stamps: HashSet<_> = (0..5_000).map(|_| JobStamp::of(&JobId::mint(now))).collect();
        assert_eq!(stamps.len(), 5_000);
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
            assert_eq!(read(&to_item(COMPANY, &link)).expect("a link"), Known::Link(link));
        }
    }

    #[test]
    fn an_item_that_lacks_an_attribute_or_has_one_of_another_form_is_no_link() {
        let whole = json(&to_item(COMPANY, &link(Linked::Nobody, Outcome::Skipped(SkipReason::MissingName))));
        for name in ["item", "f", "o", "j", "r"] {
            let others = [json!({"NULL": true}), json!({"B": "AAAAAAA="}), json!({"S": "?"}), json!(null), json!("C")];
            for other in others.into_iter().map(Some).chain([None]) {
                let mut item = whole.clone();
                item.remove(name);
                item.extend(other.clone().map(|other| (name.to_owned(), other)));
                let read = page_of(vec![item.into()]);
                // A link of an earlier version has no reason, and one of a later version has another one.
                let is_well =
                    name == "r" && other.as_ref().is_none_or(|other| other.is_null() || other["S"].is_string());
                assert_eq!(matches!(read, Err(TableError::Malformed { .. })), !is_well, "{name}: {other:?}");
            }
        }
        let more = whole.into_iter().chain([("z".to_owned(), json!({"M": {"of": {"S": "a later version"}}}))]);
        assert!(page_of(vec![Value::Object(more.collect())]).is_ok());
    }

    #[test]
    fn a_reason_that_only_a_later_version_knows_is_read_as_a_refusal() {
        let mut item = json(&to_item(COMPANY, &link(Linked::Nobody, Outcome::Skipped(SkipReason::MissingName))));
        item.insert("r".to_owned(), json!({"S": "OfALaterVersion"}));
        let read = page_of(vec![item.into()]).expect("a page").known;
        assert_eq!(read, [Known::Link(link(Linked::Nobody, Outcome::Skipped(SkipReason::Rejected)))]);
    }

    #[test]
    fn an_answer_that_is_cut_or_is_none_may_come_better_another_time() {
        let whole = json!({"Items": [json(&to_item(COMPANY, &link(Linked::Derived, Outcome::Created)))]}).to_string();
        for end in 0..whole.len() {
            let cut = page(&whole.as_bytes()[..end]);
            assert!(matches!(cut, Err(TableError::Unavailable { .. })), "{end}");
        }
        assert!(matches!(page(b"<html>"), Err(TableError::Unavailable { .. })));
    }

    #[test]
    fn the_next_page_begins_where_the_answer_says() {
        let last = json!({"company": {"S": "…"}, "item": {"S": "LINK#a\u{1}#\"b"}});
        let page_after = |last: Value| page(json!({"Count": 0, "LastEvaluatedKey": last}).to_string().as_bytes());
        let found = page_after(last).expect("a page");
        assert_eq!((found.known.len(), found.next.as_deref()), (0, Some("LINK#a\u{1}#\"b")));
        assert_eq!(page_after(Value::Null).expect("a page").next, None);
    }

    #[test]
    fn a_link_is_as_small_as_the_page_says() {
        let item = json(&to_item(COMPANY, &link(Linked::Derived, Outcome::Created)));
        let size: usize = item
            .iter()
            .map(|(name, value)| {
                name.len()
                    + match (value["S"].as_str(), value["B"].as_str()) {
                        (Some(text), _) => text.len(),
                        (_, Some(base64)) => STANDARD.decode(base64).expect("base64").len(),
                        _ => unreachable!("a link has no {value}"),
                    }
            })
            .sum();
        assert_eq!(size, 117);
    }
}
