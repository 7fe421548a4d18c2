//! Losses in money, expected for a year. Pure.

/// What one event costs: what is at stake times the part of it that the event destroys.
#[must_use]
pub fn single_loss(value: f64, exposure_factor: f64) -> f64 {
    value * exposure_factor
}

/// What a year costs: the loss of one event times how many the year brings.
#[must_use]
pub fn annual_loss(single_loss: f64, yearly_occurrences: f64) -> f64 {
    single_loss * yearly_occurrences
}

/// The return on a security investment: what a year costs less, without the yearly cost of the measure, over that cost. None for a measure
/// that costs nothing.
#[must_use]
pub fn return_on_investment(before: f64, after: f64, yearly_cost: f64) -> Option<f64> {
    (yearly_cost > 0.0).then(|| (before - after - yearly_cost) / yearly_cost)
}
