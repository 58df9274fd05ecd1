//! `CreateAxemaSetting`: connects a company that is not connected.

use shared::table::connection::Connect;

use super::{Trail, keys};
use crate::App;
use crate::answer::{Answer, Outcome};
use crate::binding::setting::CreateSetting;
use crate::caller::Caller;
use crate::caller::may::Right;
use crate::event::Request;
use crate::failure::Failure;

pub(super) async fn create_setting(app: &App, caller: &Caller, request: &Request, trail: &mut Trail) -> Outcome {
    let CreateSetting { company, api_key, devices, active } = CreateSetting::bind(request)?;
    let company = trail.of(caller.may(Right::Write, company)?);
    let (keys, now) = (keys(app, api_key)?, app.clock.now());
    match app.table.connect(&app.secrets, company, &devices, active, &keys, now).await? {
        Connect::Connected => {
            let setting = app.table.setting(company).await?.ok_or(Failure::NoSetting)?;
            Ok(Answer::Setting(Box::new(setting)))
        }
        Connect::Exists => Err(Failure::Connected),
    }
}
