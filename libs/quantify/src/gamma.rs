//! Gamma draws (Marsaglia and Tsang, 2000), and beta draws from two of them.

use crate::{normal::Ziggurat, stream::Stream};

/// Gamma of a shape, scale 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Gamma {
    d: f64,
    c: f64,
    /// For a shape below 1: 1 ÷ shape, the power of the uniform that corrects a draw of shape + 1.
    boost: Option<f64>,
}

impl Gamma {
    /// `shape` is above 0.
    pub(crate) fn new(shape: f64) -> Self {
        let (shape, boost) = if shape < 1.0 { (shape + 1.0, Some(1.0 / shape)) } else { (shape, None) };
        let d = shape - 1.0 / 3.0;
        Self { d, c: 1.0 / libm::sqrt(9.0 * d), boost }
    }

    #[inline]
    pub(crate) fn draw(&self, ziggurat: &Ziggurat, stream: &mut Stream) -> f64 {
        let drawn = self.above_one(ziggurat, stream);
        match self.boost {
            None => drawn,
            Some(power) => drawn * libm::pow(stream.open(), power),
        }
    }

    #[inline]
    fn above_one(&self, ziggurat: &Ziggurat, stream: &mut Stream) -> f64 {
        loop {
            let x = ziggurat.draw(stream);
            let root = 1.0 + self.c * x;
            if root <= 0.0 {
                continue;
            }
            let v = root * root * root;
            let u = stream.open();
            let x2 = x * x;
            if u < 1.0 - 0.0331 * x2 * x2 || libm::log(u) < 0.5 * x2 + self.d * (1.0 - v + libm::log(v)) {
                return self.d * v;
            }
        }
    }
}

/// Beta(α, β) on 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Beta {
    first: Gamma,
    second: Gamma,
}

impl Beta {
    pub(crate) fn new(alpha: f64, beta: f64) -> Self {
        Self { first: Gamma::new(alpha), second: Gamma::new(beta) }
    }

    #[inline]
    pub(crate) fn draw(&self, ziggurat: &Ziggurat, stream: &mut Stream) -> f64 {
        let first = self.first.draw(ziggurat, stream);
        let sum = first + self.second.draw(ziggurat, stream);
        if sum > 0.0 { first / sum } else { 0.0 }
    }
}
