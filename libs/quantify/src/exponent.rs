//! eˣ over a slice, in operations that are rounded the same on every machine.
//!
//! The platform's `exp` differs in the last bit from one processor to the next, and is called once a number. Here are additions,
//! multiplications and shifts only, which the compiler turns into as many lanes as the target has; each lane is rounded alike.

const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
// 1.5 · 2⁵²: adding it leaves the nearest integer in the low bits.
const ROUND: f64 = 6_755_399_441_055_744.0;

/// Replaces each x by e^(x · scale + shift), within two units of the last place; the exponent is kept within ±708.
pub(crate) fn exponentials(values: &mut [f64], scale: f64, shift: f64) {
    pulp::Arch::new().dispatch(
        #[inline(always)]
        || {
            for value in values {
                *value = exponential(*value * scale + shift);
            }
        },
    );
}

/// eˣ for one number.
#[inline(always)]
pub(crate) fn exponential(x: f64) -> f64 {
    let x = if x > 708.0 { 708.0 } else { x };
    let x = if x < -708.0 { -708.0 } else { x };
    let shifted = x * std::f64::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = (x - n * LN_2_HIGH) - n * LN_2_LOW;
    // Taylor's series to the 12th power; |r| ≤ ln 2 / 2, so what is left off is below 2⁻⁵².
    let r2 = r * r;
    let r4 = r2 * r2;
    let low = (1.0 + r) + r2 * (1.0 / 2.0 + r * (1.0 / 6.0));
    let middle = (1.0 / 24.0 + r * (1.0 / 120.0)) + r2 * (1.0 / 720.0 + r * (1.0 / 5_040.0));
    let high = (1.0 / 40_320.0 + r * (1.0 / 362_880.0))
        + r2 * (1.0 / 3_628_800.0 + r * (1.0 / 39_916_800.0))
        + r4 * (1.0 / 479_001_600.0);
    let series = low + r4 * (middle + r4 * high);
    // n sits in the low bits of `shifted`; 2ⁿ is n added to the exponent.
    f64::from_bits(series.to_bits().wrapping_add(shifted.to_bits() << 52))
}

/// ln x of a number that is not subnormal, within two units of the last place or 2⁻⁵³; below that, and for 0, about −708.
#[inline(always)]
pub(crate) fn logarithm(x: f64) -> f64 {
    // x = 2ⁿ m with m from √½ to √2.
    const ROOT_HALF: u64 = 0x3fe6_a09e_667f_3bcd;
    let x = if x > f64::MIN_POSITIVE { x } else { f64::MIN_POSITIVE };
    let above = x.to_bits().wrapping_sub(ROOT_HALF);
    let n = ((above as i64) >> 52) as f64;
    let m = f64::from_bits((above & 0x000f_ffff_ffff_ffff) + ROOT_HALF);
    // ln m = 2 artanh q; |q| ≤ 0.172, so what is left off is below 2⁻⁵⁴.
    let q = (m - 1.0) / (m + 1.0);
    let s = q * q;
    let s2 = s * s;
    let s4 = s2 * s2;
    let low = (1.0 / 3.0 + s * (1.0 / 5.0)) + s2 * (1.0 / 7.0 + s * (1.0 / 9.0));
    let high = (1.0 / 11.0 + s * (1.0 / 13.0)) + s2 * (1.0 / 15.0 + s * (1.0 / 17.0));
    let series = low + s4 * (high + s4 * (1.0 / 19.0 + s * (1.0 / 21.0)));
    n * LN_2_HIGH + (2.0 * q + (2.0 * q * s * series + n * LN_2_LOW))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_agree_with_the_reference() {
        for step in 1..200_000 {
            for x in [f64::from(step) * 1e-5, libm::exp(f64::from(step) * 0.003_5 - 350.0)] {
                let (found, expected) = (logarithm(x), libm::log(x));
                assert!(
                    (found - expected).abs() <= 4.5e-16 * expected.abs() + 1.2e-16,
                    "ln {x}: {found} for {expected}"
                );
            }
        }
        assert!(logarithm(0.0) < -708.0);
    }

    #[test]
    fn agrees_with_the_reference_to_the_last_places() {
        for step in -70_000..70_000 {
            let x = f64::from(step) * 0.01;
            let mut values = [x];
            exponentials(&mut values, 1.0, 0.0);
            let expected = libm::exp(x);
            assert!((values[0] / expected - 1.0).abs() < 5e-16, "e^{x}: {} for {expected}", values[0]);
        }
    }

    #[test]
    fn lanes_round_as_single_numbers_do() {
        let xs: Vec<f64> = (0..10_001).map(|step| f64::from(step) * 0.013_7 - 60.0).collect();
        let mut values = xs.clone();
        exponentials(&mut values, 1.1, 0.3);
        for (x, value) in xs.iter().zip(&values) {
            assert_eq!(value.to_bits(), exponential(x * 1.1 + 0.3).to_bits(), "{x}");
        }
    }

    #[test]
    fn stays_finite() {
        let mut values = [f64::MAX, -f64::MAX, 0.0];
        exponentials(&mut values, 1.0, 0.0);
        assert!(values[0].is_finite() && values[1] > 0.0 && values[2] == 1.0);
    }
}
