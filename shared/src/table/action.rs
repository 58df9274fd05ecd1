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
                plain(&mut json, expression);
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

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem, Update};
    use serde_json::Value;

    use super::*;
    use crate::table::Table;
    use crate::table::attributes::Item;
    use crate::table::expression::{names, values};
    use crate::table::standin;

    const TOKEN: &str = "a \"token\"";
    const CHANGE: &str = "SET #a = :a, #b = :b REMOVE #c";
    const CONDITION: &str = "#a = :was AND attribute_exists(#a)";
    const NEW: &str = "attribute_not_exists(#a)";

    /// A request: its length as it says itself, and its body.
    type Request = (String, Vec<u8>);

    /// What was sent last.
    #[derive(Debug, Clone, Default)]
    struct Sent(Arc<Mutex<Option<Request>>>);

    impl Sent {
        fn aws(&self) -> crate::aws::SdkConfig {
            let sent = self.clone();
            standin::aws(move |request| {
                let length = request.headers()["content-length"].to_str().expect("text").to_owned();
                let body = request.body().bytes().unwrap_or_default().to_vec();
                *sent.0.lock().expect("no panic") = Some((length, body));
                (200, "{}")
            })
        }

        fn take(&self) -> Value {
            let (length, body) = self.0.lock().expect("no panic").take().expect("a request");
            assert_eq!(length, body.len().to_string());
            serde_json::from_slice(&body).expect("JSON")
        }
    }

    fn item() -> Item {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        Item::from([
            ("a".to_owned(), text("Åsa \"\\\n")),
            ("b".to_owned(), AttributeValue::B(vec![0xFF; 5].into())),
            ("c".to_owned(), AttributeValue::L(vec![text(""), AttributeValue::N("-1".to_owned())])),
        ])
    }

    fn bound() -> Option<Item> {
        values([
            (":a", AttributeValue::Bool(true)),
            (":b", AttributeValue::Null(true)),
            (":was", AttributeValue::M(item())),
        ])
    }

    fn of_the_sdk() -> [TransactWriteItem; 5] {
        let put = Put::builder().table_name("t").set_item(Some(item()));
        let new = put.clone().condition_expression(NEW).set_expression_attribute_names(names(&[NEW]));
        let update = Update::builder()
            .table_name("t")
            .set_key(Some(item()))
            .update_expression(CHANGE)
            .condition_expression(CONDITION)
            .set_expression_attribute_names(names(&[CHANGE, CONDITION]))
            .set_expression_attribute_values(bound())
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let delete = Delete::builder().table_name("t").set_key(Some(item()));
        let check = ConditionCheck::builder()
            .table_name("t")
            .set_key(Some(item()))
            .condition_expression(CONDITION)
            .set_expression_attribute_names(names(&[CONDITION]))
            .set_expression_attribute_values(bound());
        let action = TransactWriteItem::builder;
        [
            action().put(put.build().expect("a put")).build(),
            action().put(new.build().expect("a put")).build(),
            action().update(update.build().expect("an update")).build(),
            action().delete(delete.build().expect("a delete")).build(),
            action().condition_check(check.build().expect("a check")).build(),
        ]
    }

    #[tokio::test]
    async fn a_transaction_is_sent_as_the_sdk_would_send_it() {
        let sent = Sent::default();
        let client = aws_sdk_dynamodb::Client::new(&sent.aws());
        let request = client.transact_write_items().client_request_token(TOKEN);
        request.set_transact_items(Some(of_the_sdk().into())).send().await.expect("an answer");
        let expected = sent.take();

        let (item, values) = (Attributes::from(item()), bound().map(Attributes::from));
        let actions = [
            Action::put("t", &item, None, None),
            Action::put("t", &item, Some(Condition::that(NEW)), None),
            Action::update("t", &item, CHANGE, Some(Condition::showing_item(CONDITION)), values.as_ref()),
            Action::delete("t", &item, None),
            Action::check("t", &item, Condition::that(CONDITION), values.as_ref()),
        ];
        Table::new(&sent.aws(), "t").transact("test", TOKEN, &actions).await.expect("an answer");
        assert_eq!(sent.take(), expected);
    }

    #[test]
    fn nothing_of_an_action_is_in_its_debug_text() {
        let shown = format!("{:?}", Action::put("t", &Attributes::default().text("a", "Åsa"), None, None));
        assert!(shown.starts_with("Action(") && !shown.contains("sa"), "{shown}");
    }
}
