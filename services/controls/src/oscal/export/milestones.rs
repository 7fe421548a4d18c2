//! Gaps, exceptions and what is done about them as an OSCAL plan of action and milestones.

use super::component::Names;
use super::{Attribute, ExportError, Header, description, id, properties, reference, refused, some, time, title};
use crate::oscal::fields::Writer;
use jiff::Timestamp;
use serde_json::Value;

/// A plan of action and milestones.
#[derive(Debug, Clone, PartialEq)]
pub struct MilestonesExport {
    /// The head of the document.
    pub header: Header,
    /// What the plan is for: the name of an organization or a scope, unique in the world.
    pub system: String,
    /// Where the system security plan is: a URI reference, where there is one.
    pub security_plan: Option<String>,
    /// What is to be done; there must be one item.
    pub items: Vec<MilestoneItem>,
}

/// Where an item comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// A control that is applicable and not implemented.
    Gap,
    /// A test that failed; with the name of the test, its finding is named.
    FailedTest,
    /// An exception that was asked for or granted.
    Exception,
    /// Anything else.
    Other,
}

impl Origin {
    const fn word(self) -> &'static str {
        match self {
            Self::Gap => "gap",
            Self::FailedTest => "failed-test",
            Self::Exception => "exception",
            Self::Other => "other",
        }
    }
}

/// How it stands with the risk of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RiskStatus {
    /// It is known.
    Open,
    /// It is looked into.
    Investigating,
    /// It is worked on.
    Remediating,
    /// An exception was asked for.
    DeviationRequested,
    /// An exception was granted, until the deadline.
    DeviationApproved,
    /// It is gone.
    Closed,
}

impl RiskStatus {
    const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Investigating => "investigating",
            Self::Remediating => "remediating",
            Self::DeviationRequested => "deviation-requested",
            Self::DeviationApproved => "deviation-approved",
            Self::Closed => "closed",
        }
    }
}

/// Something that is to be done, and the risk while it is not.
#[derive(Debug, Clone, PartialEq)]
pub struct MilestoneItem {
    /// Its name, unique in the world: a resource name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// What it is, in Markdown.
    pub description: String,
    /// Where it comes from.
    pub origin: Origin,
    /// The control, by its id.
    pub control: String,
    /// The test that failed, by its name.
    pub test: Option<String>,
    /// Who found it: the name of a party of the header.
    pub identified_by: Option<String>,
    /// What may happen, in Markdown.
    pub risk: String,
    /// How it stands.
    pub status: RiskStatus,
    /// Until when it must be done; when an exception ends.
    pub deadline: Option<Timestamp>,
    /// What is done about it.
    pub remediations: Vec<Remediation>,
    /// Its attributes.
    pub attributes: Vec<Attribute>,
}

/// How far a remediation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RemediationStage {
    /// Somebody says it should be done.
    Recommended,
    /// It will be done.
    Planned,
    /// It is done.
    Completed,
}

impl RemediationStage {
    const fn word(self) -> &'static str {
        match self {
            Self::Recommended => "recommendation",
            Self::Planned => "planned",
            Self::Completed => "completed",
        }
    }
}

/// What is done about an item.
#[derive(Debug, Clone, PartialEq)]
pub struct Remediation {
    /// Its name, unique in the world: a resource name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// What it is, in Markdown.
    pub description: String,
    /// How far it is.
    pub stage: RemediationStage,
    /// Its steps.
    pub tasks: Vec<RemediationTask>,
}

/// A step of a remediation.
#[derive(Debug, Clone, PartialEq)]
pub struct RemediationTask {
    /// Its name, unique in the world.
    pub name: String,
    /// Its title.
    pub title: String,
    /// What it is, in Markdown.
    pub description: Option<String>,
    /// When it is due.
    pub due: Option<Timestamp>,
    /// Who does it: the name of a party of the header.
    pub owner: Option<String>,
}

/// Writes a plan of action and milestones: each item has a risk of its own, with the remediations and their steps. Where
/// an item comes from, its control and the finding it rests on are properties of the item.
///
/// # Errors
///
/// When there is no item, when a name is empty or there twice, and when a party is not in the header.
pub fn plan_of_action_and_milestones(export: &MilestonesExport) -> Result<Value, ExportError> {
    if export.items.is_empty() {
        return Err(refused("items", "must hold at least one item"));
    }
    if export.system.trim().is_empty() {
        return Err(refused("system", "must not be empty"));
    }
    let (mut risks, mut items, mut names) = (Vec::new(), Vec::new(), Names::default());
    for (index, item) in export.items.iter().enumerate() {
        let field = format!("items[{index}]");
        names.once(format!("{field}.name"), "item", &item.name)?;
        risks.push(risk(export, item, &field, &mut names)?);
        items.push(self::item(export, item, &field)?);
    }
    let plan = some(export.security_plan.as_ref()).map(|href| reference("security_plan", href)).transpose()?;
    let system = Writer::new()
        .value("identifier-type", "https://ietf.org/rfc/rfc4122")
        .value("id", id("system", &export.system))
        .done();
    let writer = Writer::new()
        .option("import-ssp", plan.map(|href| Writer::new().value("href", href).done()))
        .value("system-id", system)
        .values("risks", risks)
        .values("poam-items", items);
    export.header.document("plan-of-action-and-milestones", writer, &[("owner", "Owner")])
}

fn item(export: &MilestonesExport, item: &MilestoneItem, field: &str) -> Result<Value, ExportError> {
    if item.control.trim().is_empty() {
        return Err(refused(format!("{field}.control"), "must not be empty"));
    }
    let finding = some(item.test.as_ref()).map(|test| id("finding", test)).unwrap_or_default();
    let own = [("origin", item.origin.word().to_owned()), ("control", item.control.clone()), ("finding", finding)];
    let own = own.map(|(name, value)| Attribute { name: name.to_owned(), value, remarks: None });
    let mut props = properties(&own);
    props.extend(properties(&item.attributes));
    let title = title(format!("{field}.title"), &item.title)?;
    let related = Writer::new().value("risk-uuid", id("risk", &item.name)).done();
    let writer = Writer::new()
        .value("uuid", id("item", &item.name))
        .value("description", description(&item.description, &title))
        .value("title", title)
        .values("props", props)
        .values("origins", export.header.origins(format!("{field}.identified_by"), item.identified_by.as_ref())?)
        .values("related-risks", vec![related]);
    Ok(writer.done())
}

fn risk(export: &MilestonesExport, item: &MilestoneItem, field: &str, names: &mut Names) -> Result<Value, ExportError> {
    let mut remediations = Vec::new();
    for (index, remediation) in item.remediations.iter().enumerate() {
        let field = format!("{field}.remediations[{index}]");
        names.once(format!("{field}.name"), "remediation", &remediation.name)?;
        remediations.push(self::remediation(export, remediation, &field, names)?);
    }
    let title = title(format!("{field}.title"), &item.title)?;
    let deadline = item.deadline.map(|deadline| time(format!("{field}.deadline"), deadline)).transpose()?;
    let writer = Writer::new()
        .value("uuid", id("risk", &item.name))
        .value("description", description(&item.description, &title))
        .value("statement", description(&item.risk, &title))
        .value("title", title)
        .value("status", item.status.word())
        .option("deadline", deadline)
        .values("remediations", remediations);
    Ok(writer.done())
}

fn remediation(
    export: &MilestonesExport,
    remediation: &Remediation,
    field: &str,
    names: &mut Names,
) -> Result<Value, ExportError> {
    let mut tasks = Vec::new();
    for (index, task) in remediation.tasks.iter().enumerate() {
        let field = format!("{field}.tasks[{index}]");
        names.once(format!("{field}.name"), "task", &task.name)?;
        let due = task.due.map(|due| time(format!("{field}.due"), due)).transpose()?;
        let timing = due.map(|date| {
            let on_date = Writer::new().value("date", date).done();
            Writer::new().value("on-date", on_date).done()
        });
        let owner = export.header.responsible(format!("{field}.owner"), "owner", task.owner.as_ref())?;
        tasks.push(
            Writer::new()
                .value("uuid", id("task", &task.name))
                .value("type", "milestone")
                .value("title", title(format!("{field}.title"), &task.title)?)
                .option("description", some(task.description.as_ref()))
                .option("timing", timing)
                .values("responsible-roles", owner)
                .done(),
        );
    }
    let title = title(format!("{field}.title"), &remediation.title)?;
    let writer = Writer::new()
        .value("uuid", id("remediation", &remediation.name))
        .value("lifecycle", remediation.stage.word())
        .value("description", description(&remediation.description, &title))
        .value("title", title)
        .values("tasks", tasks);
    Ok(writer.done())
}
