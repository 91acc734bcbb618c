//! The columns of the drawing: a current touchpoint with the desired one that comes from it.

use crate::board::reading::{Board, Phase, Touchpoint};
use crate::board::words::Layer;

/// A column; both layers are absent in a phase without touchpoints (B4).
pub(super) struct Column<'a> {
    pub phase: &'a Phase,
    pub current: Option<&'a Touchpoint>,
    pub desired: Option<&'a Touchpoint>,
}

impl<'a> Column<'a> {
    pub(super) fn touchpoint(&self, layer: Layer) -> Option<&'a Touchpoint> {
        match layer {
            Layer::Current => self.current,
            Layer::Desired => self.desired,
        }
    }
}

/// The columns of all phases, in order.
pub(super) fn columns(board: &Board) -> Vec<Column<'_>> {
    board.phases.iter().flat_map(columns_of).collect()
}

fn columns_of(phase: &Phase) -> Vec<Column<'_>> {
    let mut columns: Vec<Column<'_>> = phase
        .current
        .iter()
        .map(|touchpoint| Column {
            phase,
            current: Some(touchpoint),
            desired: None,
        })
        .collect();
    // A new touchpoint stands after the desired one before it.
    let mut after = 0;
    for touchpoint in &phase.desired {
        let origin = touchpoint.origin.as_deref();
        let beside = columns.iter().position(|column| {
            let current = column.current.map(|it| it.id.as_str());
            column.desired.is_none() && current.is_some() && current == origin
        });
        let place = beside.unwrap_or(after);
        if beside.is_none() {
            let column = Column {
                phase,
                current: None,
                desired: None,
            };
            columns.insert(place, column);
        }
        columns[place].desired = Some(touchpoint);
        after = after.max(place + 1);
    }
    if columns.is_empty() {
        columns.push(Column {
            phase,
            current: None,
            desired: None,
        });
    }
    columns
}
