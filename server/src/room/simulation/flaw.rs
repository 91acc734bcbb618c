//! What is broken on purpose, so that the checks are seen to fail.

/// Something that does not keep its rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Flaw {
    #[default]
    None,
    /// The log says that entries are kept which are not.
    LosesEntries,
    /// A retried append is a second entry.
    ForgetsKeys,
    /// A snapshot replaces any other.
    TakesAnySnapshot,
    /// Who is behind the trim gets what is left.
    SkipsSilently,
    /// The room takes what someone shows in the name of another.
    TrustsNames,
    /// The room does not hear who leaves.
    IgnoresLeaving,
}
