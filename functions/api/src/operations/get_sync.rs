//! `GetAxemaUserSyncJob`: one job with the counters it has now.
//!
//! The job is looked for among the company's own, so that another company's job is not found
//! in the same way as one that never was.

use super::Trail;
use crate::App;
use crate::answer::{Answer, Outcome};
use crate::binding::GetSync;
use crate::caller::Caller;
use crate::caller::may::Right;
use crate::event::Request;
use crate::failure::Failure;

pub(super) async fn get_sync(
    app: &App,
    caller: &Caller,
    request: &Request,
    id: Option<&str>,
    trail: &mut Trail,
) -> Outcome {
    let wanted = GetSync::bind(request, id)?;
    let company = trail.of(caller.may(Right::Read, wanted.company)?);
    let job = app.table.job(company, wanted.id).await?.ok_or(Failure::NoSuchJob)?;
    Ok(Answer::Job(Box::new(job)))
}
