//! Why a sync ended as failed, in plain words for the company's administrator.

use shared::job::{Failure, FailureCode};

use crate::customers::rest::{self, RestError};
use crate::secrets::SecretsError;
use crate::source::{AccountError, Server, SourceError};

/// A system says that nobody is there, although somebody was.
#[must_use]
pub fn nobody_found() -> Failure {
    Failure::new(
        FailureCode::NobodyFound,
        "VAKA Online listed no users at all in one of your systems, although earlier syncs found some there. That looks \
         like a lost permission, so nothing was concluded from it. Check in VAKA that the integration may still read \
         the users of every system; a system that everybody has left can be removed from the connection.",
    )
}

/// The source could not be read.
#[must_use]
pub fn source(error: &SourceError) -> Failure {
    let code = match error {
        SourceError::Account(_)
        | SourceError::NotAToken
        | SourceError::Refused { by: Server::Tokens }
        | SourceError::UnexpectedStatus { by: Server::Tokens, .. } => FailureCode::SignInFailed,
        SourceError::ApiKey(AccountError::Missing) => FailureCode::ApiKeyMissing,
        SourceError::ApiKey(AccountError::Unreadable(_)) => FailureCode::SecretsUnavailable,
        SourceError::Refused { by: Server::Vaka } => FailureCode::SourceRefused,
        SourceError::Forbidden => FailureCode::SourceForbidden,
        SourceError::NoSuchDevice => FailureCode::DeviceUnknown,
        SourceError::UnexpectedStatus { by: Server::Vaka, .. } | SourceError::NotTheList(_) => {
            FailureCode::SourceAnswerUnusable
        }
        SourceError::Unavailable { .. }
        | SourceError::WaitLonger { .. }
        | SourceError::OutOfTime
        | SourceError::Interrupted => FailureCode::SourceUnavailable,
        SourceError::PagingDoesNotEnd { .. } | SourceError::PositionLost => FailureCode::SourceEndless,
    };
    Failure::new(code, error.plain())
}

/// Customers could not be read or written at BokaMera.
#[must_use]
pub fn target(error: &RestError) -> Failure {
    let code = match error {
        RestError::Account(_)
        | RestError::Refused { .. }
        | RestError::UnexpectedStatus { by: rest::Server::Identity, .. }
        | RestError::NotTheAnswer { by: rest::Server::Identity } => FailureCode::TargetSignInFailed,
        RestError::Forbidden => FailureCode::TargetForbidden,
        RestError::Unavailable { .. }
        | RestError::WaitLonger { .. }
        | RestError::OutOfTime
        | RestError::NotBegun
        | RestError::Interrupted => FailureCode::TargetUnavailable,
        RestError::UnexpectedStatus { by: rest::Server::BokaMera, .. }
        | RestError::NotTheAnswer { by: rest::Server::BokaMera }
        | RestError::Endless => FailureCode::TargetAnswerUnusable,
    };
    Failure::new(code, error.plain())
}

/// BokaMera does not want what it is given.
#[must_use]
pub fn target_refuses() -> Failure {
    Failure::new(
        FailureCode::TargetRefuses,
        "BokaMera refused more than half of the customers that were to be written, so something is wrong there and not \
         with the users. What was done so far is kept. Contact the operator of the service.",
    )
}

/// The company's secrets cannot be used.
#[must_use]
pub fn secrets(error: &SecretsError) -> Failure {
    match error {
        SecretsError::Missing { .. } => Failure::new(
            FailureCode::ApiKeyMissing,
            "No API key is stored for the connection to VAKA. Store it and start the sync again.",
        ),
        SecretsError::Unusable { .. } => Failure::new(
            FailureCode::ApiKeyUnusable,
            "The API key stored for the connection to VAKA cannot be used. Store it again and start the sync again.",
        ),
        SecretsError::Unavailable { .. } => Failure::new(
            FailureCode::SecretsUnavailable,
            "The stored API key could not be read. Start the sync again later.",
        ),
    }
}

/// The connection was removed or switched off after the sync was accepted.
#[must_use]
pub fn not_connected() -> Failure {
    Failure::new(
        FailureCode::NotConnected,
        "The connection to VAKA was removed or switched off before the sync could begin. Switch it on and start the sync again.",
    )
}

/// The connection names no system.
#[must_use]
pub fn no_devices() -> Failure {
    Failure::new(
        FailureCode::NoDevices,
        "The connection to VAKA names no system. Add a device id and start the sync again.",
    )
}

/// Slice after slice decided nothing.
#[must_use]
pub fn no_progress(slices: u32) -> Failure {
    Failure::new(
        FailureCode::NoProgress,
        format!(
            "The sync ran {slices} times in a row without getting any further. Start it again later; if it happens again, contact the operator of the service."
        ),
    )
}

/// More slices than any sync needs.
#[must_use]
pub fn too_many_slices(slices: u32) -> Failure {
    Failure::new(
        FailureCode::TooManySlices,
        format!(
            "The sync was continued {slices} times without coming to an end. What it did so far is kept; contact the \
             operator of the service."
        ),
    )
}
