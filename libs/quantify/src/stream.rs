//! Random streams, each with a key of its own.
//!
//! A stream is found by what it is for: the seed of the run, the id of the scenario (or of the common cause), a purpose, and the
//! number of a block of years. The digest of these is the state of a generator, so that blocks can be drawn on any thread in any
//! order, and one more scenario changes nobody else's draws.

use rand_xoshiro::{
    Xoshiro256PlusPlus,
    rand_core::{RngCore, SeedableRng},
};
use sha2::{Digest, Sha256};

/// Goes into every key: another arrangement of the draws is another version.
pub(crate) const VERSION: &str = "quantify 2";

/// What a family of streams is for.
#[derive(Clone, Debug)]
pub(crate) struct Key(Sha256);

impl Key {
    /// The streams of `owner` in the run of `seed`.
    pub(crate) fn new(seed: u64, owner: &str) -> Self {
        let mut digest = Sha256::new();
        digest.update(VERSION);
        digest.update(seed.to_le_bytes());
        Self(digest).with(owner)
    }

    /// The part of these streams that serves one purpose.
    pub(crate) fn purpose(&self, purpose: &str) -> Self {
        self.clone().with(purpose)
    }

    // The length first: no two lists of names give the same bytes.
    fn with(mut self, name: &str) -> Self {
        self.0.update((name.len() as u64).to_le_bytes());
        self.0.update(name);
        self
    }

    /// The stream of one block of years.
    pub(crate) fn block(&self, block: u64) -> Stream {
        let mut digest = self.0.clone();
        digest.update(block.to_le_bytes());
        Stream(Xoshiro256PlusPlus::from_seed(digest.finalize().into()))
    }
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
