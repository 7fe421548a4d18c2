//! Tables: entity types, verbs of relationships, attributes.

/// A name without the prefix of its module: `NRCellDU` of `o-ran-smo-teiv-ran:NRCellDU`.
pub(super) fn bare(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, bare)| bare)
}

/// Whether entities of the type are places.
pub(super) fn is_site(kind: &str) -> bool {
    matches!(kind, "Site" | "CloudSite")
}

/// Entity types and what we call them.
const TYPES: &[(&str, &str)] = &[
    ("ManagedElement", "access-network-element"),
    ("ODUFunction", "gnodeb"),
    ("OCUCPFunction", "gnodeb"),
    ("OCUUPFunction", "gnodeb"),
    ("ORUFunction", "access-network-element"),
    ("NearRTRICFunction", "network-management-system"),
    ("SMO", "network-management-system"),
    ("ENodeBFunction", "enodeb"),
    ("GNBDUFunction", "gnodeb"),
    ("GNBCUCPFunction", "gnodeb"),
    ("GNBCUUPFunction", "gnodeb"),
    ("NRCellDU", "cell"),
    ("NRCellCU", "cell"),
    ("LTECell", "cell"),
    ("EUtranCell", "cell"),
    ("NRSectorCarrier", "spectrum"),
    ("LTESectorCarrier", "spectrum"),
    ("Sector", "radio-site"),
    ("AntennaModule", "antenna"),
    ("AntennaCapability", "antenna"),
    ("PhysicalAppliance", "hardware"),
    ("CloudifiedNF", "software"),
    ("NFDeployment", "software"),
    ("CloudNamespace", "container-platform"),
    ("NodeCluster", "cluster"),
    ("OCloudNode", "server"),
];

/// The asset type of an entity type, if it is known.
pub(super) fn asset_type(kind: &str) -> Option<&'static str> {
    TYPES.iter().find(|(name, _)| *name == kind).map(|(_, key)| *key)
}

/// Which side of a relationship depends on the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    /// The A side depends on the B side.
    OnB(&'static str),
    /// The B side depends on the A side.
    OnA(&'static str),
    /// The A side stands at the B side.
    At,
}

/// Verbs between the two types in the name of a relationship.
const VERBS: &[(&str, Verb)] = &[
    ("USES", Verb::OnB("uses")),
    ("REALISED_BY", Verb::OnB("runs-on")),
    ("DEPLOYED_ON", Verb::OnB("runs-on")),
    ("DEPLOYED_AS", Verb::OnB("runs-on")),
    ("LOCATED_ON", Verb::OnB("runs-on")),
    ("PROVIDES", Verb::OnA("runs-on")),
    ("SERVES", Verb::OnA("uses")),
    ("MANAGES", Verb::OnA("part-of")),
    ("COMPRISES", Verb::OnA("part-of")),
    ("CONTAINS", Verb::OnA("part-of")),
    ("GROUPS", Verb::OnA("part-of")),
    ("INSTALLED_AT", Verb::At),
    ("LOCATED_AT", Verb::At),
];

/// The verb in the name of a relationship, if it is known.
pub(super) fn verb(kind: &str) -> Option<Verb> {
    let name = bare(kind).to_ascii_uppercase();
    VERBS.iter().find(|(verb, _)| name.contains(&format!("_{verb}_"))).map(|(_, verb)| *verb)
}

/// Attributes that may be the name of an entity.
pub(super) const NAMES: &[&str] = &["name", "gNBDUName", "gNBCUName", "userLabel"];

/// Attributes that are the id of a public land mobile network.
pub(super) const PLMN: &[&str] = &["plmnId", "pLMNId", "dUpLMNId", "cUpLMNId"];
