//! A Statement of Applicability as an OSCAL profile: what is applicable is selected, and what is not is said, too.

use super::{Attribute, ExportError, Header, Ids, properties, reference, refused, set_parameters, some};
use crate::oscal::fields::Writer;
use serde_json::Value;

/// A Statement of Applicability.
#[derive(Debug, Clone, PartialEq)]
pub struct ProfileExport {
    /// The head of the document.
    pub header: Header,
    /// The catalogues it is about, with the rows of each.
    pub imports: Vec<ProfileImport>,
    /// What the organization has set for parameters: the id of the parameter and its values.
    pub parameters: Vec<(String, Vec<String>)>,
}

/// The rows of a statement that are about one catalogue.
#[derive(Debug, Clone, PartialEq)]
pub struct ProfileImport {
    /// Where the catalogue is: a URI reference.
    pub href: String,
    /// The rows that are applicable; there must be one.
    pub applicable: Vec<ApplicableControl>,
    /// The rows that are not.
    pub excluded: Vec<ExcludedControl>,
}

/// A control that is applicable.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ApplicableControl {
    /// The control, by its id in the catalogue.
    pub control: String,
    /// Why it is applicable, in Markdown.
    pub justification: Option<String>,
    /// What else the statement says of it: risks, obligations, state of implementation.
    pub attributes: Vec<Attribute>,
}

/// A control that is not applicable.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ExcludedControl {
    /// The control, by its id in the catalogue.
    pub control: String,
    /// Why it is not applicable, in Markdown.
    pub justification: String,
}

/// Writes a profile: each row that is applicable is selected, and gets a property `applicability` with the value
/// `applicable`, whose remarks are the justification. A profile cannot change what it does not select; so each row that
/// is not applicable is a property `not-applicable` of the profile itself, with the control as its value.
///
/// # Errors
///
/// When no control of an import is applicable, when a control is there twice, when two ids become one token, and when
/// what must say something is empty.
pub fn profile(export: &ProfileExport) -> Result<Value, ExportError> {
    if export.imports.is_empty() {
        return Err(refused("imports", "must hold at least one catalogue"));
    }
    let mut ids = Ids::default();
    let (mut imports, mut alters, mut excluded) = (Vec::new(), Vec::new(), Vec::new());
    for (index, import) in export.imports.iter().enumerate() {
        let field = format!("imports[{index}]");
        if import.applicable.is_empty() {
            return Err(refused(format!("{field}.applicable"), "must hold at least one control"));
        }
        let mut with_ids = Vec::new();
        for (row, applicable) in import.applicable.iter().enumerate() {
            let id = ids.once(&format!("{field}.applicable[{row}].control"), &applicable.control)?;
            alters.push(alter(&id, applicable));
            with_ids.push(Value::String(id));
        }
        for (row, control) in import.excluded.iter().enumerate() {
            let id = ids.once(&format!("{field}.excluded[{row}].control"), &control.control)?;
            let remarks = Some(control.justification.clone());
            excluded.push(Attribute { name: "not-applicable".into(), value: id, remarks });
        }
        let selection = Writer::new().values("with-ids", with_ids).done();
        imports.push(
            Writer::new()
                .value("href", reference(format!("{field}.href"), &import.href)?)
                .values("include-controls", vec![selection])
                .done(),
        );
    }
    let modify = Writer::new()
        .values("set-parameters", set_parameters(&export.parameters, "parameters")?)
        .values("alters", alters);
    let writer = Writer::new()
        .values("imports", imports)
        .value("merge", Writer::new().value("as-is", true).done())
        .value("modify", modify.done());
    let mut document = export.header.document("profile", writer, &[])?;
    if let Some(Value::Object(metadata)) = document.pointer_mut("/profile/metadata")
        && !excluded.is_empty()
    {
        metadata.insert("props".to_owned(), Value::Array(properties(&excluded)));
    }
    Ok(document)
}

fn alter(id: &str, applicable: &ApplicableControl) -> Value {
    let remarks = some(applicable.justification.as_ref()).map(str::to_owned);
    let applicability = Attribute { name: "applicability".into(), value: "applicable".into(), remarks };
    let mut props = properties(&[applicability]);
    props.extend(properties(&applicable.attributes));
    let add = Writer::new().value("position", "ending").values("props", props).done();
    Writer::new().value("control-id", id).values("adds", vec![add]).done()
}
