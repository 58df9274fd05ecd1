//! `QueryAxemaUserSyncUsers`: the report of one job, user by user.
//!
//! While the job runs, the report is what is committed so far. It is read whole for each page of
//! it, because its order and its total need that: one query for all but the largest companies.

use super::Trail;
use crate::App;
use crate::answer::report::Report;
use crate::answer::{Answer, Outcome};
use crate::binding::ListUsers;
use crate::caller::Caller;
use crate::caller::may::Right;
use crate::event::Request;
use crate::failure::Failure;

pub(super) async fn list_users(
    app: &App,
    caller: &Caller,
    request: &Request,
    id: Option<&str>,
    trail: &mut Trail,
) -> Outcome {
    let wanted = ListUsers::bind(request, id)?;
    let company = trail.of(caller.may(Right::Read, wanted.company)?);
    let job = app.table.job(company, wanted.id).await?.ok_or(Failure::NoSuchJob)?;
    let mut rows = app.table.report(&job).await?;
    rows.retain(|row| wanted.outcome.is_none_or(|outcome| row.outcome.kind() == outcome));
    let total = rows.len();
    let rows = rows.into_iter().skip(wanted.skip).take(wanted.take).collect();
    Ok(Answer::Users(Box::new(Report { job, rows, total, wanted })))
}
