//! Invented names, and addresses and numbers from ranges that nobody uses.

use crate::draw::Draw;
use crate::estate::Known;
use crate::layout::purpose;

/// The operator.
pub(crate) const OPERATOR: &str = "Norvane Telecom";

const BEGINNINGS: &[&str] = &[
    "Var", "Nor", "Hal", "Bry", "Ost", "Lun", "Kar", "Fen", "Mor", "Tal", "Ved", "Ris", "Skel", "Ander", "Gren", "Ul",
    "Thor", "Wil", "Ester", "Dal", "Hjel", "Rav", "Bel", "Sor", "Lin", "Ker", "Mar", "Ein", "Aske", "Vin",
];
const ENDINGS: &[&str] = &[
    "holt", "mark", "by", "stad", "wick", "fell", "dale", "mere", "haven", "ford", "minster", "lund", "berg", "hus",
    "vik", "moor", "gate", "sund", "borg", "ness", "tarn", "field", "brook", "hythe",
];
const REGIONS: &[&str] = &[
    "Aldermark",
    "Brenland",
    "Corvale",
    "Drumsey",
    "Eastfold",
    "Fennshire",
    "Garholm",
    "Highmarch",
    "Isenmoor",
    "Jarlsey",
    "Kelvern",
    "Lowmark",
    "Merrow",
    "Northfold",
    "Ostmarch",
    "Penhollow",
    "Quarrel",
    "Rimeland",
    "Southfold",
    "Tamsey",
    "Umberland",
    "Vellmark",
    "Westfold",
    "Yarrow",
    "Zellmoor",
];
const PEERS: &[&str] = &[
    "Ardent Carrier",
    "Bluewater Transit",
    "Cordel Mobile",
    "Delphine Telecom",
    "Ekholm Net",
    "Farlight Wholesale",
    "Gannet Cable",
    "Hexwell Communications",
    "Ilvane Mobile",
    "Juniper Coast Telephone",
];
const CUSTOMERS: &[&str] = &[
    "Ostbrook Hospitals",
    "Marrin Logistics",
    "Fellgate Bank",
    "Lunholt Water",
    "Tarnwick Rail",
    "Brysund Energy",
    "Halmere University",
    "Askeborg Retail",
    "Norgate Council",
    "Vinfield Foods",
];
const TEAMS: &[&str] = &[
    "Network Operations Centre",
    "Core engineers",
    "Radio engineers",
    "Transport engineers",
    "Field technicians",
    "Security operations",
    "Privacy office",
    "Service desk",
    "Billing analysts",
    "Platform engineers",
    "Facilities staff",
    "Interconnect managers",
];
const CONTRACTS: &[&str] = &[
    "Site maintenance",
    "Electricity supply",
    "Diesel supply",
    "Building security",
    "Waste disposal",
    "Colocation",
    "Vendor support",
    "Tower lease",
];

/// Who keeps equipment running.
pub(crate) const MAINTAINERS: &[&str] =
    &["Norvane Field Services", "Ravel Maintenance", "Skelford Engineering", "Manufacturer support"];

/// The name of a region.
pub(crate) fn region(number: u64) -> String {
    named(REGIONS, number)
}

/// The name of a place.
pub(crate) fn place(draw: Draw) -> String {
    format!("{}{}", draw.one_of(purpose::NAME, BEGINNINGS), draw.one_of(purpose::NAME_END, ENDINGS))
}

/// The party, team or contract a member is named after, where it is not the place it stands at.
pub(crate) fn namesake(family: &str, number: u64) -> Option<String> {
    let names = match family {
        "interconnect-service" | "border-router" | "leased-line" => PEERS,
        "enterprise-vpn" | "leased-service" => CUSTOMERS,
        "people" => TEAMS,
        "supporting-service" => CONTRACTS,
        _ => return None,
    };
    Some(named(names, number))
}

/// Number `number` of `names`, told apart from the round before by a numeral.
fn named(names: &[&str], number: u64) -> String {
    let length = names.len().max(1) as u64;
    let name = names.get((number % length) as usize).copied().unwrap_or_default();
    match number / length {
        0 => name.to_owned(),
        round => format!("{name} {}", round + 1),
    }
}

/// The characteristic by which the network knows a member, and its value: `number` of its family, `overall` of all.
///
/// Addresses are private (RFC 1918) or for documentation (RFC 3849), system numbers private (RFC 6996), telephone
/// numbers under the unassigned country code 999, networks and subscribers under the test codes 001-01 and 999.
pub(crate) fn identifier(known: Known, number: u64, overall: u64, prefixes: u64) -> Option<(&'static str, String)> {
    Some(match known {
        Known::Not => return None,
        Known::Address => ("ipAddress", address(overall)),
        Known::Prefix if number < prefixes => ("ipPrefix", format!("{}/24", address(number * 256))),
        Known::Prefix => ("ipPrefix", format!("2001:db8:{:x}:{:x}::/64", (number >> 16) & 0xffff, number & 0xffff)),
        Known::Pool => ("ipPrefix", format!("172.{}.{}.0/24", 16 + ((number >> 8) & 15), number & 255)),
        Known::Telephone => ("e164Range", format!("+999{number:05}0000..+999{number:05}9999")),
        Known::Subscriber => ("imsiRange", format!("00101{number:04}000000..00101{number:04}999999")),
        Known::System => ("asNumber", format!("AS{}", 4_200_000_000 + number)),
        Known::Network if number == 0 => ("plmn", "001-01".to_owned()),
        Known::Network => ("plmn", format!("999-{:02}", 69 + number)),
        Known::PointCode(first) => {
            let code = (first + number) % 16_384;
            ("pointCode", format!("{}-{}-{}", code >> 11, (code >> 3) & 255, code & 7))
        }
        Known::Cell => ("cellId", format!("001-01-{overall:09x}")),
    })
}

/// An address in 10.0.0.0/8.
fn address(number: u64) -> String {
    format!("10.{}.{}.{}", (number >> 16) & 255, (number >> 8) & 255, number & 255)
}
