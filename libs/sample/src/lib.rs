//! A believable telecommunications operator, generated from a seed.
//!
//! The estate has a national part (services, core, data centres, support systems, numbering) and areas: a hub room with an
//! aggregation router, and eight radio sites around it. Everything an area needs follows from its number, so an estate of a
//! million assets is written without being held. Names are invented, addresses are private, numbers are from test ranges.

mod area;
mod chance;
mod national;
mod thing;

use std::collections::BTreeMap;
use std::io::{self, Write};

use thing::Thing;

/// Which estate.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The same seed and scale give the same bytes.
    pub seed: u64,
    /// 1 gives about 2,000 assets, 500 about a million; a fraction gives fewer.
    pub scale: f64,
}

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Assets.
    pub assets: u64,
    /// Dependencies.
    pub dependencies: u64,
    /// Assets per type.
    pub per_type: BTreeMap<String, u64>,
}

/// How many areas share one regional service.
const AREAS_IN_REGION: u64 = 6;
/// Assets of an area, about; what the scale counts with.
const ASSETS_OF_AREA: f64 = 109.0;

/// Writes the estate as a TMF639 resource inventory (version 5): a JSON array, one resource a line.
///
/// # Errors
/// When the writer fails.
pub fn write_tmf639(settings: &Settings, out: &mut dyn Write) -> io::Result<Counts> {
    let areas = ((settings.scale * 2000.0 - 110.0) / ASSETS_OF_AREA).round().max(1.0) as u64;
    let regions = areas.div_ceil(AREAS_IN_REGION);
    let mut counts = Counts::default();
    out.write_all(b"[\n")?;
    let mut first = true;
    let mut put = |thing: Thing| -> io::Result<()> {
        if !std::mem::take(&mut first) {
            out.write_all(b",\n")?;
        }
        counts.assets += 1;
        counts.dependencies += thing.dependencies.len() as u64;
        *counts.per_type.entry(thing.kind.to_owned()).or_default() += 1;
        serde_json::to_writer(&mut *out, &thing.resource())?;
        Ok(())
    };
    national::write(settings.seed, areas, regions, &mut put)?;
    for number in 0..areas {
        area::write(settings.seed, number, areas, &mut put)?;
    }
    out.write_all(b"\n]\n")?;
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;

    fn estate(scale: f64) -> (Vec<serde_json::Value>, Counts) {
        let mut bytes = Vec::new();
        let counts = write_tmf639(&Settings { seed: 7, scale }, &mut bytes).unwrap();
        (serde_json::from_slice(&bytes).unwrap(), counts)
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes_and_another_gives_others() {
        let write = |seed| {
            let mut bytes = Vec::new();
            write_tmf639(&Settings { seed, scale: 0.1 }, &mut bytes).unwrap();
            bytes
        };
        assert_eq!(write(1), write(1));
        assert_ne!(write(1), write(2));
    }

    #[test]
    fn the_scale_says_how_many() {
        for (scale, least, most) in [(0.05, 100, 260), (1.0, 1_800, 2_200), (10.0, 19_000, 21_000)] {
            let (resources, counts) = estate(scale);
            assert_eq!(resources.len() as u64, counts.assets);
            assert!((least..=most).contains(&counts.assets), "scale {scale}: {}", counts.assets);
        }
    }

    #[test]
    fn every_dependency_leads_somewhere_and_ids_are_unique() {
        let (resources, counts) = estate(1.0);
        let ids: HashSet<&str> = resources.iter().map(|resource| resource["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), resources.len());
        let mut into: HashMap<&str, u64> = HashMap::new();
        for resource in &resources {
            for relation in resource["resourceRelationship"].as_array().into_iter().flatten() {
                let target = relation["resource"]["id"].as_str().unwrap();
                assert!(ids.contains(target), "{target}");
                assert_ne!(target, resource["id"].as_str().unwrap());
                *into.entry(target).or_default() += 1;
            }
        }
        let mean = counts.dependencies as f64 / counts.assets as f64;
        assert!((1.4..3.5).contains(&mean), "mean {mean}");
        // Like real networks: most are leaned on by a few, a few by very many.
        assert!(into.values().max().unwrap() > &50);
        assert!(into.values().filter(|count| **count <= 4).count() * 2 > into.len());
    }

    #[test]
    fn every_kind_of_site_appears() {
        let (resources, _) = estate(1.0);
        let kinds: HashSet<&str> =
            resources.iter().filter_map(|resource| resource["place"][0]["siteType"].as_str()).collect();
        assert_eq!(kinds.len(), 7, "{kinds:?}");
    }
}
