//! The gate as a whole: honest, hostile and random input, with yrs behind it.

mod chance;
mod craft;
mod honest;
mod hostile;
mod merged;
mod ownership;
mod random;
mod support;
