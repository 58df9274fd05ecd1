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

/// An [`Outcome`] without its reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OutcomeKind {
    /// A customer was made.
    Created,
    /// A customer was changed.
    Updated,
    /// There was nothing to do.
    Unchanged,
    /// The user was left out.
    Skipped,
}

impl Outcome {
    /// The outcome without its reason.
    #[must_use]
    pub const fn kind(self) -> OutcomeKind {
        match self {
            Self::Created => OutcomeKind::Created,
            Self::Updated => OutcomeKind::Updated,
            Self::Unchanged => OutcomeKind::Unchanged,
            Self::Skipped(_) => OutcomeKind::Skipped,
        }
    }

    /// Why the user was left out, if it was.
    #[must_use]
    pub const fn reason(self) -> Option<SkipReason> {
        match self {
            Self::Skipped(reason) => Some(reason),
            Self::Created | Self::Updated | Self::Unchanged => None,
        }
    }
}

impl OutcomeKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Created, Self::Updated, Self::Unchanged, Self::Skipped];

    /// The name, as the API writes and reads it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "Created",
            Self::Updated => "Updated",
            Self::Unchanged => "Unchanged",
            Self::Skipped => "Skipped",
        }
    }
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
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::MissingName,
        Self::MissingPhone,
        Self::OwnAccount,
        Self::AmbiguousEmail,
        Self::CustomerDeleted,
        Self::Rejected,
    ];

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
