//! A cell of a matrix of likelihood and consequence (ISO/IEC 27005). Pure.

use wire::risk::v1::risk_criteria::MatrixRow;

use super::steps::Told;
use super::{Inputs, dimensions};

/// What is wrong with a matrix: places from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsound {
    /// There are so many rows, and there should be so many.
    Rows(usize, usize),
    /// This row has so many cells, and there should be so many.
    Cells(usize, usize, usize),
    /// This cell has a level that is none.
    Level(usize, usize),
    /// This cell is lower than the one to the left of it.
    FallsRight(usize, usize),
    /// This cell is lower than the one above it.
    FallsDown(usize, usize),
}

/// The level at a position of likelihood and one of consequence, both from 1.
#[must_use]
pub fn level_of(rows: &[MatrixRow], likelihood: i32, consequence: i32) -> Option<i32> {
    let at = |position: i32| usize::try_from(position).ok()?.checked_sub(1);
    rows.get(at(likelihood)?)?.levels.get(at(consequence)?).copied()
}

/// Whether a matrix has a level in every cell, and none that falls where likelihood or consequence rises.
///
/// # Errors
/// The first thing that is wrong, row by row.
pub fn sound(rows: &[MatrixRow], likelihoods: usize, consequences: usize, levels: usize) -> Result<(), Unsound> {
    if rows.len() != likelihoods {
        return Err(Unsound::Rows(rows.len(), likelihoods));
    }
    let mut above: Option<&MatrixRow> = None;
    for (row, number) in rows.iter().zip(1..) {
        if row.levels.len() != consequences {
            return Err(Unsound::Cells(number, row.levels.len(), consequences));
        }
        let mut left = i32::MIN;
        for (at, (level, place)) in row.levels.iter().zip(1..).enumerate() {
            if !usize::try_from(*level).is_ok_and(|level| level < levels) {
                return Err(Unsound::Level(number, place));
            }
            if *level < left {
                return Err(Unsound::FallsRight(number, place));
            }
            if above.and_then(|above| above.levels.get(at)).is_some_and(|above| level < above) {
                return Err(Unsound::FallsDown(number, place));
            }
            left = *level;
        }
        above = Some(row);
    }
    Ok(())
}

/// The two positions.
pub(super) fn inherent(inputs: &Inputs, told: &mut Told) -> (i32, i32) {
    told.add("likelihood", inputs.likelihood, "likelihood", "");
    // The first of the worst.
    let mut worst = ("", 0);
    for (name, position) in dimensions(&inputs.consequences) {
        if position > worst.1 {
            worst = (name, position);
        }
    }
    told.add("consequence", worst.1, &format!("consequences.{}", worst.0), "the worst one counts");
    (inputs.likelihood, worst.1)
}
