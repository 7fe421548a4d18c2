//! The attack surface in the posture: how exposed the whole is and how that went, what nobody answers for, which approvals end, and what
//! is overdue (ITU-T X.1059).

use anyhow::Result;
use wire::risk::v1::exposure::State;
use wire::risk::v1::exposure_service_client::ExposureServiceClient;
use wire::risk::v1::finding::Severity;
use wire::risk::v1::finding_service_client::FindingServiceClient;
use wire::risk::v1::surface_snapshot_service_client::SurfaceSnapshotServiceClient;
use wire::risk::v1::{
    Exposure, Finding, ListExposuresRequest, ListFindingsRequest, ListSurfaceSnapshotsRequest, SurfaceSnapshot,
};

use super::{Tally, tallied};
use crate::client::{Client, explain};
use crate::surveys::time;

/// How many of each list are shown.
const SHOWN: i32 = 10;

/// How it stands with what can be reached from networks that the operator does not control.
#[derive(Debug, Default)]
pub struct Surface {
    /// The newest snapshots, the newest first.
    pub snapshots: Vec<SurfaceSnapshot>,
    /// Some of those that nobody answers for, or that must not be reachable and were seen all the same.
    pub unwanted: Vec<Exposure>,
    /// Some whose approval ends soon, what ends first first.
    pub expiring: Vec<Exposure>,
    /// Some of the most exposed, the worst first.
    pub most_exposed: Vec<Exposure>,
    /// Some findings past their due time, the oldest due time first.
    pub overdue: Vec<Finding>,
}

/// Reads how it stands.
///
/// # Errors
/// What the service has against a call.
pub async fn read(client: Client, organization: &str) -> Result<Surface> {
    let parent = || format!("organizations/{organization}");
    let request = ListSurfaceSnapshotsRequest {
        parent: parent(),
        order_by: "take_time desc".to_owned(),
        page_size: SHOWN,
        ..Default::default()
    };
    let snapshots = SurfaceSnapshotServiceClient::new(client.clone()).list_surface_snapshots(request).await;
    let snapshots = snapshots.map_err(|status| explain(&status))?.into_inner().surface_snapshots;
    let mut exposures = ExposureServiceClient::new(client.clone());
    let mut list = async |filter: &str, order_by: &str| {
        let (filter, order_by) = (filter.to_owned(), order_by.to_owned());
        let request =
            ListExposuresRequest { parent: parent(), filter, order_by, page_size: SHOWN, ..Default::default() };
        let listed = exposures.list_exposures(request).await.map_err(|status| explain(&status))?;
        Ok::<_, anyhow::Error>(listed.into_inner().exposures)
    };
    let unwanted = list("state = UNKNOWN OR (state = REJECTED AND case_raised = true)", "last_seen desc").await?;
    let expiring = list("state = EXPIRING", "approved_until").await?;
    let most_exposed = list("score > 0 AND state != WITHDRAWN", "score desc").await?;
    let request = ListFindingsRequest {
        parent: parent(),
        filter: "overdue = true".to_owned(),
        order_by: "due_time".to_owned(),
        page_size: SHOWN,
        ..Default::default()
    };
    let overdue = FindingServiceClient::new(client).list_findings(request).await.map_err(|status| explain(&status))?;
    Ok(Surface { snapshots, unwanted, expiring, most_exposed, overdue: overdue.into_inner().findings })
}

fn counts(of: &std::collections::BTreeMap<String, i32>) -> Tally {
    of.iter().filter(|(_, count)| **count > 0).map(|(key, count)| (key.clone(), i64::from(*count))).collect()
}

/// The part of the posture as JSON.
#[must_use]
pub fn json(found: &Surface) -> serde_json::Value {
    let names = |exposures: &[Exposure]| exposures.iter().map(|one| one.name.clone()).collect::<Vec<_>>();
    let newest = found.snapshots.first().map(|of| {
        serde_json::json!({
            "takeTime": of.take_time.as_ref().map(ToString::to_string), "exposures": of.exposures, "hosts": of.hosts,
            "exposuresByState": counts(&of.exposures_by_state), "cases": of.cases,
            "findingsBySeverity": counts(&of.findings_by_severity), "overdueFindings": of.overdue_findings,
            "score": of.score, "rose": of.rose, "explained": of.explained,
        })
    });
    let trend = found.snapshots.iter().rev().map(|of| {
        serde_json::json!({"takeTime": of.take_time.as_ref().map(ToString::to_string), "score": of.score, "exposures": of.exposures})
    });
    serde_json::json!({
        "newest": newest, "trend": trend.collect::<Vec<_>>(), "unwanted": names(&found.unwanted), "expiring": names(&found.expiring),
        "mostExposed": found.most_exposed.iter().map(|one| serde_json::json!({"name": one.name, "score": one.score})).collect::<Vec<_>>(),
        "overdueFindings": found.overdue.iter().map(|one| serde_json::json!({"name": one.name, "severity": one.severity().as_str_name(),
            "dueTime": one.due_time.as_ref().map(ToString::to_string)})).collect::<Vec<_>>(),
    })
}

/// The part of the posture as lines for a person.
#[must_use]
pub fn text(found: &Surface) -> String {
    let Some(of) = found.snapshots.first() else {
        return "\n  Attack surface: no snapshot yet (one is taken each midnight UTC of what was scanned)\n".to_owned();
    };
    let mut out = format!(
        "\n  Attack surface: {} exposures on {} hosts ({})\n    score {:.1} of 10{}; by state {}\n",
        of.exposures,
        of.hosts,
        time(of.take_time.as_ref()),
        of.score,
        moved(&found.snapshots),
        tallied(&counts(&of.exposures_by_state))
    );
    out.push_str(&format!(
        "    findings open: {}; OVERDUE: {}\n",
        tallied(&counts(&of.findings_by_severity)),
        of.overdue_findings
    ));
    for one in &found.overdue {
        let severity = match one.severity() {
            Severity::Unspecified => "UNRATED",
            rated => rated.as_str_name(),
        };
        out.push_str(&format!("      {severity}: {}, due {}\n", what(one), time(one.due_time.as_ref())));
    }
    for one in &found.unwanted {
        let what = match one.state() {
            State::Rejected => "REJECTED, and seen again",
            _ if one.case_raised => "nobody answers for it: A CASE",
            _ => "nobody answers for it",
        };
        out.push_str(&format!("    {what}: {}, {}\n", spoken(one), time(one.last_seen.as_ref())));
    }
    for one in &found.expiring {
        out.push_str(&format!("    approval ends: {}, {}\n", spoken(one), time(one.approved_until.as_ref())));
    }
    for one in &found.most_exposed {
        out.push_str(&format!("    exposed {:.1}: {} ({})\n", one.score, spoken(one), one.state().as_str_name()));
    }
    out
}

/// How the score went since the snapshot before.
fn moved(snapshots: &[SurfaceSnapshot]) -> String {
    let [newest, _, ..] = snapshots else { return String::new() };
    match (newest.rose, newest.explained) {
        (true, false) => format!(", {:+.1} since the snapshot before: TO BE EXPLAINED", newest.delta),
        (true, true) => format!(", {:+.1} since the snapshot before: {}", newest.delta, newest.explanation),
        (false, _) => format!(", {:+.1} since the snapshot before", newest.delta),
    }
}

/// What was found, in a few words, and where.
fn what(finding: &Finding) -> String {
    let last = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
    let what = match finding.vulnerability.as_str() {
        "" => finding.weakness.clone(),
        vulnerability => last(vulnerability).to_uppercase(),
    };
    let place = if finding.exposure.is_empty() { &finding.asset } else { &finding.exposure };
    format!("{what} on {}", last(place))
}

/// `ssh at 203.0.113.200 port 22`.
fn spoken(exposure: &Exposure) -> String {
    let host = if exposure.fqdn.is_empty() { &exposure.ip } else { &exposure.fqdn };
    let service = if exposure.service.is_empty() { "something" } else { &exposure.service };
    match exposure.port {
        0 => format!("{service} at {host}"),
        port => format!("{service} at {host} port {port}"),
    }
}
