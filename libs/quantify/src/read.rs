//! YAML into the form, within limits.

use crate::{input::Document, model::Model, violation::Violations};

pub(crate) fn document(text: &str) -> Result<Document, Violations> {
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
    serde_saphyr::from_str_with_options(text, serde_saphyr::options! { budget: budget }).map_err(|error| {
        let at = error.location().map(|place| format!("line {} column {}", place.line(), place.column()));
        // The first line says what is wrong; those after it draw the place.
        let problem: String =
            error.to_string().lines().next().unwrap_or_default().chars().filter(|c| !c.is_control()).take(300).collect();
        Violations::one(
            &at.unwrap_or_else(|| "file".to_owned()),
            problem,
            "mend the file there; docs/quantify.md has every key, and a file has no aliases and is at most 24 levels deep",
        )
    })
}
