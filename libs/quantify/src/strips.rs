//! Exact draws from a bounded density with one peak: rejection from narrow strips (after Ahrens, 1995).
//!
//! Strips of equal area lie over the density, side by side from the peak outwards. One uniform chooses a strip and a height in it. Below
//! the lowest value of the density in the strip every point is accepted, and the height is used again as the place; that is all
//! but one or two draws in a hundred.

use crate::stream::Stream;

/// Strips over the area of the density; a few more reach beyond it.
const STRIPS: f64 = 512.0;
/// A density with thinner tails than these strips show is cut where there is nothing of it left.
const MOST: usize = 4_096;

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Strip {
    /// The end near the peak.
    near: f64,
    /// Lowest value of the density in the strip, as a part of the highest.
    ratio: f64,
    /// Width ÷ ratio, away from the peak; the width itself where the ratio is 0.
    stretched: f64,
}

/// Beta(α, β) with both at least 1, on 0 to 1.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Strips {
    alpha: f64,
    beta: f64,
    mode: f64,
    /// The logarithm of the density at its peak, without its constant.
    log_peak: f64,
    strips: Vec<Strip>,
    /// The density at the near end of each strip: seldom looked at, so kept apart.
    highest: Vec<f64>,
}

impl Strips {
    /// The density has a bound, and a peak to begin at.
    pub(crate) fn serve(alpha: f64, beta: f64) -> bool {
        alpha >= 1.0 && beta >= 1.0 && alpha + beta > 2.000_1 && alpha + beta < 1e4
    }

    /// Nothing if they do not serve.
    pub(crate) fn beta(alpha: f64, beta: f64) -> Option<Self> {
        if !Self::serve(alpha, beta) {
            return None;
        }
        let mode = (alpha - 1.0) / (alpha + beta - 2.0);
        let log_peak = log_density(alpha, beta, mode);
        let mut made = Self { alpha, beta, mode, log_peak, strips: Vec::new(), highest: Vec::new() };
        // The area under the density whose peak is 1.
        let log_area = libm::lgamma(alpha) + libm::lgamma(beta) - libm::lgamma(alpha + beta) - log_peak;
        let area = libm::exp(log_area) / STRIPS;
        for (end, sign) in [(1.0, 1.0), (0.0, -1.0)] {
            made.outwards(end, sign * area);
        }
        (made.strips.len() < MOST && area.is_finite() && area > 0.0).then_some(made)
    }

    // Strips from the peak to an end, on which the density falls. All have one area, the last included: what reaches out of 0 to 1
    // lies over nothing, and is drawn again.
    fn outwards(&mut self, end: f64, area: f64) {
        let (mut near, mut highest) = (self.mode, 1.0);
        while (end - near) * area > 0.0 && self.strips.len() < MOST {
            let width = area / highest;
            let lowest = self.density(near + width);
            let ratio = lowest / highest;
            let stretched = if ratio > 0.0 { width / ratio } else { width };
            self.strips.push(Strip { near, ratio, stretched });
            self.highest.push(highest);
            (near, highest) = (near + width, lowest);
        }
    }

    // The density as a part of its peak.
    fn density(&self, x: f64) -> f64 {
        if !(0.0..=1.0).contains(&x) {
            return 0.0;
        }
        libm::exp(log_density(self.alpha, self.beta, x) - self.log_peak).min(1.0)
    }

    /// low + range × a draw, for each place.
    pub(crate) fn fill(&self, low: f64, range: f64, stream: &mut Stream, out: &mut [f64]) {
        for place in out {
            let (at, strip, height) = self.choose(stream);
            let x = if height < strip.ratio {
                strip.near + strip.stretched * height
            } else {
                self.seldom(at, strip, height, stream)
            };
            *place = low + range * x;
        }
    }

    // One word: which strip is its whole part after scaling, the height what is left.
    #[inline]
    fn choose(&self, stream: &mut Stream) -> (usize, Strip, f64) {
        let scaled = u128::from(stream.bits()) * self.strips.len() as u128;
        let at = (scaled >> 64) as usize;
        let strip = self.strips.get(at).copied().unwrap_or_default();
        (at, strip, ((scaled as u64) >> 11) as f64 * (1.0 / (1_u64 << 53) as f64))
    }

    #[cold]
    #[inline(never)]
    fn seldom(&self, mut at: usize, mut strip: Strip, mut height: f64, stream: &mut Stream) -> f64 {
        loop {
            let width = if strip.ratio > 0.0 { strip.stretched * strip.ratio } else { strip.stretched };
            let way = stream.uniform();
            let x = strip.near + width * way;
            // The logarithm of the density is concave, so the density is at least highest · ratio^way, and that at least this.
            if height * strip.ratio < strip.ratio - way * (1.0 - strip.ratio)
                || height * self.highest.get(at).copied().unwrap_or(1.0) < self.density(x)
            {
                return x;
            }
            (at, strip, height) = self.choose(stream);
            if height < strip.ratio {
                return strip.near + strip.stretched * height;
            }
        }
    }
}

// Without its constant.
fn log_density(alpha: f64, beta: f64, x: f64) -> f64 {
    let part = |shape: f64, x: f64| if shape > 1.0 { (shape - 1.0) * libm::log(x) } else { 0.0 };
    part(alpha, x) + part(beta, 1.0 - x)
}
