//! The methods that ship.

use std::collections::BTreeMap;

use serde::Deserialize;
use wire::risk::v1::RiskMethod;
use wire::risk::v1::risk_method::{Kind, Score};

const TEXT: &str = include_str!("../../data/methods.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Methods {
    method: Vec<Method>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Method {
    key: String,
    display_name: String,
    kind: String,
    description: String,
    provenance: String,
    scores: BTreeMap<String, i32>,
}

/// The methods, by id. A file that cannot be read gives none; a test of it fails then.
pub(super) fn methods() -> Vec<(String, RiskMethod)> {
    let Ok(methods) = toml::from_str::<Methods>(TEXT) else { return Vec::new() };
    methods.method.into_iter().map(of).collect()
}

fn of(method: Method) -> (String, RiskMethod) {
    let scores = method.scores.into_iter().map(|(criterion, score)| Score { criterion, score, ..Default::default() });
    let message = RiskMethod {
        display_name: method.display_name,
        kind: Kind::from_str_name(&method.kind).unwrap_or_default().into(),
        description: method.description,
        provenance: method.provenance,
        scores: scores.collect(),
        shipped: true,
        ..Default::default()
    };
    (method.key, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ships_is_read_whole() {
        let kinds: Vec<_> =
            methods().iter().map(|(key, method)| (key.clone(), method.kind(), method.scores.len())).collect();
        let of = |key: &str, kind| (key.to_owned(), kind, 8);
        assert_eq!(
            kinds,
            [of("matrix-5x5", Kind::Matrix), of("additive-0-8", Kind::Additive), of("product-cia", Kind::Product)]
        );
    }
}
