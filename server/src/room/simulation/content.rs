//! What an update holds, as sets of item ids: enough to tell whether something is durable.

use yrs::updates::decoder::Decode;
use yrs::{IdSet, Update};

use super::Checked;

/// Items that came in and items that went.
#[derive(Clone, Debug, Default)]
pub(super) struct Content {
    pub(super) items: IdSet,
    pub(super) deleted: IdSet,
}

impl Content {
    pub(super) fn of(update: &[u8]) -> Checked<Self> {
        let update = Update::decode_v1(update).map_err(|error| format!("unreadable: {error}"))?;
        Ok(Self {
            items: update.insertions(true),
            deleted: update.delete_set().clone(),
        })
    }

    pub(super) fn add(&mut self, more: &Self) {
        self.items.merge_with(more.items.clone());
        self.deleted.merge_with(more.deleted.clone());
    }

    /// Whether some of it comes after something of the other by the same client, or deletes that.
    pub(super) fn follows(&self, other: &Self) -> bool {
        let comes_after = |ours: &IdSet| {
            ours.client_ids().any(|client| {
                let last = ours.get(&client).and_then(|it| it.iter().last());
                let first = other.items.get(&client).and_then(|it| it.iter().next());
                let both = last.zip(first);
                both.is_some_and(|(last, first)| last.0.end > first.0.start)
            })
        };
        comes_after(&self.items) || comes_after(&self.deleted)
    }

    /// What of it the other lacks.
    pub(super) fn beyond(&self, other: &Self) -> Option<String> {
        let lacks = |ours: &IdSet, theirs: &IdSet, word: &str| {
            ours.client_ids().find_map(|client| {
                let (wanted, known) = (ours.get(&client)?, theirs.get(&client));
                let is_known = known.is_some_and(|known| wanted.subset_of(known));
                let is_there = is_known || wanted.is_empty();
                (!is_there).then(|| format!("{word} of {client}: {wanted:?}, known {known:?}"))
            })
        };
        lacks(&self.items, &other.items, "items")
            .or_else(|| lacks(&self.deleted, &other.deleted, "deletions"))
    }
}
