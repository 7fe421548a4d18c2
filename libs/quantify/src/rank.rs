//! Rank correlation of annual losses: a Gaussian copula by reordering (after Iman and Conover, 1982).
//!
//! Each correlated scenario is given one normal score a year, the scores having the correlation that belongs to the rank
//! correlation asked for. The scenario's years are then put into the order of its scores: the year with the k-th smallest score
//! gets the k-th smallest loss. A year moves as a whole, with its payouts and its what-ifs, so that every figure of the scenario by
//! itself stays the same to the bit.

use rayon::prelude::*;

use crate::{block::BLOCK, model::Correlation, normal::Ziggurat, stream::Key};

/// Pearson's correlation of two normals whose Spearman rank correlation is `rank`: 2 sin(π ρ ÷ 6).
pub(crate) fn pearson(rank: f64) -> f64 {
    2.0 * libm::sin(std::f64::consts::PI * rank / 6.0)
}

/// The lower triangle L of L·Lᵀ = `matrix`, unless it is not positive definite.
pub(crate) fn cholesky(matrix: &[Vec<f64>]) -> Option<Vec<Vec<f64>>> {
    let mut lower: Vec<Vec<f64>> = Vec::with_capacity(matrix.len());
    for (at, row) in matrix.iter().enumerate() {
        let mut made: Vec<f64> = Vec::with_capacity(at + 1);
        for (before, &entry) in lower.iter().zip(row) {
            let known: f64 = before.iter().zip(&made).map(|(x, y)| x * y).sum();
            let pivot = before.last()?;
            made.push((entry - known) / pivot);
        }
        let rest = row.get(at)? - made.iter().map(|x| x * x).sum::<f64>();
        if rest.is_nan() || rest <= 1e-10 {
            return None;
        }
        made.push(libm::sqrt(rest));
        lower.push(made);
    }
    Some(lower)
}

/// The scores of each member, one a year. `ids` are those of the members, in their order.
pub(crate) fn scores(correlation: &Correlation, ids: &[&str], seed: u64, years: usize) -> Vec<Vec<f32>> {
    let keys: Vec<Key> = ids.iter().map(|id| Key::new(seed, id).purpose("correlation")).collect();
    let mut scores: Vec<Vec<f32>> = ids.iter().map(|_| vec![0.0; years]).collect();
    let mut blocks: Vec<Vec<&mut [f32]>> = Vec::new();
    for column in &mut scores {
        for (block, part) in column.chunks_mut(BLOCK).enumerate() {
            if block == blocks.len() {
                blocks.push(Vec::with_capacity(ids.len()));
            }
            if let Some(parts) = blocks.get_mut(block) {
                parts.push(part);
            }
        }
    }
    blocks.into_par_iter().enumerate().for_each(|(block, mut parts)| {
        let years = parts.first().map_or(0, |part| part.len());
        let independent: Vec<Vec<f64>> = keys
            .iter()
            .map(|key| {
                let mut drawn = vec![0.0; years];
                Ziggurat::get().fill(&mut key.block(block as u64), &mut drawn);
                drawn
            })
            .collect();
        let mut sum = vec![0.0; years];
        for (part, row) in parts.iter_mut().zip(&correlation.factor) {
            sum.fill(0.0);
            for (weight, drawn) in row.iter().zip(&independent).filter(|(weight, _)| **weight != 0.0) {
                for (sum, drawn) in sum.iter_mut().zip(drawn) {
                    *sum += weight * drawn;
                }
            }
            for (place, sum) in part.iter_mut().zip(&sum) {
                *place = *sum as f32;
            }
        }
    });
    scores
}

/// For each year, the year whose loss it is given.
pub(crate) fn order(losses: &[f64], scores: &[f32]) -> Vec<u32> {
    let mut by_loss: Vec<(u64, u32)> = losses.iter().zip(0..).map(|(loss, year)| (loss.to_bits(), year)).collect();
    by_loss.par_sort_unstable();
    let mut by_score: Vec<u64> =
        scores.iter().zip(0_u64..).map(|(score, year)| (rising(*score) << 32) | year).collect();
    by_score.par_sort_unstable();
    let mut order = vec![0; losses.len()];
    for ((_, from), score) in by_loss.iter().zip(&by_score) {
        if let Some(place) = order.get_mut((score & 0xffff_ffff) as usize) {
            *place = *from;
        }
    }
    order
}

// Bits that rise with the number.
fn rising(score: f32) -> u64 {
    let bits = score.to_bits();
    u64::from(if bits >> 31 == 1 { !bits } else { bits | (1 << 31) })
}

/// The values in the order found by [`order`].
pub(crate) fn reorder(values: &mut Vec<f64>, order: &[u32]) {
    let moved = order.iter().map(|&from| values.get(from as usize).copied().unwrap_or_default()).collect();
    *values = moved;
}
