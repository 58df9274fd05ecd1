//! How BokaMera behaves where its contract leaves that open.

use std::time::Duration;

use hyper::StatusCode;

/// All of it.
#[derive(Debug, Clone, Copy)]
pub struct Manners {
    /// Whether a new customer gets the id that was sent.
    pub ids: Ids,
    /// Whether a phone number is needed.
    pub phone: Phone,
    /// What an e-mail address does that somebody has already.
    pub duplicate_email: DuplicateEmail,
    /// How an id is refused that somebody has already.
    pub existing: Existing,
    /// How a list is written.
    pub list: List,
    /// How a change of a customer with an account of its own is refused.
    pub own_account: OwnAccount,
    /// Customers on one page, whatever is asked for.
    pub largest_take: usize,
    /// How long an access token lives. It really ends then.
    pub token_life: Duration,
    /// What `expires_in` says, where that is something else.
    pub stated_life: Option<Duration>,
    /// Requests for customers that may be under way at once.
    pub at_once: Option<usize>,
    /// The answer to one beyond that.
    pub too_many: StatusCode,
    /// How long each answer of the API takes.
    pub latency: Duration,
}

impl Default for Manners {
    fn default() -> Self {
        Self {
            ids: Ids::Honoured,
            phone: Phone::Optional,
            duplicate_email: DuplicateEmail::Allowed,
            existing: Existing::Conflict,
            list: List::Wrapped,
            own_account: OwnAccount::Forbidden,
            largest_take: 100,
            token_life: Duration::from_secs(300),
            stated_life: None,
            at_once: None,
            too_many: StatusCode::TOO_MANY_REQUESTS,
            latency: Duration::ZERO,
        }
    }
}

/// Whether a new customer gets the id that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ids {
    /// It does.
    Honoured,
    /// It gets another one.
    Ignored,
}

/// Whether a phone number is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phone {
    /// An empty one will do.
    Optional,
    /// An empty one is refused.
    Required,
}

/// What an e-mail address does that somebody has already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DuplicateEmail {
    /// Nothing.
    Allowed,
    /// The new customer is refused.
    Refused,
}

/// How an id is refused that somebody has already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// 409.
    Conflict,
    /// 400 that names the member.
    BadRequest,
}

/// How a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// With offset and total, which is wrong.
    Wrapped,
    /// As it is.
    Bare,
}

/// How a change of a customer with an account of its own is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnAccount {
    /// 403 with a plain text.
    Forbidden,
    /// 400 that names no member.
    BadRequest,
}
