//! Whether the log of a room is numbered without a gap, each entry once.

use std::collections::BTreeSet;

/// The log of a room as the store keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredLog {
    /// Number of the last entry, as the room has it.
    pub last: u64,
    /// Entries up to this one are gone.
    pub trimmed: u64,
    /// The last entry that the snapshot includes.
    pub snapshot_upto: u64,
    /// What is there, in order.
    pub entries: Vec<StoredEntry>,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEntry {
    /// Its number.
    pub sequence: u64,
    /// Its key, unlike that of any other.
    pub key: Vec<u8>,
}

impl StoredLog {
    /// Every way in which it breaks L1 and L2.
    pub fn check(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut expected = self.trimmed + 1;
        let mut keys = BTreeSet::new();
        for StoredEntry { sequence, key } in &self.entries {
            if *sequence != expected {
                faults.push(format!("entry {sequence} stands in place of {expected}"));
            }
            if !keys.insert(key) {
                faults.push(format!("entry {sequence} is there twice"));
            }
            expected = sequence + 1;
        }
        if expected != self.last + 1 {
            let (found, last) = (expected - 1, self.last);
            faults.push(format!("the log ends at {found}, its room says {last}"));
        }
        if self.snapshot_upto > self.last || self.snapshot_upto < self.trimmed {
            faults.push("the snapshot does not meet the log".to_owned());
        }
        faults
    }
}
