//! One row as an asset, the site it stands at and what it depends on.

use wire::assets::v1::asset::State;
use wire::assets::v1::network_identifier::Kind;
use wire::assets::v1::{Asset, AssetRecord, Maintenance, Site, SiteRecord};

use super::field::{Field, Place, Rating, Text, Time};
use super::map::Map;
use super::plan::Plan;
use crate::out::{Go, Out, Source};
use crate::text::{self, Attributes};
use crate::{Settings, coordinates, dates, identifiers, types};

/// Turns rows into records.
pub(super) struct Rows<'a> {
    plan: &'a Plan,
    map: Option<&'a Map<Field>>,
    settings: &'a Settings,
    /// Defaults no column of the file may fill, and those it may leave empty.
    defaults: Vec<(&'a Field, &'a str)>,
}

/// A row on its way.
#[derive(Default)]
struct Draft {
    asset: Asset,
    attributes: Attributes,
    site: String,
    place: Site,
    latitude: Option<f64>,
    longitude: Option<f64>,
    depends_on: Vec<String>,
}

impl<'a> Rows<'a> {
    pub(super) fn new(plan: &'a Plan, settings: &'a Settings) -> Self {
        let map = settings.map.as_ref().map(|map| &map.0);
        let defaults = map.map(|map| map.defaults.iter().map(|(field, value)| (field, value.as_str())).collect());
        Self { plan, map, settings, defaults: defaults.unwrap_or_default() }
    }

    /// Takes one row over.
    pub(super) fn take(&self, cells: &[String], number: u64, from: &Source, out: &mut Out<'_>) -> Go {
        let Some(id) = self.key(cells, number, from, out) else { return Ok(()) };
        let mut draft = Draft::default();
        for ((field, header), cell) in self.plan.fields.iter().zip(&self.plan.headers).zip(cells) {
            self.apply(field, header, cell, &mut draft, from, out);
        }
        for (field, value) in &self.defaults {
            let filled =
                self.plan.fields.iter().zip(cells).any(|(known, cell)| known == *field && !cell.trim().is_empty());
            if !filled {
                self.apply(field, "default", value, &mut draft, from, out);
            }
        }
        self.complete(&id, &mut draft, out);
        if !draft.site.is_empty() && !self.stand(&mut draft, from, out)? {
            draft.attributes.put("site", &draft.site.clone());
            draft.site.clear();
        }
        let (attributes, cut) = draft.attributes.done();
        if !cut.is_empty() {
            let keys = text::clip(&cut.join(", "), 200);
            out.warn(format!(
                "{}: more than an asset can keep (256 attributes of 4096 characters); shortened or dropped: {keys}",
                from.origin
            ));
        }
        draft.asset.attributes = attributes;
        let record = AssetRecord { external_id: id.clone(), asset: Some(draft.asset), site_external_id: draft.site };
        if out.asset(record, from)? {
            for other in &draft.depends_on {
                out.dependency(&id, other, "uses", "", from);
            }
        }
        Ok(())
    }

    fn key(&self, cells: &[String], number: u64, from: &Source, out: &mut Out<'_>) -> Option<String> {
        if self.plan.key.is_empty() {
            return Some(format!("row-{number}"));
        }
        let parts: Vec<&str> =
            self.plan.key.iter().filter_map(|index| cells.get(*index)).map(|cell| cell.trim()).collect();
        let names: Vec<&str> =
            self.plan.key.iter().filter_map(|index| self.plan.headers.get(*index)).map(String::as_str).collect();
        if parts.iter().all(|part| part.is_empty()) {
            let message = format!(
                "the key `{}` is empty, so a second import could not find the row again; fill it",
                names.join(", ")
            );
            out.reject(from, "FIELD_INVALID", message, &names.join(", "));
            return None;
        }
        Some(parts.join("/"))
    }

    /// What a value means by the map.
    fn meaning<'b>(&'b self, field: &Field, cell: &'b str) -> &'b str {
        let tables = self.map.map(|map| map.values.as_slice()).unwrap_or_default();
        let known = tables.iter().filter(|(known, _)| known == field).find_map(|(_, meanings)| meanings.get(cell));
        known.map_or(cell, String::as_str)
    }

    fn apply(&self, field: &Field, header: &str, cell: &str, draft: &mut Draft, from: &Source, out: &mut Out<'_>) {
        let value = self.meaning(field, cell.trim()).trim();
        if value.is_empty() {
            return;
        }
        let taken = match field {
            Field::Key | Field::Ignore => true,
            Field::Name => set(&mut draft.asset.display_name, &text::line(value, 200)),
            Field::Type => self.set_type(value, draft, out),
            Field::Text(which) => set_text(*which, value, &mut draft.asset),
            Field::Site(which) => self.set_place(*which, value, draft, out),
            Field::Rating(which) => set_rating(*which, self.number(value), &mut draft.asset),
            Field::LegalTags => set_tags(value, &mut draft.asset),
            Field::Identifier(kind) => add_identifiers(*kind, value, &mut draft.asset),
            Field::Quantity => self.number(value).filter(|n| (0.0..=9e15).contains(n)).is_some_and(|number| {
                let whole = number.fract() == 0.0;
                if whole {
                    draft.asset.quantity = format!("{number:.0}").parse().unwrap_or_default();
                }
                whole
            }),
            Field::PowerWatts => self.number(value).filter(|watts| (0.0..=1e9).contains(watts)).is_some_and(|watts| {
                draft.asset.power_watts = watts;
                true
            }),
            Field::State => types::state(value).is_some_and(|state: State| {
                draft.asset.state = state.into();
                true
            }),
            Field::Time(which) => self.set_time(*which, value, &mut draft.asset),
            Field::DependsOn => {
                draft.depends_on.extend(value.split(';').map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned));
                true
            }
            Field::Label(key) => draft.asset.labels.insert(key.clone(), text::line(value, 256)).is_none(),
            Field::Attribute(key) => {
                draft.attributes.put(key, value);
                true
            }
        };
        if !taken {
            draft.attributes.put(header, value);
            if !matches!(field, Field::Type | Field::State) {
                out.warn(format!(
                    "{}: `{header}` does not fit its field; kept as an attribute: {}",
                    from.origin,
                    text::line(value, 60)
                ));
            }
        }
    }

    fn set_type(&self, value: &str, draft: &mut Draft, out: &mut Out<'_>) -> bool {
        // With a map the operator may name types of its own; a guessed column is held to the shipped ones.
        let found =
            if self.plan.told { types::stated_asset_type(value) } else { types::asset_type(value).map(str::to_owned) };
        if found.is_none() {
            let told = text::line(value, 60);
            let fallback = self.settings.fallback_type();
            out.warn(format!("rows of the unknown type `{told}` are read as `{fallback}`; translate it under [values.type] in a column map"));
        }
        found.is_some_and(|found| set(&mut draft.asset.r#type, &found))
    }

    fn set_place(&self, which: Place, value: &str, draft: &mut Draft, out: &mut Out<'_>) -> bool {
        let place = &mut draft.place;
        match which {
            Place::Id => set(&mut draft.site, value),
            Place::Name => set(&mut place.display_name, &text::line(value, 200)),
            Place::Region => set(&mut place.region, &text::line(value, 200)),
            Place::Address => set(&mut place.address, &text::line(value, 500)),
            Place::Type => match types::site_type(value) {
                Some(key) => set(&mut place.r#type, key),
                None => {
                    let told = text::line(value, 60);
                    out.warn(format!(
                        "the site type `{told}` is not known; translate it under [values.site_type] in a column map"
                    ));
                    false
                }
            },
            Place::Latitude => {
                draft.latitude = self.number(value);
                draft.latitude.is_some()
            }
            Place::Longitude => {
                draft.longitude = self.number(value);
                draft.longitude.is_some()
            }
            Place::Manned => {
                place.manned = matches!(value.to_ascii_lowercase().as_str(), "true" | "yes" | "y" | "1" | "manned");
                true
            }
        }
    }

    fn set_time(&self, which: Time, value: &str, asset: &mut Asset) -> bool {
        let forms = self.map.map(|map| map.date_formats.as_slice()).unwrap_or_default();
        let Some(time) = dates::read(value, forms) else { return false };
        let time = Some(time);
        match which {
            Time::Acquire => asset.acquire_time = time,
            Time::EndOfLife => asset.end_of_life_time = time,
            Time::Verify => asset.verify_time = time,
            Time::MaintenanceLast => maintenance(asset).last_time = time,
            Time::MaintenanceNext => maintenance(asset).next_time = time,
        }
        true
    }

    fn number(&self, value: &str) -> Option<f64> {
        let bare: String = if self.map.is_some_and(|map| map.decimal_comma) {
            value.replace('.', "").replace(',', ".")
        } else {
            value.replace(',', "")
        };
        bare.replace([' ', '\u{a0}'], "").parse().ok().filter(|number: &f64| number.is_finite())
    }

    /// Fills what no column told.
    fn complete(&self, id: &str, draft: &mut Draft, out: &mut Out<'_>) {
        let asset = &mut draft.asset;
        if asset.display_name.is_empty() {
            asset.display_name = text::line(id, 200);
        }
        if asset.r#type.is_empty() {
            self.settings.fallback_type().clone_into(&mut asset.r#type);
        }
        if draft.site.is_empty() {
            // Without an id there is no site to stand at; what was said about it is not lost.
            let place = std::mem::take(&mut draft.place);
            for (key, value) in [
                ("site_name", place.display_name),
                ("site_type", place.r#type),
                ("region", place.region),
                ("address", place.address),
            ] {
                draft.attributes.put(key, &value);
            }
            for (key, number) in [("latitude", draft.latitude), ("longitude", draft.longitude)] {
                draft.attributes.put(key, &number.map(|number| number.to_string()).unwrap_or_default());
            }
        } else if draft.latitude.is_some() != draft.longitude.is_some() {
            out.warn("a latitude or longitude stands alone; a position needs both");
        }
    }

    /// Hands the site of a row over where it is new; false where it was rejected.
    fn stand(&self, draft: &mut Draft, from: &Source, out: &mut Out<'_>) -> Go<bool> {
        if let Some(usable) = out.knows_site(&draft.site) {
            return Ok(usable);
        }
        let mut site = std::mem::take(&mut draft.place);
        if site.display_name.is_empty() {
            site.display_name = text::line(&draft.site, 200);
        }
        if site.r#type.is_empty() {
            out.warn(format!(
                "sites without a known type are read as `{}`; send a column to `site_type`, or set a default",
                types::SITE_FALLBACK
            ));
            types::SITE_FALLBACK.clone_into(&mut site.r#type);
        }
        if let (Some(latitude), Some(longitude)) = (draft.latitude, draft.longitude) {
            site.position = coordinates::point(latitude, longitude);
            if site.position.is_none() {
                draft.attributes.put("latitude", &latitude.to_string());
                draft.attributes.put("longitude", &longitude.to_string());
                out.warn("coordinates beyond 90 and 180 degrees are not WGS 84 (projected?); kept as attributes, not as a position");
            }
        }
        out.count("site");
        out.site(SiteRecord { external_id: draft.site.clone(), site: Some(site) }, from)
    }
}

fn set(field: &mut String, value: &str) -> bool {
    if !field.is_empty() {
        return false;
    }
    value.clone_into(field);
    true
}

fn maintenance(asset: &mut Asset) -> &mut Maintenance {
    asset.maintenance.get_or_insert_default()
}

fn set_text(which: Text, value: &str, asset: &mut Asset) -> bool {
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

fn set_rating(which: Rating, number: Option<f64>, asset: &mut Asset) -> bool {
    let whole = (0..=10).find(|rating| number == Some(f64::from(*rating)));
    let Some(rating) = whole else { return false };
    match which {
        Rating::Confidentiality => asset.confidentiality = rating,
        Rating::Integrity => asset.integrity = rating,
        Rating::Availability => asset.availability = rating,
    }
    true
}

fn set_tags(value: &str, asset: &mut Asset) -> bool {
    let tags: Vec<String> = value.split([';', ',']).map(text::slug).filter(|tag| !tag.is_empty()).collect();
    let fits = asset.legal_tags.len() + tags.len() <= 16 && tags.iter().all(|tag| text::is_key(tag));
    if fits {
        asset.legal_tags.extend(tags);
    }
    fits
}

fn add_identifiers(kind: Option<Kind>, value: &str, asset: &mut Asset) -> bool {
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
