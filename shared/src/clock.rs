//! The one place where time is read.
//!
//! Everything that compares times takes a [`Timestamp`] as an argument; whoever needs "now"
//! holds a [`Clock`]. A test sets the clock by hand, so that no test of a lease ever sleeps.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// A moment: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The moment this many milliseconds after the epoch.
    #[must_use]
    pub const fn from_ms(since_epoch_ms: i64) -> Self {
        Self(since_epoch_ms)
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn ms(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// This much later; the end of time when that cannot be represented.
    #[must_use]
    pub fn after(self, wait: Duration) -> Self {
        Self(self.0.saturating_add(whole_ms(wait)))
    }

    /// This much earlier.
    #[must_use]
    pub fn before(self, lead: Duration) -> Self {
        Self(self.0.saturating_sub(whole_ms(lead)))
    }

    /// How long it is from now until then; nothing when that is past.
    #[must_use]
    pub fn until(self, then: Self) -> Duration {
        Duration::from_millis(u64::try_from(then.0.saturating_sub(self.0)).unwrap_or_default())
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.0)
    }
}

/// Where "now" comes from.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Set(Arc<AtomicI64>),
}

impl Clock {
    /// The clock of this machine.
    #[must_use]
    pub const fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands at this moment until it is moved. Clones move together.
    #[must_use]
    pub fn set_to(moment: Timestamp) -> Self {
        Self(Source::Set(Arc::new(AtomicI64::new(moment.ms()))))
    }

    /// Now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place where the clock is read")]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System => Timestamp(match SystemTime::now().duration_since(UNIX_EPOCH) {
                Ok(since) => whole_ms(since),
                Err(before) => -whole_ms(before.duration()),
            }),
            Source::Set(hands) => Timestamp(hands.load(Ordering::SeqCst)),
        }
    }

    /// Moves a set clock forward; the system's clock is left as it is.
    pub fn advance(&self, by: Duration) {
        if let Source::Set(hands) = &self.0 {
            hands.fetch_add(whole_ms(by), Ordering::SeqCst);
        }
    }

    /// Sets a set clock to this moment, as the clock of a host is that was wrong; the system's clock
    /// is left as it is.
    pub fn turn_to(&self, moment: Timestamp) {
        if let Source::Set(hands) = &self.0 {
            hands.store(moment.ms(), Ordering::SeqCst);
        }
    }
}

fn whole_ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_clock_stands_still_and_its_clones_move_with_it() {
        let clock = Clock::set_to(Timestamp::from_ms(10));
        let same = clock.clone();
        clock.advance(Duration::from_millis(5));
        assert_eq!(same.now(), Timestamp::from_ms(15));
        clock.turn_to(Timestamp::from_ms(2));
        assert_eq!(same.now(), Timestamp::from_ms(2));
    }

    #[test]
    fn the_past_is_no_time_away() {
        let now = Timestamp::from_ms(10);
        assert_eq!(now.until(Timestamp::from_ms(3)), Duration::ZERO);
        assert_eq!(now.until(Timestamp::from_ms(13)), Duration::from_millis(3));
        assert_eq!(now.after(Duration::MAX).ms(), i64::MAX);
    }
}
