//! Exposures follow the asset registry, as its feed tells of it.

use wire::assets::v1::asset::State as Life;
use wire::assets::v1::network_identifier::Kind;
use wire::assets::v1::{Asset, NetworkIdentifier};
use wire::risk::v1::exposure::{Match, State};

use super::{DAY, NOON, PARENT, approve, by_hand, claim, create, get, https, known};
use crate::source::Source;

/// An asset that the network knows by something.
fn asset(id: &str, value: f64, kind: Kind, by: &str) -> Asset {
    Asset {
        name: format!("{PARENT}/assets/{id}"),
        display_name: id.to_owned(),
        effective_value: value,
        network_identifiers: vec![NetworkIdentifier { kind: kind.into(), value: by.to_owned() }],
        ..Asset::default()
    }
}

by_hand! {
    async fn exposures_find_and_lose_their_assets_as_the_registry_tells(bench, _clock) {
        for ip in ["192.0.2.7", "192.0.2.9", "198.51.100.1", "2001:db8::7"] {
            create(&bench, https(ip)).await.unwrap();
        }
        let assets = Source::new("assets");
        let one = asset("portal", 9.0, Kind::Ip, "192.0.2.7");
        let lan = asset("lan", 3.0, Kind::Prefix, "192.0.2.0/24");
        let six = asset("six", 3.0, Kind::Prefix, "2001:db8::/32");
        for told in [&one, &lan, &six] {
            assets.tell(&told.name, None, Some(told));
        }
        let running = assets.follow(&bench.database).await;
        for (id, asset, by, state) in [
            ("192.0.2.7-tcp-443", "portal", Match::Ip, State::Discovered),
            ("192.0.2.9-tcp-443", "lan", Match::Prefix, State::Discovered),
            ("v6-2001-db8--7-tcp-443", "six", Match::Prefix, State::Discovered),
            ("198.51.100.1-tcp-443", "", Match::Unspecified, State::Unknown),
        ] {
            let found = get(&bench, id).await;
            let expected = if asset.is_empty() { String::new() } else { format!("{PARENT}/assets/{asset}") };
            assert_eq!((found.matched_by(), found.state(), found.asset), (by, state, expected), "{id}");
        }
        // A better match takes over; what has retired lets go.
        let named = asset("mail", 5.0, Kind::Ip, "192.0.2.9");
        assets.tell(&named.name, None, Some(&named));
        let retired = Asset { state: Life::Retired.into(), ..one.clone() };
        assets.tell(&one.name, Some(&one), Some(&retired));
        assets.taken_in(&running).await;
        assert_eq!(get(&bench, "192.0.2.9-tcp-443").await.asset, named.name);
        let fallen = get(&bench, "192.0.2.7-tcp-443").await;
        assert_eq!((fallen.asset.as_str(), fallen.matched_by()), (lan.name.as_str(), Match::Prefix), "the network around it is left");
        running.stop().await;
        testkit::ledger_holds(&bench, &risk::tables()).await;
    }

    async fn what_was_claimed_stays_while_its_asset_is_there(bench, _clock) {
        known(&bench, &[("portal", 9.0, "IP", "192.0.2.7")]).await;
        let id = "192.0.2.7-tcp-443";
        create(&bench, https("192.0.2.7")).await.unwrap();
        claim(&bench, id).await;
        approve(&bench, id, NOON + 60 * DAY).await;
        let assets = Source::new("assets");
        let (before, moved) = (asset("portal", 9.0, Kind::Ip, "192.0.2.7"), asset("portal", 5.0, Kind::Ip, "203.0.113.1"));
        assets.tell(&before.name, Some(&before), Some(&moved));
        let running = assets.follow(&bench.database).await;
        let kept = get(&bench, id).await;
        assert_eq!((kept.state(), kept.asset.as_str()), (State::Approved, before.name.as_str()), "its claimant knows better");
        assets.tell::<Asset>(&before.name, Some(&moved), None);
        assets.taken_in(&running).await;
        let gone = get(&bench, id).await;
        assert_eq!((gone.state(), gone.asset.as_str(), gone.approved_until), (State::Unknown, "", None));
        assert!(gone.state_reason.contains("left the registry"), "{}", gone.state_reason);
        assert!(gone.approval.unwrap().void_time.is_some() && gone.case_due_time.is_some());
        running.stop().await;
    }
}
