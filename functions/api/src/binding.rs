//! The parameters of a request, parsed once into types.
//!
//! Three sources, each stronger than the one before: the body, the query, the path. Within a
//! source, names match in any case, unknown names are ignored, and null or an empty text counts
//! as absent. What cannot be bound is a [`BindingError`] that names the field and never repeats
//! the value.
//!
//! Decided here, because nothing else says: a name that is given twice (in any case) is refused,
//! in a body whichever name it is and in a query if the operation knows it, since taking one of
//! two values would be a guess. The Guid of zeros counts as absent, because that is what a
//! client without optional Guids sends.
//!
//! What this module does not do: decide whose company it is (`caller::may`). A malformed
//! `CompanyId` is refused here even from a caller whose `CompanyId` is ignored.

pub mod body;

use serde_json::Value;
use shared::ids::{CompanyId, JobId};
use shared::job::Status;

use crate::event::Request;

/// The company's field, in requests and in errors.
pub const COMPANY_ID: &str = "CompanyId";

const ID: &str = "Id";
const STATUS: &str = "Status";

/// Why a request could not be bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BindingError {
    /// A value does not fit its field.
    #[error("the value of {field} {fault}")]
    Value {
        /// The field as the contract writes it.
        field: &'static str,
        /// What is wrong with it, to be read after the field's name.
        fault: &'static str,
    },
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

/// `CreateAxemaUserSync`
#[derive(Debug, PartialEq, Eq)]
pub struct StartSync {
    /// The company that is named, if one is.
    pub company: Option<CompanyId>,
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

impl StartSync {
    /// Binds body and query.
    ///
    /// # Errors
    /// Every [`BindingError`].
    pub fn bind(request: &Request) -> Result<Self, BindingError> {
        let body = Members::of_body(request)?;
        let query = Members::of_query(&request.query);
        Ok(Self { company: company(&[&query, &body])? })
    }
}

impl ListSyncs {
    /// Binds the query, and what is posted.
    ///
    /// # Errors
    /// Every [`BindingError`].
    pub fn bind(request: &Request) -> Result<Self, BindingError> {
        let body = Members::of_post(request)?;
        let query = Members::of_query(&request.query);
        let status = match first(&[&query, &body], STATUS)? {
            None => None,
            Some(given) => Some(status(&given)?),
        };
        Ok(Self { company: company(&[&query, &body])?, status })
    }
}

impl GetSync {
    /// Binds path, query, and what is posted.
    ///
    /// # Errors
    /// Every [`BindingError`].
    pub fn bind(request: &Request, in_path: Option<&str>) -> Result<Self, BindingError> {
        let body = Members::of_post(request)?;
        let query = Members::of_query(&request.query);
        let sources = [&query, &body];
        Ok(Self { id: id(in_path, &sources)?, company: company(&sources)? })
    }
}

impl CancelSync {
    /// Binds path, query, and what is posted.
    ///
    /// # Errors
    /// Every [`BindingError`].
    pub fn bind(request: &Request, in_path: Option<&str>) -> Result<Self, BindingError> {
        let body = Members::of_post(request)?;
        let query = Members::of_query(&request.query);
        let sources = [&query, &body];
        Ok(Self { id: id(in_path, &sources)?, company: company(&sources)? })
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

    fn of_body(request: &Request) -> Result<Self, BindingError> {
        body::read(request)
    }

    /// The members of the body of a POST, which may be sent for any operation by its name; the
    /// other verbs of these operations have no body that means anything.
    fn of_post(request: &Request) -> Result<Self, BindingError> {
        if request.method == "POST" { Self::of_body(request) } else { Ok(Self::default()) }
    }

    /// The one value of this name; null and blank text count as absent.
    fn get(&self, field: &'static str) -> Result<Option<Given<'_>>, BindingError> {
        let mut found = self.0.iter().filter(|(name, _)| name.eq_ignore_ascii_case(field));
        let value = found.next().map(|(_, value)| value);
        if found.next().is_some() {
            return Err(BindingError::Value { field, fault: "is given more than once" });
        }
        match value {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.trim()).filter(|text| !text.is_empty()).map(Given::Text)),
            Some(Value::Number(number)) => Ok(Some(number.as_u64().map_or(Given::Other, Given::Number))),
            Some(Value::Bool(_) | Value::Array(_) | Value::Object(_)) => Ok(Some(Given::Other)),
        }
    }
}

/// A value that is there.
enum Given<'a> {
    Text(&'a str),
    Number(u64),
    Other,
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
fn first<'a>(sources: &[&'a Members], field: &'static str) -> Result<Option<Given<'a>>, BindingError> {
    for source in sources {
        if let Some(given) = source.get(field)? {
            return Ok(Some(given));
        }
    }
    Ok(None)
}

/// The id of a job; the path wins over every other source.
fn id(in_path: Option<&str>, sources: &[&Members]) -> Result<JobId, BindingError> {
    let given = match in_path {
        Some(text) => Some(Given::Text(text.trim())),
        None => first(sources, ID)?,
    };
    match given {
        Some(Given::Text(text)) => JobId::parse(text).map_err(|_| not_a_guid(ID)),
        Some(Given::Number(_) | Given::Other) => Err(not_a_guid(ID)),
        None => Err(BindingError::Value { field: ID, fault: "is needed" }),
    }
}

fn company(sources: &[&Members]) -> Result<Option<CompanyId>, BindingError> {
    match first(sources, COMPANY_ID)? {
        None => Ok(None),
        Some(Given::Text(text)) => {
            let company = CompanyId::parse(text).map_err(|_| not_a_guid(COMPANY_ID))?;
            Ok(Some(company).filter(|company| !company.as_uuid().is_nil()))
        }
        Some(Given::Number(_) | Given::Other) => Err(not_a_guid(COMPANY_ID)),
    }
}

fn status(given: &Given<'_>) -> Result<Status, BindingError> {
    let named = match given {
        Given::Text(text) => text
            .parse()
            .ok()
            .and_then(by_number)
            .or_else(|| STATUSES.into_iter().find(|status| status.name().eq_ignore_ascii_case(text))),
        Given::Number(number) => by_number(*number),
        Given::Other => None,
    };
    named.ok_or(BindingError::Value {
        field: STATUS,
        fault: "is none of Pending, Processing, Completed and Failed, nor the number of one",
    })
}

/// By the number that the contract gives each.
const STATUSES: [Status; 4] = [Status::Pending, Status::Processing, Status::Completed, Status::Failed];

fn by_number(number: u64) -> Option<Status> {
    STATUSES.get(usize::try_from(number).ok()?).copied()
}

/// The number that the contract gives a status.
#[must_use]
pub const fn number_of(status: Status) -> u8 {
    match status {
        Status::Pending => 0,
        Status::Processing => 1,
        Status::Completed => 2,
        Status::Failed => 3,
    }
}

const fn not_a_guid(field: &'static str) -> BindingError {
    BindingError::Value { field, fault: "is not a Guid" }
}

#[cfg(test)]
mod tests;
