//! What a test sees of customers and does to them by hand, in either home.
//!
//! Attributes have the embedded table's names: `firstname` is what BokaMera calls `Firstname`.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use local::bokamera::BokaMera;
use local::proxy::Proxy;
use sync::customers::rest::RestSettings;
use sync::settings::CustomersSettings;
use uuid::Uuid;

use super::{Rest, Works, all, text};

/// Requests under way at BokaMera, at most.
pub const MOST_AT_ONCE: usize = 8;

impl Rest {
    /// A false BokaMera without customers.
    pub fn start() -> Self {
        let bokamera = BokaMera::start().expect("a false BokaMera");
        let proxy = Proxy::in_front_of(&bokamera.url()).expect("a proxy");
        Self { bokamera, proxy }
    }

    /// Creates and updates that took effect.
    pub fn writes(&self) -> usize {
        let seen = self.proxy.seen();
        seen.applied("POST /customers") + seen.applied("PUT /customers")
    }
}

impl Works {
    /// The false BokaMera of a test that has one.
    pub fn bokamera(&self) -> &BokaMera {
        &self.rest.as_ref().expect("customers at BokaMera").bokamera
    }

    /// What lies between the workers and BokaMera.
    pub fn bokamera_proxy(&self) -> &Proxy {
        &self.rest.as_ref().expect("customers at BokaMera").proxy
    }

    pub(super) fn customers_settings(&self) -> CustomersSettings {
        let Some(rest) = &self.rest else { return CustomersSettings::Embedded };
        let url = rest.proxy.url();
        CustomersSettings::Rest(RestSettings::new(&url, &url, MOST_AT_ONCE).expect("an address of this machine"))
    }

    /// Customers written since the record was begun.
    pub fn customer_writes(&self) -> usize {
        match &self.rest {
            Some(rest) => rest.writes(),
            None => self.proxy.seen().writes_to(&self.fresh.customers_table),
        }
    }

    /// Begins all records anew.
    pub fn forget(&self) {
        self.proxy.forget();
        self.rest.iter().for_each(|rest| rest.proxy.forget());
    }

    /// The company's customers by id, with the attributes that are text.
    pub async fn customers(&self) -> BTreeMap<String, BTreeMap<String, String>> {
        if let Some(rest) = &self.rest {
            let customers = rest.bokamera.customers(*self.company.as_uuid());
            return customers.iter().map(as_texts).collect();
        }
        let items = all(&self.fresh, &self.fresh.customers_table).await;
        items
            .into_iter()
            .filter(|item| item.get("company") == Some(&text(self.company)))
            .map(|item| {
                let texts = item.iter().filter_map(|(name, value)| Some((name.clone(), value.as_s().ok()?.clone())));
                let texts: BTreeMap<_, _> = texts.collect();
                (texts["customer"].clone(), texts)
            })
            .collect()
    }

    /// Puts a customer in by hand and gives its id.
    pub async fn customer(&self, firstname: &str, lastname: &str, email: &str) -> String {
        if let Some(rest) = &self.rest {
            return rest.bokamera.add(*self.company.as_uuid(), firstname, lastname, email).to_string();
        }
        let id = Uuid::new_v4().to_string();
        let put = self.fresh.endpoint.dynamodb().put_item().table_name(&self.fresh.customers_table);
        put.item("company", text(self.company))
            .item("customer", text(&id))
            .item("firstname", text(firstname))
            .item("lastname", text(lastname))
            .item("email", text(email))
            .item("created_at", AttributeValue::N("1".to_owned()))
            .item("updated_at", AttributeValue::N("1".to_owned()))
            .send()
            .await
            .expect("a customer");
        id
    }

    /// Changes one attribute of a customer by hand.
    pub async fn correct(&self, customer: &str, attribute: &str, value: &str) {
        if let Some(rest) = &self.rest {
            rest.bokamera.correct(*self.company.as_uuid(), guid(customer), &capitalised(attribute), value);
            return;
        }
        let update = self.fresh.endpoint.dynamodb().update_item().table_name(&self.fresh.customers_table);
        let update = update.key("company", text(self.company)).key("customer", text(customer));
        let update = update.update_expression("SET #a = :v").expression_attribute_names("#a", attribute);
        update.expression_attribute_values(":v", text(value)).send().await.expect("a correction");
    }

    /// Deletes a customer by hand.
    pub async fn delete(&self, customer: &str) {
        if let Some(rest) = &self.rest {
            rest.bokamera.delete(*self.company.as_uuid(), guid(customer));
            return;
        }
        let delete = self.fresh.endpoint.dynamodb().delete_item().table_name(&self.fresh.customers_table);
        let delete = delete.key("company", text(self.company)).key("customer", text(customer));
        delete.send().await.expect("a deletion");
    }
}

fn as_texts(customer: &local::bokamera::Customer) -> (String, BTreeMap<String, String>) {
    let text = |(name, value): (&String, &serde_json::Value)| {
        Some((name.to_lowercase(), value.as_str()?.to_owned())).filter(|(_, value)| !value.is_empty())
    };
    let mut texts: BTreeMap<_, _> = customer.iter().filter_map(text).collect();
    let id = texts.remove("id").expect("an id");
    texts.insert("customer".to_owned(), id.clone());
    (id, texts)
}

fn capitalised(attribute: &str) -> String {
    let (first, rest) = attribute.split_at(1);
    first.to_uppercase() + rest
}

fn guid(text: &str) -> Uuid {
    text.parse().expect("a Guid")
}
