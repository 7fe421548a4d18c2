//! Controls, through the suite: what the asset registry holds is known to the service of controls without anybody asking.

use std::time::Duration;

use telwarden::client::{Connection, Output};
use telwarden::controls::{CoverageOf, coverage, drawn, statement, suggestions};
use telwarden::posture::controls as posture;
use telwarden::programme::{self, Made, People};
use telwarden::suite::Suite;
use wire::assets::v1::Site;
use wire::assets::v1::site_service_client::SiteServiceClient;
use wire::assets::v1::{CreateSiteRequest, DeleteSiteRequest};

/// A site is made, and the control for it suggested; it goes, and the suggestion with it. Another organization sees nothing.
#[tokio::test(flavor = "multi_thread")]
async fn the_estate_says_which_controls_apply() {
    let running = crate::story::start().await;
    let token = running.token("ana", &["acme", "other"], &["administrator"]).unwrap();
    let connection = Connection::new(running.url(), token, Output::Json);
    let mut sites = SiteServiceClient::new(connection.open().await.unwrap());
    let site = Site { display_name: "Peak".to_owned(), r#type: "isolated-area".to_owned(), ..Default::default() };
    let parent = "organizations/acme".to_owned();
    let request = CreateSiteRequest { parent, site_id: "peak".to_owned(), site: Some(site) };
    let made = sites.create_site(request).await.unwrap().into_inner();

    let isolated = async |organization: &str, sites: Vec<String>| {
        let found = suggestions(connection.open().await.unwrap(), organization, "x1051-2023", sites).await.unwrap();
        let control = found.suggestions.iter().find(|one| one.control.ends_with("/controls/tel-isolated")).cloned();
        (control, found)
    };
    let until = async |wanted: bool| {
        for _ in 0..600 {
            let (control, found) = isolated("acme", Vec::new()).await;
            if control.is_some() == wanted {
                return (control, found);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the service of controls did not hear of it within 30 s")
    };
    let (control, found) = until(true).await;
    let control = control.unwrap();
    assert_eq!(control.control, "organizations/acme/catalogues/x1051-2023/controls/tel-isolated");
    assert!(control.grounds.iter().any(|ground| ground.rule == "isolated-area"), "{control:?}");
    assert!(drawn(&found).contains("isolated"), "{}", drawn(&found));
    assert!(isolated("acme", vec![made.name.clone()]).await.0.is_some());
    assert!(isolated("acme", vec!["organizations/acme/sites/elsewhere".to_owned()]).await.0.is_none());
    assert!(isolated("other", Vec::new()).await.0.is_none());

    sites.delete_site(DeleteSiteRequest { name: made.name, etag: String::new() }).await.unwrap();
    until(false).await;
    running.stop().await.unwrap();
}

/// The organization `acme` gets what the sample operator does about controls; the posture, the statement and the coverage show it.
pub(crate) async fn shows_the_programme(running: &Suite) {
    let connection = |subject: &str, roles: &[&str]| {
        Connection::new(running.url(), running.token(subject, &["acme"], roles).unwrap(), Output::Json)
    };
    let owner = connection("olga", &["control-owner"]).open().await.unwrap();
    let approver = connection("pavel", &["approver", "control-owner"]).open().await.unwrap();
    let (people, programme) = (People { owner, approver }, sample::programme());
    let made = programme::create(&people, "acme", &programme).await.unwrap();
    let all = Made {
        statements: programme.scopes.len(),
        implementations: programme.implementations.len(),
        exceptions: programme.exceptions.len(),
    };
    assert_eq!(made, all);
    assert_eq!(programme::create(&people, "acme", &programme).await.unwrap(), Made::default(), "again changes nothing");

    let viewing = connection("vera", &["viewer"]);
    let seen = posture::read(viewing.open().await.unwrap(), "acme").await.unwrap();
    assert_eq!(seen.implementations.len(), 8, "one in every state: {:?}", seen.implementations);
    assert_eq!((seen.exceptions.len(), seen.ending_exceptions.len()), (4, 1));
    assert_eq!((seen.ending_evidence.len(), seen.expired_evidence), (1, 0));
    let states: Vec<&str> = seen.statements.iter().map(|one| one.state().as_str_name()).collect();
    assert!(states.contains(&"DRAFT") && states.contains(&"APPROVED"), "{states:?}");
    let screen = posture::text(&seen);
    for part in
        ["rows undecided", "by mappings, of nist-csf-2.0", "evidence that ends within 30 days: 1", "REMEDIATION"]
    {
        assert!(screen.contains(part), "{part}: {screen}");
    }

    // The table of the scope that nobody has finished says so; that of the approved one says who approved.
    let client = || async { viewing.open().await.unwrap() };
    let network = statement(client().await, "acme", "network", "x1051-2023").await.unwrap().unwrap();
    assert_eq!((network.rows.len(), network.statement.undecided), (107, 6));
    let calls = statement(client().await, "acme", "emergency-calls", "x1051-2023").await.unwrap().unwrap();
    assert!(calls.drawn().contains("approved by pavel"), "{}", calls.drawn());

    let which = CoverageOf {
        organization: "acme".to_owned(),
        catalogue: "x1051-2023".to_owned(),
        scope: Some("emergency-calls".to_owned()),
        gaps: true,
    };
    let found = coverage(client().await, &which).await.unwrap();
    let whole = found.summary.coverage.unwrap();
    assert_eq!((whole.applicable, whole.not_applicable, whole.full), (105, 2, 3));
    assert_eq!(found.gaps.as_ref().unwrap().len(), 102);
    assert!(found.drawn("x1051-2023").contains("statements/emergency-calls"));
}
