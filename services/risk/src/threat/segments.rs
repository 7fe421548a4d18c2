//! Which segments of the network a type of asset belongs to (`data/segments.toml`). Our own reading, and provisional.

use std::sync::LazyLock;

use serde::Deserialize;

const TEXT: &str = include_str!("../../data/segments.toml");

static SEGMENTS: LazyLock<Segments> = LazyLock::new(|| toml::from_str(TEXT).unwrap_or_default());

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Segments {
    provisional: bool,
    #[cfg_attr(not(test), expect(dead_code, reason = "read so that the file is known whole; a test looks at it"))]
    without: Vec<String>,
    segment: Vec<Segment>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Segment {
    name: String,
    asset_types: Vec<String>,
}

/// The segments that a type of asset belongs to, in the order of the file.
pub(crate) fn of_type(asset_type: &str) -> Vec<&'static str> {
    let holds = |segment: &&Segment| segment.asset_types.iter().any(|known| known == asset_type);
    SEGMENTS.segment.iter().filter(holds).map(|segment| segment.name.as_str()).collect()
}

/// Whether what belongs where is not certain.
pub(crate) fn provisional() -> bool {
    SEGMENTS.provisional
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_type_that_ships_is_placed_or_said_to_have_no_place() {
        let types = include_str!("../../../assets/data/asset_types.toml");
        let shipped: BTreeSet<&str> =
            types.lines().filter_map(|line| line.strip_prefix("key = \"")?.strip_suffix('"')).collect();
        let placed: BTreeSet<&str> =
            SEGMENTS.segment.iter().flat_map(|segment| &segment.asset_types).map(String::as_str).collect();
        let without: BTreeSet<&str> = SEGMENTS.without.iter().map(String::as_str).collect();
        assert!(shipped.len() > 90, "{}", shipped.len());
        assert_eq!(placed.intersection(&without).count(), 0);
        assert_eq!(placed.union(&without).copied().collect::<BTreeSet<_>>(), shipped);
    }

    #[test]
    fn a_type_may_belong_to_several() {
        assert_eq!(of_type("gnodeb"), ["RAN", "O-RAN"]);
        assert_eq!(of_type("paper"), Vec::<&str>::new());
        assert!(provisional());
    }
}
