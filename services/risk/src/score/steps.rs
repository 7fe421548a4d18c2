//! How a calculation is told, and what lowers a position. Pure.

use wire::risk::v1::risk::Step;

use super::{Reduction, Target};

/// The steps of a calculation, in order.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) steps: Vec<Step>,
}

/// Which of two axes.
#[derive(Clone, Copy)]
pub(super) enum Axis {
    Likelihood,
    Consequence,
}

impl Told {
    pub(super) fn add(&mut self, what: &str, value: i32, origin: &str, note: &str) {
        let (what, origin, note) = (what.to_owned(), origin.to_owned(), note.to_owned());
        self.steps.push(Step { what, value, origin, note });
    }

    /// A position less what controls take off it, never below `least`.
    pub(super) fn lowered(&mut self, what: &str, from: i32, least: i32, axis: Axis, reductions: &[Reduction]) -> i32 {
        let mut position = from;
        for one in reductions {
            let (steps, asked) = match axis {
                Axis::Likelihood => (one.steps.0, one.note.as_str()),
                Axis::Consequence => (one.steps.1, one.note.as_str()),
            };
            if steps == 0 && matches!(axis, Axis::Consequence) {
                continue;
            }
            let next = position.saturating_sub(steps).max(least);
            self.add(what, next.saturating_sub(position), &one.origin, asked);
            position = next;
        }
        position
    }

    /// A position as low as the treatments aim at, never below `least` and never higher than it was.
    pub(super) fn aimed(&mut self, what: &str, from: i32, least: i32, axis: Axis, targets: &[Target]) -> i32 {
        let aim = |target: &Target| match axis {
            Axis::Likelihood => target.likelihood,
            Axis::Consequence => target.consequence,
        };
        let lowest = targets.iter().filter(|target| aim(target) > 0).min_by_key(|target| aim(target));
        let Some(target) = lowest.filter(|target| aim(target).max(least) < from) else { return from };
        let position = aim(target).max(least);
        self.add(what, position, &target.origin, "what the treatment aims at");
        position
    }
}

/// How many of a number of steps a control takes that is effective to this degree, 0 to 1: rounded down, since what is not shown to work does not
/// count.
#[must_use]
pub fn floored(steps: i32, effectiveness: f64) -> i32 {
    // A score that is a product of fractions may fall short of a whole number by its last digit.
    const LAST_DIGIT: f64 = 1e-9;
    let taken = (f64::from(steps) * effectiveness.clamp(0.0, 1.0) + LAST_DIGIT).floor();
    (0..=steps).rev().find(|whole| f64::from(*whole) <= taken).unwrap_or_default()
}
