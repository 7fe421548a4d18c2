//! Recovery objectives flow from what depends to what supports, and the shortest wins.

use std::collections::BTreeMap;

use prost_types::Duration;
use testkit::{Bench, reason};
use wire::assets::v1::import_item::Record;
use wire::assets::v1::{
    Asset, AssetRecord, CreateAssetRequest, CreateDependencyRequest, DeleteDependencyRequest, Dependency,
    ExplainAssetValueRequest, ImportStart, InheritedObjective, RecoveryObjectives, ServiceDetails, UpdateAssetRequest,
};

use crate::import::{edge, import};
use crate::{assets, dependencies, get, on_every_database};

fn name(id: &str) -> String {
    format!("organizations/acme/assets/{id}")
}

/// Objectives in seconds; 0 for none.
fn objectives(rto: i64, rpo: i64, mtd: i64) -> RecoveryObjectives {
    let some = |seconds| (seconds > 0).then_some(Duration { seconds, nanos: 0 });
    RecoveryObjectives { rto: some(rto), rpo: some(rpo), mtd: some(mtd) }
}

async fn create(bench: &Bench, id: &str, recovery: RecoveryObjectives) {
    let asset = Asset {
        display_name: id.to_owned(),
        r#type: "router".to_owned(),
        recovery: Some(recovery),
        ..Default::default()
    };
    let parent = "organizations/acme".to_owned();
    let request = CreateAssetRequest { parent, asset_id: id.to_owned(), asset: Some(asset) };
    assets(bench).create_asset(request).await.unwrap();
}

async fn set(bench: &Bench, id: &str, recovery: RecoveryObjectives) -> Result<Asset, tonic::Status> {
    let asset = Asset { name: name(id), recovery: Some(recovery), ..Default::default() };
    let update_mask = Some(prost_types::FieldMask { paths: vec!["recovery".to_owned()] });
    let updated = assets(bench).update_asset(UpdateAssetRequest { asset: Some(asset), update_mask }).await;
    updated.map(tonic::Response::into_inner)
}

async fn depend(bench: &Bench, dependent: &str, supporting: &str) {
    let dependency = Dependency { dependent: name(dependent), supporting: name(supporting), ..Default::default() };
    let request = CreateDependencyRequest {
        parent: "organizations/acme".to_owned(),
        dependency_id: format!("{dependent}-{supporting}"),
        dependency: Some(dependency),
        allow_cycle: true,
    };
    dependencies(bench).create_dependency(request).await.unwrap();
}

fn seconds(duration: Option<Duration>) -> i64 {
    duration.map_or(0, |duration| duration.seconds)
}

fn told(inherited: Option<InheritedObjective>) -> (i64, String) {
    let inherited = inherited.unwrap_or_default();
    (seconds(inherited.duration), inherited.asset.rsplit('/').next().unwrap_or_default().to_owned())
}

on_every_database! {
    async fn a_supporting_asset_is_back_as_fast_as_the_strictest_of_what_depends_on_it(bench) {
        create(&bench, "calls", objectives(900, 0, 3600)).await;
        create(&bench, "billing", objectives(86_400, 60, 0)).await;
        create(&bench, "router", objectives(7200, 300, 7200)).await;
        create(&bench, "power", objectives(0, 0, 0)).await;
        for (dependent, supporting) in [("router", "power"), ("calls", "router"), ("billing", "router")] {
            depend(&bench, dependent, supporting).await;
        }
        let power = get(&bench, "power").await;
        let inherited = power.inherited_recovery.unwrap();
        assert_eq!(told(inherited.rto), (900, "calls".to_owned()));
        assert_eq!(told(inherited.rpo), (60, "billing".to_owned()), "each objective from where it is strictest");
        assert_eq!(told(inherited.mtd), (3600, "calls".to_owned()));
        assert_eq!(power.effective_recovery.unwrap(), objectives(900, 60, 3600));
        assert_eq!(power.recovery, None);

        set(&bench, "calls", objectives(10_800, 0, 0)).await.unwrap();
        let power = get(&bench, "power").await;
        assert_eq!(told(power.inherited_recovery.clone().unwrap().rto), (7200, "router".to_owned()));
        assert_eq!(power.effective_recovery.unwrap(), objectives(7200, 60, 7200));
        let calls = get(&bench, "calls").await;
        assert_eq!((calls.inherited_recovery, calls.effective_recovery.unwrap()), (None, objectives(10_800, 0, 0)));

        let name = "organizations/acme/dependencies/router-power".to_owned();
        dependencies(&bench).delete_dependency(DeleteDependencyRequest { name, ..Default::default() }).await.unwrap();
        let power = get(&bench, "power").await;
        assert_eq!((power.inherited_recovery, power.effective_recovery), (None, None));
        testkit::ledger_holds(&bench, &assets::tables()).await;
    }

    async fn an_explanation_names_whose_objectives_they_are(bench) {
        create(&bench, "calls", objectives(900, 0, 3600)).await;
        create(&bench, "router", objectives(600, 300, 0)).await;
        depend(&bench, "calls", "router").await;
        let request = ExplainAssetValueRequest { name: name("router") };
        let explained = assets(&bench).explain_asset_value(request).await.unwrap().into_inner();
        let found: Vec<_> = explained
            .objectives
            .iter()
            .map(|o| (o.objective.as_str(), seconds(o.own), seconds(o.inherited), o.inherited_from_display_name.as_str(), seconds(o.effective)))
            .collect();
        assert_eq!(found, [("rto", 600, 900, "calls", 600), ("rpo", 300, 0, "", 300), ("mtd", 0, 3600, "calls", 3600)]);
    }

    async fn an_import_brings_objectives_in_and_they_flow_at_its_end(bench) {
        let record = |id: &str, recovery: RecoveryObjectives, service: Option<ServiceDetails>| {
            let asset = Asset { display_name: id.to_owned(), r#type: "router".to_owned(), recovery: Some(recovery), service, ..Default::default() };
            Record::Asset(AssetRecord { external_id: id.to_owned(), asset: Some(asset), ..Default::default() })
        };
        let counted = |subscribers, basis: &str| Some(ServiceDetails { subscribers, basis: basis.to_owned(), ..Default::default() });
        let estate = |rto, service| vec![record("calls", objectives(rto, 0, 3600), service), record("router", objectives(0, 0, 0), None), edge("calls", "router")];
        import(&bench, estate(900, counted(5, "billing")), ImportStart::default()).await;
        let router = get(&bench, "router").await;
        assert_eq!(router.effective_recovery.unwrap(), objectives(900, 0, 3600));
        let (again, ..) = import(&bench, estate(900, counted(5, "billing")), ImportStart::default()).await;
        assert_eq!((again.counts.unwrap().unchanged, again.revalued_assets), (3, 0), "the same again changes nothing");

        set(&bench, "calls", objectives(900, 60, 3600)).await.unwrap();
        import(&bench, estate(600, counted(7, "census")), ImportStart::default()).await;
        let calls = get(&bench, "calls").await;
        assert_eq!(calls.recovery.unwrap(), objectives(600, 60, 3600), "what the source does not state stays");
        let service = calls.service.unwrap();
        assert_eq!((service.subscribers, service.basis.as_str()), (7, "census"));
        assert_eq!(get(&bench, "router").await.effective_recovery.unwrap(), objectives(600, 60, 3600));

        let (_, results, _) = import(&bench, estate(3601, None), ImportStart::default()).await;
        assert_eq!((results[0].reason.as_str(), results[0].field.as_str()), ("FIELD_INVALID", "asset.recovery.rto"));
        assert_eq!(get(&bench, "calls").await.service.unwrap().subscribers, 7);
    }

    async fn objectives_that_contradict_themselves_are_refused(bench) {
        create(&bench, "a", objectives(0, 0, 0)).await;
        let status = set(&bench, "a", objectives(7201, 0, 7200)).await.unwrap_err();
        assert_eq!(reason(&status), "FIELD_INVALID");
        assert!(status.message().contains("7201") && status.message().contains("7200"), "{}", status.message());
        for wrong in [Duration { seconds: -1, nanos: 0 }, Duration { seconds: 1, nanos: 1 }, Duration { seconds: i64::MAX, nanos: 0 }, Duration { seconds: 0, nanos: -1 }] {
            let recovery = RecoveryObjectives { rpo: Some(wrong), ..Default::default() };
            assert_eq!(reason(&set(&bench, "a", recovery).await.unwrap_err()), "FIELD_INVALID", "{wrong:?}");
        }
        assert_eq!(set(&bench, "a", objectives(7200, 0, 7200)).await.unwrap().effective_recovery.unwrap(), objectives(7200, 0, 7200));
    }

    async fn on_any_graph_and_after_any_change_it_is_the_fix_point(bench) {
        // A linear congruential generator (Knuth's MMIX constants): the same graph everywhere.
        let mut state = 11_u64;
        let mut next = move |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % below
        };
        let size = 12;
        let mut own: Vec<i64> = (0..size).map(|_| next(4) as i64 * 60).collect();
        for (at, rto) in own.iter().enumerate() {
            create(&bench, &format!("n{at}"), objectives(*rto, 0, 0)).await;
        }
        let mut edges: BTreeMap<(usize, usize), ()> = BTreeMap::new();
        for turn in 0..60 {
            let (from, to) = (next(size), next(size));
            if turn % 4 == 3 {
                own[from] = next(4) as i64 * 60;
                set(&bench, &format!("n{from}"), objectives(own[from], 0, 0)).await.unwrap();
            } else if from != to && edges.remove(&(from, to)).is_some() {
                let name = format!("organizations/acme/dependencies/n{from}-n{to}");
                dependencies(&bench).delete_dependency(DeleteDependencyRequest { name, ..Default::default() }).await.unwrap();
            } else if from != to {
                edges.insert((from, to), ());
                depend(&bench, &format!("n{from}"), &format!("n{to}")).await;
            }
            if turn % 6 == 5 {
                for at in 0..size {
                    let found = get(&bench, &format!("n{at}")).await.inherited_recovery.unwrap_or_default();
                    assert_eq!(told(found.rto).0, strictest_above(&own, &edges, at), "turn {turn}, asset {at}");
                }
            }
        }
    }
}

/// The shortest objective among all that depend on an asset, by visiting everything; 0 where none.
fn strictest_above(own: &[i64], edges: &BTreeMap<(usize, usize), ()>, at: usize) -> i64 {
    let mut seen = std::collections::BTreeSet::from([at]);
    while let Some((dependent, _)) = edges.keys().find(|(from, to)| seen.contains(to) && !seen.contains(from)) {
        seen.insert(*dependent);
    }
    seen.remove(&at);
    seen.iter().filter_map(|other| own.get(*other)).copied().filter(|rto| *rto > 0).min().unwrap_or(0)
}
