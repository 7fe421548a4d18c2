//! The national part: services, core, data centres, support systems, data, numbering, people.

use std::io;

use crate::AREAS_IN_REGION;
use crate::chance::Chance;
use crate::thing::{Place, Thing};

/// How many data centres there are.
pub(crate) const DATA_CENTRES: u64 = 2;
/// The regions' names, taken in turn.
pub(crate) const REGIONS: [&str; 6] = ["North", "East", "South", "West", "Lakes", "Coast"];

type Put<'a> = &'a mut dyn FnMut(Thing) -> io::Result<()>;

const SERVICES: [(&str, &str, &str, u64); 8] = [
    ("mobile-voice", "mobile-voice", "Mobile voice", 1800),
    ("mobile-data", "mobile-data", "Mobile data", 1700),
    ("messaging", "messaging", "Messaging", 1800),
    ("emergency-calls", "emergency-calls", "Emergency calls", 1900),
    ("broadband", "broadband", "Broadband", 600),
    ("enterprise-vpn", "enterprise-vpn", "Enterprise VPN", 4),
    ("iot", "iot-connectivity", "IoT connectivity", 900),
    ("roaming", "roaming", "Roaming", 90),
];

const FUNCTIONS: [(&str, &str, u64); 14] = [
    ("amf", "amf", 1),
    ("smf", "smf", 1),
    ("upf", "upf", 1),
    ("udm", "udm", 3),
    ("hss", "hss", 3),
    ("hlr", "hlr", 3),
    ("mme", "mme", 1),
    ("sgw", "sgw", 1),
    ("pgw", "pgw", 1),
    ("cscf", "ims-cscf", 1),
    ("sbc", "sbc", 1),
    ("msc", "msc", 1),
    ("dra", "dra", 1),
    ("dns", "dns-server", 1),
];

pub(crate) fn write(seed: u64, areas: u64, regions: u64, put: Put<'_>) -> io::Result<()> {
    let mut chance = Chance::new(seed, 1);
    services(areas, regions, put)?;
    for centre in 0..DATA_CENTRES {
        data_centre(&mut chance, centre, put)?;
    }
    support(put)?;
    information(put)?;
    numbering(put)?;
    interconnection(put)
}

fn centre(number: u64) -> Place {
    let (id, name) = (format!("dc-{number}"), format!("Data centre {}", if number == 0 { "Harbour" } else { "Hill" }));
    Place { id, name, kind: "data-centre", region: region(number), latitude: 52.1 + number as f64, longitude: 8.4 }
}

fn region(number: u64) -> String {
    let at = usize::try_from(number % REGIONS.len() as u64).unwrap_or_default();
    REGIONS.get(at).copied().unwrap_or_default().to_owned()
}

/// National services stand on regional ones, and those on the radio stations of their areas.
fn services(areas: u64, regions: u64, put: Put<'_>) -> io::Result<()> {
    for (id, kind, name, subscribers) in SERVICES {
        let rating = if id == "emergency-calls" { (2, 3, 3) } else { (2, 2, 3) };
        let mut service = Thing::new(id.to_owned(), name.to_owned(), kind)
            .owned("Products")
            .rated("confidential", rating.0, rating.1, rating.2)
            .tagged(&["traffic-data"]);
        service.subscribers = subscribers * areas.max(1) * 10;
        let functions: &[&str] = match kind {
            "mobile-voice" => &["cscf", "msc", "sbc", "udm"],
            "mobile-data" | "iot-connectivity" => &["upf", "smf", "pgw", "dns"],
            "messaging" => &["msc", "hlr", "dra"],
            "roaming" => &["dra", "hss"],
            "broadband" | "enterprise-vpn" => &["core-router", "dns"],
            _ => &[],
        };
        for function in functions {
            for number in 0..DATA_CENTRES {
                service = service.on("uses", format!("{function}-{number}"));
            }
        }
        if id == "emergency-calls" {
            service = service.on("uses", "mobile-voice");
        }
        if matches!(id, "mobile-voice" | "mobile-data") {
            for number in 0..regions.min(400) {
                service = service.on("uses", format!("regional-{number}"));
            }
        }
        put(service)?;
    }
    for number in 0..regions {
        let name = format!("Mobile access {} {number}", region(number));
        let mut regional = Thing::new(format!("regional-{number}"), name, "service")
            .owned("Radio Operations")
            .rated("internal", 2, 2, 2);
        regional.subscribers = 9000 * AREAS_IN_REGION;
        for area in (number * AREAS_IN_REGION)..((number + 1) * AREAS_IN_REGION).min(areas) {
            for site in 0..8 {
                regional = regional.on("uses", format!("gnb-{area}-{site}"));
            }
        }
        put(regional)?;
    }
    Ok(())
}

fn data_centre(chance: &mut Chance, number: u64, put: Put<'_>) -> io::Result<()> {
    let hall = centre(number);
    put(Thing::new(format!("dc-{number}"), hall.name.clone(), "data-centre")
        .owned("Facilities")
        .at(&hall)
        .rated("internal", 2, 2, 3))?;
    put(Thing::new(format!("dc-power-{number}"), format!("{} power", hall.name), "power-supply")
        .owned("Facilities")
        .at(&hall)
        .on("powered-by", format!("dc-generator-{number}")))?;
    put(Thing::new(format!("dc-generator-{number}"), format!("{} generator", hall.name), "generator")
        .owned("Facilities")
        .at(&hall))?;
    // The plant that keeps the hall cool is steered over the network that the hall carries: a true circle.
    put(Thing::new(format!("dc-climate-{number}"), format!("{} climate", hall.name), "climate-system")
        .owned("Facilities")
        .at(&hall)
        .drawing(90_000)
        .on("powered-by", format!("dc-power-{number}"))
        .on("uses", format!("core-router-{number}")))?;
    let router = Thing::new(format!("core-router-{number}"), format!("Core router {number}"), "router")
        .owned("Transport Operations")
        .made("Norrlicht Systems", "CX-1".to_owned(), "9.4".to_owned())
        .at(&hall);
    put(router
        .known("ipAddress", format!("10.255.{number}.1"))
        .known("fqdn", format!("core-{number}.net.example"))
        .rated("confidential", 2, 3, 3)
        .drawing(4000)
        .on("powered-by", format!("dc-power-{number}"))
        .on("uses", format!("dc-climate-{number}"))
        .on("part-of", format!("dc-{number}")))?;
    put(Thing::new(format!("firewall-{number}"), format!("Core firewall {number}"), "firewall")
        .owned("Security Operations")
        .at(&hall)
        .rated("confidential", 3, 3, 3)
        .drawing(600)
        .on("powered-by", format!("dc-power-{number}"))
        .on("uses", format!("core-router-{number}")))?;
    put(Thing::new(format!("cluster-{number}"), format!("Cloud {number}"), "cluster")
        .owned("Cloud Operations")
        .at(&hall)
        .on("uses", format!("storage-{number}"))
        .on("uses", format!("core-router-{number}"))
        .on("runs-on", format!("server-{number}-0"))
        .on("runs-on", format!("server-{number}-1")))?;
    put(Thing::new(format!("storage-{number}"), format!("Storage {number}"), "storage-system")
        .owned("Cloud Operations")
        .at(&hall)
        .rated("confidential", 3, 3, 2)
        .drawing(2500)
        .on("powered-by", format!("dc-power-{number}")))?;
    for server in 0..8 {
        let id = format!("server-{number}-{server}");
        put(Thing::new(id, format!("Server {number}.{server}"), "server")
            .owned("Cloud Operations")
            .made("Tessellate", "T-2".to_owned(), format!("1.{}", chance.below(5)))
            .at(&hall)
            .known("ipAddress", format!("10.254.{number}.{}", server + 10))
            .drawing(450)
            .on("powered-by", format!("dc-power-{number}"))
            .on("uses", format!("dc-climate-{number}")))?;
    }
    for (at, (id, kind, confidentiality)) in FUNCTIONS.iter().enumerate() {
        let name = format!("{} {number}", kind.to_uppercase());
        let version = format!("{}.{}", 5 + chance.below(2), chance.below(8));
        let class = if *confidentiality > 2 { "secret" } else { "internal" };
        let rating = (*confidentiality as u8, 2, 2 + u8::from(chance.percent(40)));
        let mut function = Thing::new(format!("{id}-{number}"), name, kind)
            .owned("Core Network Operations")
            .made("Aldebaran Networks", "Cloud core".to_owned(), version)
            .at(&hall);
        function = function
            .known("ipAddress", format!("10.253.{number}.{}", at + 10))
            .rated(class, rating.0, rating.1, rating.2);
        put(function.on("runs-on", format!("vm-{id}-{number}")).on("uses", format!("firewall-{number}")))?;
        put(Thing::new(format!("vm-{id}-{number}"), format!("Virtual machine of {id} {number}"), "virtual-machine")
            .owned("Cloud Operations")
            .on("runs-on", format!("cluster-{number}")))?;
    }
    put(Thing::new(format!("stp-{number}"), format!("STP {number}"), "stp")
        .owned("Core Network Operations")
        .at(&hall)
        .known("pointCode", format!("2-{}-1", 10 + number))
        .rated("internal", 2, 3, 3)
        .drawing(500)
        .on("powered-by", format!("dc-power-{number}")))
}

fn support(put: Put<'_>) -> io::Result<()> {
    let room = Place {
        id: "noc".to_owned(),
        name: "Network operations centre".to_owned(),
        kind: "communication-centre",
        region: region(0),
        latitude: 52.3,
        longitude: 8.6,
    };
    let office = Place {
        id: "head-office".to_owned(),
        name: "Head office".to_owned(),
        kind: "office",
        region: region(1),
        latitude: 52.4,
        longitude: 8.7,
    };
    for (id, kind, name, class, c) in [
        ("nms", "network-management-system", "Network management", "confidential", 2),
        ("provisioning", "provisioning-system", "Provisioning", "confidential", 2),
        ("mediation", "mediation", "Mediation", "confidential", 3),
        ("billing", "billing-system", "Billing", "confidential", 3),
        ("charging", "charging-system", "Online charging", "confidential", 2),
        ("crm", "crm", "Customer care", "confidential", 3),
        ("esim", "esim-platform", "eSIM platform", "secret", 3),
    ] {
        let owner = if kind.contains("billing") || kind == "crm" { "Business Systems" } else { "Operations Support" };
        put(Thing::new(id.to_owned(), name.to_owned(), kind)
            .owned(owner)
            .at(&room)
            .rated(class, c, 3, 2)
            .on("runs-on", "cluster-0")
            .on("uses", "firewall-0"))?;
    }
    put(Thing::new("noc-staff".to_owned(), "Network operations staff".to_owned(), "people")
        .owned("Operations Support")
        .at(&room)
        .rated("internal", 2, 2, 3))?;
    put(Thing::new("soc-staff".to_owned(), "Security operations staff".to_owned(), "people")
        .owned("Security Operations")
        .at(&office)
        .rated("internal", 2, 2, 2))?;
    put(Thing::new("electricity".to_owned(), "Grid electricity".to_owned(), "supporting-service").owned("Facilities"))
}

fn information(put: Put<'_>) -> io::Result<()> {
    for (id, kind, name, tags, system) in [
        ("subscribers", "subscriber-data", "Subscriber data", &["pii"] as &'static [&'static str], "crm"),
        ("sim-keys", "sim", "SIM keys", &["pii"], "esim"),
        ("call-records", "call-record", "Call records", &["pii", "traffic-data", "lawful-interception"], "mediation"),
        ("billing-records", "billing-record", "Billing records", &["pii", "traffic-data"], "billing"),
        ("location-data", "location-data", "Location data", &["pii", "traffic-data", "lawful-interception"], "nms"),
    ] {
        put(Thing::new(id.to_owned(), name.to_owned(), kind)
            .owned("Data Protection")
            .rated("secret", 3, 3, 2)
            .tagged(tags)
            .on("uses", system)
            .on("uses", "storage-0"))?;
    }
    put(Thing::new("site-contracts".to_owned(), "Site contracts".to_owned(), "paper").owned("Legal").rated(
        "confidential",
        2,
        2,
        1,
    ))?;
    put(Thing::new("network-plans".to_owned(), "Network plans".to_owned(), "information")
        .owned("Transport Operations")
        .rated("confidential", 3, 2, 1)
        .on("uses", "storage-1"))
}

fn numbering(put: Put<'_>) -> io::Result<()> {
    put(Thing::new("plmn".to_owned(), "Network code".to_owned(), "plmn")
        .owned("Numbering")
        .known("plmn", "001-01".to_owned())
        .rated("public", 1, 3, 3))?;
    put(Thing::new("asn".to_owned(), "Autonomous system".to_owned(), "asn")
        .owned("Numbering")
        .known("asn", "AS64500".to_owned())
        .rated("public", 1, 3, 3)
        .on("uses", "core-router-0")
        .on("uses", "core-router-1"))?;
    put(Thing::new("imsi-range".to_owned(), "Subscriber identities".to_owned(), "imsi-range")
        .owned("Numbering")
        .known("imsiRange", "001010000000000..001010009999999".to_owned())
        .rated("internal", 2, 3, 2)
        .on("uses", "udm-0"))?;
    put(Thing::new("msisdn-range".to_owned(), "Mobile numbers".to_owned(), "e164-range")
        .owned("Numbering")
        .known("msisdnRange", "+99900000000..+99900999999".to_owned())
        .rated("public", 1, 3, 2)
        .on("uses", "hlr-0"))?;
    put(Thing::new("point-code".to_owned(), "International point code".to_owned(), "point-code")
        .owned("Numbering")
        .known("pointCode", "2-10-1".to_owned())
        .rated("internal", 1, 3, 2)
        .on("uses", "stp-0"))?;
    put(Thing::new("public-addresses".to_owned(), "Public addresses".to_owned(), "ip-prefix")
        .owned("Numbering")
        .known("prefix", "198.51.100.0/24".to_owned())
        .rated("public", 1, 3, 3)
        .on("uses", "core-router-0"))
}

fn interconnection(put: Put<'_>) -> io::Result<()> {
    for (at, peer) in ["Meridian Telecom", "Osterland Mobile", "Blue Strait Cable"].into_iter().enumerate() {
        let place = Place {
            id: format!("peer-{at}"),
            name: format!("{peer} exchange"),
            kind: "other-carrier-premises",
            region: region(at as u64),
            latitude: 51.0 + at as f64 * 0.3,
            longitude: 9.1,
        };
        put(Thing::new(format!("interconnect-{at}"), format!("Interconnection with {peer}"), "interconnect-service")
            .owned("Wholesale")
            .rated("confidential", 2, 3, 2)
            .on("uses", format!("interconnect-link-{at}"))
            .on("uses", "sbc-0")
            .on("uses", "stp-0"))?;
        put(Thing::new(format!("interconnect-link-{at}"), format!("Link to {peer}"), "leased-line")
            .owned("Transport Operations")
            .at(&place)
            .on("uses", format!("core-router-{}", at as u64 % DATA_CENTRES)))?;
    }
    Ok(())
}
