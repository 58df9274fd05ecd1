//! Every way a request can fail, and the one place that names HTTP status codes and error codes.
//!
//! Two texts: [`Failure::problem`] is what the client is told, and carries nothing of the input
//! but the names of fields; the error's own text, with its chain of sources, is what the
//! operator's log is told.

use http::StatusCode;
use shared::handoff::AcceptError;
use shared::job::Job;
use shared::table::TableError;

use crate::answer::callback::NotACallback;
use crate::answer::wire::{FieldError, ResponseStatus};
use crate::binding::{BindingError, COMPANY_ID, Fault, listed};
use crate::caller::CallerError;
use crate::caller::may::MayNot;
use crate::route::{Allow, SETTINGS, SYNCS};
use crate::sync_function::TestError;

/// An answer that the room gives when all went well.
pub const OK: StatusCode = StatusCode::OK;

/// An answer to a form that began something: look there.
pub const SEE_OTHER: StatusCode = StatusCode::SEE_OTHER;

/// An answer to OPTIONS: headers alone.
pub const NO_CONTENT: StatusCode = StatusCode::NO_CONTENT;

/// A client that meets a short outage comes back after this; most are over by then.
const RETRY_AFTER_S: u32 = 5;

/// Why a request has no answer of its own.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The caller was not recognized.
    #[error("the caller was not recognized")]
    Caller(#[from] CallerError),
    /// The caller may not.
    #[error("the caller may not")]
    MayNot(#[from] MayNot),
    /// The request could not be bound.
    #[error("the request could not be bound")]
    Binding(#[from] BindingError),
    /// Another website asked, by the hand of somebody's browser.
    #[error("the request came from another site")]
    CrossSite,
    /// The JSONP callback is not usable.
    #[error("the callback was refused")]
    Callback(#[from] NotACallback),
    /// The company's lock is held.
    #[error("a sync is running already")]
    SyncRunning(Box<Job>),
    /// The job that is to be cancelled has ended.
    #[error("the job has ended already")]
    JobEnded(Box<Job>),
    /// The company has no connection to VAKA.
    #[error("the company has no active connection")]
    NotConnected,
    /// The company has a connection already.
    #[error("the company is connected already")]
    Connected,
    /// The company has no connection at all.
    #[error("the company has no connection")]
    NoSetting,
    /// The company has no job of this id.
    #[error("there is no such job")]
    NoSuchJob,
    /// Nothing is at this path.
    #[error("there is no such route")]
    NoSuchRoute,
    /// The route has other methods.
    #[error("the route does not have this method")]
    WrongMethod(Allow),
    /// The table did not answer.
    #[error("the store failed")]
    Store(#[from] TableError),
    /// The job could not be accepted.
    #[error("the job was not accepted")]
    Accept(#[from] AcceptError),
    /// The sync function did not try the connection.
    #[error("the connection could not be tried")]
    Test(#[from] TestError),
    /// No key can be made for a company that has none.
    #[error("the system gives no random bytes")]
    NoRandomness,
    /// The work was not done in the time there is for an answer.
    #[error("the work was not done within {} s", crate::ANSWER_WITHIN.as_secs())]
    OutOfTime,
}

/// A failure as HTTP says it.
#[derive(Debug)]
pub struct Problem {
    /// The status code.
    pub status: StatusCode,
    /// The body.
    pub response_status: ResponseStatus,
    /// The header that this failure brings along, if any.
    pub header: Option<(&'static str, String)>,
}

impl Failure {
    /// What the client is told.
    #[must_use]
    pub fn problem(&self) -> Problem {
        match self {
            Self::Caller(CallerError::KeysUnavailable(_))
            | Self::Store(_)
            | Self::Accept(_)
            | Self::Test(_)
            | Self::NoRandomness
            | Self::OutOfTime => plain(
                StatusCode::SERVICE_UNAVAILABLE,
                "ServiceUnavailable",
                "The service cannot be reached at the moment. Try again soon.",
            )
            .with("retry-after", RETRY_AFTER_S.to_string()),
            Self::Caller(_) => {
                plain(StatusCode::UNAUTHORIZED, "Unauthorized", "You were unauthorized to call this service")
                    .with("www-authenticate", "Bearer".to_owned())
            }
            Self::MayNot(MayNot::NoRole) => {
                plain(StatusCode::FORBIDDEN, "Forbidden", "You have too low privileges to call this service")
            }
            Self::MayNot(MayNot::NoCompany) => bad_values(&[Fault {
                field: COMPANY_ID,
                fault: "cannot be chosen by your account, which belongs to no single company: have it connected to one",
            }]),
            Self::MayNot(MayNot::NoCompanyNamed) => bad_values(&[Fault {
                field: COMPANY_ID,
                fault: "is needed, because your account belongs to no single company",
            }]),
            Self::CrossSite => plain(
                StatusCode::FORBIDDEN,
                "Forbidden",
                "The request came from another website and was not carried out",
            ),
            Self::Binding(BindingError::Values(faults)) => bad_values(faults),
            Self::Binding(error @ BindingError::Malformed(_)) => {
                plain(StatusCode::BAD_REQUEST, UNBOUND, &format!("The request cannot be read: {error}"))
            }
            Self::Binding(BindingError::TooLarge) => {
                plain(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", "The body may have at most 64 KiB")
            }
            Self::Binding(BindingError::MediaType) => plain(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "UnsupportedMediaType",
                "The body may be application/json, application/xml, application/jsv or application/x-www-form-urlencoded",
            ),
            Self::Callback(refused @ NotACallback) => one_bad("callback", format!("callback {refused}")),
            Self::SyncRunning(job) => sync_running(job),
            Self::JobEnded(job) => job_ended(job),
            Self::NotConnected => plain(
                StatusCode::CONFLICT,
                "AxemaNotConfigured",
                "The company has no active connection to Axema. Connect it, then start the sync again.",
            ),
            Self::Connected => plain(
                StatusCode::CONFLICT,
                "Conflict",
                "The company is connected to Axema already. Change the connection, or remove it first.",
            )
            .with("location", SETTINGS.to_owned()),
            Self::NoSetting => plain(StatusCode::NOT_FOUND, "NotFound", "The company has no connection to Axema"),
            Self::NoSuchJob => plain(StatusCode::NOT_FOUND, "NotFound", "There is no such sync"),
            Self::NoSuchRoute => plain(StatusCode::NOT_FOUND, "NotFound", "There is no such operation"),
            Self::WrongMethod(Allow(methods)) => plain(
                StatusCode::METHOD_NOT_ALLOWED,
                "MethodNotAllowed",
                "This operation is called with another method",
            )
            .with("allow", (*methods).to_owned()),
        }
    }

    /// Whether the operator has something to do, rather than the client.
    #[must_use]
    pub const fn is_ours(&self) -> bool {
        match self {
            Self::Caller(CallerError::KeysUnavailable(_))
            | Self::Store(_)
            | Self::Accept(_)
            | Self::Test(_)
            | Self::NoRandomness
            | Self::OutOfTime => true,
            Self::Caller(_)
            | Self::MayNot(_)
            | Self::CrossSite
            | Self::Binding(_)
            | Self::Callback(_)
            | Self::SyncRunning(_)
            | Self::JobEnded(_)
            | Self::NotConnected
            | Self::Connected
            | Self::NoSetting
            | Self::NoSuchJob
            | Self::NoSuchRoute
            | Self::WrongMethod(_) => false,
        }
    }
}

/// The contract's code for everything that cannot be bound.
const UNBOUND: &str = "SerializationException";

impl Problem {
    fn with(mut self, header: &'static str, value: String) -> Self {
        self.header = Some((header, value));
        self
    }
}

fn plain(status: StatusCode, code: &'static str, message: &str) -> Problem {
    let response_status =
        ResponseStatus { error_code: code, message: message.to_owned(), errors: Vec::new(), meta: None };
    Problem { status, response_status, header: None }
}

/// One entry for each field, in one answer.
fn bad_values(faults: &[Fault]) -> Problem {
    let mut problem = plain(StatusCode::BAD_REQUEST, UNBOUND, &listed(faults));
    let entry = |Fault { field, fault }: &Fault| field_error(field, format!("{field} {fault}"));
    problem.response_status.errors = faults.iter().map(entry).collect();
    problem
}

fn one_bad(field: &'static str, message: String) -> Problem {
    let mut problem = plain(StatusCode::BAD_REQUEST, UNBOUND, &message);
    problem.response_status.errors = vec![field_error(field, message)];
    problem
}

const fn field_error(field: &'static str, message: String) -> FieldError {
    FieldError { error_code: UNBOUND, field_name: field, message }
}

fn sync_running(job: &Job) -> Problem {
    let message = "A sync is already running for this company. Only one can run at a time.";
    conflict(job, message).with("location", format!("{SYNCS}/{}", job.id))
}

fn job_ended(job: &Job) -> Problem {
    conflict(job, "The sync has ended already, so it cannot be cancelled.")
}

fn conflict(job: &Job, message: &str) -> Problem {
    let mut problem = plain(StatusCode::CONFLICT, "Conflict", message);
    problem.response_status.meta =
        Some([("JobId", job.id.to_string()), ("Status", job.status.name().to_owned())].into());
    problem
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::caller::keys::KeysError;

    #[test]
    fn every_failure_has_the_status_code_and_header_of_the_contract() {
        for (failure, status, code, header) in [
            (Failure::from(CallerError::Missing), 401, "Unauthorized", Some("www-authenticate")),
            (CallerError::Expired.into(), 401, "Unauthorized", Some("www-authenticate")),
            (CallerError::KeysUnavailable(KeysError::NoKeys).into(), 503, "ServiceUnavailable", Some("retry-after")),
            (MayNot::NoRole.into(), 403, "Forbidden", None),
            (Failure::CrossSite, 403, "Forbidden", None),
            (MayNot::NoCompany.into(), 400, "SerializationException", None),
            (MayNot::NoCompanyNamed.into(), 400, "SerializationException", None),
            (
                BindingError::from(Fault { field: "Status", fault: "is wrong" }).into(),
                400,
                "SerializationException",
                None,
            ),
            (BindingError::Malformed("is cut").into(), 400, "SerializationException", None),
            (BindingError::TooLarge.into(), 413, "RequestEntityTooLarge", None),
            (BindingError::MediaType.into(), 415, "UnsupportedMediaType", None),
            (Failure::OutOfTime, 503, "ServiceUnavailable", Some("retry-after")),
            (NotACallback.into(), 400, "SerializationException", None),
            (Failure::NotConnected, 409, "AxemaNotConfigured", None),
            (Failure::Connected, 409, "Conflict", Some("location")),
            (Failure::NoSetting, 404, "NotFound", None),
            (Failure::NoRandomness, 503, "ServiceUnavailable", Some("retry-after")),
            (Failure::NoSuchJob, 404, "NotFound", None),
            (Failure::NoSuchRoute, 404, "NotFound", None),
            (Failure::WrongMethod(Allow("GET")), 405, "MethodNotAllowed", Some("allow")),
            (
                TableError::Contended { operation: "acquire", tries: 8 }.into(),
                503,
                "ServiceUnavailable",
                Some("retry-after"),
            ),
        ] {
            let problem = failure.problem();
            assert_eq!(problem.status.as_u16(), status, "{failure:?}");
            assert_eq!(problem.response_status.error_code, code, "{failure:?}");
            assert_eq!(problem.header.map(|(name, _)| name), header, "{failure:?}");
            assert_eq!(failure.is_ours(), status >= 500, "{failure:?}");
        }
    }

    #[test]
    fn a_value_that_cannot_be_bound_names_its_field() {
        let problem = Failure::from(BindingError::from(Fault { field: "Status", fault: "is wrong" })).problem();
        let fields: Vec<_> = problem.response_status.errors.iter().map(|error| error.field_name).collect();
        assert_eq!(fields, ["Status"]);
        for refused in [MayNot::NoCompany, MayNot::NoCompanyNamed] {
            let fields = Failure::from(refused).problem().response_status.errors;
            assert_eq!(fields.first().map(|error| error.field_name), Some("CompanyId"));
        }
    }
}
