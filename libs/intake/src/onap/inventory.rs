//! Objects of A&AI.

use serde_json::{Map, Value};
use wire::assets::v1::asset::State;
use wire::assets::v1::{Asset, AssetRecord, Site, SiteRecord};

use super::tables::{self, COMPLEX, Spec};
use crate::out::{Go, Out, Source};
use crate::text::{self, Attributes};
use crate::tmf639::characteristics;
use crate::{Settings, coordinates, identifiers, types};

/// Turns objects of A&AI into items. Assets of which the site did not come yet wait for it.
pub(super) struct Inventory<'a> {
    settings: &'a Settings,
    waiting: Vec<(AssetRecord, Source, Vec<Relation>)>,
}

/// A relation of an object to another one.
struct Relation {
    to: String,
    label: String,
    key: String,
}

impl<'a> Inventory<'a> {
    pub(super) fn new(settings: &'a Settings) -> Self {
        Self { settings, waiting: Vec::new() }
    }

    /// Takes one object of `kind` over.
    pub(super) fn take(&mut self, kind: &str, fields: &Map<String, Value>, origin: String, out: &mut Out<'_>) -> Go {
        let told = text::line(kind, 60);
        out.count(&told);
        let from = Source::new(origin, told);
        if kind == COMPLEX.0 {
            return complex(fields, &from, out);
        }
        let Some(spec) = tables::SPECS.iter().find(|spec| spec.kind == kind) else {
            out.not_imported(&from.kind, "this reader does not know the kind: no rule makes it an asset or a site");
            return Ok(());
        };
        let key = text::word(fields, spec.key);
        if key.is_empty() {
            let message = format!("the {kind} has no `{}`, so a second import could not find it again", spec.key);
            out.reject(&from, "FIELD_INVALID", message, spec.key);
            return Ok(());
        }
        let relations = relations(fields, out);
        let site = relations.iter().find(|relation| relation.to == COMPLEX.0).map(|relation| relation.key.clone());
        let record = AssetRecord {
            external_id: format!("{kind}.{key}"),
            asset: Some(self.asset(spec, fields, &key, &from, out)),
            site_external_id: site.map(|site| format!("{}.{site}", COMPLEX.0)).unwrap_or_default(),
        };
        if !record.site_external_id.is_empty() && out.knows_site(&record.site_external_id).is_none() {
            self.waiting.push((record, from, relations));
            return Ok(());
        }
        hand(record, &from, &relations, out)
    }

    /// Hands over what waited. A site that never came is known by its id alone.
    pub(super) fn rest(&mut self, out: &mut Out<'_>) -> Go {
        for (record, from, relations) in std::mem::take(&mut self.waiting) {
            let id = &record.site_external_id;
            if out.knows_site(id).is_none() {
                let site = Site {
                    display_name: text::line(id.split_once('.').map_or(id, |(_, name)| name), 200),
                    r#type: types::SITE_FALLBACK.to_owned(),
                    ..Site::default()
                };
                out.warn("sites that only a relation names have no more than that name; export the complexes too");
                out.site(SiteRecord { external_id: id.clone(), site: Some(site) }, &from)?;
            }
            hand(record, &from, &relations, out)?;
        }
        Ok(())
    }

    fn asset(&self, spec: &Spec, fields: &Map<String, Value>, key: &str, from: &Source, out: &mut Out<'_>) -> Asset {
        let word = |field: &str| text::line(&text::word(fields, field), 200);
        let mut attributes = Attributes::default();
        let name = spec.names.iter().map(|field| word(field)).find(|name| !name.is_empty());
        let mut asset = Asset {
            display_name: name.unwrap_or_else(|| text::line(key, 200)),
            r#type: self.asset_type(spec, fields, &mut attributes, out),
            serial_number: word("serial-number"),
            vendor: word("equip-vendor"),
            model: word("equip-model"),
            software_version: word("sw-version"),
            state: state(fields, out).into(),
            ..Asset::default()
        };
        for (field, value) in fields.iter().filter(|(field, _)| !tables::TAKEN.contains(&field.as_str())) {
            let kind = tables::NETWORK.iter().find(|(name, _)| name == field).map(|(_, kind)| *kind);
            let found = kind.and_then(|kind| identifiers::of_kind(kind, &text::word(fields, field)));
            match found {
                Some(found) => characteristics::add(&mut asset, found),
                None => attributes.put_json(field, value),
            }
        }
        if key != asset.display_name {
            attributes.put(spec.key, key);
        }
        asset.attributes = attributes.kept(from, out);
        asset
    }

    fn asset_type(
        &self,
        spec: &Spec,
        fields: &Map<String, Value>,
        attributes: &mut Attributes,
        out: &mut Out<'_>,
    ) -> String {
        if !spec.asset_type.is_empty() {
            return spec.asset_type.to_owned();
        }
        let told: Vec<String> =
            tables::ROLES.iter().map(|field| text::word(fields, field)).filter(|word| !word.is_empty()).collect();
        if let Some(known) = told.iter().find_map(|word| types::asset_type(word)) {
            return known.to_owned();
        }
        let told = text::line(&told.join(" / "), 200);
        attributes.put("source_type", &told);
        let fallback = self.settings.fallback_type();
        let words = if told.is_empty() { "without a role".to_owned() } else { format!("of the unknown role `{told}`") };
        out.warn(format!("a {} {words} is read as `{fallback}`; set `nf-role` to what it is", spec.kind));
        fallback.to_owned()
    }
}

fn hand(record: AssetRecord, from: &Source, relations: &[Relation], out: &mut Out<'_>) -> Go {
    let id = record.external_id.clone();
    // The relations of a rejected asset name something that will not be there.
    if !out.asset(record, from)? {
        return Ok(());
    }
    for relation in relations.iter().filter(|relation| relation.to != COMPLEX.0) {
        relate(&id, &from.kind, relation, from, out);
    }
    Ok(())
}

fn relate(id: &str, kind: &str, relation: &Relation, from: &Source, out: &mut Out<'_>) {
    if !tables::kind(&relation.to) {
        out.not_imported("relationship", "it leads to a kind that becomes no asset");
        return;
    }
    let other = format!("{}.{}", relation.to, relation.key);
    // A&AI writes a label as `org.onap.relationships.inventory.HostedOn`.
    let label = text::squeeze(relation.label.rsplit('.').next().unwrap_or_default());
    let pair = |one: &str, two: &str| {
        tables::PAIRS.iter().find(|(first, second, _)| *first == one && *second == two).map(|(.., kind)| *kind)
    };
    // What the two are says more than the label, which A&AI writes the same at both ends.
    let (dependent, supporting, how) = if let Some(how) = pair(kind, &relation.to) {
        (id, other.as_str(), how)
    } else if let Some(how) = pair(&relation.to, kind) {
        (other.as_str(), id, how)
    } else {
        match tables::LABELS.iter().find(|(name, ..)| *name == label) {
            Some((_, true, how)) => (id, other.as_str(), *how),
            Some((_, false, how)) => (other.as_str(), id, *how),
            None => {
                out.not_imported(
                    "relationship, unknown label",
                    "neither its label nor the two kinds say which side depends on the other",
                );
                return;
            }
        }
    };
    out.dependency(dependent, supporting, how, &text::line(&relation.label, 200), from);
}

/// The relations of an object, with the key of the other one; those that name none are noted.
fn relations(fields: &Map<String, Value>, out: &mut Out<'_>) -> Vec<Relation> {
    let list = fields.get("relationship-list");
    let list = list.and_then(|list| list.get("relationship")).or(list);
    let Some(Value::Array(entries)) = list else { return Vec::new() };
    let mut found = Vec::new();
    for entry in entries.iter() {
        out.count("relationship");
        let to = entry.get("related-to").and_then(Value::as_str).unwrap_or_default().to_owned();
        let key = key_of(entry, &to);
        if to.is_empty() || key.is_empty() {
            out.not_imported("relationship", "it does not name what it leads to");
            continue;
        }
        let label = entry.get("relationship-label").and_then(Value::as_str).unwrap_or_default().to_owned();
        found.push(Relation { to, label, key });
    }
    found
}

/// The key of what a relation leads to: of `relationship-data`, else the end of `related-link`.
fn key_of(entry: &Value, to: &str) -> String {
    let keys = tables::SPECS.iter().map(|spec| (spec.kind, spec.key)).chain([COMPLEX]);
    let wanted = keys.filter(|(kind, _)| *kind == to).map(|(kind, key)| format!("{kind}.{key}")).next();
    let data = entry.get("relationship-data").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let value = data.iter().filter_map(Value::as_object).find(|pair| {
        let key = text::word(pair, "relationship-key");
        Some(&key) == wanted.as_ref()
    });
    if let Some(value) = value.map(|pair| text::word(pair, "relationship-value")).filter(|value| !value.is_empty()) {
        return value;
    }
    let link = entry.get("related-link").and_then(Value::as_str).unwrap_or_default();
    link.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned()
}

fn state(fields: &Map<String, Value>, out: &mut Out<'_>) -> State {
    let told = text::word(fields, "prov-status");
    if told.is_empty() {
        return State::Unspecified;
    }
    tables::state(&text::squeeze(&told)).unwrap_or_else(|| {
        let told = text::line(&told, 60);
        out.warn(format!(
            "the prov-status `{told}` is not known and proposes no state; kept as attribute `prov-status`"
        ));
        State::Unspecified
    })
}

fn complex(fields: &Map<String, Value>, from: &Source, out: &mut Out<'_>) -> Go {
    let word = |field: &str| text::word(fields, field);
    let key = word(COMPLEX.1);
    if key.is_empty() {
        let message = "the complex has no `physical-location-id`, so a second import could not find it again";
        out.reject(from, "FIELD_INVALID", message, COMPLEX.1);
        return Ok(());
    }
    let stated = word("physical-location-type");
    let kind = types::site_type(&stated);
    if kind.is_none() {
        let told = text::line(&stated, 60);
        out.warn(format!(
            "complexes of the type `{told}` are read as `{}`; change the sites afterwards",
            types::SITE_FALLBACK
        ));
    }
    let name = ["complex-name", "physical-location-id"].iter().map(|field| word(field)).find(|name| !name.is_empty());
    let parts: Vec<String> = tables::ADDRESS.iter().map(|field| word(field)).filter(|word| !word.is_empty()).collect();
    let degrees = word("latitude").parse::<f64>().ok().zip(word("longitude").parse::<f64>().ok());
    let mut site = Site {
        display_name: text::line(&name.unwrap_or_default(), 200),
        r#type: kind.unwrap_or(types::SITE_FALLBACK).to_owned(),
        region: text::line(&word("region"), 200),
        address: text::line(&parts.join(", "), 500),
        position: degrees.and_then(|(latitude, longitude)| coordinates::point(latitude, longitude)),
        ..Site::default()
    };
    for field in ["physical-location-type", "data-center-code", "lata", "elevation", "identity-url"] {
        let value = text::line(&word(field), 256);
        if !value.is_empty() {
            site.labels.insert(field.to_owned(), value);
        }
    }
    out.site(SiteRecord { external_id: format!("{}.{key}", COMPLEX.0), site: Some(site) }, from)?;
    Ok(())
}
