//! Places in a JSON value, and faults found there.

use serde_json::Value;

use crate::board::journey::shape::step;
use crate::problem::Fault;

/// A value and where it stands.
pub(super) struct Place<'a> {
    pub pointer: String,
    pub value: &'a Value,
}

impl<'a> Place<'a> {
    pub(super) fn root(value: &'a Value) -> Self {
        Self {
            pointer: String::new(),
            value,
        }
    }

    pub(super) fn at(&self, name: &str) -> Option<Self> {
        let value = self.value.get(name)?;
        Some(Self {
            pointer: self.pointer.clone() + &step(name),
            value,
        })
    }

    pub(super) fn list(&self, name: &str) -> Vec<Self> {
        let Some(list) = self.at(name) else {
            return Vec::new();
        };
        let items = list.value.as_array().into_iter().flatten().enumerate();
        items
            .map(|(index, value)| Self {
                pointer: format!("{}/{index}", list.pointer),
                value,
            })
            .collect()
    }

    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.value.get(name)?.as_str()
    }

    pub(super) fn number(&self, name: &str) -> Option<f64> {
        self.value.get(name)?.as_f64()
    }
}

/// What was found so far.
#[derive(Default)]
pub(super) struct Faults {
    pub found: Vec<Fault>,
}

impl Faults {
    pub(super) fn add(&mut self, pointer: &str, detail: String) {
        self.found.push(Fault {
            pointer: pointer.to_owned(),
            detail,
        });
    }
}
