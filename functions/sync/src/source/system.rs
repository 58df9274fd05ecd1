//! One VAKA system, as a walk goes through it: its groups, all of them, and then its users, as they come.

use std::collections::HashMap;
use std::fmt;

use shared::ids::DeviceId;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument;

use super::CompanyReader;
use super::error::SourceError;
use super::groups::{Group, GroupId};
use super::users::UserStream;

/// A system whose groups have been read and whose users are being read.
#[derive(Debug)]
pub struct System {
    /// What its users' groups say.
    pub groups: HashMap<GroupId, Group>,
    /// Its users.
    pub users: UserStream,
}

/// A system that is being opened in the background. Dropping it stops that.
pub struct Opening(AbortOnDropHandle<Result<System, SourceError>>);

impl Opening {
    pub(super) fn begin(reader: CompanyReader, device: DeviceId) -> Self {
        let open = async move {
            let groups = reader.groups(device).await?;
            Ok(System { groups, users: reader.users(device) })
        };
        Self(AbortOnDropHandle::new(tokio::spawn(open.in_current_span())))
    }

    /// The system, when its groups have been read.
    ///
    /// # Errors
    /// [`SourceError`] when they cannot be read to their end.
    pub async fn opened(self) -> Result<System, SourceError> {
        self.0.await.unwrap_or(Err(SourceError::Interrupted))
    }
}

impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opening")
    }
}
