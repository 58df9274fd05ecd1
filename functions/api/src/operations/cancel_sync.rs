//! `CancelAxemaUserSync`: ends a sync that is under way.
//!
//! What the sync has done so far is kept. Its worker stops at its next write, which is refused.

use shared::table::cancel::Cancel;

use super::Trail;
use crate::App;
use crate::answer::{Answer, Outcome};
use crate::binding::CancelSync;
use crate::caller::Caller;
use crate::caller::may::Right;
use crate::event::Request;
use crate::failure::Failure;

pub(super) async fn cancel_sync(
    app: &App,
    caller: &Caller,
    request: &Request,
    id: Option<&str>,
    trail: &mut Trail,
) -> Outcome {
    let wanted = CancelSync::bind(request, id)?;
    let company = trail.of(caller.may(Right::Write, wanted.company)?);
    match app.table.cancel(company, wanted.id, app.clock.now()).await? {
        Cancel::Cancelled(job) => {
            shared::telemetry::job_cancelled(&job);
            Ok(Answer::Job(Box::new(job)))
        }
        Cancel::Ended(job) => Err(Failure::JobEnded(Box::new(job))),
        Cancel::Unknown => Err(Failure::NoSuchJob),
    }
}
