//! Tells of jobs that have ended: each event that is in the table is claimed, sent, removed.
//!
//! An event is sent once, whatever dies or is refused on the way, but for one window: the bus has
//! taken it and the write that removes it does not come about, or the bus's answer is lost. It is
//! then sent again with the same `EventId`. To keep that window at one call, events go in small
//! batches, and each batch is removed by one write before the next is sent.

use shared::job::Job;
use shared::table::TableError;
use shared::table::outbox::{Claim, Claimed, Unsent};
use shared::telemetry::{self, Chain};

use crate::bus::{MOST_AT_ONCE, Verdict};
use crate::{App, RecoverError};

/// What was done about events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Told {
    /// Sent and removed.
    pub sent: u32,
    /// Not taken by the bus; each is sent again when its claim has run out.
    pub refused: u32,
    /// Found to be sent, or somebody else's to send.
    pub moved_on: u32,
}

/// Whether it is worth going on.
enum Pass {
    /// The bus answered.
    Answered,
    /// The bus is out of reach, or overwhelmed: the rest waits for the next minute.
    OutOfReach,
}

impl App {
    /// Sends every event that is due.
    pub(crate) async fn tell(&self) -> Result<Told, RecoverError> {
        let mut told = Told::default();
        let unsent = self.table.unsent_events(self.clock.now()).await?;
        for batch in unsent.chunks(MOST_AT_ONCE) {
            match self.tell_some(batch, &mut told).await? {
                Pass::Answered => {}
                Pass::OutOfReach => break,
            }
        }
        tracing::info!(
            event = "events.done",
            events.sent = told.sent,
            events.refused = told.refused,
            events.moved_on = told.moved_on,
            "events of ended jobs were looked at"
        );
        Ok(told)
    }

    async fn tell_some(&self, batch: &[Unsent], told: &mut Told) -> Result<Pass, TableError> {
        let (mut claims, mut jobs) = (Vec::new(), Vec::new());
        for event in batch {
            match self.claim(event).await {
                Ok(Some((claim, job))) => {
                    claims.push(claim);
                    jobs.push(job);
                }
                Ok(None) => told.moved_on += 1,
                // One job that cannot be read keeps nobody else's event back.
                Err(error @ TableError::Malformed { .. }) => {
                    told.refused += 1;
                    tracing::error!(
                        event = "event.not_sent", company.id = %event.company, job.id = %event.job,
                        error = %Chain(&error), "the job that an event is about cannot be read"
                    );
                }
                Err(error) => return Err(error),
            }
        }
        if jobs.is_empty() {
            return Ok(Pass::Answered);
        }
        let verdicts = match self.bus.tell(&jobs).await {
            Ok(verdicts) => verdicts,
            Err(error) => {
                for claim in &claims {
                    told.refused += 1;
                    telemetry::event_not_sent(claim.company(), claim.job(), &error.code);
                }
                return Ok(Pass::OutOfReach);
            }
        };
        let mut taken = Vec::new();
        for (claim, verdict) in claims.into_iter().zip(verdicts) {
            match verdict {
                Verdict::Taken => taken.push(claim),
                Verdict::Refused(code) => {
                    told.refused += 1;
                    telemetry::event_not_sent(claim.company(), claim.job(), &code);
                }
            }
        }
        told.sent += u32::try_from(taken.len()).unwrap_or(u32::MAX);
        self.table.remove_events(taken).await?;
        Ok(Pass::Answered)
    }

    /// The claim on an event with the job that it tells of; `None` when there is nothing to tell.
    async fn claim(&self, event: &Unsent) -> Result<Option<(Claimed, Job)>, TableError> {
        let Claim::Claimed(claim) = self.table.claim_event(event, self.clock.now()).await? else {
            return Ok(None);
        };
        match self.table.job(claim.company(), claim.job()).await?.filter(|job| !job.status.is_active()) {
            Some(job) => Ok(Some((claim, job))),
            // Of a table restored from a backup: what is told is what the job says, and it says nothing.
            None => {
                self.table.remove_events(vec![claim]).await?;
                Ok(None)
            }
        }
    }
}
