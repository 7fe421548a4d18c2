//! Setting one field of an asset from one cell. Each answers whether the field took the value.

use wire::assets::v1::network_identifier::Kind;
use wire::assets::v1::{Asset, Maintenance};

use super::field::{Rating, Text};
use crate::{identifiers, text};

/// Sets a text that is still empty.
pub(super) fn set(field: &mut String, value: &str) -> bool {
    if !field.is_empty() {
        return false;
    }
    value.clone_into(field);
    true
}

/// The maintenance of the asset, made where there is none.
pub(super) fn maintenance(asset: &mut Asset) -> &mut Maintenance {
    asset.maintenance.get_or_insert_default()
}

/// Sets a field that takes a text as it is.
pub(super) fn set_text(which: Text, value: &str, asset: &mut Asset) -> bool {
    let (field, most) = match which {
        Text::Description => return set(&mut asset.description, &text::clip(value, 4000)),
        Text::CriticalityReason => return set(&mut asset.criticality_reason, &text::clip(value, 2000)),
        Text::Classification => return set(&mut asset.classification, &text::slug(value)),
        Text::Location => (&mut asset.location, 400),
        Text::Owner => (&mut asset.owner, 200),
        Text::Custodian => (&mut asset.custodian, 200),
        Text::Vendor => (&mut asset.vendor, 200),
        Text::Model => (&mut asset.model, 200),
        Text::SoftwareVersion => (&mut asset.software_version, 200),
        Text::SerialNumber => (&mut asset.serial_number, 200),
        Text::MaintenanceContract => (&mut maintenance(asset).contract, 200),
        Text::MaintenanceWindow => (&mut maintenance(asset).window, 200),
    };
    set(field, &text::line(value, most))
}

/// Sets a rating, a whole number of 0 to 10.
pub(super) fn set_rating(which: Rating, number: Option<f64>, asset: &mut Asset) -> bool {
    let whole = (0..=10).find(|rating| number == Some(f64::from(*rating)));
    let Some(rating) = whole else { return false };
    match which {
        Rating::Confidentiality => asset.confidentiality = rating,
        Rating::Integrity => asset.integrity = rating,
        Rating::Availability => asset.availability = rating,
    }
    true
}

/// Adds legal tags.
pub(super) fn set_tags(value: &str, asset: &mut Asset) -> bool {
    let tags: Vec<String> = value.split([';', ',']).map(text::slug).filter(|tag| !tag.is_empty()).collect();
    let fits = asset.legal_tags.len() + tags.len() <= 16 && tags.iter().all(|tag| text::is_key(tag));
    if fits {
        asset.legal_tags.extend(tags);
    }
    fits
}

/// Adds network identifiers; all of the cell or none.
pub(super) fn add_identifiers(kind: Option<Kind>, value: &str, asset: &mut Asset) -> bool {
    let read = |value: &str| match kind {
        Some(kind) => identifiers::of_kind(kind, value),
        None => identifiers::recognise(value),
    };
    let found: Option<Vec<_>> = value.split(';').map(str::trim).filter(|value| !value.is_empty()).map(read).collect();
    let Some(found) = found else { return false };
    if asset.network_identifiers.len() + found.len() > 256 {
        return false;
    }
    for identifier in found {
        if !asset.network_identifiers.contains(&identifier) {
            asset.network_identifiers.push(identifier);
        }
    }
    true
}
