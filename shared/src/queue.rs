//! The nudge: a message that carries two ids, and the queue it goes through.
//!
//! The table is the truth. A message can be lost, doubled, late or replayed a week later, and
//! says nothing but "look at this job". It never carries anything else.

use std::time::Duration;

use aws_sdk_sqs::error::ProvideErrorMetadata;
use serde::{Deserialize, Serialize};

use crate::ids::{CompanyId, JobId};

/// The form of the message that this version writes and reads.
const VERSION: u32 = 1;

/// SQS takes no longer delay.
pub const LONGEST_DELAY: Duration = Duration::from_secs(900);

/// "Look at this job."
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nudge {
    version: u32,
    /// The company whose job it is.
    pub company: CompanyId,
    /// The job.
    pub job: JobId,
}

/// Why a message body is not a nudge for this version. It carries nothing of the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotANudge {
    /// Not the JSON object that is expected.
    #[error("the message is not a nudge")]
    Unreadable,
    /// Written by a version that this one does not know.
    #[error("the message is of version {version}, this function reads {VERSION}")]
    OtherVersion {
        /// What the message says it is.
        version: u32,
    },
}

impl Nudge {
    /// A nudge for this job.
    #[must_use]
    pub const fn new(company: CompanyId, job: JobId) -> Self {
        Self { version: VERSION, company, job }
    }

    /// Reads the body of a message.
    ///
    /// # Errors
    /// [`NotANudge`] when it is anything else, or of another version.
    pub fn parse(body: &str) -> Result<Self, NotANudge> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let Versioned { version } = serde_json::from_str(body).map_err(|_| NotANudge::Unreadable)?;
        if version != VERSION {
            return Err(NotANudge::OtherVersion { version });
        }
        serde_json::from_str(body).map_err(|_| NotANudge::Unreadable)
    }
}

/// The queue did not take a message, after the SDK's retries.
#[derive(Debug, thiserror::Error)]
#[error("the queue did not take the message: {code}")]
pub struct QueueError {
    /// The service's error code, or the kind of failure on the way to it.
    pub code: String,
}

/// The queue between the functions.
#[derive(Clone, Debug)]
pub struct Queue {
    client: aws_sdk_sqs::Client,
    url: String,
}

impl Queue {
    /// The queue at this address.
    #[must_use]
    pub fn new(aws: &crate::aws::SdkConfig, url: impl Into<String>) -> Self {
        Self { client: aws_sdk_sqs::Client::new(aws), url: url.into() }
    }

    /// Sends a nudge that becomes visible after the delay (whole seconds, at most
    /// [`LONGEST_DELAY`]).
    ///
    /// The group id is the company on a standard queue: SQS then shares the workers fairly
    /// between companies, and still delivers in parallel.
    ///
    /// # Errors
    /// [`QueueError`]; the message may have been sent all the same when the answer was lost.
    pub async fn send(&self, nudge: &Nudge, delay: Duration) -> Result<(), QueueError> {
        let body = serde_json::to_string(nudge).map_err(|_| QueueError { code: "Unwritable".to_owned() })?;
        let delay_s = i32::try_from(delay.min(LONGEST_DELAY).as_secs()).unwrap_or_default();
        self.client
            .send_message()
            .queue_url(&self.url)
            .message_body(body)
            .message_group_id(nudge.company.to_string())
            .delay_seconds(delay_s)
            .send()
            .await
            .map(drop)
            .map_err(|error| QueueError { code: crate::aws::code(&error, error.code()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_nudge_is_read_as_it_was_written() {
        let nudge = Nudge::new(CompanyId::from_uuid(Uuid::from_u128(1)), JobId::from_uuid(Uuid::from_u128(2)));
        let body = serde_json::to_string(&nudge).unwrap_or_default();
        assert_eq!(Nudge::parse(&body), Ok(nudge));
    }

    #[test]
    fn what_is_not_a_nudge_says_so_without_its_text() {
        assert_eq!(Nudge::parse("{"), Err(NotANudge::Unreadable));
        assert_eq!(Nudge::parse(r#"{"version":1,"company":"x","job":"y"}"#), Err(NotANudge::Unreadable));
        assert_eq!(Nudge::parse(r#"{"version":2,"shape":"new"}"#), Err(NotANudge::OtherVersion { version: 2 }));
    }
}
