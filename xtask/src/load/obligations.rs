//! What is due at 100,000 open obligations, beside the same at 100: the query that a duty officer's screen makes.

use access::{Clock as _, SystemClock};
use anyhow::{Context as _, Result, ensure};
use prost_types::Timestamp;
use tokio::task::JoinSet;
use wire::incidents::v1::incident::{Facts, Known, PersonalRisk};
use wire::incidents::v1::incident_service_client::IncidentServiceClient;
use wire::incidents::v1::obligation_service_client::ObligationServiceClient;
use wire::incidents::v1::{CreateIncidentRequest, Incident, ListObligationsRequest};

use super::Load;
use super::calls::{Callers, PARENT};
use super::home::Home;
use super::scale::turns;
use super::table::{Line, Unit};

/// Calls to a sample of a latency.
const CALLS: usize = 40;
/// Obligations that one breach at an operator of the Union has open at once.
const EACH: usize = 4;

/// The row of deadlines.
pub(crate) async fn deadlines(load: &Load, home: &Home) -> Result<Line> {
    let (many, few) = if load.is_quick() { (10_000, 100) } else { (100_000, 100) };
    let suite = home.suite().await?;
    filled(&suite.callers, many / EACH).await?;
    let small = home.beside().await?;
    filled(&small.callers, few / EACH).await?;
    let (large, less) = (&suite.callers, &small.callers);
    let (ours, limit) = turns(CALLS, |_| due(large), |_| due(less)).await?;
    let what = format!("the nearest 50 deadlines of {many} open obligations");
    let against = format!("the same of {few}");
    Ok(Line::ratio(&what, home.name(), Unit::Microseconds, &ours, (&against, &limit), 1.0 / 1.5))
}

async fn filled(callers: &Callers, incidents: usize) -> Result<()> {
    const AT_ONCE: usize = 16;
    let mut running = JoinSet::new();
    for caller in 0..AT_ONCE {
        let callers = callers.clone();
        running.spawn(async move {
            let mut client = IncidentServiceClient::new(callers.channel(caller)?);
            for number in (caller..incidents).step_by(AT_ONCE) {
                client.create_incident(callers.request(breach(number)?)).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = running.join_next().await {
        done??;
    }
    Ok(())
}

/// A breach of subscriber data at an operator, detected within the last hours, a different instant each.
fn breach(number: usize) -> Result<CreateIncidentRequest> {
    let now = SystemClock.now() / 1_000_000;
    let detected = now - 10 - i64::try_from(number)? % 20_000;
    let incident = Incident {
        display_name: format!("Breach {number}"),
        detect_time: Some(Timestamp { seconds: detected, nanos: 0 }),
        personal_data_breach: Known::Yes.into(),
        facts: Some(Facts {
            severe_disruption: Known::Yes.into(),
            personal_risk: PersonalRisk::Risk.into(),
            operator_kinds: vec!["public_electronic_communications_provider".to_owned()],
            jurisdictions: vec!["EU".to_owned()],
            ..Default::default()
        }),
        ..Default::default()
    };
    Ok(CreateIncidentRequest { parent: PARENT.to_owned(), incident: Some(incident), ..Default::default() })
}

/// What is due, the nearest first, as the command line asks.
async fn due(callers: &Callers) -> Result<()> {
    let request = ListObligationsRequest {
        parent: PARENT.to_owned(),
        filter: "open = true AND due_time > \"1970-01-01T00:00:00Z\"".to_owned(),
        order_by: "due_time".to_owned(),
        page_size: 50,
        ..Default::default()
    };
    let page = ObligationServiceClient::new(callers.channel(0)?).list_obligations(callers.request(request)).await?;
    let found = page.into_inner().obligations;
    let first = found.first().context("nothing is due")?;
    ensure!(first.due_time.is_some(), "what is due has an end");
    Ok(())
}
