//! Actions of a transaction, as they are sent.
//!
//! A commit has a hundred. Each is written as JSON once, and a transaction that is tried again sends
//! the same bytes; the SDK signs and sends them, and reads what comes back.

use std::fmt;

use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;

use super::attributes::{Attributes, plain, string};
use super::expression;

/// Room for what is not an item or a value: names and expressions.
const ROOM_BYTES: usize = 384;

/// One action of a transaction.
#[derive(Clone)]
pub struct Action(String);

/// An action may write somebody's data.
impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Action({} bytes)", self.0.len())
    }
}

/// What has to hold for an action, or it refuses the transaction.
#[derive(Debug, Clone, Copy)]
pub struct Condition<'a> {
    /// The expression.
    pub expression: &'a str,
    /// Whether a refusal shows the item as it was.
    pub shows_item: bool,
}

impl<'a> Condition<'a> {
    /// A condition whose refusal says no more than that.
    #[must_use]
    pub const fn that(expression: &'a str) -> Self {
        Self { expression, shows_item: false }
    }

    /// A condition whose refusal shows the item as it was.
    #[must_use]
    pub const fn showing_item(expression: &'a str) -> Self {
        Self { expression, shows_item: true }
    }
}

impl Action {
    /// Puts one item.
    #[must_use]
    pub fn put(table: &str, item: &Attributes, condition: Option<Condition<'_>>, values: Option<&Attributes>) -> Self {
        Self::new("Put", table, ("Item", item), None, condition, values)
    }

    /// Changes one item.
    #[must_use]
    pub fn update(
        table: &str,
        key: &Attributes,
        change: &str,
        condition: Option<Condition<'_>>,
        values: Option<&Attributes>,
    ) -> Self {
        Self::new("Update", table, ("Key", key), Some(change), condition, values)
    }

    /// Removes one item, if it is there.
    #[must_use]
    pub fn delete(table: &str, key: &Attributes, condition: Option<Condition<'_>>) -> Self {
        Self::new("Delete", table, ("Key", key), None, condition, None)
    }

    /// Changes nothing, and holds the transaction to a condition.
    #[must_use]
    pub fn check(table: &str, key: &Attributes, condition: Condition<'_>, values: Option<&Attributes>) -> Self {
        Self::new("ConditionCheck", table, ("Key", key), None, Some(condition), values)
    }

    fn new(
        kind: &str,
        table: &str,
        (member, subject): (&str, &Attributes),
        change: Option<&str>,
        condition: Option<Condition<'_>>,
        values: Option<&Attributes>,
    ) -> Self {
        let values_length = values.map_or(0, Attributes::len);
        let mut json = String::with_capacity(subject.len() + values_length + ROOM_BYTES);
        json.push_str("{\"");
        json.push_str(kind);
        json.push_str("\":{\"TableName\":");
        string(&mut json, table);
        name(&mut json, member);
        subject.write_to(&mut json);
        let expressions = [("UpdateExpression", change), ("ConditionExpression", condition.map(|c| c.expression))];
        for (member, expression) in expressions {
            if let Some(expression) = expression {
                name(&mut json, member);
                string(&mut json, expression);
            }
        }
        let named = expression::named([change, condition.map(|c| c.expression)].into_iter().flatten());
        if !named.is_empty() {
            name(&mut json, "ExpressionAttributeNames");
            for (at, attribute) in named.into_iter().enumerate() {
                json.push_str(if at == 0 { "{\"#" } else { ",\"#" });
                json.push_str(attribute);
                json.push_str("\":");
                plain(&mut json, attribute);
            }
            json.push('}');
        }
        if let Some(values) = values {
            name(&mut json, "ExpressionAttributeValues");
            values.write_to(&mut json);
        }
        if condition.is_some_and(|condition| condition.shows_item) {
            name(&mut json, "ReturnValuesOnConditionCheckFailure");
            plain(&mut json, ReturnValuesOnConditionCheckFailure::AllOld.as_str());
        }
        json.push_str("}}");
        Self(json)
    }
}

/// The body of a request that has all of these done, or none; a repetition of the token does nothing.
pub(super) fn transaction(token: &str, actions: &[Action]) -> String {
    let length: usize = actions.iter().map(|action| action.0.len() + 1).sum();
    let mut json = String::with_capacity(length + token.len() + 64);
    json.push_str("{\"TransactItems\":[");
    for (at, action) in actions.iter().enumerate() {
        json.push_str(if at == 0 { "" } else { "," });
        json.push_str(&action.0);
    }
    json.push(']');
    name(&mut json, "ClientRequestToken");
    string(&mut json, token);
    json.push('}');
    json
}

fn name(json: &mut String, name: &str) {
    json.push(',');
    plain(json, name);
    json.push(':');
}
