//! Tables: kinds of A&AI and where their fields go.

use serde_json::{Map, Value};
use wire::assets::v1::asset::State;
use wire::assets::v1::network_identifier::Kind;

/// A kind of A&AI whose objects are assets.
pub(super) struct Spec {
    /// What A&AI calls it.
    pub(super) kind: &'static str,
    /// The member that is its key.
    pub(super) key: &'static str,
    /// Members that may be its name, the best one first.
    pub(super) names: &'static [&'static str],
    /// Its asset type; empty where its role tells.
    pub(super) asset_type: &'static str,
}

const fn spec(kind: &'static str, key: &'static str, names: &'static [&'static str], asset_type: &'static str) -> Spec {
    Spec { kind, key, names, asset_type }
}

/// The kinds that become assets.
pub(super) const SPECS: &[Spec] = &[
    spec("pnf", "pnf-name", &["pnf-name2", "pnf-name"], ""),
    spec("pserver", "hostname", &["pserver-name2", "hostname"], "server"),
    spec("generic-vnf", "vnf-id", &["vnf-name", "vnf-name2", "vnf-id"], ""),
    spec("vnfc", "vnfc-name", &["vnfc-name"], ""),
    spec("vserver", "vserver-id", &["vserver-name", "vserver-name2", "vserver-id"], "virtual-machine"),
];

/// The kind that becomes a site, and its key.
pub(super) const COMPLEX: (&str, &str) = ("complex", "physical-location-id");

/// Whether A&AI has such a kind and this reader reads it.
pub(super) fn kind(name: &str) -> bool {
    name == COMPLEX.0 || SPECS.iter().any(|spec| spec.kind == name)
}

/// The kind of an object that says it by its key only.
pub(super) fn kind_of(fields: &Map<String, Value>) -> Option<&'static str> {
    let keys = SPECS.iter().map(|spec| (spec.kind, spec.key)).chain([COMPLEX]);
    keys.filter(|(_, key)| fields.get(*key).is_some_and(Value::is_string)).map(|(kind, _)| kind).next()
}

/// Members that say what a network function is, the most telling one first.
pub(super) const ROLES: &[&str] = &["nf-role", "nf-function", "nf-type", "equip-type", "vnf-type", "nfc-function"];

/// Members that are network identifiers.
pub(super) const NETWORK: &[(&str, Kind)] = &[
    ("ipaddress-v4-oam", Kind::Ip),
    ("ipaddress-v6-oam", Kind::Ip),
    ("ipv4-oam-address", Kind::Ip),
    ("ipv6-oam-address", Kind::Ip),
    ("ipv4-loopback0-address", Kind::Ip),
    ("fqdn", Kind::Fqdn),
    ("pnf-ipv4-address", Kind::Ip),
    ("mac-address", Kind::Mac),
];

/// Provisioning states, squeezed. `PROV` is in service, the others before it are on the way.
const STATES: &[(&str, State)] = &[
    ("prov", State::InService),
    ("active", State::InService),
    ("inservice", State::InService),
    ("nvtprov", State::Identified),
    ("preprov", State::Identified),
    ("planned", State::Identified),
    ("created", State::Identified),
    ("capped", State::InService),
    ("decom", State::Retired),
    ("decommissioned", State::Retired),
    ("retired", State::Retired),
];

/// The state a provisioning status proposes, if any.
pub(super) fn state(word: &str) -> Option<State> {
    STATES.iter().find(|(name, _)| *name == word).map(|(_, state)| *state)
}

/// Members that become fields, not attributes, of every kind.
pub(super) const TAKEN: &[&str] = &[
    "serial-number",
    "equip-vendor",
    "equip-model",
    "sw-version",
    "relationship-list",
    "pnf-name",
    "vnf-id",
    "vnf-name",
];

/// Members of a complex that become fields of the site.
pub(super) const ADDRESS: &[&str] = &["street1", "street2", "postal-code", "city", "state", "country"];

/// Labels of relations, squeezed: whether the object depends on the other one, and the kind of dependency.
pub(super) const LABELS: &[(&str, bool, &str)] = &[
    ("hostedon", true, "runs-on"),
    ("runson", true, "runs-on"),
    ("partof", true, "part-of"),
    ("belongsto", true, "part-of"),
    ("memberof", true, "part-of"),
    ("uses", true, "uses"),
    ("dependson", true, "uses"),
    ("poweredby", true, "powered-by"),
    ("hosts", false, "runs-on"),
    ("composedof", false, "part-of"),
    ("contains", false, "part-of"),
];

/// Pairs of kinds whose relation is told by what they are: the first depends on the second.
pub(super) const PAIRS: &[(&str, &str, &str)] = &[
    ("vserver", "pserver", "runs-on"),
    ("generic-vnf", "vserver", "runs-on"),
    ("generic-vnf", "pserver", "runs-on"),
    ("generic-vnf", "pnf", "runs-on"),
    ("vnfc", "vserver", "runs-on"),
    ("vnfc", "generic-vnf", "part-of"),
];
