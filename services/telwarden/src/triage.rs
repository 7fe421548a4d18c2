//! Gives the sample operator its signals, through the public API, and decides about two of the cases they become.

use access::{Clock as _, SystemClock};
use anyhow::Result;
use sample::SignalForm;
use wire::incidents::v1 as api;
use wire::incidents::v1::case_service_client::CaseServiceClient;
use wire::incidents::v1::signal::{AlarmType, Form, Severity};
use wire::incidents::v1::signal_service_client::SignalServiceClient;

use crate::client::{Client, explain};

/// Takes the signals in for an organization whose assets are known under the source `source`, and says how many are new.
///
/// # Errors
/// What the service has against a call.
pub async fn create(client: &Client, organization: &str, source: &str, signals: &[sample::Signal]) -> Result<i64> {
    let parent = format!("organizations/{organization}");
    let records = signals.iter().zip(1..).map(|(signal, position)| api::SignalRecord {
        position,
        origin: format!("sample {}", signal.id),
        signal: Some(said(source, signal)),
    });
    let request = api::BatchIntakeSignalsRequest { parent: parent.clone(), records: records.collect() };
    let mut service = SignalServiceClient::new(client.clone());
    let taken = service.batch_intake_signals(request).await.map_err(|status| explain(&status))?.into_inner();
    if let Some(refused) = taken.rejected_signals.first() {
        anyhow::bail!("{} was refused: {}", refused.origin, refused.message);
    }
    if taken.created > 0 {
        decide(client, &parent).await?;
    }
    Ok(taken.created)
}

/// The time so many minutes ago, to the minute: the same signals again within it say the same.
fn minutes_ago(minutes: i64) -> Option<prost_types::Timestamp> {
    store::timestamp((SystemClock.now() / 60_000_000 - minutes) * 60_000_000)
}

fn said(source: &str, of: &sample::Signal) -> api::Signal {
    let (form, alarm_type) = match of.form {
        SignalForm::Alarm | SignalForm::PlannedAlarm => (Form::Alarm, AlarmType::Communications),
        SignalForm::SecurityAlarm => (Form::Alarm, AlarmType::SecurityServiceOrMechanismViolation),
        SignalForm::Report => (Form::Report, AlarmType::Unspecified),
    };
    let over = of.minutes_ago.1.and_then(minutes_ago);
    api::Signal {
        source: source.to_owned(),
        source_id: of.id.to_owned(),
        form: form.into(),
        alarm_type: alarm_type.into(),
        severity: if of.critical { Severity::Critical } else { Severity::Minor }.into(),
        kind: of.kind.to_owned(),
        device: of.device.to_owned(),
        cause: of.cause.to_owned(),
        text: of.text.to_owned(),
        raise_time: minutes_ago(of.minutes_ago.0),
        clear_time: over,
        report_time: over,
        planned_outage: of.form == SignalForm::PlannedAlarm,
        ..Default::default()
    }
}

/// One case belongs to an incident that is being handled, one is nothing; the rest waits to be looked at.
async fn decide(client: &Client, parent: &str) -> Result<()> {
    let mut cases = CaseServiceClient::new(client.clone());
    let request = api::ListCasesRequest {
        parent: parent.to_owned(),
        filter: "state = OPEN".to_owned(),
        page_size: 1000,
        ..Default::default()
    };
    let open = cases.list_cases(request).await.map_err(|status| explain(&status))?.into_inner().cases;
    let (kind, incident) = sample::CASE_OF_INCIDENT;
    for case in open {
        let root = case.root.as_ref().map_or("", |root| root.kind.as_str());
        let decided = if root == kind {
            let request = api::AttachCaseRequest {
                name: case.name.clone(),
                incident: format!("{parent}/incidents/{incident}"),
                reason: "its alarms are those of the cut".to_owned(),
                ..Default::default()
            };
            cases.attach_case(request).await.map(drop)
        } else if root == sample::CASE_OF_NOTHING {
            let reason = "a test of lamps, as its text says".to_owned();
            cases
                .dismiss_case(api::DismissCaseRequest { name: case.name.clone(), reason, ..Default::default() })
                .await
                .map(drop)
        } else {
            continue;
        };
        decided.map_err(|status| explain(&status))?;
    }
    Ok(())
}
