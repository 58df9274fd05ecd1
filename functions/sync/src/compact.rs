//! Collections that a million entries fit into: they grow by what is added and never move what they
//! hold, so they are never half empty and never there twice.
//!
//! The collections of the standard library double. A map of it takes, for a million entries of 30
//! bytes, 31 MB or 65, by chance, and half as much again while it moves. [`Map`] takes an entry and
//! four and a half bytes.
//!
//! Entries lie in [`Chunks`], in the order in which they were added, and are named by their place there.
//! [`Chains`] find them: places with a common hash are a chain, and chains are split one at a time as
//! entries are added (linear hashing). Entries that are found by two things need two of them.

use std::hash::{BuildHasher, Hash, RandomState};
use std::iter;
use std::ops::{Index, IndexMut};

/// Entries that are made room for at once: so many that the allocator maps them by themselves, where they leave no gaps
/// among what comes and goes.
const CHUNK: usize = 8_192;

/// Places in a chain, on average: so many are gone through in the time of a hash.
const FULL: usize = 8;

/// The end of a chain.
const END: u32 = u32::MAX;

/// Bits of a link that are the place it leads to; those above them are of that place's hash. So an entry is looked at
/// only where it may be the one, and what is not looked at need not be fetched into the processor.
const PLACE_BITS: u32 = 24;

/// Places that a link can name. A company that has more needs a gigabyte and a half, three times what a function has.
const PLACES: u32 = 1 << PLACE_BITS;

/// A list that only grows.
#[derive(Debug)]
pub struct Chunks<T>(Vec<Vec<T>>);

impl<T> Default for Chunks<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Chunks<T> {
    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.last().map_or(0, |last| (self.0.len() - 1) * CHUNK + last.len())
    }

    /// Whether there is no entry.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds an entry, and says at which place it is from now on.
    pub fn push(&mut self, entry: T) -> usize {
        let place = self.len();
        match self.0.last_mut() {
            Some(chunk) if chunk.len() < CHUNK => chunk.push(entry),
            _ => {
                let mut chunk = Vec::with_capacity(CHUNK);
                chunk.push(entry);
                self.0.push(chunk);
            }
        }
        place
    }

    /// All entries.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().flatten()
    }
}

impl<T> Index<usize> for Chunks<T> {
    type Output = T;

    #[inline]
    fn index(&self, place: usize) -> &T {
        &self.0[place / CHUNK][place % CHUNK]
    }
}

impl<T> IndexMut<usize> for Chunks<T> {
    #[inline]
    fn index_mut(&mut self, place: usize) -> &mut T {
        &mut self.0[place / CHUNK][place % CHUNK]
    }
}

/// Places, by the hash of what lies there. It takes four and a half bytes for each place up to the last one in it.
#[derive(Debug, Default)]
pub struct Chains {
    heads: Chunks<u32>,
    next: Chunks<u32>,
    len: usize,
}

impl Chains {
    /// The places whose hash may be this one.
    pub fn at(&self, hash: u64) -> impl Iterator<Item = usize> + '_ {
        let first = if self.heads.is_empty() { END } else { self.heads[self.chain_of(hash)] };
        let of_hash = link(0, hash);
        self.from(first).filter(move |link| (link ^ of_hash) >> PLACE_BITS == 0).map(place)
    }

    /// Adds a place that is not there. Of those that are there, the hash is asked.
    ///
    /// # Panics
    /// At a place that no link can name: it would be taken for another, and a user for somebody else.
    pub fn add(&mut self, place: usize, hash: u64, hash_at: impl Fn(usize) -> u64) {
        assert!(place < PLACES as usize, "more entries than are found again");
        if self.len >= FULL * self.heads.len() {
            self.split(hash_at);
        }
        while self.next.len() <= place {
            self.next.push(END);
        }
        self.put(link(place, hash), self.chain_of(hash));
        self.len += 1;
    }

    /// Takes a place out that was added with this hash.
    pub fn remove(&mut self, place: usize, hash: u64) {
        let (chain, gone) = (self.chain_of(hash), link(place, hash));
        for link in self.emptied(chain) {
            if link != gone {
                self.put(link, chain);
            }
        }
        self.len -= 1;
    }

    /// Makes one chain more, and moves to it what belongs there: all of it is in one other chain.
    fn split(&mut self, hash_at: impl Fn(usize) -> u64) {
        let new = self.heads.push(END);
        if new == 0 {
            return;
        }
        let old = new - (new + 1).next_power_of_two() / 2;
        for link in self.emptied(old) {
            self.put(link, self.chain_of(hash_at(place(link))));
        }
    }

    /// Takes all out of a chain.
    fn emptied(&mut self, chain: usize) -> Vec<u32> {
        let links = self.from(self.heads[chain]).collect();
        self.heads[chain] = END;
        links
    }

    fn put(&mut self, link: u32, chain: usize) {
        self.next[place(link)] = self.heads[chain];
        self.heads[chain] = link;
    }

    /// The links of a chain.
    fn from(&self, first: u32) -> impl Iterator<Item = u32> + '_ {
        let goes_on = |link: u32| (link != END).then_some(link);
        iter::successors(goes_on(first), move |link| goes_on(self.next[place(*link)]))
    }

    fn chain_of(&self, hash: u64) -> usize {
        chain_of(hash, self.heads.len())
    }
}

/// The link to a place with this hash.
fn link(place: usize, hash: u64) -> u32 {
    // A chain is chosen by the low bits, so the high ones tell its places apart.
    let of_hash = (hash >> u32::BITS) as u32 & !(PLACES - 1);
    of_hash | (u32::try_from(place).unwrap_or(END) & (PLACES - 1))
}

const fn place(link: u32) -> usize {
    (link & (PLACES - 1)) as usize
}

/// A map without removal.
///
/// Hashes are keyed at random: ids come from outside, and nobody is to choose those of one chain.
#[derive(Debug)]
pub struct Map<K, V> {
    entries: Chunks<(K, V)>,
    by_key: Chains,
    hasher: RandomState,
}

impl<K, V> Default for Map<K, V> {
    fn default() -> Self {
        Self { entries: Chunks::default(), by_key: Chains::default(), hasher: RandomState::new() }
    }
}

impl<K: Hash + Eq, V> Map<K, V> {
    /// Whether there is no entry.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All entries, in the order in which they were made.
    pub fn iter(&self) -> impl Iterator<Item = &(K, V)> {
        self.entries.iter()
    }

    /// The value under a key.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let place = self.place_of(self.hasher.hash_one(key), key)?;
        Some(&mut self.entries[place].1)
    }

    /// Puts a value under a key, whatever was there.
    pub fn insert(&mut self, key: K, value: V) {
        let hash = self.hasher.hash_one(&key);
        match self.place_of(hash, &key) {
            Some(place) => self.entries[place].1 = value,
            None => self.add(hash, key, value),
        }
    }

    /// The value under a key; where there is none, puts this one there.
    pub fn get_or_put(&mut self, key: K, value: V) -> Option<&mut V> {
        let hash = self.hasher.hash_one(&key);
        let Some(place) = self.place_of(hash, &key) else {
            self.add(hash, key, value);
            return None;
        };
        Some(&mut self.entries[place].1)
    }

    fn add(&mut self, hash: u64, key: K, value: V) {
        let place = self.entries.push((key, value));
        self.by_key.add(place, hash, |place| self.hasher.hash_one(&self.entries[place].0));
    }

    fn place_of(&self, hash: u64, key: &K) -> Option<usize> {
        self.by_key.at(hash).find(|place| self.entries[*place].0 == *key)
    }
}

/// Which of so many chains a hash belongs to: by as many of its bits as it takes to number them,
/// or by one less where that one is not there yet.
fn chain_of(hash: u64, chains: usize) -> usize {
    // The cast keeps the low bits, and no more are asked for.
    #[expect(clippy::cast_possible_truncation, reason = "the low bits are what is wanted")]
    let hash = hash as usize;
    let all = chains.next_power_of_two();
    let at = hash & (all - 1);
    if at < chains { at } else { at - all / 2 }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn it_holds_what_a_map_of_the_standard_library_holds() {
        let (mut ours, mut theirs) = (Map::default(), HashMap::new());
        let mut random = fastrand::Rng::with_seed(5);
        for _ in 0..50_000 {
            let (key, value) = (random.u32(0..20_000), random.u8(..));
            ours.insert(key, value);
            theirs.insert(key, value);
            let key = random.u32(0..20_000);
            assert_eq!(ours.get_mut(&key), theirs.get_mut(&key), "{key}");
            let (key, value) = (random.u32(0..20_000), random.u8(..));
            assert_eq!(ours.get_or_put(key, value), theirs.get_mut(&key), "{key}");
            theirs.entry(key).or_insert(value);
        }
        let mut held: Vec<_> = ours.iter().copied().collect();
        let mut expected: Vec<_> = theirs.into_iter().collect();
        held.sort_unstable();
        expected.sort_unstable();
        assert_eq!(held, expected);
    }

    #[test]
    fn a_place_that_is_taken_out_is_found_no_more_and_all_others_are() {
        // One chain of all, and chains of a few.
        for hashes in [1, 300] {
            let hash_at = |place: usize| (place % hashes) as u64;
            let mut chains = Chains::default();
            (0..1_000).for_each(|place| chains.add(place, hash_at(place), hash_at));
            for place in (0..1_000).step_by(3) {
                chains.remove(place, hash_at(place));
            }
            chains.add(0, hash_at(0), hash_at);
            for place in 0..1_000 {
                let times = chains.at(hash_at(place)).filter(|other| *other == place).count();
                assert_eq!(times == 1, place == 0 || place % 3 != 0, "{place} of {hashes} hashes");
            }
        }
    }

    #[test]
    fn hardly_ever_is_a_place_given_that_has_another_hash() {
        let mut random = fastrand::Rng::with_seed(5);
        let hashes: Vec<_> = (0..10_000).map(|_| random.u64(..)).collect();
        let mut chains = Chains::default();
        hashes.iter().enumerate().for_each(|(place, hash)| chains.add(place, *hash, |place| hashes[place]));
        let given: usize = hashes.iter().map(|hash| chains.at(*hash).count()).sum();
        assert!((10_000..10_600).contains(&given), "{given} places for 10000 hashes");
    }

    #[test]
    #[should_panic(expected = "more entries than are found again")]
    fn a_place_that_no_link_can_name_is_refused() {
        Chains::default().add(PLACES as usize, 7, |_| 7);
    }

    #[test]
    fn places_are_added_in_any_order_and_not_all_of_them() {
        let mut chains = Chains::default();
        assert_eq!(chains.at(7).count(), 0);
        for place in [900, 3, 4_000] {
            chains.add(place, 7, |_| 7);
        }
        let mut found: Vec<_> = chains.at(7).collect();
        found.sort_unstable();
        assert_eq!(found, [3, 900, 4_000]);
    }

    #[test]
    fn at_every_size_little_is_kept_free_and_no_chain_is_long() {
        let mut map = Map::default();
        for key in 0..100_000_u64 {
            map.insert(key, ());
            let held = map.entries.len();
            if held.is_multiple_of(9_973) {
                let room: usize = map.entries.0.iter().map(Vec::capacity).sum();
                assert!(room < held + CHUNK, "{room} places for {held}");
                let Chains { heads, next, len } = &map.by_key;
                assert_eq!((next.len(), *len), (held, held));
                assert!(heads.len() <= held / FULL + 1, "{} chains for {held}", heads.len());
                let longest = heads.iter().map(|head| map.by_key.from(*head).count()).max();
                assert!(longest < Some(40), "{longest:?}");
            }
        }
    }
}
