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

    /// Both positions less what controls take off them, from the inherent ones.
    pub(super) fn both_lowered(&mut self, from: (i32, i32), least: i32, reductions: &[Reduction]) -> (i32, i32) {
        self.add("likelihood", from.0, "inherent", "");
        let likelihood = self.lowered("likelihood", from.0, least, Axis::Likelihood, reductions);
        (likelihood, self.consequence_lowered(from.1, least, reductions))
    }

    /// The position of consequence less what controls take off it, told where one takes off something.
    pub(super) fn consequence_lowered(&mut self, from: i32, least: i32, reductions: &[Reduction]) -> i32 {
        self.add("consequence", from, "inherent", "");
        self.lowered("consequence", from, least, Axis::Consequence, reductions)
    }

    /// A position less what controls take off it, never below `least`. What a control does is told once, with likelihood.
    pub(super) fn lowered(&mut self, what: &str, from: i32, least: i32, axis: Axis, reductions: &[Reduction]) -> i32 {
        let mut position = from;
        for one in reductions {
            let (steps, note) = match axis {
                Axis::Likelihood => (one.steps.0, one.note.as_str()),
                Axis::Consequence => (one.steps.1, ""),
            };
            if steps == 0 && matches!(axis, Axis::Consequence) {
                continue;
            }
            let next = position.saturating_sub(steps).max(least);
            self.add(what, next.saturating_sub(position), &one.origin, note);
            position = next;
        }
        position
    }

    /// Both positions as low as the treatments aim at.
    pub(super) fn both_aimed(&mut self, from: (i32, i32), least: i32, targets: &[Target]) -> (i32, i32) {
        self.add("likelihood", from.0, "current", "");
        let likelihood = self.aimed("likelihood", from.0, least, Axis::Likelihood, targets);
        self.add("consequence", from.1, "current", "");
        (likelihood, self.aimed("consequence", from.1, least, Axis::Consequence, targets))
    }

    /// A position as low as the treatments aim at, never below `least` and never higher than it was.
    fn aimed(&mut self, what: &str, from: i32, least: i32, axis: Axis, targets: &[Target]) -> i32 {
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
