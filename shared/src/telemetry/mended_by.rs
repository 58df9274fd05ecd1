//! Who can mend what made a job fail, so that the alarm calls the operator for that alone.

use crate::job::FailureCode;

/// Who has to do something before the next sync can come out better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MendedBy {
    /// An administrator of the company, in its settings or in VAKA. The job's text says what to do, and so does each
    /// of its next syncs until it is done.
    Company,
    /// Whoever runs the deployment, or nobody but the server that failed; then the operator should know of it.
    Operator,
}

impl MendedBy {
    /// The name, as the log writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Company => "company",
            Self::Operator => "operator",
        }
    }

    /// Who mends what has this code.
    #[must_use]
    pub const fn of(code: FailureCode) -> Self {
        match code {
            FailureCode::Cancelled
            | FailureCode::NotConnected
            | FailureCode::NoDevices
            | FailureCode::ApiKeyMissing
            | FailureCode::ApiKeyUnusable
            | FailureCode::SourceForbidden
            | FailureCode::DeviceUnknown
            | FailureCode::NobodyFound => Self::Company,
            FailureCode::NotHandedOff
            | FailureCode::WorkersLost
            | FailureCode::TooOld
            | FailureCode::SecretsUnavailable
            | FailureCode::SignInFailed
            // VAKA's 401 does not say whether it is about the api key or about the account that all companies share.
            | FailureCode::SourceRefused
            | FailureCode::SourceUnavailable
            | FailureCode::SourceAnswerUnusable
            | FailureCode::SourceEndless
            | FailureCode::TargetSignInFailed
            | FailureCode::TargetForbidden
            | FailureCode::TargetUnavailable
            | FailureCode::TargetAnswerUnusable
            | FailureCode::TargetRefuses
            | FailureCode::NoProgress
            | FailureCode::TooManySlices => Self::Operator,
        }
    }
}
