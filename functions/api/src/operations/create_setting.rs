//! `CreateAxemaSetting`: connects a company that is not connected.

use shared::table::connection::{Connect, NewConnection};

use super::{Trail, keys};
use crate::App;
use crate::answer::{Answer, Outcome};
use crate::binding::setting::CreateSetting;
use crate::caller::Caller;
use crate::caller::may::Right;
use crate::event::Request;
use crate::failure::Failure;

pub(super) async fn create_setting(app: &App, caller: &Caller, request: &Request, trail: &mut Trail) -> Outcome {
    let CreateSetting { company, api_key, devices, active, schedule } = CreateSetting::bind(request)?;
    let company = trail.of(caller.may(Right::Write, company)?);
    let new = NewConnection { devices, active, schedule, keys: keys(app, api_key)? };
    match app.table.connect(&app.secrets, company, &new, app.clock.now()).await? {
        Connect::Connected => {
            let setting = app.table.setting(company).await?.ok_or(Failure::NoSetting)?;
            Ok(Answer::Setting(Box::new(setting)))
        }
        Connect::Exists => Err(Failure::Connected),
    }
}
