//! The gate as a whole: honest, hostile and random input, with yrs behind it.

mod honest;
mod support;
