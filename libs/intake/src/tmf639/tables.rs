//! Tables: names of TMF639 and what they mean to us.

use wire::assets::v1::network_identifier::Kind;

/// What a party is to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Party {
    Owner,
    Custodian,
    Vendor,
}

/// Roles of related parties, squeezed. Others (users, customers) stay attributes.
pub(super) const ROLES: &[(&str, Party)] = &[
    ("owner", Party::Owner),
    ("responsible", Party::Owner),
    ("resourceowner", Party::Owner),
    ("custodian", Party::Custodian),
    ("operator", Party::Custodian),
    ("maintainer", Party::Custodian),
    ("administrator", Party::Custodian),
    ("manufacturer", Party::Vendor),
    ("supplier", Party::Vendor),
    ("vendor", Party::Vendor),
];

/// How a relationship is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// The resource depends on the other.
    OnOther,
    /// The other depends on the resource.
    OnThis,
    /// They touch.
    Between,
}

/// Relationship types, squeezed: who depends on whom, and the kind of dependency.
pub(super) const RELATIONS: &[(&str, Direction, &str)] = &[
    ("requires", Direction::OnOther, "uses"),
    ("dependson", Direction::OnOther, "uses"),
    ("relieson", Direction::OnOther, "uses"),
    ("uses", Direction::OnOther, "uses"),
    ("ishostedon", Direction::OnOther, "runs-on"),
    ("hostedon", Direction::OnOther, "runs-on"),
    ("runson", Direction::OnOther, "runs-on"),
    ("poweredby", Direction::OnOther, "powered-by"),
    ("ispoweredby", Direction::OnOther, "powered-by"),
    ("carriedby", Direction::OnOther, "carried-by"),
    ("iscarriedby", Direction::OnOther, "carried-by"),
    ("partof", Direction::OnOther, "part-of"),
    ("ispartof", Direction::OnOther, "part-of"),
    ("iscontainedin", Direction::OnOther, "part-of"),
    ("containedin", Direction::OnOther, "part-of"),
    ("isrequiredby", Direction::OnThis, "uses"),
    ("supports", Direction::OnThis, "uses"),
    ("isusedby", Direction::OnThis, "uses"),
    ("hosts", Direction::OnThis, "runs-on"),
    ("powers", Direction::OnThis, "powered-by"),
    ("carries", Direction::OnThis, "carried-by"),
    ("contains", Direction::OnThis, "part-of"),
    ("haspart", Direction::OnThis, "part-of"),
    ("connectedto", Direction::Between, "adjacent"),
    ("isconnectedto", Direction::Between, "adjacent"),
    ("adjacent", Direction::Between, "adjacent"),
    ("adjacentto", Direction::Between, "adjacent"),
];

/// Characteristics that are network identifiers, squeezed.
pub(super) const NETWORK: &[(&str, Kind)] = &[
    ("ipaddress", Kind::Ip),
    ("ip", Kind::Ip),
    ("ipv4address", Kind::Ip),
    ("ipv6address", Kind::Ip),
    ("managementip", Kind::Ip),
    ("managementipaddress", Kind::Ip),
    ("prefix", Kind::Prefix),
    ("ipprefix", Kind::Prefix),
    ("subnet", Kind::Prefix),
    ("fqdn", Kind::Fqdn),
    ("hostname", Kind::Fqdn),
    ("dnsname", Kind::Fqdn),
    ("neid", Kind::NetworkElement),
    ("networkelement", Kind::NetworkElement),
    ("networkelementid", Kind::NetworkElement),
    ("pointcode", Kind::PointCode),
    ("e164", Kind::E164),
    ("e164number", Kind::E164),
    ("e164range", Kind::E164),
    ("telephonenumber", Kind::E164),
    ("phonenumber", Kind::E164),
    ("msisdn", Kind::E164),
    ("msisdnrange", Kind::E164),
    ("imsi", Kind::Imsi),
    ("imsirange", Kind::Imsi),
    ("asn", Kind::Asn),
    ("asnumber", Kind::Asn),
    ("autonomoussystem", Kind::Asn),
    ("autonomoussystemnumber", Kind::Asn),
    ("plmn", Kind::Plmn),
    ("plmnid", Kind::Plmn),
    ("mac", Kind::Mac),
    ("macaddress", Kind::Mac),
    ("cellid", Kind::Cell),
    ("ecgi", Kind::Cell),
    ("ncgi", Kind::Cell),
];

/// Keys that become fields, not attributes. Everything else is kept as an attribute.
pub(super) const TAKEN: &[&str] = &[
    "id",
    "name",
    "description",
    "serialNumber",
    "resourceCharacteristic",
    "characteristic",
    "resourceRelationship",
    "supportingResource",
    "relatedParty",
    "externalIdentifier",
    "place",
    "note",
    "href",
    "resourceSpecification",
    "endOfLifeDate",
];
