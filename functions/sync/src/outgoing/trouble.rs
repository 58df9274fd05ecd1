//! What passes by itself, and when it is no longer waited for.
//!
//! None of these holds a URL, a body or a header: they go into the log with their causes.

use shared::http::Error;

use super::budget::RanOut;

/// A trouble that passes by itself, and is therefore tried again.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// 408, 429 or 5xx.
    #[error("it answered {status}")]
    Status {
        /// The HTTP status code.
        status: u16,
    },
    /// No connection: refused, no such host, no TLS.
    #[error("no connection could be made")]
    NoConnection(#[source] Error),
    /// The connection was lost before or in the middle of the answer.
    #[error("the connection was lost")]
    ConnectionLost(#[source] Error),
    /// Nothing came for longer than is allowed.
    #[error("it said nothing for too long")]
    Silence,
    /// Bytes came, but too few of them.
    #[error("it answered too slowly")]
    TooSlow,
    /// The answer was delivered to its end, but its JSON was not.
    #[error("the answer was cut short")]
    CutShort,
    /// The answer is not what was asked for, so it does not say whether that was done.
    #[error("its answer could not be understood")]
    Unreadable,
}

impl Trouble {
    /// Whether it can be that the server fails at what it is sent, and at nothing else.
    #[must_use]
    pub const fn may_be_of_one_request(&self) -> bool {
        matches!(self, Self::Status { status: 500 })
    }
}

/// Why a request is not made again.
#[derive(Debug)]
pub enum GivenUp<S> {
    /// All tries ended in trouble.
    Unavailable {
        /// Who was in trouble.
        by: S,
        /// Tries made, the first included.
        tries: u32,
        /// The last trouble.
        trouble: Trouble,
    },
    /// The next try is further away than the time that is left.
    WaitLonger {
        /// How long to wait before the next try.
        retry_after_ms: u64,
    },
    /// The time that was left ended meanwhile.
    OutOfTime,
}

impl<S> From<RanOut> for GivenUp<S> {
    fn from(_: RanOut) -> Self {
        Self::OutOfTime
    }
}
