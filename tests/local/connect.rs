//! Puts a company's connection and its secrets where the functions look for them.
//!
//! This is for operators who have AWS credentials and no administrator's token; the demo and the
//! tests use it too. Administrators have the operations under `/codelock/axema/settings`. Secrets come from standard input, never from an argument, and no value of
//! this room shows them. A company's fingerprint key is made once and then left alone, because
//! another key makes every user look changed.

use std::fmt;
use std::io::{self, BufRead, IsTerminal};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use ring::rand::{SecureRandom, SystemRandom};
use shared::aws::Aws;
use shared::settings::SettingsError;
use thiserror::Error;
use uuid::Uuid;

/// The sort key of a company's connection in the state table.
const CONNECTION: &str = "CONNECTION";

/// The partition key of the integrator account in the secrets table.
const INTEGRATOR: &str = "INTEGRATOR";

/// The partition key of the account at BokaMera in the secrets table.
const BOKAMERA: &str = "BOKAMERA";

/// As long as the digest that it keys.
const FINGERPRINT_KEY_BYTES: usize = 32;

/// The open part of a company's connection.
#[derive(Debug, Clone)]
pub struct Connection {
    /// The company.
    pub company: Uuid,
    /// Its VAKA systems.
    pub devices: Vec<Uuid>,
    /// Whether it may sync.
    pub active: bool,
}

/// A secret that is not shown.
#[derive(Clone)]
pub struct Secret(String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Why nothing, or not everything, was put in; each text is one line.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// Standard input had no secret.
    #[error("no {what} on standard input: pipe it in, such as: {example}")]
    NoSecret {
        /// What was expected.
        what: &'static str,
        /// A command line that gives it.
        example: &'static str,
    },
    /// Standard input cannot be read.
    #[error("standard input cannot be read")]
    Input(#[from] io::Error),
    /// The system has no randomness.
    #[error("the system gives no random bytes for a fingerprint key")]
    NoRandomness,
    /// A write failed.
    #[error(
        "cannot write to the table {table}: see that the AWS credentials, the region and the name are right: {reason}"
    )]
    Write {
        /// The table.
        table: String,
        /// What DynamoDB or the SDK says.
        reason: String,
    },
}

impl Secret {
    /// A secret that is known already, as tests know theirs.
    #[must_use]
    pub fn known(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The first line of standard input.
    ///
    /// # Errors
    /// [`ConnectError::NoSecret`] if it is empty.
    pub fn from_stdin(what: &'static str, example: &'static str) -> Result<Self, ConnectError> {
        let stdin = io::stdin();
        if stdin.is_terminal() {
            eprintln!("Type the {what} and press Enter (it will be visible; better pipe it in):");
        }
        let mut line = String::new();
        stdin.lock().read_line(&mut line)?;
        match line.trim() {
            "" => Err(ConnectError::NoSecret { what, example }),
            secret => Ok(Self(secret.to_owned())),
        }
    }
}

/// Puts a company's api key and connection in; what was there is replaced, but for the fingerprint
/// key and what others keep in the connection, such as its schedule.
///
/// # Errors
/// [`ConnectError`].
pub async fn connect(
    client: &Client,
    state_table: &str,
    secrets_table: &str,
    connection: &Connection,
    api_key: &Secret,
) -> Result<(), ConnectError> {
    let mut fingerprint_key = [0; FINGERPRINT_KEY_BYTES];
    SystemRandom::new().fill(&mut fingerprint_key).map_err(|_| ConnectError::NoRandomness)?;
    let company = AttributeValue::S(connection.company.to_string());
    // The secrets first: a connection that is seen has its key.
    client
        .update_item()
        .table_name(secrets_table)
        .key("owner", company.clone())
        .update_expression("SET api_key = :api_key, fingerprint_key = if_not_exists(fingerprint_key, :fresh)")
        .expression_attribute_values(":api_key", AttributeValue::S(api_key.0.clone()))
        .expression_attribute_values(":fresh", AttributeValue::B(Blob::new(fingerprint_key)))
        .send()
        .await
        .map_err(|error| failed(secrets_table, &error))?;
    let devices = connection.devices.iter().map(|device| AttributeValue::S(device.to_string())).collect();
    let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    client
        .update_item()
        .table_name(state_table)
        .key("company", company)
        .key("item", AttributeValue::S(CONNECTION.to_owned()))
        .update_expression(
            "SET device_ids = :devices, active = :active, has_api_key = :yes, updated_at = :now, \
             created_at = if_not_exists(created_at, :now)",
        )
        .expression_attribute_values(":devices", AttributeValue::L(devices))
        .expression_attribute_values(":active", AttributeValue::Bool(connection.active))
        .expression_attribute_values(":yes", AttributeValue::Bool(true))
        .expression_attribute_values(":now", AttributeValue::N(now_ms.to_string()))
        .send()
        .await
        .map_err(|error| failed(state_table, &error))?;
    Ok(())
}

/// Puts the integrator account in, which serves every company of the deployment.
///
/// # Errors
/// [`ConnectError`].
pub async fn integrator(
    client: &Client,
    secrets_table: &str,
    client_id: &str,
    client_secret: &Secret,
) -> Result<(), ConnectError> {
    client
        .put_item()
        .table_name(secrets_table)
        .item("owner", AttributeValue::S(INTEGRATOR.to_owned()))
        .item("client_id", AttributeValue::S(client_id.to_owned()))
        .item("client_secret", AttributeValue::S(client_secret.0.clone()))
        .send()
        .await
        .map_err(|error| failed(secrets_table, &error))?;
    Ok(())
}

/// Puts the account at BokaMera in, which serves every company of the deployment.
///
/// # Errors
/// [`ConnectError`].
pub async fn bokamera(
    client: &Client,
    secrets_table: &str,
    username: &str,
    password: &Secret,
    api_key: &Secret,
) -> Result<(), ConnectError> {
    client
        .put_item()
        .table_name(secrets_table)
        .item("owner", AttributeValue::S(BOKAMERA.to_owned()))
        .item("username", AttributeValue::S(username.to_owned()))
        .item("password", AttributeValue::S(password.0.clone()))
        .item("api_key", AttributeValue::S(api_key.0.clone()))
        .send()
        .await
        .map_err(|error| failed(secrets_table, &error))?;
    Ok(())
}

/// A client for whatever AWS the environment names, with its credentials.
///
/// # Errors
/// [`SettingsError`] names the variable that is missing.
pub fn client_of_environment() -> Result<Client, SettingsError> {
    Aws::from_environment().map(|aws| Client::new(aws.configuration()))
}

/// The service's own words where it answered; they name tables and permissions, never items.
fn failed<E, R>(table: &str, error: &SdkError<E, R>) -> ConnectError
where
    E: aws_sdk_dynamodb::error::ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: fmt::Debug + Send + Sync + 'static,
{
    let reason = match error.as_service_error().and_then(|said| said.meta().message()) {
        Some(said) => said.to_owned(),
        None => chain(error),
    };
    ConnectError::Write { table: table.to_owned(), reason }
}

/// The error and its causes, each in its own words.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
