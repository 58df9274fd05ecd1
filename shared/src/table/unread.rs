//! An answer that the SDK signs for, sends for and repeats, and does not read.
//!
//! [`Unread`] goes along with a query as its interceptor, and puts itself in the place of what would
//! read the answer. A refusal is read by the SDK as ever, so it is told and tried again as ever; of an
//! answer it gives back an empty one, and [`Unread::take`] the bytes.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::operation::query::{Query, QueryOutput};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextMut, Output, OutputOrError,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::client::runtime_plugin::RuntimePlugin;
use aws_smithy_runtime_api::client::ser_de::{DeserializeResponse, SharedResponseDeserializer};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::{ConfigBag, FrozenLayer};

/// The body of the answer to one query.
#[derive(Debug, Clone, Default)]
pub struct Unread(Arc<Mutex<Option<SdkBody>>>);

impl Unread {
    /// The body; `None` when there was no answer.
    #[must_use]
    pub fn take(&self) -> Option<SdkBody> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[dyn_dispatch_hint]
impl Intercept for Unread {
    fn name(&self) -> &'static str {
        "Unread"
    }

    fn modify_before_serialization(
        &self,
        _: &mut BeforeSerializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        configuration: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(query) = Query::new().config() {
            let keeper = SharedResponseDeserializer::new(Keeper { query, unread: self.clone() });
            configuration.interceptor_state().store_put(keeper);
        }
        Ok(())
    }
}

/// In the place of what reads the answer.
#[derive(Debug)]
struct Keeper {
    query: FrozenLayer,
    unread: Unread,
}

impl DeserializeResponse for Keeper {
    fn deserialize_nonstreaming_with_config(
        &self,
        response: &HttpResponse,
        configuration: &ConfigBag,
    ) -> OutputOrError {
        if response.status().is_success() {
            *self.unread.0.lock().unwrap_or_else(PoisonError::into_inner) = response.body().try_clone();
            return Ok(Output::erase(QueryOutput::builder().build()));
        }
        match self.query.load::<SharedResponseDeserializer>() {
            Some(reader) => reader.deserialize_nonstreaming_with_config(response, configuration),
            None => Err(OrchestratorError::other("the operation has no reader")),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::ids::CompanyId;
    use crate::table::TableError;
    use crate::table::standin::{Says, table};

    #[tokio::test]
    async fn a_refusal_is_read_as_ever_and_is_never_a_page_without_links() {
        const THROTTLED: &str = r#"{"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException"}"#;
        let company = CompanyId::from_uuid(uuid::Uuid::nil());
        let told = |says: Says| async move {
            match table(says).links(company, None).await {
                Ok(page) => panic!("{} links", page.links.len()),
                Err(TableError::Unavailable { code, .. }) => code,
                Err(other) => panic!("{other}"),
            }
        };
        assert_eq!(told((400, THROTTLED)).await, "ThrottlingException");
        assert_eq!(told((500, "{}")).await, "Unknown");
        assert_eq!(told((200, "")).await, "AnswerUnreadable");
        let page = table((200, r#"{"Items": [], "Count": 0}"#)).links(company, None).await.expect("a page");
        assert!(page.links.is_empty() && page.next.is_none());
    }
}
