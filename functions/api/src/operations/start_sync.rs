//! `CreateAxemaUserSync`: takes the company's lock and hands the job to a worker.

use shared::handoff::{self, Accept};

use super::Trail;
use crate::App;
use crate::answer::{Answer, Outcome};
use crate::binding::StartSync;
use crate::caller::Caller;
use crate::caller::may::Right;
use crate::event::Request;
use crate::failure::Failure;

pub(super) async fn start_sync(app: &App, caller: &Caller, request: &Request, trail: &mut Trail) -> Outcome {
    let wanted = StartSync::bind(request)?;
    let company = trail.of(caller.may(Right::Write, wanted.company)?);
    match handoff::accept(&app.table, &app.queue, &app.clock, company, wanted.mode).await? {
        Accept::Accepted(job) => Ok(Answer::Started(Box::new(job))),
        Accept::Held(job) => Err(Failure::SyncRunning(Box::new(job))),
        Accept::NotConnected => Err(Failure::NotConnected),
    }
}
