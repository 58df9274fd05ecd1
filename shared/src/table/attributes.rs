//! Attributes of an item, or the values of an expression, in the JSON in which DynamoDB takes them.
//!
//! A first sync writes two items for each user, so they are written as text once: as the SDK's maps
//! each of them was a dozen pieces of memory that were made, cloned and only then written.
//!
//! What it does not do: keep an attribute from being there twice. Who writes an item names each once.

use std::collections::HashMap;
use std::fmt;

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use uuid::Uuid;

use crate::clock::Timestamp;

/// As the SDK has them.
pub(super) type Item = HashMap<String, AttributeValue>;

/// Room for a customer, so that most items are one piece of memory.
const ROOM_BYTES: usize = 512;

/// Attributes, each with its value.
#[derive(Clone)]
pub struct Attributes(String);

impl Default for Attributes {
    fn default() -> Self {
        Self(String::with_capacity(ROOM_BYTES))
    }
}

/// An item is somebody's data.
impl fmt::Debug for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attributes({} bytes)", self.0.len())
    }
}

impl Attributes {
    /// A text.
    #[must_use]
    pub fn text(mut self, name: &str, value: &str) -> Self {
        self.name(name);
        self.0.push_str("{\"S\":");
        string(&mut self.0, value);
        self.0.push('}');
        self
    }

    /// A text, where there is one.
    #[must_use]
    pub fn text_if(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.text(name, value),
            None => self,
        }
    }

    /// A Guid, as text.
    #[must_use]
    pub fn guid(mut self, name: &str, value: &Uuid) -> Self {
        let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
        self.name(name);
        self.0.push_str("{\"S\":");
        plain(&mut self.0, value.hyphenated().encode_lower(&mut text));
        self.0.push('}');
        self
    }

    /// A number.
    #[must_use]
    pub fn number(mut self, name: &str, value: i64) -> Self {
        self.name(name);
        self.0.push_str("{\"N\":");
        plain(&mut self.0, itoa::Buffer::new().format(value));
        self.0.push('}');
        self
    }

    /// A moment, in ms since the epoch.
    #[must_use]
    pub fn moment(self, name: &str, value: Timestamp) -> Self {
        self.number(name, value.ms())
    }

    /// Bytes.
    #[must_use]
    pub fn bytes(mut self, name: &str, value: &[u8]) -> Self {
        self.name(name);
        binary(&mut self.0, value);
        self
    }

    /// Bytes, where there are any.
    #[must_use]
    pub fn bytes_if<const N: usize>(self, name: &str, value: Option<[u8; N]>) -> Self {
        match value {
            Some(value) => self.bytes(name, &value),
            None => self,
        }
    }

    /// The JSON, as one object.
    pub(super) fn write_to(&self, json: &mut String) {
        json.push('{');
        json.push_str(&self.0);
        json.push('}');
    }

    /// One of ours.
    fn name(&mut self, name: &str) {
        self.comma();
        plain(&mut self.0, name);
        self.0.push(':');
    }

    fn comma(&mut self) {
        if !self.0.is_empty() {
            self.0.push(',');
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.0.len()
    }
}

impl From<Item> for Attributes {
    fn from(item: Item) -> Self {
        let mut attributes = Self::default();
        for (name, value) in item {
            attributes.comma();
            string(&mut attributes.0, &name);
            attributes.0.push(':');
            any(&mut attributes.0, value);
        }
        attributes
    }
}

/// A string of JSON in which there is nothing that JSON writes in another way.
pub(super) fn plain(json: &mut String, value: &str) {
    debug_assert!(is_plain(value), "it is not plain");
    json.push('"');
    json.push_str(value);
    json.push('"');
}

/// A string of JSON.
pub(super) fn string(json: &mut String, value: &str) {
    if is_plain(value) {
        plain(json, value);
    } else {
        json.push_str(&serde_json::Value::from(value).to_string());
    }
}

fn is_plain(value: &str) -> bool {
    value.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\')
}

fn binary(json: &mut String, value: &[u8]) {
    json.push_str("{\"B\":\"");
    STANDARD.encode_string(value, json);
    json.push_str("\"}");
}

fn any(json: &mut String, value: AttributeValue) {
    match value {
        AttributeValue::S(text) => member(json, "S", |json| string(json, &text)),
        AttributeValue::N(number) => member(json, "N", |json| string(json, &number)),
        AttributeValue::B(bytes) => binary(json, bytes.as_ref()),
        AttributeValue::Bool(yes) => member(json, "BOOL", |json| json.push_str(if yes { "true" } else { "false" })),
        AttributeValue::L(values) => member(json, "L", |json| {
            json.push('[');
            for (at, value) in values.into_iter().enumerate() {
                json.push_str(if at == 0 { "" } else { "," });
                any(json, value);
            }
            json.push(']');
        }),
        AttributeValue::M(item) => member(json, "M", |json| Attributes::from(item).write_to(json)),
        AttributeValue::Null(_) => member(json, "NULL", |json| json.push_str("true")),
        // A set, which nothing of ours is: DynamoDB refuses a value of no kind, and keeps nothing in its place.
        _ => json.push_str("{}"),
    }
}

fn member(json: &mut String, kind: &str, value: impl FnOnce(&mut String)) {
    json.push_str("{\"");
    json.push_str(kind);
    json.push_str("\":");
    value(json);
    json.push('}');
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(attributes: &Attributes) -> Value {
        let mut json = String::new();
        attributes.write_to(&mut json);
        serde_json::from_str(&json).expect("JSON")
    }

    #[test]
    fn every_kind_of_value_is_written_as_dynamodb_reads_it() {
        let written = Attributes::default()
            .text("company", "Åsa \"Ö\" \\ \u{1}\n😀")
            .text_if("absent", None)
            .guid("id", &Uuid::from_u128(0xAB))
            .number("least", i64::MIN)
            .moment("at", Timestamp::from_ms(17))
            .bytes("f", &[0xFF; 8])
            .bytes_if("g", Some([0; 1]))
            .bytes_if::<8>("h", None);
        let expected = json!({
            "company": { "S": "Åsa \"Ö\" \\ \u{1}\n😀" },
            "id": { "S": "00000000-0000-0000-0000-0000000000ab" },
            "least": { "N": "-9223372036854775808" },
            "at": { "N": "17" },
            "f": { "B": "//////////8=" },
            "g": { "B": "AA==" },
        });
        assert_eq!(read(&written), expected);
        assert_eq!(read(&Attributes::default()), json!({}));
    }

    #[test]
    fn a_text_of_nothing_but_what_json_writes_in_another_way_is_written_in_that_way() {
        for text in ["\u{1}", "\"", "\\\\", "\u{1f}", " ", ""] {
            let read = read(&Attributes::default().text("a", text));
            assert_eq!(read, json!({ "a": { "S": text } }), "{text:?}");
        }
    }

    #[test]
    fn an_item_of_the_sdk_is_written_with_all_that_is_in_it() {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let item = Item::from([
            ("s".to_owned(), text("\u{7f}\t")),
            ("n".to_owned(), AttributeValue::N("1.5".to_owned())),
            ("b".to_owned(), AttributeValue::B(vec![1, 2].into())),
            ("yes".to_owned(), AttributeValue::Bool(true)),
            ("none".to_owned(), AttributeValue::Null(true)),
            ("list".to_owned(), AttributeValue::L(vec![text("a"), AttributeValue::Bool(false)])),
            ("map".to_owned(), AttributeValue::M(Item::from([("\"".to_owned(), text(""))]))),
        ]);
        let expected = json!({
            "s": { "S": "\u{7f}\t" },
            "n": { "N": "1.5" },
            "b": { "B": "AQI=" },
            "yes": { "BOOL": true },
            "none": { "NULL": true },
            "list": { "L": [{ "S": "a" }, { "BOOL": false }] },
            "map": { "M": { "\"": { "S": "" } } },
        });
        assert_eq!(read(&Attributes::from(item)), expected);
    }

    #[test]
    fn a_kind_of_value_that_is_not_known_is_never_written_as_another() {
        let item = Item::from([("set".to_owned(), AttributeValue::Ss(vec!["a".to_owned()]))]);
        assert_eq!(read(&Attributes::from(item)), json!({ "set": {} }));
    }

    #[test]
    fn nothing_of_an_item_is_in_its_debug_text() {
        assert_eq!(format!("{:?}", Attributes::default().text("a", "Åsa")), "Attributes(16 bytes)");
    }
}
