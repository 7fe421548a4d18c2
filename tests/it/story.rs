//! The story that must work: one operator, one sitting, the public API only.

use std::collections::HashSet;

use serde_json::{Value, json};
use telwarden::client::{Connection, Output};
use telwarden::suite::{self, Options, Suite};
use wire::assets::v1::asset_service_client::AssetServiceClient;
use wire::assets::v1::import_item::Record;
use wire::assets::v1::selector_service_client::SelectorServiceClient;
use wire::assets::v1::{
    CreateSelectorRequest, ExplainAssetValueRequest, GetSelectorRequest, ListAssetsRequest, Selector,
};

/// The suite on a folder of its own, which lives as long as the process.
pub(crate) async fn start() -> Suite {
    let folder = tempfile::tempdir().unwrap().keep();
    let listen = "127.0.0.1:0".parse().unwrap();
    let gateway = gateway::Settings::default();
    suite::start(Options { data: folder, listen, postgres: None, gateway, tls: None }).await.unwrap()
}

/// Imports a generated estate into an organization, as the command line would.
pub(crate) async fn import(running: &Suite, organization: &str, scale: f64) -> telwarden::import::Done {
    import_part(running, organization, scale, usize::MAX).await
}

/// The same, but only so many of its assets, as a source that says this is all.
async fn import_part(running: &Suite, organization: &str, scale: f64, most: usize) -> telwarden::import::Done {
    let mut bytes = Vec::new();
    sample::write_tmf639(sample::Settings { seed: 5, scale }, &mut bytes).unwrap();
    let token = running.token("oss", &[organization], &["asset-manager"]).unwrap();
    let connection = Connection::new(running.url(), token, Output::Json);
    let start = wire::assets::v1::ImportStart {
        parent: format!("organizations/{organization}"),
        source: "oss".to_owned(),
        accept_states: true,
        full: most < usize::MAX,
        ..Default::default()
    };
    let read = Box::new(move |sink: &mut dyn FnMut(intake::Item) -> std::ops::ControlFlow<()>| {
        let mut assets = 0;
        let mut some = |item: intake::Item| match &item.record {
            Record::Asset(_) if assets == most => std::ops::ControlFlow::Continue(()),
            Record::Dependency(_) if most < usize::MAX => std::ops::ControlFlow::Continue(()),
            record => {
                assets += usize::from(matches!(record, Record::Asset(_)));
                sink(item)
            }
        };
        intake::read(intake::Format::Tmf639, &mut bytes.as_slice(), &intake::Settings::default(), &mut some)
    });
    telwarden::import::stream(connection.open().await.unwrap(), start, read).await.unwrap()
}

/// What the source calls the assets of the generated estate after the first so many.
fn beyond(scale: f64, most: usize) -> HashSet<String> {
    let mut bytes = Vec::new();
    sample::write_tmf639(sample::Settings { seed: 5, scale }, &mut bytes).unwrap();
    let mut assets = Vec::new();
    intake::read(intake::Format::Tmf639, &mut bytes.as_slice(), &intake::Settings::default(), &mut |item| {
        if let Record::Asset(record) = item.record {
            assets.push(record.external_id);
        }
        std::ops::ControlFlow::Continue(())
    })
    .unwrap();
    assets.into_iter().skip(most).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_imports_values_and_proves_its_estate() {
    let running = start().await;

    // Inventory: an export becomes assets, sites and dependencies; importing it again changes nothing.
    let first = import(&running, "acme", 0.2).await;
    let counts = first.summary.counts.unwrap();
    assert!(counts.created > 300, "{counts:?}");
    assert_eq!((counts.rejected, counts.created), (0, counts.read));
    assert!(first.report.not_imported.keys().all(|kind| kind.contains("repeated")), "{:?}", first.report.not_imported);
    let again = import(&running, "acme", 0.2).await.summary.counts.unwrap();
    assert_eq!((again.unchanged, again.created, again.updated), (counts.read, 0, 0));

    // Value: the value of what depends flows down the graph.
    let token = running.token("lead", &["acme"], &["viewer"]).unwrap();
    let connection = Connection::new(running.url(), token, Output::Json);
    let estate = telwarden::posture::estate::read(connection.open().await.unwrap(), "acme").await.unwrap();
    assert!(estate.inheriting > 50, "{}", estate.inheriting);
    assert!(estate.deepest_dependency.len() >= 8);
    let screen = telwarden::posture::estate::text("acme", &estate);
    for part in ["Most valuable, and why", "Deepest dependency", "How well known"] {
        assert!(screen.contains(part), "{screen}");
    }

    // What everything in the longest chain rests on says whose value it has, and by which way.
    let mut client = AssetServiceClient::new(connection.open().await.unwrap());
    let name = estate.deepest_dependency.last().unwrap().clone();
    let explained = client.explain_asset_value(ExplainAssetValueRequest { name }).await.unwrap().into_inner();
    let drawn = telwarden::estate::explained(&explained);
    assert!(explained.path.len() > 1 && drawn.contains(&explained.path[0].display_name), "{drawn}");

    // A filter saved under a name is followed: what enters it is counted and told without anybody asking again.
    let lead = running.token("lead", &["acme"], &["asset-manager"]).unwrap();
    let managing = Connection::new(running.url(), lead, Output::Json);
    let mut selecting = SelectorServiceClient::new(managing.open().await.unwrap());
    let selector = Selector { display_name: "Grade 1".to_owned(), filter: "grade=1".to_owned(), ..Default::default() };
    let parent = "organizations/acme".to_owned();
    let request = CreateSelectorRequest { parent, selector_id: "grade-1".to_owned(), selector: Some(selector) };
    let mut selector = selecting.create_selector(request).await.unwrap().into_inner();
    while selector.state() != wire::assets::v1::selector::State::Ready {
        let name = selector.name.clone();
        selector = selecting.get_selector(GetSelectorRequest { name }).await.unwrap().into_inner();
    }
    let graded = estate.grades.iter().find(|count| count.key == "1").unwrap().count;
    let selectors = telwarden::posture::selectors::read(connection.open().await.unwrap(), "acme").await.unwrap();
    assert_eq!(selectors.iter().map(|(_, assets)| *assets).collect::<Vec<_>>(), [graded]);
    assert!(telwarden::posture::selectors::text(&selectors).contains("grade=1"));

    // The source lists half of it the next time: the rest is flagged and stays.
    let half = first.summary.by_kind["asset"].created / 2;
    let gone = import_part(&running, "acme", 0.2, usize::try_from(half).unwrap()).await.summary;
    // What had retired before is gone rightly.
    let request = ListAssetsRequest {
        parent: "organizations/acme".to_owned(),
        filter: "state=RETIRED".to_owned(),
        page_size: 1000,
        ..Default::default()
    };
    let retired = client.list_assets(request).await.unwrap().into_inner().assets;
    let gone_from_source = beyond(0.2, usize::try_from(half).unwrap());
    let rightly =
        retired.iter().filter(|asset| asset.external_ids.iter().any(|id| gone_from_source.contains(&id.value)));
    let left = estate.assets - half - i64::try_from(rightly.count()).unwrap();
    assert_eq!(gone.unlisted_assets, left);
    let after = telwarden::posture::estate::read(connection.open().await.unwrap(), "acme").await.unwrap();
    assert_eq!((after.assets, after.unlisted), (estate.assets, left));

    // The board sees what waits for somebody, each part as far as the caller may read it.
    crate::posture::shows_what_waits(&running, 0.2, estate.assets).await;

    // What is done about controls: one runs them, another approves; and the board sees how far it is.
    crate::controls::shows_the_programme(&running).await;

    // What may happen, how likely and how bad, who bears it until when; and a control that fails opens the risk that relied on it.
    crate::risk::shows_the_risks(&running, "oss").await;

    // What goes wrong all the same: reported, handled, learnt from.
    crate::incidents::shows_the_incidents(&running, "oss").await;

    // Proof: the ledger holds.
    let verified = store::verify(&running.databases[0], &assets_tables()).await.unwrap().unwrap();
    assert_eq!(verified.rows["asset"], u64::try_from(estate.assets).unwrap());
    let (_, tables) = suite::services().into_iter().find(|(service, _)| *service == controls::NAME).unwrap();
    let verified = store::verify(&running.databases[1], &tables).await.unwrap().unwrap();
    assert_eq!(verified.rows["implementation"], sample::programme().implementations.len() as u64);
    let (_, tables) = suite::services().into_iter().find(|(service, _)| *service == risk::NAME).unwrap();
    let verified = store::verify(&running.databases[2], &tables).await.unwrap().unwrap();
    // Those of the sample, and those made of a profile.
    assert_eq!(verified.rows["risk"], sample::risks().len() as u64 + 3);
    let (_, tables) = suite::services().into_iter().find(|(service, _)| *service == ::incidents::NAME).unwrap();
    let verified = store::verify(&running.databases[3], &tables).await.unwrap().unwrap();
    assert_eq!(verified.rows["incident"], sample::incidents().len() as u64);
    running.stop().await.unwrap();
}

fn assets_tables() -> store::Tables {
    suite::services().into_iter().next().unwrap().1
}

#[tokio::test(flavor = "multi_thread")]
async fn grpc_and_the_command_line_meet_the_same_gateway() {
    let running = start().await;
    let token = running.token("ana", &["acme"], &["administrator"]).unwrap();
    let connection = Connection::new(running.url(), token, Output::Json);
    let create: Value =
        json!({"parent": "organizations/acme", "assetId": "r1", "asset": {"displayName": "R1", "type": "router"}});
    telwarden::call::call(&connection, "telwarden.assets.v1.AssetService/CreateAsset", &create.to_string())
        .await
        .unwrap();
    let twice = telwarden::call::call(&connection, "telwarden.assets.v1.AssetService/CreateAsset", &create.to_string())
        .await
        .unwrap_err();
    assert!(twice.to_string().contains("RESOURCE_EXISTS"), "{twice}");
    let unknown =
        telwarden::call::call(&connection, "telwarden.assets.v1.AssetService/Nothing", "{}").await.unwrap_err();
    assert!(unknown.to_string().contains("CreateAsset"), "the error lists what there is: {unknown}");
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_breaks_off_leaves_nothing_behind_when_all_or_nothing_was_asked_for() {
    let running = start().await;
    let mut bytes = Vec::new();
    sample::write_tmf639(sample::Settings { seed: 5, scale: 0.5 }, &mut bytes).unwrap();
    bytes.truncate(bytes.len() / 2);
    let token = running.token("oss", &["acme"], &["administrator"]).unwrap();
    let connection = Connection::new(running.url(), token, Output::Json);
    let start = wire::assets::v1::ImportStart {
        parent: "organizations/acme".to_owned(),
        source: "oss".to_owned(),
        atomic: true,
        ..Default::default()
    };
    let read = Box::new(move |sink: &mut dyn FnMut(intake::Item) -> std::ops::ControlFlow<()>| {
        intake::read(intake::Format::Tmf639, &mut bytes.as_slice(), &intake::Settings::default(), sink)
    });
    let broken = telwarden::import::stream(connection.open().await.unwrap(), start, read).await;
    assert!(broken.is_err());
    // A second import waits for the first to be undone, then finds nothing of it.
    let whole = import(&running, "acme", 0.1).await.summary.counts.unwrap();
    assert_eq!(whole.created, whole.read);
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_belongs_to_the_trace_of_the_call_that_made_it() {
    let running = start().await;
    let token = running.token("ana", &["acme"], &["administrator"]).unwrap();
    let connection = Connection::new(running.url(), token, Output::Json);
    let client = connection.open().await.unwrap();
    let site =
        wire::assets::v1::Site { display_name: "Hub".to_owned(), r#type: "office".to_owned(), ..Default::default() };
    let parent = "organizations/acme".to_owned();
    let mut request = tonic::Request::new(wire::assets::v1::CreateSiteRequest {
        parent: parent.clone(),
        site: Some(site),
        ..Default::default()
    });
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    request.metadata_mut().insert("traceparent", format!("00-{trace}-00f067aa0ba902b7-01").parse().unwrap());
    wire::assets::v1::site_service_client::SiteServiceClient::new(client.clone()).create_site(request).await.unwrap();
    let mut changes = wire::changes::v1::change_service_client::ChangeServiceClient::new(client);
    let listed = wire::changes::v1::ListChangesRequest { parent, ..Default::default() };
    let listed = changes.list_changes(listed).await.unwrap().into_inner().changes;
    assert_eq!(listed[0].trace, trace, "through the gateway and the service into the ledger");
    running.stop().await.unwrap();
}
