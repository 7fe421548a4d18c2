//! What a board sees beside the estate: registers, campaigns, quarantine, each as far as the caller may read it.

use prost_types::Timestamp;
use store::Database;
use telwarden::client::{Connection, Output};
use telwarden::posture::{campaigns, quarantine, registers};
use telwarden::suite::Suite;
use wire::assets::v1::disclosure_request_service_client::DisclosureRequestServiceClient;
use wire::assets::v1::import_item::Record;
use wire::assets::v1::verification_campaign_service_client::VerificationCampaignServiceClient;
use wire::assets::v1::{
    CreateDisclosureRequestRequest, CreateVerificationCampaignRequest, DependencyRecord, DisclosureRequest,
    ListDisclosureRequestsRequest, OpenVerificationCampaignRequest, VerificationCampaign,
};

/// Long ago.
fn time(text: &str) -> Option<Timestamp> {
    Some(text.parse().unwrap())
}

fn connection(running: &Suite, who: &str, role: &str) -> Connection {
    Connection::new(running.url(), running.token(who, &["acme"], &[role]).unwrap(), Output::Json)
}

/// How many attempts of a subject were denied.
async fn denied(database: &Database, who: &str) -> i64 {
    let mut sql = database.sql("SELECT COUNT(*) FROM denied_attempt WHERE subject = ");
    sql.bind(who);
    database.row(sql).await.unwrap().unwrap().try_get_by_index(0).unwrap()
}

/// A campaign over all assets that is late, a demand that waits too long, and a record that no import could take.
async fn left_undone(running: &Suite) {
    let lead = connection(running, "lead", "asset-manager").open().await.unwrap();
    let mut client = VerificationCampaignServiceClient::new(lead);
    let campaign = VerificationCampaign {
        display_name: "Spring".to_owned(),
        method: "on-site".to_owned(),
        due_time: time("2020-05-31T00:00:00Z"),
        ..Default::default()
    };
    let request = CreateVerificationCampaignRequest {
        parent: "organizations/acme".to_owned(),
        verification_campaign: Some(campaign),
        ..Default::default()
    };
    let planned = client.create_verification_campaign(request).await.unwrap().into_inner();
    let open = OpenVerificationCampaignRequest { name: planned.name, ..Default::default() };
    client.open_verification_campaign(open).await.unwrap();

    let demand = DisclosureRequest {
        authority: "District Court of Ostmarch".to_owned(),
        legal_basis: "Communications Act, section 100 g".to_owned(),
        reference: "OM-2020-00417".to_owned(),
        scope: "Mobile voice".to_owned(),
        data_kinds: vec!["traffic".to_owned()],
        receive_time: time("2020-01-01T00:00:00Z"),
        due_time: time("2020-01-08T00:00:00Z"),
        ..Default::default()
    };
    let request = CreateDisclosureRequestRequest {
        parent: "organizations/acme".to_owned(),
        disclosure_request: Some(demand),
        ..Default::default()
    };
    let officer = connection(running, "mia", "privacy-officer").open().await.unwrap();
    DisclosureRequestServiceClient::new(officer).create_disclosure_request(request).await.unwrap();

    let start = wire::assets::v1::ImportStart {
        parent: "organizations/acme".to_owned(),
        source: "crm".to_owned(),
        ..Default::default()
    };
    let read = Box::new(|sink: &mut dyn FnMut(intake::Item) -> std::ops::ControlFlow<()>| {
        let lost = DependencyRecord {
            dependent_external_id: "ghost".to_owned(),
            supporting_external_id: "shade".to_owned(),
            ..Default::default()
        };
        let _ = sink(intake::Item {
            origin: "line 1".to_owned(),
            source_kind: "dependency".to_owned(),
            record: Record::Dependency(lost),
        });
        Ok(intake::Report::default())
    });
    let importing = connection(running, "oss", "asset-manager").open().await.unwrap();
    let done = telwarden::import::stream(importing, start, read).await.unwrap();
    assert_eq!(done.summary.counts.unwrap().rejected, 1);
}

/// The parts of the posture that are not the estate, in an organization with a generated estate of `assets` assets (seed 5).
pub(crate) async fn shows_what_waits(running: &Suite, scale: f64, assets: i64) {
    let generated = sample::registers(sample::Settings { seed: 5, scale }).unwrap();
    let lead = connection(running, "lead", "asset-manager").open().await.unwrap();
    telwarden::registers::create(lead, "acme", "oss", &generated).await.unwrap();
    left_undone(running).await;

    let viewing = connection(running, "vera", "viewer");
    let roles = viewing.roles().unwrap();
    let seen = registers::read(viewing.open().await.unwrap(), "acme", Some(&roles)).await.unwrap();
    let sum = |tally: &telwarden::posture::Tally| tally.values().sum::<i64>();
    assert_eq!(sum(&seen.interconnects), generated.interconnects.len() as i64);
    let isolated = generated.interconnects.iter().filter(|one| matches!(one.stage, sample::Stage::Isolated(_))).count();
    assert!(isolated > 0 && seen.isolated.len() == isolated && seen.interconnects["ISOLATED"] == isolated as i64);
    assert_eq!(sum(&seen.essential_users), generated.essential_users.len() as i64);
    assert!(seen.essential_users["emergency-service"] > 0);
    assert_eq!(sum(&seen.security_levels), generated.security_levels.len() as i64);
    assert_eq!(sum(&seen.published), seen.security_levels["PUBLISHED"]);
    assert_eq!(seen.disclosures, None);
    let screen = registers::text(&seen);
    let why = &seen.isolated[0].isolate_reason;
    for part in ["ISOLATED", why, "emergency-service", "PUBLISHED", "not shown: it takes the permission"] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
    assert!(registers::json(&seen)["disclosureRequests"].is_null());

    let officer = connection(running, "mia", "privacy-officer");
    let open = registers::read(officer.open().await.unwrap(), "acme", officer.roles().as_ref()).await.unwrap();
    let late = registers::Disclosures { received: 1, verified: 0, overdue: 1 };
    assert_eq!(open.disclosures, Some(late));
    assert!(registers::text(&open).contains("1 requests open, 1 of them not verified; 1 overdue"));
    assert_eq!(registers::json(&open)["disclosureRequests"]["overdue"], 1);

    // Whoever only looks at the screen leaves no trace of an attempt: the one row is of the call that is made on purpose.
    let mut asking = DisclosureRequestServiceClient::new(viewing.open().await.unwrap());
    let request = ListDisclosureRequestsRequest { parent: "organizations/acme".to_owned(), ..Default::default() };
    asking.list_disclosure_requests(request).await.unwrap_err();
    let told = async {
        while denied(&running.databases[0], "vera").await == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), told).await.unwrap();
    assert_eq!(denied(&running.databases[0], "vera").await, 1);
    // Where the roles are not known beforehand, the service says what may not be read.
    let unknown = registers::read(viewing.open().await.unwrap(), "acme", None).await.unwrap();
    assert_eq!(unknown.disclosures, None);

    let open = campaigns::read(viewing.open().await.unwrap(), "acme").await.unwrap();
    let (campaign, progress) = &open.open[0];
    assert_eq!((campaign.display_name.as_str(), progress.covered, progress.overdue), ("Spring", assets, true));
    let screen = campaigns::text(&open);
    assert!(screen.contains(&format!("Spring: 0.0 % (0 of {assets}) verified, OVERDUE since 2020-05-31")), "{screen}");
    assert_eq!(campaigns::json(&open)["open"][0]["overdue"], true);

    let waiting = quarantine::read(viewing.open().await.unwrap(), "acme").await.unwrap();
    assert_eq!((waiting.open, waiting.sources["crm"], waiting.reasons["IMPORT_REFERENCE_UNKNOWN"]), (1, 1, 1));
    assert!(quarantine::text(&waiting).contains("1 rejected records wait"));
    assert_eq!(quarantine::json(&waiting)["reasons"]["IMPORT_REFERENCE_UNKNOWN"], 1);
}
