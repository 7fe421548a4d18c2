//! PERT: a beta distribution from a low, a most likely and a high value.

/// How the shape follows from the three values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// α = 1 + λ(m−a) ÷ (b−a), β = 1 + λ(b−m) ÷ (b−a).
    Standard,
    /// The beta whose standard deviation is (b−a) ÷ (λ+2); pyfair draws this one.
    Moment,
}

/// PERT(low a, mode m, high b, λ) with a ≤ m ≤ b. Mean (a+λm+b) ÷ (λ+2) in both variants.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pert {
    low: f64,
    mode: f64,
    high: f64,
    lambda: f64,
    variant: Variant,
}

impl Pert {
    /// Nothing unless low ≤ mode ≤ high and all are finite, and λ is above 0 (in the moment variant at least 1, since
    /// below that no beta has such a standard deviation). With low = high it is a constant.
    #[must_use]
    pub fn new(low: f64, mode: f64, high: f64, lambda: f64, variant: Variant) -> Option<Self> {
        let ordered = low <= mode && mode <= high && low.is_finite() && high.is_finite();
        let least = if variant == Variant::Moment { 1.0 } else { f64::MIN_POSITIVE };
        (ordered && lambda >= least && lambda.is_finite()).then_some(Self { low, mode, high, lambda, variant })
    }

    /// The least value.
    #[must_use]
    pub fn low(&self) -> f64 {
        self.low
    }

    /// The greatest value.
    #[must_use]
    pub fn high(&self) -> f64 {
        self.high
    }

    /// (a+λm+b) ÷ (λ+2).
    #[must_use]
    pub fn mean(&self) -> f64 {
        (self.low + self.lambda * self.mode + self.high) / (self.lambda + 2.0)
    }

    /// The first shape of the beta.
    #[must_use]
    pub fn alpha(&self) -> f64 {
        let range = self.high - self.low;
        match self.variant {
            Variant::Standard => 1.0 + self.lambda * (self.mode - self.low) / range,
            Variant::Moment => (self.mean() - self.low) / range * self.moment_sum(),
        }
    }

    /// The second shape of the beta.
    #[must_use]
    pub fn beta(&self) -> f64 {
        let range = self.high - self.low;
        match self.variant {
            Variant::Standard => 1.0 + self.lambda * (self.high - self.mode) / range,
            Variant::Moment => (self.high - self.mean()) / range * self.moment_sum(),
        }
    }

    // α + β of the beta with mean `mean()` and standard deviation (b−a) ÷ (λ+2).
    fn moment_sum(&self) -> f64 {
        let sd = (self.high - self.low) / (self.lambda + 2.0);
        (self.mean() - self.low) * (self.high - self.mean()) / (sd * sd) - 1.0
    }

    /// The standard deviation of the beta.
    #[must_use]
    pub fn sd(&self) -> f64 {
        if self.low == self.high {
            return 0.0;
        }
        let (alpha, beta) = (self.alpha(), self.beta());
        let sum = alpha + beta;
        (self.high - self.low) * libm::sqrt(alpha * beta / (sum + 1.0)) / sum
    }

    pub(crate) fn describe(&self) -> String {
        let variant = match self.variant {
            Variant::Standard => "standard",
            Variant::Moment => "moment",
        };
        format!(
            "PERT {variant} lambda {}, {}, {}, {}: alpha {:.6}, beta {:.6}",
            self.lambda,
            self.low,
            self.mode,
            self.high,
            self.alpha(),
            self.beta()
        )
    }
}
