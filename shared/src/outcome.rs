//! What became of one user in a sync.

use serde::{Deserialize, Serialize};

/// What became of one user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// A customer was made.
    Created,
    /// A customer was changed.
    Updated,
    /// There was nothing to do.
    Unchanged,
    /// The user was left out.
    Skipped(SkipReason),
}

/// Why a user was left out. The name of the variant is the reason code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SkipReason {
    /// VAKA has no name for the user.
    MissingName,
    /// The target asks for a phone number, which VAKA does not have.
    MissingPhone,
    /// The customer has an account of its own and cannot be changed by others.
    OwnAccount,
    /// Several customers have the e-mail address, and the name does not tell which one it is.
    AmbiguousEmail,
    /// The customer was deleted in BokaMera; a sync never brings it back.
    CustomerDeleted,
    /// The target refused the record, or the record is not one that it can hold.
    Rejected,
}

impl SkipReason {
    /// The reason code, as the table, the log and the report write it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::MissingName => "MissingName",
            Self::MissingPhone => "MissingPhone",
            Self::OwnAccount => "OwnAccount",
            Self::AmbiguousEmail => "AmbiguousEmail",
            Self::CustomerDeleted => "CustomerDeleted",
            Self::Rejected => "Rejected",
        }
    }
}
