//! Random texts for tests, the same for the same seed: xorshift64, which is enough for choosing
//! and needs no crate.

/// A row of random numbers.
pub(super) struct Random(u64);

impl Random {
    /// The row of this seed, which is not 0.
    pub fn of(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number, below this one.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    /// A text of at least so many of the pieces, and of five more at most.
    pub fn text(&mut self, pieces: &[&str], at_least: u64) -> String {
        let length = at_least + self.below(6);
        (0..length).map(|_| pieces[usize::try_from(self.below(pieces.len() as u64)).unwrap_or_default()]).collect()
    }
}
