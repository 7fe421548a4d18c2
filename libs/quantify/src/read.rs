//! YAML into the form, within limits.

use serde::de::DeserializeOwned;

use crate::{model::Model, violation::Violations};

/// Reads the YAML or JSON of a model as any form, within the limits that a model has. What it means is not judged.
///
/// # Errors
///
/// Text that is no YAML, is beyond the limits or has another form: one violation with its line and column.
pub fn document<T: DeserializeOwned>(text: &str) -> Result<T, Violations> {
    if text.len() > Model::MOST_BYTES {
        let problem = format!("{} bytes, where at most {} are read", text.len(), Model::MOST_BYTES);
        return Err(Violations::one("file", problem, "split the model into several"));
    }
    let budget = serde_saphyr::budget! {
        max_events: 2_000_000,
        max_nodes: 1_000_000,
        max_depth: 24,
        max_aliases: 0,
        max_anchors: 0,
        max_documents: 1,
    };
    // What is not finite is refused by the field it is in.
    let options = serde_saphyr::options! {
        budget: budget,
        non_finite_float_policy: serde_saphyr::options::NonFiniteFloatPolicy::PassThrough,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let at = error.location().map(|place| format!("line {} column {}", place.line(), place.column()));
        // The first line says what is wrong, after the place; those after it draw the place.
        let said = error.to_string();
        let line = said.lines().next().unwrap_or_default();
        let line = at.as_ref().and_then(|at| line.split_once(at)).map_or(line, |(_, rest)| rest.trim_start_matches(": "));
        let problem: String = line.chars().filter(|c| !c.is_control()).take(300).collect();
        Violations::one(
            &at.unwrap_or_else(|| "file".to_owned()),
            problem,
            "mend the file there; docs/quantify.md has every key, and a file has no aliases and is at most 24 levels deep",
        )
    })
}
