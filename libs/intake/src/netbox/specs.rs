//! Tables: which models are assets, and where their fields go.

use wire::assets::v1::asset::State;

/// A model whose objects are assets.
pub(super) struct Spec {
    /// `dcim.device`.
    pub(super) model: &'static str,
    /// The asset type; empty where a rule finds it.
    pub(super) asset_type: &'static str,
    /// References kept as an attribute with the name of what they refer to.
    pub(super) names: &'static [(&'static str, &'static str)],
    /// Fields that go elsewhere.
    pub(super) taken: &'static [&'static str],
}

const fn spec(
    model: &'static str,
    asset_type: &'static str,
    names: &'static [(&'static str, &'static str)],
    taken: &'static [&'static str],
) -> Spec {
    Spec { model, asset_type, names, taken }
}

const VRF: (&str, &str) = ("vrf", "ipam.vrf");
const ROLE: (&str, &str) = ("role", "ipam.role");
const PLATFORM: (&str, &str) = ("platform", "dcim.platform");

/// The models whose objects are assets, in the order they are handed over.
pub(super) const SPECS: &[Spec] = &[
    spec(
        "dcim.device",
        "",
        &[
            ("role", "dcim.devicerole"),
            ("device_role", "dcim.devicerole"),
            PLATFORM,
            ("cluster", "virtualization.cluster"),
            ("virtual_chassis", "dcim.virtualchassis"),
        ],
        &[
            "device_type",
            "site",
            "location",
            "rack",
            "position",
            "face",
            "primary_ip4",
            "primary_ip6",
            "oob_ip",
            "serial",
            "parent_device",
        ],
    ),
    spec(
        "virtualization.virtualmachine",
        "virtual-machine",
        &[("role", "dcim.devicerole"), PLATFORM, ("cluster", "virtualization.cluster"), ("device", "dcim.device")],
        &["site", "primary_ip4", "primary_ip6", "serial"],
    ),
    spec(
        "virtualization.cluster",
        "cluster",
        &[("type", "virtualization.clustertype"), ("group", "virtualization.clustergroup")],
        &["site"],
    ),
    spec(
        "circuits.circuit",
        "",
        &[("type", "circuits.circuittype"), ("provider_account", "circuits.provideraccount")],
        &["cid", "provider", "termination_a", "termination_z"],
    ),
    spec("dcim.powerpanel", "power-panel", &[], &["site", "location"]),
    spec(
        "dcim.powerfeed",
        "power-feed",
        &[("power_panel", "dcim.powerpanel")],
        &["rack", "cable", "cable_end", "mark_connected", "_path"],
    ),
    spec("ipam.prefix", "ip-prefix", &[VRF, ROLE, ("vlan", "ipam.vlan")], &["site", "_depth", "_children"]),
    spec("ipam.aggregate", "ip-prefix", &[("rir", "ipam.rir")], &[]),
    spec("ipam.iprange", "ip-range", &[VRF, ROLE], &[]),
    spec("ipam.asn", "asn", &[("rir", "ipam.rir"), ROLE], &["asn"]),
    spec("ipam.vlan", "vlan", &[ROLE, ("group", "ipam.vlangroup")], &["site"]),
    spec("ipam.vrf", "vrf", &[], &["import_targets", "export_targets"]),
];

/// Fields of every model that go elsewhere or say nothing outside of NetBox.
pub(super) const EVERYWHERE: &[&str] = &[
    "name",
    "_name",
    "created",
    "last_updated",
    "custom_field_data",
    "description",
    "comments",
    "tenant",
    "status",
    "tags",
    "scope_type",
    "scope_id",
    "_site",
    "_location",
    "_region",
    "_site_group",
    "lft",
    "rght",
    "tree_id",
    "level",
];

/// Statuses. Offline and failed things are in service: they are out of order, not out of the estate.
const STATUSES: &[(&str, State)] = &[
    ("active", State::InService),
    ("container", State::InService),
    ("available", State::InService),
    ("offline", State::InService),
    ("paused", State::InService),
    ("failed", State::InService),
    ("dhcp", State::InService),
    ("slaac", State::InService),
    ("connected", State::InService),
    ("planned", State::Identified),
    ("staged", State::Identified),
    ("staging", State::Identified),
    ("provisioning", State::Identified),
    ("reserved", State::Identified),
    ("inventory", State::Registered),
    ("decommissioning", State::Retired),
    ("deprovisioning", State::Retired),
    ("decommissioned", State::Retired),
    ("deprecated", State::Retired),
    ("retired", State::Retired),
];

/// The state a status proposes, if any.
pub(super) fn state(status: &str) -> Option<State> {
    STATUSES.iter().find(|(name, _)| *name == status).map(|(_, state)| *state)
}

/// Roles of contacts that look after a thing day by day.
pub(super) const CUSTODIANS: &[&str] =
    &["operational", "operations", "technical", "noc", "support", "maintenance", "custodian"];

/// Custom fields that are fields of an asset, by the name their characteristic has.
pub(super) const CUSTOM: &[(&str, &str)] = &[
    ("confidentiality", "security.confidentiality"),
    ("integrity", "security.integrity"),
    ("availability", "security.availability"),
    ("classification", "security.classification"),
    ("legaltags", "security.legalTags"),
    ("criticalityreason", "security.criticalityReason"),
    ("powerwatts", "powerWatts"),
    ("softwareversion", "softwareVersion"),
    ("firmwareversion", "softwareVersion"),
    ("endoflife", "endOfLifeDate"),
    ("endoflifedate", "endOfLifeDate"),
    ("pointcode", "pointCode"),
    ("neid", "neId"),
];
