//! Erases what the deployment keeps of a company that has left: its connection, links, jobs,
//! reports, secrets, and the events of its last syncs that EventBridge has not taken yet, which are
//! told to nobody then.
//!
//! The connection goes first, so that no sync can begin while the rest goes; what is left when it
//! is interrupted goes when it is run again. Customers stay: they are BokaMera's, and whoever
//! leaves VAKA need not leave BokaMera.
//!
//! What this module does not do: end a sync that is under way. It refuses, because the worker would
//! write links again.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, WriteRequest};
use thiserror::Error;
use uuid::Uuid;

/// What DynamoDB deletes in one request.
const AT_ONCE: usize = 25;

/// Before what was left undone is asked for again.
const PAUSE: Duration = Duration::from_millis(200);

/// Requests for the same items, before the table counts as overwhelmed: some seconds.
const TRIES: u32 = 20;

type Item = HashMap<String, AttributeValue>;

/// Why not everything is gone; each text is one line that says what to do.
#[derive(Debug, Error)]
pub enum ForgetError {
    /// A sync holds the company's lock.
    #[error("a sync of the company is under way: cancel it, or wait for its end, and run this again")]
    SyncUnderWay,
    /// The table does not keep up.
    #[error("the table {table} is overwhelmed: what is gone is gone, run this again for the rest")]
    Overwhelmed {
        /// The table.
        table: String,
    },
    /// A call failed.
    #[error(
        "cannot erase from the table {table}: see that the AWS credentials, the region and the name are right: {code}"
    )]
    Call {
        /// The table.
        table: String,
        /// What DynamoDB calls it.
        code: String,
    },
}

/// Erases a company; gives the number of items that went.
///
/// # Errors
/// [`ForgetError`].
pub async fn forget(
    client: &Client,
    state_table: &str,
    secrets_table: &str,
    company: Uuid,
) -> Result<usize, ForgetError> {
    let owner = AttributeValue::S(company.to_string());
    free(client, state_table, &owner).await?;
    let connection = client.delete_item().table_name(state_table).key("company", owner.clone());
    let connection = connection.key("item", AttributeValue::S("CONNECTION".to_owned()));
    connection.send().await.map_err(|error| failed(state_table, &error))?;
    // One may have begun before the connection went.
    free(client, state_table, &owner).await?;

    let mut gone = 0;
    loop {
        let page = client
            .query()
            .table_name(state_table)
            .key_condition_expression("company = :company")
            .expression_attribute_values(":company", owner.clone())
            .projection_expression("company, #item")
            .expression_attribute_names("#item", "item")
            .consistent_read(true);
        let keys = page.send().await.map_err(|error| failed(state_table, &error))?.items.unwrap_or_default();
        if keys.is_empty() {
            break;
        }
        gone += keys.len();
        for some in keys.chunks(AT_ONCE) {
            delete(client, state_table, some).await?;
        }
    }
    let secrets = client.delete_item().table_name(secrets_table).key("owner", owner);
    secrets.send().await.map_err(|error| failed(secrets_table, &error))?;
    Ok(gone)
}

/// Whether nobody holds the company's lock.
async fn free(client: &Client, state_table: &str, owner: &AttributeValue) -> Result<(), ForgetError> {
    let lock = client.get_item().table_name(state_table).key("company", owner.clone());
    let lock = lock.key("item", AttributeValue::S("LOCK".to_owned())).consistent_read(true);
    let lock = lock.send().await.map_err(|error| failed(state_table, &error))?;
    match lock.item.and_then(|lock| lock.get("job").cloned()) {
        None => Ok(()),
        Some(_) => Err(ForgetError::SyncUnderWay),
    }
}

async fn delete(client: &Client, table: &str, keys: &[Item]) -> Result<(), ForgetError> {
    let request = |key: &Item| {
        let delete = DeleteRequest::builder().set_key(Some(key.clone())).build().ok();
        WriteRequest::builder().set_delete_request(delete).build()
    };
    let mut left: Vec<_> = keys.iter().map(request).collect();
    for _ in 0..TRIES {
        let deleted = client.batch_write_item().request_items(table, left).send().await;
        let unprocessed = deleted.map_err(|error| failed(table, &error))?.unprocessed_items.unwrap_or_default();
        left = unprocessed.into_values().flatten().collect();
        if left.is_empty() {
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(ForgetError::Overwhelmed { table: table.to_owned() })
}

fn failed<E: ProvideErrorMetadata, R>(table: &str, error: &SdkError<E, R>) -> ForgetError {
    ForgetError::Call { table: table.to_owned(), code: shared::aws::code(error, error.code()) }
}
