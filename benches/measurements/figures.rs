//! Rows of the table.

/// Of the table as it is printed and written.
pub(crate) const HEADING: &str =
    "| what | figure | floor | ratio | noise | goal | met |\n|---|---|---|---|---|---|---|";

/// A figure beside its floor.
pub(crate) struct Row {
    pub(crate) what: String,
    pub(crate) figure: String,
    pub(crate) floor: String,
    pub(crate) ratio: Option<Ratio>,
    /// The ratio of two floors that are the same.
    pub(crate) noise: Option<Ratio>,
    pub(crate) goal: Goal,
}

/// What is wanted.
pub(crate) enum Goal {
    AtMost(f64),
    AtLeast(f64),
    /// That many MiB, of this many.
    MebibytesAtMost(f64, f64),
    None,
}

/// The middle of many ratios, and between which two the true middle is, in 95 of 100 runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ratio {
    pub(crate) median: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Row {
    pub(crate) fn line(&self) -> String {
        let Self { what, figure, floor, .. } = self;
        let show = |ratio: &Option<Ratio>| {
            ratio.map_or_else(
                || "–".to_owned(),
                |Ratio { median, low, high }| format!("{median:.2} ({low:.2}–{high:.2})"),
            )
        };
        let goal = match self.goal {
            Goal::AtMost(most) => format!("≤ {most} ×"),
            Goal::AtLeast(least) => format!("≥ {least} ×"),
            Goal::MebibytesAtMost(most, _) => format!("≤ {most:.0} MiB"),
            Goal::None => "–".to_owned(),
        };
        format!(
            "| {what} | {figure} | {floor} | {} | {} | {goal} | {} |",
            show(&self.ratio),
            show(&self.noise),
            self.met()
        )
    }

    /// By the whole interval, so that noise claims nothing.
    fn met(&self) -> &'static str {
        let verdict = |worst: bool, best: bool| match (worst, best) {
            (true, _) => "yes",
            (false, true) => "within the noise",
            (false, false) => "no",
        };
        match (&self.goal, &self.ratio) {
            (Goal::AtMost(most), Some(ratio)) => verdict(ratio.high <= *most, ratio.low <= *most),
            (Goal::AtLeast(least), Some(ratio)) => verdict(ratio.low >= *least, ratio.high >= *least),
            (Goal::MebibytesAtMost(most, found), _) => verdict(found <= most, found <= most),
            _ => "–",
        }
    }
}

/// The median.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { f64::midpoint(sorted[middle - 1], sorted[middle]) }
}

impl Ratio {
    /// Of pairs that were measured one after the other. The interval is that of order statistics, which assumes nothing of how
    /// the values are spread.
    #[expect(clippy::cast_precision_loss, reason = "as few as rounds are")]
    pub(crate) fn of(pairs: &[(f64, f64)]) -> Self {
        let mut ratios: Vec<_> = pairs.iter().map(|(figure, floor)| figure / floor).collect();
        ratios.sort_by(f64::total_cmp);
        let count = ratios.len() as f64;
        // The binomial's normal approximation; with few values the interval is all of them.
        let reach = (0.98 * count.sqrt()).ceil() + 1.0;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank")]
        let low = (count / 2.0 - reach).max(0.0) as usize;
        Self { median: median(&ratios), low: ratios[low], high: ratios[ratios.len() - 1 - low] }
    }
}
