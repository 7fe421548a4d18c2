//! What customers buy, the systems and information behind it, and the people, paper and offices around it.

use super::How::{Any, First, Hub, Local, Near, Span};
use super::Kind::{CarriedBy, PartOf, RunsOn, Uses};
use super::{ALL, Family, Known, Need, family};

const SYSTEMS: &[(&str, &str)] =
    &[("Umbral Software", "Umbral Operate"), ("Quillon", "Quillon Care"), ("Tarn Systems", "Tarn Assure")];
const TERMINALS: &[(&str, &str)] = &[("Haldane Computing", "Desk 5"), ("Morvik", "Fold 14")];

const PRODUCTS: &str = "Consumer Products";
const BUSINESS: &str = "Enterprise Products";
const SYSTEMS_TEAM: &str = "Operations Support Systems";
const BILLING: &str = "Billing and Revenue Assurance";
const PRIVACY: &str = "Data Management";
const PARTNERS: &str = "Interconnect and Roaming";

/// A support system: it runs on machines, keeps its data in a database, and stands behind a firewall.
macro_rules! system {
    ($key:literal, $kind:literal, $title:literal, $at_one:literal, $owner:ident, [$($need:expr),* $(,)?]) => {
        family($key, $kind, $title, $at_one)
            .growth(0.35)
            .on("site-hall")
            .owner($owner)
            .written(SYSTEMS)
            .known(Known::Address)
            .rated((3, 3, 2), "confidential", 0.95)
            .needs(&[
                Need(RunsOn, "virtual-machine", Any(2), ALL),
                Need(Uses, "firewall", Hub(1), ALL),
                Need(Uses, "load-balancer", Hub(1), (0.0, 0.6)),
                $($need,)*
            ])
    };
}

/// The families of services, support systems, information and organization.
pub(super) const FAMILIES: &[Family] = &[
    family("emergency-calls", "emergency-calls", "Emergency calls", 3.0)
        .kept()
        .owner(PRODUCTS)
        .rated((2, 3, 3), "internal", 1.0)
        .legal(&["traffic-data"])
        .serves(30_000)
        .recovers("PT15M", "", "PT1H")
        .needs(&[
            Need(Uses, "mobile-voice", Local, ALL),
            Need(Uses, "fixed-voice", Local, ALL),
            Need(Uses, "location-data", Any(1), ALL),
        ]),
    family("mobile-voice", "mobile-voice", "Mobile voice", 3.0)
        .kept()
        .owner(PRODUCTS)
        .rated((3, 3, 3), "internal", 1.0)
        .legal(&["traffic-data", "lawful-interception"])
        .serves(22_000)
        .recovers("PT1H", "", "PT4H")
        .needs(&[
            Need(CarriedBy, "enodeb", Span, ALL),
            Need(Uses, "ims-cscf", Near(2), ALL),
            Need(Uses, "mme", Any(1), ALL),
            Need(Uses, "msc", Any(1), ALL),
            Need(Uses, "e164-range", Local, ALL),
        ]),
    family("mobile-data", "mobile-data", "Mobile data", 3.0)
        .kept()
        .owner(PRODUCTS)
        .rated((3, 2, 3), "internal", 1.0)
        .legal(&["traffic-data", "lawful-interception"])
        .serves(21_000)
        .recovers("PT2H", "", "PT8H")
        .needs(&[
            Need(CarriedBy, "gnodeb", Span, ALL),
            Need(Uses, "amf", Any(1), ALL),
            Need(Uses, "smf", Any(1), ALL),
            Need(Uses, "upf", Near(2), ALL),
            Need(Uses, "pgw", Any(1), ALL),
            Need(Uses, "sgw", Any(1), ALL),
            Need(Uses, "dns-server", Hub(2), ALL),
        ]),
    family("messaging", "messaging", "Messaging", 2.0)
        .growth(0.4)
        .owner(PRODUCTS)
        .rated((3, 2, 2), "internal", 1.0)
        .legal(&["traffic-data"])
        .serves(40_000)
        .needs(&[Need(Uses, "msc", Any(1), ALL), Need(Uses, "stp", Any(1), ALL), Need(Uses, "gateway", Any(1), ALL)]),
    family("fixed-voice", "fixed-voice", "Fixed voice", 2.0)
        .owner(PRODUCTS)
        .rated((3, 2, 2), "internal", 1.0)
        .legal(&["traffic-data", "lawful-interception"])
        .serves(4_000)
        .needs(&[
            Need(Uses, "sbc", Any(2), ALL),
            Need(Uses, "ims-cscf", Any(1), ALL),
            Need(Uses, "centre-switch", Any(1), ALL),
            Need(CarriedBy, "dslam", Span, ALL),
            Need(Uses, "e164-range", Local, ALL),
        ]),
    family("broadband", "broadband", "Broadband", 4.0)
        .owner(PRODUCTS)
        .rated((2, 2, 2), "internal", 1.0)
        .legal(&["traffic-data"])
        .serves(6_000)
        .needs(&[
            Need(CarriedBy, "olt", Span, ALL),
            Need(CarriedBy, "metro-router", Local, ALL),
            Need(Uses, "dns-server", Hub(2), ALL),
            Need(Uses, "ip-range", Any(1), ALL),
        ]),
    family("iptv", "iptv", "IPTV", 1.0)
        .growth(0.2)
        .owner(PRODUCTS)
        .rated((1, 2, 2), "internal", 1.0)
        .serves(9_000)
        .needs(&[Need(Uses, "container-platform", Local, ALL), Need(CarriedBy, "core-router", Near(2), ALL)]),
    family("enterprise-vpn", "enterprise-vpn", "Enterprise VPN", 12.0)
        .owner(BUSINESS)
        .rated((3, 3, 3), "confidential", 0.95)
        .serves(60)
        .recovers("PT4H", "", "PT12H")
        .needs(&[
            Need(CarriedBy, "cpe", Span, ALL),
            Need(CarriedBy, "circuit", Span, ALL),
            Need(Uses, "vrf", Any(1), ALL),
        ]),
    family("leased-service", "leased-service", "Leased capacity", 5.0)
        .owner(BUSINESS)
        .rated((2, 2, 3), "confidential", 0.95)
        .serves(1)
        .needs(&[Need(CarriedBy, "circuit", Any(2), ALL), Need(CarriedBy, "trunk", Any(1), ALL)]),
    family("iot-connectivity", "iot-connectivity", "IoT connectivity", 2.0)
        .growth(0.4)
        .owner(BUSINESS)
        .rated((2, 2, 2), "internal", 1.0)
        .serves(15_000)
        .needs(&[
            Need(Uses, "mme", Any(1), ALL),
            Need(Uses, "pgw", Any(1), ALL),
            Need(Uses, "esim-platform", Local, ALL),
            Need(Uses, "imsi-range", Any(1), ALL),
        ]),
    family("interconnect-service", "interconnect-service", "Interconnection", 4.0)
        .growth(0.5)
        .on("site-peer")
        .owner(PARTNERS)
        .rated((2, 3, 3), "confidential", 1.0)
        .legal(&["traffic-data"])
        .needs(&[
            Need(CarriedBy, "border-router", Local, ALL),
            Need(Uses, "sbc", Any(1), ALL),
            Need(Uses, "stp", Any(1), ALL),
            Need(Uses, "signalling-link-set", Any(1), ALL),
            Need(CarriedBy, "leased-line", Any(1), ALL),
        ]),
    family("roaming", "roaming", "Roaming", 2.0)
        .growth(0.5)
        .owner(PARTNERS)
        .rated((3, 3, 2), "internal", 1.0)
        .legal(&["pii", "traffic-data"])
        .serves(2_500)
        .needs(&[
            Need(Uses, "dra", Any(2), ALL),
            Need(Uses, "stp", Any(1), ALL),
            Need(CarriedBy, "submarine-cable", Any(1), ALL),
            Need(CarriedBy, "border-router", Any(1), ALL),
            Need(Uses, "plmn", Local, ALL),
        ]),
    family("wholesale", "service", "Wholesale access", 1.0)
        .growth(0.3)
        .owner(PARTNERS)
        .rated((2, 2, 2), "internal", 1.0)
        .needs(&[Need(CarriedBy, "olt", Any(2), ALL), Need(CarriedBy, "border-router", Any(1), ALL)]),
    system!("radio-manager", "network-management-system", "Radio manager", 3.0, SYSTEMS_TEAM, []),
    system!("transport-manager", "network-management-system", "Transport manager", 2.0, SYSTEMS_TEAM, []),
    system!("access-manager", "network-management-system", "Access manager", 2.0, SYSTEMS_TEAM, []),
    family("energy-manager", "network-management-system", "Energy manager", 1.0)
        .growth(0.0)
        .on("site-hall")
        .owner("Facilities and Energy")
        .written(SYSTEMS)
        .known(Known::Address)
        .rated((2, 3, 3), "confidential", 1.0)
        .needs(&[Need(RunsOn, "server", First, ALL)]),
    system!("oss", "oss", "Fault and inventory system", 3.0, SYSTEMS_TEAM, [Need(Uses, "people", Local, ALL)]),
    system!(
        "provisioning-system",
        "provisioning-system",
        "Provisioning",
        1.0,
        SYSTEMS_TEAM,
        [Need(Uses, "hss", Any(1), ALL)]
    ),
    system!("bss", "bss", "Order management", 2.0, BILLING, [Need(Uses, "crm", Local, ALL)]),
    system!("crm", "crm", "Customer care", 1.0, BILLING, [Need(Uses, "subscriber-data", Any(2), ALL)]),
    system!("billing-system", "billing-system", "Billing", 1.0, BILLING, [Need(Uses, "billing-record", Any(2), ALL)]),
    system!("mediation", "mediation", "Mediation", 1.0, BILLING, [Need(Uses, "call-record", Any(2), ALL)]),
    system!(
        "charging-system",
        "charging-system",
        "Online charging",
        1.0,
        BILLING,
        [Need(Uses, "database", Hub(1), ALL)]
    ),
    system!("esim-platform", "esim-platform", "eSIM platform", 1.0, SYSTEMS_TEAM, [Need(Uses, "sim", Any(1), ALL)]),
    system!(
        "application",
        "software",
        "Business application",
        6.0,
        SYSTEMS_TEAM,
        [Need(Uses, "information", Any(1), ALL)]
    ),
    family("subscriber-data", "subscriber-data", "Subscriber register", 4.0)
        .growth(0.5)
        .owner(PRIVACY)
        .rated((3, 3, 3), "secret", 1.0)
        .legal(&["pii"])
        .recovers("PT2H", "PT5M", "PT8H")
        .needs(&[Need(RunsOn, "database", Hub(1), ALL)]),
    family("sim", "sim", "SIM batch", 6.0)
        .owner("SIM and Key Management")
        .physical()
        .rated((3, 3, 2), "secret", 0.95)
        .legal(&["pii"])
        .needs(&[Need(PartOf, "subscriber-data", Any(1), ALL), Need(Uses, "imsi-range", Any(1), ALL)]),
    family("call-record", "call-record", "Call records", 5.0)
        .growth(0.7)
        .owner(PRIVACY)
        .rated((3, 3, 2), "secret", 1.0)
        .legal(&["pii", "traffic-data", "lawful-interception"])
        .needs(&[Need(RunsOn, "database", Any(1), ALL), Need(RunsOn, "storage", Any(1), ALL)]),
    family("billing-record", "billing-record", "Billing records", 4.0)
        .growth(0.7)
        .owner(BILLING)
        .rated((3, 3, 2), "confidential", 1.0)
        .legal(&["pii"])
        .recovers("P2D", "PT15M", "P7D")
        .needs(&[Need(RunsOn, "database", Any(1), ALL)]),
    family("location-data", "location-data", "Location data", 2.0)
        .growth(0.5)
        .owner(PRIVACY)
        .rated((3, 2, 2), "secret", 1.0)
        .legal(&["pii", "traffic-data"])
        .needs(&[Need(RunsOn, "database", Any(1), ALL)]),
    family("traffic-data", "traffic-data", "Traffic data", 2.0)
        .growth(0.5)
        .owner(PRIVACY)
        .rated((3, 2, 2), "secret", 1.0)
        .legal(&["traffic-data"])
        .needs(&[Need(RunsOn, "storage", Any(1), ALL)]),
    family("information", "information", "Document collection", 12.0)
        .owner("Information Security Office")
        .rated((2, 2, 1), "internal", 0.9)
        .needs(&[Need(RunsOn, "storage", Local, ALL), Need(Uses, "people", Local, (0.0, 0.4))]),
    family("paper", "paper", "Paper archive", 5.0)
        .on("site-office")
        .owner("Records Office")
        .physical()
        .rated((2, 2, 1), "internal", 0.9)
        .needs(&[Need(PartOf, "office-building", Local, ALL)]),
    family("people", "people", "Team", 12.0)
        .growth(0.6)
        .on("site-office")
        .owner("Human Resources")
        .rated((2, 2, 2), "internal", 0.6)
        .needs(&[Need(Uses, "office-building", Local, ALL), Need(Uses, "workstation", Span, ALL)]),
    family("supporting-service", "supporting-service", "Contracted service", 8.0)
        .growth(0.5)
        .owner("Procurement")
        .rated((1, 2, 2), "internal", 0.8),
    family("workstation", "workstation", "Workstation", 20.0)
        .on("site-office")
        .owner("Workplace Services")
        .made(TERMINALS, 45),
    family("office-building", "facility", "Office building", 3.0)
        .growth(0.5)
        .on("site-office")
        .owner("Facilities and Energy")
        .physical()
        .rated((1, 1, 2), "internal", 0.9)
        .needs(&[Need(Uses, "supporting-service", Hub(1), ALL)]),
    family("unclassified", "unclassified", "Unidentified device", 6.0)
        .on("site-hall")
        .made(&[], 0)
        .known(Known::Address),
];
