//! The registers stand on the inventory they are beside.

use super::*;
use crate::registers::{Stage, registers};

const KINDS: &str = include_str!("../../../../services/assets/data/interconnect_kinds.toml");
const CATEGORIES: &str = include_str!("../../../../services/assets/data/essential_user_categories.toml");

#[test]
fn the_registers_name_assets_that_are_there_by_keys_that_ship() {
    for (seed, scale) in [(1, 1.0), (2, 0.01), (3, 20.0)] {
        let resources = read(seed, scale).0;
        let names: HashMap<&str, &str> =
            resources.iter().map(|one| (one["id"].as_str().unwrap(), one["name"].as_str().unwrap())).collect();
        let made = registers(Settings { seed, scale }).unwrap();
        for interconnect in &made.interconnects {
            let asset = names[interconnect.assets[0].as_str()];
            assert!(asset.contains(&interconnect.peer), "{asset} is where {} is met", interconnect.peer);
            assert!(column(KINDS, "kind", "key").iter().any(|key| key == interconnect.kind));
        }
        for level in &made.security_levels {
            assert!(names.contains_key(level.asset.as_str()), "{level:?}");
        }
        for user in &made.essential_users {
            assert!(user.assets.iter().all(|asset| names.contains_key(asset.as_str())), "{user:?}");
            assert!(column(CATEGORIES, "kind", "key").iter().any(|key| key == user.category), "{user:?}");
            let own = user.assets.iter().find(|asset| asset.starts_with("enterprise-vpn"));
            assert!(own.is_none_or(|own| names[own.as_str()].contains(&user.display_name)), "{user:?}");
        }
        let unique = |ids: Vec<&str>| ids.iter().collect::<HashSet<_>>().len() == ids.len();
        assert!(unique(made.interconnects.iter().map(|one| one.id.as_str()).collect()));
        assert!(unique(made.security_levels.iter().map(|one| one.id.as_str()).collect()));
        assert!(unique(made.essential_users.iter().map(|one| one.id.as_str()).collect()));
    }
}

#[test]
fn the_registers_follow_the_seed_and_show_every_stage() {
    let of = |seed| registers(Settings { seed, scale: 1.0 }).unwrap();
    assert_eq!(of(1), of(1));
    assert_ne!(of(1), of(2));
    let stages: Vec<Stage> = of(1).interconnects.iter().map(|one| one.stage).collect();
    assert!(stages.contains(&Stage::Draft) && stages.contains(&Stage::InForce));
    assert!(stages.iter().any(|stage| matches!(stage, Stage::Isolated(_))));
    let small = registers(Settings { seed: 5, scale: 0.2 }).unwrap().interconnects;
    assert!(small.iter().any(|one| matches!(one.stage, Stage::Isolated(_))), "a small operator has one too");
    let order: Vec<i32> = of(1).essential_users.iter().map(|user| user.priority).collect();
    assert!(order.is_sorted() && order.first() == Some(&1), "{order:?}");
    assert!(registers(Settings { seed: 1, scale: f64::NAN }).is_err());
}
