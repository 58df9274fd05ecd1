//! The tables in memory: partitions of items in the order of their sort keys.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound::{Excluded, Included, Unbounded};

use super::expression::{Bound, Unknown};
use super::item::{Attribute, Item, weight};
use super::key_condition::KeyCondition;
use super::meter::Subject;

type Candidates<'t> = Box<dyn Iterator<Item = &'t Item> + 't>;

/// A page of a query ends where its items weigh this much.
const PAGE_BYTES: usize = 1_024 * 1_024;

/// A table's name, and those of its keys.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// The table.
    pub table: &'static str,
    hash: &'static str,
    sort: Option<&'static str>,
    /// Hash and sort key of each sparse index, by the index's name. All are `KEYS_ONLY`.
    indexes: &'static [(&'static str, &'static str, &'static str)],
}

/// The tables of the template, under names of the bench's own.
pub const STATE: Shape = Shape {
    table: "state",
    hash: "company",
    sort: Some("item"),
    indexes: &[("leases", "lease_shard", "lease_expires_at"), ("due", "due_shard", "due_at")],
};
/// Customers.
pub const CUSTOMERS: Shape = Shape { table: "customers", hash: "company", sort: Some("customer"), indexes: &[] };
/// Secrets.
pub const SECRETS: Shape = Shape { table: "secrets", hash: "owner", sort: None, indexes: &[] };

/// Where an item is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    hash: Box<str>,
    sort: Box<str>,
}

/// A table.
#[derive(Debug)]
pub struct Table {
    shape: Shape,
    partitions: HashMap<Box<str>, BTreeMap<Box<str>, Item>>,
}

/// A query, with its names and values.
#[derive(Debug)]
pub struct Query<'a> {
    /// The index, if not the table itself.
    pub index: Option<&'a str>,
    /// The key condition.
    pub condition: &'a str,
    /// What it stands on.
    pub bound: &'a Bound<'a>,
    /// Where it goes on.
    pub after: Option<&'a Item>,
    /// The most items.
    pub limit: usize,
    /// From the first to the last, or the other way round.
    pub forward: bool,
}

/// A page of a query.
#[derive(Debug)]
pub struct Page<'t> {
    /// The items.
    pub items: Vec<&'t Item>,
    /// What they weigh together.
    pub bytes: usize,
    /// Whether there may be more.
    pub is_cut: bool,
}

impl Table {
    /// An empty table.
    #[must_use]
    pub fn new(shape: Shape) -> Self {
        Self { shape, partitions: HashMap::new() }
    }

    /// Where the item with this key is.
    pub fn place(&self, key: &Item) -> Result<Place, Unknown> {
        let text = |name: &str| match key.get(name) {
            Some(Attribute::S(text)) => Ok(text.clone()),
            _ => Err(Unknown(format!("a key of {} without a text {name}", self.shape.table))),
        };
        Ok(Place { hash: text(self.shape.hash)?, sort: self.shape.sort.map_or(Ok("".into()), text)? })
    }

    /// The key of an item.
    #[must_use]
    pub fn key_of(&self, item: &Item) -> Item {
        let is_key = |name: &str| name == self.shape.hash || Some(name) == self.shape.sort;
        item.iter().filter(|(name, _)| is_key(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// The item there.
    #[must_use]
    pub fn get(&self, place: &Place) -> Option<&Item> {
        self.partitions.get(&place.hash)?.get(&place.sort)
    }

    /// Puts an item there, or removes what is there.
    pub fn set(&mut self, place: Place, item: Option<Item>) {
        let partition = self.partitions.entry(place.hash).or_default();
        match item {
            Some(item) => drop(partition.insert(place.sort, item)),
            None => drop(partition.remove(&place.sort)),
        }
    }

    /// What an item there is about.
    #[must_use]
    pub fn subject(&self, place: &Place) -> Subject {
        match (self.shape.table, place.sort.split('#').next().unwrap_or_default()) {
            ("customers", _) => Subject::Customer,
            ("secrets", _) => Subject::Secret,
            (_, "LINK") => Subject::Link,
            (_, "REPORT") => Subject::Report,
            (_, "CONNECTION") => Subject::Connection,
            _ => Subject::Job,
        }
    }

    /// Units of the indexes for a change of an item: one to take an entry out and one to put one in.
    #[must_use]
    pub fn index_units(&self, before: Option<&Item>, after: Option<&Item>) -> u64 {
        let entry = |item: Option<&Item>, (_, hash, sort): &(&str, &str, &str)| {
            item.and_then(|item| Some((item.get(*hash)?.clone(), item.get(*sort)?.clone())))
        };
        let units = self.shape.indexes.iter().map(|index| match (entry(before, index), entry(after, index)) {
            (was, is) if was == is => 0,
            (Some(_), Some(_)) => 2,
            _ => 1,
        });
        units.sum()
    }

    /// How many items there are whose sort key begins so.
    #[must_use]
    pub fn count(&self, hash: &str, prefix: &str) -> usize {
        self.items(hash).filter(|(sort, _)| sort.starts_with(prefix)).count()
    }

    /// The items of a partition.
    pub fn items(&self, hash: &str) -> impl Iterator<Item = (&str, &Item)> {
        self.partitions.get(hash).into_iter().flatten().map(|(sort, item)| (&**sort, item))
    }

    /// One page.
    pub fn query(&self, query: &Query<'_>) -> Result<Page<'_>, Unknown> {
        let condition = KeyCondition::read(query.condition, query.bound)?;
        let mut page = Page { items: Vec::new(), bytes: 0, is_cut: false };
        let candidates = match query.index {
            None => self.partition(query, &condition)?,
            Some(name) => self.entries(name, query, &condition)?,
        };
        for item in candidates {
            if !condition.holds(item)? {
                continue;
            }
            if page.items.len() == query.limit || page.bytes >= PAGE_BYTES {
                page.is_cut = true;
                break;
            }
            page.bytes += weight(item);
            page.items.push(item);
        }
        Ok(page)
    }

    /// The items of one partition from where the query goes on.
    fn partition<'t>(&'t self, query: &Query<'_>, condition: &KeyCondition) -> Result<Candidates<'t>, Unknown> {
        let Some(partition) = self.partitions.get(condition.hash()) else {
            return Ok(Box::new(std::iter::empty()));
        };
        let after = query.after.map(|key| self.place(key)).transpose()?.map(|place| place.sort);
        // Whoever asks for a prefix begins there and not at the first item.
        let prefix = condition.prefix().map(str::to_owned);
        let (from, to) = match (&after, &prefix) {
            (Some(after), _) if query.forward => (Excluded(&**after), Unbounded),
            (Some(after), _) => (Unbounded, Excluded(&**after)),
            (None, Some(prefix)) => (Included(&**prefix), Unbounded),
            (None, None) => (Unbounded, Unbounded),
        };
        let range = partition.range::<str, _>((from, to));
        if !query.forward {
            return Ok(Box::new(range.rev().map(|(_, item)| item)));
        }
        let in_prefix = move |sort: &str| prefix.as_deref().is_none_or(|prefix| sort.starts_with(prefix));
        Ok(Box::new(range.take_while(move |(sort, _)| in_prefix(sort)).map(|(_, item)| item)))
    }

    /// The items that are in a sparse index.
    fn entries<'t>(
        &'t self,
        name: &str,
        query: &Query<'_>,
        condition: &KeyCondition,
    ) -> Result<Candidates<'t>, Unknown> {
        let found = self.shape.indexes.iter().find(|(index, ..)| *index == name);
        let (_, hash, sort) = found.ok_or_else(|| Unknown(format!("the index {name}")))?;
        if query.after.is_some() {
            return Err(Unknown("a second page of an index".to_owned()));
        }
        let hashed = |item: &&Item| matches!(item.get(*hash), Some(Attribute::S(text)) if **text == *condition.hash());
        let all = self.partitions.values().flat_map(BTreeMap::values);
        let mut entries: Vec<_> = all.filter(hashed).filter(|item| item.contains_key(*sort)).collect();
        entries.sort_by_key(|item| item.get(*sort).and_then(Attribute::number));
        Ok(Box::new(entries.into_iter()))
    }
}
