//! The open part of a company's connection to VAKA: which systems, and whether it is in use.
//!
//! Its secret part, the api key, is in a table of its own that only the sync function reads.

use serde::Deserialize;

use crate::ids::{CompanyId, DeviceId};

use super::expression::key;
use super::schema::CONNECTION;
use super::{Table, TableError};

/// What is known of a company's connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Connection {
    /// In use, with these VAKA systems.
    Active(Vec<DeviceId>),
    /// There, but switched off.
    Inactive,
    /// The company has none.
    Absent,
}

#[derive(Deserialize)]
struct ConnectionItem {
    #[serde(default)]
    device_ids: Vec<DeviceId>,
    #[serde(default)]
    active: bool,
}

impl Table {
    /// Reads the company's connection.
    ///
    /// # Errors
    /// [`TableError`] when the table cannot be reached or the item is malformed.
    pub async fn connection(&self, company: CompanyId) -> Result<Connection, TableError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(key(&company, CONNECTION)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| TableError::unavailable("connection", &error))?;
        let Some(item) = answer.item else {
            return Ok(Connection::Absent);
        };
        let item: ConnectionItem = serde_dynamo::from_item(item).map_err(TableError::malformed("CONNECTION"))?;
        Ok(if item.active { Connection::Active(item.device_ids) } else { Connection::Inactive })
    }
}
