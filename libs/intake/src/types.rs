//! Tables: what other systems call a type, a state, a role, and what we call it.

use wire::assets::v1::asset::State;

use crate::text;

/// The type of assets of which nothing tells the type.
pub(crate) const UNCLASSIFIED: &str = "unclassified";

/// The site type where the source tells none: the most common place for telecommunication equipment.
pub(crate) const SITE_FALLBACK: &str = "equipment-room";

/// The shipped asset types.
pub(crate) const ASSET_TYPES: &str = "hardware software information paper facility people supporting-service core-network-element switch router \
    firewall load-balancer gateway amf smf upf udm hss hlr msc ims-cscf sbc pgw sgw mme dra stp dns-server ntp-server transmission-element \
    optical-link microwave-link dwdm-node leased-line circuit submarine-cable landing-station cable duct tower mast antenna \
    access-network-element olt onu dslam cpe radio-site base-station enodeb gnodeb cell repeater power-supply battery generator power-feed \
    power-panel rectifier climate-system oss bss network-management-system mediation billing-system crm charging-system provisioning-system \
    signalling-resource numbering-resource ip-prefix ip-range asn vlan vrf e164-range imsi-range point-code plmn spectrum subscriber-data sim \
    esim-platform call-record billing-record location-data traffic-data service mobile-voice mobile-data messaging emergency-calls fixed-voice \
    broadband enterprise-vpn leased-service interconnect-service roaming iptv iot-connectivity server virtual-machine cluster storage-system \
    database container-platform workstation rack patch-panel console-server pdu data-centre communication-centre unclassified";

/// Other words for asset types, squeezed to small letters and digits. Words that already are a shipped type need no row.
const ASSET_ALIASES: &[(&str, &str)] = &[
    // TM Forum and plain words.
    ("msisdn", "numbering-resource"),
    ("phonenumber", "numbering-resource"),
    ("telephonenumber", "numbering-resource"),
    ("mobilenumber", "numbering-resource"),
    ("e164", "e164-range"),
    ("numberrange", "e164-range"),
    ("imsi", "imsi-range"),
    ("simcard", "sim"),
    ("uicc", "sim"),
    ("esim", "esim-platform"),
    ("ipaddress", "ip-range"),
    ("ipsubnet", "ip-prefix"),
    ("subnet", "ip-prefix"),
    ("prefix", "ip-prefix"),
    ("autonomoussystem", "asn"),
    ("signallingpointcode", "point-code"),
    ("corerouter", "router"),
    ("edgerouter", "router"),
    ("iprouter", "router"),
    ("ethernetswitch", "switch"),
    ("l2switch", "switch"),
    ("l3switch", "switch"),
    ("accessswitch", "switch"),
    ("coreswitch", "switch"),
    ("distributionswitch", "switch"),
    ("torswitch", "switch"),
    ("gnb", "gnodeb"),
    ("enb", "enodeb"),
    ("nodeb", "base-station"),
    ("bts", "base-station"),
    ("radiobasestation", "base-station"),
    ("celltower", "tower"),
    ("monopole", "tower"),
    ("cellsite", "radio-site"),
    ("nrcell", "cell"),
    ("nrcelldu", "cell"),
    ("nrcellcu", "cell"),
    ("eutrancell", "cell"),
    ("cscf", "ims-cscf"),
    ("sessionbordercontroller", "sbc"),
    ("mediagateway", "gateway"),
    ("dns", "dns-server"),
    ("ntp", "ntp-server"),
    ("dwdm", "dwdm-node"),
    ("roadm", "dwdm-node"),
    ("opticalfibre", "optical-link"),
    ("opticalfiber", "optical-link"),
    ("fibre", "optical-link"),
    ("fiber", "optical-link"),
    ("darkfiber", "optical-link"),
    ("microwave", "microwave-link"),
    ("ont", "onu"),
    ("homegateway", "cpe"),
    ("customerpremisesequipment", "cpe"),
    ("ups", "power-supply"),
    ("powersupplyunit", "power-supply"),
    ("airconditioner", "climate-system"),
    ("hvac", "climate-system"),
    ("nms", "network-management-system"),
    ("elementmanagementsystem", "network-management-system"),
    ("vm", "virtual-machine"),
    ("virtualserver", "virtual-machine"),
    ("applicationserver", "server"),
    ("databaseserver", "server"),
    ("host", "server"),
    ("storage", "storage-system"),
    ("kubernetescluster", "container-platform"),
    ("application", "software"),
    ("softwareresource", "software"),
    ("datacenter", "data-centre"),
    ("datacentre", "data-centre"),
    ("equipment", "hardware"),
    ("device", "hardware"),
    ("card", "hardware"),
    ("port", "hardware"),
    ("physicalport", "hardware"),
    ("chassis", "hardware"),
    ("physicaldevice", "hardware"),
    ("building", "facility"),
    // ServiceNow classes.
    ("cmdbciserver", "server"),
    ("cmdbcilinuxserver", "server"),
    ("cmdbciwinserver", "server"),
    ("cmdbciunixserver", "server"),
    ("cmdbciesxserver", "server"),
    ("cmdbcivminstance", "virtual-machine"),
    ("cmdbcivmwareinstance", "virtual-machine"),
    ("cmdbcicluster", "cluster"),
    ("cmdbciiprouter", "router"),
    ("cmdbciipswitch", "switch"),
    ("cmdbciipfirewall", "firewall"),
    ("cmdbcilb", "load-balancer"),
    ("cmdbcinetgear", "hardware"),
    ("cmdbcistorageserver", "storage-system"),
    ("cmdbcidatabase", "database"),
    ("cmdbcidbinstance", "database"),
    ("cmdbcirack", "rack"),
    ("cmdbcicomputer", "workstation"),
    ("cmdbcipchardware", "workstation"),
    ("cmdbcipdu", "pdu"),
    ("cmdbciups", "power-supply"),
    ("cmdbcidatacenter", "data-centre"),
    ("cmdbciservice", "service"),
    ("cmdbciappl", "software"),
];

/// The shipped site types.
const SITE_TYPES: &str =
    "communication-centre equipment-room isolated-area other-carrier-premises user-premises office data-centre";

/// Other words for site types, squeezed.
const SITE_ALIASES: &[(&str, &str)] = &[
    ("datacenter", "data-centre"),
    ("datacentre", "data-centre"),
    ("colocation", "other-carrier-premises"),
    ("colo", "other-carrier-premises"),
    ("pointofpresence", "equipment-room"),
    ("pop", "equipment-room"),
    ("exchange", "communication-centre"),
    ("centraloffice", "communication-centre"),
    ("communicationcenter", "communication-centre"),
    ("switchingcentre", "communication-centre"),
    ("switchingcenter", "communication-centre"),
    ("cellsite", "isolated-area"),
    ("radiosite", "isolated-area"),
    ("tower", "isolated-area"),
    ("streetcabinet", "isolated-area"),
    ("remote", "isolated-area"),
    ("customersite", "user-premises"),
    ("customersites", "user-premises"),
    ("customerpremises", "user-premises"),
    ("headquarters", "office"),
    ("headoffice", "office"),
    ("branch", "office"),
    ("branchoffice", "office"),
    ("branchoffices", "office"),
    ("lab", "equipment-room"),
];

/// Other words for states, squeezed.
const STATES: &[(&str, State)] = &[
    ("planned", State::Identified),
    ("staged", State::Identified),
    ("onorder", State::Identified),
    ("ordered", State::Identified),
    ("pendinginstall", State::Identified),
    ("identified", State::Identified),
    ("surveyed", State::Surveyed),
    ("discovered", State::Surveyed),
    ("classified", State::Classified),
    ("registered", State::Registered),
    ("instock", State::Registered),
    ("inventory", State::Registered),
    ("valued", State::Valued),
    ("installed", State::InService),
    ("inservice", State::InService),
    ("inuse", State::InService),
    ("active", State::InService),
    ("live", State::InService),
    ("operational", State::InService),
    ("production", State::InService),
    ("inmaintenance", State::InService),
    ("pendingremoval", State::Retired),
    ("retired", State::Retired),
    ("decommissioned", State::Retired),
    ("decommissioning", State::Retired),
    ("disposed", State::Disposed),
];

/// The shipped asset type that `literal` means, if any.
pub(crate) fn asset_type(literal: &str) -> Option<&'static str> {
    pick(literal, ASSET_TYPES, ASSET_ALIASES)
}

/// The asset type for an explicit statement: a key is taken as it is (the operator may have types of its own), other words by the tables.
pub(crate) fn stated_asset_type(literal: &str) -> Option<String> {
    match asset_type(literal) {
        Some(known) => Some(known.to_owned()),
        None if text::is_key(literal) => Some(literal.to_owned()),
        None => None,
    }
}

/// The site type that `literal` means, if any.
pub(crate) fn site_type(literal: &str) -> Option<&'static str> {
    pick(literal, SITE_TYPES, SITE_ALIASES)
}

/// The state that `literal` means, if any.
pub(crate) fn state(literal: &str) -> Option<State> {
    let word = text::squeeze(literal);
    STATES.iter().find(|(name, _)| *name == word).map(|(_, state)| *state)
}

fn pick(literal: &str, keys: &'static str, aliases: &[(&str, &'static str)]) -> Option<&'static str> {
    let slug = text::slug(literal);
    if let Some(key) = keys.split_ascii_whitespace().find(|key| *key == slug) {
        return Some(key);
    }
    let word = text::squeeze(literal);
    if word.is_empty() {
        return None;
    }
    if let Some((_, key)) = aliases.iter().find(|(name, _)| *name == word) {
        return Some(key);
    }
    keys.split_ascii_whitespace().find(|key| text::squeeze(key) == word)
}
