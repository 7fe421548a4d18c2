//! `telwarden controls import-oscal` and `export-oscal`: documents of OSCAL between files and the suite.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use wire::controls::v1::import_oscal_request::Part;
use wire::controls::v1::oscal_document::Kind;
use wire::controls::v1::oscal_document_service_client::OscalDocumentServiceClient;
use wire::controls::v1::{ExportOscalRequest, ImportOscalRequest, ImportOscalResponse, ImportOscalStart};

use crate::client::{Client, Connection, Output, explain};

/// How many bytes of a document go with one message.
const CHUNK: usize = 512 << 10;

/// What the service takes at most.
const MOST_BYTES: u64 = 64 << 20;

/// What to import.
#[derive(Clone, Debug, clap::Args)]
pub struct Import {
    /// The file: a catalogue, a profile or a mapping collection, in JSON; `-` for stdin.
    pub file: PathBuf,
    /// Whose.
    #[arg(long)]
    pub organization: String,
    /// The id of the catalogue, profile or mapping to make of it or to bring up to it; made of the file's name where left out.
    #[arg(long, default_value = "")]
    pub id: String,
    /// Where the document was had, by which other documents name it; the file's name where left out.
    #[arg(long)]
    pub location: Option<String>,
    /// What a reference of the document stands for, as REFERENCE=catalogues/ID or REFERENCE=profiles/ID; may be given several times.
    #[arg(long = "source", value_name = "REFERENCE=NAME")]
    pub sources: Vec<String>,
}

/// What to export.
#[derive(Clone, Debug, clap::Args)]
pub struct Export {
    /// As what.
    #[arg(value_enum)]
    pub kind: ExportKind,
    /// Whose.
    #[arg(long)]
    pub organization: String,
    /// The id of a catalogue.
    #[arg(long, group = "what")]
    pub catalogue: Option<String>,
    /// The id of a profile.
    #[arg(long, group = "what")]
    pub profile: Option<String>,
    /// The id of a mapping.
    #[arg(long, group = "what")]
    pub mapping: Option<String>,
    /// The id of a scope.
    #[arg(long, group = "what")]
    pub scope: Option<String>,
    /// The id of a statement of applicability.
    #[arg(long, group = "what")]
    pub statement: Option<String>,
    /// The id of an imported document.
    #[arg(long, group = "what")]
    pub document: Option<String>,
    /// The file to write; stdout where left out.
    #[arg(long, value_name = "FILE")]
    pub to: Option<PathBuf>,
}

/// What a document is.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum ExportKind {
    /// Controls.
    Catalogue,
    /// A selection of controls; of a statement or a scope what applies.
    Profile,
    /// How controls of two catalogues relate.
    Mapping,
    /// How the controls are implemented in a scope.
    ComponentDefinition,
    /// What tests found in a scope.
    AssessmentResults,
    /// What is to be done in a scope.
    PlanOfActionAndMilestones,
}

impl ExportKind {
    fn kind(self) -> Kind {
        match self {
            Self::Catalogue => Kind::Catalogue,
            Self::Profile => Kind::Profile,
            Self::Mapping => Kind::Mapping,
            Self::ComponentDefinition => Kind::ComponentDefinition,
            Self::AssessmentResults => Kind::AssessmentResults,
            Self::PlanOfActionAndMilestones => Kind::PlanOfActionAndMilestones,
        }
    }
}

/// Imports a file.
///
/// # Errors
/// A file that cannot be read, what the suite answers, explained.
pub async fn import(connection: &Connection, import: &Import) -> Result<()> {
    let bytes = read(&import.file)?;
    let name = import.file.file_name().filter(|name| *name != "-").map(|name| name.to_string_lossy().into_owned());
    let start = ImportOscalStart {
        parent: format!("organizations/{}", import.organization),
        id: import.id.clone(),
        location: import.location.clone().or(name).unwrap_or_default(),
        size_bytes: i64::try_from(bytes.len()).unwrap_or(i64::MAX),
        sources: sources(&import.organization, &import.sources)?,
    };
    let done = send(connection.open().await?, start, &bytes).await?;
    for refused in &done.rejected_items {
        eprintln!("rejected {} {}: {} [{}]", refused.path, refused.id, refused.message, refused.reason);
    }
    for note in &done.notes {
        eprintln!("note: {note}");
    }
    match connection.output {
        Output::Json => println!("{}", summary(&done)),
        Output::Table => print!("{}", told(&done)),
    }
    Ok(())
}

fn read(file: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut take = |source: &mut dyn std::io::Read| source.take(MOST_BYTES + 1).read_to_end(&mut bytes);
    if file == Path::new("-") {
        take(&mut std::io::stdin().lock()).context("stdin cannot be read")?;
    } else {
        let mut opened = std::fs::File::open(file).with_context(|| format!("{} cannot be read", file.display()))?;
        take(&mut opened).with_context(|| format!("{} cannot be read", file.display()))?;
    }
    if bytes.len() as u64 > MOST_BYTES {
        bail!("{} has more than {MOST_BYTES} bytes, which is what a document may have: split it", file.display());
    }
    Ok(bytes)
}

fn sources(organization: &str, given: &[String]) -> Result<std::collections::BTreeMap<String, String>> {
    let each = given.iter().map(|one| {
        // A reference may hold `=`, a name does not.
        let (reference, name) = one
            .rsplit_once('=')
            .with_context(|| format!("--source {one}: give REFERENCE=catalogues/ID or REFERENCE=profiles/ID"))?;
        let name = match name.starts_with("organizations/") {
            true => name.to_owned(),
            false => format!("organizations/{organization}/{name}"),
        };
        Ok((reference.to_owned(), name))
    });
    each.collect()
}

/// Sends a document to the suite.
///
/// # Errors
/// What the suite answers, explained.
pub async fn send(client: Client, start: ImportOscalStart, bytes: &[u8]) -> Result<ImportOscalResponse> {
    let first = ImportOscalRequest { part: Some(Part::Start(start)) };
    let chunks = bytes.chunks(CHUNK).map(|chunk| ImportOscalRequest { part: Some(Part::Chunk(chunk.to_vec())) });
    let messages: Vec<ImportOscalRequest> = std::iter::once(first).chain(chunks).collect();
    let answer = OscalDocumentServiceClient::new(client).import_oscal(tokio_stream::iter(messages)).await;
    Ok(answer.map_err(|status| explain(&status))?.into_inner())
}

/// What an import did, as one line of JSON. `catalogue` is the id of the catalogue; null where it was none.
#[must_use]
pub fn summary(done: &ImportOscalResponse) -> Value {
    let document = done.document.clone().unwrap_or_default();
    let last = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
    let made = document.resources.len();
    let of = |kind: Kind| if document.kind() == kind { made } else { 0 };
    let catalogue = document.resources.first().filter(|_| document.kind() == Kind::Catalogue);
    let (resources, controls, entries) =
        (done.resources.unwrap_or_default(), done.controls.unwrap_or_default(), done.entries.unwrap_or_default());
    let all = [resources, controls, entries];
    json!({
        "catalogue": catalogue.map(|name| last(name)),
        "controls": controls.created + controls.updated + controls.unchanged,
        "profiles": of(Kind::Profile),
        "mappings": of(Kind::Mapping),
        "rejected": document.rejected,
        "entries": entries.created + entries.updated + entries.unchanged,
        "created": all.iter().map(|counts| counts.created).sum::<i32>(),
        "updated": all.iter().map(|counts| counts.updated).sum::<i32>(),
        "unchanged": all.iter().map(|counts| counts.unchanged).sum::<i32>(),
        "document": last(&document.name),
        "resources": document.resources,
    })
}

/// What an import did, for people.
#[must_use]
pub fn told(done: &ImportOscalResponse) -> String {
    let document = done.document.clone().unwrap_or_default();
    let mut out = format!("{} ({})\n", document.title, document.version);
    for resource in &document.resources {
        out.push_str(&format!("  {resource}\n"));
    }
    for (what, counts) in [("resources", done.resources), ("controls", done.controls), ("entries", done.entries)] {
        let counts = counts.unwrap_or_default();
        if counts.created + counts.updated + counts.unchanged > 0 {
            out.push_str(&format!(
                "  {what}: {} new, {} changed, {} the same\n",
                counts.created, counts.updated, counts.unchanged
            ));
        }
    }
    if document.rejected > 0 {
        out.push_str(&format!("  {} rejected\n", document.rejected));
    }
    out
}

/// Exports a document to a file or to stdout.
///
/// # Errors
/// What the suite answers, explained; a file that cannot be written.
pub async fn export(connection: &Connection, export: &Export) -> Result<()> {
    let named = [
        ("catalogues", &export.catalogue),
        ("profiles", &export.profile),
        ("mappings", &export.mapping),
        ("scopes", &export.scope),
        ("statements", &export.statement),
        ("oscalDocuments", &export.document),
    ];
    let Some((collection, id)) = named.into_iter().find_map(|(collection, id)| Some((collection, id.as_ref()?))) else {
        bail!("say what to export: --catalogue, --profile, --mapping, --scope, --statement or --document, with its id");
    };
    let parent = format!("organizations/{}", export.organization);
    let resource = if id.starts_with("organizations/") { id.clone() } else { format!("{parent}/{collection}/{id}") };
    let bytes = receive(connection.open().await?, parent, export.kind.kind(), resource).await?;
    let Some(file) = &export.to else {
        let mut out = std::io::stdout().lock();
        return out.write_all(&bytes).and_then(|()| out.write_all(b"\n")).context("stdout cannot be written");
    };
    std::fs::write(file, &bytes).with_context(|| format!("{} cannot be written", file.display()))?;
    match connection.output {
        Output::Json => println!("{}", json!({"file": file, "bytes": bytes.len()})),
        Output::Table => println!("{} bytes in {}", bytes.len(), file.display()),
    }
    Ok(())
}

/// Gets a document from the suite.
///
/// # Errors
/// What the suite answers, explained.
pub async fn receive(client: Client, parent: String, kind: Kind, resource: String) -> Result<Vec<u8>> {
    let request = ExportOscalRequest { parent, kind: kind.into(), resource };
    let answers = OscalDocumentServiceClient::new(client).export_oscal(request).await;
    let mut answers = answers.map_err(|status| explain(&status))?.into_inner();
    let mut bytes = Vec::new();
    while let Some(answer) = answers.message().await.map_err(|status| explain(&status))? {
        bytes.extend(answer.chunk);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::sources;

    #[test]
    fn a_source_is_a_reference_and_a_name() {
        let given = ["#a=catalogues/own".to_owned(), "x?y=1=organizations/acme/profiles/p".to_owned()];
        let read = sources("acme", &given).unwrap();
        assert_eq!(read["#a"], "organizations/acme/catalogues/own");
        assert_eq!(read["x?y=1"], "organizations/acme/profiles/p");
        assert!(sources("acme", &["nothing".to_owned()]).unwrap_err().to_string().contains("REFERENCE="));
    }
}
