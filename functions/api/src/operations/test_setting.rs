//! `TestAxemaSetting`: has the sync function ask VAKA for what a sync will need.
//!
//! A reader may not: it costs VAKA's patience, and tells of systems what only a sync would.

use super::Trail;
use crate::App;
use crate::answer::wire::setting::Tested;
use crate::answer::{Answer, Outcome};
use crate::binding::setting::OfCompany;
use crate::caller::Caller;
use crate::caller::may::Right;
use crate::event::Request;
use crate::failure::Failure;

pub(super) async fn test_setting(app: &App, caller: &Caller, request: &Request, trail: &mut Trail) -> Outcome {
    let wanted = OfCompany::bind(request)?;
    let company = trail.of(caller.may(Right::Write, wanted.company)?);
    if app.table.setting(company).await?.is_none() {
        return Err(Failure::NoSetting);
    }
    let report = app.sync_function.test(company).await?.ok_or(Failure::NoSetting)?;
    Ok(Answer::Tested(Box::new(Tested { company, report })))
}
