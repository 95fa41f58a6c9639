//! Two things measured by turns, so that whatever else the machine does meets both.

use crate::figures::{Ratio, median};

/// What came of it: medians of figure and floor, their ratio, and that of the floor with itself.
pub(crate) struct Found {
    pub(crate) figure: f64,
    pub(crate) floor: f64,
    pub(crate) ratio: Ratio,
    pub(crate) noise: Ratio,
}

/// Measures the floor against itself, then the figure against the floor. Each comes first every other time.
pub(crate) fn measure(
    rounds: usize,
    mut figure: impl FnMut() -> f64,
    mut floor: impl FnMut() -> f64,
    mut same_floor: impl FnMut() -> f64,
) -> Found {
    // Whatever is cold at first is nobody's.
    figure();
    floor();
    same_floor();
    let noise: Vec<_> = (0..rounds).map(|round| pair(round, &mut floor, &mut same_floor)).collect();
    let pairs: Vec<_> = (0..rounds).map(|round| pair(round, &mut figure, &mut floor)).collect();
    let of = |side: fn(&(f64, f64)) -> f64| median(&pairs.iter().map(side).collect::<Vec<_>>());
    Found {
        figure: of(|pair| pair.0),
        floor: of(|pair| pair.1),
        ratio: Ratio::of(&pairs),
        noise: Ratio::of(&noise),
    }
}

fn pair(round: usize, one: &mut impl FnMut() -> f64, other: &mut impl FnMut() -> f64) -> (f64, f64) {
    if round.is_multiple_of(2) {
        let first = one();
        (first, other())
    } else {
        let first = other();
        (one(), first)
    }
}
