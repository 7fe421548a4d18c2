//! Exact draws from a bounded density with one peak: rejection from narrow strips (after Ahrens, 1995).
//!
//! Strips of equal area lie over the density, side by side from the peak outwards. One uniform chooses a strip and a height in it. Below
//! the lowest value of the density in the strip every point is accepted, and the height is used again as the place; that is all
//! but one or two draws in a hundred. Those are made in lanes; what they leave out is drawn afterwards, one by one.

mod cut;
mod tables;

use crate::{lanes::Lanes, stream::Stream};

pub(crate) use tables::Tables;

/// Places for strips. A power of two, so that a masked index needs no check.
const SLOTS: usize = 1_024;
/// What lowest values are told in, as parts of the highest.
const PARTS: f64 = 65_536.0;
/// Draws that are made at a time.
const CHUNK: usize = 256;
/// Fewer draws are made one by one.
const FEW: usize = 96;

/// Beta(α, β) with both at least 1, on 0 to 1.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Strips {
    alpha: f64,
    beta: f64,
    /// The logarithm of the density at its peak, without its constant.
    log_peak: f64,
    table: Box<Table>,
    count: usize,
    /// The first strip on the lower side of the peak.
    turn: usize,
}

#[derive(Clone, Debug, PartialEq)]
struct Table {
    /// The end near the peak.
    near: [f64; SLOTS],
    /// In the last 16 bits the lowest value of the density in the strip, in parts of the highest, rounded down. As a number it is
    /// the width ÷ that, away from the peak, or the width itself where that is 0: right in its first 36 bits, and the others move no
    /// quantile by 10⁻¹³.
    packed: [u64; SLOTS],
    /// The density at the near end, where the peak has 1. Seldom looked at.
    highest: [f64; SLOTS],
}

impl Default for Table {
    fn default() -> Self {
        Self { near: [0.0; SLOTS], packed: [0; SLOTS], highest: [0.0; SLOTS] }
    }
}

/// A strip, and a place in it of 64 bits: the height, or what becomes of it.
#[derive(Clone, Copy)]
struct Chosen {
    at: usize,
    rest: u64,
}

impl Chosen {
    // The strip is the whole part of the word after scaling. 64 by 16 bits in two halves, for which processors have lanes.
    #[inline(always)]
    fn by(word: u64, count: usize) -> Self {
        let count = count as u64 & 0xffff;
        let low = (word & 0xffff_ffff) * count;
        let high = (word >> 32) * count + (low >> 32);
        Self { at: (high >> 32) as usize & (SLOTS - 1), rest: (high << 32) | (low & 0xffff_ffff) }
    }

    /// In [0, 1).
    #[inline(always)]
    fn height(self) -> f64 {
        f64::from_bits((self.rest >> 12) | 1.0_f64.to_bits()) - 1.0
    }

    /// Where it is, and whether it is accepted at once.
    #[inline(always)]
    #[expect(
        clippy::indexing_slicing,
        reason = "`at` is masked to the slots; `get` keeps the compiler from gathering in lanes"
    )]
    fn place(self, table: &Table) -> (f64, bool) {
        let packed = table.packed[self.at];
        (table.near[self.at] + f64::from_bits(packed) * self.height(), self.rest < packed << 48)
    }
}

impl Strips {
    /// low + range × a draw, for each place.
    pub(crate) fn fill(&self, low: f64, range: f64, stream: &mut Stream, out: &mut [f64]) {
        if out.len() < FEW {
            for place in out {
                let chosen = Chosen::by(stream.bits(), self.count);
                let (x, accepted) = chosen.place(&self.table);
                *place = low + range * if accepted { x } else { self.seldom(chosen, stream) };
            }
            return;
        }
        let mut lanes = Lanes::new(stream);
        let mut words = [0; CHUNK];
        let (chunks, last) = out.as_chunks_mut::<CHUNK>();
        for drawn in chunks {
            self.chunk(low, range, (&mut lanes, stream), &mut words, drawn);
        }
        if !last.is_empty() {
            let mut drawn = [0.0; CHUNK];
            self.chunk(low, range, (&mut lanes, stream), &mut words, &mut drawn);
            last.copy_from_slice(drawn.get(..last.len()).unwrap_or_default());
        }
    }

    // Draws a chunk in lanes, then what was not accepted at once.
    fn chunk(
        &self,
        low: f64,
        range: f64,
        (lanes, stream): (&mut Lanes, &mut Stream),
        words: &mut [u64; CHUNK],
        drawn: &mut [f64; CHUNK],
    ) {
        let refused = pulp::Arch::new().dispatch(Draw { strips: self, low, range, lanes, words, drawn });
        // Two words of bits at a time: how many there are is what a processor cannot foresee.
        let parts = words.as_chunks::<128>().0.iter().zip(drawn.as_chunks_mut::<128>().0);
        for (&[low_bits, high_bits], (words, drawn)) in refused.as_chunks().0.iter().zip(parts) {
            let mut left = (u128::from(high_bits) << 64) | u128::from(low_bits);
            while left != 0 {
                let at = left.trailing_zeros() as usize;
                left &= left - 1;
                if let (Some(word), Some(place)) = (words.get(at), drawn.get_mut(at)) {
                    *place = low + range * self.seldom(Chosen::by(*word, self.count), stream);
                }
            }
        }
    }

    // For a height above the lowest value of the density.
    #[cold]
    #[inline(never)]
    fn seldom(&self, mut chosen: Chosen, stream: &mut Stream) -> f64 {
        let Table { near, packed, highest } = &*self.table;
        loop {
            let Chosen { at, .. } = chosen;
            let bits = packed.get(at).copied().unwrap_or_default();
            let (ratio, stretched) = ((bits & 0xffff) as f64 / PARTS, f64::from_bits(bits));
            let (height, way) = (chosen.height(), stream.uniform());
            let x = near.get(at).copied().unwrap_or_default()
                + way * if ratio > 0.0 { stretched * ratio } else { stretched };
            // The logarithm of the density is concave, so the density is at least highest · ratio^way, and that at least this.
            if height * ratio < ratio - way * (1.0 - ratio) {
                return x;
            }
            // And it falls at least as steeply as across the strip before, whose area is the same: a strip as wide as this one falls by
            // 1 ÷ ratio − 1 there.
            let before = if at == self.turn { None } else { at.checked_sub(1).and_then(|before| packed.get(before)) };
            let steep = before.map_or(0.0, |bits| way * (PARTS / ((bits & 0xffff) + 1) as f64 - 1.0));
            if height < 1.0 - steep + steep * steep / 2.0
                && height * highest.get(at).copied().unwrap_or(1.0) < self.density(x)
            {
                return x;
            }
            chosen = Chosen::by(stream.bits(), self.count);
            let (x, accepted) = chosen.place(&self.table);
            if accepted {
                return x;
            }
        }
    }
}

/// Draws a chunk; has a bit for each that was not accepted at once.
struct Draw<'a> {
    strips: &'a Strips,
    low: f64,
    range: f64,
    lanes: &'a mut Lanes,
    words: &'a mut [u64; CHUNK],
    drawn: &'a mut [f64; CHUNK],
}

impl pulp::NullaryFnOnce for Draw<'_> {
    type Output = [u64; CHUNK / 64];

    #[inline(always)]
    fn call(self) -> [u64; CHUNK / 64] {
        let Self { strips, low, range, lanes, words, drawn } = self;
        lanes.fill(words);
        place(low, range, strips.count, &strips.table, words, drawn);
        let mut refused = [0; CHUNK / 64];
        for (refused, drawn) in refused.iter_mut().zip(drawn.as_chunks::<64>().0) {
            *refused = drawn.iter().zip(0..).fold(0, |bits, (x, at)| bits | (u64::from(x.is_nan()) << at));
        }
        refused
    }
}

// What is not accepted at once is no number. A function of its own, so that the compiler knows its arguments to be apart.
#[inline(always)]
fn place(low: f64, range: f64, count: usize, table: &Table, words: &[u64; CHUNK], drawn: &mut [f64; CHUNK]) {
    for (place, word) in drawn.iter_mut().zip(words) {
        let (x, accepted) = Chosen::by(*word, count).place(table);
        *place = if accepted { low + range * x } else { f64::NAN };
    }
}

#[cfg(test)]
mod tests;
