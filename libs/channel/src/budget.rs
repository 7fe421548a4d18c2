//! How many retries there may be: a share of the calls, so that retries cannot turn a bad moment into a flood. Values
//! in, values out.

use std::time::Duration;

use tokio::time::Instant;

/// Limits of the retry budget.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BudgetLimits {
    /// Retries earned by each call that may be retried, 0 to 1. Default 0.2: one retry for five calls.
    pub share: f64,
    /// Retries earned per second however few calls there are. Default 2.
    pub per_second: f64,
    /// The most retries that can be saved up. Default 50.
    pub largest: f64,
}

impl Default for BudgetLimits {
    fn default() -> Self {
        Self { share: 0.2, per_second: 2.0, largest: 50.0 }
    }
}

/// A bucket of tokens, one for each retry.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    limits: BudgetLimits,
    tokens: f64,
    refilled: Instant,
}

impl Budget {
    /// Starts with what five seconds earn.
    pub(crate) fn new(limits: BudgetLimits, now: Instant) -> Self {
        let tokens = (limits.per_second * 5.0).min(limits.largest);
        Self { limits, tokens, refilled: now }
    }

    /// A call that may be retried was made.
    pub(crate) fn deposit(&mut self) {
        self.tokens = (self.tokens + self.limits.share).min(self.limits.largest);
    }

    /// Whether one retry may be made now; if so it is paid for.
    pub(crate) fn withdraw(&mut self, now: Instant) -> bool {
        let passed: Duration = now.saturating_duration_since(self.refilled);
        self.tokens = (self.tokens + passed.as_secs_f64() * self.limits.per_second).min(self.limits.largest);
        self.refilled = now;
        if self.tokens < 1.0 {
            return false;
        }
        self.tokens -= 1.0;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spend(budget: &mut Budget, now: Instant) -> u32 {
        let mut spent = 0;
        while budget.withdraw(now) {
            spent += 1;
        }
        spent
    }

    #[test]
    fn retries_are_a_share_of_calls() {
        let now = Instant::now();
        let mut budget = Budget::new(BudgetLimits { share: 0.25, per_second: 0.0, largest: 1000.0 }, now);
        assert_eq!(spend(&mut budget, now), 0);
        for _ in 0..100 {
            budget.deposit();
        }
        assert_eq!(spend(&mut budget, now), 25);
    }

    #[test]
    fn a_quiet_channel_still_earns_some() {
        let now = Instant::now();
        let mut budget = Budget::new(BudgetLimits { share: 0.0, per_second: 2.0, largest: 50.0 }, now);
        assert_eq!(spend(&mut budget, now), 10);
        assert_eq!(spend(&mut budget, now + Duration::from_secs(3)), 6);
    }

    #[test]
    fn savings_have_a_limit() {
        let now = Instant::now();
        let mut budget = Budget::new(BudgetLimits { share: 1.0, per_second: 2.0, largest: 50.0 }, now);
        for _ in 0..1000 {
            budget.deposit();
        }
        assert_eq!(spend(&mut budget, now + Duration::from_secs(3600)), 50);
    }
}
