//! Reading the secrets table: the deployment's accounts at VAKA and at BokaMera, and each
//! company's api key.
//!
//! [`shared::secrets`] says what is in it. It has a KMS key of its own, and this function alone may
//! read it. Nothing read here is ever kept longer than it is used, printed, or put in an error.

use std::fmt;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_bytes::ByteBuf;
use shared::ids::CompanyId;
use shared::secrets::{BOKAMERA, INTEGRATOR, OWNER};

use crate::customers::fingerprint::FingerprintKey;
use crate::customers::rest::BokaMeraAccount;
use crate::source::{AccountError, ApiKey, CompanyKey, IntegratorAccount, ReadAccount, ReadApiKey};

/// A company's secrets, parsed.
pub struct CompanySecrets {
    /// Opens the company's VAKA systems.
    pub api_key: ApiKey,
    /// Makes the fingerprints in the company's links.
    pub fingerprint_key: FingerprintKey,
}

/// Why a secret is not to be had.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// There is none for this owner.
    #[error("no secrets have been put in for {owner}")]
    Missing {
        /// The company, `INTEGRATOR`, or `BOKAMERA`.
        owner: String,
    },
    /// What is there cannot be used.
    #[error("the secrets of {owner} cannot be used: {fault}")]
    Unusable {
        /// The company, `INTEGRATOR`, or `BOKAMERA`.
        owner: String,
        /// Which attribute, and why, without its value.
        fault: &'static str,
    },
    /// The table or its key could not be reached, or refused.
    #[error("the secrets table did not answer: {code}")]
    Unavailable {
        /// The service's error code, or the kind of failure on the way to it.
        code: String,
    },
}

impl SecretsError {
    /// Whether the same call may succeed in a while without anybody changing anything.
    #[must_use]
    pub const fn retryable(&self) -> bool {
        match self {
            Self::Missing { .. } | Self::Unusable { .. } => false,
            Self::Unavailable { .. } => true,
        }
    }
}

/// The secrets table. Cheap to clone.
#[derive(Clone)]
pub struct Secrets {
    client: Client,
    table: String,
}

#[derive(Deserialize)]
struct CompanyItem {
    /// Absent when the connection was removed.
    api_key: Option<String>,
    fingerprint_key: ByteBuf,
}

#[derive(Deserialize)]
struct IntegratorItem {
    client_id: String,
    client_secret: String,
}

#[derive(Deserialize)]
struct BokaMeraItem {
    username: String,
    password: String,
    api_key: String,
}

impl Secrets {
    /// The secrets table of this name.
    #[must_use]
    pub const fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// A company's secrets.
    ///
    /// # Errors
    /// [`SecretsError`]; it carries no secret.
    pub async fn of_company(&self, company: CompanyId) -> Result<CompanySecrets, SecretsError> {
        let owner = company.to_string();
        let item: CompanyItem = self.read(&owner).await?;
        let unusable = |fault| SecretsError::Unusable { owner: owner.clone(), fault };
        let api_key = item.api_key.ok_or_else(|| SecretsError::Missing { owner: owner.clone() })?;
        Ok(CompanySecrets {
            api_key: ApiKey::parse(&api_key).map_err(|_| unusable("api_key is empty or cannot be sent"))?,
            fingerprint_key: FingerprintKey::new(&item.fingerprint_key)
                .ok_or_else(|| unusable("fingerprint_key is not 32 bytes"))?,
        })
    }

    /// A company's api key, as it was just read, to be read again when it is refused.
    #[must_use]
    pub fn api_key(&self, company: CompanyId, read_now: ApiKey) -> CompanyKey {
        let secrets = self.clone();
        let read: ReadApiKey = Arc::new(move || {
            let secrets = secrets.clone();
            Box::pin(async move {
                match secrets.of_company(company).await {
                    Ok(found) => Ok(found.api_key),
                    Err(error) if error.retryable() => Err(AccountError::Unreadable(error.into())),
                    Err(_) => Err(AccountError::Missing),
                }
            })
        });
        CompanyKey::new(read_now, read)
    }

    /// The account at BokaMera, read anew each time.
    ///
    /// # Errors
    /// [`SecretsError`]; it carries no secret.
    pub async fn bokamera(&self) -> Result<BokaMeraAccount, SecretsError> {
        let item: BokaMeraItem = self.read(BOKAMERA).await?;
        let unusable =
            |_| SecretsError::Unusable { owner: BOKAMERA.to_owned(), fault: "api_key is empty or cannot be sent" };
        BokaMeraAccount::parse(item.username, item.password, &item.api_key).map_err(unusable)
    }

    /// Reads the integrator account anew each time it is called.
    #[must_use]
    pub fn integrator(&self) -> ReadAccount {
        let secrets = self.clone();
        Arc::new(move || {
            let secrets = secrets.clone();
            Box::pin(async move {
                match secrets.read::<IntegratorItem>(INTEGRATOR).await {
                    Ok(item) => Ok(IntegratorAccount { client_id: item.client_id, client_secret: item.client_secret }),
                    Err(SecretsError::Missing { .. }) => Err(AccountError::Missing),
                    Err(error) => Err(AccountError::Unreadable(error.into())),
                }
            })
        })
    }

    async fn read<T: DeserializeOwned>(&self, owner: &str) -> Result<T, SecretsError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(OWNER, AttributeValue::S(owner.to_owned()))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| SecretsError::Unavailable { code: shared::aws::code(&error, error.code()) })?;
        let item = answer.item.ok_or_else(|| SecretsError::Missing { owner: owner.to_owned() })?;
        // The mapping's own error may quote a value.
        serde_dynamo::from_item(item).map_err(|_| SecretsError::Unusable {
            owner: owner.to_owned(),
            fault: "an attribute is missing or of another type",
        })
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").field("table", &self.table).finish_non_exhaustive()
    }
}
