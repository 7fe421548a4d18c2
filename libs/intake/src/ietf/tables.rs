//! Tables: classes of components and kinds of network elements.

/// Classes of components (`iana-hardware` and the classes of the model), squeezed, and the asset type.
const CLASSES: &[(&str, &str)] = &[
    ("chassis", "hardware"),
    ("module", "hardware"),
    ("board", "hardware"),
    ("slot", "hardware"),
    ("container", "hardware"),
    ("port", "hardware"),
    ("backplane", "hardware"),
    ("stack", "hardware"),
    ("sensor", "hardware"),
    ("cpu", "hardware"),
    ("fan", "climate-system"),
    ("powersupply", "power-supply"),
    ("battery", "battery"),
    ("energyobject", "power-supply"),
    ("storagedrive", "storage-system"),
    ("rack", "rack"),
];

/// The asset type of a component of `class`; what is not known is hardware, since only hardware is replaced in the field.
pub(super) fn class(class: &str) -> &'static str {
    let word = crate::text::squeeze(bare(class));
    CLASSES.iter().find(|(name, _)| *name == word).map_or("hardware", |(_, key)| key)
}

/// A name without the prefix of its module.
pub(super) fn bare(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, bare)| bare)
}

/// Members of a network element that become fields, not attributes.
pub(super) const ELEMENT: &[&str] =
    &["ne-id", "name", "alias", "description", "software-rev", "mfg-name", "product-name", "components"];

/// Members of a component that become fields, not attributes.
pub(super) const COMPONENT: &[&str] = &[
    "component-id",
    "name",
    "alias",
    "description",
    "software-rev",
    "mfg-name",
    "product-name",
    "serial-number",
    "is-fru",
];
