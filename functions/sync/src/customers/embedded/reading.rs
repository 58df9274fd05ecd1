//! Reading the company's customers as they come over the wire.
//!
//! All of them are read as soon as one user is new, so they are the most of what such a sync reads. A page
//! is read straight from DynamoDB's JSON: the SDK makes a map of strings and values of each item first.

use std::borrow::Cow;

use serde::Deserialize;
use shared::ids::CustomerId;

use super::CustomersError;

/// A page of customers, and the one that the next page begins after.
#[derive(Debug)]
pub(super) struct Page<'a> {
    pub customers: Vec<Customer<'a>>,
    pub last: Option<CustomerId>,
}

/// What a customer is found by.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Customer<'a> {
    pub id: CustomerId,
    pub firstname: Cow<'a, str>,
    pub lastname: Cow<'a, str>,
    pub email: Option<Cow<'a, str>>,
}

/// What an answer to a query for customers says, whatever else is in it.
///
/// # Errors
/// [`CustomersError`] when it is no answer, or a customer is malformed.
pub(super) fn page(json: &[u8]) -> Result<Page<'_>, CustomersError> {
    // What serde says of it may quote the answer.
    let answer: Answer<'_> = serde_json::from_slice(json).map_err(|fault| match fault.is_data() {
        true => CustomersError::Malformed,
        false => CustomersError::Unavailable { operation: "index", code: "AnswerUnreadable".to_owned() },
    })?;
    let customers: Option<Vec<_>> = answer.items.into_iter().map(Item::customer).collect();
    Ok(Page {
        customers: customers.ok_or(CustomersError::Malformed)?,
        last: answer.last.map(|last| id(last.customer).ok_or(CustomersError::Malformed)).transpose()?,
    })
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(rename = "Items", borrow)]
    items: Vec<Item<'a>>,
    #[serde(rename = "LastEvaluatedKey", borrow)]
    last: Option<Last<'a>>,
}

#[derive(Deserialize)]
struct Last<'a> {
    #[serde(borrow)]
    customer: Value<'a>,
}

#[derive(Deserialize)]
struct Item<'a> {
    #[serde(borrow)]
    customer: Value<'a>,
    #[serde(borrow)]
    firstname: Option<Value<'a>>,
    #[serde(borrow)]
    lastname: Option<Value<'a>>,
    #[serde(borrow)]
    email: Option<Value<'a>>,
}

/// A text, or nothing.
#[derive(Deserialize)]
struct Value<'a> {
    #[serde(rename = "S", borrow)]
    text: Option<Cow<'a, str>>,
    #[serde(rename = "NULL", default)]
    null: bool,
}

impl<'a> Item<'a> {
    /// `None` when an attribute is not of its form.
    fn customer(self) -> Option<Customer<'a>> {
        let name = |name: Option<Value<'a>>| name.map_or(Some(Cow::Borrowed("")), |name| name.text);
        let email = match self.email {
            Some(Value { text: None, null: false }) => return None,
            email => email.and_then(|email| email.text),
        };
        Some(Customer {
            id: id(self.customer)?,
            firstname: name(self.firstname)?,
            lastname: name(self.lastname)?,
            email,
        })
    }
}

fn id(customer: Value<'_>) -> Option<CustomerId> {
    CustomerId::parse(&customer.text?).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ID: &str = "0b5e1cf0-5b8c-4b6e-9d60-2f6c27a1c5a1";

    fn page_of(item: Value) -> Result<(String, String, Option<String>), CustomersError> {
        let answer = json!({"Items": [item], "Count": 1}).to_string();
        page(answer.as_bytes()).map(|page| {
            let Customer { id, firstname, lastname, email } = &page.customers[0];
            assert_eq!(id.to_string(), ID);
            (firstname.to_string(), lastname.to_string(), email.as_deref().map(str::to_owned))
        })
    }

    #[test]
    fn a_customer_is_read_as_it_lies_in_the_table_and_what_is_absent_is_empty() {
        let text = |text: &str| json!({"S": text});
        let whole = json!({
            "customer": text(ID), "firstname": text("Å\"sa\\"), "lastname": text("Ek\u{1}🌲"), "email": text("asa@example.com"),
            "filled_in_by_hand": {"M": {"a": {"L": [{"N": "1"}]}}},
        });
        let read = page_of(whole).expect("a customer");
        assert_eq!(read, ("Å\"sa\\".into(), "Ek\u{1}🌲".into(), Some("asa@example.com".into())));
        let nothing = (String::new(), String::new(), None);
        assert_eq!(page_of(json!({"customer": text(ID)})).expect("a customer"), nothing);
        assert_eq!(page_of(json!({"customer": text(ID), "email": {"NULL": true}})).expect("a customer"), nothing);
    }

    #[test]
    fn an_attribute_of_another_form_is_a_fault_and_never_an_empty_one() {
        for name in ["customer", "firstname", "lastname", "email"] {
            for other in
                [json!({"N": "1"}), json!({"S": 1}), json!({"SS": ["a"]}), json!({"NULL": false}), json!("text")]
            {
                let mut item = json!({"customer": {"S": ID}});
                item[name] = other.clone();
                assert!(matches!(page_of(item), Err(CustomersError::Malformed)), "{name}: {other}");
            }
        }
        for item in [json!({}), json!({"customer": {"S": "nobody"}}), json!({"customer": {"NULL": true}})] {
            assert!(matches!(page_of(item.clone()), Err(CustomersError::Malformed)), "{item}");
        }
    }

    #[test]
    fn an_answer_that_is_cut_is_unreadable_and_the_next_page_begins_where_a_whole_one_says() {
        let last = json!({"company": {"S": "…"}, "customer": {"S": ID}});
        let whole = json!({"Items": [{"customer": {"S": ID}}], "LastEvaluatedKey": last}).to_string();
        let read = page(whole.as_bytes()).expect("a page");
        assert_eq!(read.last.map(|id| id.to_string()).as_deref(), Some(ID));
        for end in 0..whole.len() {
            let cut = page(&whole.as_bytes()[..end]);
            assert!(matches!(cut, Err(CustomersError::Unavailable { .. })), "{end}");
        }
        for none in ["{}", "<html>", r#"{"Items": null}"#] {
            assert!(page(none.as_bytes()).is_err(), "{none}");
        }
        assert!(page(br#"{"Items": []}"#).expect("a page").last.is_none());
    }
}
