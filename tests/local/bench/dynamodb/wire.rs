//! Requests as DynamoDB's JSON has them. A member that is not known here refuses the whole request.

use std::collections::HashMap;

use serde::Deserialize;

use super::expression::Bound;
use super::item::{Attribute, Item};

type Names = Option<HashMap<Box<str>, Box<str>>>;
type Values = Option<HashMap<Box<str>, Attribute>>;

/// A write of one item, by itself or in a transaction.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Write {
    pub table_name: String,
    pub item: Option<Item>,
    pub key: Option<Item>,
    pub update_expression: Option<String>,
    pub condition_expression: Option<String>,
    expression_attribute_names: Names,
    expression_attribute_values: Values,
    pub return_values: Option<String>,
    pub return_values_on_condition_check_failure: Option<String>,
}

/// One action of a transaction.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Action {
    Put(Write),
    Update(Write),
    Delete(Write),
    ConditionCheck(Write),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Transaction {
    pub transact_items: Vec<Action>,
    pub client_request_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Get {
    pub table_name: String,
    pub key: Item,
    #[serde(default)]
    pub consistent_read: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Query {
    pub table_name: String,
    pub index_name: Option<String>,
    pub key_condition_expression: String,
    pub projection_expression: Option<String>,
    expression_attribute_names: Names,
    expression_attribute_values: Values,
    #[serde(default)]
    pub consistent_read: bool,
    pub exclusive_start_key: Option<Item>,
    pub limit: Option<usize>,
    pub scan_index_forward: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct BatchGet {
    pub request_items: HashMap<String, Keys>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Keys {
    pub keys: Vec<Item>,
    #[serde(default)]
    pub consistent_read: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct BatchWrite {
    pub request_items: HashMap<String, Vec<BatchAction>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum BatchAction {
    PutRequest {
        #[serde(rename = "Item")]
        item: Item,
    },
    DeleteRequest {
        #[serde(rename = "Key")]
        key: Item,
    },
}

impl Write {
    pub fn bound(&self) -> Bound<'_> {
        bound(&self.expression_attribute_names, &self.expression_attribute_values)
    }
}

impl Query {
    pub fn bound(&self) -> Bound<'_> {
        bound(&self.expression_attribute_names, &self.expression_attribute_values)
    }
}

fn bound<'a>(names: &'a Names, values: &'a Values) -> Bound<'a> {
    Bound { names: names.as_ref(), values: values.as_ref() }
}
