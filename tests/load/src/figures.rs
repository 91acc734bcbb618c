//! What a measurement tells: named figures, in the order of the table.

use serde::Serialize;

/// One named number.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// Its column.
    pub name: &'static str,
    /// Absent where it means nothing for this server.
    pub value: Option<f64>,
}

/// The figures of one run; the first is the one that servers are compared by.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Figures(pub Vec<Figure>);

impl Figures {
    /// Adds a figure.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Option<f64>>) -> Self {
        let value = value.into();
        self.0.push(Figure { name, value });
        self
    }

    /// The figure that servers are compared by.
    pub fn first(&self) -> f64 {
        let first = self.0.first().and_then(|figure| figure.value);
        first.unwrap_or(f64::NAN)
    }

    /// The run in the middle.
    pub fn middle(mut runs: Vec<Self>) -> Option<Self> {
        runs.sort_by(|a, b| a.first().total_cmp(&b.first()));
        let middle = runs.len() / 2;
        runs.into_iter().nth(middle)
    }
}

/// A number as a table shows it: three digits that count.
pub fn shown(value: Option<f64>) -> String {
    match value {
        None => "–".to_owned(),
        Some(value) if value.abs() >= 100.0 => format!("{value:.0}"),
        Some(value) if value.abs() >= 10.0 => format!("{value:.1}"),
        Some(value) => format!("{value:.2}"),
    }
}

/// Counts of a run are far below what a float holds exactly.
pub fn float(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_run_is_that_of_the_first_figure() {
        let run = |value: f64| Figures::default().with("cost", value).with("size", -value);

        let middle = Figures::middle(vec![run(3.0), run(1.0), run(2.0)]).unwrap();

        assert_eq!(shown(Some(middle.first())), "2.00");
    }
}
