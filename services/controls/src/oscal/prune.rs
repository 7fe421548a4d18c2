//! What a resolved catalogue does not need: loose parameters and resources that nothing names.

use super::catalog::Catalog;
use super::control::Parameter;
use super::metadata::Resource;
use super::prose::insertions;
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// Drops the loose parameters and the resources that nothing names, and says which parameters are named but not here.
pub(super) fn prune(catalog: &mut Catalog, warnings: &mut Vec<String>) {
    let loose = std::mem::take(&mut catalog.parameters);
    let resources = std::mem::take(&mut catalog.resources);
    let mut named = Named::default();
    named.look(&catalog.to_value());
    // A loose parameter that is kept can name others.
    let mut waiting: HashMap<&str, &Parameter> = HashMap::new();
    for parameter in &loose {
        waiting.entry(&parameter.id).or_insert(parameter);
    }
    let (mut kept, mut next): (HashSet<String>, Vec<String>) =
        (HashSet::new(), named.parameters.iter().cloned().collect());
    while let Some(id) = next.pop() {
        let Some(parameter) = waiting.remove(id.as_str()) else { continue };
        kept.insert(id);
        let mut more = Named::default();
        more.look(&parameter.write());
        next.extend(more.parameters.iter().cloned());
        named.parameters.extend(more.parameters);
        named.fragments.extend(more.fragments);
    }
    // Removing what is kept as it is found leaves the first of several with one id.
    catalog.parameters = loose.into_iter().filter(|parameter| kept.remove(&parameter.id)).collect();
    let mut first = HashSet::new();
    catalog.resources = resources
        .into_iter()
        .filter(|resource| named.fragments.contains(&resource.uuid.to_lowercase()) || always(resource))
        .filter(|resource| first.insert(resource.uuid.to_lowercase()))
        .collect();
    let here = catalog.all_parameters();
    let mut absent: Vec<&String> = named.parameters.iter().filter(|id| !here.contains_key(id.as_str())).collect();
    absent.sort();
    warnings.extend(
        absent.into_iter().map(|id| format!("a text names the parameter `{id}`, which is not among the selected")),
    );
}

fn always(resource: &Resource) -> bool {
    resource.properties.iter().any(|property| property.name == "keep" && property.value == "always")
}

/// What the texts and links of a document name.
#[derive(Default)]
struct Named {
    parameters: HashSet<String>,
    /// What stands behind `#`, in small letters.
    fragments: HashSet<String>,
}

impl Named {
    fn look(&mut self, value: &Value) {
        match value {
            Value::String(text) => {
                self.parameters.extend(insertions(text).into_iter().map(str::to_owned));
                for (_, behind) in text.match_indices('#').filter_map(|(at, _)| text.split_at_checked(at + 1)) {
                    let end = |character: char| !(character.is_ascii_alphanumeric() || "-_.".contains(character));
                    let fragment = behind.split(end).next().unwrap_or_default();
                    if !fragment.is_empty() {
                        self.fragments.insert(fragment.to_lowercase());
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.look(item)),
            Value::Object(map) => map.values().for_each(|item| self.look(item)),
            _ => {}
        }
    }
}
