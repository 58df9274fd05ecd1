//! Expressions as they are written in the steps: `#name` for every attribute, `:value` for every
//! value, so that no reserved word of DynamoDB can ever be met. The customers table of the sync
//! function is written with the same words.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::clock::Timestamp;
use crate::ids::CompanyId;

use super::schema;

/// The names that the `#name` tokens of these expressions stand for: themselves.
#[must_use]
pub fn names(expressions: &[&str]) -> Option<HashMap<String, String>> {
    let names: HashMap<_, _> =
        named(expressions.iter().copied()).into_iter().map(|name| (format!("#{name}"), name.to_owned())).collect();
    (!names.is_empty()).then_some(names)
}

/// The attributes that these expressions name, each once.
pub(super) fn named<'a>(expressions: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut named = Vec::new();
    for expression in expressions {
        for after in expression.split('#').skip(1) {
            let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(after.len());
            let name = &after[..end];
            if !named.contains(&name) {
                named.push(name);
            }
        }
    }
    named
}

/// The values of an expression, each under its `:name`.
#[must_use]
pub fn values<const N: usize>(pairs: [(&str, AttributeValue); N]) -> Option<HashMap<String, AttributeValue>> {
    (N > 0).then(|| pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// The key of an item.
#[must_use]
pub fn key(company: &CompanyId, item: impl Into<String>) -> HashMap<String, AttributeValue> {
    HashMap::from([
        (schema::COMPANY.to_owned(), text(company)),
        (schema::ITEM.to_owned(), AttributeValue::S(item.into())),
    ])
}

/// A text value.
#[must_use]
pub fn text(value: impl ToString) -> AttributeValue {
    AttributeValue::S(value.to_string())
}

/// A number.
#[must_use]
pub fn number(value: impl Into<i128>) -> AttributeValue {
    AttributeValue::N(value.into().to_string())
}

/// A moment, in ms since the epoch.
#[must_use]
pub fn moment(value: Timestamp) -> AttributeValue {
    number(value.ms())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_marked_name_stands_for_itself_once() {
        let found = names(&["SET #job = :job, #at=:at", "attribute_not_exists(#job) AND (#status IN (:a, :b))"]);
        let mut found: Vec<_> = found.unwrap_or_default().into_iter().collect();
        found.sort();
        let expected = [("#at", "at"), ("#job", "job"), ("#status", "status")];
        assert_eq!(found, expected.map(|(token, name)| (token.to_owned(), name.to_owned())));
    }
}
