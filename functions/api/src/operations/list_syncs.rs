//! `QueryAxemaUserSyncJobs`: a company's jobs, newest first.

use super::Trail;
use crate::App;
use crate::answer::{Answer, Listed, Outcome};
use crate::binding::ListSyncs;
use crate::caller::Caller;
use crate::caller::may::Right;
use crate::event::Request;

pub(super) async fn list_syncs(app: &App, caller: &Caller, request: &Request, trail: &mut Trail) -> Outcome {
    let wanted = ListSyncs::bind(request)?;
    let company = trail.of(caller.may(Right::Read, wanted.company)?);
    let jobs = app.table.jobs(company, wanted.status).await?;
    Ok(Answer::Jobs(Listed { jobs, status: wanted.status }))
}
