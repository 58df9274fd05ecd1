//! What has to be done at a time, as the sparse index `due` lists it.
//!
//! The index may lag behind the table: an item that it shows may have been done, moved or removed.
//! So whoever acts on it does so by a write on condition that `due_at` is as it was seen here.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::clock::Timestamp;
use crate::ids::CompanyId;

use super::expression::{moment, names, text, values};
use super::schema::{COMPANY, DUE, ITEM, SHARDS, shard};
use super::{Table, TableError};

/// Rows a query of one shard returns at most: what one run of the recover function can handle.
const MOST_PER_SHARD: i32 = 100;

const BY_NOW: &str = "#due_shard = :shard AND #due_at <= :now";

/// What is to be done. Each kind has shards of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// An event is to be sent.
    Event,
    /// A company's sync is to start by its schedule.
    Sync,
}

/// An item that is due.
#[derive(Debug)]
pub(super) struct Row {
    pub company: CompanyId,
    pub item: String,
    pub due_at: Timestamp,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Sync => "sync",
        }
    }

    /// The partition of the index that the company's items of this kind are in.
    pub fn shard(self, company: &CompanyId) -> String {
        self.partition(shard(company))
    }

    fn partition(self, shard: u8) -> String {
        format!("{}-{shard}", self.name())
    }
}

impl Table {
    /// What is due by now, the longest overdue first within each shard.
    pub(super) async fn due(&self, kind: Kind, now: Timestamp) -> Result<Vec<Row>, TableError> {
        let mut found = Vec::new();
        for shard in 0..SHARDS {
            let page = self
                .client
                .query()
                .table_name(&self.name)
                .index_name(DUE)
                .key_condition_expression(BY_NOW)
                .set_expression_attribute_names(names(&[BY_NOW]))
                .set_expression_attribute_values(values([
                    (":shard", text(kind.partition(shard))),
                    (":now", moment(now)),
                ]))
                .limit(MOST_PER_SHARD)
                .send()
                .await
                .map_err(|error| TableError::unavailable("due", &error))?;
            found.extend(page.items.unwrap_or_default().iter().filter_map(|item| {
                let text = |name| item.get(name).and_then(|value: &AttributeValue| value.as_s().ok());
                Some(Row {
                    company: CompanyId::parse(text(COMPANY)?).ok()?,
                    item: text(ITEM)?.clone(),
                    due_at: Timestamp::from_ms(item.get("due_at")?.as_n().ok()?.parse().ok()?),
                })
            }));
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use uuid::Uuid;

    use super::*;

    #[test]
    fn each_kind_has_shards_of_its_own_and_every_company_is_in_one_of_them() {
        let all = |kind: Kind| (0..SHARDS).map(|shard| kind.partition(shard)).collect::<BTreeSet<_>>();
        let (events, syncs) = (all(Kind::Event), all(Kind::Sync));
        assert_eq!((events.len(), syncs.len()), (usize::from(SHARDS), usize::from(SHARDS)));
        assert!(events.is_disjoint(&syncs));
        for n in 0..64 {
            let company = CompanyId::from_uuid(Uuid::from_u128(n));
            assert!(events.contains(&Kind::Event.shard(&company)) && syncs.contains(&Kind::Sync.shard(&company)));
        }
    }

    /// They lie in the table: another version has to find what this one has put there.
    #[test]
    fn shards_are_called_as_they_always_were() {
        assert_eq!((Kind::Event.partition(0), Kind::Sync.partition(7)), ("event-0".to_owned(), "sync-7".to_owned()));
    }
}
