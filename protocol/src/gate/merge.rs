//! Several admitted updates as one: a frame, and a transaction of yrs, for all of a moment.

use std::collections::BTreeMap;

use super::bounds::Bounds;
use super::ranges::Ranges;
use super::refusal::Refusal;
use super::update::{self, Block, Section};
use super::write;

/// One update that says what these say, in the order in which they were admitted: each begins
/// where the ones before it end.
///
/// yrs' own way takes quadratic time, because it cannot count on that.
pub fn merge<'a>(updates: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<u8>, Refusal> {
    let mut merged = BTreeMap::<u64, Vec<Block<'a>>>::new();
    let mut deleted = BTreeMap::<u64, Ranges>::new();
    for update in updates {
        let end = |client| merged.get(&client)?.last().map(Block::end);
        let update = update::read(update, &Bounds::KEPT, end)?;
        for Section { client, blocks } in update.sections {
            merged.entry(client).or_default().extend(blocks);
        }
        for (client, ranges) in update.deleted {
            let known = deleted.entry(client).or_default();
            for (start, end) in ranges.iter() {
                known.insert(start, end);
            }
        }
    }
    let sections: Vec<_> = merged
        .into_iter()
        .map(|(client, blocks)| Section { client, blocks })
        .collect();
    Ok(write::write(&sections, &deleted))
}
