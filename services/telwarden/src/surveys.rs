//! `telwarden surveys`: the import runs of an organization, and what they found and missed, for people.

use anyhow::{Result, bail};
use wire::Choice as _;
use wire::assets::v1::resolve_unlisted_request::Decision;
use wire::assets::v1::survey_service_client::SurveyServiceClient;
use wire::assets::v1::{
    CancelSurveyRequest, GetSurveyRequest, ImportCounts, ListSurveysRequest, ListSurveysResponse,
    ResolveUnlistedRequest, ResolveUnlistedResponse, ReviewFoundAssetsRequest, ReviewFoundAssetsResponse, Survey,
};

use crate::client::{Client, Connection, explain};
use crate::estate::{id, one_line, show};

/// The import runs; without a command, a table of them.
#[derive(Debug, clap::Args)]
pub struct Surveys {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<What>,
    /// Whose register; not needed where a whole name is given.
    #[arg(long, global = true)]
    pub organization: Option<String>,
    /// Only these runs (AIP-160): `source="netbox" AND state=CUT`.
    #[arg(long, default_value = "")]
    pub filter: String,
    /// How many at most, the latest first.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i32).range(1..=1000))]
    pub limit: i32,
}

/// What to do with import runs.
#[derive(Debug, clap::Subcommand)]
pub enum What {
    /// Everything about one run.
    Show {
        /// Its id, or its whole name.
        name: String,
    },
    /// Stops a run after the batch in hand.
    Cancel {
        /// Its id, or its whole name.
        name: String,
    },
    /// What a run found that the register did not know, as far as nobody has identified it.
    Found {
        /// Its id, or its whole name.
        name: String,
    },
    /// Decides about assets that a source no longer lists (`telwarden assets export --filter 'unlisted_by:"SOURCE"'` has them).
    Resolve {
        /// The source.
        #[arg(long)]
        source: String,
        /// What to do: `keep`, they are still there; `retire`, they are gone.
        #[arg(long, value_enum)]
        decision: Fate,
        /// Their ids, or their whole names.
        #[arg(required = true)]
        assets: Vec<String>,
    },
}

/// What to do with an asset that its source no longer lists.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Fate {
    /// It is still there.
    Keep,
    /// It is gone.
    Retire,
}

/// Runs the command.
///
/// # Errors
/// What the service has against the call; a decision that could not be carried out for every asset.
pub async fn run(connection: &Connection, surveys: &Surveys) -> Result<()> {
    let organization = surveys.organization.as_deref();
    let named = |name: &str| whole(organization, "surveys", name);
    match &surveys.command {
        None => list(connection, surveys).await,
        Some(What::Show { name }) => {
            let request = GetSurveyRequest { name: named(name)? };
            let mut client = client(connection).await?;
            let survey = client.get_survey(request).await.map_err(|status| explain(&status))?.into_inner();
            show(connection, &survey, || text(&survey))
        }
        Some(What::Cancel { name }) => {
            let request = CancelSurveyRequest { name: named(name)? };
            let mut client = client(connection).await?;
            let survey = client.cancel_survey(request).await.map_err(|status| explain(&status))?.into_inner();
            show(connection, &survey, || text(&survey))
        }
        Some(What::Found { name }) => found(connection, named(name)?).await,
        Some(What::Resolve { source, decision, assets }) => {
            let assets = assets.iter().map(|asset| whole(organization, "assets", asset)).collect::<Result<Vec<_>>>()?;
            resolve(connection, organization, source, *decision, assets).await
        }
    }
}

async fn client(connection: &Connection) -> Result<SurveyServiceClient<Client>> {
    Ok(SurveyServiceClient::new(connection.open().await?))
}

/// A whole name, of a whole name or an id.
pub(crate) fn whole(organization: Option<&str>, collection: &str, name: &str) -> Result<String> {
    match organization {
        _ if name.contains('/') => Ok(name.to_owned()),
        Some(organization) => Ok(format!("organizations/{organization}/{collection}/{name}")),
        None => bail!("{name} is an id: say whose with --organization, or give the whole name"),
    }
}

/// The parent of a list.
pub(crate) fn parent(organization: Option<&str>) -> Result<String> {
    match organization {
        Some(organization) => Ok(format!("organizations/{organization}")),
        None => bail!("say whose register with --organization"),
    }
}

async fn list(connection: &Connection, surveys: &Surveys) -> Result<()> {
    let request = ListSurveysRequest {
        parent: parent(surveys.organization.as_deref())?,
        page_size: surveys.limit,
        filter: surveys.filter.clone(),
        order_by: "start_time desc".to_owned(),
        ..Default::default()
    };
    let mut client = client(connection).await?;
    let page = client.list_surveys(request).await.map_err(|status| explain(&status))?.into_inner();
    show(connection, &page, || table(&page))
}

/// The runs as a table.
#[must_use]
pub fn table(page: &ListSurveysResponse) -> String {
    if page.surveys.is_empty() {
        return "no import runs\n".to_owned();
    }
    let mut table = comfy_table::Table::new();
    table.set_header([
        "survey", "source", "state", "started", "read", "new", "updated", "rejected", "unlisted", "found",
    ]);
    for survey in &page.surveys {
        let counts = survey.counts.unwrap_or_default();
        let numbers =
            [counts.read, counts.created, counts.updated, counts.rejected, survey.unlisted_assets, survey.found_assets];
        let head =
            [id(&survey.name).to_owned(), survey.source.clone(), state(survey), time(survey.start_time.as_ref())];
        table.add_row(head.into_iter().chain(numbers.map(|number| number.to_string())));
    }
    let more = if page.next_page_token.is_empty() { "" } else { "there are more: --limit, --filter\n" };
    format!("{table}\n{more}")
}

fn state(survey: &Survey) -> String {
    survey.state().text().to_owned()
}

/// A time for people; empty where there is none.
pub(crate) fn time(time: Option<&impl std::fmt::Display>) -> String {
    time.map(ToString::to_string).unwrap_or_default()
}

/// A run for people.
#[must_use]
pub fn text(survey: &Survey) -> String {
    let mut out = format!(
        "{}\n  {} of {} by {}, begun {}",
        survey.name,
        state(survey),
        survey.source,
        survey.importer,
        time(survey.start_time.as_ref())
    );
    if survey.end_time.is_some() {
        out.push_str(&format!(", ended {}", time(survey.end_time.as_ref())));
    }
    let ways = [
        ("full", survey.full),
        ("atomic", survey.atomic),
        ("states accepted", survey.accept_states),
        ("resumed", survey.resumed),
    ];
    let ways: Vec<&str> = ways.iter().filter(|(_, is)| *is).map(|(way, _)| *way).collect();
    if !ways.is_empty() {
        out.push_str(&format!(" ({})", ways.join(", ")));
    }
    out.push('\n');
    let line = |name: &str, of: &ImportCounts| {
        format!(
            "  {name:<12}{} read, {} new, {} updated, {} unchanged, {} rejected, {} skipped\n",
            of.read, of.created, of.updated, of.unchanged, of.rejected, of.skipped
        )
    };
    for (kind, counts) in &survey.by_kind {
        out.push_str(&line(kind, counts));
    }
    out.push_str(&line("all", &survey.counts.unwrap_or_default()));
    out.push_str(&format!(
        "  {} found that the register did not know, {} no longer listed, {} with another inherited value\n",
        survey.found_assets, survey.unlisted_assets, survey.revalued_assets
    ));
    if survey.quarantined + survey.not_quarantined > 0 {
        out.push_str(&format!(
            "  {} rejected items in quarantine, {} too many to keep: telwarden quarantine list --filter 'survey=\"{}\"'\n",
            survey.quarantined, survey.not_quarantined, survey.name
        ));
    }
    if !survey.canceller.is_empty() {
        out.push_str(&format!("  cancelled by {}\n", survey.canceller));
    }
    if !survey.cut_reason.is_empty() {
        out.push_str(&format!("  cut: {} [{}]\n", survey.cut_message, survey.cut_reason));
    }
    if !survey.committed {
        out.push_str("  nothing of it is written\n");
    } else if survey.end_time.is_some() && !survey.resume_token.is_empty() && state(survey) != "COMPLETED" {
        out.push_str(&format!("  go on with: --resume {}\n", survey.resume_token));
    }
    out
}

async fn found(connection: &Connection, name: String) -> Result<()> {
    let request = ReviewFoundAssetsRequest { name, page_size: 1000, ..Default::default() };
    let mut client = client(connection).await?;
    let page = client.review_found_assets(request).await.map_err(|status| explain(&status))?.into_inner();
    show(connection, &page, || what_was_found(&page))
}

fn what_was_found(page: &ReviewFoundAssetsResponse) -> String {
    let mut out: String = page.assets.iter().map(|asset| format!("{}\n", one_line(asset))).collect();
    if page.assets.is_empty() {
        out.push_str("nothing is left to work off\n");
    }
    if !page.next_page_token.is_empty() {
        out.push_str("there are more: identify these first\n");
    }
    out
}

async fn resolve(
    connection: &Connection,
    organization: Option<&str>,
    source: &str,
    decision: Fate,
    assets: Vec<String>,
) -> Result<()> {
    let decision = match decision {
        Fate::Keep => Decision::Keep,
        Fate::Retire => Decision::Retire,
    };
    let parent = match (organization, assets.first()) {
        (None, Some(name)) => name.split('/').take(2).collect::<Vec<_>>().join("/"),
        _ => parent(organization)?,
    };
    let request = ResolveUnlistedRequest { parent, source: source.to_owned(), assets, decision: decision.into() };
    let mut client = client(connection).await?;
    let answer = client.resolve_unlisted(request).await.map_err(|status| explain(&status))?.into_inner();
    show(connection, &answer, || what_was_resolved(&answer))?;
    let left = answer.resolutions.iter().filter(|said| !said.resolved).count();
    if left > 0 {
        bail!("{left} of {} assets are as they were", answer.resolutions.len());
    }
    Ok(())
}

fn what_was_resolved(answer: &ResolveUnlistedResponse) -> String {
    let line = |said: &wire::assets::v1::resolve_unlisted_response::Resolution| match said.resolved {
        true => format!("{}  done\n", id(&said.asset)),
        false => format!("{}  {} [{}]\n", id(&said.asset), said.message, said.reason),
    };
    answer.resolutions.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_told_with_what_to_do_next() {
        let mut survey = Survey {
            name: "organizations/acme/surveys/s".to_owned(),
            source: "netbox".to_owned(),
            importer: "oss".to_owned(),
            counts: Some(ImportCounts { read: 3, created: 2, rejected: 1, ..Default::default() }),
            quarantined: 1,
            committed: true,
            end_time: Some(Default::default()),
            resume_token: "abc".to_owned(),
            ..Default::default()
        };
        survey.set_state(wire::assets::v1::survey::State::Cancelled);
        let told = text(&survey);
        for part in ["CANCELLED of netbox by oss", "3 read, 2 new", "1 rejected items in quarantine", "--resume abc"] {
            assert!(told.contains(part), "{part} is not in {told}");
        }
        assert!(table(&ListSurveysResponse { surveys: vec![survey], ..Default::default() }).contains("netbox"));
        assert_eq!(whole(Some("acme"), "surveys", "s").unwrap_or_default(), "organizations/acme/surveys/s");
        assert!(whole(None, "surveys", "s").is_err());
    }
}
