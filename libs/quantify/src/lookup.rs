//! Which of several outcomes, by inverting their cumulative probabilities.

use crate::stream::Stream;

/// Outcomes 0, 1, 2, … with given weights. One word a draw, and monotone in it: neighbouring weights give neighbouring draws.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Lookup {
    /// In units of 2⁻⁶⁴; the last outcome has no end.
    cumulative: Vec<u64>,
    /// For each equal part of the words, the first outcome it can be.
    guide: Vec<u32>,
    shift: u32,
}

impl Lookup {
    /// From weights that are not negative and do not sum to 0; at most 2³² of them.
    pub(crate) fn new(weights: &[f64]) -> Self {
        let total: f64 = weights.iter().sum();
        let mut sum = 0.0;
        let ends = weights.iter().map(|weight| {
            sum += weight;
            // Saturates at the last.
            (sum / total * 18_446_744_073_709_551_616.0) as u64
        });
        let mut cumulative: Vec<u64> = ends.collect();
        cumulative.pop();
        let bits = (weights.len() * 4).next_power_of_two().clamp(1 << 10, 1 << 16).trailing_zeros();
        let shift = 64 - bits;
        let mut at = 0_usize;
        let guide = (0..1_u64 << bits).map(|cell| {
            while cumulative.get(at).is_some_and(|&end| end <= cell << shift) {
                at += 1;
            }
            at as u32
        });
        let guide = guide.collect();
        Self { cumulative, guide, shift }
    }

    #[inline]
    pub(crate) fn draw(&self, stream: &mut Stream) -> usize {
        let word = stream.bits();
        let mut at = self.guide.get((word >> self.shift) as usize).copied().unwrap_or_default() as usize;
        while self.cumulative.get(at).is_some_and(|&end| end <= word) {
            at += 1;
        }
        at
    }
}
