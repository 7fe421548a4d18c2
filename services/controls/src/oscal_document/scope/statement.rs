//! Statements of applicability as a profile.

use serde_json::Value;
use wire::controls::v1::StatementRow;
use wire::controls::v1::statement::State;
use wire::controls::v1::statement_row::Decision;

use super::{Within, attribute};
use crate::oscal::export::{
    ApplicableControl, Attribute, ExcludedControl, ExportError, ProfileExport, ProfileImport, profile,
};

/// The profile of what applies. What nobody has decided is in neither list, and the remarks count it.
pub(crate) fn document(within: &Within) -> Result<Value, ExportError> {
    let mut imports = Vec::new();
    let (mut undecided, mut versions) = (0, Vec::new());
    for (statement, rows) in &within.statements {
        let mut import =
            ProfileImport { href: statement.catalogue.clone(), applicable: Vec::new(), excluded: Vec::new() };
        for row in rows {
            let (_, control) = within.ids.of(&row.control);
            match row.decision() {
                Decision::Applicable => import.applicable.push(ApplicableControl {
                    control,
                    justification: Some(row.justification.clone()),
                    attributes: attributes(row),
                }),
                Decision::NotApplicable => {
                    import.excluded.push(ExcludedControl { control, justification: row.justification.clone() });
                }
                Decision::Undecided | Decision::Unspecified => undecided += 1,
            }
        }
        imports.push(import);
        versions.push(statement.revision.to_string());
    }
    let title = match within.statements.as_slice() {
        [(statement, _)] => statement.display_name.clone(),
        _ => format!("What applies in {}", within.scope.display_name),
    };
    let name = match within.statements.as_slice() {
        [(statement, _)] => statement.name.clone(),
        _ => format!("{}\nprofile", within.scope.name),
    };
    let mut header = within.header("profile", title, Some(versions.join("+")).filter(|version| !version.is_empty()));
    header.name = name;
    header.parties = Vec::new();
    let draft = within.statements.iter().filter(|(statement, _)| statement.state() != State::Approved).count();
    let mut remarks = Vec::new();
    remarks.extend(header.remarks.take());
    if draft > 0 {
        remarks.push("It is not approved.".to_owned());
    }
    if undecided > 0 {
        remarks.push(format!("{undecided} controls are not decided; they are in neither list."));
    }
    header.remarks = Some(remarks.join("\n\n")).filter(|text| !text.is_empty());
    profile(&ProfileExport { header, imports, parameters: Vec::new() })
}

fn attributes(row: &StatementRow) -> Vec<Attribute> {
    let mut attributes = vec![attribute("owner", row.owner.as_str()), attribute("decided-by", row.decided_by.as_str())];
    attributes.extend(row.risk_references.iter().map(|risk| attribute("risk", risk.as_str())));
    attributes.extend(row.legal_references.iter().map(|law| attribute("legal", law.as_str())));
    attributes
}
