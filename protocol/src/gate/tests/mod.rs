//! The gate as a whole: honest, hostile and random input, with yrs behind it.

mod asking;
mod blocks;
mod costs;
mod fields;
mod honest;
mod hostile;
mod merged;
mod odd;
mod ownership;
mod random;

use crate::testing::craft;
