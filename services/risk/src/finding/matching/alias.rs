//! By which names a maker's model is looked up: its own, and those that `data/aliases.toml` adds. Pure.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::vulnerability::names::plain;

static ALIASES: LazyLock<Aliases> =
    LazyLock::new(|| toml::from_str(include_str!("../../../data/aliases.toml")).unwrap_or_default());

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Aliases {
    maker: Vec<Maker>,
    product: Vec<Product>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Maker {
    name: String,
    also: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Product {
    maker: String,
    model: Vec<String>,
    also: Vec<String>,
}

/// A maker and a product as they are looked up.
pub(crate) type Pair = (String, String);

/// The pairs by which a maker's model is looked up, each with whether it is by an alias. None where either says nothing.
pub(crate) fn pairs(maker: &str, model: &str) -> BTreeMap<Pair, bool> {
    let (maker, model) = (plain(maker), plain(model));
    let mut pairs = BTreeMap::new();
    if maker.is_empty() || model.is_empty() {
        return pairs;
    }
    let also = ALIASES.maker.iter().filter(|known| known.also.contains(&maker)).map(|known| known.name.clone());
    let makers: Vec<String> = also.chain([maker.clone()]).collect();
    for name in &makers {
        let run = ALIASES.product.iter().filter(|known| known.maker == *name && begins(&model, &known.model));
        for product in run.flat_map(|known| &known.also) {
            pairs.insert((name.clone(), product.clone()), true);
        }
        // Some write the maker before the model.
        if let Some(short) = model.strip_prefix(name.as_str()).map(str::trim_start).filter(|short| !short.is_empty()) {
            pairs.insert((name.clone(), short.to_owned()), true);
        }
        pairs.insert((name.clone(), model.clone()), *name != maker);
    }
    pairs
}

fn begins(model: &str, starts: &[String]) -> bool {
    starts.iter().any(|start| model.starts_with(start.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_and_its_names_are_plain() {
        assert!(ALIASES.maker.len() > 10 && ALIASES.product.len() > 5);
        let names = ALIASES.maker.iter().flat_map(|known| known.also.iter().chain([&known.name]));
        let products =
            ALIASES.product.iter().flat_map(|known| known.also.iter().chain(&known.model).chain([&known.maker]));
        for name in names.chain(products) {
            assert_eq!(plain(name), *name);
        }
    }

    #[test]
    fn a_model_is_looked_up_by_its_name_and_by_what_runs_on_it() {
        let found = pairs("Cisco Systems, Inc.", "ASR-9001");
        let of = |maker: &str, product: &str| found.get(&(maker.to_owned(), product.to_owned())).copied();
        assert_eq!(of("cisco", "ios xr"), Some(true));
        assert_eq!(of("cisco", "asr 9001"), Some(true));
        assert_eq!(of("cisco systems inc", "asr 9001"), Some(false));
        assert_eq!(pairs("", "x").len() + pairs("n/a", "x").len() + pairs("x", "").len(), 0);
        assert!(pairs("Nokia", "Nokia 7750 SR").contains_key(&("nokia".to_owned(), "7750 sr".to_owned())));
    }
}
