//! `telwarden controls coverage`: how much of what applies is done, drawn for people.

use anyhow::Result;
use wire::Choice as _;
use wire::controls::v1::coverage_service_client::CoverageServiceClient;
use wire::controls::v1::{
    AnalyzeCoverageGapsRequest, Coverage, CoverageGap, SummarizeCoverageRequest, SummarizeCoverageResponse,
};

use crate::client::{Client, Connection, Output, explain};

/// Of which catalogue, in which scope.
#[derive(Clone, Debug, clap::Args)]
pub struct CoverageOf {
    /// Whose.
    #[arg(long)]
    pub organization: String,
    /// The id of the catalogue.
    #[arg(long, default_value = "x1051-2023")]
    pub catalogue: String,
    /// Only what is done in this scope, or for the whole organization.
    #[arg(long)]
    pub scope: Option<String>,
    /// Also the gaps: what applies and is not done.
    #[arg(long)]
    pub gaps: bool,
}

/// What is covered, and what is not where that was asked for.
#[derive(Clone, Debug)]
pub struct Covered {
    /// The sums.
    pub summary: SummarizeCoverageResponse,
    /// The gaps; none where they were not asked for.
    pub gaps: Option<Vec<CoverageGap>>,
}

/// Runs the command.
///
/// # Errors
/// What the suite answers, explained.
pub(super) async fn run(connection: &Connection, which: &CoverageOf) -> Result<()> {
    let found = coverage(connection.open().await?, which).await?;
    match connection.output {
        Output::Json => println!("{}", found.json()),
        Output::Table => print!("{}", found.drawn(&which.catalogue)),
    }
    Ok(())
}

/// The coverage of a catalogue.
///
/// # Errors
/// What the suite answers, explained.
pub async fn coverage(client: Client, which: &CoverageOf) -> Result<Covered> {
    let parent = format!("organizations/{}", which.organization);
    let name = format!("{parent}/catalogues/{}", which.catalogue);
    let scope = which.scope.as_ref().map(|scope| format!("{parent}/scopes/{scope}")).unwrap_or_default();
    let mut service = CoverageServiceClient::new(client);
    let request = SummarizeCoverageRequest { name: name.clone(), scope: scope.clone() };
    let summary = service.summarize_coverage(request).await.map_err(|status| explain(&status))?.into_inner();
    let gaps = if which.gaps {
        let request = AnalyzeCoverageGapsRequest { name, scope, orphans_only: false };
        Some(service.analyze_coverage_gaps(request).await.map_err(|status| explain(&status))?.into_inner().gaps)
    } else {
        None
    };
    Ok(Covered { summary, gaps })
}

/// A line of numbers.
fn line(title: &str, of: Option<&Coverage>) -> String {
    let of = of.copied().unwrap_or_default();
    format!(
        "{title:<46}{:>6.1} %{:>6}{:>9}{:>9}{:>6}{:>12}\n",
        100.0 * of.ratio,
        of.full,
        of.partial,
        of.planned,
        of.none,
        of.not_applicable
    )
}

fn numbers(of: Option<&Coverage>) -> serde_json::Value {
    let of = of.copied().unwrap_or_default();
    serde_json::json!({"applicable": of.applicable, "full": of.full, "partial": of.partial, "planned": of.planned, "none": of.none,
        "notApplicable": of.not_applicable, "ratio": of.ratio, "effectiveness": of.effectiveness})
}

impl Covered {
    /// As JSON.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        let parts = |of: &[wire::controls::v1::summarize_coverage_response::Part]| {
            let one = |part: &wire::controls::v1::summarize_coverage_response::Part| serde_json::json!({"key": part.key, "title": part.title, "coverage": numbers(part.coverage.as_ref())});
            of.iter().map(one).collect::<Vec<_>>()
        };
        let derived = self.summary.derived.iter().map(|one| {
            serde_json::json!({"catalogue": one.catalogue, "mappings": one.mappings, "coverage": numbers(one.coverage.as_ref()),
                "fullByMapping": one.full_by_mapping, "partialByMapping": one.partial_by_mapping, "unmapped": one.unmapped})
        });
        let gaps = self.gaps.as_ref().map(|gaps| {
            let one = |gap: &CoverageGap| {
                serde_json::json!({"control": gap.control, "label": gap.label, "title": gap.title, "theme": gap.theme,
                    "level": gap.level().text(), "implementations": gap.implementations,
                    "levelByMapping": gap.level_by_mapping().text(), "mappingEntry": gap.mapping_entry})
            };
            gaps.iter().map(one).collect::<Vec<_>>()
        });
        serde_json::json!({"statements": self.summary.statements, "coverage": numbers(self.summary.coverage.as_ref()),
            "themes": parts(&self.summary.themes), "siteTypes": parts(&self.summary.site_types),
            "derived": derived.collect::<Vec<_>>(), "gaps": gaps})
    }

    /// As lines for a person.
    #[must_use]
    pub fn drawn(&self, catalogue: &str) -> String {
        let of = &self.summary;
        let mut out = format!(
            "{:<46}{:>8}{:>6}{:>9}{:>9}{:>6}{:>12}\n",
            "", "covered", "full", "partial", "planned", "none", "not asked"
        );
        out.push_str(&line(catalogue, of.coverage.as_ref()));
        for part in &of.themes {
            let title = if part.key.is_empty() { "(theme not known)" } else { &part.title };
            out.push_str(&line(&format!("  {title}"), part.coverage.as_ref()));
        }
        for part in &of.site_types {
            out.push_str(&line(&format!("  at sites: {}", part.title), part.coverage.as_ref()));
        }
        for one in &of.derived {
            let id = |name: &String| name.rsplit('/').next().unwrap_or_default().to_owned();
            out.push_str(&line(&id(&one.catalogue), one.coverage.as_ref()));
            let mappings: Vec<String> = one.mappings.iter().map(id).collect();
            out.push_str(&format!(
                "  by {}: {} full, {} in part; {} controls are in no mapping\n",
                mappings.join(", "),
                one.full_by_mapping,
                one.partial_by_mapping,
                one.unmapped
            ));
        }
        match of.statements.as_slice() {
            [] => out.push_str("Nobody has decided what applies: every control counts as applicable.\n"),
            some => out.push_str(&format!("What applies is said by {}.\n", some.join(", "))),
        }
        for gap in self.gaps.iter().flatten() {
            let label = if gap.label.is_empty() { "(label not known)" } else { &gap.label };
            let by = match gap.mapping_entry.rsplit('/').nth(2) {
                Some(mapping) if gap.level_by_mapping() > wire::controls::v1::coverage::Level::None => {
                    format!(", {} by {mapping}", gap.level_by_mapping().text())
                }
                _ => String::new(),
            };
            out.push_str(&format!("{label:<20}{}: {}{by}\n", gap.title, gap.level().text()));
        }
        out
    }
}
