//! Protections taken out, one at a time: a simulation that finds nothing then is worth nothing.

/// A protection that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sabotage {
    /// The lock is taken whether it is free or not.
    LockNeedNotBeFree,
    /// A worker of an older generation writes all the same.
    GenerationIsNotAsked,
    /// A worker writes for a job that is no longer Processing.
    WorkerDoesNotAskForTheStatus,
    /// A message starts a job that has ended.
    StartDoesNotAskForTheStatus,
    /// A message starts a job in the pause between two slices.
    StartDoesNotAskForThePause,
    /// Recovery moves or ends a job that has ended or been renewed meanwhile.
    RecoveryAsksForNothing,
    /// Recovery asks for the lease that it saw, and not for the status: redundant, because whatever ends a job
    /// removes its lease in the same write, so that the lease of a job that has ended is none that was seen. The
    /// condition is there for a job without a lease, as an older version could leave one, which has another.
    RecoveryDoesNotAskForTheStatus,
    /// A job that has ended is cancelled.
    CancelDoesNotAskForTheStatus,
    /// A job that a worker has begun is abandoned.
    AbandonAsksForNothing,
    /// A job is accepted for a company without a connection in use.
    ConnectionIsNotAsked,
    /// A due time that was used up starts another job.
    DueTimeIsNotAsked,
    /// A transaction does those of its actions whose own conditions hold.
    TransactionsAreTorn,
}

impl Sabotage {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::LockNeedNotBeFree,
        Self::GenerationIsNotAsked,
        Self::WorkerDoesNotAskForTheStatus,
        Self::StartDoesNotAskForTheStatus,
        Self::StartDoesNotAskForThePause,
        Self::RecoveryAsksForNothing,
        Self::RecoveryDoesNotAskForTheStatus,
        Self::CancelDoesNotAskForTheStatus,
        Self::AbandonAsksForNothing,
        Self::ConnectionIsNotAsked,
        Self::DueTimeIsNotAsked,
        Self::TransactionsAreTorn,
    ];

    /// Whether nobody can miss it, because another protection holds what it held: what it says of itself tells which.
    #[must_use]
    pub const fn is_redundant(self) -> bool {
        matches!(self, Self::RecoveryDoesNotAskForTheStatus)
    }

    /// The conditions of the functions that it takes something out of, each with what is left.
    const fn conditions(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::LockNeedNotBeFree => &[("attribute_not_exists(#job)", "")],
            Self::GenerationIsNotAsked => {
                &[("#generation = :generation AND #status = :processing", "#status = :processing")]
            }
            Self::WorkerDoesNotAskForTheStatus => {
                &[("#generation = :generation AND #status = :processing", "#generation = :generation")]
            }
            Self::StartDoesNotAskForTheStatus => &[(
                "#status IN (:pending, :processing) AND (attribute_not_exists(#worker) OR #lease_expires_at <= :now) \
                 AND (attribute_not_exists(#not_before) OR #not_before <= :soon)",
                "(attribute_not_exists(#worker) OR #lease_expires_at <= :now) \
                 AND (attribute_not_exists(#not_before) OR #not_before <= :soon)",
            )],
            Self::StartDoesNotAskForThePause => &[(
                "#status IN (:pending, :processing) AND (attribute_not_exists(#worker) OR #lease_expires_at <= :now) \
                 AND (attribute_not_exists(#not_before) OR #not_before <= :soon)",
                "#status IN (:pending, :processing) AND (attribute_not_exists(#worker) OR #lease_expires_at <= :now)",
            )],
            Self::RecoveryAsksForNothing => &[("#lease_expires_at = :seen AND #status IN (:pending, :processing)", "")],
            Self::RecoveryDoesNotAskForTheStatus => {
                &[("#lease_expires_at = :seen AND #status IN (:pending, :processing)", "#lease_expires_at = :seen")]
            }
            Self::CancelDoesNotAskForTheStatus => &[("#status IN (:pending, :processing)", "")],
            Self::AbandonAsksForNothing => &[("#status = :pending AND #generation = :never", "")],
            Self::ConnectionIsNotAsked => &[("#active = :yes", "")],
            Self::DueTimeIsNotAsked => &[("#active = :yes AND #due_at = :seen", "#active = :yes")],
            Self::TransactionsAreTorn => &[],
        }
    }

    /// What is left of this condition, if it is one of those.
    pub(crate) fn instead_of(self, condition: &str) -> Option<&'static str> {
        self.conditions().iter().find(|(whole, _)| *whole == condition).map(|(_, left)| *left)
    }

    pub(crate) fn tears_transactions(self) -> bool {
        self == Self::TransactionsAreTorn
    }
}
