//! Tags and contacts of objects.

use std::collections::HashMap;

use serde_json::Value;

use super::dump::{Dump, id};
use super::specs::SPECS;
use crate::out::Out;
use crate::text;

const CONTACTS: &str = "tenancy.contactassignment";

type Pairs = HashMap<String, Vec<(String, String)>>;

/// Tags and contacts by the id of the object they are of.
#[derive(Debug, Default)]
pub(super) struct Notes {
    tags: Pairs,
    contacts: Pairs,
}

impl Notes {
    /// Collects the tags and contacts of a dump and accounts for the contacts.
    pub(super) fn of(dump: &Dump, out: &mut Out<'_>) -> Self {
        let mut notes = Self::default();
        for item in dump.all("extras.taggeditem") {
            let Some(tag) = dump.refer(item, "tag", "extras.tag") else { continue };
            let slug = text::slug(&tag.word("slug"));
            if !slug.is_empty() {
                let of = id(&dump.content_type(item.fields.get("content_type")), &item.word("object_id"));
                notes.tags.entry(of).or_default().push((slug, tag.word("name")));
            }
        }
        for model in dump.models() {
            // The API says the tags of an object with the object.
            for object in dump.all(model) {
                let Some(Value::Array(tags)) = object.fields.get("tags") else { continue };
                for tag in tags.iter().filter_map(Value::as_object) {
                    let slug = text::slug(&text::word(tag, "slug"));
                    if !slug.is_empty() {
                        notes.tags.entry(object.id()).or_default().push((slug, text::word(tag, "name")));
                    }
                }
            }
        }
        for item in dump.all(CONTACTS) {
            let kind = item.fields.get("object_type").or_else(|| item.fields.get("content_type"));
            let model = dump.content_type(kind);
            let contact = item.word("contact");
            if contact.is_empty() || !(model == "dcim.site" || SPECS.iter().any(|spec| spec.model == model)) {
                out.not_imported(CONTACTS, "the contact of something that is neither asset nor site");
                continue;
            }
            let role = text::slug(&dump.word(item, "role", "tenancy.contactrole", "slug"));
            let role = if role.is_empty() { "other".to_owned() } else { role };
            let of = id(&model, &item.word("object_id"));
            notes.contacts.entry(of).or_default().push((role, format!("contact {contact}")));
            out.not_imported(
                CONTACTS,
                "folded into the asset or site, by the key of the contact: persons are not copied",
            );
        }
        notes
    }

    /// Slugs and names of the tags of an object.
    pub(super) fn tags(&self, of: &str) -> &[(String, String)] {
        self.tags.get(of).map(Vec::as_slice).unwrap_or_default()
    }

    /// Roles and references of the contacts of an object.
    pub(super) fn contacts(&self, of: &str) -> &[(String, String)] {
        self.contacts.get(of).map(Vec::as_slice).unwrap_or_default()
    }
}
