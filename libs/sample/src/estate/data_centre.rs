//! Data centres: servers and what runs on them, and the power, cooling and racks they stand in.

use super::How::{Any, First, Hub, Local, Near, Next, Prefix, Span};
use super::Kind::{Adjacent, CarriedBy, PartOf, PoweredBy, RunsOn, Uses};
use super::{ALL, Family, Known, Need, family};

const SERVERS: &[(&str, &str)] =
    &[("Haldane Computing", "HC-2U"), ("Haldane Computing", "HC-1U"), ("Morvik", "Blade 7")];
const STORAGE: &[(&str, &str)] = &[("Morvik", "Vault 12"), ("Haldane Computing", "HC-Store")];
const NETWORK: &[(&str, &str)] = &[("Pellin", "P-Leaf 48"), ("Pellin", "P-Spine 32"), ("Tessarine Networks", "TS-64")];
const SECURITY: &[(&str, &str)] = &[("Bastrel Security", "Wall 5000"), ("Bastrel Security", "Wall 800")];
const POWER: &[(&str, &str)] = &[("Emberline Power", "Strip 24"), ("Woltern", "Panel 630")];
const COOLING: &[(&str, &str)] = &[("Frostholm", "Hall 200"), ("Frostholm", "Hall 400")];
const RACKS: &[(&str, &str)] = &[("Stalvik Structures", "Rack 42"), ("Stalvik Structures", "Rack 47")];
const SYSTEMS: &[(&str, &str)] = &[("Umbral Software", "Umbral Host"), ("Quillon", "Quillon Cloud")];
const DATABASES: &[(&str, &str)] = &[("Quillon", "Quillon Rows"), ("Umbral Software", "Umbral Base")];

const PLATFORM: &str = "Cloud and Platform Engineering";
const FACILITIES: &str = "Facilities and Energy";
const SECURITY_TEAM: &str = "Network Security";

/// The families of the data centres.
pub(super) const FAMILIES: &[Family] = &[
    family("data-centre", "data-centre", "Data centre", 2.0)
        .kept()
        .growth(0.5)
        .on("site-hall")
        .owner(FACILITIES)
        .physical()
        .rated((2, 3, 3), "confidential", 1.0)
        .needs(&[Need(PoweredBy, "hall-climate", Span, ALL), Need(Uses, "supporting-service", Hub(2), ALL)]),
    family("hall-climate", "climate-system", "Hall cooling", 4.0)
        .kept()
        .on("site-hall")
        .owner(FACILITIES)
        .made(COOLING, 30_000)
        .needs(&[Need(PoweredBy, "hall-panel", Local, ALL)]),
    family("hall-panel", "power-panel", "Power panel", 4.0)
        .kept()
        .on("site-hall")
        .owner(FACILITIES)
        .made(POWER, 300)
        .needs(&[
            Need(PoweredBy, "hall-feed", Near(2), ALL),
            Need(PoweredBy, "hall-generator", Local, ALL),
            Need(PoweredBy, "hall-battery", Local, ALL),
            // Switched by the energy manager, which runs on a server behind this very panel.
            Need(Uses, "energy-manager", First, ALL),
        ]),
    family("hall-feed", "power-feed", "Hall grid feed", 3.0)
        .kept()
        .growth(0.6)
        .on("site-hall")
        .owner(FACILITIES)
        .physical(),
    family("hall-generator", "generator", "Hall generator", 2.0)
        .growth(0.6)
        .on("site-hall")
        .owner(FACILITIES)
        .made(POWER, 0),
    family("hall-battery", "battery", "Hall battery bank", 3.0)
        .growth(0.7)
        .on("site-hall")
        .owner(FACILITIES)
        .made(POWER, 0),
    family("rack", "rack", "Rack", 18.0).on("site-hall").owner(PLATFORM).made(RACKS, 0).needs(&[Need(
        PartOf,
        "data-centre",
        Local,
        ALL,
    )]),
    family("pdu", "pdu", "PDU", 26.0).on("site-hall").owner(FACILITIES).made(POWER, 25).needs(&[Need(
        PoweredBy,
        "hall-panel",
        Local,
        ALL,
    )]),
    family("patch-panel", "patch-panel", "Patch panel", 12.0)
        .on("site-hall")
        .owner(PLATFORM)
        .made(RACKS, 0)
        .needs(&[Need(PartOf, "rack", Local, ALL)]),
    family("console-server", "console-server", "Console server", 3.0)
        .on("site-hall")
        .owner(PLATFORM)
        .made(NETWORK, 40)
        .known(Known::Address)
        .rated((3, 3, 2), "confidential", 0.8)
        .needs(&[
            Need(PartOf, "rack", Local, ALL),
            Need(PoweredBy, "pdu", Local, ALL),
            Need(CarriedBy, "hall-switch", Local, ALL),
        ]),
    family("hall-switch", "switch", "Data centre switch", 12.0)
        .on("site-hall")
        .owner(PLATFORM)
        .made(NETWORK, 350)
        .known(Known::Address)
        .rated((2, 3, 3), "internal", 0.7)
        .needs(&[
            Need(PartOf, "rack", Local, ALL),
            Need(PoweredBy, "pdu", Near(2), ALL),
            Need(CarriedBy, "core-router", Near(2), ALL),
            Need(Uses, "vlan", Any(2), ALL),
            Need(Adjacent, "hall-switch", Next, ALL),
        ]),
    family("firewall", "firewall", "Firewall", 5.0)
        .on("site-hall")
        .owner(SECURITY_TEAM)
        .made(SECURITY, 600)
        .known(Known::Address)
        .rated((3, 3, 3), "confidential", 0.95)
        .needs(&[
            Need(PartOf, "rack", Local, ALL),
            Need(PoweredBy, "pdu", Near(2), ALL),
            Need(CarriedBy, "hall-switch", Near(2), ALL),
        ]),
    family("load-balancer", "load-balancer", "Load balancer", 4.0)
        .on("site-hall")
        .owner(PLATFORM)
        .made(NETWORK, 400)
        .known(Known::Address)
        .rated((2, 2, 3), "internal", 0.8)
        .needs(&[Need(CarriedBy, "hall-switch", Near(2), ALL), Need(PoweredBy, "pdu", Local, ALL)]),
    family("server", "server", "Server", 80.0)
        .on("site-hall")
        .owner(PLATFORM)
        .made(SERVERS, 520)
        .known(Known::Address)
        .rated((2, 2, 2), "internal", 0.75)
        .needs(&[
            Need(PartOf, "rack", Local, ALL),
            Need(PoweredBy, "pdu", Near(2), ALL),
            Need(CarriedBy, "hall-switch", Near(2), ALL),
        ]),
    family("spare", "hardware", "Spare unit", 6.0).on("site-office").owner("Logistics").made(SERVERS, 0),
    family("cluster", "cluster", "Compute cluster", 6.0)
        .kept()
        .growth(0.9)
        .on("site-hall")
        .owner(PLATFORM)
        .written(SYSTEMS)
        .rated((2, 3, 3), "confidential", 0.8)
        .needs(&[Need(RunsOn, "server", Span, ALL), Need(Uses, "storage", Local, ALL)]),
    family("container-platform", "container-platform", "Container platform", 2.0)
        .growth(0.5)
        .on("site-hall")
        .owner(PLATFORM)
        .written(SYSTEMS)
        .rated((2, 3, 3), "confidential", 0.9)
        .needs(&[Need(RunsOn, "virtual-machine", Span, ALL), Need(Uses, "dns-server", Hub(1), ALL)]),
    family("virtual-machine", "virtual-machine", "Virtual machine", 120.0)
        .on("site-hall")
        .owner(PLATFORM)
        .written(SYSTEMS)
        .known(Known::Address)
        .rated((2, 2, 2), "internal", 0.75)
        .needs(&[
            Need(RunsOn, "server", Local, ALL),
            Need(Uses, "storage", Local, ALL),
            Need(Uses, "vlan", Hub(1), ALL),
            Need(Uses, "ip-prefix", Prefix, ALL),
        ]),
    family("storage", "storage-system", "Storage system", 5.0)
        .kept()
        .on("site-hall")
        .owner(PLATFORM)
        .made(STORAGE, 1900)
        .known(Known::Address)
        .rated((3, 3, 3), "confidential", 0.7)
        .needs(&[
            Need(PartOf, "rack", Local, ALL),
            Need(PoweredBy, "pdu", Near(2), ALL),
            Need(CarriedBy, "hall-switch", Near(2), ALL),
        ]),
    family("database", "database", "Database", 14.0)
        .growth(0.8)
        .on("site-hall")
        .owner("Data Management")
        .written(DATABASES)
        .rated((3, 3, 3), "confidential", 0.9)
        .needs(&[Need(RunsOn, "virtual-machine", Any(2), ALL)]),
];
