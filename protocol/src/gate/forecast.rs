//! What updates come to before a document is made of them, so that room can be made first.

use std::collections::{BTreeMap, BTreeSet};

use super::bounds::Bounds;
use super::ranges::Ranges;
use super::refusal::Refusal;
use super::update::{self, Body, Update};

/// How many blocks an update has. For one that holds a whole document this is what it costs.
pub fn count_blocks(update: &[u8]) -> Result<usize, Refusal> {
    update::count_blocks(update)
}

/// How many blocks updates add to a document, at most: what they bring, and what they cut. One
/// that cannot be read adds nothing.
pub fn count_added<'a>(updates: impl IntoIterator<Item = &'a [u8]>) -> usize {
    let mut brought = 0;
    let mut cuts = BTreeSet::new();
    let mut deleted = BTreeMap::<u64, Ranges>::new();
    for update in updates {
        let Ok(update) = update::read(update, &Bounds::KEPT, |_client| None) else {
            continue;
        };
        brought += cut_by_items(&update, &mut cuts);
        for (client, ranges) in update.deleted {
            let known = deleted.entry(client).or_default();
            for (start, end) in ranges.iter() {
                known.insert(start, end);
            }
        }
    }
    // Ranges that touch are one, as when letters are deleted one after the other.
    let ends: usize = deleted.values().map(|ranges| 2 * ranges.len()).sum();
    brought + cuts.len() + ends
}

/// How many blocks the update brings; notes where they may cut others.
fn cut_by_items(update: &Update<'_>, cuts: &mut BTreeSet<(u64, u32)>) -> usize {
    let mut brought = 0;
    for section in &update.sections {
        for block in &section.blocks {
            let Body::Item(item) = &block.body else {
                brought += 1;
                continue;
            };
            brought += item.parts() as usize;
            let here = (section.client, block.clock);
            let behind = item.origin.map(|id| (id.client, id.clock + 1));
            let before = item.right_origin.map(|id| (id.client, id.clock));
            // What is typed on cuts nothing.
            let behind = behind.filter(|&at| at != here);
            cuts.extend(behind.into_iter().chain(before));
        }
    }
    brought
}
