//! From the start of the process to its first answer.

use crate::{
    by_turns,
    figures::{Goal, Row},
    program::{self, Stage},
};

pub(crate) fn measure(stage: &Stage, rounds: usize) -> Vec<Row> {
    let floor = || program::floor(None, None).start.as_secs_f64();
    let figure = || stage.handler(None).start.as_secs_f64();
    // A start is short.
    let found = by_turns::measure(3 * rounds, figure, floor, floor);
    let ms = |seconds: f64| format!("{:.1} ms", seconds * 1e3);
    vec![Row {
        what: "process start to the first answer".to_owned(),
        figure: ms(found.figure),
        floor: format!("{} (bare warp)", ms(found.floor)),
        ratio: Some(found.ratio),
        noise: Some(found.noise),
        goal: Goal::AtMost(3.0),
    }]
}
