//! A board as files for other programs, where the rules of `protocol` leave a form to choose.
//! JSON and SVG come from there whole.

pub mod csv;
