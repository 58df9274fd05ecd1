//! `CreateAxemaUserSync`: takes the company's lock and hands the job to a worker.

use shared::handoff::{self, Start};

use super::Trail;
use crate::App;
use crate::answer::{Answer, Outcome};
use crate::binding::StartSync;
use crate::caller::Caller;
use crate::caller::may::Right;
use crate::event::Request;
use crate::failure::Failure;

pub(super) async fn start_sync(
    app: &App,
    caller: &Caller,
    request: &Request,
    trail: &mut Trail,
) -> Outcome {
    let wanted = StartSync::bind(request)?;
    let company = trail.of(caller.may(Right::Start, wanted.company)?);
    match handoff::start(&app.table, &app.queue, company, &app.clock).await? {
        Start::Accepted(job) => Ok(Answer::Job(Box::new(job))),
        Start::Held(job) => Err(Failure::SyncRunning(Box::new(job))),
        Start::NotConnected => Err(Failure::NotConnected),
    }
}
