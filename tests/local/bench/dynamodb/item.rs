//! Items, what they weigh, and what a request for them costs: AWS's published rules.
//!
//! | rule | source |
//! | --- | --- |
//! | an item weighs its names and values in UTF-8 and raw bytes; a number one byte for two digits and one more | Developer Guide, "DynamoDB item sizes and formats" |
//! | a write costs a unit for each begun KB of the larger of the item before and after, one at least, and twice that in a transaction | "Write consumption" |
//! | a consistent read costs a unit for each begun 4 KB; of a query, of all it reads together; half if it need not be consistent | "Read consumption" |
//! | a write that its condition refuses costs what writing the item that is there would | "Write consumption" |

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// An item by its attributes' names.
pub type Item = BTreeMap<Box<str>, Attribute>;

const WRITE_UNIT_BYTES: usize = 1_024;
const READ_UNIT_BYTES: usize = 4_096;
/// What a list or a map weighs itself, and what it adds for each member.
const CONTAINER: usize = 3;
const MEMBER: usize = 1;

/// A value, in the form that DynamoDB's JSON has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Attribute {
    /// Text.
    S(Box<str>),
    /// A number in its digits.
    N(Box<str>),
    /// Bytes in base64.
    B(Box<str>),
    /// Yes or no.
    #[serde(rename = "BOOL")]
    Bool(bool),
    /// Nothing.
    #[serde(rename = "NULL")]
    Null(bool),
    /// A list.
    L(Vec<Self>),
    /// A map.
    M(Item),
    /// A set of texts.
    #[serde(rename = "SS")]
    Texts(Vec<Box<str>>),
}

/// Bytes that an item weighs.
#[must_use]
pub fn weight(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value.weight()).sum()
}

impl Attribute {
    fn weight(&self) -> usize {
        match self {
            Self::S(text) => text.len(),
            Self::N(digits) => number_weight(digits),
            Self::B(base64) => base64.trim_end_matches('=').len() * 3 / 4,
            Self::Bool(_) | Self::Null(_) => 1,
            Self::L(members) => CONTAINER + members.iter().map(|member| MEMBER + member.weight()).sum::<usize>(),
            Self::M(members) => CONTAINER + weight(members) + MEMBER * members.len(),
            Self::Texts(texts) => texts.iter().map(|text| text.len()).sum(),
        }
    }

    /// The number, if it is one that the functions write.
    #[must_use]
    pub fn number(&self) -> Option<i128> {
        match self {
            Self::N(digits) => digits.parse().ok(),
            _ => None,
        }
    }
}

/// Leading and trailing zeros are not kept.
fn number_weight(digits: &str) -> usize {
    let significant = digits.trim_start_matches('-').trim_start_matches('0').trim_end_matches('0');
    let significant = significant.chars().filter(char::is_ascii_digit).count();
    significant.div_ceil(2) + 1 + usize::from(digits.starts_with('-'))
}

/// Write units of a write outside a transaction.
#[must_use]
pub fn write_units(bytes_before: usize, bytes_after: usize) -> u64 {
    bytes_before.max(bytes_after).max(1).div_ceil(WRITE_UNIT_BYTES) as u64
}

/// Half read units, so that they are whole: one for each begun 4 KB, two if the read is consistent.
#[must_use]
pub fn read_half_units(bytes: usize, consistent: bool) -> u64 {
    bytes.max(1).div_ceil(READ_UNIT_BYTES) as u64 * if consistent { 2 } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(json: &str) -> Item {
        serde_json::from_str(json).expect("an item")
    }

    #[test]
    fn an_item_weighs_its_names_and_its_values() {
        for (json, bytes) in [
            (r#"{"a":{"S":"bcd"}}"#, 4),
            (r#"{"a":{"S":"å"}}"#, 3),
            (r#"{"a":{"B":"MTIzNDU2Nzg="}}"#, 9),
            (r#"{"a":{"N":"0"}}"#, 2),
            (r#"{"a":{"N":"1764000000000"}}"#, 1 + 2 + 1),
            (r#"{"a":{"N":"-123"}}"#, 1 + 2 + 2),
            (r#"{"a":{"BOOL":true},"b":{"NULL":true}}"#, 4),
            (r#"{"a":{"L":[{"S":"bc"}]}}"#, 1 + 3 + 1 + 2),
            (r#"{"a":{"M":{"b":{"S":"c"}}}}"#, 1 + 3 + 1 + 2),
        ] {
            assert_eq!(weight(&item(json)), bytes, "{json}");
        }
    }

    #[test]
    fn units_are_begun_kilobytes_and_of_nothing_one() {
        assert_eq!([(0, 0), (0, 1_024), (1_025, 10), (0, 3_000)].map(|(was, is)| write_units(was, is)), [1, 1, 2, 3]);
        assert_eq!([0, 1, 4_096, 4_097].map(|bytes| read_half_units(bytes, true)), [2, 2, 2, 4]);
        assert_eq!([0, 4_097].map(|bytes| read_half_units(bytes, false)), [1, 2]);
    }
}
