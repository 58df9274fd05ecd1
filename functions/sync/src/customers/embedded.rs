//! The embedded home: customers in the deployment's own DynamoDB table.
//!
//! | attribute | what | written |
//! | --- | --- | --- |
//! | `company`, `customer` | the key: Guids, text | at creation |
//! | `firstname`, `lastname`, `vaka_name` | the parts of the name, and the text they come from | by every write |
//! | `email`, `group_name`, `apartment_id`, `reference_id` | as VAKA has them; absent when it has none | by every write, where VAKA has one |
//! | `created_at`, `updated_at` | ms since the epoch | at creation; by every write |
//!
//! A write sets what VAKA has and leaves everything else: what was filled in by hand where VAKA
//! has nothing stays. All writes go into the same transaction as the link and the job's counters.

mod reading;

use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use shared::clock::Timestamp;
use shared::ids::{CompanyId, CustomerId};
use shared::table::action::{Action, Condition};
use shared::table::attributes::Attributes;
use shared::table::expression::{names, text, values};
use shared::table::unread::Unread;

use super::fingerprint::FingerprintKey;
use super::index::CustomerIndex;
use super::person::Person;
use reading::{Customer, page};

const COMPANY: &str = "company";
const CUSTOMER: &str = "customer";
const CREATED_AT: &str = "created_at";
const UPDATED_AT: &str = "updated_at";
const OF_COMPANY: &str = "#company = :company";
const INDEXED: &str = "#customer, #email, #firstname, #lastname";
const NEW: &str = "attribute_not_exists(#customer)";
const THERE: &str = "attribute_exists(#customer)";

/// Reads of keys that DynamoDB left unprocessed, before it counts as unavailable.
const MOST_BATCHES: u32 = 10;

/// A call to the customers table that came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum CustomersError {
    /// The table could not be reached, or did not answer properly, after the SDK's retries.
    #[error("{operation} of customers failed: {code}")]
    Unavailable {
        /// Which call.
        operation: &'static str,
        /// The service's error code, or the kind of failure on the way to it.
        code: String,
    },
    /// A customer could not be read or written as one. The mapping's own error may quote it.
    #[error("a customer does not have the expected form")]
    Malformed,
}

impl CustomersError {
    fn unavailable<E: ProvideErrorMetadata, R>(operation: &'static str, error: &SdkError<E, R>) -> Self {
        Self::Unavailable { operation, code: shared::aws::code(error, error.code()) }
    }
}

/// The customers table. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Customers {
    client: Client,
    table: String,
}

/// A customer as it lies in the table.
#[derive(Deserialize)]
struct CustomerItem {
    customer: CustomerId,
    #[serde(default)]
    firstname: String,
    #[serde(default)]
    lastname: String,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    vaka_name: Option<String>,
    #[serde(default)]
    group_name: Option<String>,
    #[serde(default)]
    apartment_id: Option<String>,
    #[serde(default)]
    reference_id: Option<String>,
}

/// One of which nothing is asked but whether it is there.
#[derive(Deserialize)]
struct AnyItem {
    customer: CustomerId,
}

impl Customers {
    /// The customers table of this name.
    #[must_use]
    pub const fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// All customers of the company, read consistently.
    ///
    /// # Errors
    /// [`CustomersError`] when the table cannot be reached or a customer is malformed.
    pub async fn index(
        &self,
        company: CompanyId,
        fingerprint_key: &FingerprintKey,
    ) -> Result<CustomerIndex, CustomersError> {
        let mut index = CustomerIndex::default();
        let mut next = None;
        loop {
            let unread = Unread::default();
            self.client
                .query()
                .table_name(&self.table)
                .key_condition_expression(OF_COMPANY)
                .projection_expression(INDEXED)
                .set_expression_attribute_names(names(&[OF_COMPANY, INDEXED]))
                .set_expression_attribute_values(values([(":company", text(company))]))
                .consistent_read(true)
                .set_exclusive_start_key(next)
                .customize()
                .interceptor(unread.clone())
                .send()
                .await
                .map_err(|error| CustomersError::unavailable("index", &error))?;
            let body = unread.take();
            let page = page(body.as_ref().and_then(|body| body.bytes()).unwrap_or_default())?;
            for Customer { id, firstname, lastname, email } in page.customers {
                index.enter(id, fingerprint_key.imprint(&firstname, &lastname, email.as_deref()));
            }
            next = page.last.map(|last| key(company, last));
            if next.is_none() {
                return Ok(index);
            }
        }
    }

    /// Those of these persons (at most a hundred) whose customer is not as VAKA has it, or not there.
    ///
    /// # Errors
    /// [`CustomersError`] when the table cannot be reached or a customer is malformed.
    pub async fn different(
        &self,
        company: CompanyId,
        persons: &HashMap<CustomerId, &Person>,
    ) -> Result<HashSet<CustomerId>, CustomersError> {
        let items: Vec<CustomerItem> = self.read(company, persons.keys()).await?;
        let mut different: HashSet<_> = persons.keys().copied().collect();
        for item in items {
            if persons.get(&item.customer).is_some_and(|person| !item.differs_from(person)) {
                different.remove(&item.customer);
            }
        }
        Ok(different)
    }

    /// Those of these customers (at most a hundred) that are there.
    ///
    /// # Errors
    /// [`CustomersError`] when the table cannot be reached or a customer is malformed.
    pub async fn there(
        &self,
        company: CompanyId,
        customers: &HashSet<CustomerId>,
    ) -> Result<HashSet<CustomerId>, CustomersError> {
        let items: Vec<AnyItem> = self.read(company, customers.iter()).await?;
        Ok(items.iter().map(|item| item.customer).collect())
    }

    /// Those of these customers that are there, read consistently.
    async fn read<T: DeserializeOwned>(
        &self,
        company: CompanyId,
        customers: impl Iterator<Item = &CustomerId>,
    ) -> Result<Vec<T>, CustomersError> {
        let mut found = Vec::new();
        let mut wanted: Vec<_> = customers.map(|id| key(company, *id)).collect();
        for _ in 0..MOST_BATCHES {
            if wanted.is_empty() {
                return Ok(found);
            }
            let keys = KeysAndAttributes::builder().set_keys(Some(wanted)).consistent_read(true).build();
            let answer = self
                .client
                .batch_get_item()
                .request_items(&self.table, keys.map_err(|_| CustomersError::Malformed)?)
                .send()
                .await
                .map_err(|error| CustomersError::unavailable("read", &error))?;
            for item in answer.responses.into_iter().flat_map(HashMap::into_values).flatten() {
                found.push(serde_dynamo::from_item(item).map_err(|_| CustomersError::Malformed)?);
            }
            wanted =
                answer.unprocessed_keys.into_iter().flat_map(HashMap::into_values).flat_map(|keys| keys.keys).collect();
        }
        Err(CustomersError::Unavailable { operation: "read", code: "Unprocessed".to_owned() })
    }

    /// The write that makes a customer, on condition that there is none of this id.
    #[must_use]
    pub fn create(&self, company: CompanyId, customer: CustomerId, person: &Person, now: Timestamp) -> Action {
        let item = members(person)
            .into_iter()
            .fold(identity(company, customer), |item, (name, value)| item.text_if(name, value))
            .moment(CREATED_AT, now)
            .moment(UPDATED_AT, now);
        Action::put(&self.table, &item, Some(Condition::that(NEW)), None)
    }

    /// The write that changes a customer to what VAKA has, on condition that it is there.
    #[must_use]
    pub fn update(&self, company: CompanyId, customer: CustomerId, person: &Person, now: Timestamp) -> Action {
        let mut change = format!("SET #{UPDATED_AT} = :{UPDATED_AT}");
        let mut values = Attributes::default().moment(&format!(":{UPDATED_AT}"), now);
        for (name, value) in members(person) {
            if let Some(value) = value {
                change.push_str(&format!(", #{name} = :{name}"));
                values = values.text(&format!(":{name}"), value);
            }
        }
        let there = Condition::that(THERE);
        Action::update(&self.table, &identity(company, customer), &change, Some(there), Some(&values))
    }
}

fn identity(company: CompanyId, customer: CustomerId) -> Attributes {
    Attributes::default().guid(COMPANY, company.as_uuid()).guid(CUSTOMER, customer.as_uuid())
}

fn key(company: CompanyId, customer: CustomerId) -> HashMap<String, AttributeValue> {
    HashMap::from([(COMPANY.to_owned(), text(company)), (CUSTOMER.to_owned(), text(customer))])
}

impl CustomerItem {
    fn differs_from(&self, person: &Person) -> bool {
        let ours = [
            Some(self.firstname.as_str()),
            Some(self.lastname.as_str()),
            self.vaka_name.as_deref(),
            self.email.as_deref(),
            self.group_name.as_deref(),
            self.apartment_id.as_deref(),
            self.reference_id.as_deref(),
        ];
        members(person).into_iter().zip(ours).any(|((_, theirs), ours)| theirs.is_some() && theirs != ours)
    }
}

/// What VAKA has to say about a customer, in the order of the table above.
fn members(person: &Person) -> [(&'static str, Option<&str>); 7] {
    [
        ("firstname", Some(&person.firstname)),
        ("lastname", Some(&person.lastname)),
        ("vaka_name", Some(&person.vaka_name)),
        ("email", person.email.as_deref()),
        ("group_name", person.group_name.as_deref()),
        ("apartment_id", person.apartment_id.as_deref()),
        ("reference_id", person.reference_id.as_deref()),
    ]
}
