//! The clauses of the table's condition expressions, each of which can be taken out.

/// One clause that a write is conditional on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Condition {
    /// acquire: nobody has the lock.
    LockFree,
    /// acquire: there is no such job yet.
    JobNew,
    /// abandon: the job is Pending.
    StillPending,
    /// abandon: no worker was ever started on it.
    NeverBegun,
    /// free_orphaned_lock: the job that the lock names is gone or has ended.
    GoneOrEnded,
    /// free_orphaned_lock: the lock names that job.
    OrphanHolds,
    /// Every end: the lock that it frees is this job's.
    EndHolds,
    /// start: the job is active.
    StartActive,
    /// start: no worker holds the job, or its lease has run out.
    StartUnheld,
    /// start: the job is not in a pause between two slices.
    StartDue,
    /// commit, hand_over, finish: no other worker was started since.
    OursGeneration,
    /// commit, hand_over, finish: the job has not ended.
    OursProcessing,
    /// recover: the lease is the one that was seen to have run out.
    LapsedSeen,
    /// recover: the job is active.
    LapsedActive,
    /// recover, of a job without a lease: it still has none.
    UnstampedStill,
    /// recover, of a job without a lease: it is active.
    UnstampedActive,
    /// cancel: the job is active.
    CancelActive,
}

/// Where a clause is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// The file, in `shared/src/table`.
    pub file: &'static str,
    /// The constant; none where the expression is an argument.
    pub constant: Option<&'static str>,
    /// The clause, word for word. The clauses of one constant are joined by AND, in this order.
    pub clause: &'static str,
}

impl Condition {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::LockFree,
        Self::JobNew,
        Self::StillPending,
        Self::NeverBegun,
        Self::GoneOrEnded,
        Self::OrphanHolds,
        Self::EndHolds,
        Self::StartActive,
        Self::StartUnheld,
        Self::StartDue,
        Self::OursGeneration,
        Self::OursProcessing,
        Self::LapsedSeen,
        Self::LapsedActive,
        Self::UnstampedStill,
        Self::UnstampedActive,
        Self::CancelActive,
    ];

    /// Where the code has it.
    #[must_use]
    pub const fn written(self) -> Written {
        let (file, constant, clause) = match self {
            Self::LockFree => ("acquire.rs", Some("FREE"), "attribute_not_exists(#job)"),
            Self::JobNew => ("transaction.rs", Some("NEW"), "attribute_not_exists(#item)"),
            Self::StillPending => ("acquire.rs", Some("NOT_BEGUN"), "#status = :pending"),
            Self::NeverBegun => ("acquire.rs", Some("NOT_BEGUN"), "#generation = :never"),
            Self::GoneOrEnded => {
                ("acquire.rs", Some("GONE_OR_ENDED"), "attribute_not_exists(#item) OR #status IN (:completed, :failed)")
            }
            Self::OrphanHolds => ("acquire.rs", Some("HOLDS"), "#job = :job"),
            Self::EndHolds => ("jobs.rs", None, "#job = :job"),
            Self::StartActive => ("lease.rs", Some("STARTABLE"), "#status IN (:pending, :processing)"),
            Self::StartUnheld => {
                ("lease.rs", Some("STARTABLE"), "(attribute_not_exists(#worker) OR #lease_expires_at <= :now)")
            }
            Self::StartDue => {
                ("lease.rs", Some("STARTABLE"), "(attribute_not_exists(#not_before) OR #not_before <= :soon)")
            }
            Self::OursGeneration => ("lease.rs", Some("OURS"), "#generation = :generation"),
            Self::OursProcessing => ("lease.rs", Some("OURS"), "#status = :processing"),
            Self::LapsedSeen => ("lapsed.rs", Some("STILL_LAPSED"), "#lease_expires_at = :seen"),
            Self::LapsedActive => ("lapsed.rs", Some("STILL_LAPSED"), "#status IN (:pending, :processing)"),
            Self::UnstampedStill => {
                ("lapsed.rs", Some("STILL_LAPSED_UNSTAMPED"), "attribute_not_exists(#lease_expires_at)")
            }
            Self::UnstampedActive => {
                ("lapsed.rs", Some("STILL_LAPSED_UNSTAMPED"), "#status IN (:pending, :processing)")
            }
            Self::CancelActive => ("cancel.rs", Some("ACTIVE"), "#status IN (:pending, :processing)"),
        };
        Written { file, constant, clause }
    }
}

/// The conditions that are in force: all, or all but one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    without: Option<Condition>,
}

impl Rules {
    /// All conditions.
    pub const ALL: Self = Self { without: None };

    /// All but this one.
    #[must_use]
    pub const fn without(condition: Condition) -> Self {
        Self { without: Some(condition) }
    }

    /// Whether the condition lets a write pass.
    #[must_use]
    pub fn pass(self, condition: Condition, holds: bool) -> bool {
        holds || self.without == Some(condition)
    }
}
