//! From the form to a model: every rule about what may be asked, all violations at once.

mod distribution;
mod fair;
mod limits;
mod plan;
mod policy;
mod portfolio;
mod scenario;

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    input::Document,
    model::Model,
    violation::{Violation, Violations},
};

pub(crate) use limits::Range;

/// Gathers what is wrong.
#[derive(Default)]
pub(crate) struct Checker {
    violations: Vec<Violation>,
}

impl Checker {
    pub(crate) fn refuse(&mut self, field: &str, problem: impl Into<String>, remedy: &str) {
        if self.violations.len() < Violations::MOST {
            let (field, remedy) = (field.to_owned(), remedy.to_owned());
            self.violations.push(Violation { field, problem: problem.into(), remedy });
        }
    }

    /// An id: 1 to 100 visible characters, once in its list.
    fn id<'a>(&mut self, field: &str, id: &'a str, seen: &mut BTreeSet<&'a str>) {
        let length = id.chars().count();
        if !(1..=100).contains(&length) || id.chars().any(char::is_control) || id.trim() != id {
            self.refuse(field, "is not an id", "give 1 to 100 visible characters with no space at either end");
        }
        if !seen.insert(id) {
            let shown: String = id.chars().take(100).collect();
            self.refuse(field, format!("{shown:?} is there twice"), "give each an id of its own");
        }
    }
}

/// The whole model.
pub(crate) fn model(document: &Document) -> Result<Model, Violations> {
    let mut checker = Checker::default();
    let count = document.scenarios.len();
    if !(1..=Model::MOST_SCENARIOS).contains(&count) {
        let problem = format!("{count} scenarios, where 1 to {} are allowed", Model::MOST_SCENARIOS);
        return Err(Violations::one("scenarios", problem, "split the portfolio into several models"));
    }
    let mut seen = BTreeSet::new();
    let mut scenarios = Vec::with_capacity(count);
    for (at, input) in document.scenarios.iter().enumerate() {
        let place = format!("scenarios[{at}]");
        checker.id(&format!("{place}.id"), &input.id, &mut seen);
        scenarios.push(checker.scenario(&place, input));
    }
    let places: BTreeMap<&str, usize> =
        document.scenarios.iter().enumerate().map(|(at, scenario)| (scenario.id.as_str(), at)).collect();
    let causes = checker.causes(document, &places, &mut scenarios);
    let correlation = checker.correlation(document, &places);
    let plans = checker.plans(document, &places, &mut scenarios);
    let appetite = checker.appetite(document.appetite.as_ref());
    let scenarios: Option<Vec<_>> = scenarios.into_iter().collect();
    match scenarios {
        Some(scenarios) if checker.violations.is_empty() => {
            Ok(Model { scenarios, causes, correlation, plans, appetite })
        }
        _ => Err(Violations(checker.violations)),
    }
}
