//! Why the source could not be read, in two texts.
//!
//! `Display` is for the operator's log, [`SourceError::plain`] for the job item and so for the
//! company's administrator. Neither holds a body, a token, a key, a name or an address: the
//! sources of these errors know no URL, and an error of the JSON parser, whose
//! text can quote what it read, never gets further than its line and column.

use std::time::Duration;

use crate::outgoing::budget::RanOut;
use crate::outgoing::trouble::{GivenUp, Trouble};

use super::page::PageFault;
use super::token::AccountError;

/// What keeps a list from being read to its end. A list is whole or it is one of these.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The integrator account could not be read from where it is kept.
    #[error("the integrator account cannot be read")]
    Account(#[source] AccountError),
    /// The api key could not be read again after it had been refused.
    #[error("the api key cannot be read again")]
    ApiKey(#[source] AccountError),
    /// The credentials were refused, also after they had been read again.
    #[error("{by} refused the integrator account")]
    Refused {
        /// Who refused them.
        by: Server,
    },
    /// 403: the api key does not open this system.
    #[error("VAKA answered 403")]
    Forbidden,
    /// 404: there is no such system for this api key.
    #[error("VAKA answered 404")]
    NoSuchDevice,
    /// A status that no rule speaks of: a redirect (never followed), another 2xx, another 4xx.
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
        /// How long to wait before the next try, in milliseconds: at most the longest `Retry-After`
        /// that is believed and the longest pause together.
        retry_after_ms: u64,
    },
    /// The time that was left ended while an answer was outstanding: the slice is to be handed over.
    #[error("the time that was left ended before the source had answered")]
    OutOfTime,
    /// 200, but what came is not the list that was asked for.
    #[error("VAKA answered 200 with something that is not the list")]
    NotTheList(#[source] PageFault),
    /// 200 from the token server, but without a token that can be used.
    #[error("the token server answered 200 without a usable token")]
    NotAToken,
    /// The pages go round in a circle, or beyond every plausible number.
    #[error("paging does not end: {how}")]
    PagingDoesNotEnd {
        /// What gave it away.
        how: Endless,
    },
    /// The place in the list was lost twice: 400 or 410 on a continuation token, again after a fresh start.
    #[error("VAKA refused its own continuation token in two walks")]
    PositionLost,
    /// The reading task ended without a word: the process is shutting down, or it panicked.
    #[error("the reading was interrupted")]
    Interrupted,
}

/// Who answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    /// The server that issues access tokens.
    Tokens,
    /// VAKA Online itself.
    Vaka,
}

/// How it was seen that paging does not end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endless {
    /// A continuation token came back that had been used in the same walk.
    SameToken,
    /// More pages than a system can have.
    TooManyPages,
    /// More records than a system can have.
    TooManyRecords,
}

impl SourceError {
    /// Whether the same walk may succeed later without anybody changing anything.
    #[must_use]
    pub const fn retryable(&self) -> bool {
        match self {
            Self::Unavailable { .. } | Self::WaitLonger { .. } | Self::OutOfTime | Self::Interrupted => true,
            Self::Account(error) | Self::ApiKey(error) => error.retryable(),
            Self::Refused { .. }
            | Self::Forbidden
            | Self::NoSuchDevice
            | Self::UnexpectedStatus { .. }
            | Self::NotTheList(_)
            | Self::NotAToken
            | Self::PagingDoesNotEnd { .. }
            | Self::PositionLost => false,
        }
    }

    /// How long the next slice is to wait, when this one is to be handed over and has not failed.
    #[must_use]
    pub const fn hand_over_after(&self) -> Option<Duration> {
        match self {
            Self::WaitLonger { retry_after_ms } => Some(Duration::from_millis(*retry_after_ms)),
            Self::OutOfTime => Some(Duration::ZERO),
            Self::Account(_)
            | Self::ApiKey(_)
            | Self::Refused { .. }
            | Self::Forbidden
            | Self::NoSuchDevice
            | Self::UnexpectedStatus { .. }
            | Self::Unavailable { .. }
            | Self::NotTheList(_)
            | Self::NotAToken
            | Self::PagingDoesNotEnd { .. }
            | Self::PositionLost
            | Self::Interrupted => None,
        }
    }

    /// The text for the company's administrator: what happened, and what to check.
    #[must_use]
    pub const fn plain(&self) -> &'static str {
        match self {
            Self::Account(_)
            | Self::NotAToken
            | Self::Refused { by: Server::Tokens }
            | Self::UnexpectedStatus { by: Server::Tokens, .. } => {
                "The service could not sign in to VAKA Online. This is not caused by your settings; the operator of the service has to check the integrator account."
            }
            Self::ApiKey(AccountError::Missing) => {
                "The API key for the connection to VAKA was removed while the sync ran. Store one and start the sync again."
            }
            Self::ApiKey(AccountError::Unreadable(_)) => {
                "The stored API key could not be read. Start the sync again later."
            }
            Self::Refused { by: Server::Vaka } => {
                "VAKA Online refused the sign-in of the service. Check in VAKA that the integration is still approved and that its API key is the one configured here; if both are right, the operator of the service has to check the integrator account."
            }
            Self::Forbidden => {
                "VAKA Online does not allow the service to read this system. Check in VAKA that the integration is approved, that its API key is the one configured here, and that it has permission for this system."
            }
            Self::NoSuchDevice => {
                "VAKA Online does not know this system. Check the configured device id, and in VAKA that the integration has permission for this system."
            }
            Self::Unavailable { .. } | Self::WaitLonger { .. } | Self::OutOfTime | Self::Interrupted => {
                "VAKA Online did not answer in time or was not available. Start the sync again later."
            }
            Self::UnexpectedStatus { by: Server::Vaka, .. } | Self::NotTheList(_) => {
                "VAKA Online gave an answer that is not a list of users or groups. Nothing was concluded from it. Start the sync again later; if it happens again, contact the operator of the service."
            }
            Self::PagingDoesNotEnd { .. } | Self::PositionLost => {
                "VAKA Online's list of users or groups could not be read to its end. Start the sync again later; if it happens again, contact the operator of the service."
            }
        }
    }
}

impl From<RanOut> for SourceError {
    fn from(_: RanOut) -> Self {
        Self::OutOfTime
    }
}

impl From<GivenUp<Server>> for SourceError {
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
            Self::Tokens => "the token server",
            Self::Vaka => "VAKA",
        })
    }
}

impl std::fmt::Display for Endless {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::SameToken => "a continuation token came twice",
            Self::TooManyPages => "too many pages",
            Self::TooManyRecords => "too many records",
        })
    }
}
