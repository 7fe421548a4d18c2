//! Another value for a time: in force, flowing on, and ended by the clock.

use std::sync::Arc;
use std::time::Duration;

use access::{Clock as _, ManualClock, SystemClock};
use futures::StreamExt as _;
use testkit::{Bench, reason};
use tonic::Code;
use wire::assets::v1 as api;
use wire::changes::v1::change_service_client::ChangeServiceClient;
use wire::changes::v1::{Change, WatchChangesRequest};

use crate::{assets, dependencies, get, rated};

const DAY: i64 = 86_400_000_000;

fn name(id: &str) -> String {
    format!("organizations/acme/assets/{id}")
}

/// The registry by a clock that is turned by hand, from now on.
async fn manual(postgres: Option<&str>) -> (Bench, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(SystemClock.now()));
    let bench = crate::registry_at(Arc::clone(&clock) as Arc<dyn access::Clock>, postgres).await;
    (bench, clock)
}

async fn depend(bench: &Bench, dependent: &str, supporting: &str) {
    let dependency = api::Dependency { dependent: name(dependent), supporting: name(supporting), ..Default::default() };
    let request = api::CreateDependencyRequest {
        parent: "organizations/acme".to_owned(),
        dependency_id: format!("{dependent}-{supporting}"),
        dependency: Some(dependency),
        allow_cycle: true,
    };
    dependencies(bench).create_dependency(request).await.unwrap();
}

fn instead(id: &str, value: f64, expires: i64) -> api::OverrideAssetValueRequest {
    api::OverrideAssetValueRequest {
        name: name(id),
        value,
        reason: "the election".to_owned(),
        expire_time: store::timestamp(expires),
        ..Default::default()
    }
}

async fn over(bench: &Bench, id: &str, value: f64, expires: i64) -> api::Asset {
    assets(bench).override_asset_value(instead(id, value, expires)).await.unwrap().into_inner()
}

/// Waits for a change of an asset after which it has no override.
async fn ended(bench: &Bench, id: &str) -> Change {
    let mut client = ChangeServiceClient::new(bench.client("bus", &["acme"], &["integrator"]));
    let request = WatchChangesRequest { parent: "organizations/acme".to_owned(), ..Default::default() };
    let mut stream = client.watch_changes(request).await.unwrap().into_inner();
    let find = async {
        loop {
            for change in stream.next().await.unwrap().unwrap().changes {
                if change.resource == name(id) && change.method.starts_with("deadline/") {
                    return change;
                }
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), find).await.expect("it expires")
}

macro_rules! by_hand {
    ($(async fn $name:ident($bench:ident, $clock:ident) $body:block)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            for postgres in testkit::backends() {
                let ($bench, $clock) = manual(postgres.as_deref()).await;
                $body
            }
        }
    )*};
}

by_hand! {
    async fn an_override_counts_and_flows_until_its_time_has_come(bench, clock) {
        for (id, ratings) in [("service", (1, 1, 1)), ("router", (1, 1, 2)), ("power", (0, 0, 0))] {
            rated(&bench, id, ratings).await;
        }
        depend(&bench, "service", "router").await;
        depend(&bench, "router", "power").await;
        let set = over(&bench, "service", 9.0, clock.now() + DAY).await;
        assert_eq!((set.value, set.effective_value, set.grade), (3.0, 9.0, 1), "the ratings' own value is still said");
        let shown = set.value_override.unwrap();
        assert_eq!((shown.value, shown.reason.as_str(), shown.overrider.as_str()), (9.0, "the election", "ana"));
        assert_eq!(store::micros(shown.set_time.as_ref()), clock.now());
        for id in ["router", "power"] {
            let supports = get(&bench, id).await;
            assert_eq!((supports.inherited_value, supports.inherited_from), (9.0, name("service")), "{id}");
        }
        clock.advance(DAY - 1);
        assert_eq!(get(&bench, "service").await.effective_value, 9.0, "not early");
        clock.advance(1);
        let change = ended(&bench, "service").await;
        assert_eq!((change.actor.as_str(), change.method.as_str()), ("service:assets", "deadline/expire-value-override"));
        let service = get(&bench, "service").await;
        assert_eq!((service.effective_value, service.value_override), (3.0, None));
        assert_eq!(get(&bench, "power").await.inherited_value, 4.0, "values flow anew: the router's own is greatest now");
        testkit::ledger_holds(&bench, &assets::tables()).await;
    }

    async fn an_override_below_what_is_inherited_is_for_this_asset_alone(bench, clock) {
        for (id, ratings) in [("service", (3, 3, 2)), ("router", (2, 2, 2)), ("power", (0, 0, 0))] {
            rated(&bench, id, ratings).await;
        }
        depend(&bench, "service", "router").await;
        depend(&bench, "router", "power").await;
        let router = over(&bench, "router", 2.0, clock.now() + DAY).await;
        assert_eq!((router.effective_value, router.inherited_value, router.grade), (2.0, 8.0, 3), "the inherited value is kept beside it");
        let power = get(&bench, "power").await;
        assert_eq!((power.effective_value, power.inherited_from), (8.0, name("service")), "and flows through it");
        let explained = assets(&bench).explain_asset_value(api::ExplainAssetValueRequest { name: name("router") }).await.unwrap().into_inner();
        let shown = explained.value_override.unwrap();
        assert_eq!((explained.effective_value, explained.own_value, explained.inherited_value), (2.0, 6.0, 8.0));
        assert_eq!((shown.value, shown.overrider.as_str(), store::micros(shown.expire_time.as_ref())), (2.0, "ana", clock.now() + DAY));
        assert_eq!(explained.since_method, "telwarden.assets.v1.AssetService/OverrideAssetValue");
    }

    async fn clearing_and_setting_anew_move_the_end(bench, clock) {
        rated(&bench, "a", (1, 1, 1)).await;
        rated(&bench, "b", (1, 1, 1)).await;
        over(&bench, "a", 9.0, clock.now() + DAY).await;
        over(&bench, "b", 9.0, clock.now() + DAY).await;
        over(&bench, "a", 8.0, clock.now() + 3 * DAY).await;
        let request = api::ClearAssetValueOverrideRequest { name: name("b"), ..Default::default() };
        let cleared = assets(&bench).clear_asset_value_override(request.clone()).await.unwrap().into_inner();
        assert_eq!((cleared.effective_value, cleared.value_override), (3.0, None));
        let again = assets(&bench).clear_asset_value_override(request).await.unwrap().into_inner();
        assert_eq!(again.etag, cleared.etag, "nothing to clear changes nothing");
        let newer = over(&bench, "b", 7.0, clock.now() + 2 * DAY).await;
        clock.advance(DAY);
        assert_eq!(get(&bench, "a").await.effective_value, 8.0);
        assert_eq!(get(&bench, "b").await.etag, newer.etag);
        clock.advance(DAY);
        ended(&bench, "b").await;
        assert_eq!(get(&bench, "a").await.effective_value, 8.0);
        clock.advance(DAY);
        ended(&bench, "a").await;
        assert_eq!(get(&bench, "a").await.effective_value, 3.0);
    }

    async fn what_expired_while_nothing_ran_is_taken_up(bench, clock) {
        rated(&bench, "a", (1, 1, 1)).await;
        over(&bench, "a", 9.0, clock.now() + DAY).await;
        // A replica that starts a day later; the first one never hears of that.
        let later = Arc::new(ManualClock::at(clock.now() + DAY));
        assets::service(&bench.database, later).await.unwrap();
        assert_eq!(get(&bench, "a").await.effective_value, 3.0, "before it serves");
    }

    async fn wrong_overrides_say_what_is_right(bench, clock) {
        rated(&bench, "a", (1, 1, 1)).await;
        let now = clock.now();
        for (value, expires, why, field) in [
            (9.0, now, "FIELD_INVALID", "expire_time"),
            (9.0, now - DAY, "FIELD_INVALID", "expire_time"),
            (9.0, now + 367 * DAY, "FIELD_INVALID", "expire_time"),
            (9.0, i64::MIN, "FIELD_INVALID", "expire_time"),
            (0.0, now + DAY, "FIELD_INVALID", "value"),
            (-1.0, now + DAY, "FIELD_INVALID", "value"),
            (f64::NAN, now + DAY, "FIELD_INVALID", "value"),
            (9.5, now + DAY, "RATING_OUT_OF_SCALE", "value"),
        ] {
            let status = assets(&bench).override_asset_value(instead("a", value, expires)).await.unwrap_err();
            assert_eq!((reason(&status).as_str(), status.code()), (why, Code::InvalidArgument), "{value} {expires}");
            assert!(status.message().contains(field) || field == "value", "{}", status.message());
        }
        let silent = api::OverrideAssetValueRequest { reason: String::new(), ..instead("a", 9.0, now + DAY) };
        assert_eq!(assets(&bench).override_asset_value(silent).await.unwrap_err().code(), Code::InvalidArgument);
        let mut auditor = crate::Assets::new(bench.client("eve", &["acme"], &["auditor"]));
        let status = auditor.override_asset_value(instead("a", 9.0, now + DAY)).await.unwrap_err();
        assert_eq!(reason(&status), "PERMISSION_MISSING");
        over(&bench, "a", 9.0, now + DAY).await;
        let asset = api::Asset { name: name("a"), description: "x".to_owned(), value_override: Some(api::ValueOverride { value: 1.0, ..Default::default() }), ..Default::default() };
        let updated = assets(&bench).update_asset(api::UpdateAssetRequest { asset: Some(asset), update_mask: None }).await.unwrap().into_inner();
        assert_eq!(updated.effective_value, 9.0, "an update does not set it");
    }

    async fn overridden_assets_can_be_listed_and_deleted(bench, clock) {
        rated(&bench, "a", (1, 1, 1)).await;
        rated(&bench, "b", (1, 1, 1)).await;
        over(&bench, "a", 9.0, clock.now() + DAY).await;
        let request = api::ListAssetsRequest { parent: "organizations/acme".to_owned(), filter: "value_override > 0".to_owned(), ..Default::default() };
        let listed = assets(&bench).list_assets(request).await.unwrap().into_inner();
        let ids: Vec<&str> = listed.assets.iter().map(|asset| asset.display_name.as_str()).collect();
        assert_eq!(ids, ["a"]);
        assets(&bench).delete_asset(api::DeleteAssetRequest { name: name("a"), ..Default::default() }).await.unwrap();
        over(&bench, "b", 9.0, clock.now() + DAY).await;
        clock.advance(DAY);
        ended(&bench, "b").await;
        let left = bench.database.row(bench.database.sql("SELECT COUNT(*) FROM deadline")).await.unwrap().unwrap();
        assert_eq!(left.try_get_by_index::<i64>(0).unwrap(), 0, "no deadline is left of what is gone");
    }
}

#[test]
fn the_table_of_deadlines_is_the_one_of_the_timer() {
    assert_eq!(include_str!("../../migrations/m0040_deadline.sql"), deadline::TABLE);
}
