//! The core network: functions that hold subscriptions, sessions and calls, signalling, and numbering.

use super::How::{Any, Hub, Local, Near, Next};
use super::Kind::{Adjacent, CarriedBy, PartOf, PoweredBy, RunsOn, Uses};
use super::{ALL, Family, Known, Need, family};

const FUNCTIONS: &[(&str, &str)] =
    &[("Tessarine Networks", "Corevia"), ("Orlis Radio", "Orlis Packet Core"), ("Umbral Software", "Umbral Core")];
const VOICE: &[(&str, &str)] = &[("Cantora Voice", "Cantora 7"), ("Kvist", "K-Voice")];
const SIGNALLING: &[(&str, &str)] = &[("Relayne", "R-Transfer 3"), ("Relayne", "R-Agent 2")];
const NAMES: &[(&str, &str)] = &[("Umbral Software", "Umbral Names"), ("Woltern", "Takt 1")];

const CORE: &str = "Core Network Operations";
const VOICE_TEAM: &str = "Voice Platform Operations";
const SIGNALLING_TEAM: &str = "Signalling and Interconnect Engineering";
const PLANNING: &str = "Numbering and Spectrum Planning";

/// What every function of the core needs.
macro_rules! function {
    ($key:literal, $title:literal, $at_one:literal, $owner:ident, $makers:ident, [$($need:expr),* $(,)?]) => {
        family($key, $key, $title, $at_one)
            .growth(0.6)
            .on("site-hall")
            .owner($owner)
            .written($makers)
            .known(Known::Address)
            .rated((3, 3, 3), "confidential", 0.97)
            .needs(&[
                Need(RunsOn, "cluster", Any(1), ALL),
                Need(Uses, "ntp-server", Hub(1), ALL),
                Need(Uses, "firewall", Hub(1), (0.0, 0.7)),
                $($need,)*
            ])
    };
}

/// The families of the core network and of numbering.
pub(super) const FAMILIES: &[Family] = &[
    function!("amf", "AMF", 2.0, CORE, FUNCTIONS, [Need(Uses, "udm", Any(1), ALL), Need(Uses, "plmn", Local, ALL)]),
    function!("smf", "SMF", 2.0, CORE, FUNCTIONS, [Need(Uses, "udm", Any(1), ALL), Need(Uses, "ip-range", Local, ALL)]),
    function!("upf", "UPF", 4.0, CORE, FUNCTIONS, [Need(CarriedBy, "core-router", Near(2), ALL)]),
    function!("udm", "UDM", 2.0, CORE, FUNCTIONS, [Need(Uses, "database", Hub(2), ALL)]),
    function!(
        "hss",
        "HSS",
        2.0,
        CORE,
        FUNCTIONS,
        [Need(Uses, "database", Hub(2), ALL), Need(Uses, "imsi-range", Any(1), ALL)]
    ),
    function!(
        "hlr",
        "HLR",
        1.0,
        CORE,
        FUNCTIONS,
        [Need(Uses, "database", Hub(2), ALL), Need(Uses, "point-code", Any(1), ALL)]
    ),
    function!("mme", "MME", 2.0, CORE, FUNCTIONS, [Need(Uses, "hss", Any(1), ALL), Need(Uses, "plmn", Local, ALL)]),
    function!("sgw", "SGW", 2.0, CORE, FUNCTIONS, [Need(CarriedBy, "core-router", Near(2), ALL)]),
    function!(
        "pgw",
        "PGW",
        2.0,
        CORE,
        FUNCTIONS,
        [Need(Uses, "ip-range", Local, ALL), Need(Uses, "dns-server", Hub(1), ALL)]
    ),
    function!("msc", "MSC", 2.0, VOICE_TEAM, VOICE, [Need(Uses, "hlr", Any(1), ALL), Need(Uses, "stp", Any(1), ALL)]),
    function!(
        "ims-cscf",
        "CSCF",
        3.0,
        VOICE_TEAM,
        VOICE,
        [Need(Uses, "hss", Any(1), ALL), Need(Uses, "dns-server", Hub(1), ALL)]
    ),
    function!(
        "sbc",
        "Session border controller",
        3.0,
        VOICE_TEAM,
        VOICE,
        [Need(CarriedBy, "core-router", Near(2), ALL)]
    ),
    function!("gateway", "Signalling gateway", 2.0, SIGNALLING_TEAM, SIGNALLING, [Need(Uses, "stp", Any(1), ALL)]),
    function!("dra", "DRA", 2.0, SIGNALLING_TEAM, SIGNALLING, [Need(Adjacent, "dra", Next, ALL)]),
    family("stp", "stp", "STP", 2.0)
        .growth(0.5)
        .on("site-centre")
        .owner(SIGNALLING_TEAM)
        .made(SIGNALLING, 700)
        .known(Known::PointCode(0))
        .rated((3, 3, 3), "confidential", 1.0)
        .needs(&[
            Need(PoweredBy, "centre-rectifier", Local, ALL),
            Need(CarriedBy, "core-router", Near(2), ALL),
            Need(Uses, "point-code", Any(1), ALL),
            Need(Adjacent, "stp", Next, ALL),
        ]),
    family("centre-switch", "core-network-element", "Tandem exchange", 2.0)
        .growth(0.5)
        .on("site-centre")
        .owner(VOICE_TEAM)
        .made(VOICE, 2600)
        .known(Known::PointCode(4096))
        .rated((2, 3, 3), "confidential", 0.9)
        .needs(&[
            Need(PoweredBy, "centre-rectifier", Local, ALL),
            Need(PoweredBy, "centre-climate", Local, ALL),
            Need(Uses, "stp", Any(1), ALL),
        ]),
    family("dns-server", "dns-server", "Resolver", 4.0)
        .growth(0.55)
        .on("site-centre")
        .owner(CORE)
        .made(NAMES, 300)
        .known(Known::Address)
        .rated((1, 3, 3), "internal", 1.0)
        .needs(&[Need(PoweredBy, "centre-rectifier", Local, ALL), Need(CarriedBy, "core-router", Near(2), ALL)]),
    family("ntp-server", "ntp-server", "Time server", 3.0)
        .growth(0.5)
        .on("site-centre")
        .owner(CORE)
        .made(NAMES, 60)
        .known(Known::Address)
        .rated((1, 3, 3), "internal", 0.9)
        .needs(&[Need(PoweredBy, "centre-rectifier", Local, ALL)]),
    family("ip-prefix", "ip-prefix", "Address prefix", 30.0)
        .owner(PLANNING)
        .known(Known::Prefix)
        .rated((1, 2, 2), "internal", 0.7)
        .needs(&[Need(PartOf, "asn", Hub(1), ALL)]),
    family("ip-range", "ip-range", "Address pool", 4.0).growth(0.6).owner(PLANNING).known(Known::Pool).needs(&[Need(
        PartOf,
        "asn",
        Hub(1),
        ALL,
    )]),
    family("asn", "asn", "Autonomous system", 2.0).growth(0.2).owner(PLANNING).known(Known::System).rated(
        (1, 3, 3),
        "public",
        1.0,
    ),
    family("vlan", "vlan", "VLAN", 20.0).owner(PLANNING),
    family("vrf", "vrf", "VRF", 8.0).growth(0.8).owner(PLANNING).rated((2, 3, 2), "internal", 0.5),
    family("e164-range", "e164-range", "Number range", 10.0)
        .growth(0.8)
        .owner(PLANNING)
        .known(Known::Telephone)
        .rated((1, 3, 2), "public", 0.8)
        .needs(&[Need(PartOf, "number-plan", Local, ALL)]),
    family("number-plan", "numbering-resource", "Numbering plan", 1.0).growth(0.1).owner(PLANNING).rated(
        (1, 3, 2),
        "internal",
        1.0,
    ),
    family("imsi-range", "imsi-range", "IMSI range", 4.0)
        .growth(0.5)
        .owner(PLANNING)
        .known(Known::Subscriber)
        .rated((2, 3, 2), "internal", 0.8)
        .needs(&[Need(PartOf, "plmn", Local, ALL)]),
    family("plmn", "plmn", "PLMN", 2.0).growth(0.1).owner(PLANNING).known(Known::Network).rated(
        (1, 3, 3),
        "public",
        1.0,
    ),
    family("point-code", "point-code", "Point code", 8.0).growth(0.6).owner(PLANNING).known(Known::PointCode(8192)),
    family("signalling-link-set", "signalling-resource", "Signalling link set", 3.0)
        .growth(0.6)
        .owner(SIGNALLING_TEAM)
        .needs(&[Need(CarriedBy, "trunk", Local, ALL), Need(Uses, "point-code", Near(2), ALL)]),
    family("spectrum", "spectrum", "Licensed band", 4.0).growth(0.3).owner(PLANNING).rated((1, 2, 3), "public", 1.0),
];
