//! `DeleteAxemaSetting`: removes a company's connection and its api key, and ends the sync that is
//! under way. It is answered with the connection as it was.
//!
//! Customers stay, and so do the links to them: see [`shared::table::connection`].

use shared::table::connection::Changed;

use super::{Trail, ended};
use crate::App;
use crate::answer::{Answer, Outcome};
use crate::binding::setting::OfCompany;
use crate::caller::Caller;
use crate::caller::may::Right;
use crate::event::Request;
use crate::failure::Failure;

pub(super) async fn delete_setting(app: &App, caller: &Caller, request: &Request, trail: &mut Trail) -> Outcome {
    let wanted = OfCompany::bind(request)?;
    let company = trail.of(caller.may(Right::Write, wanted.company)?);
    let was = app.table.setting(company).await?.ok_or(Failure::NoSetting)?;
    match app.table.disconnect(&app.secrets, company, app.clock.now()).await? {
        Changed::Done { ended: job } => {
            ended(job.as_deref());
            Ok(Answer::Setting(Box::new(was)))
        }
        Changed::Absent => Err(Failure::NoSetting),
    }
}
