//! Cutting the area under a beta density into strips.

use super::{PARTS, SLOTS, Strips, Table};
use crate::exponent::{exponential, logarithm};

/// Strips over the area of the density; a few more reach beyond it.
const STRIPS: f64 = 1_000.0;

/// The strips on one side of the peak, made outwards.
struct Side {
    /// Where the next one begins, and the density there.
    near: f64,
    highest: f64,
    /// How far it reaches, with the sign of the side.
    width: f64,
    end: f64,
}

impl Side {
    fn open(&self) -> bool {
        (self.end - self.near) * self.width > 0.0
    }
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
        let mode = ((alpha - 1.0) / (alpha + beta - 2.0)).min(1.0);
        let log_peak = log_density(alpha, beta, mode);
        // The area under the density whose peak is 1.
        let log_area = libm::lgamma(alpha) + libm::lgamma(beta) - libm::lgamma(alpha + beta) - log_peak;
        let area = libm::exp(log_area) / STRIPS;
        if !(area.is_finite() && area > 0.0) {
            return None;
        }
        let mut made = Self { alpha, beta, log_peak, table: Box::default(), count: 0, turn: 0 };
        made.cut(mode, area)?;
        Some(made)
    }

    // Strips from the peak to both ends, on which the density falls. All have one area, the last included: what reaches out of 0 to 1
    // lies over nothing, and is drawn again. A strip follows from the one before it on its side, so the two sides are made in turn: the
    // processor works on both. One is laid from the first slot up, the other from the last one down, then beside it.
    fn cut(&mut self, mode: f64, area: f64) -> Option<()> {
        let mut up = Side { near: mode, highest: 1.0, width: area, end: 1.0 };
        let mut down = Side { near: mode, highest: 1.0, width: -area, end: 0.0 };
        let (mut above, mut below) = (0, 0);
        while up.open() || down.open() {
            if above + below + 2 > SLOTS {
                return None;
            }
            if up.open() {
                self.strip(above, &mut up);
                above += 1;
            }
            if down.open() {
                self.strip(SLOTS - 1 - below, &mut down);
                below += 1;
            }
        }
        (self.count, self.turn) = (above + below, above);
        let Table { near, packed, highest } = &mut *self.table;
        beside(near, above, below);
        beside(packed, above, below);
        beside(highest, above, below);
        Some(())
    }

    #[inline(always)]
    fn strip(&mut self, slot: usize, side: &mut Side) {
        let Side { near, highest, width, .. } = *side;
        let (falls, rises) = self.quotient(near, highest, width);
        let parts = ((falls * PARTS) as u64).min(PARTS as u64 - 1);
        let stretched = if parts > 0 { width * PARTS / parts as f64 } else { width };
        let table = &mut *self.table;
        let places = (table.near.get_mut(slot), table.packed.get_mut(slot), table.highest.get_mut(slot));
        if let (Some(from), Some(packed), Some(peak)) = places {
            *from = near;
            *packed = (stretched.to_bits() & !(PARTS as u64 - 1)) | parts;
            *peak = highest;
        }
        side.near = near + width;
        side.highest = highest * falls;
        side.width = width * rises;
    }

    // The density a step beyond `x`, where it is known, divided by it; and the inverse of that. Where the two are near, logarithms of what
    // is near 1 serve: ln((x + step) ÷ x) = 2 artanh(step ÷ (2x + step)).
    #[inline(always)]
    fn quotient(&self, x: f64, density: f64, step: f64) -> (f64, f64) {
        let (up, down) = (step / (2.0 * x + step), -step / (2.0 * (1.0 - x) - step));
        let log = 2.0 * ((self.alpha - 1.0) * area_tangent(up) + (self.beta - 1.0) * area_tangent(down));
        if up.abs() < 0.05 && down.abs() < 0.05 && log.abs() < 0.05 {
            return exponential_both(log);
        }
        let quotient = self.density(x + step) / density;
        (quotient, 1.0 / quotient)
    }

    /// The density as a part of its peak.
    #[cold]
    #[inline(never)]
    pub(super) fn density(&self, x: f64) -> f64 {
        if !(0.0..=1.0).contains(&x) {
            return 0.0;
        }
        exponential(log_density(self.alpha, self.beta, x) - self.log_peak).min(1.0)
    }
}

// Those laid from the last slot down come beside the others, in the order they were made.
fn beside<T: Copy>(slots: &mut [T; SLOTS], above: usize, below: usize) {
    slots.copy_within(SLOTS - below.., above);
    if let Some(side) = slots.get_mut(above..above + below) {
        side.reverse();
    }
}

// artanh z for |z| below 0.05, to the last places.
#[inline(always)]
fn area_tangent(z: f64) -> f64 {
    let s = z * z;
    let s2 = s * s;
    z * ((1.0 + s * (1.0 / 3.0)) + s2 * ((1.0 / 5.0 + s * (1.0 / 7.0)) + s2 * (1.0 / 9.0 + s * (1.0 / 11.0))))
}

// e^z and e^-z for |z| below 0.05, to the last places.
#[inline(always)]
fn exponential_both(z: f64) -> (f64, f64) {
    let s = z * z;
    let s2 = s * s;
    let even = (1.0 + s * (1.0 / 2.0)) + s2 * (1.0 / 24.0 + s * (1.0 / 720.0));
    let odd = z * ((1.0 + s * (1.0 / 6.0)) + s2 * (1.0 / 120.0 + s * (1.0 / 5_040.0)));
    (even + odd, even - odd)
}

// Without its constant.
fn log_density(alpha: f64, beta: f64, x: f64) -> f64 {
    let part = |shape: f64, x: f64| if shape > 1.0 { (shape - 1.0) * logarithm(x) } else { 0.0 };
    part(alpha, x) + part(beta, 1.0 - x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strips_follow_the_density_and_have_one_area() {
        for alpha in SHAPES {
            for beta in SHAPES.into_iter().filter(|beta| Strips::serve(alpha, *beta)) {
                let strips = Strips::beta(alpha, beta).unwrap();
                let Table { near, packed, highest } = &*strips.table;
                for at in (0..strips.count).filter(|at| highest[*at] > 1e-9) {
                    let expected = strips.density(near[at]);
                    // Places and logarithms round to 10⁻¹⁶, which the shape multiplies, some hundred times.
                    let within = 2e-12 + 5e-15 * (alpha + beta);
                    assert!((highest[at] / expected - 1.0).abs() < within, "{alpha} {beta} {at}: {expected}");
                    let last = at + 1 == strips.count || at + 1 == strips.turn;
                    let parts = packed[at] % PARTS as u64;
                    if !last && parts > 0 {
                        let width = f64::from_bits(packed[at]) * parts as f64 / PARTS;
                        let next = near[at + 1] - near[at];
                        assert!(
                            (width - next).abs() < 3e-11 * next.abs() + 1e-15,
                            "{alpha} {beta} {at}: {width} for {next}"
                        );
                        let lowest = parts as f64 / PARTS * highest[at];
                        assert!(lowest <= highest[at + 1] * (1.0 + within), "{alpha} {beta} {at}");
                    }
                }
            }
        }
    }

    const SHAPES: [f64; 15] =
        [1.0, 1.000_11, 1.001, 1.01, 1.1, 1.3, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0, 1_000.0, 4_999.0, 8_900.0];
}
