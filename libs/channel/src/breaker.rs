//! Whether an endpoint may be called, from how its calls went: open, shut for a while, on probation, open again.
//! Values in, values out: time and chance are handed in.

use std::time::Duration;

use tokio::time::Instant;

/// When an endpoint is taken out, and for how long.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BreakerLimits {
    /// Failures in a row that shut the endpoint. Default 5.
    pub consecutive_failures: u32,
    /// The share of calls that must succeed, 0 to 1. Default 0.5.
    pub success_rate: f64,
    /// Calls that must have been seen, within about `window`, before the success rate counts. Default 20.
    pub minimum_sample: u32,
    /// How far back the success rate looks: older calls fade. Default 10 s.
    pub window: Duration,
    /// How long the endpoint stays shut the first time. Doubles every time a probe fails. Default 500 ms.
    pub shut_minimum: Duration,
    /// The longest it stays shut. Default 30 s.
    pub shut_maximum: Duration,
    /// A unary call that the caller gave up after so long without an answer counts as a failure of the endpoint;
    /// given up sooner it says nothing. Default 1 s.
    pub patience: Duration,
}

impl Default for BreakerLimits {
    fn default() -> Self {
        Self {
            consecutive_failures: 5,
            success_rate: 0.5,
            minimum_sample: 20,
            window: Duration::from_secs(10),
            shut_minimum: Duration::from_millis(500),
            shut_maximum: Duration::from_secs(30),
            patience: Duration::from_secs(1),
        }
    }
}

/// How a call went, as far as the endpoint is to blame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The endpoint answered; what it answered is between it and the caller.
    Success,
    /// The endpoint lives but did not serve: overloaded, a stream reset, a defect. Fails a probe, is no failure otherwise:
    /// one caller whose request hits a defect must not be able to take a replica from everyone.
    Strained,
    /// The endpoint did not answer, or said that it is unavailable.
    Failure,
}

/// What a recorded call changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// Shut from now for this long.
    Ejected(Duration),
    /// Open again.
    Returned,
}

/// Where the breaker stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Every call passes.
    Open,
    /// No call passes until then; the first one after it is the probe.
    Shut { until: Instant },
    /// One probe is under way since then; nothing else passes.
    Probation { since: Instant },
}

/// A probe that has not been heard of for so long is forgotten, and another may go.
const PROBE_PATIENCE: Duration = Duration::from_secs(10);

/// The state machine of one endpoint.
#[derive(Debug, Clone)]
pub(crate) struct Breaker {
    limits: BreakerLimits,
    phase: Phase,
    consecutive: u32,
    good: f64,
    total: f64,
    counted: Instant,
    /// Times shut since it was last open.
    shuts: u32,
}

impl Breaker {
    pub(crate) fn new(limits: BreakerLimits, now: Instant) -> Self {
        Self { limits, phase: Phase::Open, consecutive: 0, good: 0.0, total: 0.0, counted: now, shuts: 0 }
    }

    pub(crate) fn phase(&self) -> Phase {
        self.phase
    }

    /// Whether a call may be made now.
    pub(crate) fn admits(&self, now: Instant) -> bool {
        match self.phase {
            Phase::Open => true,
            Phase::Shut { until } => now >= until,
            Phase::Probation { since } => now >= since + PROBE_PATIENCE,
        }
    }

    /// A call is about to be made. True if it is the probe whose fate decides.
    pub(crate) fn begin(&mut self, now: Instant) -> bool {
        let probe = self.phase != Phase::Open && self.admits(now);
        if probe {
            self.phase = Phase::Probation { since: now };
        }
        probe
    }

    /// A call ended. `may_eject`: whether enough other endpoints are left. `chance`, 0 to 1, spreads how long it stays shut.
    pub(crate) fn record(
        &mut self,
        now: Instant,
        probe: bool,
        verdict: Verdict,
        may_eject: bool,
        chance: f64,
    ) -> Option<Change> {
        match self.phase {
            Phase::Probation { .. } if probe => Some(self.judge_probe(now, verdict, chance)),
            Phase::Open => self.count(now, verdict, may_eject, chance),
            // Late news of calls made before it was shut, or that slipped through because nothing else was left.
            Phase::Shut { .. } | Phase::Probation { .. } => None,
        }
    }

    /// A call was given up before anything was known of it.
    pub(crate) fn abandon(&mut self, now: Instant, probe: bool) {
        if probe && matches!(self.phase, Phase::Probation { .. }) {
            self.phase = Phase::Shut { until: now };
        }
    }

    fn judge_probe(&mut self, now: Instant, verdict: Verdict, chance: f64) -> Change {
        if verdict != Verdict::Success {
            return self.shut(now, chance);
        }
        self.phase = Phase::Open;
        self.shuts = 0;
        self.forget(now);
        Change::Returned
    }

    fn count(&mut self, now: Instant, verdict: Verdict, may_eject: bool, chance: f64) -> Option<Change> {
        let window = self.limits.window.as_secs_f64().max(f64::MIN_POSITIVE);
        let kept = (-now.saturating_duration_since(self.counted).as_secs_f64() / window).exp();
        self.counted = now;
        self.good *= kept;
        self.total *= kept;
        match verdict {
            Verdict::Success => {
                self.consecutive = 0;
                self.good += 1.0;
                self.total += 1.0;
                return None;
            }
            Verdict::Strained => return None,
            Verdict::Failure => {
                self.consecutive = self.consecutive.saturating_add(1);
                self.total += 1.0;
            }
        }
        let in_a_row = self.consecutive >= self.limits.consecutive_failures;
        let too_many =
            self.total >= f64::from(self.limits.minimum_sample) && self.good / self.total < self.limits.success_rate;
        ((in_a_row || too_many) && may_eject).then(|| self.shut(now, chance))
    }

    fn shut(&mut self, now: Instant, chance: f64) -> Change {
        let long = backoff(self.limits.shut_minimum, self.limits.shut_maximum, self.shuts, chance);
        self.shuts = self.shuts.saturating_add(1);
        self.phase = Phase::Shut { until: now + long };
        Change::Ejected(long)
    }

    fn forget(&mut self, now: Instant) {
        self.consecutive = 0;
        self.good = 0.0;
        self.total = 0.0;
        self.counted = now;
    }
}

/// Exponential backoff with jitter: `minimum` doubled `times` times, at most `maximum`, of which `chance` (0 to 1) decides
/// the upper half. The first wait is therefore between half of `minimum` and `minimum`.
pub(crate) fn backoff(minimum: Duration, maximum: Duration, times: u32, chance: f64) -> Duration {
    let full = minimum.saturating_mul(2u32.saturating_pow(times)).min(maximum);
    full.mul_f64(0.5 + 0.5 * chance.clamp(0.0, 1.0))
}

#[cfg(test)]
#[path = "breaker/tests.rs"]
mod tests;
