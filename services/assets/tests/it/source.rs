//! Who wins where two sources, or a source and a person, say different things.
#![expect(clippy::indexing_slicing, reason = "tests fail loudly")]

use std::collections::BTreeMap;

use futures::StreamExt as _;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use testkit::{Bench, reason};
use wire::assets::v1::field_provenance::Group;
use wire::assets::v1::import_assets_request::Part;
use wire::assets::v1::import_assets_response::News;
use wire::assets::v1::import_item::Record;
use wire::assets::v1::import_service_client::ImportServiceClient;
use wire::assets::v1::source::Policy;
use wire::assets::v1::source_service_client::SourceServiceClient;
use wire::assets::v1::{
    Asset, AssetRecord, CreateAssetRequest, CreateSourceRequest, DeleteSourceRequest, ExternalId, FieldProvenance,
    GetSiteRequest, GroupPolicy, ImportAssetsRequest, ImportBatch, ImportItem, ImportResult, ImportStart,
    ImportSummary, ListAssetsRequest, Site, SiteRecord, Source, UpdateAssetRequest, UpdateSiteRequest,
};

use crate::{Assets, assets, get, on_every_database};

/// Imports records into an organization as a source.
pub(crate) async fn import_as(
    bench: &Bench,
    organization: &str,
    source: &str,
    records: Vec<Record>,
    start: ImportStart,
) -> (ImportSummary, Vec<ImportResult>) {
    let start = ImportStart { parent: format!("organizations/{organization}"), source: source.to_owned(), ..start };
    let items = records.into_iter().zip(1..).map(|(record, position)| ImportItem {
        position,
        record: Some(record),
        ..Default::default()
    });
    let batch = ImportBatch { items: items.collect() };
    let messages = [Part::Start(start), Part::Batch(batch)].map(|part| ImportAssetsRequest { part: Some(part) });
    let mut client = ImportServiceClient::new(bench.client("robot", &[organization], &["integrator"]));
    let mut answers = client.import_assets(futures::stream::iter(messages)).await.unwrap().into_inner();
    let (mut summary, mut results) = (None, Vec::new());
    while let Some(answer) = answers.next().await {
        match answer.unwrap().news.unwrap() {
            News::Results(of) => results.extend(of.results),
            News::Progress(_) => {}
            News::Summary(end) => summary = Some(end),
        }
    }
    (summary.unwrap(), results)
}

/// An asset as a source says it.
pub(crate) fn said(id: &str, asset: Asset) -> Record {
    let asset = Asset { display_name: format!("Asset {id}"), r#type: "router".to_owned(), ..asset };
    Record::Asset(AssetRecord { external_id: id.to_owned(), asset: Some(asset), ..Default::default() })
}

fn site(id: &str, site: Site) -> Record {
    let site = Site { display_name: "Hub".to_owned(), r#type: "equipment-room".to_owned(), ..site };
    Record::Site(SiteRecord { external_id: id.to_owned(), site: Some(site) })
}

/// What is said of a source.
pub(crate) fn source(key: &str, policies: &[(Group, Policy)]) -> Source {
    let policy = |(group, policy): &(Group, Policy)| GroupPolicy { group: (*group).into(), policy: (*policy).into() };
    Source {
        display_name: format!("Source {key}"),
        source: key.to_owned(),
        group_policies: policies.iter().map(policy).collect(),
        ..Default::default()
    }
}

pub(crate) async fn create(bench: &Bench, organization: &str, source: Source) -> Result<Source, tonic::Status> {
    let mut client = SourceServiceClient::new(bench.client("ana", &[organization], &["asset-manager"]));
    let request = CreateSourceRequest {
        parent: format!("organizations/{organization}"),
        source: Some(source),
        ..Default::default()
    };
    client.create_source(request).await.map(tonic::Response::into_inner)
}

fn named(id: &str) -> String {
    format!("organizations/acme/assets/{id}")
}

async fn set(bench: &Bench, asset: Asset) {
    assets(bench).update_asset(UpdateAssetRequest { asset: Some(asset), update_mask: None }).await.unwrap();
}

fn owned(owner: &str, vendor: &str) -> Asset {
    Asset { owner: owner.to_owned(), vendor: vendor.to_owned(), ..Default::default() }
}

on_every_database! {
    async fn a_source_of_which_nothing_is_said_overwrites(bench) {
        create(&bench, "acme", Source { rank: 9, people_win: true, ..source("other", &[]) }).await.unwrap();
        import_as(&bench, "acme", "oss", vec![said("a", owned("noc", "Acme"))], ImportStart::default()).await;
        set(&bench, Asset { name: named("a"), owner: "core".to_owned(), ..Default::default() }).await;
        let (summary, results) = import_as(&bench, "acme", "oss", vec![said("a", owned("noc", ""))], ImportStart::default()).await;
        assert_eq!((summary.kept_fields, results[0].kept_fields.len()), (0, 0));
        let asset = get(&bench, "a").await;
        assert_eq!((asset.owner.as_str(), asset.vendor.as_str()), ("noc", "Acme"), "what it says nothing about stays");
    }

    async fn what_a_policy_keeps_is_kept_and_told(bench) {
        let may = [(Group::Responsibility, Policy::FillEmpty), (Group::Product, Policy::Ignore)];
        create(&bench, "acme", source("oss", &may)).await.unwrap();
        let (summary, results) = import_as(&bench, "acme", "oss", vec![said("a", owned("noc", "Acme"))], ImportStart::default()).await;
        assert_eq!((summary.kept_fields, &results[0].kept_fields), (1, &vec!["vendor".to_owned()]), "of what is new, too");
        let asset = get(&bench, "a").await;
        assert_eq!((asset.owner.as_str(), asset.vendor.as_str()), ("noc", ""));

        let mut more = owned("core", "Acme");
        (more.custodian, more.location) = ("field force".to_owned(), "rack 7".to_owned());
        let again = || vec![said("a", more.clone())];
        let (dry, _) = import_as(&bench, "acme", "oss", again(), ImportStart { dry_run: true, ..Default::default() }).await;
        assert_eq!((dry.committed, dry.kept_fields), (false, 2), "a dry run says what would be kept");
        let (summary, results) = import_as(&bench, "acme", "oss", again(), ImportStart::default()).await;
        assert_eq!((summary.kept_fields, summary.counts.unwrap().updated), (2, 1));
        assert_eq!(results[0].kept_fields, ["owner", "vendor"]);
        let asset = get(&bench, "a").await;
        assert_eq!((asset.owner.as_str(), asset.custodian.as_str(), asset.vendor.as_str(), asset.location.as_str()), ("noc", "field force", "", "rack 7"));

        let (summary, results) = import_as(&bench, "acme", "oss", again(), ImportStart::default()).await;
        assert_eq!((summary.counts.unwrap().unchanged, summary.kept_fields), (1, 2), "each import says again what it keeps");
        assert_eq!(results[0].kept_fields, ["owner", "vendor"]);
    }

    async fn a_lower_rank_fills_what_a_higher_one_leaves_and_overwrites_nothing_of_it(bench) {
        create(&bench, "acme", Source { rank: 20, ..source("netbox", &[]) }).await.unwrap();
        create(&bench, "acme", Source { rank: 10, ..source("probe", &[]) }).await.unwrap();
        let device = |vendor: &str, version: &str| {
            let ids = ["netbox", "probe"].map(|system| ExternalId { system: system.to_owned(), value: "a".to_owned(), ..Default::default() });
            said("a", Asset { vendor: vendor.to_owned(), software_version: version.to_owned(), external_ids: ids.to_vec(), ..Default::default() })
        };
        import_as(&bench, "acme", "netbox", vec![device("Acme", "")], ImportStart::default()).await;
        let (summary, results) = import_as(&bench, "acme", "probe", vec![device("ACME Corp.", "7.1")], ImportStart::default()).await;
        assert_eq!((summary.kept_fields, &results[0].kept_fields), (1, &vec!["vendor".to_owned()]));
        import_as(&bench, "acme", "probe", vec![device("", "7.2")], ImportStart::default()).await;
        let asset = get(&bench, "a").await;
        assert_eq!((asset.vendor.as_str(), asset.software_version.as_str()), ("Acme", "7.2"), "what it said itself it keeps up to date");
        let (summary, _) = import_as(&bench, "acme", "netbox", vec![device("Acme", "7.0")], ImportStart::default()).await;
        assert_eq!((summary.kept_fields, get(&bench, "a").await.software_version.as_str()), (0, "7.0"));
        let (summary, _) = import_as(&bench, "acme", "probe", vec![device("", "7.2")], ImportStart::default()).await;
        assert_eq!((summary.kept_fields, get(&bench, "a").await.software_version.as_str()), (1, "7.0"));
    }

    async fn people_win_where_the_source_lets_them(bench) {
        let known = create(&bench, "acme", Source { people_win: true, ..source("oss", &[]) }).await.unwrap();
        import_as(&bench, "acme", "oss", vec![site("s", Site::default()), said("a", owned("noc", "Acme"))], ImportStart::default()).await;
        set(&bench, Asset { name: named("a"), owner: "core".to_owned(), ..Default::default() }).await;
        let mut sites = wire::assets::v1::site_service_client::SiteServiceClient::new(bench.client("ana", &["acme"], &["asset-manager"]));
        let name = "organizations/acme/sites/s".to_owned();
        let centre = Site { name: name.clone(), r#type: "data-centre".to_owned(), ..Default::default() };
        sites.update_site(UpdateSiteRequest { site: Some(centre), update_mask: None }).await.unwrap();

        let records = || vec![site("s", Site { region: "north".to_owned(), ..Default::default() }), said("a", owned("noc", "Acme Inc."))];
        let (summary, results) = import_as(&bench, "acme", "oss", records(), ImportStart::default()).await;
        let kept: Vec<String> = results.iter().flat_map(|result| result.kept_fields.clone()).collect();
        assert_eq!((summary.kept_fields, kept), (2, vec!["type".to_owned(), "owner".to_owned()]));
        let asset = get(&bench, "a").await;
        assert_eq!((asset.owner.as_str(), asset.vendor.as_str()), ("core", "Acme Inc."), "the person set the owner, not the vendor");
        let now = sites.get_site(GetSiteRequest { name: name.clone() }).await.unwrap().into_inner();
        assert_eq!((now.r#type.as_str(), now.region.as_str()), ("data-centre", "north"));

        // What is said of the source is taken back: as without.
        let mut client = SourceServiceClient::new(bench.client("ana", &["acme"], &["asset-manager"]));
        client.delete_source(DeleteSourceRequest { name: known.name, ..Default::default() }).await.unwrap();
        let (summary, _) = import_as(&bench, "acme", "oss", records(), ImportStart::default()).await;
        assert_eq!((summary.kept_fields, get(&bench, "a").await.owner.as_str()), (0, "noc"));
        assert_eq!(sites.get_site(GetSiteRequest { name }).await.unwrap().into_inner().r#type, "equipment-room");
    }

    async fn what_contradicts_itself_is_refused(bench) {
        create(&bench, "acme", source("oss", &[])).await.unwrap();
        let twice = create(&bench, "acme", source("oss", &[])).await.unwrap_err();
        assert_eq!(reason(&twice), "VALUE_TAKEN", "{twice:?}");
        create(&bench, "bolt", source("oss", &[])).await.unwrap();
        for (policies, why) in [
            (vec![(Group::Place, Policy::Ignore), (Group::Place, Policy::Overwrite)], "PLACE stands twice"),
            (vec![(Group::Unspecified, Policy::Ignore)], "group_policies[0].group"),
            (vec![(Group::Place, Policy::Unspecified)], "group_policies[0].policy"),
        ] {
            let refused = create(&bench, "acme", source("x", &policies)).await.unwrap_err();
            assert_eq!(reason(&refused), "FIELD_INVALID");
            assert!(refused.message().contains(why), "{}", refused.message());
        }
        let request = CreateSourceRequest { parent: "organizations/acme".to_owned(), source: Some(source("self", &[])), ..Default::default() };
        let mut robot = SourceServiceClient::new(bench.client("robot", &["acme"], &["integrator"]));
        let refused = robot.create_source(request).await.unwrap_err();
        assert_eq!(reason(&refused), "PERMISSION_MISSING", "a system does not say of itself how much it is believed");
    }
}

// === Any sequence is what a naive reading of the policy says ===

/// The fields the property looks at, and their groups.
const FIELDS: [(&str, Group); 5] = [
    ("owner", Group::Responsibility),
    ("custodian", Group::Responsibility),
    ("vendor", Group::Product),
    ("location", Group::Place),
    ("labels", Group::Labels),
];

const SOURCES: [&str; 3] = ["first", "second", "unknown"];

/// A text for each field; empty: nothing is said. For labels one letter is a key and its value.
type Said = [String; 5];

/// What happens to one asset.
#[derive(Clone, Debug)]
enum Step {
    Import(usize, Said),
    /// The field and what a person makes of it; empty: they empty it.
    Person(usize, String),
}

/// What happens to all assets at once: one import, or a person's changes.
#[derive(Clone, Debug)]
enum Round {
    Import(usize, Vec<Said>),
    People(Vec<(usize, String)>),
}

impl Round {
    fn of(&self, at: usize) -> Step {
        match self {
            Self::Import(by, said) => Step::Import(*by, said[at].clone()),
            Self::People(changes) => Step::Person(changes[at].0, changes[at].1.clone()),
        }
    }
}

/// How many assets a case has.
const ASSETS: usize = 10;

/// Rank, whether people win, and a policy for each field's group.
type Terms = (i32, bool, BTreeMap<i32, i32>);

/// What a field is, and whose word: none, a person's (empty), a source's.
type Oracle = Vec<(String, Option<String>)>;

fn laid(field: usize, known: &str, new: &str) -> String {
    if FIELDS[field].0 != "labels" {
        return new.to_owned();
    }
    // The value of a key is the key, so labels that are laid over others are the letters of both.
    let mut letters: Vec<char> = known.chars().chain(new.chars()).collect();
    letters.sort_unstable();
    letters.dedup();
    letters.into_iter().collect()
}

/// The policy, read naively. Gives how many fields are kept.
fn told(oracle: &mut Oracle, terms: &[Terms], step: &Step) -> usize {
    let mut kept = 0;
    match step {
        Step::Person(field, text) if oracle[*field].0 != *text => oracle[*field] = (text.clone(), Some(String::new())),
        Step::Person(..) => {}
        Step::Import(by, said) => {
            for (field, new) in said.iter().enumerate() {
                let (known, holder) = oracle[field].clone();
                let would = laid(field, &known, new);
                if new.is_empty() || would == known {
                    continue;
                }
                let keeps = terms.get(*by).is_some_and(|(rank, people_win, policies)| {
                    let policy = policies.get(&i32::from(FIELDS[field].1)).copied().unwrap_or(1);
                    let outranked = holder.as_ref().is_some_and(|holder| {
                        let at = SOURCES.iter().position(|source| source == holder);
                        at.and_then(|at| terms.get(at)).is_some_and(|other| other.0 > *rank)
                    });
                    let persons = holder.as_deref() == Some("");
                    policy == 3 || (policy == 2 && !known.is_empty()) || outranked || (persons && *people_win)
                });
                if keeps {
                    kept += 1;
                } else {
                    oracle[field] = (would, Some(SOURCES[*by].to_owned()));
                }
            }
        }
    }
    kept
}

fn spoken(texts: &Said) -> Asset {
    let [owner, custodian, vendor, location, labels] = texts.clone();
    let labels = labels.chars().map(|letter| (letter.to_string(), letter.to_string())).collect();
    Asset { owner, custodian, vendor, location, labels, ..Default::default() }
}

fn read(asset: &Asset) -> Vec<String> {
    let labels: String = asset.labels.keys().map(String::as_str).collect();
    vec![asset.owner.clone(), asset.custodian.clone(), asset.vendor.clone(), asset.location.clone(), labels]
}

/// Whose word a field is, as the proto says it is to be read.
fn holder(asset: &Asset, field: usize, set: bool) -> Option<&FieldProvenance> {
    let (name, group) = FIELDS[field];
    let named = asset.provenance.iter().find(|entry| entry.fields.iter().any(|known| known == name));
    named.or_else(|| asset.provenance.iter().find(|entry| set && entry.groups.contains(&group.into())))
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), Just("x".to_owned()), Just("y".to_owned()), Just("z".to_owned())]
}

fn said_by_all() -> impl Strategy<Value = Said> {
    [text(), text(), text(), text(), text()]
}

fn round() -> impl Strategy<Value = Round> {
    let changes = prop::collection::vec((0..5_usize, text()), ASSETS);
    prop_oneof![
        3 => (0..3_usize, prop::collection::vec(said_by_all(), ASSETS)).prop_map(|(by, said)| Round::Import(by, said)),
        2 => changes.prop_map(Round::People),
    ]
}

fn terms() -> impl Strategy<Value = Terms> {
    (0..3_i32, any::<bool>(), prop::collection::btree_map(prop::sample::select(vec![2, 3, 5, 8]), 1..4_i32, 0..4))
}

/// What runs against the registry in one case: an organization of its own.
struct Case<'a> {
    bench: &'a Bench,
    organization: String,
    people: Assets,
}

impl Case<'_> {
    fn name(&self, at: usize) -> String {
        format!("organizations/{}/assets/a{at}", self.organization)
    }

    async fn begin(&self, terms: &[Terms], first: &[Said]) {
        for (key, (rank, people_win, policies)) in SOURCES.iter().zip(terms) {
            let policies =
                policies.iter().map(|(group, policy)| GroupPolicy { group: *group, policy: *policy }).collect();
            let known = Source { rank: *rank, people_win: *people_win, group_policies: policies, ..source(key, &[]) };
            create(self.bench, &self.organization, known).await.unwrap();
        }
        for (at, said) in first.iter().enumerate() {
            let id =
                |system: &str| ExternalId { system: system.to_owned(), value: format!("a{at}"), ..Default::default() };
            let external_ids = SOURCES.map(id).to_vec();
            let display_name = format!("Asset a{at}");
            let asset = Asset { display_name, r#type: "router".to_owned(), external_ids, ..spoken(said) };
            let parent = format!("organizations/{}", self.organization);
            let request = CreateAssetRequest { parent, asset_id: format!("a{at}"), asset: Some(asset) };
            self.people.clone().create_asset(request).await.unwrap();
        }
    }

    async fn all(&self) -> Vec<Asset> {
        let parent = format!("organizations/{}", self.organization);
        let request = ListAssetsRequest { parent, ..Default::default() };
        self.people.clone().list_assets(request).await.unwrap().into_inner().assets
    }

    /// Takes a round; gives how many fields were kept of each asset.
    async fn take(&self, round: &Round) -> Vec<usize> {
        match round {
            Round::Import(by, all) => {
                let records =
                    all.iter().enumerate().map(|(at, texts)| said(&format!("a{at}"), spoken(texts))).collect();
                let (summary, results) =
                    import_as(self.bench, &self.organization, SOURCES[*by], records, ImportStart::default()).await;
                let kept: Vec<usize> = results.iter().map(|result| result.kept_fields.len()).collect();
                assert_eq!(kept.iter().sum::<usize>(), summary.kept_fields as usize);
                kept
            }
            Round::People(changes) => {
                for (at, (field, text)) in changes.iter().enumerate() {
                    let mut texts = Said::default();
                    texts[*field].clone_from(text);
                    let update_mask = Some(prost_types::FieldMask { paths: vec![FIELDS[*field].0.to_owned()] });
                    let asset = Some(Asset { name: self.name(at), ..spoken(&texts) });
                    self.people.clone().update_asset(UpdateAssetRequest { asset, update_mask }).await.unwrap();
                }
                vec![0; ASSETS]
            }
        }
    }
}

async fn is_what_the_policy_says(bench: &Bench, number: usize, terms: &[Terms], first: &[Said], rounds: &[Round]) {
    let organization = format!("case-{number}");
    let people = Assets::new(bench.client("ana", &[organization.as_str()], &["asset-manager"]));
    let case = Case { bench, organization, people };
    case.begin(terms, first).await;
    let by_hand = |text: &String| (text.clone(), (!text.is_empty()).then(String::new));
    let mut oracles: Vec<Oracle> = first.iter().map(|said| said.iter().map(by_hand).collect()).collect();
    let mut before = case.all().await;
    for round in rounds {
        let kept = case.take(round).await;
        let after = case.all().await;
        for (at, oracle) in oracles.iter_mut().enumerate() {
            let (step, known) = (round.of(at), oracle.clone());
            let story = format!("{step:?} over {known:?} by {terms:?}");
            assert_eq!(told(oracle, terms, &step), kept[at], "kept: {story}");
            let values: Vec<String> = oracle.iter().map(|(text, _)| text.clone()).collect();
            assert_eq!(read(&after[at]), values, "{story}");
            for (field, (text, whose)) in oracle.iter().enumerate() {
                let found = holder(&after[at], field, !text.is_empty()).map(|entry| entry.source.clone());
                assert_eq!(&found, whose, "{}: {story}: {:?}", FIELDS[field].0, after[at].provenance);
            }
            assert_eq!(before[at] == after[at], known == *oracle, "nothing changed means nothing written: {story}");
        }
        before = after;
    }
}

on_every_database! {
    async fn any_sequence_ends_as_the_policy_says(bench) {
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        let first = prop::collection::vec(said_by_all(), ASSETS);
        let cases = (prop::collection::vec(terms(), 2), first, prop::collection::vec(round(), 10));
        for number in 0..5 {
            let (terms, first, rounds) = cases.new_tree(&mut runner).unwrap().current();
            is_what_the_policy_says(&bench, number, &terms, &first, &rounds).await;
        }
        testkit::ledger_holds(&bench, &::assets::tables()).await;
    }
}
