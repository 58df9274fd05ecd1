//! The requests about a company's connection.

use schemars::JsonSchema;
use serde::Serialize;

use super::Request;
use crate::answer::wire::setting::Guids;
use crate::describe::sample;
use crate::describe::scalar::Guid;

/// Gets a company's connection.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AxemaSettingQuery {
    /// The company. Left out, it is the caller's own; only a superadmin may name another.
    #[schemars(with = "Option<Guid>")]
    company_id: Option<String>,
}

/// Connects a company.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateAxemaSetting {
    /// The company. Left out, it is the caller's own; only a superadmin may name another.
    #[schemars(with = "Option<Guid>")]
    company_id: Option<String>,
    /// The key that VAKA Online gave the integration. It is stored encrypted and never given back.
    api_key: String,
    /// The VAKA systems whose users are synced: one at least, a hundred at most.
    #[schemars(with = "Vec<Guid>")]
    device_ids: Guids,
    /// Whether syncs may start. Left out, they may.
    active: Option<bool>,
    /// When syncs start by themselves: `daily@` or a weekday such as `mon@`, a local time, and, where it
    /// is not Sweden's, a time zone of the IANA database. Left out, they do not.
    schedule: Option<String>,
}

/// Changes a company's connection.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateAxemaSetting {
    /// The company. Left out, it is the caller's own; only a superadmin may name another.
    #[schemars(with = "Option<Guid>")]
    company_id: Option<String>,
    /// Another key that VAKA Online gave the integration. Left out, the one that is stored stays.
    api_key: Option<String>,
    /// The VAKA systems whose users are synced from now on: one at least, a hundred at most.
    #[schemars(with = "Option<Vec<Guid>>")]
    device_ids: Option<Guids>,
    /// Whether syncs may start.
    active: Option<bool>,
    /// When syncs start by themselves from now on, such as `daily@03:30 Europe/Stockholm`; `none` ends that.
    schedule: Option<String>,
}

/// Removes a company's connection.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteAxemaSetting {
    /// The company. Left out, it is the caller's own; only a superadmin may name another.
    #[schemars(with = "Option<Guid>")]
    company_id: Option<String>,
}

/// Tests a company's connection.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TestAxemaSetting {
    /// The company. Left out, it is the caller's own; only a superadmin may name another.
    #[schemars(with = "Option<Guid>")]
    company_id: Option<String>,
}

fn company() -> Option<String> {
    Some(sample::company().to_string())
}

fn device_ids() -> Guids {
    Guids(vec![sample::device().to_string()])
}

impl Request for AxemaSettingQuery {
    fn sample() -> Self {
        Self { company_id: company() }
    }
}

impl Request for CreateAxemaSetting {
    fn sample() -> Self {
        Self {
            company_id: company(),
            api_key: sample::API_KEY.to_owned(),
            device_ids: device_ids(),
            active: Some(true),
            schedule: Some(sample::SCHEDULE.to_owned()),
        }
    }
}

impl Request for UpdateAxemaSetting {
    fn sample() -> Self {
        Self {
            company_id: company(),
            api_key: Some(sample::API_KEY.to_owned()),
            device_ids: Some(device_ids()),
            active: Some(true),
            schedule: Some(sample::SCHEDULE.to_owned()),
        }
    }
}

impl Request for DeleteAxemaSetting {
    fn sample() -> Self {
        Self { company_id: company() }
    }
}

impl Request for TestAxemaSetting {
    fn sample() -> Self {
        Self { company_id: company() }
    }
}
