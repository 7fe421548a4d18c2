//! Which of several outcomes, by inverting their cumulative probabilities.

use crate::stream::Stream;

/// Outcomes 0, 1, 2, … with given weights. One uniform a draw, and monotone in it: neighbouring weights give neighbouring draws.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Lookup {
    cumulative: Vec<f64>,
    /// For each equal part of [0, 1), the first outcome it can be.
    guide: Vec<u32>,
}

impl Lookup {
    /// From weights that are not negative and do not sum to 0; at most 2³² of them.
    pub(crate) fn new(weights: &[f64]) -> Self {
        let total: f64 = weights.iter().sum();
        let mut sum = 0.0;
        let mut cumulative: Vec<f64> = weights
            .iter()
            .map(|weight| {
                sum += weight;
                sum / total
            })
            .collect();
        if let Some(last) = cumulative.last_mut() {
            *last = 1.0;
        }
        let cells = (weights.len() * 4).next_power_of_two().clamp(1 << 10, 1 << 16);
        let mut at = 0_usize;
        let guide = (0..cells).map(|cell| {
            let from = cell as f64 / cells as f64;
            while cumulative.get(at).is_some_and(|&below| below <= from) {
                at += 1;
            }
            at as u32
        });
        let guide = guide.collect();
        Self { cumulative, guide }
    }

    #[inline]
    pub(crate) fn draw(&self, stream: &mut Stream) -> usize {
        self.find(stream.uniform())
    }

    /// The outcome at `u` in [0, 1).
    #[inline]
    pub(crate) fn find(&self, u: f64) -> usize {
        let cell = (u * self.guide.len() as f64) as usize;
        let mut at = self.guide.get(cell).copied().unwrap_or_default() as usize;
        while self.cumulative.get(at).is_some_and(|&below| below <= u) {
            at += 1;
        }
        at
    }
}
