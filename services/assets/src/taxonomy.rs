//! The taxonomies that ship as data: asset types, site types, dependency kinds.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// The type of what is known to exist, but not what it is.
pub(crate) const UNCLASSIFIED: &str = "unclassified";

/// A shipped asset type (X.1057 clause 8.1).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShippedType {
    pub(crate) key: String,
    pub(crate) display_name: String,
    pub(crate) parent: String,
    pub(crate) description: String,
    pub(crate) telecom_specific: bool,
    pub(crate) provisional: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SiteType {
    key: String,
    #[serde(rename = "display_name")]
    _display_name: String,
    #[serde(rename = "description")]
    _description: String,
    #[serde(rename = "telecom_control")]
    _telecom_control: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kind {
    key: String,
    #[serde(rename = "display_name")]
    _display_name: String,
    #[serde(rename = "description")]
    _description: String,
    inherits: bool,
}

#[derive(Deserialize)]
struct Types<T> {
    r#type: Vec<T>,
}

#[derive(Deserialize)]
struct Kinds {
    kind: Vec<Kind>,
}

static ASSET_TYPES: LazyLock<BTreeMap<String, ShippedType>> = LazyLock::new(|| {
    let types: Types<ShippedType> =
        toml::from_str(include_str!("../data/asset_types.toml")).unwrap_or(Types { r#type: Vec::new() });
    types.r#type.into_iter().map(|shipped| (shipped.key.clone(), shipped)).collect()
});

static SITE_TYPES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let types: Types<SiteType> =
        toml::from_str(include_str!("../data/site_types.toml")).unwrap_or(Types { r#type: Vec::new() });
    types.r#type.into_iter().map(|site| site.key).collect()
});

static KINDS: LazyLock<BTreeMap<String, bool>> = LazyLock::new(|| {
    let kinds: Kinds =
        toml::from_str(include_str!("../data/dependency_kinds.toml")).unwrap_or(Kinds { kind: Vec::new() });
    kinds.kind.into_iter().map(|kind| (kind.key, kind.inherits)).collect()
});

/// The shipped asset types, by key.
pub(crate) fn asset_types() -> &'static BTreeMap<String, ShippedType> {
    &ASSET_TYPES
}

/// The keys of site types.
pub(crate) fn site_types() -> &'static [String] {
    &SITE_TYPES
}

/// The kinds of dependencies, and whether value is inherited over each.
pub(crate) fn dependency_kinds() -> &'static BTreeMap<String, bool> {
    &KINDS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_data_reads_and_hangs_together() {
        assert!(asset_types().len() > 80);
        for shipped in asset_types().values() {
            assert!(shipped.parent.is_empty() || asset_types().contains_key(&shipped.parent), "{}", shipped.key);
        }
        for key in ["router", "radio-site", "optical-link", "unclassified"] {
            assert!(asset_types().contains_key(key), "{key}");
        }
        assert_eq!(site_types().len(), 7);
        assert_eq!(dependency_kinds().get("adjacent"), Some(&false));
        assert_eq!(dependency_kinds().get("powered-by"), Some(&true));
    }
}
