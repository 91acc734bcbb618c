//! The strict, bounded reader that stands before the document.
