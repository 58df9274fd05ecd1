//! `AxemaSettingQuery`: a company's connection, without its key.

use super::Trail;
use crate::App;
use crate::answer::{Answer, Outcome};
use crate::binding::setting::OfCompany;
use crate::caller::Caller;
use crate::caller::may::Right;
use crate::event::Request;
use crate::failure::Failure;

pub(super) async fn get_setting(app: &App, caller: &Caller, request: &Request, trail: &mut Trail) -> Outcome {
    let wanted = OfCompany::bind(request)?;
    let company = trail.of(caller.may(Right::Read, wanted.company)?);
    let setting = app.table.setting(company).await?.ok_or(Failure::NoSetting)?;
    Ok(Answer::Setting(Box::new(setting)))
}
