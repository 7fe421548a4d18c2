//! The curve as text, for terminals.

use std::fmt::Write as _;

use super::Curve;

/// Probabilities of exceedance that are shown, in percent.
const ROWS: [f64; 10] = [90.0, 75.0, 50.0, 25.0, 10.0, 5.0, 2.0, 1.0, 0.5, 0.1];
const BAR: f64 = 40.0;

/// A line for each of some probabilities: the loss that is exceeded with it, and a bar on a logarithmic axis. A point of the
/// appetite line (loss, probability of more) is a `|` in the rows up to its probability, `!` where the loss lies beyond it.
#[must_use]
pub fn plain_curve(curve: &Curve, appetite: &[(f64, f64)]) -> String {
    let losses: Vec<(f64, f64)> = ROWS.iter().filter_map(|&row| Some((row, at(curve, row / 100.0)?))).collect();
    let shown = losses.iter().map(|(_, loss)| *loss).chain(appetite.iter().map(|(loss, _)| *loss));
    let (least, most) = shown
        .filter(|loss| *loss > 0.0)
        .fold((f64::INFINITY, 0.0_f64), |(least, most), loss| (least.min(loss), most.max(loss)));
    let column = |loss: f64| {
        if loss <= 0.0 || least >= most {
            return if loss > 0.0 { BAR } else { 0.0 };
        }
        1.0 + (BAR - 1.0) * libm::log(loss / least) / libm::log(most / least)
    };
    let mut text = String::from("more than        in a year\n");
    for (row, loss) in losses {
        let bearable = appetite.iter().find(|(_, probability)| *probability * 100.0 <= row).map(|(loss, _)| *loss);
        let bar = column(loss) as usize;
        let mut cells: Vec<char> = std::iter::repeat_n('█', bar).collect();
        if let Some(bearable) = bearable {
            let mark = (column(bearable) as usize).max(1);
            cells.resize(cells.len().max(mark), ' ');
            if let Some(cell) = cells.get_mut(mark - 1) {
                *cell = if loss > bearable { '!' } else { '|' };
            }
        }
        // Writing to a string does not fail.
        let _ = writeln!(text, "{:>16} {row:>5} % {}", grouped(loss), cells.into_iter().collect::<String>());
    }
    text
}

// The loss that is exceeded with a probability; nothing beyond the end of the curve.
fn at(curve: &Curve, probability: f64) -> Option<f64> {
    let first = curve.exceedance.iter().find(|point| point.probability <= probability + 1e-12);
    first.map(|point| point.loss)
}

// Whole units, in groups of three.
fn grouped(amount: f64) -> String {
    let digits = format!("{amount:.0}");
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    grouped
}
