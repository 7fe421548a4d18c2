//! Writes that meet: nobody is cut off, nothing is lost or doubled. Where two would wait for each other on PostgreSQL, the
//! tests bring them to it by holding what they need, and by seeing in the database that they wait.

use std::sync::Arc;
use std::time::Duration;

use access::{Clock as _, ManualClock, SystemClock};
use futures::FutureExt as _;
use futures::future::{join, join_all};
use store::{Dialect, Transaction};
use testkit::{Bench, reason};
use wire::assets::v1 as api;
use wire::assets::v1::asset_policy_service_client::AssetPolicyServiceClient;
use wire::assets::v1::import_assets_request::Part;
use wire::assets::v1::import_assets_response::News;
use wire::assets::v1::import_item::Record;
use wire::assets::v1::import_service_client::ImportServiceClient;
use wire::assets::v1::resolve_unlisted_request::Decision;

use crate::import::{asset, edge, import};
use crate::selector::{announced, members, ready, select, selectors};
use crate::survey::{Course, resolve, unlisted};
use crate::{assets, dependencies, get, on_every_database, rated};

const ACME: &str = "organizations/acme";

fn name(id: &str) -> String {
    format!("{ACME}/assets/{id}")
}

/// On whose behalf the test writes.
fn context() -> access::Context {
    access::Context {
        caller: Arc::new(access::Caller::service(::assets::NAME, "acme")),
        method: "test".into(),
        trace: String::new(),
        roles: Arc::default(),
        clock: Arc::new(SystemClock),
    }
}

/// A write of the test's own.
async fn write(bench: &Bench) -> Transaction {
    bench.database.begin(&context()).await.unwrap()
}

/// Claims a row of an asset, as a change of it does.
async fn claim(tx: &mut Transaction, id: &str) -> fault::Outcome<()> {
    let mut sql = tx.sql("SELECT id FROM asset WHERE organization = 'acme' AND id = ");
    sql.bind(id).push(" FOR NO KEY UPDATE");
    tx.rows(sql).await.map(drop)
}

/// Waits until something is so.
async fn eventually(what: &str, is: impl AsyncFn() -> bool) {
    let reached = async {
        while !is().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), reached).await.expect(what);
}

/// Waits until so many sessions of the database wait for a lock.
async fn waiting(bench: &Bench, wanted: i64) {
    let sql = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let waits = eventually("the writes come to wait", async || count(bench, sql).await >= wanted);
    let waited = std::panic::AssertUnwindSafe(waits).catch_unwind().await.is_ok();
    // Where they do not, what each session does instead says why.
    let sql = "SELECT string_agg(concat_ws(' ', pid, state, wait_event, backend_xid, xact_start, clock_timestamp(), query), chr(10)) \
               FROM pg_stat_activity WHERE datname = current_database()";
    let row = bench.database.row(bench.database.sql(sql)).await.unwrap().unwrap();
    assert!(waited, "the writes do not come to wait:\n{}", row.try_get_by_index::<String>(0).unwrap());
}

async fn depend(bench: &Bench, dependent: &str, supporting: &str) {
    let dependency = api::Dependency { dependent: name(dependent), supporting: name(supporting), ..Default::default() };
    let request = api::CreateDependencyRequest {
        parent: ACME.to_owned(),
        dependency: Some(dependency),
        allow_cycle: true,
        ..Default::default()
    };
    dependencies(bench).create_dependency(request).await.unwrap();
}

async fn rate(bench: &Bench, id: &str, rating: i32) -> Result<(), tonic::Status> {
    let asset = api::Asset {
        name: name(id),
        confidentiality: rating,
        integrity: rating,
        availability: rating,
        ..Default::default()
    };
    assets(bench).update_asset(api::UpdateAssetRequest { asset: Some(asset), update_mask: None }).await.map(drop)
}

fn start(source: &str) -> api::ImportStart {
    api::ImportStart { parent: ACME.to_owned(), source: source.to_owned(), ..Default::default() }
}

/// An import that may fail: its summary and what became of each item.
async fn imported(
    bench: &Bench,
    start: api::ImportStart,
    records: Vec<Record>,
    size: usize,
) -> Result<(api::ImportSummary, Vec<api::ImportResult>), tonic::Status> {
    let mut messages = vec![api::ImportAssetsRequest { part: Some(Part::Start(start)) }];
    let items = records.into_iter().zip(1..);
    let items: Vec<_> = items
        .map(|(record, position)| api::ImportItem { position, origin: String::new(), record: Some(record) })
        .collect();
    for chunk in items.chunks(size) {
        let batch = api::ImportBatch { items: chunk.to_vec() };
        messages.push(api::ImportAssetsRequest { part: Some(Part::Batch(batch)) });
    }
    let mut client = ImportServiceClient::new(bench.client("oss", &["acme"], &["integrator"]));
    let mut answers = client.import_assets(futures::stream::iter(messages)).await?.into_inner();
    let (mut summary, mut results) = (None, Vec::new());
    while let Some(answer) = answers.message().await? {
        match answer.news.unwrap() {
            News::Results(of) => results.extend(of.results),
            News::Summary(end) => summary = Some(end),
            News::Progress(_) => {}
        }
    }
    Ok((summary.unwrap(), results))
}

async fn count(bench: &Bench, sql: &str) -> i64 {
    let row = bench.database.row(bench.database.sql(sql)).await.unwrap().unwrap();
    row.try_get_by_index(0).unwrap()
}

on_every_database! {
    /// Each claims its asset and needs the other's.
    async fn ratings_of_assets_that_support_each_other_change_at_once(bench) {
        for id in ["a", "b"] {
            rated(&bench, id, (1, 1, 1)).await;
        }
        depend(&bench, "a", "b").await;
        depend(&bench, "b", "a").await;
        if bench.database.dialect() == Dialect::Postgres {
            // What both need first: they come to wait for it, each with what it has claimed before.
            let mut held = write(&bench).await;
            held.rows(held.sql("SELECT pg_advisory_xact_lock(7310602, hashtext('acme'))")).await.unwrap();
            let release = async {
                waiting(&bench, 1).await;
                // The other waits too: for the database, or within the process.
                tokio::time::sleep(Duration::from_millis(200)).await;
                held.commit().await.unwrap();
            };
            let (a, b) = (rate(&bench, "a", 2), rate(&bench, "b", 3));
            let ((a, b), ()) = join(join(a, b), release).await;
            a.unwrap();
            b.unwrap();
        }
        for turn in 0..10 {
            let changes = (0..8).map(|at| rate(&bench, if at % 2 == 0 { "a" } else { "b" }, 1 + (turn + at) % 3));
            for changed in join_all(changes).await {
                changed.unwrap();
            }
            let (a, b) = (get(&bench, "a").await, get(&bench, "b").await);
            assert_eq!((a.inherited_value, b.inherited_value), (b.value, a.value));
        }
        testkit::ledger_holds(&bench, &::assets::tables()).await;
    }

    /// The end of an import works out the values of an asset that someone rates at this moment.
    async fn a_rating_changes_while_an_import_ends(bench) {
        let estate = |rating| vec![asset("a", "", rating), asset("b", "", 1), edge("a", "b")];
        import(&bench, estate(1), api::ImportStart::default()).await;
        if bench.database.dialect() == Dialect::Postgres {
            let mut held = write(&bench).await;
            held.rows(held.sql("SELECT pg_advisory_xact_lock(7310602, hashtext('acme'))")).await.unwrap();
            let rating = async {
                waiting(&bench, 1).await;
                let rated = rate(&bench, "b", 2);
                let release = async {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    held.commit().await.unwrap();
                };
                join(rated, release).await.0
            };
            let (ended, rated) = join(imported(&bench, start("oss"), estate(3), 10), rating).await;
            rated.unwrap();
            ended.unwrap();
            assert_eq!(get(&bench, "b").await.inherited_value, 9.0);
        }
        for turn in 0..8 {
            for atomic in [false, true] {
                let again = api::ImportStart { atomic, ..start("oss") };
                let rating = 1 + turn % 3;
                let rates = (0..4).map(|at| rate(&bench, "b", 1 + (turn + at) % 3));
                let (ended, rates) = join(imported(&bench, again, estate(rating), 1), join_all(rates)).await;
                assert!(ended.unwrap().0.committed);
                for rated in rates {
                    rated.unwrap();
                }
                assert_eq!(get(&bench, "b").await.inherited_value, f64::from(3 * rating));
            }
        }
        testkit::ledger_holds(&bench, &::assets::tables()).await;
    }

    async fn two_imports_of_one_source_at_once_both_end_well(bench) {
        // From both ends, so that they meet in the middle, with a rejected item that both keep.
        let there: Vec<Record> = (0..300).map(|n| asset(&format!("n{n}"), if n == 150 { "nowhere" } else { "" }, 1)).collect();
        let back: Vec<Record> = there.iter().rev().cloned().collect();
        let (one, other) = join(imported(&bench, start("oss"), there, 7), imported(&bench, start("oss"), back, 7)).await;
        let ((one, results), (other, _)) = (one.unwrap(), other.unwrap());
        assert_eq!(results.iter().filter(|result| result.reason.is_empty()).count(), 299);
        let (one, other) = (one.counts.unwrap(), other.counts.unwrap());
        assert_eq!((one.read, one.rejected, other.read, other.rejected), (300, 1, 300, 1));
        assert_eq!(one.created + other.created, 299, "each is created once");
        assert_eq!(one.unchanged + other.unchanged, 299);
        for table in ["asset", "asset_external_id"] {
            assert_eq!(count(&bench, &format!("SELECT COUNT(*) FROM {table}")).await, 299, "{table}");
        }
        assert_eq!(count(&bench, "SELECT COUNT(*) FROM quarantined_record").await, 1);
        testkit::ledger_holds(&bench, &::assets::tables()).await;
    }

    /// Sources call different things alike, and people create what an import is about to.
    async fn imports_of_different_sources_and_people_meet_by_id(bench) {
        let there: Vec<Record> = (0..120).map(|n| asset(&format!("n{n}"), "", 1)).collect();
        let back: Vec<Record> = there.iter().rev().cloned().collect();
        let people = async {
            for n in (0..120).step_by(10) {
                let asset = api::Asset { display_name: "by hand".to_owned(), r#type: "router".to_owned(), ..Default::default() };
                let request = api::CreateAssetRequest { parent: ACME.to_owned(), asset_id: format!("n{n}"), asset: Some(asset) };
                // Whoever comes second hears that the id is taken, and of nothing else.
                if let Err(refused) = assets(&bench).create_asset(request).await {
                    assert_eq!(reason(&refused), "RESOURCE_EXISTS");
                }
            }
        };
        let sources = join(imported(&bench, start("oss"), there, 9), imported(&bench, start("nms"), back, 9));
        let ((one, other), ()) = join(sources, people).await;
        for (source, ended) in [("oss", one), ("nms", other)] {
            let counts = ended.unwrap().0.counts.unwrap();
            assert_eq!((counts.created, counts.rejected), (120, 0), "{source}");
        }
        assert_eq!(count(&bench, "SELECT COUNT(*) FROM asset_external_id").await, 240);
        testkit::ledger_holds(&bench, &::assets::tables()).await;
    }

    /// The id is free when the batch looks, and taken when it claims it.
    async fn a_batch_that_meets_a_creation_begins_anew(bench) {
        if bench.database.dialect() == Dialect::Sqlite {
            continue;
        }
        let mut other = write(&bench).await;
        let table = store::Collection::<::assets::asset::Assets>::new(bench.database.clone());
        let draft = api::Asset { display_name: "by hand".to_owned(), r#type: "router".to_owned(), ..Default::default() };
        table.create_in(&mut other, "acme", vec![("a".to_owned(), draft)]).await.unwrap();
        let landed = async {
            waiting(&bench, 1).await;
            other.commit().await.unwrap();
        };
        let records = vec![asset("a", "", 1), asset("b", "nowhere", 1), asset("c", "", 1)];
        let (ended, ()) = join(imported(&bench, start("oss"), records, 10), landed).await;
        let (summary, results) = ended.unwrap();
        let counts = summary.counts.unwrap();
        assert_eq!((counts.read, counts.created, counts.rejected), (3, 2, 1), "each item counts once");
        let reasons: Vec<&str> = results.iter().map(|result| result.reason.as_str()).collect();
        assert_eq!(reasons, ["", "IMPORT_REFERENCE_UNKNOWN", ""]);
        assert_ne!(results[0].name, name("a"), "that id is someone else's");
        assert_eq!(count(&bench, "SELECT COUNT(*) FROM quarantined_record").await, 1);
    }

    /// Someone holds the second asset of a portion and then needs the first, as a value that flows does.
    async fn the_build_of_a_selector_holds_nobody_up(bench) {
        if bench.database.dialect() == Dialect::Sqlite {
            continue;
        }
        for id in ["a", "b", "c"] {
            rated(&bench, id, (1, 1, 1)).await;
        }
        // The build waits for the writes that began before it. One keeps it there until another, which began later, has an asset.
        let mut older = write(&bench).await;
        claim(&mut older, "c").await.unwrap();
        let selector = api::Selector { display_name: "s".to_owned(), filter: "type=router".to_owned(), ..Default::default() };
        let request = api::CreateSelectorRequest { parent: ACME.to_owned(), selector_id: "s".to_owned(), selector: Some(selector) };
        selectors(&bench).create_selector(request).await.unwrap();
        let asks = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%AND xact_start <%'";
        eventually("the build asks for older writes", async || count(&bench, asks).await > 0).await;
        let mut other = write(&bench).await;
        claim(&mut other, "b").await.unwrap();
        older.undo().await.unwrap();
        waiting(&bench, 1).await;
        // After a second of waiting PostgreSQL looks whether two wait for each other, once for each: had the build looked when
        // nobody waits for it, it would be the other that is cut off.
        tokio::time::sleep(Duration::from_millis(1300)).await;
        claim(&mut other, "a").await.expect("a caller is not cut off for the sake of a build");
        other.undo().await.unwrap();
        let built = async || {
            let request = api::GetSelectorRequest { name: format!("{ACME}/selectors/s") };
            selectors(&bench).get_selector(request).await.unwrap().into_inner().state() == api::selector::State::Ready
        };
        eventually("the selector is built", built).await;
        assert_eq!(count(&bench, "SELECT COUNT(*) FROM selector_membership").await, 3);
    }

    /// Someone decides while the full import that flagged the asset before, or another, looks for what is missing.
    async fn a_decision_to_keep_stands_though_it_is_made_while_a_full_import_flags(bench) {
        let full = api::ImportStart { full: true, ..Default::default() };
        import(&bench, ["a", "b", "c"].map(|id| asset(id, "", 1)).to_vec(), full.clone()).await;
        import(&bench, vec![asset("a", "", 1)], full.clone()).await;
        assert_eq!(unlisted(&bench).await, ["Asset b", "Asset c"]);
        let mut course = Course::start(&bench, full).await;
        course.batch(vec![asset("a", "", 1)]).await.unwrap();
        // On SQLite whoever writes next waits for this; on PostgreSQL whoever claims this asset.
        let mut held = write(&bench).await;
        let postgres = bench.database.dialect() == Dialect::Postgres;
        if postgres {
            claim(&mut held, "b").await.unwrap();
        }
        let end = tokio::spawn(course.close());
        match postgres {
            true => waiting(&bench, 1).await,
            // It waits in its process, where nobody sees it. Should it come too late, this test only asks for less.
            false => tokio::time::sleep(Duration::from_millis(300)).await,
        }
        let release = async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            held.undo().await.unwrap();
        };
        let (kept, ()) = join(resolve(&bench, Decision::Keep, &["c"]), release).await;
        assert!(kept[0].resolved, "{kept:?}");
        end.await.unwrap().unwrap();
        assert_eq!(unlisted(&bench).await, ["Asset b"]);
        testkit::ledger_holds(&bench, &::assets::tables()).await;
    }

    async fn a_selector_is_deleted_some_memberships_at_a_time(bench) {
        let records: Vec<Record> = (0..2100).map(|n| asset(&format!("n{n}"), "", 1)).collect();
        imported(&bench, start("oss"), records, 1000).await.unwrap();
        select(&bench, "s", "type=router").await;
        ready(&bench, "s").await;
        let request = api::DeleteSelectorRequest { name: format!("{ACME}/selectors/s"), ..Default::default() };
        selectors(&bench).delete_selector(request).await.unwrap();
        // The call waits a while, and this is little.
        let get = api::GetSelectorRequest { name: format!("{ACME}/selectors/s") };
        eventually("the selector is gone", async || selectors(&bench).get_selector(get.clone()).await.is_err()).await;
        let told = announced(&bench).await;
        assert_eq!(told.len(), 2100);
        assert!(told.values().all(|verbs| verbs[..] == [store::Verb::Created, store::Verb::Deleted]));
        let apart = "SELECT COUNT(DISTINCT transaction_seq) FROM ledger WHERE verb = 3 AND kind = 'telwarden.assets.v1.SelectorMembership'";
        assert_eq!(count(&bench, apart).await, 3);
        select(&bench, "s", "type=router").await;
        ready(&bench, "s").await;
        assert_eq!(members(&bench, "s").await.len(), 2100, "its id is free again");
        testkit::ledger_holds(&bench, &::assets::tables()).await;
    }

    async fn the_deletion_of_a_selector_goes_on_after_a_crash(bench) {
        rated(&bench, "a", (1, 1, 1)).await;
        select(&bench, "s", "type=router").await;
        ready(&bench, "s").await;
        // The process that was to delete it has marked it, and is gone.
        let mut tx = write(&bench).await;
        let table = store::Collection::<::assets::selector::Selectors>::new(bench.database.clone());
        let name = format!("{ACME}/selectors/s");
        let mark = |_: &access::Context, _: &api::Selector, new: &mut api::Selector| {
            new.set_state(api::selector::State::Deleting);
            Ok(())
        };
        table.change_in(&mut tx, &name, "", mark).await.unwrap();
        tx.commit().await.unwrap();
        rated(&bench, "b", (1, 1, 1)).await;
        assert_eq!(members(&bench, "s").await.len(), 1, "nothing enters what is being deleted");
        let changed = api::Selector { name: name.clone(), filter: "type=radio-site".to_owned(), ..Default::default() };
        let request = api::UpdateSelectorRequest { selector: Some(changed), update_mask: None };
        let refused = selectors(&bench).update_selector(request).await.unwrap_err();
        assert_eq!(reason(&refused), "STATE_FORBIDS");
        ::assets::service(&bench.database, Arc::new(SystemClock)).await.unwrap();
        let get = api::GetSelectorRequest { name: name.clone() };
        eventually("the selector is gone", async || selectors(&bench).get_selector(get.clone()).await.is_err()).await;
        assert!(members(&bench, "s").await.is_empty());
        let told = announced(&bench).await;
        assert_eq!(told.values().map(Vec::len).collect::<Vec<_>>(), [2]);
        testkit::ledger_holds(&bench, &::assets::tables()).await;
    }

    async fn no_asset_offends_a_policy_that_is_activated_beside_its_creation(bench) {
        let mut policies = AssetPolicyServiceClient::new(bench.client("ana", &["acme"], &["administrator"]));
        let mut draft = async |id: &str, scale_levels| {
            let valuation_rule = api::asset_policy::ValuationRule::Sum.into();
            let policy = api::AssetPolicy { display_name: id.to_owned(), scale_levels, valuation_rule, ..Default::default() };
            let request = api::CreateAssetPolicyRequest { parent: ACME.to_owned(), asset_policy_id: id.to_owned(), asset_policy: Some(policy) };
            policies.create_asset_policy(request).await.unwrap();
        };
        let activate = async |id: &str| {
            let mut policies = AssetPolicyServiceClient::new(bench.client("ana", &["acme"], &["administrator"]));
            let request = api::ActivateAssetPolicyRequest { name: format!("{ACME}/assetPolicies/{id}"), ..Default::default() };
            policies.activate_asset_policy(request).await.map(drop)
        };
        if bench.database.dialect() == Dialect::Postgres {
            draft("narrow", 2).await;
            let mut other = write(&bench).await;
            let table = store::Collection::<::assets::asset::Assets>::new(bench.database.clone());
            let new = api::Asset { display_name: "beyond".to_owned(), r#type: "router".to_owned(), integrity: 3, ..Default::default() };
            table.create_in(&mut other, "acme", vec![("beyond".to_owned(), new)]).await.unwrap();
            let landed = async {
                waiting(&bench, 1).await;
                other.commit().await.unwrap();
            };
            let (activated, ()) = join(activate("narrow"), landed).await;
            assert_eq!(reason(&activated.unwrap_err()), "POLICY_INCONSISTENT");
            let request = api::DeleteAssetRequest { name: name("beyond"), ..Default::default() };
            assets(&bench).delete_asset(request).await.unwrap();
        }
        for turn in 0..6 {
            let (wide, narrow) = (format!("wide{turn}"), format!("narrow{turn}"));
            draft(&wide, 3).await;
            activate(&wide).await.unwrap();
            draft(&narrow, 2).await;
            let create = async |at: i32| {
                let asset = api::Asset { display_name: "x".to_owned(), r#type: "router".to_owned(), integrity: 3, ..Default::default() };
                let request = api::CreateAssetRequest { parent: ACME.to_owned(), asset_id: format!("x{turn}-{at}"), asset: Some(asset) };
                assets(&bench).create_asset(request).await.map(drop)
            };
            let (created, activated) = join(join_all((0..4).map(create)), activate(&narrow)).await;
            let beyond = count(&bench, "SELECT COUNT(*) FROM asset WHERE integrity > 2").await;
            match activated {
                Ok(()) => assert_eq!(beyond, 0),
                Err(refused) => assert_eq!(reason(&refused), "POLICY_INCONSISTENT"),
            }
            for (at, created) in created.into_iter().enumerate() {
                match created {
                    Err(refused) => assert_eq!(reason(&refused), "RATING_OUT_OF_SCALE"),
                    Ok(()) => {
                        let request = api::DeleteAssetRequest { name: name(&format!("x{turn}-{at}")), ..Default::default() };
                        assets(&bench).delete_asset(request).await.unwrap();
                    }
                }
            }
        }
    }
}

/// On an embedded database, policies and selectors are remembered from write to write; another process may change them all the same.
#[tokio::test(flavor = "multi_thread")]
async fn what_another_process_writes_is_known_at_once() {
    let bench = crate::registry(None).await;
    let create = async |id: &str, integrity: i32| {
        let asset =
            api::Asset { display_name: id.to_owned(), r#type: "router".to_owned(), integrity, ..Default::default() };
        let request = api::CreateAssetRequest { parent: ACME.to_owned(), asset_id: id.to_owned(), asset: Some(asset) };
        assets(&bench).create_asset(request).await.map(drop)
    };
    create("before", 3).await.unwrap();
    let file = store::Location::File(bench.folder.path().join("assets.db"));
    let other = store::Database::open("assets", &file, &::assets::tables()).await.unwrap();
    let mut tx = other.begin(&context()).await.unwrap();
    let policies = store::Collection::<::assets::asset_policy::AssetPolicies>::new(other.clone());
    let sum = api::asset_policy::ValuationRule::Sum.into();
    let policy = api::AssetPolicy {
        display_name: "Narrow".to_owned(),
        scale_levels: 2,
        valuation_rule: sum,
        ..Default::default()
    };
    policies.create_in(&mut tx, "acme", vec![("narrow".to_owned(), policy)]).await.unwrap();
    let activate = |_: &access::Context, _: &api::AssetPolicy, new: &mut api::AssetPolicy| {
        new.set_state(api::asset_policy::State::Active);
        Ok(())
    };
    policies.change_in(&mut tx, &format!("{ACME}/assetPolicies/narrow"), "", activate).await.unwrap();
    let selectors = store::Collection::<::assets::selector::Selectors>::new(other.clone());
    let routers =
        api::Selector { display_name: "Routers".to_owned(), filter: "type=router".to_owned(), ..Default::default() };
    selectors.create_in(&mut tx, "acme", vec![("routers".to_owned(), routers)]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(reason(&create("beyond", 3).await.unwrap_err()), "RATING_OUT_OF_SCALE");
    create("after", 2).await.unwrap();
    assert!(members(&bench, "routers").await.contains("after"));
}

/// What is looked for every minute is looked for when the service's clock says so.
#[tokio::test(flavor = "multi_thread")]
async fn lost_builds_and_dead_imports_are_looked_for_by_the_clock() {
    for postgres in testkit::backends() {
        let clock = Arc::new(ManualClock::at(SystemClock.now()));
        let bench = crate::registry_at(Arc::clone(&clock) as Arc<dyn access::Clock>, postgres.as_deref()).await;
        let mut tx = write(&bench).await;
        let mut dead = api::Survey { source: "oss".to_owned(), ..Default::default() };
        dead.set_state(api::survey::State::Running);
        let surveys = store::Collection::<::assets::survey::Surveys>::new(bench.database.clone());
        surveys.create_in(&mut tx, "acme", vec![("dead".to_owned(), dead)]).await.unwrap();
        let lost =
            api::Selector { display_name: "s".to_owned(), filter: "type=router".to_owned(), ..Default::default() };
        let selectors = store::Collection::<::assets::selector::Selectors>::new(bench.database.clone());
        selectors.create_in(&mut tx, "acme", vec![("lost".to_owned(), lost)]).await.unwrap();
        tx.commit().await.unwrap();
        let left = async || {
            count(&bench, "SELECT (SELECT COUNT(*) FROM survey WHERE state = 'RUNNING') + (SELECT COUNT(*) FROM selector WHERE state = 'BUILDING')").await
        };
        assert_eq!(left().await, 2);
        clock.advance(6 * 60 * 1_000_000);
        eventually("both are found", async || left().await == 0).await;
    }
}

/// An import in one transaction that sends an item now and again is never silent for long, and is cut all the same.
#[tokio::test(flavor = "multi_thread")]
async fn an_import_in_one_transaction_is_bounded_as_a_whole() {
    const SECOND: i64 = 1_000_000;
    for postgres in testkit::backends() {
        for whole in
            [api::ImportStart { atomic: true, ..start("oss") }, api::ImportStart { dry_run: true, ..start("oss") }]
        {
            let clock = Arc::new(ManualClock::at(SystemClock.now()));
            let bench = crate::registry_at(Arc::clone(&clock) as Arc<dyn access::Clock>, postgres.as_deref()).await;
            let mut course = Course::start(&bench, whole).await;
            let mut sent = 0;
            let cut = loop {
                match course.batch(vec![asset(&format!("n{sent}"), "", 1)]).await {
                    Ok(_) => sent += 1,
                    Err(cut) => break cut,
                }
                clock.advance(19 * SECOND);
                assert!(sent <= 16, "five minutes are over");
            };
            assert!(sent >= 15, "it may take five minutes: {sent}");
            assert_eq!((cut.code(), reason(&cut).as_str()), (tonic::Code::Aborted, "IMPORT_TOO_LONG"));
            assert!(cut.message().contains("300 s") && cut.message().contains("without `atomic`"), "{}", cut.message());
            // Nobody waits for it any more, and nothing of it stays.
            rated(&bench, "other", (1, 1, 1)).await;
            assert_eq!(count(&bench, "SELECT COUNT(*) FROM asset").await, 1);
        }
    }
}
