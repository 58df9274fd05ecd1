//! How long is waited, how often it is tried again, and how far apart.
//!
//! The numbers belong together and are therefore one value, [`Patience`]. A trouble that passes
//! by itself is tried again a bounded number of times; between two tries lies what the server
//! asked for with `Retry-After`, and on top of it a random part of a growing pause (full
//! jitter), so that the companies that one outage has stopped do not come back in one instant.
//! A wait that does not fit in the caller's [`Budget`] is not made here at all.

use std::fmt::Display;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use shared::clock::{Clock, Timestamp};
use shared::http::HeaderValue;
use shared::telemetry::Chain;

use super::budget::Budget;
use super::trouble::{GivenUp, Trouble};

/// Waits and tries of one request.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For a TCP connection and its TLS handshake.
    pub connect: Duration,
    /// From the request to the head of its answer.
    pub answer: Duration,
    /// Between two pieces of a body.
    pub silence: Duration,
    /// For all pieces of one body together, the caller's own work not counted.
    pub body: Duration,
    /// Tries of one request, the first included.
    pub tries: u32,
    /// The longest pause after the first try; it doubles with each further one.
    pub first_pause: Duration,
    /// What the pause between two tries grows to.
    pub longest_pause: Duration,
    /// The longest `Retry-After` that is believed.
    pub longest_retry_after: Duration,
}

impl Patience {
    /// The values for the real VAKA Online.
    pub const PRODUCTION: Self = Self {
        // Three lost SYN packets; a server that takes longer is not there.
        connect: Duration::from_secs(5),
        // The users call is not paged: a large system may need its time before the first byte.
        // Half a lease, so that one slow answer leaves room for a second try.
        answer: Duration::from_secs(60),
        // A body that has begun does not pause; a stall is seen while the lease still has time for another try.
        silence: Duration::from_secs(15),
        // The largest body that is read at all, at 220 KB/s. A drip is not an answer.
        body: Duration::from_secs(300),
        // Rides out a restart or a burst of throttling; a longer outage is for the next slice.
        tries: 5,
        first_pause: Duration::from_millis(500),
        longest_pause: Duration::from_secs(20),
        // The longest delay of an SQS message, which is how a longer wait is handed over.
        longest_retry_after: Duration::from_secs(900),
    };
}

impl Default for Patience {
    fn default() -> Self {
        Self::PRODUCTION
    }
}

/// The random part of a pause. Clones draw from the same sequence.
#[derive(Debug, Clone)]
pub struct Jitter(Arc<Mutex<fastrand::Rng>>);

impl Jitter {
    /// Drawn from this.
    #[must_use]
    pub fn new(random: fastrand::Rng) -> Self {
        Self(Arc::new(Mutex::new(random)))
    }

    /// Any duration up to and including this one, in milliseconds.
    fn up_to(&self, longest: Duration) -> Duration {
        let longest_ms = u64::try_from(longest.as_millis()).unwrap_or(u64::MAX);
        let mut random = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Duration::from_millis(random.u64(0..=longest_ms))
    }
}

/// The tries of one request to a server of this name.
#[derive(Debug)]
pub struct Tries<'a, S> {
    of: S,
    patience: &'a Patience,
    jitter: &'a Jitter,
    budget: &'a Budget,
    made: u32,
}

impl<'a, S: Display + Copy> Tries<'a, S> {
    /// None has been made yet.
    #[must_use]
    pub const fn new(of: S, patience: &'a Patience, jitter: &'a Jitter, budget: &'a Budget) -> Self {
        Self { of, patience, jitter, budget, made: 0 }
    }

    /// Waits until the next try is due, at least as long as the server asked.
    ///
    /// # Errors
    /// [`GivenUp::Unavailable`] when this was the last try, [`GivenUp::WaitLonger`] when the wait
    /// is longer than the budget.
    pub async fn pause_after(&mut self, trouble: Trouble, asked: Option<Duration>) -> Result<(), GivenUp<S>> {
        self.made += 1;
        if self.made >= self.patience.tries {
            return Err(GivenUp::Unavailable { by: self.of, tries: self.made, trouble });
        }
        let pause = asked.unwrap_or_default() + self.jitter.up_to(longest_pause(self.patience, self.made));
        let pause_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
        if pause >= self.budget.left() {
            return Err(GivenUp::WaitLonger { retry_after_ms: pause_ms });
        }
        tracing::warn!(
            event = "request.retried", server = %self.of, request.tries = self.made, request.pause_ms = pause_ms,
            error = %Chain(&trouble), "a server is in trouble and will be asked again"
        );
        self.budget.spend(tokio::time::sleep(pause)).await.map_err(|_| GivenUp::OutOfTime)
    }
}

/// What the pause after this many tries is at most.
fn longest_pause(patience: &Patience, made: u32) -> Duration {
    let doublings = made.saturating_sub(1).min(u32::BITS - 1);
    patience.first_pause.saturating_mul(1 << doublings).min(patience.longest_pause)
}

/// What a `Retry-After` header asks for: seconds or an HTTP date. A moment that is past asks for
/// nothing, an absurd one for the longest wait that is believed; what is neither is ignored.
#[must_use]
pub fn asked_pause(header: Option<&HeaderValue>, clock: &Clock, patience: &Patience) -> Option<Duration> {
    let text = header?.to_str().ok()?.trim();
    let asked = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // Digits that do not fit are a number all the same, and an absurd one.
        text.parse().map_or(Duration::MAX, Duration::from_secs)
    } else {
        let since_epoch = httpdate::parse_http_date(text).ok()?.duration_since(UNIX_EPOCH).ok()?;
        clock.now().until(Timestamp::from_ms(0).after(since_epoch))
    };
    Some(asked.min(patience.longest_retry_after))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-23T19:00:00Z.
    const NOW: Timestamp = Timestamp::from_ms(1_795_460_400_000);

    #[test]
    fn retry_after_is_read_as_seconds_or_as_a_date_and_never_believed_too_far() {
        let longest = Patience::PRODUCTION.longest_retry_after;
        for (text, asked) in [
            ("0", Some(Duration::ZERO)),
            ("7", Some(Duration::from_secs(7))),
            (" 7 ", Some(Duration::from_secs(7))),
            ("900", Some(longest)),
            ("901", Some(longest)),
            ("99999999999999999999999999", Some(longest)),
            ("Mon, 23 Nov 2026 19:00:30 GMT", Some(Duration::from_secs(30))),
            ("Monday, 23-Nov-26 19:00:30 GMT", Some(Duration::from_secs(30))),
            ("Mon Nov 23 19:00:30 2026", Some(Duration::from_secs(30))),
            ("Mon, 23 Nov 2026 18:59:59 GMT", Some(Duration::ZERO)),
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(Duration::ZERO)),
            ("Fri, 31 Dec 9999 23:59:59 GMT", Some(longest)),
            ("-5", None),
            ("1.5", None),
            ("7 seconds", None),
            ("soon", None),
            ("", None),
        ] {
            let header = HeaderValue::from_str(text).unwrap();
            let read = asked_pause(Some(&header), &Clock::set_to(NOW), &Patience::PRODUCTION);
            assert_eq!(read, asked, "{text:?}");
        }
        let not_text = HeaderValue::from_bytes(b"\xff\xfe").unwrap();
        assert_eq!(asked_pause(Some(&not_text), &Clock::set_to(NOW), &Patience::PRODUCTION), None);
        assert_eq!(asked_pause(None, &Clock::set_to(NOW), &Patience::PRODUCTION), None);
    }

    #[test]
    fn the_pause_doubles_up_to_its_longest() {
        let grown: Vec<_> =
            [1, 2, 3, 6, 7, 40, u32::MAX].map(|made| longest_pause(&Patience::PRODUCTION, made).as_millis()).to_vec();
        assert_eq!(grown, [500, 1_000, 2_000, 16_000, 20_000, 20_000, 20_000]);
    }

    #[test]
    fn jitter_fills_the_whole_pause() {
        let jitter = Jitter::new(fastrand::Rng::with_seed(1));
        let drawn: Vec<_> = (0..1_000).map(|_| jitter.up_to(Duration::from_millis(100))).collect();
        assert!(drawn.iter().all(|drawn| *drawn <= Duration::from_millis(100)));
        assert!(drawn.iter().any(|drawn| *drawn < Duration::from_millis(10)));
        assert!(drawn.iter().any(|drawn| *drawn > Duration::from_millis(90)));
    }

    #[tokio::test]
    async fn tries_are_bounded_and_the_last_trouble_is_told() {
        let jitter = Jitter::new(fastrand::Rng::with_seed(1));
        let budget = Budget::until(NOW.after(Duration::from_secs(120)), Clock::set_to(NOW));
        let quick = Patience { first_pause: Duration::from_millis(1), ..Patience::PRODUCTION };
        let mut tries = Tries::new("a server", &quick, &jitter, &budget);
        for _ in 1..Patience::PRODUCTION.tries {
            tries.pause_after(Trouble::Silence, None).await.unwrap();
        }
        assert!(matches!(
            tries.pause_after(Trouble::Status { status: 503 }, None).await,
            Err(GivenUp::Unavailable { by: "a server", tries: 5, trouble: Trouble::Status { status: 503 } })
        ));
    }

    #[tokio::test]
    async fn a_wait_longer_than_the_time_left_is_handed_over_and_not_made() {
        let jitter = Jitter::new(fastrand::Rng::with_seed(1));
        let budget = Budget::until(NOW.after(Duration::from_secs(30)), Clock::set_to(NOW));
        let mut tries = Tries::new("a server", &Patience::PRODUCTION, &jitter, &budget);
        let asked = Some(Duration::from_secs(31));
        match tries.pause_after(Trouble::Status { status: 429 }, asked).await {
            Err(GivenUp::WaitLonger { retry_after_ms }) => assert!((31_000..=31_500).contains(&retry_after_ms)),
            other => panic!("{other:?}"),
        }
    }
}
