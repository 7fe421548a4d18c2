//! Standard normal draws by the ziggurat (Marsaglia and Tsang, 2000), 256 layers.

use std::sync::LazyLock;

use crate::stream::Stream;

/// Where the tail begins with 256 layers.
const TAIL: f64 = 3.654_152_885_361_009;

#[derive(Clone, Copy, Default)]
struct Layer {
    /// The layer's right edge, and that of the layer above it: what is left of the latter is accepted at once.
    edge: f64,
    inner: f64,
    /// The density at both.
    density: f64,
    inner_density: f64,
}

/// The layers, from the bottom one (with the tail) up.
pub(crate) struct Ziggurat([Layer; 256]);

static ZIGGURAT: LazyLock<Ziggurat> = LazyLock::new(Ziggurat::new);

fn density(x: f64) -> f64 {
    libm::exp(-0.5 * x * x)
}

impl Ziggurat {
    pub(crate) fn get() -> &'static Self {
        &ZIGGURAT
    }

    fn new() -> Self {
        let area = TAIL * density(TAIL)
            + libm::sqrt(std::f64::consts::FRAC_PI_2) * libm::erfc(TAIL / std::f64::consts::SQRT_2);
        let mut layers = [Layer::default(); 256];
        let mut edge = area / density(TAIL);
        let mut inner = TAIL;
        let mut height = 0.0;
        for layer in &mut layers {
            let inner_density = density(inner);
            *layer = Layer { edge, inner, density: height, inner_density };
            height = inner_density;
            let above = area / inner + inner_density;
            edge = inner;
            inner = if above < 1.0 { libm::sqrt(-2.0 * libm::log(above)) } else { 0.0 };
        }
        if let Some(top) = layers.last_mut() {
            top.inner = 0.0;
            top.inner_density = 1.0;
        }
        Self(layers)
    }

    /// One draw.
    #[inline]
    pub(crate) fn draw(&self, stream: &mut Stream) -> f64 {
        let bits = stream.bits();
        let layer = self.layer(bits);
        let x = position(bits) * layer.edge;
        if x.abs() < layer.inner { x } else { self.seldom(bits, stream) }
    }

    /// A draw for each place.
    pub(crate) fn fill(&self, stream: &mut Stream, out: &mut [f64]) {
        for place in out {
            *place = self.draw(stream);
        }
    }

    #[inline]
    fn layer(&self, bits: u64) -> Layer {
        self.0.get((bits & 0xff) as usize).copied().unwrap_or_default()
    }

    // One draw in a hundred.
    #[cold]
    #[inline(never)]
    fn seldom(&self, mut bits: u64, stream: &mut Stream) -> f64 {
        loop {
            let layer = self.layer(bits);
            let u = position(bits);
            let x = u * layer.edge;
            if x.abs() < layer.inner {
                return x;
            }
            if bits & 0xff == 0 {
                return tail(u < 0.0, stream);
            }
            if layer.density + (layer.inner_density - layer.density) * stream.uniform() < density(x) {
                return x;
            }
            bits = stream.bits();
        }
    }
}

// Uniform in [-1, 1), from bits that do not choose the layer.
#[inline]
fn position(bits: u64) -> f64 {
    ((bits as i64) >> 11) as f64 * (1.0 / (1_u64 << 52) as f64)
}

fn tail(negative: bool, stream: &mut Stream) -> f64 {
    loop {
        let x = libm::log(stream.open()) / TAIL;
        let y = libm::log(stream.open());
        if -2.0 * y >= x * x {
            return if negative { x - TAIL } else { TAIL - x };
        }
    }
}
