//! What goes wrong, how often, and where: all of it drawn from the seed.
//!
//! Each run has a character of its own ([`Character`]), so that some are gentle, some are about one
//! kind of trouble, and some have it all at once.

use fastrand::Rng;

use crate::table::Whims;

/// What becomes of one call on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It takes effect and is answered.
    Well,
    /// It is refused, without effect.
    Refused,
    /// The connection breaks before it has an effect.
    NotReached,
    /// It never arrives, and nobody says so.
    Lost,
    /// It takes effect, and the connection breaks before the answer.
    AnswerLost,
    /// It takes effect when its caller has long given it up.
    Late,
    /// The caller dies before it takes effect.
    CrashBefore,
    /// The caller dies after it took effect.
    CrashAfter,
}

impl Fate {
    /// Its name in a trace.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Well => "well",
            Self::Refused => "refused",
            Self::NotReached => "not reached",
            Self::Lost => "lost on the way",
            Self::AnswerLost => "answer lost",
            Self::Late => "late",
            Self::CrashBefore => "crash before",
            Self::CrashAfter => "crash after",
        }
    }
}

/// How one run goes wrong: each number is the chance of one call, message or host.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Character {
    refused: f64,
    not_reached: f64,
    lost: f64,
    answer_lost: f64,
    late: f64,
    crash: f64,
    slow: f64,
    pub message_lost: f64,
    pub message_doubled: f64,
    pub message_delayed: f64,
    pub clock_wrong: f64,
    pub short_slice: f64,
    stale: f64,
    pub pages: Option<usize>,
}

impl Character {
    /// Whether nothing goes wrong, however short pages are.
    pub(crate) fn is_calm(&self) -> bool {
        Self { pages: None, ..self.clone() } == Self::CALM
    }

    /// A run in which nothing goes wrong.
    pub(crate) const CALM: Self = Self {
        refused: 0.0,
        not_reached: 0.0,
        lost: 0.0,
        answer_lost: 0.0,
        late: 0.0,
        crash: 0.0,
        slow: 0.0,
        message_lost: 0.0,
        message_doubled: 0.0,
        message_delayed: 0.0,
        clock_wrong: 0.0,
        short_slice: 0.0,
        stale: 0.0,
        pages: None,
    };

    /// The character of a run.
    pub(crate) fn draw(random: &mut Rng) -> Self {
        // Half of the runs know a kind of trouble at all, or not; then how much of it.
        let mut amount = |most: f64| if random.bool() { random.f64() * most } else { 0.0 };
        Self {
            refused: amount(0.30),
            not_reached: amount(0.15),
            lost: amount(0.06),
            answer_lost: amount(0.15),
            late: amount(0.05),
            crash: amount(0.04),
            slow: amount(0.10),
            message_lost: amount(0.3),
            message_doubled: amount(0.5),
            message_delayed: amount(0.5),
            clock_wrong: amount(1.0),
            short_slice: amount(0.7),
            stale: amount(0.5),
            pages: random.bool().then(|| random.usize(1..20)),
        }
    }

    /// What becomes of the next call.
    pub(crate) fn fate(&self, random: &mut Rng) -> Fate {
        let mut drawn = random.f64();
        for (chance, fate) in [
            (self.refused, Fate::Refused),
            (self.not_reached, Fate::NotReached),
            (self.lost, Fate::Lost),
            (self.answer_lost, Fate::AnswerLost),
            (self.late, Fate::Late),
            (self.crash / 2.0, Fate::CrashBefore),
            (self.crash / 2.0, Fate::CrashAfter),
        ] {
            if drawn < chance {
                return fate;
            }
            drawn -= chance;
        }
        Fate::Well
    }

    /// How long a call is under way, one way.
    pub(crate) fn latency_ms(&self, random: &mut Rng) -> u64 {
        if happens(random, self.slow) { random.u64(100..4_000) } else { random.u64(1..12) }
    }

    /// What the next answer of the table is like.
    pub(crate) fn whims(&self, random: &mut Rng) -> Whims {
        let stale = happens(random, self.stale);
        Whims { stale, page: self.pages, batch: self.pages.filter(|_| random.bool()) }
    }

    /// Whether an answer of 200 ends in the middle.
    pub(crate) fn cuts_short(&self, random: &mut Rng) -> bool {
        happens(random, self.answer_lost)
    }

    /// The chance that the bus refuses an event among others.
    pub(crate) const fn event_refused(&self) -> f64 {
        self.refused
    }
}

/// Whether something of this chance happens.
pub(crate) fn happens(random: &mut Rng, chance: f64) -> bool {
    chance > 0.0 && random.f64() < chance
}
