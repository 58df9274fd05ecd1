//! Why customers could not be read or written, in two texts, as [`crate::source::SourceError`]
//! has them: `Display` for the operator, [`RestError::plain`] for the company's administrator.
//! Neither holds a body, a token, a key, a name or an address.

use std::time::Duration;

use crate::outgoing::budget::RanOut;
use crate::outgoing::trouble::{GivenUp, Trouble};
use crate::secrets::SecretsError;

/// What keeps the sync from reading or writing customers at BokaMera. That one record is refused
/// is none of these.
#[derive(Debug, thiserror::Error)]
pub enum RestError {
    /// The account could not be read from where it is kept.
    #[error("BokaMera's account cannot be read")]
    Account(#[source] SecretsError),
    /// The credentials were refused, also after they had been read again.
    #[error("{by} refused the account")]
    Refused {
        /// Who refused them.
        by: Server,
    },
    /// 403 on reading: the account may not read this company's customers.
    #[error("BokaMera answered 403")]
    Forbidden,
    /// A status that no rule speaks of.
    #[error("{by} answered {status}")]
    UnexpectedStatus {
        /// Who answered.
        by: Server,
        /// The HTTP status code.
        status: u16,
    },
    /// All tries ended in a trouble that passes by itself.
    #[error("{by} was in trouble {tries} times in a row")]
    Unavailable {
        /// Who was in trouble.
        by: Server,
        /// Tries made, the first included.
        tries: u32,
        /// The last trouble.
        #[source]
        trouble: Trouble,
    },
    /// The next try is further away than the time that is left: the slice is to be handed over.
    #[error("the next try is {retry_after_ms} ms away, which is more than the time that is left")]
    WaitLonger {
        /// How long to wait before the next try.
        retry_after_ms: u64,
    },
    /// There is not enough time for a call, or it ended while an answer was outstanding.
    #[error("the time that was left does not suffice")]
    OutOfTime,
    /// 200, but what came is not what was asked for.
    #[error("{by} answered 200 with something else than was asked for")]
    NotTheAnswer {
        /// Who answered.
        by: Server,
    },
    /// The list of customers goes on beyond every plausible number.
    #[error("the list of customers does not end")]
    Endless,
    /// An earlier one of the calls that are made together came to nothing, so this was not begun.
    #[error("the call was not begun")]
    NotBegun,
    /// A call ended without a word: the process is shutting down, or it panicked.
    #[error("a call was interrupted")]
    Interrupted,
}

/// Who answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    /// The server that issues access tokens.
    Identity,
    /// BokaMera's API itself.
    BokaMera,
}

impl RestError {
    /// Whether the same may succeed later without anybody changing anything.
    #[must_use]
    pub const fn retryable(&self) -> bool {
        match self {
            Self::Unavailable { .. }
            | Self::WaitLonger { .. }
            | Self::OutOfTime
            | Self::NotBegun
            | Self::Interrupted => true,
            Self::Account(error) => error.retryable(),
            Self::Refused { .. }
            | Self::Forbidden
            | Self::UnexpectedStatus { .. }
            | Self::NotTheAnswer { .. }
            | Self::Endless => false,
        }
    }

    /// Whether it can be that BokaMera fails at one record, and at nothing else.
    #[must_use]
    pub const fn may_be_of_one_request(&self) -> bool {
        matches!(self, Self::Unavailable { by: Server::BokaMera, trouble, .. } if trouble.may_be_of_one_request())
    }

    /// How long the next slice is to wait, when this one is to be handed over and has not failed.
    #[must_use]
    pub const fn hand_over_after(&self) -> Option<Duration> {
        match self {
            Self::WaitLonger { retry_after_ms } => Some(Duration::from_millis(*retry_after_ms)),
            Self::OutOfTime => Some(Duration::ZERO),
            Self::Account(_)
            | Self::Refused { .. }
            | Self::Forbidden
            | Self::UnexpectedStatus { .. }
            | Self::Unavailable { .. }
            | Self::NotTheAnswer { .. }
            | Self::Endless
            | Self::NotBegun
            | Self::Interrupted => None,
        }
    }

    /// The text for the company's administrator: what happened, and what to do.
    #[must_use]
    pub const fn plain(&self) -> &'static str {
        match self {
            Self::Account(_)
            | Self::Refused { .. }
            | Self::UnexpectedStatus { by: Server::Identity, .. }
            | Self::NotTheAnswer { by: Server::Identity } => {
                "The service could not sign in to BokaMera. This is not caused by your settings; the operator of the service has to check its account there."
            }
            Self::Forbidden => {
                "BokaMera does not allow the service to read the customers of your company. Contact the operator of the service."
            }
            Self::Unavailable { .. }
            | Self::WaitLonger { .. }
            | Self::OutOfTime
            | Self::NotBegun
            | Self::Interrupted => {
                "BokaMera did not answer in time or was not available. What was done so far is kept. Start the sync again later."
            }
            Self::UnexpectedStatus { by: Server::BokaMera, .. }
            | Self::NotTheAnswer { by: Server::BokaMera }
            | Self::Endless => {
                "BokaMera gave an answer that cannot be used. What was done so far is kept. Start the sync again later; if it happens again, contact the operator of the service."
            }
        }
    }
}

impl From<RanOut> for RestError {
    fn from(_: RanOut) -> Self {
        Self::OutOfTime
    }
}

impl From<GivenUp<Server>> for RestError {
    fn from(given_up: GivenUp<Server>) -> Self {
        match given_up {
            GivenUp::Unavailable { by, tries, trouble } => Self::Unavailable { by, tries, trouble },
            GivenUp::WaitLonger { retry_after_ms } => Self::WaitLonger { retry_after_ms },
            GivenUp::OutOfTime => Self::OutOfTime,
        }
    }
}

impl std::fmt::Display for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Identity => "BokaMera's identity server",
            Self::BokaMera => "BokaMera",
        })
    }
}
