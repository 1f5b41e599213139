//! Many measurements of one thing.

use serde::{Deserialize, Serialize};

/// The middle of the measurements, and where most of them lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Half of them are below.
    pub median: f64,
    /// A tenth of them is below.
    pub low: f64,
    /// A tenth of them is above.
    pub high: f64,
}

impl Spread {
    /// Of any number of measurements; all zero of none.
    pub fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |share: usize| {
            let index = values.len().saturating_sub(1) * share / 100;
            values.get(index).copied().unwrap_or_default()
        };
        Self {
            median: at(50),
            low: at(10),
            high: at(90),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_found_in_any_order() {
        let spread = Spread::of((0..=100).rev().map(f64::from).collect());
        assert_eq!((spread.low, spread.median, spread.high), (10.0, 50.0, 90.0));
        assert_eq!(Spread::of(Vec::new()), Spread::default());
    }
}
