//! What a user finds with it: attributes, migration, baselines, suggestions.

use super::*;

fn ids(controls: &[&Control]) -> Vec<String> {
    controls.iter().map(|control| control.id.clone()).collect()
}

fn x1051_migration() -> Migration {
    migration(shipped("x1051-2016"), shipped("x1051-2023")).unwrap()
}

#[test]
fn controls_are_found_by_their_attributes() {
    let controls = &shipped("x1051-2023").controls;
    let detecting = [
        Wanted::has("control-type", "detective"),
        Wanted::has("cybersecurity-concept", "respond"),
        Wanted::has("operational-capability", "information-security-event-management"),
    ];
    assert_eq!(ids(&matching(controls, &detecting)), ["5.25", "8.16"]);
    let corrective = [Wanted::exactly("control-type", &["corrective"])];
    assert_eq!(ids(&matching(controls, &corrective)), ["5.24", "5.26", "5.28", "5.30", "8.13"]);
    assert_eq!(matching(controls, &[]).len(), 107);
    assert_eq!(matching(controls, &[Wanted::exactly("control-type", &[])]).len(), 14);
    assert_eq!(ids(&matching(controls, &[Wanted::has("colour", "red")])), Vec::<String>::new());
}

#[test]
fn the_migration_loses_nothing_and_names_what_is_new() {
    let migration = x1051_migration();
    assert_eq!((migration.moved.len(), migration.arrived.len()), (127, 107));
    let counts = migration.counts();
    assert_eq!((counts.split, counts.unmapped, counts.new, counts.continuing), (1, 0, 12, 95));
    assert_eq!(counts.carried + counts.merged, 126);
    assert_eq!(migration.fate("18.2.3"), Some(&Fate::Split { to: vec!["5.36".to_owned(), "8.8".to_owned()] }));
    let new = |layer: Layer| -> Vec<&str> {
        let arrived = migration.arrived.iter().filter(|arrived| arrived.is_new()).map(|arrived| arrived.id.as_str());
        arrived.filter(|id| shipped("x1051-2023").control(id).unwrap().layer == layer).collect()
    };
    assert_eq!(new(Layer::Base), ["5.7", "5.23", "5.30", "7.4", "8.9", "8.10", "8.11", "8.12", "8.16", "8.23", "8.28"]);
    assert_eq!(new(Layer::Extended), ["tel-unknown-14"]);
}

#[test]
fn every_control_of_2016_goes_where_the_correspondence_says() {
    let migration = x1051_migration();
    assert_eq!(migration.fate("6.1.2"), Some(&Fate::Carried { to: "5.3".to_owned() }));
    assert_eq!(migration.fate("5.1.2"), Some(&Fate::Merged { to: "5.1".to_owned(), with: vec!["5.1.1".to_owned()] }));
    for control in shipped("x1051-2016").layer(Layer::Extended) {
        assert_eq!(migration.fate(&control.id), Some(&Fate::Carried { to: control.id.clone() }), "{}", control.id);
    }
    let secrecy = (shipped("x1051-2016").control("tel-ndc"), shipped("x1051-2023").control("tel-ndc"));
    let labels = (secrecy.0.and_then(|one| one.label.as_deref()), secrecy.1.and_then(|one| one.label.as_deref()));
    assert_eq!(labels, (Some("TEL.18.1.6"), Some("5.42 TEL")));
    assert_eq!(migration.fate("99"), None);
    assert!(migration.arrived("5.23").unwrap().is_new());
}

#[test]
fn fates_and_arrivals_tell_the_same_story() {
    let migration = x1051_migration();
    let mut onward = BTreeSet::new();
    for moved in &migration.moved {
        match &moved.fate {
            Fate::Carried { to } | Fate::Merged { to, .. } => assert!(onward.insert((moved.id.clone(), to.clone()))),
            Fate::Split { to } => onward.extend(to.iter().map(|to| (moved.id.clone(), to.clone()))),
            Fate::Unmapped => {}
        }
    }
    let back: BTreeSet<_> = migration
        .arrived
        .iter()
        .flat_map(|arrived| arrived.from.iter().map(|from| (from.clone(), arrived.id.clone())))
        .collect();
    assert_eq!(onward, back);
}

#[test]
fn the_migration_reads_as_mappings_that_claim_no_more_than_it_knows() {
    let mappings = x1051_migration().mappings();
    assert_eq!(mappings.len(), 95);
    let to = |id: &str| mappings.iter().find(|mapping| mapping.to == [id]).unwrap();
    assert_eq!((to("5.1").from.len(), to("5.1").relation), (2, Relation::Equal));
    // Part of 18.2.3 went elsewhere: what came together asks more than each heir.
    assert_eq!((to("5.36").relation, to("8.8").relation), (Relation::Superset, Relation::Superset));
    assert!(mappings.iter().all(|mapping| mapping.to != ["tel-unknown-14"]));
}

#[test]
fn there_is_no_migration_between_catalogues_that_do_not_continue_each_other() {
    assert_eq!(migration(shipped("x1051-2023"), shipped("x1051-2016")), None);
    assert_eq!(migration(shipped("nist-csf-2.0"), shipped("x1051-2023")), None);
}

#[test]
fn a_control_that_no_later_one_continues_is_unmapped() {
    let mut later = shipped("x1051-2023").clone();
    later.controls.retain(|control| control.id != "6.4" && control.id != "8.8");
    let migration = migration(shipped("x1051-2016"), &later).unwrap();
    assert_eq!(migration.fate("7.2.3"), Some(&Fate::Unmapped));
    // What was split into two has one heir left.
    assert_eq!(
        migration.fate("18.2.3"),
        Some(&Fate::Merged { to: "5.36".to_owned(), with: vec!["18.2.2".to_owned()] })
    );
    assert_eq!((migration.counts().unmapped, migration.counts().split), (2, 0));
}

#[test]
fn only_equal_and_superset_fulfil_the_other_side() {
    let all = [Relation::Equal, Relation::Subset, Relation::Superset, Relation::Intersects, Relation::Related];
    let fulfilling: Vec<_> = all.into_iter().filter(|relation| relation.fulfils()).collect();
    assert_eq!(fulfilling, [Relation::Equal, Relation::Superset]);
    for relation in all {
        assert_eq!(relation.inverse().inverse(), relation);
    }
    assert_eq!(Relation::Subset.inverse(), Relation::Superset);
    // Nothing of our own reading is claimed to be enough.
    assert!(mapping_sets().iter().flat_map(|set| &set.mappings).all(|mapping| !mapping.relation.fulfils()));
}

#[test]
fn a_small_operator_starts_with_the_essential_level_and_the_ladder_ends_at_the_whole() {
    let level = |headcount: u32| size_class(headcount).map(|class| (class.key.as_str(), class.level.as_str()));
    assert_eq!(level(9), Some(("micro", "essential")));
    assert_eq!(level(10), Some(("small", "essential")));
    assert_eq!(level(40), Some(("small", "essential")));
    assert_eq!(level(50), Some(("medium", "standard")));
    assert_eq!(level(250), Some(("large", "full")));
    let ladder = grouping("x1053-baseline").unwrap();
    let sizes = ["essential", "standard", "full"].map(|level| ladder.up_to(level).unwrap().len());
    assert!(sizes.is_sorted() && sizes[0] > 0 && sizes[0] < sizes[1], "{sizes:?}");
    assert_eq!(sizes[2], 107);
    assert_eq!(ladder.up_to("platinum"), None);
}

#[test]
fn an_estate_is_told_which_telecommunication_controls_apply_and_why() {
    let estate = |facts: &[(&str, &str)]| -> Vec<String> {
        let mut known = Facts::new();
        for (fact, value) in facts {
            known.entry((*fact).to_owned()).or_default().insert((*value).to_owned());
        }
        suggestions(&known).into_iter().map(|suggestion| suggestion.control).collect()
    };
    assert_eq!(estate(&[]), Vec::<String>::new());
    assert_eq!(estate(&[("site-type", "office")]), Vec::<String>::new());
    assert_eq!(estate(&[("site-type", "isolated-area")]), ["tel-isolated"]);
    assert_eq!(estate(&[("asset-type", "radio-site")]), ["tel-isolated"]);
    assert_eq!(estate(&[("interconnect-kind", "peering")]), ["tel-interconnect"]);
    assert_eq!(estate(&[("customer-kind", "consumer")]), ["tel-spam", "tel-svc-delivery"]);
    assert_eq!(estate(&[("customer-kind", "business")]), Vec::<String>::new());
    assert_eq!(estate(&[("asset-type", "cpe")]), ["tel-eq-user-prem"]);
    let both = BTreeMap::from([
        ("site-type".to_owned(), BTreeSet::from(["isolated-area".to_owned()])),
        ("asset-type".to_owned(), BTreeSet::from(["radio-site".to_owned()])),
        ("interconnect-kind".to_owned(), BTreeSet::new()),
    ]);
    let suggested = suggestions(&both);
    assert_eq!(suggested.len(), 1);
    let rules: Vec<_> = suggested[0].rules.iter().map(|rule| rule.key.as_str()).collect();
    assert_eq!(rules, ["isolated-area", "radio-site-asset"]);
}
