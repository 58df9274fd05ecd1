//! Virtual time: the runtime's clock stands still while there is work and leaps to the next timer
//! when there is none, and the clock of every host follows it, each with an error of its own.
//!
//! The leap is made where the runtime's thread parks, so hosts' clocks are set where it wakes up,
//! before any task runs: nobody sees a clock that is behind.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shared::clock::{Clock, Timestamp};
use tokio::time::Instant;

/// When every run begins: 2100-01-31T12:00:00Z.
pub(crate) const NOON: Timestamp = Timestamp::from_ms(4_105_080_000_000);

/// The time of one run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Time(Arc<Mutex<Hands>>);

#[derive(Debug, Default)]
struct Hands {
    began: Option<Instant>,
    hosts: Vec<(Clock, i64)>,
    /// What virtual time was when it last went on, and when that was.
    went_on: Option<(i64, std::time::Instant)>,
}

/// A run takes less in all.
const STANDS_STILL_AFTER: Duration = Duration::from_secs(60);

/// Which host's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HostClock(usize);

impl Time {
    /// Time begins now; to be called in the runtime.
    pub(crate) fn begin(&self) {
        self.lock().began = Some(Instant::now());
    }

    /// Milliseconds since the run began.
    pub(crate) fn elapsed_ms(&self) -> i64 {
        self.lock().elapsed_ms()
    }

    /// The time as it is, which no host knows.
    pub(crate) fn now_ms(&self) -> i64 {
        NOON.ms() + self.elapsed_ms()
    }

    /// The clock of a new host, which is wrong by this much.
    pub(crate) fn host(&self, error_ms: i64) -> (HostClock, Clock) {
        let mut hands = self.lock();
        let clock = Clock::set_to(Timestamp::from_ms(NOON.ms() + hands.elapsed_ms() + error_ms));
        hands.hosts.push((clock.clone(), error_ms));
        (HostClock(hands.hosts.len() - 1), clock)
    }

    /// A host's clock jumps, forward or back.
    pub(crate) fn jump(&self, host: HostClock, by_ms: i64) {
        if let Some((_, error_ms)) = self.lock().hosts.get_mut(host.0) {
            *error_ms += by_ms;
        }
        self.tell();
    }

    /// The clock of the process that began last, which may be at work.
    pub(crate) fn last(&self) -> Option<HostClock> {
        self.lock().hosts.len().checked_sub(1).map(HostClock)
    }

    /// Every clock is right from now on.
    pub(crate) fn set_right(&self) {
        self.lock().hosts.iter_mut().for_each(|(_, error_ms)| *error_ms = 0);
        self.tell();
    }

    /// Tells every host what its time is.
    pub(crate) fn tell(&self) {
        let hands = self.lock();
        let now_ms = NOON.ms() + hands.elapsed_ms();
        hands.hosts.iter().for_each(|(clock, error_ms)| clock.turn_to(Timestamp::from_ms(now_ms + error_ms)));
    }

    /// Whether time has stood still for so long that it will for ever: a thread of the sync function's
    /// waits for what only time can bring.
    pub(crate) fn stands_still(&self) -> bool {
        let mut hands = self.lock();
        let now_ms = hands.elapsed_ms();
        match hands.went_on {
            Some((at_ms, since)) if at_ms == now_ms => since.elapsed() > STANDS_STILL_AFTER,
            _ => {
                hands.went_on = Some((now_ms, std::time::Instant::now()));
                false
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Hands> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hands {
    fn elapsed_ms(&self) -> i64 {
        let elapsed = self.began.map(|began| began.elapsed()).unwrap_or_default();
        i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)
    }
}
