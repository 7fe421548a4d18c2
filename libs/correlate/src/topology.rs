//! What hangs together: devices, where they stand, and the links between them.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// The network as correlation sees it. Built once, or changed as the registry changes.
#[derive(Clone, Debug, Default)]
pub struct Topology {
    devices: HashMap<String, u32>,
    places: Vec<Place>,
}

#[derive(Clone, Debug)]
struct Place {
    name: Arc<str>,
    site: Option<String>,
    linked: Vec<u32>,
}

impl Topology {
    /// Furthest a rule may reach, in links.
    pub const MOST_HOPS: u8 = 4;
    /// Most devices one alarm looks at: past them a hub's neighbourhood says nothing.
    pub const MOST_NEAR: usize = 2_000;

    /// Knows a device, and the site it stands at.
    pub fn place(&mut self, device: &str, site: Option<&str>) {
        let at = self.intern(device);
        if let Some(place) = self.places.get_mut(at as usize) {
            place.site = site.map(str::to_owned);
        }
    }

    /// Knows a link between two devices, both ways. A link of a device with itself, and one that is known, change nothing.
    pub fn link(&mut self, one: &str, other: &str) {
        let (one, other) = (self.intern(one), self.intern(other));
        if one == other {
            return;
        }
        for (from, to) in [(one, other), (other, one)] {
            if let Some(place) = self.places.get_mut(from as usize)
                && !place.linked.contains(&to)
            {
                place.linked.push(to);
            }
        }
    }

    /// How many devices are known.
    #[must_use]
    pub fn devices(&self) -> usize {
        self.places.len()
    }

    /// Whether a device is that few links from another.
    #[must_use]
    pub fn within(&self, one: &str, other: &str, hops: u8) -> bool {
        one == other || self.near(one, hops).iter().any(|(device, _)| **device == *other)
    }

    /// Devices within so many links, itself first, with how many links away they are; nearest first. A device that is not known has
    /// itself alone.
    #[must_use]
    pub fn near(&self, device: &str, hops: u8) -> Vec<(Arc<str>, u8)> {
        let Some(known) = self.devices.get(device) else { return vec![(Arc::from(device), 0)] };
        let mut found = vec![(*known, 0)];
        let mut seen = HashSet::from([*known]);
        let mut next = 0;
        while let Some((at, away)) = found.get(next).copied() {
            next += 1;
            if away >= hops || found.len() >= Self::MOST_NEAR {
                break;
            }
            for linked in self.places.get(at as usize).map_or(&[][..], |place| place.linked.as_slice()) {
                if seen.insert(*linked) {
                    found.push((*linked, away + 1));
                }
            }
        }
        let named = found.into_iter().filter_map(|(at, away)| Some((self.places.get(at as usize)?.name.clone(), away)));
        named.take(Self::MOST_NEAR).collect()
    }

    pub(crate) fn site(&self, device: &str) -> Option<&str> {
        self.places.get(*self.devices.get(device)? as usize)?.site.as_deref()
    }

    fn intern(&mut self, device: &str) -> u32 {
        if let Some(known) = self.devices.get(device) {
            return *known;
        }
        let next = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
        self.devices.insert(device.to_owned(), next);
        self.places.push(Place { name: Arc::from(device), site: None, linked: Vec::new() });
        next
    }
}
