//! What to do with each column: by the map, or guessed from the header.

use super::field::{Field, Place, Text, Time};
use super::map::Map;
use crate::IntakeError;
use crate::out::Out;
use crate::text;
use wire::assets::v1::network_identifier::Kind;

/// What to do with the columns of a file.
pub(super) struct Plan {
    /// The headers, made unique.
    pub(super) headers: Vec<String>,
    /// What to do with each of them.
    pub(super) fields: Vec<Field>,
    /// The columns that make the external id; none where rows are numbered.
    pub(super) key: Vec<usize>,
    /// Whether a map told.
    pub(super) told: bool,
}

/// Headers of inventories, squeezed, and the fields they mean. The names of ServiceNow first.
const GUESSES: &[(&str, Field)] = &[
    ("sysclassname", Field::Type),
    ("assettype", Field::Type),
    ("citype", Field::Type),
    ("class", Field::Type),
    ("type", Field::Type),
    ("category", Field::Type),
    ("shortdescription", Field::Text(Text::Description)),
    ("description", Field::Text(Text::Description)),
    ("comments", Field::Text(Text::Description)),
    ("ownedby", Field::Text(Text::Owner)),
    ("owner", Field::Text(Text::Owner)),
    ("ownername", Field::Text(Text::Owner)),
    ("assetowner", Field::Text(Text::Owner)),
    ("managedby", Field::Text(Text::Custodian)),
    ("supportgroup", Field::Text(Text::Custodian)),
    ("custodian", Field::Text(Text::Custodian)),
    ("location", Field::Text(Text::Location)),
    ("room", Field::Text(Text::Location)),
    ("rack", Field::Text(Text::Location)),
    ("classification", Field::Text(Text::Classification)),
    ("manufacturer", Field::Text(Text::Vendor)),
    ("vendor", Field::Text(Text::Vendor)),
    ("supplier", Field::Text(Text::Vendor)),
    ("modelid", Field::Text(Text::Model)),
    ("model", Field::Text(Text::Model)),
    ("modelnumber", Field::Text(Text::Model)),
    ("osversion", Field::Text(Text::SoftwareVersion)),
    ("softwareversion", Field::Text(Text::SoftwareVersion)),
    ("firmware", Field::Text(Text::SoftwareVersion)),
    ("serialnumber", Field::Text(Text::SerialNumber)),
    ("serial", Field::Text(Text::SerialNumber)),
    ("site", Field::Site(Place::Id)),
    ("siteid", Field::Site(Place::Id)),
    ("sitename", Field::Site(Place::Name)),
    ("sitetype", Field::Site(Place::Type)),
    ("region", Field::Site(Place::Region)),
    ("address", Field::Site(Place::Address)),
    ("latitude", Field::Site(Place::Latitude)),
    ("longitude", Field::Site(Place::Longitude)),
    ("confidentiality", Field::Rating(super::field::Rating::Confidentiality)),
    ("integrity", Field::Rating(super::field::Rating::Integrity)),
    ("availability", Field::Rating(super::field::Rating::Availability)),
    ("legaltags", Field::LegalTags),
    ("ipaddress", Field::Identifier(Some(Kind::Ip))),
    ("ip", Field::Identifier(Some(Kind::Ip))),
    ("managementip", Field::Identifier(Some(Kind::Ip))),
    ("fqdn", Field::Identifier(Some(Kind::Fqdn))),
    ("dnsname", Field::Identifier(Some(Kind::Fqdn))),
    ("macaddress", Field::Identifier(Some(Kind::Mac))),
    ("neid", Field::Identifier(Some(Kind::NetworkElement))),
    ("pointcode", Field::Identifier(Some(Kind::PointCode))),
    ("cellid", Field::Identifier(Some(Kind::Cell))),
    ("quantity", Field::Quantity),
    ("powerwatts", Field::PowerWatts),
    ("installstatus", Field::State),
    ("lifecyclestate", Field::State),
    ("state", Field::State),
    ("purchasedate", Field::Time(Time::Acquire)),
    ("acquiredate", Field::Time(Time::Acquire)),
    ("acquisitiondate", Field::Time(Time::Acquire)),
    ("acquiretime", Field::Time(Time::Acquire)),
    ("endoflife", Field::Time(Time::EndOfLife)),
    ("endoflifedate", Field::Time(Time::EndOfLife)),
    ("eoldate", Field::Time(Time::EndOfLife)),
    ("endoflifetime", Field::Time(Time::EndOfLife)),
    ("lastverified", Field::Time(Time::Verify)),
    ("dependson", Field::DependsOn),
];

/// Headers that hold an id, squeezed, the surest first.
const KEYS: &[&str] = &[
    "sysid",
    "externalid",
    "key",
    "id",
    "assetid",
    "ciid",
    "uuid",
    "guid",
    "inventoryid",
    "assettag",
    "deviceid",
    "resourceid",
    "objectid",
    "fid",
    "recordid",
    "number",
];

/// Headers that hold a name, squeezed, the surest first.
const NAMED: &[&str] = &["name", "displayname", "assetname", "ciname", "devicename", "hostname", "title", "label"];

impl Plan {
    /// Makes a plan for `headers`.
    pub(super) fn new(headers: Vec<String>, map: Option<&Map<Field>>, out: &mut Out<'_>) -> Result<Self, IntakeError> {
        let squeezed: Vec<String> = headers.iter().map(|header| text::squeeze(header)).collect();
        let mut plan = Self {
            fields: headers.iter().cloned().map(Field::Attribute).collect(),
            headers,
            key: Vec::new(),
            told: map.is_some(),
        };
        match map {
            Some(map) => plan.by_map(map, &squeezed, out)?,
            None => plan.by_guess(&squeezed),
        }
        if plan.key.is_empty() {
            plan.guess_key(&squeezed, out);
        }
        if !plan.fields.contains(&Field::Name)
            && map.is_none_or(|map| !map.defaults.iter().any(|(field, _)| *field == Field::Name))
        {
            plan.guess_name(&squeezed, out);
        }
        for index in plan.key.clone() {
            if let Some(field @ Field::Attribute(_)) = plan.fields.get_mut(index) {
                *field = Field::Key;
            }
        }
        Ok(plan)
    }

    fn by_map(&mut self, map: &Map<Field>, squeezed: &[String], out: &mut Out<'_>) -> Result<(), IntakeError> {
        for (header, field) in &map.columns {
            let Some(index) = self.find(header, squeezed) else {
                if *field == Field::Key {
                    return Err(self.no_key(header));
                }
                out.warn(format!(
                    "the column map names the column `{header}`, which the file does not have; its field stays empty"
                ));
                continue;
            };
            if *field == Field::Key {
                self.key.push(index);
            }
            if let Some(slot) = self.fields.get_mut(index) {
                *slot = field.clone();
            }
        }
        if !map.key.is_empty() {
            let found: Result<Vec<usize>, IntakeError> =
                map.key.iter().map(|header| self.find(header, squeezed).ok_or_else(|| self.no_key(header))).collect();
            self.key = found?;
        }
        // Two columns make one key in the order of the file, whatever the order of the map.
        if map.key.is_empty() {
            self.key.sort_unstable();
        }
        Ok(())
    }

    fn no_key(&self, header: &str) -> IntakeError {
        IntakeError::Map {
            at: "key".to_owned(),
            problem: format!("the file has no column `{header}`, which is to make the external id"),
            remedy: format!("name one of its columns: {}", text::clip(&self.headers.join(", "), 500)),
        }
    }

    fn find(&self, header: &str, squeezed: &[String]) -> Option<usize> {
        let exact = self.headers.iter().position(|known| known == header);
        let word = text::squeeze(header);
        exact.or_else(|| squeezed.iter().position(|known| *known == word && !word.is_empty()))
    }

    fn by_guess(&mut self, squeezed: &[String]) {
        // The table's order decides between two columns for one field: its surer names come first.
        for (word, field) in GUESSES {
            let Some(index) = squeezed.iter().position(|known| known == word) else { continue };
            if !field.takes_many() && self.fields.contains(field) {
                continue;
            }
            if let Some(slot @ Field::Attribute(_)) = self.fields.get_mut(index) {
                *slot = field.clone();
            }
        }
    }

    fn guess_key(&mut self, squeezed: &[String], out: &mut Out<'_>) {
        let free = |index: &usize| matches!(self.fields.get(*index), Some(Field::Attribute(_)));
        let known = KEYS.iter().find_map(|key| squeezed.iter().position(|header| header == key).filter(free));
        if let Some(index) = known {
            let header = self.headers.get(index).map_or("", String::as_str);
            if !matches!(squeezed.get(index).map(String::as_str), Some("sysid" | "externalid" | "key" | "id"))
                || self.told
            {
                out.warn(format!("the column `{header}` is taken as the external id, by its name; name the right one with `key` in a column map"));
            }
            self.key = vec![index];
            return;
        }
        out.warn(
            "NO COLUMN LOOKS LIKE AN ID: rows are known by their number. A file with other rows or another order will change the wrong assets; \
             name the key columns with `key` in a column map",
        );
    }

    fn guess_name(&mut self, squeezed: &[String], out: &mut Out<'_>) {
        let free = |index: &usize| matches!(self.fields.get(*index), Some(Field::Attribute(_)));
        let known = NAMED.iter().find_map(|name| squeezed.iter().position(|header| header == name).filter(free));
        let persons = ["owner", "user", "first", "last", "creat", "edit", "contact", "site", "file"];
        let close = || {
            squeezed
                .iter()
                .position(|header| header.ends_with("name") && !persons.iter().any(|person| header.contains(person)))
                .filter(free)
        };
        match known.or_else(close).and_then(|index| self.fields.get_mut(index)) {
            Some(slot) => *slot = Field::Name,
            None => out.warn("no column looks like a name: assets are called by their external id; send a column to `name` in a column map"),
        }
    }
}
