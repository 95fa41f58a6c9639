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
    let [found] = measure_each(rounds, || [figure()], || [floor()], || [same_floor()]);
    found
}

/// The same of several figures that one measurement gives.
pub(crate) fn measure_each<const N: usize>(
    rounds: usize,
    mut figures: impl FnMut() -> [f64; N],
    mut floors: impl FnMut() -> [f64; N],
    mut same_floors: impl FnMut() -> [f64; N],
) -> [Found; N] {
    // Whatever is cold at first is nobody's.
    figures();
    floors();
    same_floors();
    let noise: Vec<_> = (0..rounds).map(|round| pair(round, &mut floors, &mut same_floors)).collect();
    let pairs: Vec<_> = (0..rounds).map(|round| pair(round, &mut figures, &mut floors)).collect();
    std::array::from_fn(|which| {
        let of = |pairs: &[([f64; N], [f64; N])]| -> Vec<_> {
            pairs.iter().map(|(one, other)| (one[which], other[which])).collect()
        };
        let (pairs, noise) = (of(&pairs), of(&noise));
        let (figures, floors): (Vec<_>, Vec<_>) = pairs.iter().copied().unzip();
        Found {
            figure: median(&figures),
            floor: median(&floors),
            ratio: Ratio::of(&pairs),
            noise: Ratio::of(&noise),
        }
    })
}

fn pair<T>(round: usize, one: &mut impl FnMut() -> T, other: &mut impl FnMut() -> T) -> (T, T) {
    if round.is_multiple_of(2) {
        let first = one();
        (first, other())
    } else {
        let first = other();
        (one(), first)
    }
}
