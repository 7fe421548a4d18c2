//! Chance without state: every draw is a function of the seed and of what it is for.
//!
//! The draws must give the same operator in every release, and any asset must be derivable without the ones before
//! it. A keyed mixing function does both; the generators of the `rand` crate promise neither.

/// Draws that belong to one thing (one asset, one site, one region).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draw(u64);

impl Draw {
    /// The draws of number `index` of the family `family` in the operator `seed`.
    pub(crate) fn new(seed: u64, family: u64, index: u64) -> Self {
        Self(mix(mix(mix(seed) ^ family) ^ index))
    }

    /// 64 even bits for the purpose `purpose`.
    pub(crate) fn bits(self, purpose: u64) -> u64 {
        mix(self.0 ^ purpose.wrapping_mul(0xd6e8_feb8_6659_fd93))
    }

    /// An even fraction in `0.0 .. 1.0`.
    pub(crate) fn fraction(self, purpose: u64) -> f64 {
        // 53 bits are what a double holds exactly, so this is the same on every machine.
        (self.bits(purpose) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// An even number in `0 .. below`; 0 where `below` is 0.
    pub(crate) fn below(self, purpose: u64, below: u64) -> u64 {
        ((u128::from(self.bits(purpose)) * u128::from(below)) >> 64) as u64
    }

    /// A number in `0 .. below` that falls on the first few by far the most often, as traffic does on hubs.
    pub(crate) fn hub(self, purpose: u64, below: u64) -> u64 {
        let fraction = self.fraction(purpose);
        ((fraction * fraction * fraction * below as f64) as u64).min(below.saturating_sub(1))
    }

    /// One of `choices`; the empty default where there is none.
    pub(crate) fn one_of<T: Copy + Default>(self, purpose: u64, choices: &[T]) -> T {
        choices.get(self.below(purpose, choices.len() as u64) as usize).copied().unwrap_or_default()
    }
}

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): every bit of the input moves every bit of the output.
fn mix(input: u64) -> u64 {
    let mut bits = input.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mixes_as_published() {
        // The first outputs of SplitMix64 from the seed 0.
        assert_eq!(mix(0), 0xe220_a839_7b1d_cdaf);
        assert_eq!(mix(0x9e37_79b9_7f4a_7c15), 0x6e78_9e6a_a1b9_65f4);
    }

    #[test]
    fn draws_are_the_same_in_every_release() {
        assert_eq!(Draw::new(0, 0, 0).bits(0), 2_391_539_541_053_276_776);
    }

    #[test]
    fn draws_stay_in_range_and_use_it() {
        let draws: Vec<Draw> = (0..1000).map(|index| Draw::new(1, 2, index)).collect();
        let mut seen = [0_u64; 10];
        for draw in &draws {
            assert!((0.0..1.0).contains(&draw.fraction(1)));
            seen[draw.below(1, 10) as usize] += 1;
        }
        assert!(seen.iter().all(|times| (60..140).contains(times)), "uneven: {seen:?}");
        let first = draws.iter().filter(|draw| draw.hub(1, 1000) == 0).count();
        // The cube root of a thousandth.
        assert!((70..130).contains(&first), "the greatest hub got {first} of 1000");
        assert_eq!((draws[0].below(1, 0), draws[0].hub(1, 0), draws[0].one_of::<&str>(1, &[])), (0, 0, ""));
    }
}
