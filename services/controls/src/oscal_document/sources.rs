//! What references of a document stand for: catalogues and profiles that are here.

use std::collections::BTreeMap;

use serde_json::Value;
use wire::controls::v1::OscalDocument;
use wire::controls::v1::oscal_document::Kind;

/// The label of a catalogue that was made for what a mapping names: the reference.
pub(crate) const HREF_LABEL: &str = "oscal.href";

/// What a reference stands for, by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A catalogue.
    Catalogue(String),
    /// A profile.
    Profile(String),
}

/// What is known to look references up in.
pub(crate) struct Known<'a> {
    /// What the caller says: the reference, and the name.
    pub(crate) said: &'a BTreeMap<String, String>,
    /// The documents of catalogues and profiles that are here.
    pub(crate) documents: &'a [OscalDocument],
    /// Whose.
    pub(crate) organization: &'a str,
}

/// What a reference says of what it means: places, best first, and titles.
#[derive(Debug, Default)]
pub(crate) struct Meaning {
    /// The reference itself, and the places of the resource that it names.
    pub(crate) places: Vec<String>,
    /// The title and the description of that resource.
    pub(crate) titles: Vec<String>,
}

impl Meaning {
    /// What a reference of a document means, by the back matter of the document.
    pub(crate) fn of(href: &str, source: &Value) -> Self {
        let mut meaning = Self { places: vec![href.to_owned()], titles: Vec::new() };
        let Some(uuid) = href.strip_prefix('#') else { return meaning };
        let resources = source.pointer("/back-matter/resources").and_then(Value::as_array);
        let named = |resource: &&Value| {
            resource.get("uuid").and_then(Value::as_str).is_some_and(|other| other.eq_ignore_ascii_case(uuid))
        };
        let Some(resource) = resources.into_iter().flatten().find(named) else { return meaning };
        let links = resource.get("rlinks").and_then(Value::as_array).into_iter().flatten();
        meaning.places.extend(links.filter_map(|link| Some(link.get("href")?.as_str()?.to_owned())));
        let texts = ["title", "description"].into_iter().filter_map(|key| resource.get(key)?.as_str());
        meaning.titles.extend(texts.map(str::to_owned));
        meaning
    }

    /// What people call it.
    pub(crate) fn title(&self) -> &str {
        let place = self.places.last().map(|place| file(place)).filter(|file| !file.is_empty());
        self.titles.first().map(String::as_str).or(place).unwrap_or_default()
    }
}

/// The last segment of a place.
pub(crate) fn file(place: &str) -> &str {
    let place = place.split(['?', '#']).next().unwrap_or_default();
    place.rsplit(['/', '\\']).next().unwrap_or_default()
}

impl Known<'_> {
    /// What a reference stands for: what the caller says, a name of ours, a document by its UUID, by its place, by the name of its file,
    /// or by its title; each only where there is exactly one.
    pub(crate) fn find(&self, meaning: &Meaning) -> Option<Source> {
        let said = meaning.places.iter().find_map(|place| self.said.get(place)).and_then(|name| self.named(name));
        let own = || meaning.places.iter().find_map(|place| self.named(place));
        let uuid = || {
            self.one(|document| {
                let uuid = document.uuid.to_lowercase();
                uuid.len() >= 32 && meaning.places.iter().any(|place| place.to_lowercase().contains(&uuid))
            })
        };
        let place = || self.one(|document| meaning.places.contains(&document.location));
        let name = || {
            self.one(|document| {
                let known = file(&document.location);
                !known.is_empty() && meaning.places.iter().any(|place| file(place) == known)
            })
        };
        let title = || self.one(|document| meaning.titles.iter().any(|title| title.trim() == document.title.trim()));
        said.or_else(own).or_else(uuid).or_else(place).or_else(name).or_else(title)
    }

    /// The catalogue or profile of this name, if it is one of this organization.
    fn named(&self, name: &str) -> Option<Source> {
        let rest = name.strip_prefix("organizations/")?.strip_prefix(self.organization)?;
        let id = |collection: &str| {
            let id = rest.strip_prefix(collection)?;
            resource::valid_id(id).then_some(())
        };
        if id("/catalogues/").is_some() {
            return Some(Source::Catalogue(name.to_owned()));
        }
        id("/profiles/").map(|()| Source::Profile(name.to_owned()))
    }

    /// The one document for which something holds.
    fn one(&self, holds: impl Fn(&OscalDocument) -> bool) -> Option<Source> {
        let mut found = self.documents.iter().filter(|document| holds(document));
        let (Some(document), None) = (found.next(), found.next()) else { return None };
        let name = document.resources.first()?.clone();
        match document.kind() {
            Kind::Catalogue => Some(Source::Catalogue(name)),
            Kind::Profile => Some(Source::Profile(name)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Known, Meaning, Source};
    use serde_json::json;
    use std::collections::BTreeMap;
    use wire::controls::v1::OscalDocument;
    use wire::controls::v1::oscal_document::Kind;

    fn document(id: &str, uuid: &str, location: &str, title: &str) -> OscalDocument {
        OscalDocument {
            kind: Kind::Catalogue.into(),
            uuid: uuid.to_owned(),
            location: location.to_owned(),
            title: title.to_owned(),
            resources: vec![format!("organizations/acme/catalogues/{id}")],
            ..Default::default()
        }
    }

    #[test]
    fn a_reference_stands_for_the_one_document_it_can_mean() {
        let uuid = "11111111-1111-4111-8111-111111111111";
        let documents = [
            document("one", uuid, "one.json", "The controls"),
            document("two", "22222222-2222-4222-8222-222222222222", "https://example.org/c/two.json", "Edition"),
            document("three", "33333333-3333-4333-8333-333333333333", "three.json", "Edition"),
        ];
        let said = BTreeMap::from([("x.json".to_owned(), "organizations/acme/profiles/p".to_owned())]);
        let known = Known { said: &said, documents: &documents, organization: "acme" };
        let source = json!({"back-matter": {"resources": [
            {"uuid": "aaaa", "title": "The controls", "rlinks": [{"href": "nowhere.xml"}]},
            {"uuid": "bbbb", "description": "Edition"}, {"uuid": "cccc", "rlinks": [{"href": "../c/two.json"}]}]}});
        let catalogue = |id: &str| Some(Source::Catalogue(format!("organizations/acme/catalogues/{id}")));
        for (href, expected) in [
            ("x.json", Some(Source::Profile("organizations/acme/profiles/p".to_owned()))),
            ("organizations/acme/catalogues/x1051-2023", catalogue("x1051-2023")),
            ("organizations/other/catalogues/x1051-2023", None),
            (&format!("https://example.org/{}", uuid.to_uppercase()), catalogue("one")),
            ("a/b/three.json", catalogue("three")),
            ("#AAAA", catalogue("one")),
            ("#bbbb", None),
            ("#cccc", catalogue("two")),
            ("#dddd", None),
            ("", None),
        ] {
            assert_eq!(known.find(&Meaning::of(href, &source)), expected, "{href}");
        }
    }
}
