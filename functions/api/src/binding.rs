//! The parameters of a request, parsed once into types.
//!
//! Three sources, each stronger than the one before: the body, the query, the path. Within a
//! source, names match in any case, unknown names are ignored, and null or an empty text counts
//! as absent. What cannot be bound is a [`BindingError`] that names the field and never repeats
//! the value.
//!
//! Decided here, because nothing else says: a name that is given twice (in any case) is refused,
//! since taking one of two values would be a guess: in JSON and JSV whichever name it is, and in a
//! query, a form and XML if the operation knows it and it is no list, because there a list of
//! something that nobody asked for looks like that. The Guid of zeros counts as absent, because that is what a
//! client without optional Guids sends.
//!
//! What this module does not do: decide whose company it is (`caller::may`). A malformed
//! `CompanyId` is refused here even from a caller whose `CompanyId` is ignored.

pub mod body;
mod field;
pub mod setting;

use serde_json::{Number, Value};
use shared::ids::{CompanyId, JobId};
use shared::job::{Mode, Status};
use shared::outcome::OutcomeKind;

use crate::event::Request;
pub use field::number_of;
use field::{company, flag, id, number, outcome, status};

/// The company's field, in requests and in errors.
pub const COMPANY_ID: &str = "CompanyId";

const ID: &str = "Id";
const STATUS: &str = "Status";
const DRY_RUN: &str = "DryRun";
/// The member that holds a secret, and is never answered.
pub const API_KEY: &str = "ApiKey";
/// The member that chooses among the users of a report.
pub const OUTCOME: &str = "Outcome";
/// The member that says where a page of a report begins.
pub const SKIP: &str = "Skip";
const TAKE: &str = "Take";

/// Users in one answer: all of all but the largest companies, so that a spreadsheet gets them
/// whole, and less than half of the 6 MB that Lambda can answer in any format.
pub const MOST_USERS: usize = 10_000;

/// No more users are passed over: what an `int` of the contract holds.
const MOST_SKIPPED: usize = 2_147_483_647;

/// Why a request could not be bound.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BindingError {
    /// Values do not fit their fields.
    #[error("a value does not fit: {}", listed(.0))]
    Values(Vec<Fault>),
    /// The body cannot be read.
    #[error("the body {0}")]
    Malformed(&'static str),
    /// The body is over [`body::LARGEST_BODY_BYTES`].
    #[error("the body is over {limit} bytes", limit = body::LARGEST_BODY_BYTES)]
    TooLarge,
    /// The body is in no media type that this room reads.
    #[error("the body is in an unknown media type")]
    MediaType,
}

/// A value that does not fit its field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// The field as the contract writes it.
    pub field: &'static str,
    /// What is wrong with it, to be read after the field's name.
    pub fault: &'static str,
}

impl From<Fault> for BindingError {
    fn from(fault: Fault) -> Self {
        Self::Values(vec![fault])
    }
}

/// The faults in one line, each after its field.
pub(crate) fn listed(faults: &[Fault]) -> String {
    faults.iter().map(|Fault { field, fault }| format!("{field} {fault}")).collect::<Vec<_>>().join("; ")
}

/// `CreateAxemaUserSync`
#[derive(Debug, PartialEq, Eq)]
pub struct StartSync {
    /// The company that is named, if one is.
    pub company: Option<CompanyId>,
    /// Whether customers are to be written.
    pub mode: Mode,
}

/// `QueryAxemaUserSyncJobs`
#[derive(Debug, PartialEq, Eq)]
pub struct ListSyncs {
    /// The company that is named, if one is.
    pub company: Option<CompanyId>,
    /// Only jobs that stand here.
    pub status: Option<Status>,
}

/// `CancelAxemaUserSync`
#[derive(Debug, PartialEq, Eq)]
pub struct CancelSync {
    /// The job to end.
    pub id: JobId,
    /// The company that is named, if one is.
    pub company: Option<CompanyId>,
}

/// `GetAxemaUserSyncJob`
#[derive(Debug, PartialEq, Eq)]
pub struct GetSync {
    /// The job asked for.
    pub id: JobId,
    /// The company that is named, if one is.
    pub company: Option<CompanyId>,
}

/// `QueryAxemaUserSyncUsers`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListUsers {
    /// The job whose report it is.
    pub id: JobId,
    /// The company that is named, if one is.
    pub company: Option<CompanyId>,
    /// Only users of whom this became.
    pub outcome: Option<OutcomeKind>,
    /// How many of them come before the first that is answered.
    pub skip: usize,
    /// How many are answered at most; no more than [`MOST_USERS`].
    pub take: usize,
}

impl StartSync {
    /// Binds body and query.
    ///
    /// # Errors
    /// Every [`BindingError`].
    pub fn bind(request: &Request) -> Result<Self, BindingError> {
        let body = Members::of_body(request)?;
        let query = Members::of_query(&request.query);
        let sources = [&query, &body];
        let mode = if flag(&sources, DRY_RUN)? { Mode::DryRun } else { Mode::Apply };
        Ok(Self { company: company(&sources)?, mode })
    }
}

impl ListSyncs {
    /// Binds the query, and the body where one is read.
    ///
    /// # Errors
    /// Every [`BindingError`].
    pub fn bind(request: &Request) -> Result<Self, BindingError> {
        let body = Members::of_body(request)?;
        let query = Members::of_query(&request.query);
        let status = match first(&[&query, &body], STATUS)? {
            None => None,
            Some(given) => Some(status(&given)?),
        };
        Ok(Self { company: company(&[&query, &body])?, status })
    }
}

impl GetSync {
    /// Binds path, query, and the body where one is read.
    ///
    /// # Errors
    /// Every [`BindingError`].
    pub fn bind(request: &Request, in_path: Option<&str>) -> Result<Self, BindingError> {
        let body = Members::of_body(request)?;
        let query = Members::of_query(&request.query);
        let sources = [&query, &body];
        Ok(Self { id: id(in_path, &sources)?, company: company(&sources)? })
    }
}

impl CancelSync {
    /// Binds path, query, and the body where one is read.
    ///
    /// # Errors
    /// Every [`BindingError`].
    pub fn bind(request: &Request, in_path: Option<&str>) -> Result<Self, BindingError> {
        let body = Members::of_body(request)?;
        let query = Members::of_query(&request.query);
        let sources = [&query, &body];
        Ok(Self { id: id(in_path, &sources)?, company: company(&sources)? })
    }
}

impl ListUsers {
    /// Binds path, query, and the body where one is read.
    ///
    /// # Errors
    /// Every [`BindingError`].
    pub fn bind(request: &Request, in_path: Option<&str>) -> Result<Self, BindingError> {
        let body = Members::of_body(request)?;
        let query = Members::of_query(&request.query);
        let sources = [&query, &body];
        let outcome = match first(&sources, OUTCOME)? {
            None => None,
            Some(given) => Some(outcome(&given)?),
        };
        let take = number(&sources, TAKE)?.unwrap_or(MOST_USERS);
        if take > MOST_USERS {
            return Err(Fault { field: TAKE, fault: "is over 10000" }.into());
        }
        let skip = number(&sources, SKIP)?.unwrap_or_default();
        if skip > MOST_SKIPPED {
            return Err(Fault { field: SKIP, fault: "is over 2147483647" }.into());
        }
        Ok(Self { id: id(in_path, &sources)?, company: company(&sources)?, outcome, skip, take })
    }
}

/// The value of one query parameter that belongs to the answer and not to an operation
/// (`format`, `callback`); the first one that is not empty.
#[must_use]
pub fn query_parameter(query: &str, name: &str) -> Option<String> {
    form_urlencoded::parse(query.as_bytes())
        .find(|(given, value)| given.eq_ignore_ascii_case(name) && !value.is_empty())
        .map(|(_, value)| value.into_owned())
}

/// Names and values of one source, in the order given.
#[derive(Debug, Default)]
pub struct Members(Vec<(String, Value)>);

impl Members {
    /// Takes members whose names have been checked to differ.
    const fn new(members: Vec<(String, Value)>) -> Self {
        Self(members)
    }

    fn of_query(query: &str) -> Self {
        Self::new(pairs(query.as_bytes()))
    }

    /// The members of the body, which every verb may have but GET and HEAD: theirs means nothing (RFC 9110, 9.3.1).
    fn of_body(request: &Request) -> Result<Self, BindingError> {
        if matches!(request.method.as_str(), "GET" | "HEAD") { Ok(Self::default()) } else { body::read(request) }
    }

    /// Every value of this name, which is a list's.
    fn all(&self, field: &'static str) -> impl Iterator<Item = &Value> {
        self.0.iter().filter(move |(name, _)| name.eq_ignore_ascii_case(field)).map(|(_, value)| value)
    }

    /// The one value of this name; null and blank text count as absent.
    fn get(&self, field: &'static str) -> Result<Option<Given<'_>>, Fault> {
        let mut found = self.0.iter().filter(|(name, _)| name.eq_ignore_ascii_case(field));
        let value = found.next().map(|(_, value)| value);
        if found.next().is_some() {
            return Err(Fault { field, fault: "is given more than once" });
        }
        match value {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.trim()).filter(|text| !text.is_empty()).map(Given::Text)),
            Some(Value::Number(number)) => Ok(Some(whole(number).map_or(Given::Other, Given::Number))),
            Some(Value::Bool(flag)) => Ok(Some(Given::Flag(*flag))),
            Some(Value::Array(_) | Value::Object(_)) => Ok(Some(Given::Other)),
        }
    }
}

/// A value that is there.
enum Given<'a> {
    Text(&'a str),
    Number(u64),
    Flag(bool),
    Other,
}

/// A whole number from 0 on. JSON knows no other kind of number, so 1.0 is 1.
fn whole(number: &Number) -> Option<u64> {
    number.as_u64().or_else(|| number.to_string().strip_suffix(".0")?.parse().ok())
}

/// The pairs of a query or a form. A sequence that is no UTF-8 becomes the replacement
/// character, which no field of this contract accepts.
fn pairs(text: &[u8]) -> Vec<(String, Value)> {
    form_urlencoded::parse(text)
        .filter(|(name, _)| !name.is_empty())
        .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())))
        .collect()
}

/// The value of a field from the first source that has it.
fn first<'a>(sources: &[&'a Members], field: &'static str) -> Result<Option<Given<'a>>, Fault> {
    for source in sources {
        if let Some(given) = source.get(field)? {
            return Ok(Some(given));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests;
