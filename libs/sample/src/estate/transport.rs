//! Transmission and the fixed access network: links, cables, routers, and what stands at the customer.

use super::How::{Any, Hub, Local, Near, Next, Prefix};
use super::Kind::{Adjacent, CarriedBy, PartOf, PoweredBy, RunsOn, Uses};
use super::{ALL, Family, Known, Need, family};

const ROUTERS: &[(&str, &str)] = &[("Tessarine Networks", "TR-9000"), ("Pellin", "P-Core 2"), ("Pellin", "P-Metro 4")];
const OPTICS: &[(&str, &str)] =
    &[("Vantrel Optical", "Prism 96"), ("Vantrel Optical", "Prism 40"), ("Lumisk", "L-WDM 80")];
const CABLES: &[(&str, &str)] = &[("Fibrane Cables", "F-288"), ("Fibrane Cables", "F-96")];
const POWER: &[(&str, &str)] = &[("Emberline Power", "EP-480"), ("Woltern", "Dauer 2000")];
const COOLING: &[(&str, &str)] = &[("Frostholm", "Room 40"), ("Frostholm", "Room 80")];
const ACCESS: &[(&str, &str)] = &[("Lumisk", "L-PON 16"), ("Kvist", "K-Access 7")];
const CUSTOMER: &[(&str, &str)] = &[("Pellin", "P-Home 5"), ("Kvist", "K-Edge 2"), ("Tessarine Networks", "Branch 10")];

const TRANSPORT: &str = "Transport Network Operations";
const OUTSIDE: &str = "Outside Plant";
const FACILITIES: &str = "Facilities and Energy";
const ACCESS_OPERATIONS: &str = "Access Network Operations";
const CUSTOMER_EQUIPMENT: &str = "Customer Equipment Management";

/// The families of transmission and fixed access.
pub(super) const FAMILIES: &[Family] = &[
    family("core-router", "router", "Core router", 4.0)
        .kept()
        .growth(0.7)
        .on("site-centre")
        .owner(TRANSPORT)
        .made(ROUTERS, 5200)
        .known(Known::Address)
        .rated((2, 3, 3), "confidential", 0.95)
        .needs(&[
            Need(CarriedBy, "trunk", Near(2), ALL),
            Need(PoweredBy, "centre-rectifier", Local, ALL),
            Need(PoweredBy, "centre-climate", Local, ALL),
            Need(PartOf, "communication-centre", Local, ALL),
            Need(Uses, "asn", Local, ALL),
            Need(Uses, "ip-prefix", Prefix, ALL),
            Need(Adjacent, "core-router", Next, ALL),
            Need(Adjacent, "core-router", Any(1), ALL),
        ]),
    family("metro-router", "router", "Aggregation router", 12.0)
        .on("site-room")
        .owner(TRANSPORT)
        .made(ROUTERS, 1800)
        .known(Known::Address)
        .rated((2, 3, 3), "internal", 0.8)
        .needs(&[
            Need(CarriedBy, "core-router", Near(2), ALL),
            Need(CarriedBy, "trunk", Local, ALL),
            Need(PoweredBy, "room-rectifier", Local, ALL),
            Need(PoweredBy, "room-climate", Local, ALL),
            Need(Uses, "ip-prefix", Prefix, ALL),
            Need(Uses, "ntp-server", Hub(1), ALL),
            Need(Uses, "vrf", Hub(1), ALL),
            Need(Adjacent, "metro-router", Next, ALL),
        ]),
    family("border-router", "router", "Border router", 4.0)
        .growth(0.5)
        .on("site-peer")
        .owner("Interconnect and Roaming")
        .made(ROUTERS, 2400)
        .known(Known::Address)
        .rated((2, 3, 3), "confidential", 0.9)
        .needs(&[
            Need(CarriedBy, "core-router", Near(2), ALL),
            Need(CarriedBy, "leased-line", Local, ALL),
            Need(Uses, "asn", Local, ALL),
            Need(Uses, "supporting-service", Hub(1), ALL),
        ]),
    family("trunk", "optical-link", "Trunk", 16.0)
        .kept()
        .owner(TRANSPORT)
        .physical()
        .rated((2, 2, 3), "internal", 0.8)
        .needs(&[Need(CarriedBy, "dwdm-node", Near(2), ALL), Need(CarriedBy, "cable", Local, ALL)]),
    family("access-fibre", "optical-link", "Access fibre", 44.0)
        .owner(TRANSPORT)
        .physical()
        .rated((1, 2, 2), "internal", 0.5)
        .needs(&[Need(CarriedBy, "metro-router", Local, ALL), Need(CarriedBy, "cable", Local, ALL)]),
    family("dwdm-node", "dwdm-node", "DWDM node", 14.0)
        .kept()
        .on("site-room")
        .owner(TRANSPORT)
        .made(OPTICS, 900)
        .known(Known::Address)
        .rated((2, 2, 3), "internal", 0.7)
        .needs(&[
            Need(PoweredBy, "room-rectifier", Local, ALL),
            Need(PoweredBy, "room-climate", Local, ALL),
            Need(Uses, "ip-prefix", Prefix, ALL),
            Need(Adjacent, "dwdm-node", Next, ALL),
        ]),
    family("cable", "cable", "Fibre cable", 30.0)
        .owner(OUTSIDE)
        .made(CABLES, 0)
        .needs(&[Need(PartOf, "duct", Local, ALL), Need(PartOf, "duct", Near(2), (0.0, 0.5))]),
    family("duct", "duct", "Duct", 22.0).owner(OUTSIDE).physical(),
    family("submarine-cable", "submarine-cable", "Submarine cable", 1.0)
        .growth(0.3)
        .owner(OUTSIDE)
        .made(CABLES, 0)
        .rated((2, 2, 3), "confidential", 1.0)
        .needs(&[Need(CarriedBy, "landing-station", Near(2), ALL)]),
    family("landing-station", "landing-station", "Landing station", 1.0)
        .growth(0.4)
        .on("site-landing")
        .owner(FACILITIES)
        .physical()
        .rated((2, 2, 3), "confidential", 1.0)
        .needs(&[Need(CarriedBy, "trunk", Near(2), ALL), Need(PoweredBy, "room-rectifier", Local, ALL)]),
    family("leased-line", "leased-line", "Leased line", 8.0)
        .owner("Interconnect and Roaming")
        .needs(&[Need(CarriedBy, "trunk", Local, ALL), Need(Uses, "supporting-service", Hub(1), ALL)]),
    family("circuit", "circuit", "Circuit", 80.0).owner(TRANSPORT).rated((2, 2, 2), "internal", 0.75).needs(&[
        Need(Uses, "transport-manager", Hub(1), ALL),
        Need(CarriedBy, "access-fibre", Local, ALL),
        Need(CarriedBy, "metro-router", Near(2), ALL),
        Need(Uses, "vrf", Hub(1), (0.0, 0.6)),
        Need(Uses, "vlan", Local, (0.0, 0.9)),
    ]),
    family("room-rectifier", "rectifier", "Equipment room rectifier", 10.0)
        .on("site-room")
        .owner(FACILITIES)
        .made(POWER, 1200)
        .needs(&[Need(PoweredBy, "room-battery", Local, ALL), Need(PoweredBy, "room-feed", Local, ALL)]),
    family("room-battery", "battery", "Equipment room battery", 10.0).on("site-room").owner(FACILITIES).made(POWER, 0),
    family("room-feed", "power-feed", "Equipment room power feed", 10.0).on("site-room").owner(FACILITIES).physical(),
    family("room-climate", "climate-system", "Equipment room cooling", 10.0)
        .on("site-room")
        .owner(FACILITIES)
        .made(COOLING, 4000)
        .needs(&[Need(PoweredBy, "room-feed", Local, ALL)]),
    family("communication-centre", "communication-centre", "Communication centre", 3.0)
        .kept()
        .growth(0.6)
        .on("site-centre")
        .owner(FACILITIES)
        .physical()
        .rated((2, 3, 3), "confidential", 1.0)
        .needs(&[Need(PoweredBy, "centre-rectifier", Local, ALL), Need(Uses, "supporting-service", Hub(2), ALL)]),
    family("centre-rectifier", "rectifier", "Power plant", 3.0)
        .kept()
        .growth(0.6)
        .on("site-centre")
        .owner(FACILITIES)
        .made(POWER, 9000)
        .needs(&[
            Need(PoweredBy, "centre-battery", Local, ALL),
            Need(PoweredBy, "centre-generator", Local, ALL),
            Need(PoweredBy, "centre-feed", Near(2), ALL),
        ]),
    family("centre-battery", "battery", "Battery bank", 3.0)
        .growth(0.6)
        .on("site-centre")
        .owner(FACILITIES)
        .made(POWER, 0),
    family("centre-generator", "generator", "Diesel generator", 3.0)
        .growth(0.6)
        .on("site-centre")
        .owner(FACILITIES)
        .made(POWER, 0),
    family("centre-feed", "power-feed", "Grid feed", 4.0)
        .kept()
        .growth(0.6)
        .on("site-centre")
        .owner(FACILITIES)
        .physical(),
    family("centre-climate", "climate-system", "Cooling plant", 3.0)
        .growth(0.6)
        .on("site-centre")
        .owner(FACILITIES)
        .made(COOLING, 18_000)
        .needs(&[Need(PoweredBy, "centre-feed", Local, ALL)]),
    family("olt", "olt", "OLT", 10.0)
        .on("site-room")
        .owner(ACCESS_OPERATIONS)
        .made(ACCESS, 450)
        .known(Known::Address)
        .rated((2, 2, 2), "internal", 0.7)
        .needs(&[
            Need(CarriedBy, "metro-router", Local, ALL),
            Need(PoweredBy, "room-rectifier", Local, ALL),
            Need(PoweredBy, "room-climate", Local, ALL),
            Need(Uses, "access-manager", Hub(1), ALL),
            Need(Uses, "ip-prefix", Prefix, ALL),
        ]),
    family("dslam", "dslam", "DSLAM", 6.0)
        .on("site-room")
        .owner(ACCESS_OPERATIONS)
        .made(ACCESS, 380)
        .known(Known::Address)
        .needs(&[
            Need(CarriedBy, "metro-router", Local, ALL),
            Need(PoweredBy, "room-rectifier", Local, ALL),
            Need(Uses, "access-manager", Hub(1), ALL),
        ]),
    family("onu", "onu", "ONU", 80.0)
        .on("site-user")
        .owner(CUSTOMER_EQUIPMENT)
        .made(ACCESS, 9)
        .rated((1, 1, 1), "internal", 0.8)
        .needs(&[
            Need(CarriedBy, "olt", Local, ALL),
            Need(CarriedBy, "access-fibre", Local, (0.0, 0.8)),
            Need(Uses, "dns-server", Hub(1), ALL),
        ]),
    family("cpe", "cpe", "Customer edge router", 50.0)
        .on("site-user")
        .owner(CUSTOMER_EQUIPMENT)
        .made(CUSTOMER, 35)
        .known(Known::Address)
        .rated((2, 2, 2), "internal", 0.7)
        .needs(&[
            Need(CarriedBy, "circuit", Local, ALL),
            Need(CarriedBy, "onu", Local, (0.0, 0.5)),
            Need(Uses, "dns-server", Hub(1), ALL),
            Need(Uses, "ip-prefix", Prefix, ALL),
            Need(Uses, "access-manager", Hub(1), ALL),
        ]),
    family("cpe-home", "cpe", "Home gateway", 80.0)
        .on("site-user")
        .owner(CUSTOMER_EQUIPMENT)
        .made(CUSTOMER, 14)
        .known(Known::Address)
        .rated((1, 1, 1), "internal", 0.8)
        .needs(&[
            Need(CarriedBy, "onu", Local, (0.0, 0.8)),
            Need(CarriedBy, "dslam", Local, (0.8, 1.0)),
            Need(Uses, "dns-server", Hub(1), ALL),
            Need(RunsOn, "firmware", Hub(1), ALL),
        ]),
    family("firmware", "software", "Firmware line", 4.0).growth(0.4).owner(CUSTOMER_EQUIPMENT).written(CUSTOMER).rated(
        (1, 3, 2),
        "internal",
        1.0,
    ),
];
