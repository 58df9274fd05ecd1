//! The condition of a query: one hash key, and at most one test of the sort key.

use super::expression::{Bound, Reader, Unknown, compare};
use super::item::{Attribute, Item};

/// A key condition, read.
#[derive(Debug)]
pub struct KeyCondition {
    hash: Box<str>,
    sort: Option<(Box<str>, Test)>,
}

#[derive(Debug)]
enum Test {
    BeginsWith(Box<str>),
    Compares(String, Attribute),
}

impl KeyCondition {
    /// Reads `#hash = :hash`, `… AND begins_with(#sort, :prefix)` or `… AND #sort <= :value`.
    ///
    /// # Errors
    /// [`Unknown`] for anything else.
    pub fn read(condition: &str, bound: &Bound<'_>) -> Result<Self, Unknown> {
        let mut reader = Reader::new(condition, bound)?;
        // boto3 puts what is joined by AND in brackets.
        let in_brackets = reader.take("(");
        reader.name()?;
        reader.expect("=")?;
        let Attribute::S(hash) = reader.value()?.clone() else {
            return Err(Unknown("a hash key that is no text".to_owned()));
        };
        let sort = if !reader.take("AND") {
            None
        } else if reader.take("begins_with") {
            reader.expect("(")?;
            let name = reader.name()?;
            reader.expect(",")?;
            let Attribute::S(prefix) = reader.value()?.clone() else {
                return Err(Unknown("a prefix that is no text".to_owned()));
            };
            reader.expect(")")?;
            Some((name, Test::BeginsWith(prefix)))
        } else {
            let name = reader.name()?;
            let operator = reader.operator().to_owned();
            Some((name, Test::Compares(operator, reader.value()?.clone())))
        };
        if in_brackets {
            reader.expect(")")?;
        }
        reader.end()?;
        Ok(Self { hash, sort })
    }

    /// The hash key's value.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// What the sort key has to begin with.
    #[must_use]
    pub fn prefix(&self) -> Option<&str> {
        match &self.sort {
            Some((_, Test::BeginsWith(prefix))) => Some(prefix),
            _ => None,
        }
    }

    /// Whether an item of the partition is wanted.
    ///
    /// # Errors
    /// [`Unknown`] for an operator that no key condition has.
    pub fn holds(&self, item: &Item) -> Result<bool, Unknown> {
        match &self.sort {
            None => Ok(true),
            Some((name, test)) => match (item.get(name), test) {
                (None, _) => Ok(false),
                (Some(Attribute::S(text)), Test::BeginsWith(prefix)) => Ok(text.starts_with(&**prefix)),
                (Some(_), Test::BeginsWith(_)) => Ok(false),
                (Some(value), Test::Compares(operator, with)) => compare(value, operator, with),
            },
        }
    }
}
