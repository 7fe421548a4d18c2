//! A run: from a checked model to its results.

mod option;
mod portfolio;
mod scenario;

use std::collections::BTreeMap;

use crate::{
    model::{Model, Scenario},
    outcome::{Outcome, ScenarioOutcome},
    simulate::{Columns, Simulated, simulate},
    stream::VERSION,
    violation::{Violation, Violations},
    watch::Watch,
};

/// How to run a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Simulated years, 2 to [`Settings::MOST_YEARS`]. The standard errors fall with their square root.
    pub years: u64,
    /// Another seed gives other draws; the same gives the same results to the byte.
    pub seed: u64,
    /// Threads, at most 256; 0 is one for each processor. Results do not depend on them.
    pub threads: usize,
    /// Also gives each scenario its curve and histogram; the portfolio always has them.
    pub curves: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { years: 100_000, seed: 1, threads: 0, curves: false }
    }
}

impl Settings {
    /// Most years of a run.
    pub const MOST_YEARS: u64 = 10_000_000;
    /// Most expected events of a run, each component of a loss counted.
    pub const MOST_EVENTS: f64 = 2e10;
    /// Most years of scenarios of a run.
    pub const MOST_SCENARIO_YEARS: u64 = 10_000_000_000;
    /// Most numbers of annual columns that are kept at a time (8 bytes each).
    pub const MOST_CELLS: u64 = 60_000_000;
}

/// Why a run has no results.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stopped {
    /// Somebody asked for it with [`Watch::cancel`].
    #[error("the run was cancelled")]
    Cancelled,
    /// The run would be too large, or the settings are out of their ranges.
    #[error("{0}")]
    Refused(#[from] Violations),
    /// The system gave no threads.
    #[error("threads could not be started: {0}")]
    Threads(String),
}

/// Simulates a model and gives its figures.
///
/// The same model, settings (but for `threads`) and version give equal results, whose JSON is the same to the byte.
///
/// # Errors
///
/// [`Stopped`]: cancelled through `watch`, refused because it would be too large, or no threads.
pub fn run(model: &Model, settings: &Settings, watch: &Watch) -> Result<Outcome, Stopped> {
    settings.check(model)?;
    pool(settings)?.install(|| outcome(model, settings, watch))
}

/// The gross loss of every simulated year of every scenario in its current state, for reckoning further. The columns are those
/// whose figures [`run`] gives.
///
/// # Errors
///
/// Those of [`run`]; also refused when scenarios × years is above [`Settings::MOST_CELLS`].
pub fn annual_losses(model: &Model, settings: &Settings, watch: &Watch) -> Result<BTreeMap<String, Vec<f64>>, Stopped> {
    settings.check(model)?;
    if settings.years * model.scenarios.len() as u64 > Settings::MOST_CELLS {
        let problem = format!("scenarios times years is above {}", Settings::MOST_CELLS);
        return Err(Violations::one("years", problem, "ask for fewer years or fewer scenarios").into());
    }
    let mut losses = BTreeMap::new();
    let mut take = |batch: &mut [Simulated<'_>], _: Vec<()>| {
        for simulated in batch {
            let column = simulated.columns.first_mut().map(|columns| std::mem::take(&mut columns.gross));
            losses.insert(simulated.ready.scenario.id.clone(), column.unwrap_or_default());
        }
        Ok(())
    };
    pool(settings)?.install(|| simulate(model, settings, watch, |_, _| (), &mut take))?;
    Ok(losses)
}

fn pool(settings: &Settings) -> Result<rayon::ThreadPool, Stopped> {
    let builder = rayon::ThreadPoolBuilder::new().num_threads(settings.threads);
    builder.build().map_err(|error| Stopped::Threads(error.to_string()))
}

impl Settings {
    /// Whether a run of the model would be within the limits: what [`run`] asks first.
    ///
    /// # Errors
    ///
    /// [`Violations`]: all of them at once.
    pub fn check(&self, model: &Model) -> Result<(), Violations> {
        let mut violations = Vec::new();
        let mut refuse = |field: &str, problem: String, remedy: &str| {
            violations.push(Violation { field: field.to_owned(), problem, remedy: remedy.to_owned() });
        };
        let Settings { years, threads, .. } = *self;
        if !(2..=Settings::MOST_YEARS).contains(&years) {
            let problem = format!("{years} is outside of 2 to {}", Settings::MOST_YEARS);
            refuse("years", problem, "give a number in this range; 100000 is usual");
            return Err(Violations(violations));
        }
        if threads > 256 {
            refuse("threads", format!("{threads} is above 256"), "give 0 for one thread a processor");
        }
        if years * model.scenarios.len() as u64 > Settings::MOST_SCENARIO_YEARS {
            let most = Settings::MOST_SCENARIO_YEARS;
            refuse("years", format!("years times scenarios is above {most}"), "ask for fewer years");
        }
        let events = model.events_a_year() * years as f64;
        if events > Settings::MOST_EVENTS {
            let problem = format!("{events:.3e} events are expected, where {:.0e} are allowed", Settings::MOST_EVENTS);
            refuse("years", problem, "ask for fewer years, or lower the frequencies");
        }
        let cells = model.cells() * years;
        if cells > Settings::MOST_CELLS {
            let problem = format!("{cells} numbers would be kept, where {} are allowed", Settings::MOST_CELLS);
            refuse("years", problem, "ask for fewer years, compare fewer options, or correlate fewer scenarios");
        }
        if violations.is_empty() { Ok(()) } else { Err(Violations(violations)) }
    }
}

impl Model {
    /// The expected events of a year, each component of a loss counted.
    fn events_a_year(&self) -> f64 {
        let cause = |(at, probability): &(usize, f64)| {
            self.causes.get(*at).map_or(0.0, |cause| cause.frequency.mean() * (1.0 + probability))
        };
        let of = |scenario: &crate::model::Scenario| {
            let shared: f64 = scenario.hits.iter().map(cause).sum();
            let sources = scenario.sources.iter();
            sources.map(|source| (source.frequency.mean() + shared) * source.components.len() as f64).sum::<f64>()
        };
        self.scenarios.iter().map(of).sum()
    }

    /// How many numbers are kept for each year.
    fn cells(&self) -> u64 {
        let plans: usize = self.plans.iter().map(|plan| 2 + plan.policies.len()).sum();
        let widest = self.scenarios.iter().map(|scenario| Columns::cells(&scenario.variants)).max().unwrap_or(0);
        let scores = self.correlation.as_ref().map_or(0, |correlation| correlation.members.len() / 2);
        (plans + widest + scores) as u64
    }
}

/// The relative error that the vulnerabilities bring to the mean of the portfolio: those of the scenarios are independent.
fn share_error(scenarios: &BTreeMap<String, ScenarioOutcome>) -> f64 {
    let (mut square, mut sum) = (0.0, 0.0);
    for scenario in scenarios.values() {
        sum += scenario.losses.gross.mean;
        if let (Some(share), Some(error)) = (scenario.vulnerability, scenario.vulnerability_error)
            && share > 0.0
        {
            let part = scenario.losses.gross.mean * error / share;
            square += part * part;
        }
    }
    if sum > 0.0 { libm::sqrt(square) / sum } else { 0.0 }
}

fn outcome(model: &Model, settings: &Settings, watch: &Watch) -> Result<Outcome, Stopped> {
    let mut scenarios = BTreeMap::new();
    let mut sums = portfolio::Sums::new(model, settings.years as usize);
    // The years of one scenario that nothing changes are those of the portfolio.
    let uninsured = |scenario: &Scenario| scenario.variants.iter().all(|variant| variant.terms.is_none());
    let alone = model.scenarios.len() == 1 && model.plans.len() == 1 && model.scenarios.iter().all(uninsured);
    let look = |at: usize, simulated: &Simulated<'_>| {
        if watch.cancelled() { None } else { scenario::outcome(model, at, simulated, settings.curves || alone, watch) }
    };
    simulate(model, settings, watch, look, |batch, seen| {
        let first = scenarios.len();
        let seen: Vec<_> = seen.into_iter().collect::<Option<_>>().ok_or(Stopped::Cancelled)?;
        for (simulated, seen) in batch.iter_mut().zip(seen) {
            let (mut outcome, known) = seen;
            if alone {
                sums.be(simulated, known, outcome.curve.clone());
            }
            outcome.curve = outcome.curve.filter(|_| settings.curves);
            scenarios.insert(simulated.ready.scenario.id.clone(), outcome);
        }
        if !alone {
            sums.add(model, first, batch);
        }
        if watch.cancelled() { Err(Stopped::Cancelled) } else { Ok(()) }
    })?;
    let (portfolio, options) = portfolio::outcome(model, sums, share_error(&scenarios), watch)?;
    Ok(Outcome { version: VERSION, seed: settings.seed, years: settings.years, scenarios, portfolio, options })
}
