//! `telwarden assets`: questions to the asset register, drawn for people, and the register as a file.

pub mod around;
pub mod layout;
pub mod picture;
pub mod route;
pub mod tree;

use std::io::Write as _;

use anyhow::{Context as _, Result};
use prost::{Message, Name};
use prost_reflect::DynamicMessage;
use serde_json::Value;
use wire::assets::v1::asset_service_client::AssetServiceClient;
use wire::assets::v1::field_provenance::Group;
use wire::assets::v1::{
    AnalyzeAssetImpactRequest, AnalyzeAssetImpactResponse, Asset, ExplainAssetFieldRequest, ExplainAssetFieldResponse,
    ExplainAssetValueRequest, ExplainAssetValueResponse, ExplainedObjective, ExternalId, ListAssetsRequest,
    LookupAssetsRequest,
};

use crate::client::{Client, Connection, Output, explain};

/// A question to the register.
#[derive(Debug, clap::Subcommand)]
pub enum Assets {
    /// Why an asset is worth what it is, and by which way its value comes.
    Explain(One),
    /// What is hit when an asset fails.
    Impact(One),
    /// Why a field of an asset is what it is: from which source, who set it, when, and what it was before.
    Why {
        /// Which asset.
        #[command(flatten)]
        one: One,
        /// The field: `owner`, `software_version`.
        field: String,
    },
    /// What depends on an asset and what it depends on, as a tree.
    Tree(around::Around),
    /// Writes the same as a picture (SVG) to stdout: `telwarden assets picture core1 … > core1.svg`.
    Picture(around::Around),
    /// Which asset has an address, a prefix, a name, a number; or what another system calls it.
    Lookup {
        /// `10.0.0.7`, `core1.example.net`, `AS64500`, `+4930…`; with --system, the id there.
        what: String,
        /// The other system, as external ids name it.
        #[arg(long)]
        system: Option<String>,
        /// Whose register.
        #[arg(long)]
        organization: String,
    },
    /// Writes the register to stdout.
    Export {
        /// `csv`: a line for each asset; `jsonl`: everything about each, a line of JSON.
        #[arg(long, value_enum, default_value_t = FileFormat::Csv)]
        format: FileFormat,
        /// Only these (AIP-160): `type="router" AND labels.team="core"`.
        #[arg(long, default_value = "")]
        filter: String,
        /// Whose register.
        #[arg(long)]
        organization: String,
    },
}

/// One asset.
#[derive(Debug, clap::Args)]
pub struct One {
    /// Its id, or its whole name.
    pub asset: String,
    /// Whose register.
    #[arg(long)]
    pub organization: String,
}

/// How the register is written.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum FileFormat {
    /// A table with a header.
    Csv,
    /// JSON lines.
    Jsonl,
}

impl One {
    fn name(&self) -> String {
        name(&self.asset, &self.organization)
    }
}

/// The whole name of an asset that is given by its id, or by its whole name.
fn name(asset: &str, organization: &str) -> String {
    if asset.contains('/') { asset.to_owned() } else { format!("organizations/{organization}/assets/{asset}") }
}

/// Runs the command.
///
/// # Errors
/// What the service has against the call; a stdout that is gone.
pub async fn run(connection: &Connection, assets: &Assets) -> Result<()> {
    let client = AssetServiceClient::new(connection.open().await?);
    match assets {
        Assets::Explain(one) => {
            let mut client = client;
            let request = ExplainAssetValueRequest { name: one.name() };
            let answer = client.explain_asset_value(request).await.map_err(|status| explain(&status))?.into_inner();
            show(connection, &answer, || explained(&answer))
        }
        Assets::Impact(one) => {
            let mut client = client;
            let request = AnalyzeAssetImpactRequest { name: one.name(), ..Default::default() };
            let answer = client.analyze_asset_impact(request).await.map_err(|status| explain(&status))?.into_inner();
            show(connection, &answer, || hit(&answer))
        }
        Assets::Why { one, field } => {
            let mut client = client;
            let request = ExplainAssetFieldRequest { name: one.name(), field: field.clone() };
            let answer = client.explain_asset_field(request).await.map_err(|status| explain(&status))?.into_inner();
            show(connection, &answer, || why(&answer))
        }
        Assets::Tree(around) => tree::run(connection, around).await,
        Assets::Picture(around) => picture::run(connection, around).await,
        Assets::Lookup { what, system, organization } => {
            lookup(connection, client, what, system.as_deref(), organization).await
        }
        Assets::Export { format, filter, organization } => export(client, *format, filter, organization).await,
    }
}

async fn lookup(
    connection: &Connection,
    mut client: AssetServiceClient<Client>,
    what: &str,
    system: Option<&str>,
    organization: &str,
) -> Result<()> {
    let parent = format!("organizations/{organization}");
    let request = match system {
        Some(system) => {
            let external_id = ExternalId { system: system.to_owned(), value: what.to_owned(), ..Default::default() };
            LookupAssetsRequest { parent, external_id: Some(external_id), ..Default::default() }
        }
        None => LookupAssetsRequest { parent, network_identifier: what.to_owned(), ..Default::default() },
    };
    let answer = client.lookup_assets(request).await.map_err(|status| explain(&status))?.into_inner();
    show(connection, &answer, || {
        if answer.matches.is_empty() {
            return format!("nothing in the register has {what}\n");
        }
        let found = answer.matches.iter().filter_map(|found| Some((found.asset.as_ref()?, &found.matched)));
        found.map(|(asset, matched)| format!("{matched}  {}\n", one_line(asset))).collect()
    })
}

pub(crate) fn show<M: Message + Name>(
    connection: &Connection,
    answer: &M,
    text: impl FnOnce() -> String,
) -> Result<()> {
    match connection.output {
        Output::Json => println!("{}", json(answer)?),
        Output::Table => print!("{}", text()),
    }
    Ok(())
}

/// A message as the gateway's JSON.
pub(crate) fn json<M: Message + Name>(message: &M) -> Result<Value> {
    let full_name = M::full_name();
    let descriptor = wire::pool().get_message_by_name(&full_name).with_context(|| format!("no {full_name}"))?;
    let message = DynamicMessage::decode(descriptor, message.encode_to_vec().as_slice())?;
    Ok(transcode::message_to_json(&message))
}

pub(crate) fn one_line(asset: &Asset) -> String {
    format!("{}  {} ({}), worth {}", id(&asset.name), asset.display_name, asset.r#type, asset.effective_value)
}

/// The explanation for people.
#[must_use]
pub fn explained(answer: &ExplainAssetValueResponse) -> String {
    let ratings = [("C", answer.confidentiality), ("I", answer.integrity), ("A", answer.availability)];
    let ratings: Vec<String> = ratings.iter().map(|(name, rating)| format!("{name}{rating}")).collect();
    let policy = if answer.policy.is_empty() { "the default policy" } else { id(&answer.policy) };
    let rule = answer.rule().as_str_name();
    let mut out = format!("worth {}, grade {}\n", answer.effective_value, answer.grade);
    out.push_str(&match answer.own_value {
        0.0 => format!("  own value   none: {} (a rating is missing)\n", ratings.join(" ")),
        value => format!("  own value   {value}: {} of {} by {policy}\n", rule, ratings.join(" ")),
    });
    if let Some(instead) = &answer.value_override {
        let until = instead.expire_time.as_ref().map(ToString::to_string).unwrap_or_default();
        out.push_str(&format!(
            "  overridden  {} until {until} by {}: {}\n",
            instead.value, instead.overrider, instead.reason
        ));
    }
    if answer.path.is_empty() {
        out.push_str("  inherited   none: nothing of value depends on it\n");
    } else {
        out.push_str(&format!("  inherited   {} from {}\n", answer.inherited_value, id(&answer.inherited_from)));
    }
    for (depth, step) in answer.path.iter().enumerate() {
        let (indent, bend) = ("  ".repeat(depth), if depth > 0 { "└ " } else { "" });
        let on = if step.kind.is_empty() { String::new() } else { format!(" — {} ↓", step.kind) };
        let value = if step.value > 0.0 { format!(", own value {}", step.value) } else { String::new() };
        out.push_str(&format!("    {indent}{bend}{} {}{value}{on}\n", id(&step.asset), step.display_name));
    }
    for objective in &answer.objectives {
        out.push_str(&format!("  {:<10}  {}\n", objective.objective, must(objective)));
    }
    if let Some(since) = answer.since.as_ref() {
        let method = answer.since_method.rsplit('/').next().unwrap_or_default();
        out.push_str(&format!("  since       {since}, by {method} of {}\n", answer.since_actor));
    }
    out
}

/// Why a field is what it is, for people.
#[must_use]
pub fn why(answer: &ExplainAssetFieldResponse) -> String {
    let shown = |text: &str| if text.is_empty() { "not set".to_owned() } else { text.to_owned() };
    let mut out = format!("{}  {}\n", answer.field, shown(&answer.value));
    if answer.group() != Group::Unspecified {
        let from = match &answer.provenance {
            Some(entry) if entry.source.is_empty() => format!("{}, by hand or by a call", entry.actor),
            Some(entry) => format!("the source {}", entry.source),
            None if answer.value.is_empty() => "nobody has set it".to_owned(),
            None => "not known: it was set before provenance was kept".to_owned(),
        };
        out.push_str(&format!("  group   {}\n  from    {from}\n", answer.group().as_str_name()));
    }
    if let Some(since) = answer.since.as_ref() {
        let method = answer.since_method.rsplit('/').next().unwrap_or_default();
        let behalf = match answer.since_on_behalf_of.as_str() {
            "" => String::new(),
            other => format!(" for {other}"),
        };
        out.push_str(&format!("  since   {since}, by {method} of {}{behalf}\n", answer.since_actor));
    }
    match answer.since_creation {
        true => out.push_str("  before  nothing: so since the asset was created\n"),
        false => out.push_str(&format!("  before  {}\n", shown(&answer.previous_value))),
    }
    out
}

/// One recovery objective: `15 min, from emergency-calls-000001 Emergency calls (its own 1 h)`.
fn must(objective: &ExplainedObjective) -> String {
    let said = |duration: &Option<prost_types::Duration>| duration.as_ref().map_or(0, |duration| duration.seconds);
    let (own, inherited) = (said(&objective.own), said(&objective.inherited));
    let from = format!("{} {}", id(&objective.inherited_from), objective.inherited_from_display_name);
    match (own, inherited) {
        (own, 0) => format!("{}, its own", long(own)),
        (0, inherited) => format!("{}, from {from}", long(inherited)),
        (own, inherited) if own <= inherited => format!("{}, its own ({} from {from})", long(own), long(inherited)),
        (own, inherited) => format!("{}, from {from} (its own {})", long(inherited), long(own)),
    }
}

/// A duration in seconds for people: `1 d 12 h`, `15 min`.
fn long(seconds: i64) -> String {
    let parts = [(seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s")];
    let parts = parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count} {unit}"));
    parts.collect::<Vec<_>>().join(" ")
}

/// The impact for people.
#[must_use]
pub fn hit(answer: &AnalyzeAssetImpactResponse) -> String {
    let mut out = format!("{} assets depend on it, the most valuable worth {}\n", answer.total, answer.greatest_value);
    let counts = |counts: &[wire::assets::v1::Count]| {
        let shown = counts.iter().take(8).map(|count| format!("{} {}", id(&count.key), count.count));
        shown.collect::<Vec<_>>().join(" · ")
    };
    if answer.total > 0 {
        out.push_str(&format!("  by type     {}\n  by site     {}\n", counts(&answer.types), counts(&answer.sites)));
    }
    if answer.subscribers > 0 {
        let (subscribers, services) = (answer.subscribers, answer.services_total);
        out.push_str(&format!(
            "  subscribers {subscribers} behind it, in {services} services (who uses several is counted in each)\n"
        ));
    }
    for hit in &answer.services {
        let service = hit.service.clone().unwrap_or_default();
        let basis = if service.basis.is_empty() { "basis unknown" } else { &service.basis };
        out.push_str(&format!("  {:>11} {} {}: {basis}\n", service.subscribers, id(&hit.asset), hit.display_name));
    }
    for asset in answer.assets.iter().take(20) {
        let (depth, via) = (asset.depth, id(&asset.via));
        out.push_str(&format!(
            "  {depth:>3}  {} {} ({}), worth {}, through {via}\n",
            id(&asset.asset),
            asset.display_name,
            asset.r#type,
            asset.effective_value
        ));
    }
    let more = answer.total - answer.assets.len().min(20) as i64;
    if more > 0 {
        out.push_str(&format!("       … and {more} more\n"));
    }
    out
}

/// The columns of a CSV export, by their names in JSON.
const COLUMNS: [&str; 22] = [
    "name",
    "displayName",
    "type",
    "state",
    "owner",
    "custodian",
    "site",
    "classification",
    "confidentiality",
    "integrity",
    "availability",
    "value",
    "inheritedValue",
    "inheritedFrom",
    "effectiveValue",
    "grade",
    "vendor",
    "model",
    "softwareVersion",
    "serialNumber",
    "externalIds",
    "unlistedBy",
];

/// Pages through the register, so that memory stays flat whatever its size.
async fn export(
    mut client: AssetServiceClient<Client>,
    format: FileFormat,
    filter: &str,
    organization: &str,
) -> Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    if matches!(format, FileFormat::Csv) {
        writeln!(out, "{}", COLUMNS.join(","))?;
    }
    let mut page_token = String::new();
    loop {
        let request = ListAssetsRequest {
            parent: format!("organizations/{organization}"),
            page_size: 1000,
            page_token,
            filter: filter.to_owned(),
            order_by: "name".to_owned(),
        };
        let page = client.list_assets(request).await.map_err(|status| explain(&status))?.into_inner();
        for asset in &page.assets {
            let asset = json(asset)?;
            match format {
                FileFormat::Jsonl => writeln!(out, "{asset}")?,
                FileFormat::Csv => writeln!(out, "{}", COLUMNS.map(|column| cell(&asset, column)).join(","))?,
            }
        }
        if page.next_page_token.is_empty() {
            out.flush()?;
            return Ok(());
        }
        page_token = page.next_page_token;
    }
}

/// A cell of RFC 4180. A text that a spreadsheet would run as a formula is written with a leading apostrophe.
fn cell(asset: &Value, column: &str) -> String {
    let text = match asset.get(column) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) => items.iter().map(item).collect::<Vec<_>>().join(" "),
        Some(other) => other.to_string(),
    };
    let text = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text };
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

fn item(item: &Value) -> String {
    match (item.get("system").and_then(Value::as_str), item.get("value").and_then(Value::as_str)) {
        (Some(system), Some(value)) => format!("{system}:{value}"),
        _ => item.as_str().map_or_else(|| item.to_string(), str::to_owned),
    }
}

pub(crate) fn id(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wire::assets::v1::field_provenance::Group;
    use wire::assets::v1::{
        AnalyzeAssetImpactResponse, ExplainAssetFieldResponse, ExplainAssetValueResponse, ExplainedObjective,
        FieldProvenance, ImpactedService, ServiceDetails, ValueOverride,
    };

    use super::{cell, explained, hit, long, why};

    #[test]
    fn why_says_whose_word_a_field_is_and_what_it_was() {
        let set = ExplainAssetFieldResponse {
            field: "owner".to_owned(),
            value: "core".to_owned(),
            group: Group::Responsibility.into(),
            provenance: Some(FieldProvenance { actor: "ana".to_owned(), ..Default::default() }),
            since: "2023-11-14T22:13:20Z".parse().ok(),
            since_actor: "ana".to_owned(),
            since_method: "telwarden.assets.v1.AssetService/UpdateAsset".to_owned(),
            previous_value: "noc".to_owned(),
            ..Default::default()
        };
        let lines = why(&set);
        let expected = "owner  core\n  group   RESPONSIBILITY\n  from    ana, by hand or by a call\n  since   2023-11-14T22:13:20Z, by UpdateAsset of ana\n  before  noc\n";
        assert_eq!(lines, expected);
        let source = FieldProvenance { source: "netbox".to_owned(), actor: "robot".to_owned(), ..Default::default() };
        let imported = ExplainAssetFieldResponse { provenance: Some(source), since_creation: true, ..set.clone() };
        let lines = why(&imported);
        assert!(lines.contains("the source netbox") && lines.contains("since the asset was created"), "{lines}");
        assert!(why(&ExplainAssetFieldResponse { provenance: None, ..set }).contains("before provenance was kept"));
    }

    #[test]
    fn durations_read_as_people_say_them() {
        for (seconds, said) in [(900, "15 min"), (129_600, "1 d 12 h"), (61, "1 min 1 s"), (7 * 86_400, "7 d")] {
            assert_eq!(long(seconds), said);
        }
    }

    #[test]
    fn an_override_and_objectives_are_explained() {
        let seconds = |seconds| Some(prost_types::Duration { seconds, nanos: 0 });
        let objective = |own, inherited| ExplainedObjective {
            objective: "rto".to_owned(),
            own,
            inherited,
            inherited_from: "organizations/acme/assets/calls".to_owned(),
            inherited_from_display_name: "Calls".to_owned(),
            effective: None,
        };
        let instead = ValueOverride {
            value: 9.0,
            reason: "the election".to_owned(),
            overrider: "ana".to_owned(),
            expire_time: Some("2026-01-01T00:00:00Z".parse().unwrap_or_default()),
            ..Default::default()
        };
        let answer = ExplainAssetValueResponse {
            value_override: Some(instead),
            objectives: vec![objective(seconds(3600), seconds(900)), objective(seconds(60), None)],
            ..Default::default()
        };
        let drawn = explained(&answer);
        assert!(drawn.contains("overridden  9 until 2026-01-01T00:00:00Z by ana: the election"), "{drawn}");
        assert!(drawn.contains("rto         15 min, from calls Calls (its own 1 h)"), "{drawn}");
        assert!(drawn.contains("rto         1 min, its own"), "{drawn}");
    }

    #[test]
    fn subscribers_are_shown_with_how_they_are_known() {
        let service = ServiceDetails { subscribers: 22_000, basis: "SIMs seen".to_owned(), ..Default::default() };
        let voice = ImpactedService {
            asset: "organizations/acme/assets/voice".to_owned(),
            display_name: "Voice".to_owned(),
            service: Some(service),
        };
        let answer = AnalyzeAssetImpactResponse {
            subscribers: 22_000,
            services_total: 1,
            services: vec![voice],
            ..Default::default()
        };
        let drawn = hit(&answer);
        assert!(drawn.contains("subscribers 22000 behind it, in 1 services"), "{drawn}");
        assert!(drawn.contains("22000 voice Voice: SIMs seen"), "{drawn}");
    }

    #[test]
    fn a_cell_is_read_back_as_it_was_and_never_run() {
        let asset = json!({"displayName": "say \"hi\", twice", "owner": "=HYPERLINK(1)", "grade": 2, "externalIds": [{"system": "oss", "value": "7"}], "unlistedBy": ["a", "b"]});
        assert_eq!(cell(&asset, "displayName"), "\"say \"\"hi\"\", twice\"");
        assert_eq!(cell(&asset, "owner"), "'=HYPERLINK(1)");
        assert_eq!(cell(&asset, "grade"), "2");
        assert_eq!(cell(&asset, "externalIds"), "oss:7");
        assert_eq!(cell(&asset, "unlistedBy"), "a b");
        assert_eq!(cell(&asset, "vendor"), "");
    }
}
