//! Words from eight generators side by side, in the lanes of the processor.

use crate::stream::{Stream, stirred};

/// Generators side by side.
const LANES: usize = 8;

/// Eight xoshiro256++ (Blackman and Vigna, 2021), each word of their states side by side.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lanes([[u64; LANES]; 4]);

impl Lanes {
    /// Their states are what SplitMix64 makes of four words of a stream, a lane after the other.
    pub(crate) fn new(stream: &mut Stream) -> Self {
        // 2⁶⁴ ÷ the golden ratio.
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut states = [[0; LANES]; 4];
        for row in &mut states {
            let first = stream.bits();
            for (word, lane) in row.iter_mut().zip(1..) {
                *word = stirred(first.wrapping_add(STEP.wrapping_mul(lane)));
            }
        }
        Self(states)
    }

    /// A word for each place. For a job of [`pulp::Arch::dispatch`], into which it is compiled.
    #[inline(always)]
    pub(crate) fn fill<const N: usize>(&mut self, words: &mut [u64; N]) {
        let Self([mut first, mut second, mut third, mut fourth]) = *self;
        for places in words.as_chunks_mut::<LANES>().0 {
            let lanes = first.iter_mut().zip(&mut second).zip(&mut third).zip(&mut fourth).zip(places);
            for ((((a, b), c), d), place) in lanes {
                *place = a.wrapping_add(*d).rotate_left(23).wrapping_add(*a);
                let shifted = *b << 17;
                *c ^= *a;
                *d ^= *b;
                *b ^= *c;
                *a ^= *d;
                *c ^= shifted;
                *d = d.rotate_left(45);
            }
        }
        *self = Self([first, second, third, fourth]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::Key;
    use rand_xoshiro::{
        Xoshiro256PlusPlus,
        rand_core::{RngCore, SeedableRng},
    };

    #[test]
    fn each_lane_is_the_generator_itself() {
        let mut lanes = Lanes::new(&mut Key::new(1, "lanes").block(0));
        let Lanes(states) = lanes;
        let mut words = [0; 32 * LANES];
        lanes.fill(&mut words);
        for lane in 0..LANES {
            let seed: Vec<u8> = states.iter().flat_map(|word| word[lane].to_le_bytes()).collect();
            let mut alone = Xoshiro256PlusPlus::from_seed(seed.try_into().unwrap());
            for step in 0..32 {
                assert_eq!(words[step * LANES + lane], alone.next_u64(), "lane {lane}, step {step}");
            }
        }
    }
}
