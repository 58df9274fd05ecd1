//! One field each: what may be given for it, and what it is then.

use shared::ids::{CompanyId, JobId};
use shared::job::Status;
use shared::outcome::OutcomeKind;

use super::{COMPANY_ID, Fault, Given, ID, Members, OUTCOME, STATUS, first};

/// The id of a job; the path wins over every other source.
pub(super) fn id(in_path: Option<&str>, sources: &[&Members]) -> Result<JobId, Fault> {
    let given = match in_path {
        Some(text) => Some(Given::Text(text.trim())),
        None => first(sources, ID)?,
    };
    match given {
        Some(Given::Text(text)) => JobId::parse(text).map_err(|_| not_a_guid(ID)),
        Some(Given::Number(_) | Given::Flag(_) | Given::Other) => Err(not_a_guid(ID)),
        None => Err(Fault { field: ID, fault: "is needed" }),
    }
}

pub(super) fn company(sources: &[&Members]) -> Result<Option<CompanyId>, Fault> {
    match first(sources, COMPANY_ID)? {
        None => Ok(None),
        Some(Given::Text(text)) => {
            let company = CompanyId::parse(text).map_err(|_| not_a_guid(COMPANY_ID))?;
            Ok(Some(company).filter(|company| !company.as_uuid().is_nil()))
        }
        Some(Given::Number(_) | Given::Flag(_) | Given::Other) => Err(not_a_guid(COMPANY_ID)),
    }
}

pub(super) fn status(given: &Given<'_>) -> Result<Status, Fault> {
    let named = match given {
        Given::Text(text) => text
            .parse()
            .ok()
            .and_then(by_number)
            .or_else(|| STATUSES.into_iter().find(|status| status.name().eq_ignore_ascii_case(text))),
        Given::Number(number) => by_number(*number),
        Given::Flag(_) | Given::Other => None,
    };
    named.ok_or(Fault {
        field: STATUS,
        fault: "is none of Pending, Processing, Completed and Failed, nor the number of one",
    })
}

pub(super) fn outcome(given: &Given<'_>) -> Result<OutcomeKind, Fault> {
    let named = match given {
        Given::Text(text) => OutcomeKind::ALL.into_iter().find(|outcome| outcome.name().eq_ignore_ascii_case(text)),
        Given::Number(_) | Given::Flag(_) | Given::Other => None,
    };
    named.ok_or(Fault { field: OUTCOME, fault: "is none of Created, Updated, Unchanged and Skipped" })
}

/// A yes or no, which is no where nothing is given.
pub(super) fn flag(sources: &[&Members], field: &'static str) -> Result<bool, Fault> {
    flag_given(sources, field).map(Option::unwrap_or_default)
}

/// A yes or no, where one is given.
pub(super) fn flag_given(sources: &[&Members], field: &'static str) -> Result<Option<bool>, Fault> {
    match first(sources, field)? {
        None => Ok(None),
        Some(Given::Flag(flag)) => Ok(Some(flag)),
        Some(Given::Number(0)) => Ok(Some(false)),
        Some(Given::Number(1)) => Ok(Some(true)),
        Some(Given::Text(text)) if text == "0" || text.eq_ignore_ascii_case("false") => Ok(Some(false)),
        Some(Given::Text(text)) if text == "1" || text.eq_ignore_ascii_case("true") => Ok(Some(true)),
        Some(Given::Number(_) | Given::Text(_) | Given::Other) => {
            Err(Fault { field, fault: "is neither true nor false" })
        }
    }
}

pub(super) fn number(sources: &[&Members], field: &'static str) -> Result<Option<usize>, Fault> {
    let not_a_number = || Fault { field, fault: "is not a number from 0 on" };
    match first(sources, field)? {
        None => Ok(None),
        Some(Given::Number(number)) => usize::try_from(number).map(Some).map_err(|_| not_a_number()),
        Some(Given::Text(text)) => text.parse().map(Some).map_err(|_| not_a_number()),
        Some(Given::Flag(_) | Given::Other) => Err(not_a_number()),
    }
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

pub(super) const fn not_a_guid(field: &'static str) -> Fault {
    Fault { field, fault: "is not a Guid" }
}
