//! The report of a job: what it decided about whom, kept in items of its own beside the job.
//!
//! Each commit puts one part, `REPORT#<job>#<generation>.<commit>`, in the transaction that
//! writes the links, the customers and the counters. So report, links and counters can never
//! disagree, whatever crashes, and a part is written once and never changed. It goes with its
//! job, by the same `expires_on`.
//!
//! | attribute | what | when absent |
//! | --- | --- | --- |
//! | `decided` | rows: created, updated, adopted as they were, left out | the commit decided nothing |
//! | `again` | rows: left out for the same reason as before, without a decision | there are none |
//! | `expires_on` | s since the epoch, the table's TTL | never |
//!
//! A user for whom there was nothing to do is counted and not listed: nothing is written for it.
//! Neither is a record of the source listed that names no user.
//!
//! Rows are bytes, grouped by VAKA system: 16 bytes device id, 2 bytes number of rows (big
//! endian), then the rows, each
//!
//! | bytes | what |
//! | --- | --- |
//! | 1 | bits 0 to 3: 0 created, 1 updated, 2 unchanged, 3 and on the skip reasons in the order of [`VERDICTS`]; bit 4: the customer is the derived one; bits 5, 6, 7: the next three are there |
//! | 16 | user id |
//! | 16 | customer id |
//! | 8 | keyed hash of the customer's e-mail address |
//! | 8 | keyed hash of the customer's name |
//!
//! The hashes are in a dry run alone (see [`Imprint`]). 49 new users, as many as a commit takes,
//! are a part of 978 bytes, one write unit, two in a transaction: a thousand new users cost 42
//! write units more, beside some 4,000 for their links and customers. A thousand that are left
//! out again cost 34. Whoever reads the report of 20,000 new users reads 0.4 MB in one query.
//!
//! What this module does not do: name anybody. Whose id it is, VAKA knows.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use uuid::Uuid;

use crate::clock::Timestamp;
use crate::ids::{CompanyId, CustomerId, DeviceId, JobId, UserId};
use crate::job::{Job, Status};
use crate::outcome::{Outcome, SkipReason};

use super::action::Action;
use super::expression::{names, text, values};
use super::lease::Chunk;
use super::link::{Linked, PersonKey};
use super::schema::{REPORT_PREFIX, expires_on};
use super::{Table, TableError};

/// One user in a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The user.
    pub person: PersonKey,
    /// What became of it.
    pub outcome: Outcome,
    /// Which customer it is.
    pub customer: Linked,
    /// What the customer would be found by; only in a dry run, of a customer that it would write.
    pub imprint: Option<Imprint>,
}

/// What a customer would be found by after a write that a dry run did not do: hashes under the
/// company's own key, so that a slice that begins anew knows what the one before had in mind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Imprint {
    /// The e-mail address; `None` where the write leaves it as it is.
    pub email: Option<[u8; 8]>,
    /// The name.
    pub name: [u8; 8],
}

/// Which commit of a job a part belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PartKey {
    pub generation: u64,
    pub commit: u64,
}

/// What is listed of one commit.
struct Part {
    generation: u64,
    decided: Vec<Row>,
    again: Vec<Row>,
}

#[derive(Serialize, Deserialize)]
struct PartItem {
    company: CompanyId,
    item: String,
    #[serde(default, skip_serializing_if = "is_empty")]
    decided: ByteBuf,
    #[serde(default, skip_serializing_if = "is_empty")]
    again: ByteBuf,
    expires_on: i64,
}

/// The outcomes by their number in a row. A number is never given to another outcome.
const VERDICTS: [Outcome; 9] = [
    Outcome::Created,
    Outcome::Updated,
    Outcome::Unchanged,
    Outcome::Skipped(SkipReason::MissingName),
    Outcome::Skipped(SkipReason::MissingPhone),
    Outcome::Skipped(SkipReason::OwnAccount),
    Outcome::Skipped(SkipReason::AmbiguousEmail),
    Outcome::Skipped(SkipReason::CustomerDeleted),
    Outcome::Skipped(SkipReason::Rejected),
];
const VERDICT: u8 = 0x0f;
const DERIVED: u8 = 0x10;
const CUSTOMER: u8 = 0x20;
const EMAIL: u8 = 0x40;
const NAME: u8 = 0x80;

const OF_JOB: &str = "#company = :company AND begins_with(#item, :prefix)";

impl Table {
    /// Every user that the report of this job lists, each once, in the order of their keys. While
    /// the job runs, those of what is committed.
    ///
    /// # Errors
    /// [`TableError`] when the table cannot be reached or a part is malformed.
    pub async fn report(&self, job: &Job) -> Result<Vec<Row>, TableError> {
        if job.counters.is_none() {
            return Ok(Vec::new());
        }
        Ok(listed(self.parts(job.company, job.id).await?, job.status, job.generation))
    }

    /// What the commits of a job so far have decided, in their order.
    ///
    /// # Errors
    /// [`TableError`] when the table cannot be reached or a part is malformed.
    pub async fn decided(&self, company: CompanyId, job: JobId) -> Result<Vec<Row>, TableError> {
        Ok(self.parts(company, job).await?.into_iter().flat_map(|part| part.decided).collect())
    }

    async fn parts(&self, company: CompanyId, job: JobId) -> Result<Vec<Part>, TableError> {
        let mut parts = Vec::new();
        let mut next = None;
        loop {
            let prefix = prefix(&job);
            let page = self
                .client
                .query()
                .table_name(&self.name)
                .key_condition_expression(OF_JOB)
                .set_expression_attribute_names(names(&[OF_JOB]))
                .set_expression_attribute_values(values([(":company", text(company)), (":prefix", text(&prefix))]))
                .consistent_read(true)
                .set_exclusive_start_key(next)
                .send()
                .await
                .map_err(|error| TableError::unavailable("report", &error))?;
            for item in page.items.unwrap_or_default() {
                parts.push(to_part(item, &prefix)?);
            }
            next = page.last_evaluated_key.filter(|key| !key.is_empty());
            if next.is_none() {
                return Ok(parts);
            }
        }
    }

    /// The write of a chunk's part, for its commit; none when it lists nobody.
    pub(super) fn report_write(
        &self,
        company: CompanyId,
        job: JobId,
        part: PartKey,
        chunk: &Chunk,
        created_at: Timestamp,
    ) -> Result<Option<Action>, TableError> {
        if chunk.decided.is_empty() && chunk.again.is_empty() {
            return Ok(None);
        }
        let item = PartItem {
            company,
            item: format!("{}{part}", prefix(&job)),
            decided: ByteBuf::from(encode(&chunk.decided)),
            again: ByteBuf::from(encode(&chunk.again)),
            expires_on: expires_on(created_at),
        };
        let item = serde_dynamo::to_item(item).map_err(TableError::malformed("REPORT"))?;
        Ok(Some(self.put(item)))
    }
}

/// The rows of a report: of each user the last one.
///
/// Who is left out again is found by every slice anew, and a completed job has counted those whom
/// its last one found: who was gone from the source by then is not listed either.
fn listed(parts: Vec<Part>, status: Status, generation: u64) -> Vec<Row> {
    let mut rows = BTreeMap::new();
    for part in parts {
        let again = part.again.into_iter().filter(|_| status != Status::Completed || part.generation == generation);
        rows.extend(part.decided.into_iter().chain(again).map(|row| (row.person, row)));
    }
    rows.into_values().collect()
}

fn prefix(job: &JobId) -> String {
    format!("{REPORT_PREFIX}{job}#")
}

impl std::fmt::Display for PartKey {
    /// Parts sort in the order in which they were committed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:06}.{:06}", self.generation, self.commit)
    }
}

fn to_part(item: HashMap<String, AttributeValue>, prefix: &str) -> Result<Part, TableError> {
    let item: PartItem = serde_dynamo::from_item(item).map_err(TableError::malformed("REPORT"))?;
    let malformed = |what| TableError::Malformed { item: "REPORT", source: serde::de::Error::custom(what) };
    let generation = item.item.strip_prefix(prefix).and_then(|part| part.split_once('.')?.0.parse().ok());
    Ok(Part {
        generation: generation.ok_or_else(|| malformed("the sort key names no part"))?,
        decided: decode(&item.decided).ok_or_else(|| malformed("the rows cannot be read"))?,
        again: decode(&item.again).ok_or_else(|| malformed("the rows cannot be read"))?,
    })
}

fn encode(rows: &[Row]) -> Vec<u8> {
    let mut by_device: BTreeMap<DeviceId, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        by_device.entry(row.person.device).or_default().push(row);
    }
    let mut bytes = Vec::new();
    for (device, rows) in by_device {
        for group in rows.chunks(usize::from(u16::MAX)) {
            bytes.extend_from_slice(device.as_uuid().as_bytes());
            bytes.extend_from_slice(&u16::try_from(group.len()).unwrap_or(u16::MAX).to_be_bytes());
            group.iter().for_each(|row| encode_row(row, &mut bytes));
        }
    }
    bytes
}

fn encode_row(row: &Row, bytes: &mut Vec<u8>) {
    let verdict = VERDICTS.iter().position(|verdict| *verdict == row.outcome).and_then(|at| u8::try_from(at).ok());
    let customer = match row.customer {
        Linked::To(customer) => Some(customer),
        Linked::Derived | Linked::Nobody => None,
    };
    let email = row.imprint.and_then(|imprint| imprint.email);
    let mut first = verdict.unwrap_or(VERDICT);
    for (is_set, bit) in [
        (row.customer == Linked::Derived, DERIVED),
        (customer.is_some(), CUSTOMER),
        (email.is_some(), EMAIL),
        (row.imprint.is_some(), NAME),
    ] {
        first |= if is_set { bit } else { 0 };
    }
    bytes.push(first);
    bytes.extend_from_slice(row.person.user.as_uuid().as_bytes());
    bytes.extend(customer.iter().flat_map(|customer| customer.as_uuid().as_bytes()));
    bytes.extend(email.iter().flatten());
    bytes.extend(row.imprint.iter().flat_map(|imprint| imprint.name));
}

/// The rows; `None` when the bytes are none.
fn decode(mut bytes: &[u8]) -> Option<Vec<Row>> {
    let mut rows = Vec::new();
    while !bytes.is_empty() {
        let device = DeviceId::from_uuid(Uuid::from_bytes(take(&mut bytes)?));
        for _ in 0..u16::from_be_bytes(take(&mut bytes)?) {
            rows.push(decode_row(device, &mut bytes)?);
        }
    }
    Some(rows)
}

fn decode_row(device: DeviceId, bytes: &mut &[u8]) -> Option<Row> {
    let [first] = take(bytes)?;
    let user = UserId::from_uuid(Uuid::from_bytes(take(bytes)?));
    let customer = match first & (DERIVED | CUSTOMER) {
        0 => Linked::Nobody,
        DERIVED => Linked::Derived,
        CUSTOMER => Linked::To(CustomerId::from_uuid(Uuid::from_bytes(take(bytes)?))),
        _ => return None,
    };
    let email = if first & EMAIL == 0 { None } else { Some(take(bytes)?) };
    let imprint = if first & NAME == 0 { None } else { Some(Imprint { email, name: take(bytes)? }) };
    // Only reasons are added, and one that a later version knows is a refusal to this one.
    let unknown = Outcome::Skipped(SkipReason::Rejected);
    let outcome = VERDICTS.get(usize::from(first & VERDICT)).copied().unwrap_or(unknown);
    Some(Row { person: PersonKey { device, user }, outcome, customer, imprint })
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*taken)
}

fn is_empty(bytes: &ByteBuf) -> bool {
    bytes.is_empty()
}

#[cfg(test)]
mod tests;
