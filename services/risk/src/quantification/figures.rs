//! What the engine gives, as the API tells it. Pure.

use fault::{Fault, Outcome};
use quantify::{Figures, Losses, Settings};
use wire::risk::v1::{AnnualLosses, LossFigures, Quantification};

/// How to run it. The curves of all scenarios together are among what it gives; those of each would be many numbers.
pub(super) fn settings(of: &Quantification) -> Settings {
    let whole = |number: i64| u64::try_from(number).unwrap_or_default();
    Settings { years: whole(of.years), seed: whole(of.seed), threads: threads(), curves: false }
}

/// All processors but one: calls are answered meanwhile.
fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get).saturating_sub(1).clamp(1, 256)
}

/// Writes down what a run gave.
///
/// # Errors
/// `DEFECT` where the engine's result has no form in JSON.
pub(super) fn tell(new: &mut Quantification, outcome: &quantify::Outcome) -> Outcome<()> {
    let borne = outcome.portfolio.losses.borne();
    new.engine_version = outcome.version.to_owned();
    new.expected_loss = borne.mean;
    new.tail_loss = borne.tvar99;
    new.portfolio = Some(losses(&outcome.portfolio.losses));
    new.scenarios = outcome.scenarios.iter().map(|(id, one)| (id.clone(), losses(&one.losses))).collect();
    new.done_years = new.total_years;
    let whole = serde_json::to_value(outcome).map_err(Fault::defect)?;
    new.outcome = wire::json::to_struct(whole);
    Ok(())
}

fn losses(of: &Losses) -> AnnualLosses {
    AnnualLosses {
        gross: Some(figures(&of.gross)),
        retained: of.retained.as_ref().map(figures),
        transferred: of.transferred.as_ref().map(figures),
    }
}

fn figures(of: &Figures) -> LossFigures {
    LossFigures {
        mean: of.mean,
        mean_error: of.mean_error,
        sd: of.sd,
        sd_error: of.sd_error,
        p05: of.p05,
        p05_error: of.p05_error,
        p50: of.p50,
        p50_error: of.p50_error,
        p90: of.p90,
        p90_error: of.p90_error,
        p95: of.p95,
        p95_error: of.p95_error,
        p99: of.p99,
        p99_error: of.p99_error,
        tvar95: of.tvar95,
        tvar95_error: of.tvar95_error,
        tvar99: of.tvar99,
        tvar99_error: of.tvar99_error,
    }
}
