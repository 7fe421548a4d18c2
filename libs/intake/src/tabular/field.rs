//! The fields a column can go to.

use wire::assets::v1::network_identifier::Kind;

/// A field a column can go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Key,
    Name,
    Type,
    Text(Text),
    Site(Place),
    Rating(Rating),
    LegalTags,
    /// A network identifier; of a kind told by its form where none is given.
    Identifier(Option<Kind>),
    Quantity,
    PowerWatts,
    State,
    Time(Time),
    DependsOn,
    Label(String),
    Attribute(String),
    Ignore,
}

/// Fields that take a text as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Text {
    Description,
    Owner,
    Custodian,
    Location,
    Classification,
    CriticalityReason,
    Vendor,
    Model,
    SoftwareVersion,
    SerialNumber,
    MaintenanceContract,
    MaintenanceWindow,
}

/// Fields of the site where the asset stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Id,
    Name,
    Type,
    Region,
    Address,
    Latitude,
    Longitude,
    Manned,
}

/// Needs for security.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rating {
    Confidentiality,
    Integrity,
    Availability,
}

/// Points in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Time {
    Acquire,
    EndOfLife,
    Verify,
    MaintenanceLast,
    MaintenanceNext,
}

/// The names of the fields in a column map. The documentation of [`super::ColumnMap`] lists them.
pub(crate) const NAMES: &[(&str, Field)] = &[
    ("key", Field::Key),
    ("name", Field::Name),
    ("type", Field::Type),
    ("description", Field::Text(Text::Description)),
    ("owner", Field::Text(Text::Owner)),
    ("custodian", Field::Text(Text::Custodian)),
    ("location", Field::Text(Text::Location)),
    ("classification", Field::Text(Text::Classification)),
    ("criticality_reason", Field::Text(Text::CriticalityReason)),
    ("vendor", Field::Text(Text::Vendor)),
    ("model", Field::Text(Text::Model)),
    ("software_version", Field::Text(Text::SoftwareVersion)),
    ("serial_number", Field::Text(Text::SerialNumber)),
    ("maintenance_contract", Field::Text(Text::MaintenanceContract)),
    ("maintenance_window", Field::Text(Text::MaintenanceWindow)),
    ("site", Field::Site(Place::Id)),
    ("site_name", Field::Site(Place::Name)),
    ("site_type", Field::Site(Place::Type)),
    ("site_region", Field::Site(Place::Region)),
    ("site_address", Field::Site(Place::Address)),
    ("site_latitude", Field::Site(Place::Latitude)),
    ("site_longitude", Field::Site(Place::Longitude)),
    ("site_manned", Field::Site(Place::Manned)),
    ("confidentiality", Field::Rating(Rating::Confidentiality)),
    ("integrity", Field::Rating(Rating::Integrity)),
    ("availability", Field::Rating(Rating::Availability)),
    ("legal_tags", Field::LegalTags),
    ("network_identifier", Field::Identifier(None)),
    ("ip", Field::Identifier(Some(Kind::Ip))),
    ("prefix", Field::Identifier(Some(Kind::Prefix))),
    ("fqdn", Field::Identifier(Some(Kind::Fqdn))),
    ("network_element", Field::Identifier(Some(Kind::NetworkElement))),
    ("point_code", Field::Identifier(Some(Kind::PointCode))),
    ("e164", Field::Identifier(Some(Kind::E164))),
    ("imsi", Field::Identifier(Some(Kind::Imsi))),
    ("asn", Field::Identifier(Some(Kind::Asn))),
    ("plmn", Field::Identifier(Some(Kind::Plmn))),
    ("mac", Field::Identifier(Some(Kind::Mac))),
    ("cell", Field::Identifier(Some(Kind::Cell))),
    ("quantity", Field::Quantity),
    ("power_watts", Field::PowerWatts),
    ("state", Field::State),
    ("acquire_time", Field::Time(Time::Acquire)),
    ("end_of_life_time", Field::Time(Time::EndOfLife)),
    ("verify_time", Field::Time(Time::Verify)),
    ("maintenance_last_time", Field::Time(Time::MaintenanceLast)),
    ("maintenance_next_time", Field::Time(Time::MaintenanceNext)),
    ("depends_on", Field::DependsOn),
    ("ignore", Field::Ignore),
];

impl Field {
    /// The field called `name` in a column map.
    pub(crate) fn named(name: &str) -> Option<Self> {
        if let Some(label) = name.strip_prefix("label.") {
            let first = label.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
            let rest = label.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_./".contains(c));
            return (first && rest && label.len() <= 63).then(|| Self::Label(label.to_owned()));
        }
        if let Some(attribute) = name.strip_prefix("attribute.") {
            return (!attribute.is_empty()).then(|| Self::Attribute(attribute.to_owned()));
        }
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, field)| field.clone())
    }

    /// Whether several columns may go to it.
    pub(crate) fn takes_many(&self) -> bool {
        matches!(
            self,
            Self::Key | Self::Identifier(_) | Self::LegalTags | Self::DependsOn | Self::Attribute(_) | Self::Ignore
        )
    }
}
