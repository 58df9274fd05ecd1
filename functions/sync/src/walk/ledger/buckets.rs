//! A map that grows by one bucket at a time (linear hashing), so that it is never half empty and
//! never there twice.
//!
//! The map of the standard library doubles: with a million entries of 30 bytes it takes 31 MB or
//! 65, by chance, and half as much again while it moves. This one takes the entries, some 3 bytes
//! each of its own, and what a bucket has kept free: under 40 bytes each, at every size.
//!
//! Hashes are keyed at random: ids come from outside, and nobody is to choose those of one bucket.

use std::hash::{BuildHasher, Hash, RandomState};

/// Entries of a bucket, on average: as many as one looks through in less time than a hash takes.
const FULL: usize = 12;

/// A bucket that is full makes room for so many more.
const ROOM: usize = 4;

/// A map without removal.
#[derive(Debug)]
pub struct Buckets<K, V> {
    buckets: Vec<Vec<(K, V)>>,
    len: usize,
    hasher: RandomState,
}

impl<K, V> Default for Buckets<K, V> {
    fn default() -> Self {
        Self { buckets: vec![Vec::new()], len: 0, hasher: RandomState::new() }
    }
}

impl<K: Hash + Eq, V> Buckets<K, V> {
    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// All entries, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &(K, V)> {
        self.buckets.iter().flatten()
    }

    /// The value under a key.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let bucket = self.bucket_of(key);
        self.buckets[bucket].iter_mut().find(|(known, _)| known == key).map(|(_, value)| value)
    }

    /// Puts a value under a key, whatever was there.
    pub fn insert(&mut self, key: K, value: V) {
        let bucket = self.bucket_of(&key);
        let bucket = &mut self.buckets[bucket];
        if let Some((_, known)) = bucket.iter_mut().find(|(known, _)| *known == key) {
            *known = value;
            return;
        }
        push((key, value), bucket);
        self.len += 1;
        if self.len > FULL * self.buckets.len() {
            self.split();
        }
    }

    fn bucket_of(&self, key: &K) -> usize {
        place(self.hasher.hash_one(key), self.buckets.len())
    }

    /// Makes one bucket more, and moves to it what belongs there: all of it is in one other bucket.
    fn split(&mut self) {
        let new = self.buckets.len();
        let old = new - (new + 1).next_power_of_two() / 2;
        self.buckets.push(Vec::new());
        let mut stays = Vec::new();
        for entry in std::mem::take(&mut self.buckets[old]) {
            let moves = self.bucket_of(&entry.0) == new;
            push(entry, if moves { &mut self.buckets[new] } else { &mut stays });
        }
        self.buckets[old] = stays;
    }
}

/// Vectors double by themselves, which is what is not wanted here.
fn push<T>(entry: T, bucket: &mut Vec<T>) {
    if bucket.len() == bucket.capacity() {
        bucket.reserve_exact(ROOM);
    }
    bucket.push(entry);
}

/// Which of so many buckets a hash belongs to: by as many of its bits as it takes to number them,
/// or by one less where that one is not there yet.
fn place(hash: u64, buckets: usize) -> usize {
    // The cast keeps the low bits, and no more are asked for.
    #[expect(clippy::cast_possible_truncation, reason = "the low bits are what is wanted")]
    let hash = hash as usize;
    let all = buckets.next_power_of_two();
    let at = hash & (all - 1);
    if at < buckets { at } else { at - all / 2 }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn it_holds_what_a_map_of_the_standard_library_holds() {
        let (mut buckets, mut map) = (Buckets::default(), HashMap::new());
        let mut random = fastrand::Rng::with_seed(5);
        for _ in 0..50_000 {
            let (key, value) = (random.u32(0..20_000), random.u8(..));
            buckets.insert(key, value);
            map.insert(key, value);
            let key = random.u32(0..20_000);
            assert_eq!(buckets.get_mut(&key), map.get_mut(&key), "{key}");
        }
        let mut held: Vec<_> = buckets.iter().copied().collect();
        let mut expected: Vec<_> = map.into_iter().collect();
        held.sort_unstable();
        expected.sort_unstable();
        assert_eq!(held, expected);
    }

    #[test]
    fn at_every_size_little_is_kept_free() {
        let mut buckets = Buckets::default();
        for key in 0..100_000_u64 {
            buckets.insert(key, ());
            let held = buckets.len;
            if held.is_multiple_of(9_973) {
                let room: usize = buckets.buckets.iter().map(Vec::capacity).sum();
                assert!(room * 100 < held * 125, "{room} places for {held}");
                assert!(buckets.buckets.len() * 10 < held, "{} buckets for {held}", buckets.buckets.len());
            }
        }
    }
}
