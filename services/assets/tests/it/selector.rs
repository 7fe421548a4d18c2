//! Selectors: what enters and leaves is announced once each way, whatever the order of things.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use assets::asset::Assets as Table;
use store::Matcher;
use testkit::{Bench, reason};
use wire::assets::v1::selector::State;
use wire::assets::v1::selector_service_client::SelectorServiceClient;
use wire::assets::v1::{
    Asset, CreateAssetRequest, CreateDependencyRequest, CreateSelectorRequest, DeleteAssetRequest,
    DeleteSelectorRequest, Dependency, GetSelectorRequest, ListAssetsRequest, ListSelectorMembershipsRequest, Selector,
    SummarizeSelectorRequest, UpdateAssetRequest, UpdateSelectorRequest,
};

use crate::{assets, dependencies, on_every_database, rated};

const ACME: &str = "organizations/acme";

pub(crate) fn selectors(bench: &Bench) -> SelectorServiceClient<testkit::Client> {
    SelectorServiceClient::new(bench.client("ana", &["acme"], &["asset-manager"]))
}

pub(crate) async fn select(bench: &Bench, id: &str, filter: &str) -> Selector {
    let selector = Selector { display_name: id.to_owned(), filter: filter.to_owned(), ..Default::default() };
    let request =
        CreateSelectorRequest { parent: ACME.to_owned(), selector_id: id.to_owned(), selector: Some(selector) };
    selectors(bench).create_selector(request).await.unwrap().into_inner()
}

/// The selector, once it is built.
pub(crate) async fn ready(bench: &Bench, id: &str) -> Selector {
    let until = async {
        loop {
            let name = format!("{ACME}/selectors/{id}");
            let selector = selectors(bench).get_selector(GetSelectorRequest { name }).await.unwrap().into_inner();
            if selector.state() == State::Ready {
                return selector;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), until).await.expect("the selector is built")
}

/// The ids of what a selector selects.
pub(crate) async fn members(bench: &Bench, id: &str) -> BTreeSet<String> {
    let filter = format!("selector=\"{ACME}/selectors/{id}\"");
    let mut request =
        ListSelectorMembershipsRequest { parent: ACME.to_owned(), page_size: 1000, filter, ..Default::default() };
    let mut found = BTreeSet::new();
    loop {
        let page = selectors(bench).list_selector_memberships(request.clone()).await.unwrap().into_inner();
        found.extend(page.selector_memberships.iter().map(|member| last(&member.asset)));
        if page.next_page_token.is_empty() {
            return found;
        }
        request.page_token = page.next_page_token;
    }
}

/// The ids of what a filter selects, evaluated in full by the database.
async fn listed(bench: &Bench, filter: &str) -> BTreeSet<String> {
    every(bench, filter).await.iter().map(|asset| last(&asset.name)).collect()
}

async fn every(bench: &Bench, filter: &str) -> Vec<Asset> {
    let mut request =
        ListAssetsRequest { parent: ACME.to_owned(), page_size: 1000, filter: filter.to_owned(), ..Default::default() };
    let mut found = Vec::new();
    loop {
        let page = assets(bench).list_assets(request.clone()).await.unwrap().into_inner();
        found.extend(page.assets);
        if page.next_page_token.is_empty() {
            return found;
        }
        request.page_token = page.next_page_token;
    }
}

fn last(name: &str) -> String {
    name.rsplit('/').next().unwrap().to_owned()
}

/// What the ledger told of memberships: for each of them the verbs, in order.
pub(crate) async fn announced(bench: &Bench) -> BTreeMap<String, Vec<store::Verb>> {
    let (mut told, mut after) = (BTreeMap::<String, Vec<store::Verb>>::new(), 0);
    // On PostgreSQL entries get their places a moment after the commit.
    let newest = loop {
        let sql = bench.database.sql("SELECT COUNT(*), COALESCE(MAX(seq), 0) FROM ledger");
        let row = bench.database.row(sql).await.unwrap().unwrap();
        let (count, newest): (i64, i64) = (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap());
        if count == newest {
            break newest;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    while after < newest {
        let page = bench.database.entries("acme", after, 500).await.unwrap();
        for entry in page.entries.iter().filter(|entry| entry.resource.contains("/selectorMemberships/")) {
            told.entry(entry.resource.clone()).or_default().push(entry.verb);
        }
        after = page.through;
    }
    told
}

/// A generator of its own, so that a failure can be seen again.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from.get(self.roll(from.len())).unwrap().clone()
    }
}

const FILTERS: [&str; 8] = [
    "type=router",
    "labels.region=north AND grade=1",
    "NOT owner:*",
    "effective_value>=6 OR vendor:acme",
    "legal_tags:pii",
    "display_name=\"N*\" -labels.region:*",
    "gate",
    "confidentiality>1 (type=router OR type=optical-link)",
];

fn random(dice: &mut Dice, id: &str) -> Asset {
    let mut asset = Asset {
        name: format!("{ACME}/assets/{id}"),
        display_name: dice.pick(&["North gate", "south Gate", "Nödland", "GÄTE"]).to_owned(),
        r#type: dice.pick(&["router", "optical-link", "radio-site"]).to_owned(),
        owner: dice.pick(&["", "Transport"]).to_owned(),
        vendor: dice.pick(&["", "Acme Networks", "other"]).to_owned(),
        confidentiality: i32::try_from(dice.roll(4)).unwrap(),
        integrity: i32::try_from(dice.roll(4)).unwrap(),
        availability: i32::try_from(dice.roll(4)).unwrap(),
        power_watts: dice.pick(&[0.0, 1.5, 300.0]),
        end_of_life_time: dice.pick(&[None, Some(prost_types::Timestamp { seconds: 1_800_000_000, nanos: 0 })]),
        ..Default::default()
    };
    if dice.roll(2) == 0 {
        asset.labels.insert("region".to_owned(), dice.pick(&["north", "south"]).to_owned());
    }
    if dice.roll(3) == 0 {
        asset.legal_tags.push("pii".to_owned());
    }
    asset
}

async fn create(bench: &Bench, asset: Asset) {
    let request = CreateAssetRequest { parent: ACME.to_owned(), asset_id: last(&asset.name), asset: Some(asset) };
    assets(bench).create_asset(request).await.unwrap();
}

/// Any of the things that people do to assets and dependencies, at random.
async fn edit(bench: &Bench, dice: &mut Dice, number: usize) {
    let known = every(bench, "").await;
    let name = |dice: &mut Dice| dice.pick(&known).name;
    match dice.roll(6) {
        0 | 1 => create(bench, random(dice, &format!("n{number}"))).await,
        2 => {
            let request = DeleteAssetRequest { name: name(dice), ..Default::default() };
            let _ = assets(bench).delete_asset(request).await;
        }
        3 => {
            let (dependent, supporting) = (name(dice), name(dice));
            let dependency = Dependency { dependent, supporting, ..Default::default() };
            let request =
                CreateDependencyRequest { parent: ACME.to_owned(), dependency: Some(dependency), ..Default::default() };
            let _ = dependencies(bench).create_dependency(request).await;
        }
        _ => {
            let id = last(&name(dice));
            let mask = Some(prost_types::FieldMask { paths: vec!["*".to_owned()] });
            let request = UpdateAssetRequest { asset: Some(random(dice, &id)), update_mask: mask };
            assets(bench).update_asset(request).await.unwrap();
        }
    }
}

on_every_database! {
    async fn what_enters_and_leaves_is_announced_once_each_way(bench) {
        let mut dice = Dice(7);
        for number in 0..30 {
            create(&bench, random(&mut dice, &format!("a{number}"))).await;
        }
        for (number, filter) in FILTERS.iter().enumerate() {
            assert_eq!(select(&bench, &format!("s{number}"), filter).await.state(), State::Building);
            ready(&bench, &format!("s{number}")).await;
        }
        for number in 0..120 {
            edit(&bench, &mut dice, number).await;
            if number % 20 == 0 {
                for (number, filter) in FILTERS.iter().enumerate() {
                    assert_eq!(members(&bench, &format!("s{number}")).await, listed(&bench, filter).await, "{filter}");
                }
            }
        }
        let mut standing = 0;
        for (number, filter) in FILTERS.iter().enumerate() {
            let held = members(&bench, &format!("s{number}")).await;
            assert_eq!(held, listed(&bench, filter).await, "{filter}");
            standing += held.len();
            let name = format!("{ACME}/selectors/s{number}");
            let summary = selectors(&bench).summarize_selector(SummarizeSelectorRequest { name }).await.unwrap().into_inner();
            assert_eq!(usize::try_from(summary.assets).unwrap(), held.len());
            let by_type: i64 = summary.types.iter().map(|count| count.count).sum();
            assert_eq!(by_type, summary.assets);
        }
        let told = announced(&bench).await;
        let mut left = 0;
        for (membership, verbs) in &told {
            for (place, verb) in verbs.iter().enumerate() {
                let expected = if place % 2 == 0 { store::Verb::Created } else { store::Verb::Deleted };
                assert_eq!(*verb, expected, "{membership}: {verbs:?}");
            }
            left += usize::from(verbs.len() % 2 == 0);
        }
        assert!(left > 20, "assets left selectors: {left}");
        assert_eq!(told.len() - left, standing);
        testkit::ledger_holds(&bench, &::assets::tables()).await;
    }

    async fn a_message_and_its_row_answer_a_filter_alike(bench) {
        let mut dice = Dice(11);
        for number in 0..60 {
            create(&bench, random(&mut dice, &format!("a{number}"))).await;
        }
        let all = every(&bench, "").await;
        let atoms = [
            "type=router", "type!=router", "owner:*", "vendor:ACME", "vendor=\"*works\"", "display_name=\"N*\"", "display_name:\"GÄTE\"",
            "display_name:nöd", "display_name<\"O\"", "display_name=\"*a*\"", "confidentiality>=2", "confidentiality!=1", "value>5.5", "value<=4", "power_watts=1.5",
            "power_watts:*", "grade=(1 OR 2)", "state=SURVEYED", "state!=SURVEYED", "end_of_life_time:*", "end_of_life_time<2030-01-01T00:00:00Z",
            "end_of_life_time>2020-01-01T00:00:00Z", "end_of_life_time!=2020-01-01T00:00:00Z", "create_time>2020-01-01T00:00:00Z", "create_time:*",
            "labels.region=north", "labels.region!=north", "labels.region=\"*th\"", "labels:region", "labels:*", "legal_tags:pii", "legal_tags:*", "gate", "unlisted_by:*",
        ];
        for _ in 0..400 {
            let mut filter = dice.pick(&atoms).to_owned();
            for _ in 0..dice.roll(4) {
                let atom = dice.pick(&atoms);
                filter = match dice.roll(4) {
                    0 => format!("({filter}) AND {atom}"),
                    1 => format!("({filter}) OR {atom}"),
                    2 => format!("NOT ({filter}) {atom}"),
                    _ => format!("-{atom} ({filter})"),
                };
            }
            let matcher = Matcher::<Table>::new(&filter, "filter").unwrap();
            let in_memory: BTreeSet<String> = all.iter().filter(|asset| matcher.matches(asset)).map(|asset| last(&asset.name)).collect();
            assert_eq!(in_memory, listed(&bench, &filter).await, "{filter}");
        }
    }

    async fn a_selector_made_or_changed_while_others_write_misses_nothing(bench) {
        for number in 0..40 {
            rated(&bench, &format!("a{number:02}"), (1, 1, 1)).await;
        }
        let writers = (0..4).map(|writer| {
            let mut client = assets(&bench);
            async move {
                let mut dice = Dice(writer);
                for turn in 0..60 {
                    let rating = i32::try_from(1 + dice.roll(3)).unwrap();
                    let asset = if turn % 5 == 0 {
                        let asset = Asset { display_name: "new".to_owned(), r#type: "router".to_owned(), confidentiality: rating, ..Default::default() };
                        let asset_id = format!("w{writer}-{turn}");
                        client.create_asset(CreateAssetRequest { parent: ACME.to_owned(), asset_id, asset: Some(asset) }).await.map(|_| ())
                    } else {
                        let name = format!("{ACME}/assets/a{:02}", dice.roll(40));
                        let asset = Asset { name, confidentiality: rating, ..Default::default() };
                        client.update_asset(UpdateAssetRequest { asset: Some(asset), update_mask: None }).await.map(|_| ())
                    };
                    asset.unwrap();
                }
            }
        });
        let meanwhile = async {
            for number in 0..6 {
                select(&bench, &format!("s{number}"), "confidentiality=3").await;
            }
            for number in 0..3 {
                let selector = Selector { name: format!("{ACME}/selectors/s{number}"), filter: "confidentiality<3".to_owned(), ..Default::default() };
                selectors(&bench).update_selector(UpdateSelectorRequest { selector: Some(selector), update_mask: None }).await.unwrap();
            }
        };
        futures::future::join(futures::future::join_all(writers), meanwhile).await;
        for number in 0..6 {
            let filter = ready(&bench, &format!("s{number}")).await.filter;
            assert_eq!(members(&bench, &format!("s{number}")).await, listed(&bench, &filter).await, "{filter}");
        }
        testkit::ledger_holds(&bench, &::assets::tables()).await;
    }

    async fn a_selector_goes_with_its_memberships_and_a_wrong_filter_is_named(bench) {
        rated(&bench, "r", (1, 1, 1)).await;
        select(&bench, "s", "type=router").await;
        ready(&bench, "s").await;
        assert_eq!(members(&bench, "s").await.len(), 1);
        let wrong = Selector { display_name: "x".to_owned(), filter: "colour=red".to_owned(), ..Default::default() };
        let request = CreateSelectorRequest { parent: ACME.to_owned(), selector: Some(wrong), ..Default::default() };
        let status = selectors(&bench).create_selector(request).await.unwrap_err();
        use tonic_types::StatusExt as _;
        assert_eq!(reason(&status), "FILTER_INVALID");
        assert_eq!(status.get_details_bad_request().unwrap().field_violations[0].field, "selector.filter");
        let name = format!("{ACME}/selectors/s");
        selectors(&bench).delete_selector(DeleteSelectorRequest { name, ..Default::default() }).await.unwrap();
        assert!(members(&bench, "s").await.is_empty());
        let told = announced(&bench).await;
        assert_eq!(told.values().map(Vec::len).collect::<Vec<_>>(), [2]);
        testkit::ledger_holds(&bench, &::assets::tables()).await;
    }
}
