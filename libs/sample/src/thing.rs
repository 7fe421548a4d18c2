//! One asset of the estate, and how TMF639 writes it.

use serde_json::{Value, json};

/// A place.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) kind: &'static str,
    pub(crate) region: String,
    pub(crate) latitude: f64,
    pub(crate) longitude: f64,
}

/// One asset.
#[derive(Clone, Debug, Default)]
pub(crate) struct Thing {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) kind: &'static str,
    pub(crate) owner: &'static str,
    pub(crate) vendor: &'static str,
    pub(crate) model: String,
    pub(crate) version: String,
    pub(crate) place: Option<Place>,
    pub(crate) rating: Option<(u8, u8, u8)>,
    pub(crate) class: &'static str,
    pub(crate) tags: &'static [&'static str],
    pub(crate) network: Vec<(&'static str, String)>,
    pub(crate) watts: u64,
    pub(crate) subscribers: u64,
    pub(crate) state: &'static str,
    pub(crate) dependencies: Vec<(&'static str, String)>,
}

const LOGICAL: [&str; 5] = ["service", "data", "range", "prefix", "record"];

impl Thing {
    pub(crate) fn new(id: String, name: String, kind: &'static str) -> Self {
        Self { id, name, kind, state: "installed", ..Self::default() }
    }

    pub(crate) fn owned(mut self, owner: &'static str) -> Self {
        self.owner = owner;
        self
    }

    pub(crate) fn made(mut self, vendor: &'static str, model: String, version: String) -> Self {
        (self.vendor, self.model, self.version) = (vendor, model, version);
        self
    }

    pub(crate) fn at(mut self, place: &Place) -> Self {
        self.place = Some(place.clone());
        self
    }

    pub(crate) fn rated(mut self, class: &'static str, confidentiality: u8, integrity: u8, availability: u8) -> Self {
        self.class = class;
        self.rating = Some((confidentiality, integrity, availability));
        self
    }

    pub(crate) fn tagged(mut self, tags: &'static [&'static str]) -> Self {
        self.tags = tags;
        self
    }

    pub(crate) fn known(mut self, name: &'static str, value: String) -> Self {
        self.network.push((name, value));
        self
    }

    pub(crate) fn drawing(mut self, watts: u64) -> Self {
        self.watts = watts;
        self
    }

    pub(crate) fn on(mut self, kind: &'static str, target: impl Into<String>) -> Self {
        self.dependencies.push((kind, target.into()));
        self
    }

    /// The resource as TMF639 writes it.
    pub(crate) fn resource(&self) -> Value {
        let characteristic = |name: &str, value: Value| json!({"name": name, "value": value});
        let mut characteristics = vec![characteristic("assetType", self.kind.into())];
        if let Some((confidentiality, integrity, availability)) = self.rating {
            characteristics.push(characteristic("security.classification", self.class.into()));
            characteristics.push(characteristic("security.confidentiality", confidentiality.into()));
            characteristics.push(characteristic("security.integrity", integrity.into()));
            characteristics.push(characteristic("security.availability", availability.into()));
        }
        if !self.tags.is_empty() {
            characteristics.push(characteristic("security.legalTags", self.tags.into()));
        }
        characteristics.extend(self.network.iter().map(|(name, value)| characteristic(name, value.as_str().into())));
        if !self.version.is_empty() {
            characteristics.push(characteristic("softwareVersion", self.version.as_str().into()));
        }
        if self.watts > 0 {
            characteristics.push(characteristic("powerWatts", self.watts.into()));
        }
        if self.subscribers > 0 {
            characteristics.push(characteristic("subscribers", self.subscribers.into()));
        }
        let logical = LOGICAL.iter().any(|word| self.kind.contains(word)) || self.subscribers > 0;
        let mut resource = json!({
            "id": self.id,
            "@type": if logical { "LogicalResource" } else { "PhysicalResource" },
            "name": self.name,
            "resourceCharacteristic": characteristics,
            "lifecycleState": self.state,
        });
        let Some(fields) = resource.as_object_mut() else { return resource };
        let parties = [("owner", self.owner), ("manufacturer", self.vendor)];
        let parties: Vec<Value> = parties
            .iter()
            .filter(|(_, name)| !name.is_empty())
            .map(|(role, name)| json!({"role": role, "name": name}))
            .collect();
        fields.insert("relatedParty".to_owned(), parties.into());
        if !self.model.is_empty() {
            fields.insert("resourceSpecification".to_owned(), json!({"name": self.model}));
        }
        if let Some(place) = &self.place {
            let place = json!({
                "@type": "GeographicSite", "id": place.id, "name": place.name, "siteType": place.kind, "region": place.region,
                "manned": matches!(place.kind, "office" | "communication-centre" | "data-centre"),
                "latitude": place.latitude, "longitude": place.longitude,
            });
            fields.insert("place".to_owned(), json!([place]));
        }
        let relations: Vec<Value> = self
            .dependencies
            .iter()
            .map(|(kind, target)| json!({"relationshipType": kind, "resource": {"id": target}}))
            .collect();
        fields.insert("resourceRelationship".to_owned(), relations.into());
        resource
    }
}
