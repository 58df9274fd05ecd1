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
pub(super) struct Unread(Arc<Mutex<Option<SdkBody>>>);

impl Unread {
    /// The body; `None` when there was no answer.
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
