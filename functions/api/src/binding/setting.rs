//! The parameters of the operations on a company's connection.
//!
//! Here every member is looked at before any is refused, so that one answer names all that are
//! wrong: this is what a person fills in by hand.
//!
//! A list of systems may be an array in JSON and JSV, child elements in XML, a name given several
//! times, or one text with commas, as a form and a query have it. A system that is named twice is
//! taken once.
//!
//! What this module does not do: ask VAKA whether a system or a key is real. The test of the
//! connection does.

use serde_json::Value;
use shared::ids::{CompanyId, DeviceId};
use shared::schedule::{NotASchedule, Schedule};
use shared::secrets::ApiKey;
use shared::table::connection::Replan;

use super::field::flag_given;
use super::{API_KEY, BindingError, Fault, Given, Members, company, first};
use crate::event::Request;

/// The member that names the systems.
pub const DEVICE_IDS: &str = "DeviceIds";
/// The member that says whether the connection is in use.
pub const ACTIVE: &str = "Active";
/// The member that says when syncs start by themselves.
pub const SCHEDULE: &str = "Schedule";
/// The value of that member for no schedule, since an empty one counts as absent.
pub const NO_SCHEDULE: &str = "none";

const NO_SUCH_FORM: &str = "is neither none nor like daily@03:30 or mon@03:30 Europe/Stockholm";

/// Systems of one company: a property owner with more has more companies. A sync reads them one
/// after the other.
pub const MOST_DEVICES: usize = 100;

/// `AxemaSettingQuery`, `DeleteAxemaSetting` and `TestAxemaSetting`.
#[derive(Debug, PartialEq, Eq)]
pub struct OfCompany {
    /// The company that is named, if one is.
    pub company: Option<CompanyId>,
}

/// `CreateAxemaSetting`
#[derive(Debug, PartialEq, Eq)]
pub struct CreateSetting {
    /// The company that is named, if one is.
    pub company: Option<CompanyId>,
    /// The key to the systems.
    pub api_key: ApiKey,
    /// The systems, at least one.
    pub devices: Vec<DeviceId>,
    /// Whether syncs may start.
    pub active: bool,
    /// When they start by themselves.
    pub schedule: Option<Schedule>,
}

/// `UpdateAxemaSetting`; what is not given stays as it is.
#[derive(Debug, PartialEq, Eq)]
pub struct UpdateSetting {
    /// The company that is named, if one is.
    pub company: Option<CompanyId>,
    /// The key to the systems.
    pub api_key: Option<ApiKey>,
    /// The systems, at least one.
    pub devices: Option<Vec<DeviceId>>,
    /// Whether syncs may start.
    pub active: Option<bool>,
    /// When they start by themselves.
    pub schedule: Replan,
}

impl OfCompany {
    /// Binds the query, and the body where one is read.
    ///
    /// # Errors
    /// Every [`BindingError`].
    pub fn bind(request: &Request) -> Result<Self, BindingError> {
        let body = Members::of_body(request)?;
        let query = Members::of_query(&request.query);
        Ok(Self { company: company(&[&query, &body])? })
    }
}

impl CreateSetting {
    /// Binds body and query.
    ///
    /// # Errors
    /// Every [`BindingError`]; [`BindingError::Values`] has all members that are wrong or missing.
    pub fn bind(request: &Request) -> Result<Self, BindingError> {
        let body = Members::of_body(request)?;
        let query = Members::of_query(&request.query);
        let sources = [&query, &body];
        let mut faults = Faults(Vec::new());
        let company = faults.sort_out(company(&sources));
        let api_key = faults.sort_out(needed(API_KEY, api_key(&body)));
        let devices = faults.sort_out(needed(DEVICE_IDS, devices(&sources)));
        let active = faults.sort_out(flag_given(&sources, ACTIVE)).unwrap_or(true);
        let schedule = match faults.sort_out(schedule(&sources)) {
            Some(Replan::Set(schedule)) => Some(schedule),
            Some(Replan::Keep | Replan::Remove) | None => None,
        };
        match (api_key, devices) {
            (Some(api_key), Some(devices)) if faults.0.is_empty() => {
                Ok(Self { company, api_key, devices, active, schedule })
            }
            (_, _) => Err(BindingError::Values(faults.0)),
        }
    }
}

impl UpdateSetting {
    /// Binds body and query.
    ///
    /// # Errors
    /// Every [`BindingError`]; [`BindingError::Values`] has all members that are wrong.
    pub fn bind(request: &Request) -> Result<Self, BindingError> {
        let body = Members::of_body(request)?;
        let query = Members::of_query(&request.query);
        let sources = [&query, &body];
        let mut faults = Faults(Vec::new());
        let given = Self {
            company: faults.sort_out(company(&sources)),
            api_key: faults.sort_out(api_key(&body)),
            devices: faults.sort_out(devices(&sources)),
            active: faults.sort_out(flag_given(&sources, ACTIVE)),
            schedule: faults.sort_out(schedule(&sources)).unwrap_or_default(),
        };
        if faults.0.is_empty() { Ok(given) } else { Err(BindingError::Values(faults.0)) }
    }
}

/// What is wrong so far.
struct Faults(Vec<Fault>);

impl Faults {
    /// The value, or nothing and one fault more.
    fn sort_out<T>(&mut self, bound: Result<Option<T>, Fault>) -> Option<T> {
        bound.unwrap_or_else(|fault| {
            self.0.push(fault);
            None
        })
    }
}

/// A member that has to be given.
fn needed<T>(field: &'static str, bound: Result<Option<T>, Fault>) -> Result<Option<T>, Fault> {
    match bound {
        Ok(None) => Err(Fault { field, fault: "is needed" }),
        bound => bound,
    }
}

/// From the body alone: an address is kept in logs and histories that no key belongs in.
fn api_key(body: &Members) -> Result<Option<ApiKey>, Fault> {
    let unusable = Fault { field: API_KEY, fault: "is no text of at most 1024 visible ASCII characters" };
    match first(&[body], API_KEY)? {
        None => Ok(None),
        Some(Given::Text(text)) => ApiKey::parse(text).map(Some).map_err(|_| unusable),
        Some(Given::Number(_) | Given::Flag(_) | Given::Other) => Err(unusable),
    }
}

fn schedule(sources: &[&Members]) -> Result<Option<Replan>, Fault> {
    let wrong = |fault| Fault { field: SCHEDULE, fault };
    match first(sources, SCHEDULE)? {
        None => Ok(None),
        Some(Given::Text(text)) if text.eq_ignore_ascii_case(NO_SCHEDULE) => Ok(Some(Replan::Remove)),
        Some(Given::Text(text)) => match text.parse() {
            Ok(schedule) => Ok(Some(Replan::Set(schedule))),
            Err(NotASchedule::Form) => Err(wrong(NO_SUCH_FORM)),
            Err(NotASchedule::Days) => Err(wrong("has days other than daily, mon, tue, wed, thu, fri, sat or sun")),
            Err(NotASchedule::Time) => Err(wrong("has a time that is not between 00:00 and 23:59")),
            Err(NotASchedule::Zone) => Err(wrong("has a time zone that is not in the IANA database")),
        },
        Some(Given::Number(_) | Given::Flag(_) | Given::Other) => Err(wrong(NO_SUCH_FORM)),
    }
}

/// The systems of the first source that names any.
fn devices(sources: &[&Members]) -> Result<Option<Vec<DeviceId>>, Fault> {
    let wrong = |fault| Fault { field: DEVICE_IDS, fault };
    for source in sources {
        let Some(items) = items(source.all(DEVICE_IDS)) else { return Err(wrong("is no list of Guids")) };
        let Some(items) = items else { continue };
        let mut devices = Vec::new();
        for text in items {
            let device = DeviceId::parse(text).ok().filter(|device| !device.as_uuid().is_nil());
            let device = device.ok_or_else(|| wrong("holds something that is no Guid of a system"))?;
            if !devices.contains(&device) {
                devices.push(device);
            }
        }
        return match devices.len() {
            0 => Err(wrong("has to name a system")),
            1..=MOST_DEVICES => Ok(Some(devices)),
            _ => Err(wrong("names more than 100 systems")),
        };
    }
    Ok(None)
}

/// The texts of a list; the inner `None` where nothing is given, the outer where it is no list.
#[expect(clippy::option_option, reason = "no list, nothing given, and a list that is empty are three cases")]
fn items<'a>(values: impl Iterator<Item = &'a Value>) -> Option<Option<Vec<&'a str>>> {
    let mut items = None;
    for value in values {
        match value {
            Value::Null => {}
            Value::String(text) => {
                let text = text.trim();
                let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
                if !text.is_empty() {
                    let parts = inner.split(',').map(str::trim).filter(|part| !part.is_empty());
                    items.get_or_insert_with(Vec::new).extend(parts);
                }
            }
            Value::Array(list) => {
                let texts = list.iter().map(|item| item.as_str().map(str::trim)).collect::<Option<Vec<_>>>()?;
                items.get_or_insert_with(Vec::new).extend(texts);
            }
            Value::Bool(_) | Value::Number(_) | Value::Object(_) => return None,
        }
    }
    Some(items)
}

#[cfg(test)]
mod tests;
