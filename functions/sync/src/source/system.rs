//! One VAKA system, as a walk goes through it: its groups, all of them, and then its users, as they come.

use std::collections::HashMap;
use std::fmt;

use shared::ids::DeviceId;
use tokio::sync::watch;
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
pub struct Opening {
    task: AbortOnDropHandle<Result<System, SourceError>>,
    read: watch::Receiver<()>,
}

/// How far an opening is.
#[derive(Debug)]
pub enum Opened {
    /// Its groups have been read.
    Ready(System),
    /// More of its groups have been read than when it was asked last, and not all.
    Further,
}

impl Opening {
    pub(super) fn begin(reader: CompanyReader, device: DeviceId) -> Self {
        let (reads, read) = watch::channel(());
        let open = async move {
            let groups = if reader.reads_groups {
                reader.groups_by_page(device, || reads.send_replace(())).await?
            } else {
                HashMap::new()
            };
            Ok(System { groups, users: reader.users(device) })
        };
        Self { task: AbortOnDropHandle::new(tokio::spawn(open.in_current_span())), read }
    }

    /// Waits until it is ready, or further than it was.
    ///
    /// # Errors
    /// [`SourceError`] when its groups cannot be read to their end.
    pub async fn next(&mut self) -> Result<Opened, SourceError> {
        tokio::select! {
            ended = &mut self.task => ended.unwrap_or(Err(SourceError::Interrupted)).map(Opened::Ready),
            Ok(()) = self.read.changed() => Ok(Opened::Further),
        }
    }
}

impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opening")
    }
}
