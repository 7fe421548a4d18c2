//! One asset as a TMF639 resource.

use serde::Serialize;

use crate::draw::Draw;
use crate::estate::{Family, Kind, Known};
use crate::layout::{Asset, Layout, Members, Sites, purpose};
use crate::naming;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Resource {
    id: String,
    href: String,
    #[serde(rename = "@type")]
    class: &'static str,
    name: String,
    description: String,
    category: &'static str,
    resource_characteristic: Vec<Characteristic>,
    #[serde(skip_serializing_if = "Option::is_none")]
    serial_number: Option<String>,
    related_party: Vec<Party>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    place: Vec<Place>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resource_relationship: Vec<Relationship>,
    lifecycle_state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_specification: Option<Specification>,
    start_operating_date: String,
}

#[derive(Serialize)]
struct Characteristic {
    name: &'static str,
    value: Value,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Value {
    Text(String),
    Number(u64),
    List(&'static [&'static str]),
}

#[derive(Serialize)]
struct Party {
    role: &'static str,
    name: &'static str,
}

#[derive(Serialize)]
struct Specification {
    name: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    #[serde(rename = "@type")]
    class: &'static str,
    id: String,
    name: String,
    site_type: &'static str,
    region: String,
    manned: bool,
    latitude: f64,
    longitude: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Relationship {
    relationship_type: &'static str,
    resource: Reference,
}

#[derive(Serialize)]
struct Reference {
    id: String,
}

/// The fraction of assets that nobody has been named for.
const UNOWNED: f64 = 0.03;

/// The id of an asset.
pub(crate) fn id(layout: &Layout, asset: Asset) -> String {
    let key = layout.members.get(asset.family).map_or("", |members| members.family.key);
    numbered(key, asset.index)
}

/// The id of member `index` of the family `key`.
pub(crate) fn numbered(key: &str, index: u64) -> String {
    format!("{key}-{:06}", index + 1)
}

/// Describes member `index` of `members`, which depends on `needs`.
pub(crate) fn resource(layout: &Layout, members: &Members, index: u64, needs: &[(Kind, Asset)]) -> Resource {
    let family = members.family;
    let draw = layout.draw(members, index);
    let place = layout.site(members, index).map(|(sites, number)| place(layout, sites, number));
    let region = place
        .as_ref()
        .map_or_else(|| naming::region(layout.region(index, members.count)), |place| place.region.clone());
    let id = numbered(family.key, index);
    let (maker, model) = draw.one_of(purpose::MAKER, family.makers);
    let named_after = naming::namesake(family.key, index)
        .or_else(|| layout.site(members, index).map(|(sites, number)| naming::place(layout.site_draw(sites, number))))
        .unwrap_or_else(|| region.clone());
    let started = 2009 + draw.below(purpose::STARTED, 17);
    Resource {
        href: format!("/tmf-api/resourceInventoryManagement/v5/resource/{id}"),
        class: if family.physical { "PhysicalResource" } else { "LogicalResource" },
        name: format!("{} {named_after} {:04}", family.title, index + 1),
        description: format!("{} of {}, {region}", family.title, naming::OPERATOR),
        category: family.asset_type,
        resource_characteristic: characteristics(layout, members, index, draw, &id, started),
        serial_number: (family.physical && !family.makers.is_empty())
            .then(|| format!("SN{:010X}", draw.bits(purpose::SERIAL) >> 24)),
        related_party: parties(family, draw, maker),
        place: place.into_iter().collect(),
        resource_relationship: needs
            .iter()
            .map(|(kind, target)| Relationship {
                relationship_type: kind.key(),
                resource: Reference { id: self::id(layout, *target) },
            })
            .collect(),
        lifecycle_state: match draw.below(purpose::STATE, 100) {
            0..3 => "planned",
            3..5 => "pendingRemoval",
            _ => "installed",
        },
        resource_specification: (!model.is_empty()).then_some(Specification { name: model }),
        start_operating_date: format!("{}T00:00:00Z", date(started, draw.bits(purpose::STARTED))),
        id,
    }
}

/// What there is to say about an asset that TMF639 has no field for.
fn characteristics(
    layout: &Layout,
    members: &Members,
    index: u64,
    draw: Draw,
    id: &str,
    started: u64,
) -> Vec<Characteristic> {
    let family = members.family;
    let mut list = vec![Characteristic { name: "assetType", value: Value::Text(family.asset_type.to_owned()) }];
    let mut say = |name, value| list.push(Characteristic { name, value });
    if let Some((name, value)) =
        naming::identifier(family.known, index, members.first + index, layout.address_prefixes())
    {
        say(name, Value::Text(value));
    }
    if family.known == Known::Address {
        say("fqdn", Value::Text(format!("{id}.net.norvane.example")));
    }
    if !family.makers.is_empty() && (family.known == Known::Address || !family.physical) {
        let bits = draw.bits(purpose::RELEASE);
        say("softwareVersion", Value::Text(format!("{}.{}.{}", 1 + bits % 23, (bits >> 8) % 12, (bits >> 16) % 40)));
    }
    rate(family, draw, &mut say);
    if !family.legal.is_empty() {
        say("security.legalTags", Value::List(family.legal));
    }
    if family.watts > 0 {
        // Within a quarter of what the family draws.
        say("powerWatts", Value::Number(family.watts * (75 + draw.below(purpose::POWER, 51)) / 100));
    }
    if family.subscribers > 0 {
        serve(family, draw, naming::region(layout.region(index, members.count)), &mut say);
    }
    if let Some(recovery) = family.recovery {
        let objectives =
            [("recovery.rto", recovery.rto), ("recovery.rpo", recovery.rpo), ("recovery.mtd", recovery.mtd)];
        for (name, duration) in objectives.into_iter().filter(|(_, duration)| !duration.is_empty()) {
            say(name, Value::Text(duration.to_owned()));
        }
    }
    if !family.makers.is_empty() && draw.fraction(purpose::ENDS) < 0.6 {
        let year = started + 7 + draw.below(purpose::ENDS, 9);
        say("endOfLifeDate", Value::Text(date(year, draw.bits(purpose::ENDS))));
    }
    list
}

/// Says how many subscribers a service has, where, and how that is known.
fn serve(family: &Family, draw: Draw, region: String, say: &mut impl FnMut(&'static str, Value)) {
    // Most serve about half of the mean, a few several times as many, as towns are few and large.
    let fraction = draw.fraction(purpose::SUBSCRIBERS);
    let times = 0.4 + 3.0 * fraction * fraction * fraction * fraction;
    say("subscribers", Value::Number(1 + (family.subscribers as f64 * times) as u64));
    let basis = match family.key {
        "emergency-calls" => "residents of the area, by census",
        "roaming" => "visitors seen in a day, mean of a month",
        "messaging" | "mobile-voice" | "mobile-data" => "SIMs seen in 30 days",
        "iot-connectivity" => "active SIMs in the eSIM platform",
        _ => "active contracts in billing",
    };
    say("subscribersBasis", Value::Text(basis.to_owned()));
    say("subscribersCounted", Value::Text(date(2025, draw.bits(purpose::SUBSCRIBERS))));
    say("serviceAreas", Value::Text(region));
}

/// Says how an asset is rated, where it is; the rest inherit from what depends on them.
fn rate(family: &Family, draw: Draw, say: &mut impl FnMut(&'static str, Value)) {
    let Some(rating) = family.rating.filter(|rating| draw.fraction(purpose::RATED) < rating.share) else {
        return;
    };
    // One in ten needs less availability than its family.
    let lowered = u64::from(draw.fraction(purpose::LOWERED) < 0.1);
    say("security.confidentiality", Value::Number(rating.confidentiality));
    say("security.integrity", Value::Number(rating.integrity));
    say("security.availability", Value::Number((rating.availability - lowered).max(1)));
    say("security.classification", Value::Text(rating.class.to_owned()));
}

/// Who answers for an asset, who looks after it, who made it.
fn parties(family: &Family, draw: Draw, maker: &'static str) -> Vec<Party> {
    let mut parties = Vec::new();
    if !family.owner.is_empty() && draw.fraction(purpose::OWNED) >= UNOWNED {
        parties.push(Party { role: "owner", name: family.owner });
    }
    if !maker.is_empty() {
        parties.push(Party { role: "maintainer", name: draw.one_of(purpose::MAINTAINER, naming::MAINTAINERS) });
        parties.push(Party { role: "manufacturer", name: maker });
    }
    parties
}

/// A site. Regions lie in a grid of one degree of latitude by one and a half of longitude, sites thick in the middle.
fn place(layout: &Layout, sites: &Sites, number: u64) -> Place {
    let draw = layout.site_draw(sites, number);
    let region = layout.region(number, sites.count);
    let scatter = |purpose| {
        let fraction = draw.fraction(purpose) * 2.0 - 1.0;
        fraction * fraction.abs() * 0.5
    };
    let round = |degrees: f64| (degrees * 100_000.0).round() / 100_000.0;
    Place {
        class: "GeographicSite",
        id: numbered(sites.ground.key, number),
        name: format!("{} {} {:04}", naming::place(draw), sites.ground.title, number + 1),
        site_type: sites.ground.site_type,
        region: naming::region(region),
        manned: draw.fraction(purpose::MANNED) < sites.ground.manned,
        latitude: round(46.5 + (region / 7) as f64 + scatter(purpose::NORTH)),
        longitude: round(7.0 + 1.5 * (region % 7) as f64 + 1.5 * scatter(purpose::EAST)),
    }
}

/// A day of the year `year`, chosen by `bits`.
fn date(year: u64, bits: u64) -> String {
    format!("{year:04}-{:02}-{:02}", 1 + bits % 12, 1 + (bits >> 8) % 28)
}
