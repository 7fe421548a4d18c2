//! Every reference inside the data leads somewhere.

use super::*;

#[test]
fn catalogues_hang_together() {
    for catalogue in catalogues() {
        assert!(document(&catalogue.document).is_some(), "{}: no document {}", catalogue.key, catalogue.document);
        let origins = catalogue.origins_catalogue.as_deref().map(shipped);
        for (position, group) in catalogue.groups.iter().enumerate() {
            let Some(parent) = group.parent.as_deref() else { continue };
            let above = catalogue.groups.iter().take(position).any(|other| other.id == parent);
            assert!(above, "{}: the parent of {} does not stand before it", catalogue.key, group.id);
        }
        for control in &catalogue.controls {
            let known = control.group.as_deref().is_none_or(|group| catalogue.group(group).is_some());
            assert!(known, "{} {}: no group {:?}", catalogue.key, control.id, control.group);
            for origin in &control.origins {
                let found = origins.is_some_and(|earlier| earlier.control(origin).is_some());
                assert!(found, "{} {}: no origin {origin}", catalogue.key, control.id);
            }
            for (key, values) in &control.attributes {
                let known = attribute(key).unwrap_or_else(|| panic!("{}: no attribute {key}", control.id));
                assert!(!values.is_empty(), "{} {key}", control.id);
                for value in values {
                    assert!(known.values.iter().any(|one| one.key == *value), "{}: {key} has no {value}", control.id);
                }
            }
        }
        for group in &catalogue.groups {
            assert!(!catalogue.controls_in(&group.id).is_empty(), "{}: nothing in {}", catalogue.key, group.id);
        }
    }
}

#[test]
fn the_base_controls_of_2023_have_all_five_attributes() {
    assert_eq!(attributes().iter().map(|attribute| attribute.values.len()).collect::<Vec<_>>(), [3, 3, 5, 15, 4]);
    for control in shipped("x1051-2023").layer(Layer::Base) {
        assert_eq!(control.attributes.len(), 5, "{}", control.id);
    }
    // Every value is that of some control, so that none was misspelt away.
    for attribute in attributes() {
        for value in &attribute.values {
            let found = matching(&shipped("x1051-2023").controls, &[Wanted::has(&attribute.key, &value.key)]);
            assert!(!found.is_empty(), "{} {}", attribute.key, value.key);
        }
    }
}

#[test]
fn groupings_name_controls_parts_and_documents_that_exist() {
    for grouping in groupings() {
        let catalogue = shipped(&grouping.catalogue);
        assert!(document(&grouping.document).is_some(), "{}: no document {}", grouping.key, grouping.document);
        for part in &grouping.parts {
            assert!(!part.controls.is_empty(), "{} {}", grouping.key, part.key);
            assert_eq!(part.controls.iter().collect::<BTreeSet<_>>().len(), part.controls.len(), "{}", part.key);
            for control in part.controls.iter().chain(&grouping.unplaced) {
                assert!(catalogue.control(control).is_some(), "{} {}: no control {control}", grouping.key, part.key);
            }
            for before in &part.prerequisites {
                let rank = grouping.part(before).unwrap_or_else(|| panic!("no part {before}")).order;
                assert!(rank < part.order, "{}: {before} does not come before {}", grouping.key, part.key);
            }
            let detailed = part.detailed_in.as_deref().is_none_or(|key| document(key).is_some());
            assert!(detailed, "{}: no document {:?}", part.key, part.detailed_in);
        }
        let ranks: Vec<u32> = grouping.parts.iter().filter_map(|part| part.order).collect();
        assert!(ranks.is_empty() || ranks.iter().copied().eq(1..=grouping.parts.len() as u32), "{}", grouping.key);
    }
    for class in size_classes() {
        assert!(grouping(&class.grouping).is_some_and(|ladder| ladder.part(&class.level).is_some()), "{}", class.key);
    }
}

#[test]
fn families_areas_and_levels_hold_every_control_once_or_say_that_they_do_not() {
    let once = [Kind::Families, Kind::Processes, Kind::Baseline];
    for grouping in groupings().iter().filter(|grouping| once.contains(&grouping.kind)) {
        for control in &shipped(&grouping.catalogue).controls {
            let places = grouping.parts_of(&control.id).count() + usize::from(grouping.unplaced.contains(&control.id));
            assert_eq!(places, 1, "{} {}", grouping.key, control.id);
        }
    }
}

#[test]
fn mappings_name_controls_that_exist() {
    for set in mapping_sets() {
        assert!(!set.mappings.is_empty() && set.version > 0, "{}", set.key);
        let mut pairs = BTreeSet::new();
        for mapping in &set.mappings {
            assert!(!mapping.from.is_empty() && !mapping.to.is_empty(), "{}", set.key);
            for from in &mapping.from {
                assert!(shipped(&set.from).control(from).is_some(), "{}: no control {from}", set.key);
                for to in &mapping.to {
                    assert!(shipped(&set.to).control(to).is_some(), "{}: no control {to}", set.key);
                    assert!(pairs.insert((from, to)), "{}: {from} and {to} are mapped twice", set.key);
                }
            }
        }
    }
}

#[test]
fn rules_name_facts_and_controls_of_both_editions() {
    for rule in rules() {
        assert!(facts().iter().any(|fact| fact.key == rule.fact), "{}: no fact {}", rule.key, rule.fact);
        assert!(!rule.controls.is_empty() && rule.reason.ends_with('.'), "{}", rule.key);
        for control in &rule.controls {
            for edition in ["x1051-2016", "x1051-2023"] {
                assert!(shipped(edition).control(control).is_some(), "{}: {edition} has no {control}", rule.key);
            }
        }
    }
    for fact in facts() {
        assert!(rules().iter().any(|rule| rule.fact == fact.key), "nothing looks at {}", fact.key);
    }
    // Every telecommunication control that is known can be suggested.
    let suggested: BTreeSet<&String> = rules().iter().flat_map(|rule| &rule.controls).collect();
    for control in shipped("x1051-2016").layer(Layer::Extended) {
        assert!(suggested.contains(&control.id), "nothing suggests {}", control.id);
    }
}

/// A rule that looks for a kind of site or asset that the register does not know would never fire, and nobody would notice.
#[test]
fn rules_look_for_kinds_that_the_register_of_assets_knows() {
    let kinds = |file: &str| -> BTreeSet<String> {
        let path = format!("{}/../assets/data/{file}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|problem| panic!("{path}: {problem}"));
        let lines = text.lines().filter_map(|line| line.strip_prefix("key = \""));
        lines.filter_map(|rest| rest.strip_suffix('"')).map(str::to_owned).collect()
    };
    let known = BTreeMap::from([
        ("site-type", kinds("site_types.toml")),
        ("asset-type", kinds("asset_types.toml")),
        ("interconnect-kind", kinds("interconnect_kinds.toml")),
        ("essential-user-category", kinds("essential_user_categories.toml")),
    ]);
    for rule in rules() {
        let Some(kinds) = known.get(rule.fact.as_str()) else { continue };
        for value in &rule.any_of {
            assert!(kinds.contains(value), "{}: the register knows no {value}", rule.key);
        }
    }
}
