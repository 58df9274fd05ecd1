//! How long somebody else's server may keep a worker waiting.
//!
//! A worker's lease is renewed by what it commits and by nothing else, so a wait that outlives
//! the lease would let a second worker in. The caller therefore hands in the
//! earlier of the slice's end and the lease's end, and moves it forward with each commit; no
//! wait in this room goes past it, whether it is for a token, a first byte or a pause between
//! two tries.
//!
//! The budget knows nothing of leases: it is a moment, shared by all who hold a clone.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use shared::clock::{Clock, Timestamp};

/// The time that is left for waiting. Clones share the same moment.
#[derive(Debug, Clone)]
pub struct Budget {
    clock: Clock,
    ends_at_ms: Arc<AtomicI64>,
}

/// The budget ended before the work did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RanOut;

impl Budget {
    /// A budget that ends at this moment, as this clock tells it.
    #[must_use]
    pub fn until(ends_at: Timestamp, clock: Clock) -> Self {
        Self { clock, ends_at_ms: Arc::new(AtomicI64::new(ends_at.ms())) }
    }

    /// Moves the end forward, for every clone; an earlier moment changes nothing.
    pub fn extend_to(&self, ends_at: Timestamp) {
        self.ends_at_ms.fetch_max(ends_at.ms(), Ordering::SeqCst);
    }

    /// What is left of it now.
    #[must_use]
    pub fn left(&self) -> Duration {
        self.clock.now().until(Timestamp::from_ms(self.ends_at_ms.load(Ordering::SeqCst)))
    }

    /// Does the work if it ends within the budget, which may move forward meanwhile.
    /// A budget that has ended already starts nothing.
    ///
    /// # Errors
    /// [`RanOut`] when the budget ended first; the work is dropped where it was.
    pub async fn spend<F: Future>(&self, work: F) -> Result<F::Output, RanOut> {
        let mut work = std::pin::pin!(work);
        loop {
            let left = self.left();
            if left.is_zero() {
                return Err(RanOut);
            }
            tokio::select! {
                done = &mut work => return Ok(done),
                () = tokio::time::sleep(left) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_ms(ms)
    }

    #[tokio::test]
    async fn a_budget_that_has_ended_starts_nothing() {
        let budget = Budget::until(at(1_000), Clock::set_to(at(1_000)));
        let mut started = false;
        assert_eq!(budget.spend(async { started = true }).await, Err(RanOut));
        assert!(!started);
    }

    #[tokio::test]
    async fn work_that_never_ends_is_stopped_when_the_budget_ends() {
        let clock = Clock::set_to(at(0));
        let budget = Budget::until(at(5), clock.clone());
        let work = async {
            clock.advance(Duration::from_millis(5));
            std::future::pending::<()>().await;
        };
        assert_eq!(budget.spend(work).await, Err(RanOut));
    }

    #[tokio::test]
    async fn a_commit_made_meanwhile_gives_the_work_more_time() {
        let clock = Clock::set_to(at(0));
        let budget = Budget::until(at(5), clock.clone());
        let caller = budget.clone();
        let work = async {
            caller.extend_to(at(2_000));
            clock.advance(Duration::from_millis(10));
            // Longer than the first end is away, so that the budget looks again meanwhile.
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        assert_eq!(budget.spend(work).await, Ok(()));
        assert_eq!(budget.left(), Duration::from_millis(1_990));
    }

    #[test]
    fn the_end_never_moves_back() {
        let budget = Budget::until(at(500), Clock::set_to(at(0)));
        budget.extend_to(at(100));
        assert_eq!(budget.left(), Duration::from_millis(500));
    }
}
