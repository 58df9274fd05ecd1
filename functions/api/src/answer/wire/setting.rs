//! The members of the answers about a company's connection.
//!
//! The api key is not among them, and could not be: this function cannot read it.

use schemars::JsonSchema;
use serde::Serialize;
use shared::connection_test::{DeviceReport, Finding, TestReport};
use shared::ids::CompanyId;
use shared::table::connection::Setting;

use super::round_trip;
use crate::describe::scalar::{CheckName, Count, DateTime, Guid, VerdictName};
use crate::page::language::Language;

/// A company's connection to Axema VAKA.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct AxemaSettingResponse {
    /// The company it is of.
    #[schemars(with = "Guid")]
    pub company_id: String,
    /// Whether an API key is stored. The key itself is never given back.
    pub has_api_key: bool,
    /// The VAKA systems whose users are synced.
    #[schemars(with = "Vec<Guid>")]
    pub device_ids: Guids,
    /// Whether it is in use. No sync starts while it is not.
    pub active: bool,
    /// When syncs start by themselves, such as `daily@03:30 Europe/Stockholm`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    /// When it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<DateTime>")]
    pub created: Option<String>,
    /// When it last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<DateTime>")]
    pub updated: Option<String>,
}

/// Ids as one member holds them; XML and the formats of lines know it by its name.
#[derive(Debug, Serialize)]
pub struct Guids(pub Vec<String>);

/// What a test of the connection found out.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct AxemaSettingTestResponse {
    /// The company whose connection was tested.
    #[schemars(with = "Guid")]
    pub company_id: String,
    /// Whether a sync could read every system.
    pub works: bool,
    /// Users that the systems have together, of those that could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Count>")]
    pub users_found: Option<u64>,
    /// The same for people.
    pub message: String,
    /// What was tested, in this order: the sign-in of the service, the API key, each system.
    pub results: Vec<AxemaSettingTestResult>,
}

/// One thing that was tested.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct AxemaSettingTestResult {
    /// `SignIn`, `ApiKey` or `Device`.
    #[schemars(with = "CheckName")]
    pub check: &'static str,
    /// Which system.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Guid>")]
    pub device_id: Option<String>,
    /// `Works`, `Fails` or `NotTested`.
    #[schemars(with = "VerdictName")]
    pub outcome: &'static str,
    /// Why it fails, for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<&'static str>,
    /// Users of the system.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Count>")]
    pub users_found: Option<u64>,
    /// What was found and what to do, for people.
    pub message: &'static str,
}

/// A report, and whose it is.
#[derive(Debug)]
pub struct Tested {
    /// The company.
    pub company: CompanyId,
    /// What was found out.
    pub report: TestReport,
}

impl From<&Setting> for AxemaSettingResponse {
    fn from(setting: &Setting) -> Self {
        Self {
            company_id: setting.company.to_string(),
            has_api_key: setting.has_api_key,
            device_ids: Guids(setting.devices.iter().map(ToString::to_string).collect()),
            active: setting.active,
            schedule: setting.schedule.as_ref().map(ToString::to_string),
            created: setting.created_at.map(round_trip),
            updated: setting.updated_at.map(round_trip),
        }
    }
}

impl From<&Tested> for AxemaSettingTestResponse {
    fn from(Tested { company, report }: &Tested) -> Self {
        let of_devices = report.devices.iter().map(AxemaSettingTestResult::from);
        let results = [found("SignIn", report.sign_in), found("ApiKey", report.api_key)];
        Self {
            company_id: company.to_string(),
            works: report.works(),
            users_found: report.users(),
            message: (Language::English.texts().tested)(report.works(), report.users()),
            results: results.into_iter().chain(of_devices).collect(),
        }
    }
}

impl From<&DeviceReport> for AxemaSettingTestResult {
    fn from(DeviceReport { device, finding, users }: &DeviceReport) -> Self {
        Self { device_id: Some(device.to_string()), users_found: *users, ..found("Device", *finding) }
    }
}

fn found(check: &'static str, finding: Finding) -> AxemaSettingTestResult {
    let fails = !matches!(finding, Finding::Works | Finding::NotTested);
    AxemaSettingTestResult {
        check,
        device_id: None,
        outcome: finding.verdict().name(),
        reason_code: fails.then_some(finding.code()),
        users_found: None,
        message: (Language::English.texts().finding)(finding),
    }
}
