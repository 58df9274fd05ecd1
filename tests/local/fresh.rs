//! Tables and queues of the deployed shape under names of their own, made by plain calls: a test
//! that needs no running function gets an empty world in milliseconds, on any emulator.
//!
//! The shapes are read from `template.yaml`; nothing about them is written here a second time.

use std::time::Duration;

use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType, TableStatus, TimeToLiveSpecification,
};
use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::Value;
use thiserror::Error;
use uuid::Uuid;

use crate::cloud::Endpoint;
use crate::template::{Resource, Template, TemplateError, shape};

/// A new table is ready at once in MiniStack and within a second elsewhere.
const TABLE_POLL: Duration = Duration::from_millis(50);

/// Queue properties that are numbers and mean the same as the attribute of the same name.
const QUEUE_NUMBERS: [&str; 5] = [
    "VisibilityTimeout",
    "MessageRetentionPeriod",
    "DelaySeconds",
    "ReceiveMessageWaitTimeSeconds",
    "MaximumMessageSize",
];

/// An empty world: three tables and two queues, nobody else's.
#[derive(Debug, Clone)]
pub struct Fresh {
    /// Where they are.
    pub endpoint: Endpoint,
    /// The state table's name.
    pub state_table: String,
    /// The customers table's name.
    pub customers_table: String,
    /// The secrets table's name.
    pub secrets_table: String,
    /// The sync queue.
    pub queue_url: String,
    /// Its dead-letter queue.
    pub dead_letter_queue_url: String,
}

/// Why no tables or queues could be made.
#[derive(Debug, Error)]
pub enum FreshError {
    /// The template does not say what is needed.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// A request could not be built from it.
    #[error("the shape in template.yaml makes no request")]
    Build(#[from] aws_sdk_dynamodb::error::BuildError),
    /// A call failed.
    #[error("{call} failed at the emulator")]
    Call {
        /// Which.
        call: &'static str,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl Fresh {
    /// Makes all five.
    ///
    /// # Errors
    /// [`FreshError`].
    pub async fn create(endpoint: &Endpoint) -> Result<Self, FreshError> {
        let template = Template::read()?;
        let unique = Uuid::new_v4().simple().to_string();
        let dynamodb = endpoint.dynamodb();
        let mut tables = Vec::new();
        for output in ["StateTableName", "CustomersTableName", "SecretsTableName"] {
            let resource = template.behind(output)?;
            let name = format!("{}-{unique}", resource.id);
            create_table(&dynamodb, &name, resource).await?;
            tables.push(name);
        }
        let sqs = endpoint.sqs();
        let dead_letters = template.behind("SyncDeadLetterQueueUrl")?;
        let dead_letter_queue_url = create_queue(&sqs, &unique, dead_letters, None).await?;
        let target = arn_of(&sqs, &dead_letter_queue_url).await?;
        let queue_url = create_queue(&sqs, &unique, template.behind("SyncQueueUrl")?, Some(&target)).await?;
        let [state_table, customers_table, secrets_table] =
            tables.try_into().map_err(|_| shape("Outputs".to_owned()))?;
        let endpoint = endpoint.clone();
        Ok(Self { endpoint, state_table, customers_table, secrets_table, queue_url, dead_letter_queue_url })
    }

    /// What the template gives the functions of all this, with AWS at this endpoint; who VAKA and the
    /// issuer are is for the caller to say.
    #[must_use]
    pub fn environment(&self, aws: &Endpoint) -> Vec<(&'static str, String)> {
        let mut environment = aws.environment();
        environment.extend([
            ("STATE_TABLE", self.state_table.clone()),
            ("CUSTOMERS_TABLE", self.customers_table.clone()),
            ("SECRETS_TABLE", self.secrets_table.clone()),
            ("SYNC_QUEUE_URL", self.queue_url.clone()),
            ("SYNC_FUNCTION", "sync".to_owned()),
            ("EVENT_BUS", "default".to_owned()),
            ("CUSTOMERS_HOME", "embedded".to_owned()),
        ]);
        environment
    }

    /// The bodies of the messages that are in the sync queue now; they are taken out.
    ///
    /// # Errors
    /// [`FreshError::Call`].
    pub async fn take_messages(&self) -> Result<Vec<String>, FreshError> {
        let sqs = self.endpoint.sqs();
        let mut found = Vec::new();
        loop {
            let receive = sqs.receive_message().queue_url(&self.queue_url).max_number_of_messages(10);
            let received = receive.send().await.map_err(failed("ReceiveMessage"))?.messages.unwrap_or_default();
            if received.is_empty() {
                return Ok(found);
            }
            found.extend(received.into_iter().filter_map(|message| message.body));
        }
    }

    /// Removes all five. Needed only at an endpoint that outlives the test.
    ///
    /// # Errors
    /// [`FreshError::Call`].
    pub async fn remove(self) -> Result<(), FreshError> {
        let dynamodb = self.endpoint.dynamodb();
        for table in [&self.state_table, &self.customers_table, &self.secrets_table] {
            dynamodb.delete_table().table_name(table).send().await.map_err(failed("DeleteTable"))?;
        }
        let sqs = self.endpoint.sqs();
        for queue in [&self.queue_url, &self.dead_letter_queue_url] {
            sqs.delete_queue().queue_url(queue).send().await.map_err(failed("DeleteQueue"))?;
        }
        Ok(())
    }
}

async fn create_table(client: &aws_sdk_dynamodb::Client, name: &str, table: Resource<'_>) -> Result<(), FreshError> {
    let attributes = list(table.property(&["AttributeDefinitions"])).iter().map(attribute);
    let mut request = client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(attributes.collect::<Result<_, _>>()?))
        .set_key_schema(Some(keys(table.property(&["KeySchema"]))?));
    for index in list(table.property(&["GlobalSecondaryIndexes"])) {
        let projection = Projection::builder()
            .projection_type(ProjectionType::from(text(&index["Projection"]["ProjectionType"])))
            .build();
        request = request.global_secondary_indexes(
            GlobalSecondaryIndex::builder()
                .index_name(text(&index["IndexName"]))
                .set_key_schema(Some(keys(&index["KeySchema"])?))
                .projection(projection)
                .build()?,
        );
    }
    request.send().await.map_err(failed::<CreateTableError, _>("CreateTable"))?;
    loop {
        let described = client.describe_table().table_name(name).send().await.map_err(failed("DescribeTable"))?;
        if described.table().and_then(|table| table.table_status()) == Some(&TableStatus::Active) {
            break;
        }
        tokio::time::sleep(TABLE_POLL).await;
    }
    if let Some(ttl) = table.property(&["TimeToLiveSpecification", "AttributeName"]).as_str() {
        let specification = TimeToLiveSpecification::builder().attribute_name(ttl).enabled(true).build()?;
        let request = client.update_time_to_live().table_name(name).time_to_live_specification(specification);
        request.send().await.map_err(failed("UpdateTimeToLive"))?;
    }
    Ok(())
}

async fn create_queue(
    client: &aws_sdk_sqs::Client,
    unique: &str,
    queue: Resource<'_>,
    dead_letters: Option<&str>,
) -> Result<String, FreshError> {
    let mut request = client.create_queue().queue_name(format!("{}-{unique}", queue.id));
    for name in QUEUE_NUMBERS {
        if let Some(number) = queue.property(&[name]).as_i64() {
            request = request.attributes(QueueAttributeName::from(name), number.to_string());
        }
    }
    if let Some(target) = dead_letters {
        let receives = queue.property(&["RedrivePolicy", "maxReceiveCount"]);
        let policy = serde_json::json!({"deadLetterTargetArn": target, "maxReceiveCount": receives});
        request = request.attributes(QueueAttributeName::RedrivePolicy, policy.to_string());
    }
    let created = request.send().await.map_err(failed("CreateQueue"))?;
    created.queue_url.ok_or_else(|| shape("CreateQueue answered without a URL".to_owned()).into())
}

async fn arn_of(client: &aws_sdk_sqs::Client, queue_url: &str) -> Result<String, FreshError> {
    let asked = client.get_queue_attributes().queue_url(queue_url).attribute_names(QueueAttributeName::QueueArn);
    let answer = asked.send().await.map_err(failed("GetQueueAttributes"))?;
    let arn = answer.attributes().and_then(|all| all.get(&QueueAttributeName::QueueArn)).cloned();
    arn.ok_or_else(|| shape("GetQueueAttributes answered without an ARN".to_owned()).into())
}

fn attribute(definition: &Value) -> Result<AttributeDefinition, FreshError> {
    let kind = ScalarAttributeType::from(text(&definition["AttributeType"]));
    let name = text(&definition["AttributeName"]);
    Ok(AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build()?)
}

fn keys(schema: &Value) -> Result<Vec<KeySchemaElement>, FreshError> {
    let element = |key: &Value| {
        let kind = KeyType::from(text(&key["KeyType"]));
        Ok(KeySchemaElement::builder().attribute_name(text(&key["AttributeName"])).key_type(kind).build()?)
    };
    list(schema).iter().map(element).collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn failed<E, R>(call: &'static str) -> impl Fn(aws_sdk_dynamodb::error::SdkError<E, R>) -> FreshError
where
    E: std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    move |source| FreshError::Call { call, source: Box::new(source) }
}

#[cfg(test)]
mod tests;
