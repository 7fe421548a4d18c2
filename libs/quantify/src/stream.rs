//! Random streams, each with a key of its own.
//!
//! A stream is found by what it is for: the seed of the run, the id of the scenario (or of the common cause), a purpose, and the
//! number of a block of years. The digest of these, with the number stirred into it, is the state of a generator, so that blocks can be
//! drawn on any thread in any order, and one more scenario changes nobody else's draws.

use rand_xoshiro::{
    Xoshiro256PlusPlus,
    rand_core::{RngCore, SeedableRng},
};
use sha2::{Digest, Sha256};

/// Goes into every key: another arrangement of the draws is another version.
pub(crate) const VERSION: &str = "quantify 2";

/// What a family of streams is for.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    digest: Sha256,
    /// What the digest comes to.
    words: [u64; 4],
}

impl Key {
    /// The streams of `owner` in the run of `seed`.
    pub(crate) fn new(seed: u64, owner: &str) -> Self {
        let mut digest = Sha256::new();
        digest.update(VERSION);
        digest.update(seed.to_le_bytes());
        Self::with(digest, owner)
    }

    /// The part of these streams that serves one purpose.
    pub(crate) fn purpose(&self, purpose: &str) -> Self {
        Self::with(self.digest.clone(), purpose)
    }

    // The length first: no two lists of names give the same bytes.
    fn with(mut digest: Sha256, name: &str) -> Self {
        digest.update((name.len() as u64).to_le_bytes());
        digest.update(name);
        let bytes: [u8; 32] = digest.clone().finalize().into();
        let mut words = [0; 4];
        for (word, bytes) in words.iter_mut().zip(bytes.as_chunks().0) {
            *word = u64::from_le_bytes(*bytes);
        }
        Self { digest, words }
    }

    /// The stream of one block of years. The numbers of blocks change each word of the state by themselves, no two alike.
    pub(crate) fn block(&self, block: u64) -> Stream {
        let mut seed = [0; 32];
        let words = self.words.iter().zip(0..).zip(seed.as_chunks_mut().0);
        for ((word, at), bytes) in words {
            *bytes = stirred(word ^ stirred((block << 2) | at)).to_le_bytes();
        }
        Stream(Xoshiro256PlusPlus::from_seed(seed))
    }
}

/// Another word, each of another: what is near becomes far (the finalizer of SplitMix64: Steele, Lea and Flood, 2014).
#[inline]
pub(crate) fn stirred(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

/// Bits, one word after the other.
#[derive(Clone, Debug)]
pub(crate) struct Stream(Xoshiro256PlusPlus);

impl Stream {
    #[inline]
    pub(crate) fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform in [0, 1), a multiple of 2⁻⁵³.
    #[inline]
    pub(crate) fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// Uniform in (0, 1): never a logarithm of zero.
    #[inline]
    pub(crate) fn open(&mut self) -> f64 {
        ((self.bits() >> 12) as f64 + 0.5) * (1.0 / (1_u64 << 52) as f64)
    }
}
