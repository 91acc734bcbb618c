//! What was made, kept for who asks next: the newest, while they fit.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// What is kept of one kind, in bytes; its memory is set aside.
pub const KEPT_BYTES: usize = 8 << 20;

/// Things by what they were made of.
#[derive(Debug)]
pub struct Kept<K, V> {
    things: Mutex<VecDeque<Thing<K, V>>>,
}

#[derive(Debug)]
struct Thing<K, V> {
    key: K,
    value: V,
    bytes: usize,
}

impl<K, V> Default for Kept<K, V> {
    fn default() -> Self {
        Self {
            things: Mutex::default(),
        }
    }
}

impl<K: PartialEq, V: Clone> Kept<K, V> {
    /// What was made of this.
    pub fn of(&self, key: &K) -> Option<V> {
        let things = self.things.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = things.iter().find(|thing| thing.key == *key);
        kept.map(|thing| thing.value.clone())
    }

    /// Keeps something of so many bytes in place of the oldest.
    pub fn keep(&self, key: K, value: V, bytes: usize) {
        let mut things = self.things.lock().unwrap_or_else(PoisonError::into_inner);
        things.push_back(Thing { key, value, bytes });
        while things.iter().map(|thing| thing.bytes).sum::<usize>() > KEPT_BYTES {
            things.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes_when_there_is_too_much() {
        let kept = Kept::default();
        for key in 0..3 {
            kept.keep(key, key, KEPT_BYTES / 2);
        }

        assert_eq!([0, 1, 2].map(|key| kept.of(&key)), [None, Some(1), Some(2)]);
        kept.keep(3, 3, KEPT_BYTES + 1);
        assert_eq!([2, 3].map(|key| kept.of(&key)), [None, None]);
    }
}
