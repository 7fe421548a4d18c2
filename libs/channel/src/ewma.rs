//! How slow an endpoint is: a moving average that jumps to every peak at once and forgets it slowly (Finagle's Peak
//! EWMA). Values in, values out.

use std::time::Duration;

use tokio::time::Instant;

/// A latency that rises at once and falls with a half-life given by `decay`.
#[derive(Debug, Clone)]
pub(crate) struct PeakEwma {
    /// Seconds.
    latency: f64,
    updated: Instant,
    /// Seconds after which an old value weighs 1/e.
    decay: f64,
}

impl PeakEwma {
    /// Starts with the latency assumed of an endpoint nobody has called yet.
    pub(crate) fn new(now: Instant, assumed: Duration, decay: Duration) -> Self {
        Self { latency: assumed.as_secs_f64(), updated: now, decay: decay.as_secs_f64().max(f64::MIN_POSITIVE) }
    }

    /// Takes in how long one call took to answer.
    pub(crate) fn observe(&mut self, now: Instant, took: Duration) {
        let took = took.as_secs_f64();
        self.latency = if took > self.latency {
            took
        } else {
            let kept = self.kept(now);
            self.latency * kept + took * (1.0 - kept)
        };
        self.updated = now;
    }

    /// Seconds one more call would wait, roughly: the decayed latency times what is already waiting, and itself.
    pub(crate) fn load(&self, now: Instant, waiting: usize) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "counts of calls are far below 2^52")]
        let queue = waiting as f64 + 1.0;
        self.latency * self.kept(now) * queue
    }

    fn kept(&self, now: Instant) -> f64 {
        (-now.saturating_duration_since(self.updated).as_secs_f64() / self.decay).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn start() -> (Instant, PeakEwma) {
        let now = Instant::now();
        (now, PeakEwma::new(now, 30 * MS, Duration::from_secs(10)))
    }

    #[test]
    fn a_peak_counts_at_once() {
        let (now, mut ewma) = start();
        ewma.observe(now, 500 * MS);
        assert!((ewma.load(now, 0) - 0.5).abs() < 1e-9);
    }

    #[test]
    fn a_good_answer_only_helps_as_time_passes() {
        let (now, mut ewma) = start();
        ewma.observe(now, 500 * MS);
        ewma.observe(now, MS);
        assert!(ewma.load(now, 0) > 0.49, "one fast call must not hide a slow one");
        let later = now + Duration::from_secs(60);
        ewma.observe(later, MS);
        assert!(ewma.load(later, 0) < 0.003);
    }

    #[test]
    fn load_grows_with_what_waits_and_fades_with_silence() {
        let (now, ewma) = start();
        assert!((ewma.load(now, 9) / ewma.load(now, 0) - 10.0).abs() < 1e-9);
        assert!(ewma.load(now + Duration::from_secs(10), 0) < ewma.load(now, 0) * 0.37);
    }
}
