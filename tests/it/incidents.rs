//! Incidents, through the suite: the sample operator's, and the screen of those who may see it.

use telwarden::client::{Connection, Output};
use telwarden::handling;
use telwarden::incidents::{deadlines, timeline};
use telwarden::posture::incidents as posture;
use telwarden::suite::Suite;
use telwarden::triage;

use crate::insurance::auditor;

/// The organization `acme`, which has the assets of the sample operator under the source `source`, gets its incidents.
pub(crate) async fn shows_the_incidents(running: &Suite, source: &str) {
    let connection = |subject: &str, role: &str| {
        Connection::new(running.url(), running.token(subject, &["acme"], &[role]).unwrap(), Output::Json)
    };
    // The law is somebody else's to put in force.
    let (handler, viewing) = (connection("hans", "administrator"), connection("vera", "viewer"));
    let client = handler.open().await.unwrap();
    assert_eq!(
        handling::create(&client, "acme", source, sample::incidents()).await.unwrap(),
        sample::incidents().len()
    );
    assert_eq!(handling::create(&client, "acme", source, sample::incidents()).await.unwrap(), 0);
    assert_eq!(
        triage::create(&client, "acme", source, sample::signals()).await.unwrap(),
        sample::signals().len() as i64
    );
    assert_eq!(triage::create(&client, "acme", source, sample::signals()).await.unwrap(), 0);

    let seen = posture::read(auditor(running).open().await.unwrap(), "acme", None).await.unwrap().unwrap();
    let ids: Vec<&str> = seen.open.iter().map(|one| one.name.rsplit('/').next().unwrap()).collect();
    assert_eq!(ids[0], "signalling-flood", "a crisis comes first: {ids:?}");
    assert_eq!(ids.len(), 4, "one is learnt from, one was a drill: {ids:?}");
    let screen = posture::text(Some(&seen));
    for part in [
        "4 open: 1 CRISIS · 1 INCIDENT · 2 SECURITY_INCIDENT",
        "61000 users",
        "1 lessons to be done, 0 of them overdue",
        "3 cases of 4 signals to be looked at",
    ] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
    let due: Vec<(&str, &str)> =
        seen.due.iter().map(|one| (one.incident.rsplit('/').next().unwrap(), one.stage.as_str())).collect();
    assert!(
        due.contains(&("signalling-flood", "early-warning")) && due.contains(&("sim-swap-wave", "initial")),
        "{due:?}"
    );
    assert!(screen.contains("left to tell the competent national authority"), "{screen}");
    assert!(screen.contains("left to find out personal_risk"), "{screen}");
    // What is due at once comes before what has an end, however near; what waits for another stage does not come at all.
    let all = deadlines::open(auditor(running).open().await.unwrap(), "acme", 1_000).await.unwrap();
    let ends: Vec<i64> = all.iter().map(|one| store::micros(one.due_time.as_ref())).collect();
    assert!(ends.is_sorted() && all.iter().all(|one| one.due_time.is_some() || one.start_time.is_some()), "{all:?}");
    assert_eq!((all[0].stage.as_str(), all[0].due_time), ("recipients", None), "{all:?}");
    assert!(all.iter().any(|one| one.stage == "early-warning"), "{all:?}");
    assert_eq!(deadlines::open(auditor(running).open().await.unwrap(), "acme", 1).await.unwrap(), all[..1]);
    let waiting: Vec<(&str, i64)> =
        seen.cases.iter().map(|case| (case.display_name.as_str(), case.signal_count)).collect();
    assert!(waiting.contains(&("loginRefused at border-router-000001", 2)), "{waiting:?}");
    let told = timeline::entries(auditor(running).open().await.unwrap(), "organizations/acme/incidents/backhaul-cut")
        .await
        .unwrap();
    let lines = timeline::drawn(&told);
    assert!(
        lines.contains("hans: Spliced; traffic is back on the ring.") && lines.contains("RECOVERING → MONITORING"),
        "{lines}"
    );
    assert_eq!(posture::json(Some(&seen))["byLevel"]["CRISIS"], 1);
    // Who may not read incidents sees the rest of the screen, and leaves no trace of an attempt.
    let roles = viewing.roles();
    assert!(posture::read(viewing.open().await.unwrap(), "acme", roles.as_ref()).await.unwrap().is_none());
    assert!(posture::read(viewing.open().await.unwrap(), "acme", None).await.unwrap().is_none());
}
