//! What an insurance policy pays: terms per event, then terms per year. Plain arithmetic on amounts.

/// A band of an event's loss: `share` of what lies above `attachment`, up to `limit` of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Layer {
    /// Where the layer begins: the excess of a policy of one layer. At least 0.
    pub attachment: f64,
    /// The most of an event's loss that lies in the layer; infinite when there is no limit.
    pub limit: f64,
    /// The insurer's part of it, 0 to 1.
    pub share: f64,
}

impl Layer {
    /// The part of one event's insured loss that this layer pays: share × min(max(x − attachment, 0), limit).
    #[must_use]
    #[inline]
    pub fn payout(&self, loss: f64) -> f64 {
        let above = loss - self.attachment;
        let above = if above > 0.0 { above } else { 0.0 };
        self.share * if above < self.limit { above } else { self.limit }
    }
}

/// What the first hours of an outage do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitingKind {
    /// Only the hours after the waiting period are insured: max(h − W, 0) × rate.
    TimeExcess,
    /// An outage longer than the waiting period is insured from its first hour: h × rate if h > W, otherwise 0.
    Qualifying,
}

/// A waiting period for business interruption.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Waiting {
    /// W, at least 0.
    pub hours: f64,
    /// Which of the two a policy states.
    pub kind: WaitingKind,
}

impl Waiting {
    /// The insured part of an outage of some hours at a loss of `rate` an hour.
    #[must_use]
    pub fn insured(&self, hours: f64, rate: f64) -> f64 {
        self.insured_amount(hours * rate, rate)
    }

    /// The same from the loss: hours × rate.
    #[inline]
    pub(crate) fn insured_amount(&self, loss: f64, rate: f64) -> f64 {
        let waited = self.hours * rate;
        match self.kind {
            WaitingKind::TimeExcess => {
                if loss > waited {
                    loss - waited
                } else {
                    0.0
                }
            }
            WaitingKind::Qualifying => {
                if loss > waited {
                    loss
                } else {
                    0.0
                }
            }
        }
    }
}

/// The checked terms of a policy. Per event: waiting period and sublimit of each coverage, then the layers, then coinsurance;
/// per year: aggregate deductible, then aggregate limit (X.1061 10.3, 10.4).
#[derive(Clone, Debug, PartialEq)]
pub struct Terms {
    /// The layers: one {excess, limit} for a plain policy, more for a tower.
    pub layers: Vec<Layer>,
    /// The insured's part of what the layers pay, 0 to 1.
    pub coinsurance: f64,
    /// AAD: what the insured bears of a year's payouts before the insurer pays. At least 0.
    pub aggregate_deductible: f64,
    /// AL: the most the insurer pays in a year; infinite when there is none.
    pub aggregate_limit: f64,
    /// The most of an event's loss that is insured under a coverage, before the limit of the event.
    pub sublimits: Vec<(String, f64)>,
    /// The waiting period for losses that are given as outages.
    pub waiting: Option<Waiting>,
    /// What the policy costs a year, if known.
    pub premium: Option<f64>,
}

impl Terms {
    /// A plain policy: an excess and a limit for each event, nothing else.
    #[must_use]
    pub fn plain(excess: f64, limit: f64) -> Self {
        Self {
            layers: vec![Layer { attachment: excess, limit, share: 1.0 }],
            coinsurance: 0.0,
            aggregate_deductible: 0.0,
            aggregate_limit: f64::INFINITY,
            sublimits: Vec::new(),
            waiting: None,
            premium: None,
        }
    }

    /// What is paid for one event of an insured loss, before the terms of the year:
    /// min(max(x − d, 0), L) × (1 − c), summed over the layers of a tower.
    #[must_use]
    #[inline]
    pub fn event(&self, insured: f64) -> f64 {
        self.layers.iter().map(|layer| layer.payout(insured)).sum::<f64>() * (1.0 - self.coinsurance)
    }

    /// What is paid in a year of the sum of the events' payouts: min(max(Σ − AAD, 0), AL).
    #[must_use]
    #[inline]
    pub fn year(&self, payouts: f64) -> f64 {
        let above = payouts - self.aggregate_deductible;
        let above = if above > 0.0 { above } else { 0.0 };
        if above < self.aggregate_limit { above } else { self.aggregate_limit }
    }

    /// What is paid in a year with these losses, in any order.
    #[must_use]
    pub fn paid(&self, losses: &[f64]) -> f64 {
        self.year(losses.iter().map(|&loss| self.event(loss)).sum())
    }

    /// The sublimit of a coverage, infinite when there is none.
    #[must_use]
    pub fn sublimit(&self, coverage: &str) -> f64 {
        self.sublimits.iter().find(|(name, _)| name == coverage).map_or(f64::INFINITY, |(_, limit)| *limit)
    }

    /// What rate on line divides by: the most the insurer pays in a year if that has an end, otherwise for an event.
    #[must_use]
    pub fn line(&self) -> Option<f64> {
        let event: f64 =
            self.layers.iter().map(|layer| layer.limit * layer.share).sum::<f64>() * (1.0 - self.coinsurance);
        let line = if self.aggregate_limit.is_finite() { self.aggregate_limit } else { event };
        (line.is_finite() && line > 0.0).then_some(line)
    }
}
