//! How many requests are under way at once: more while answers are good, half as many when
//! BokaMera says that it is too much.
//!
//! No rate limit is published, so it is felt for: additive increase, multiplicative decrease, as
//! TCP does it. The number of permits rises by one for as many good answers as there are permits,
//! and never above the most that the deployment allows. It halves on 429 and 503, once for all
//! requests that were under way together, because they all tell of the same moment.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// Permits to have a request under way.
#[derive(Debug)]
pub(super) struct Pace {
    state: Mutex<State>,
    freed: Notify,
}

#[derive(Debug)]
struct State {
    most: usize,
    limit: usize,
    under_way: usize,
    good: usize,
    /// Rises with each decrease, so that one moment's requests decrease once.
    era: u64,
}

/// One request may be under way until this is dropped.
#[derive(Debug)]
pub(super) struct Permit<'a> {
    pace: &'a Pace,
    era: u64,
}

impl Pace {
    /// At most this many, beginning with one.
    pub(super) fn new(most: usize) -> Self {
        let state = State { most: most.max(1), limit: 1, under_way: 0, good: 0, era: 0 };
        Self { state: Mutex::new(state), freed: Notify::new() }
    }

    /// Waits for a permit.
    pub(super) async fn enter(&self) -> Permit<'_> {
        loop {
            let freed = self.freed.notified();
            if let Some(permit) = self.try_enter() {
                return permit;
            }
            freed.await;
        }
    }

    fn try_enter(&self) -> Option<Permit<'_>> {
        let mut state = self.lock();
        if state.under_way >= state.limit {
            return None;
        }
        state.under_way += 1;
        Some(Permit { pace: self, era: state.era })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit<'_> {
    /// The answer was good.
    pub(super) fn good(&self) {
        let mut state = self.pace.lock();
        state.good += 1;
        if state.good >= state.limit && state.limit < state.most {
            state.good = 0;
            state.limit += 1;
            drop(state);
            self.pace.freed.notify_waiters();
        }
    }

    /// BokaMera says that it is too much.
    pub(super) fn too_much(&mut self) {
        let mut state = self.pace.lock();
        if state.era == self.era {
            state.limit = (state.limit / 2).max(1);
            state.good = 0;
            state.era += 1;
        }
        self.era = state.era;
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.pace.lock().under_way -= 1;
        self.pace.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(pace: &Pace) -> usize {
        pace.lock().limit
    }

    #[test]
    fn the_pace_rises_while_answers_are_good_and_never_above_its_most() {
        let pace = Pace::new(4);
        let mut seen = vec![limit(&pace)];
        for _ in 0..12 {
            pace.try_enter().expect("a permit").good();
            seen.push(limit(&pace));
        }
        assert_eq!(seen, [1, 2, 2, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4]);
    }

    #[test]
    fn requests_of_one_moment_halve_it_once_and_it_never_falls_below_one() {
        let pace = Pace::new(8);
        pace.lock().limit = 8;
        let mut together: Vec<_> = (0..8).map(|_| pace.try_enter().expect("a permit")).collect();
        assert!(pace.try_enter().is_none(), "no more than the limit");
        together.iter_mut().for_each(Permit::too_much);
        assert_eq!(limit(&pace), 4);
        together[0].too_much();
        assert_eq!(limit(&pace), 2, "told again, later");
        for _ in 0..5 {
            together[0].too_much();
        }
        assert_eq!(limit(&pace), 1);
        drop(together);
        assert!(pace.try_enter().is_some());
    }

    #[tokio::test]
    async fn who_waits_is_let_in_when_somebody_goes() {
        let pace = Pace::new(1);
        let permit = pace.enter().await;
        let (_, ()) = tokio::join!(pace.enter(), async { drop(permit) });
    }
}
