//! Bytes as a tape of decisions.
//!
//! Every decision is taken from the front, and once the tape is over it is the first choice. So
//! whatever is built, the plain case comes first, and a tape that is cut builds something simpler.

/// A tape that is being read.
#[derive(Debug, Clone)]
pub struct Tape<'a>(&'a [u8]);

impl<'a> Tape<'a> {
    /// From its beginning.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Whether it is over.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    /// The next byte, or 0.
    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// A number of eight bytes.
    pub fn number(&mut self) -> u64 {
        (0..8).fold(0, |number, _| number << 8 | u64::from(self.byte()))
    }

    /// A number below this one, of as few bytes as hold it.
    pub fn below(&mut self, end: usize) -> usize {
        let mut drawn = usize::from(self.byte());
        if end > 256 {
            drawn = drawn << 8 | usize::from(self.byte());
        }
        drawn % end.max(1)
    }

    /// True this many times in 256.
    pub fn seldom(&mut self, times: u8) -> bool {
        // Not below: a tape that is over decides against it.
        self.byte() > u8::MAX - times
    }

    /// One of these.
    ///
    /// # Panics
    /// When there is none.
    pub fn one_of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }

    /// At most so many bytes.
    pub fn bytes(&mut self, most: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(self.below(most + 1).min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// Text of at most so many bytes; what is none is replaced.
    pub fn text(&mut self, most: usize) -> String {
        String::from_utf8_lossy(self.bytes(most)).into_owned()
    }

    /// Up to so many of these, one after the other.
    pub fn pieces(&mut self, pieces: &[&str], most: usize) -> String {
        (0..self.below(most + 1)).map(|_| self.one_of(pieces)).collect()
    }

    /// What is left.
    #[must_use]
    pub const fn rest(self) -> &'a [u8] {
        self.0
    }

    /// The same with up to so many bytes changed, left out, doubled or put in, or its end cut off.
    pub fn edited(&mut self, bytes: &[u8], most: usize) -> Vec<u8> {
        let mut edited = bytes.to_vec();
        for _ in 0..self.below(most + 1) {
            if edited.is_empty() {
                break;
            }
            let at = self.below(edited.len());
            match self.below(5) {
                0 => edited[at] = self.byte(),
                1 => drop(edited.remove(at)),
                2 => edited.insert(at, self.byte()),
                3 => edited.truncate(at),
                _ => {
                    let until = (at + self.below(64)).min(edited.len());
                    let doubled = edited[at..until].to_vec();
                    edited.splice(at..at, doubled);
                }
            }
        }
        edited
    }
}
