//! The radio access network: sites, base stations, cells, and the power and backhaul at each site.

use super::How::{First, Here, Hub, Local, Near, Next, Prefix};
use super::Kind::{Adjacent, CarriedBy, PartOf, PoweredBy, Uses};
use super::{ALL, Family, Known, Need, family};

const RADIO: &[(&str, &str)] = &[
    ("Orlis Radio", "OR-5520"),
    ("Orlis Radio", "OR-4410"),
    ("Tessarine Networks", "Airline 9"),
    ("Kvist", "K-RAN 300"),
];
const MICROWAVE: &[(&str, &str)] = &[("Orlis Radio", "Hopline 18"), ("Brennic Microwave", "BM-23E")];
const STEEL: &[(&str, &str)] = &[("Stalvik Structures", "Lattice 45"), ("Stalvik Structures", "Lattice 60")];
const POWER: &[(&str, &str)] = &[("Emberline Power", "EP-48"), ("Woltern", "Dauer 150"), ("Emberline Power", "EP-24")];
const COOLING: &[(&str, &str)] = &[("Frostholm", "Cabinet 3"), ("Frostholm", "Cabinet 6")];
const ROUTERS: &[(&str, &str)] =
    &[("Tessarine Networks", "TR-220"), ("Pellin", "P-Access 8"), ("Pellin", "P-Access 16")];

const OPERATIONS: &str = "Radio Network Operations";
const FIELD: &str = "Field Services";
const TRANSPORT: &str = "Transport Network Operations";

/// The families of the radio access network.
pub(super) const FAMILIES: &[Family] = &[
    family("radio-site", "radio-site", "Radio site", 60.0)
        .on("site-plot")
        .owner(OPERATIONS)
        .physical()
        .rated((2, 2, 2), "internal", 0.7)
        .needs(&[
            Need(PoweredBy, "site-rectifier", Local, ALL),
            Need(Uses, "tower", Local, (0.0, 0.75)),
            Need(Uses, "mast", Local, (0.75, 1.0)),
            Need(PoweredBy, "site-climate", Here, ALL),
            Need(Uses, "supporting-service", Hub(1), (0.0, 0.5)),
        ]),
    family("tower", "tower", "Tower", 60.0).on("site-plot").owner(FIELD).made(STEEL, 0),
    family("mast", "mast", "Roof mast", 8.0).on("site-plot").owner(FIELD).made(STEEL, 0),
    family("site-feed", "power-feed", "Site power feed", 60.0).on("site-plot").owner(FIELD).physical(),
    family("site-rectifier", "rectifier", "Site rectifier", 60.0)
        .on("site-plot")
        .owner(FIELD)
        .made(POWER, 180)
        .rated((1, 2, 3), "internal", 0.3)
        .needs(&[
            Need(PoweredBy, "site-feed", Local, ALL),
            Need(PoweredBy, "site-battery", Local, ALL),
            Need(PoweredBy, "site-generator", Here, ALL),
            // The supply of this unmanned site is supervised over the router it powers: a cycle, as real estates have.
            Need(Uses, "site-router", First, ALL),
        ]),
    family("site-battery", "battery", "Site battery", 60.0).on("site-plot").owner(FIELD).made(POWER, 0),
    family("site-generator", "generator", "Site generator", 8.0).on("site-plot").owner(FIELD).made(POWER, 0),
    family("site-climate", "climate-system", "Cabinet cooling", 18.0)
        .on("site-plot")
        .owner(FIELD)
        .made(COOLING, 650)
        .needs(&[Need(PoweredBy, "site-feed", Local, ALL)]),
    family("hub-router", "router", "Hub site router", 12.0)
        .on("site-plot")
        .owner(TRANSPORT)
        .made(ROUTERS, 240)
        .known(Known::Address)
        .rated((2, 2, 3), "internal", 0.7)
        .needs(&[
            Need(CarriedBy, "access-fibre", Local, ALL),
            Need(PoweredBy, "site-rectifier", Local, ALL),
            Need(Uses, "ip-prefix", Prefix, ALL),
            Need(Uses, "ntp-server", Hub(1), ALL),
            Need(Adjacent, "hub-router", Next, ALL),
        ]),
    family("site-router", "router", "Cell site router", 60.0)
        .on("site-plot")
        .owner(TRANSPORT)
        .made(ROUTERS, 120)
        .known(Known::Address)
        .rated((2, 2, 2), "internal", 0.75)
        .needs(&[
            Need(CarriedBy, "microwave-link", Local, (0.0, 0.6)),
            Need(CarriedBy, "access-fibre", Local, (0.6, 1.0)),
            Need(PoweredBy, "site-rectifier", Local, ALL),
            Need(Uses, "ip-prefix", Prefix, ALL),
            Need(Uses, "ntp-server", Hub(1), ALL),
        ]),
    family("microwave-link", "microwave-link", "Microwave link", 28.0)
        .on("site-plot")
        .owner(TRANSPORT)
        .made(MICROWAVE, 90)
        .known(Known::Address)
        .needs(&[
            Need(CarriedBy, "hub-router", Local, ALL),
            Need(PoweredBy, "site-rectifier", Local, ALL),
            Need(Uses, "spectrum", Hub(1), ALL),
        ]),
    family("gnodeb", "gnodeb", "gNodeB", 44.0)
        .on("site-plot")
        .owner(OPERATIONS)
        .made(RADIO, 1400)
        .known(Known::Address)
        .rated((2, 2, 3), "internal", 0.85)
        .needs(&[
            Need(PartOf, "radio-site", Local, ALL),
            Need(PoweredBy, "site-rectifier", Local, ALL),
            Need(CarriedBy, "site-router", Local, ALL),
            Need(Uses, "ntp-server", Hub(1), ALL),
            Need(Uses, "radio-manager", Hub(1), ALL),
            Need(Adjacent, "enodeb", Local, (0.0, 0.6)),
        ]),
    family("enodeb", "enodeb", "eNodeB", 52.0)
        .on("site-plot")
        .owner(OPERATIONS)
        .made(RADIO, 1100)
        .known(Known::Address)
        .rated((2, 2, 3), "internal", 0.85)
        .needs(&[
            Need(PartOf, "radio-site", Local, ALL),
            Need(PoweredBy, "site-rectifier", Local, ALL),
            Need(CarriedBy, "site-router", Local, ALL),
            Need(Uses, "ntp-server", Hub(1), ALL),
            Need(Uses, "radio-manager", Hub(1), ALL),
        ]),
    family("base-station", "base-station", "Legacy base station", 6.0)
        .on("site-plot")
        .owner(OPERATIONS)
        .made(RADIO, 900)
        .known(Known::Address)
        .needs(&[
            Need(PartOf, "radio-site", Local, ALL),
            Need(PoweredBy, "site-rectifier", Local, ALL),
            Need(CarriedBy, "site-router", Local, ALL),
        ]),
    family("repeater", "repeater", "Repeater", 6.0)
        .on("site-plot")
        .owner(OPERATIONS)
        .made(RADIO, 60)
        .needs(&[Need(Uses, "cell-lte", Local, ALL), Need(PoweredBy, "site-feed", Local, ALL)]),
    family("cell-nr", "cell", "5G cell", 132.0)
        .on("site-plot")
        .beside("gnodeb")
        .owner(OPERATIONS)
        .known(Known::Cell)
        .rated((1, 2, 2), "internal", 0.6)
        .needs(&[
            Need(PartOf, "gnodeb", Local, ALL),
            Need(Uses, "antenna", Local, ALL),
            Need(Uses, "spectrum", Hub(1), ALL),
            Need(Adjacent, "cell-nr", Next, ALL),
            Need(Adjacent, "cell-lte", Local, (0.0, 0.7)),
        ]),
    family("cell-lte", "cell", "4G cell", 156.0)
        .on("site-plot")
        .beside("enodeb")
        .owner(OPERATIONS)
        .known(Known::Cell)
        .rated((1, 2, 2), "internal", 0.6)
        .needs(&[
            Need(PartOf, "enodeb", Local, ALL),
            Need(Uses, "antenna", Local, ALL),
            Need(Uses, "spectrum", Hub(1), ALL),
            Need(Adjacent, "cell-lte", Next, ALL),
            Need(Adjacent, "cell-lte", Near(2), (0.0, 0.3)),
        ]),
    family("antenna", "antenna", "Sector antenna", 178.0)
        .on("site-plot")
        .owner(FIELD)
        .made(RADIO, 0)
        .rated((1, 1, 2), "internal", 0.25)
        .needs(&[Need(PartOf, "tower", Local, ALL), Need(PoweredBy, "site-rectifier", Local, (0.0, 0.4))]),
];
