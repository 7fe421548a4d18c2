//! One area: a hub room on the optical ring, eight radio sites around it, and fixed access.

use std::io;

use crate::AREAS_IN_REGION;
use crate::chance::Chance;
use crate::national::{DATA_CENTRES, REGIONS};
use crate::thing::{Place, Thing};

const SITES: u64 = 8;
const VENDORS: [&str; 3] = ["Norrlicht Systems", "Aldebaran Networks", "Kestrel Radio"];
const TOWNS: [&str; 12] = [
    "Averlund",
    "Brackmoor",
    "Cindale",
    "Dovrefeld",
    "Elmsted",
    "Farrow",
    "Glenhythe",
    "Harsk",
    "Ilmen",
    "Jorvale",
    "Kesten",
    "Lunde",
];

/// The name of the region an area is in.
pub(crate) fn region(number: u64) -> String {
    let at = usize::try_from((number / AREAS_IN_REGION) % REGIONS.len() as u64).unwrap_or_default();
    REGIONS.get(at).copied().unwrap_or_default().to_owned()
}

fn place(number: u64, site: Option<u64>, kind: &'static str, town: &str) -> Place {
    let mut chance = Chance::new(number, 77 + site.unwrap_or(99));
    let near = |chance: &mut Chance| chance.below(2000) as f64 / 10_000.0;
    let latitude = 50.0 + (number % 60) as f64 * 0.12 + near(&mut chance);
    let longitude = 5.0 + (number / 60 % 60) as f64 * 0.2 + near(&mut chance);
    let (id, name) = match site {
        Some(site) => (format!("site-{number}-{site}"), format!("{town} {number} mast {}", site + 1)),
        None => (format!("site-{number}-{kind}"), format!("{town} {number} {}", kind.replace('-', " "))),
    };
    Place { id, name, kind, region: region(number), latitude, longitude }
}

pub(crate) fn write(
    seed: u64,
    number: u64,
    areas: u64,
    put: &mut dyn FnMut(Thing) -> io::Result<()>,
) -> io::Result<()> {
    let mut chance = Chance::new(seed, number + 1000);
    let town = chance.pick(&TOWNS);
    hub(&mut chance, number, areas, town, put)?;
    for site in 0..SITES {
        radio_site(&mut chance, number, site, town, put)?;
    }
    let home = place(number, None, "user-premises", town);
    for line in 0..3 {
        let id = format!("cpe-{number}-{line}");
        put(Thing::new(id, format!("Customer router {number}.{line}"), "cpe")
            .owned("Fixed Access")
            .at(&home)
            .drawing(12)
            .on("uses", format!("olt-{number}")))?;
    }
    Ok(())
}

fn hub(
    chance: &mut Chance,
    number: u64,
    areas: u64,
    town: &str,
    put: &mut dyn FnMut(Thing) -> io::Result<()>,
) -> io::Result<()> {
    let room = place(number, None, "equipment-room", town);
    let vendor = chance.pick(&VENDORS);
    let version = format!("{}.{}", 7 + chance.below(3), chance.below(9));
    let address = format!("10.{}.{}.1", number / 256 % 256, number % 256);
    let dc = number % DATA_CENTRES;
    let router = Thing::new(format!("agg-{number}"), format!("{town} aggregation router {number}"), "router")
        .owned("Transport Operations")
        .made(vendor, "AX-9010".to_owned(), version)
        .at(&room)
        .known("ipAddress", address)
        .known("fqdn", format!("agg-{number}.net.example"))
        .drawing(900)
        .on("powered-by", format!("rect-{number}"))
        .on("carried-by", format!("link-{number}"))
        .on("uses", format!("core-router-{dc}"))
        .on("uses", format!("climate-{number}"));
    put(if chance.percent(60) { router.rated("internal", 2, 2, 3) } else { router })?;
    put(Thing::new(format!("dwdm-{number}"), format!("{town} DWDM node {number}"), "dwdm-node")
        .owned("Transport Operations")
        .made(vendor, "LX-40".to_owned(), "4.2".to_owned())
        .at(&room)
        .drawing(400)
        .on("powered-by", format!("rect-{number}")))?;
    let next = (number + 1) % areas;
    let mut link = Thing::new(format!("link-{number}"), format!("Ring link {number} to {next}"), "optical-link")
        .owned("Transport Operations")
        .on("uses", format!("dwdm-{number}"));
    if next != number {
        link = link.on("adjacent", format!("dwdm-{next}"));
    }
    put(link)?;
    put(Thing::new(format!("feed-{number}"), format!("{town} supply {number}"), "power-feed")
        .owned("Facilities")
        .at(&room))?;
    put(Thing::new(format!("rect-{number}"), format!("{town} rectifier {number}"), "rectifier")
        .owned("Facilities")
        .at(&room)
        .drawing(150)
        .on("powered-by", format!("bat-{number}"))
        .on("powered-by", format!("feed-{number}")))?;
    put(Thing::new(format!("bat-{number}"), format!("{town} battery {number}"), "battery")
        .owned("Facilities")
        .at(&room))?;
    put(Thing::new(format!("climate-{number}"), format!("{town} climate {number}"), "climate-system")
        .owned("Facilities")
        .at(&room)
        .drawing(1200)
        .on("powered-by", format!("feed-{number}")))?;
    put(Thing::new(format!("olt-{number}"), format!("{town} OLT {number}"), "olt")
        .owned("Fixed Access")
        .made(vendor, "FX-16".to_owned(), "2.8".to_owned())
        .at(&room)
        .drawing(350)
        .on("uses", format!("agg-{number}"))
        .on("powered-by", format!("rect-{number}")))?;
    let block = format!("10.{}.{}.0/24", number / 256 % 256, number % 256);
    put(Thing::new(format!("prefix-{number}"), format!("Management addresses of area {number}"), "ip-prefix")
        .owned("Numbering")
        .known("prefix", block)
        .on("uses", format!("agg-{number}")))
}

fn radio_site(
    chance: &mut Chance,
    number: u64,
    site: u64,
    town: &str,
    put: &mut dyn FnMut(Thing) -> io::Result<()>,
) -> io::Result<()> {
    // Some masts stand on the roofs of others.
    let kind = if chance.percent(4) { "other-carrier-premises" } else { "isolated-area" };
    let mast = place(number, Some(site), kind, town);
    let key = format!("{number}-{site}");
    let vendor = chance.pick(&VENDORS);
    let owner = if chance.percent(95) { "Radio Operations" } else { "" };
    let state = if chance.percent(94) {
        "installed"
    } else if chance.percent(50) {
        "planned"
    } else {
        "pendingRemoval"
    };
    put(Thing::new(format!("tower-{key}"), format!("{town} tower {key}"), "tower").owned("Facilities").at(&mast))?;
    put(Thing::new(format!("rect-{key}"), format!("{town} rectifier {key}"), "rectifier")
        .owned("Facilities")
        .at(&mast)
        .drawing(80)
        .on("powered-by", format!("bat-{key}")))?;
    put(Thing::new(format!("bat-{key}"), format!("{town} battery {key}"), "battery").owned("Facilities").at(&mast))?;
    put(Thing::new(format!("mw-{key}"), format!("{town} microwave {key}"), "microwave-link")
        .owned("Transport Operations")
        .made("Kestrel Radio", "KR-80".to_owned(), "3.1".to_owned())
        .at(&mast)
        .drawing(60)
        .on("uses", format!("agg-{number}"))
        .on("part-of", format!("tower-{key}"))
        .on("powered-by", format!("rect-{key}")))?;
    for (prefix, kind, core, model) in [("gnb", "gnodeb", "amf", "GX-5"), ("enb", "enodeb", "mme", "EX-4")] {
        let cell_plan = 2_000_000 + number * 16 + site;
        let mut station = Thing::new(format!("{prefix}-{key}"), format!("{town} {kind} {key}"), kind)
            .owned(owner)
            .made(vendor, model.to_owned(), format!("{}.{}", 20 + chance.below(3), chance.below(6)))
            .at(&mast)
            .known("neId", format!("{}{cell_plan}", prefix.to_uppercase()))
            .drawing(700 + chance.below(400))
            .on("powered-by", format!("rect-{key}"))
            .on("carried-by", format!("mw-{key}"))
            .on("uses", format!("{core}-{}", number % DATA_CENTRES));
        station.state = state;
        put(if chance.percent(30) { station.rated("internal", 1, 2, 2) } else { station })?;
    }
    for sector in 0..3 {
        let id = format!("ant-{key}-{sector}");
        put(Thing::new(id.clone(), format!("{town} antenna {key}.{sector}"), "antenna")
            .owned(owner)
            .at(&mast)
            .on("part-of", format!("tower-{key}")))?;
        let station = if sector < 2 { "gnb" } else { "enb" };
        let cell = Thing::new(format!("cell-{key}-{sector}"), format!("{town} cell {key}.{sector}"), "cell")
            .owned(owner)
            .at(&mast);
        put(cell
            .known("cellId", format!("001-01-{}-{sector}", 2_000_000 + number * 16 + site))
            .on("part-of", format!("{station}-{key}"))
            .on("uses", id))?;
    }
    Ok(())
}
