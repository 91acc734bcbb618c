//! What an update does, and where.

/// One thing that an update does to one place of the document, known before it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Touch<'a> {
    /// The name of the root and the keys below it: `["notes", id, "text"]`.
    ///
    /// Empty for what has no place any more: content of something that was deleted.
    pub path: &'a [&'a str],
    /// What is done there.
    pub action: Action,
}

/// What an update does to a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Puts content there: a value under a key, or text in a text.
    Insert,
    /// Takes content away.
    Delete,
}
