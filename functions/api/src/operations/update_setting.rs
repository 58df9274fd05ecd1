//! `UpdateAxemaSetting`: changes what is given of a company's connection.
//!
//! One that is switched off ends the sync that is under way; other systems or another key count
//! for a sync that is under way from its next slice, and the key from its next refusal.

use shared::table::connection::{Change, Changed, Replan};

use super::{Trail, ended, keys};
use crate::App;
use crate::answer::{Answer, Outcome};
use crate::binding::setting::UpdateSetting;
use crate::caller::Caller;
use crate::caller::may::Right;
use crate::event::Request;
use crate::failure::Failure;

pub(super) async fn update_setting(app: &App, caller: &Caller, request: &Request, trail: &mut Trail) -> Outcome {
    let UpdateSetting { company, api_key, devices, active, schedule } = UpdateSetting::bind(request)?;
    let company = trail.of(caller.may(Right::Write, company)?);
    // The same again uses no due time up.
    let schedule = match (&schedule, app.table.setting(company).await?) {
        (Replan::Set(wanted), Some(setting)) if setting.schedule.as_ref() == Some(wanted) => Replan::Keep,
        (_, _) => schedule,
    };
    let keys = api_key.map(|api_key| keys(app, api_key)).transpose()?;
    let change = Change { devices, active, schedule, keys };
    match app.table.change_connection(&app.secrets, company, &change, app.clock.now()).await? {
        Changed::Done { ended: job } => {
            ended(job.as_deref());
            let setting = app.table.setting(company).await?.ok_or(Failure::NoSetting)?;
            Ok(Answer::Setting(Box::new(setting)))
        }
        Changed::Absent => Err(Failure::NoSetting),
    }
}
