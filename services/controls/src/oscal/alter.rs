//! The changes a profile makes: to parameters, and to the contents of controls.

use super::control::{Control, Parameter, Part};
use super::metadata::{Link, Property};
use super::profile::{Add, Position, Remove, SetParameter, extend_rest};

/// Sets a parameter: what is given replaces what is there, except that properties, links, constraints and guidelines
/// are added; a property replaces one of its name and namespace, a link one of its reference and relation.
pub(super) fn set(target: &mut Parameter, set: &SetParameter) {
    let source = &set.parameter;
    for (to, from) in
        [(&mut target.class, &source.class), (&mut target.label, &source.label), (&mut target.usage, &source.usage)]
    {
        if from.is_some() {
            to.clone_from(from);
        }
    }
    // A parameter has values or a choice: what is given takes the place of either.
    if !source.values.is_empty() || source.choice.is_some() {
        target.values.clone_from(&source.values);
        target.choice.clone_from(&source.choice);
    }
    for property in &source.properties {
        target.properties.retain(|old| (&old.name, &old.namespace) != (&property.name, &property.namespace));
        target.properties.push(property.clone());
    }
    for link in &source.links {
        target.links.retain(|old| (&old.href, &old.relation) != (&link.href, &link.relation));
        target.links.push(link.clone());
    }
    extend_rest(&mut target.rest, "constraints", &set.constraints);
    extend_rest(&mut target.rest, "guidelines", &set.guidelines);
    for (key, value) in &source.rest {
        target.rest.insert(key.clone(), value.clone());
    }
}

/// Removes from a control whatever satisfies everything that `remove` says; whether there was anything.
pub(super) fn remove(control: &mut Control, remove: &Remove) -> bool {
    let matcher = Matcher(remove);
    let mut removed = matcher.parameters(&mut control.parameters);
    removed |= matcher.properties(&mut control.properties);
    removed |= matcher.links(&mut control.links);
    removed | matcher.parts(&mut control.parts)
}

struct Matcher<'a>(&'a Remove);

impl Matcher<'_> {
    /// Whether something is meant; what a kind of thing does not have, nothing of that kind satisfies.
    fn meant(&self, item: &str, name: Option<&str>, class: Option<&str>, id: Option<&str>, ns: Option<&str>) -> bool {
        let asked = |asked: &Option<String>, found: Option<&str>| {
            asked.as_deref().is_none_or(|asked| found.is_some_and(|found| found == asked))
        };
        let Remove { name: by_name, class: by_class, id: by_id, item: by_item, namespace } = self.0;
        asked(by_item, Some(item))
            && asked(by_name, name)
            && asked(by_class, class)
            && asked(by_id, id)
            && asked(namespace, ns)
    }

    fn properties(&self, properties: &mut Vec<Property>) -> bool {
        let before = properties.len();
        properties.retain(|property| {
            let (name, class) = (Some(property.name.as_str()), property.class.as_deref());
            let uuid = property.rest.get("uuid").and_then(serde_json::Value::as_str);
            // A property without a namespace is in that of OSCAL.
            let namespace = property.namespace.as_deref().or(Some("http://csrc.nist.gov/ns/oscal"));
            !self.meant("prop", name, class, uuid, namespace)
        });
        properties.len() != before
    }

    fn links(&self, links: &mut Vec<Link>) -> bool {
        let before = links.len();
        links.retain(|link| !self.meant("link", link.relation.as_deref(), None, None, None));
        links.len() != before
    }

    fn parameters(&self, parameters: &mut Vec<Parameter>) -> bool {
        let before = parameters.len();
        parameters
            .retain(|parameter| !self.meant("param", None, parameter.class.as_deref(), Some(&parameter.id), None));
        let mut removed = parameters.len() != before;
        for parameter in parameters {
            removed |= self.properties(&mut parameter.properties);
            removed |= self.links(&mut parameter.links);
        }
        removed
    }

    fn parts(&self, parts: &mut Vec<Part>) -> bool {
        let before = parts.len();
        parts.retain(|part| {
            let namespace = part.namespace.as_deref().or(Some("http://csrc.nist.gov/ns/oscal"));
            !self.meant("part", Some(&part.name), part.class.as_deref(), part.id.as_deref(), namespace)
        });
        let mut removed = parts.len() != before;
        for part in parts {
            removed |= self.properties(&mut part.properties);
            removed |= self.links(&mut part.links);
            removed |= self.parts(&mut part.parts);
        }
        removed
    }
}

/// Adds to a control, or to the part or parameter that `add` names; whether there was what it names.
pub(super) fn add(control: &mut Control, add: &Add) -> bool {
    let front = matches!(add.position, Position::Starting | Position::Before);
    match &add.by_id {
        None => {}
        // Some profiles name the control itself.
        Some(id) if *id == control.id => {}
        Some(id) => {
            if control.parameters.iter().any(|parameter| parameter.id == *id) {
                beside_parameter(control, id, add);
                return true;
            }
            if let Some(index) = control.parts.iter().position(|part| part.id.as_ref() == Some(id))
                && matches!(add.position, Position::Before | Position::After)
            {
                // Beside a text of the control itself: the rest of what is added goes to the control.
                splice(&mut control.parts, index + usize::from(!front), &add.parts);
                put(&mut control.parameters, &add.parameters, front);
                put(&mut control.properties, &add.properties, front);
                put(&mut control.links, &add.links, front);
                return true;
            }
            return control.parts.iter_mut().any(|part| in_part(part, id, add));
        }
    }
    if let Some(title) = &add.title {
        control.title.clone_from(title);
    }
    put(&mut control.parameters, &add.parameters, front);
    put(&mut control.properties, &add.properties, front);
    put(&mut control.links, &add.links, front);
    put(&mut control.parts, &add.parts, front);
    true
}

fn beside_parameter(control: &mut Control, id: &str, add: &Add) {
    let front = matches!(add.position, Position::Starting | Position::Before);
    let found = control.parameters.iter().position(|parameter| parameter.id == id).unwrap_or_default();
    if matches!(add.position, Position::Before | Position::After) {
        splice(&mut control.parameters, found + usize::from(!front), &add.parameters);
        put(&mut control.properties, &add.properties, front);
        put(&mut control.links, &add.links, front);
        put(&mut control.parts, &add.parts, front);
    } else if let Some(parameter) = control.parameters.get_mut(found) {
        // A parameter holds properties and links; parameters and texts have no place in one.
        put(&mut parameter.properties, &add.properties, front);
        put(&mut parameter.links, &add.links, front);
    }
}

/// Adds to a part or, below it, to the part of this id; whether it was found.
fn in_part(part: &mut Part, id: &str, add: &Add) -> bool {
    let front = matches!(add.position, Position::Starting | Position::Before);
    let beside = matches!(add.position, Position::Before | Position::After);
    let target = if beside {
        part.parts.iter().position(|part| part.id.as_deref() == Some(id))
    } else {
        (part.id.as_deref() == Some(id)).then_some(0)
    };
    let Some(index) = target else { return part.parts.iter_mut().any(|part| in_part(part, id, add)) };
    if beside {
        splice(&mut part.parts, index + usize::from(!front), &add.parts);
    } else {
        put(&mut part.parts, &add.parts, front);
        if let Some(title) = &add.title {
            part.title = Some(title.clone());
        }
    }
    put(&mut part.properties, &add.properties, front);
    put(&mut part.links, &add.links, front);
    true
}

fn put<T: Clone>(list: &mut Vec<T>, more: &[T], front: bool) {
    let at = if front { 0 } else { list.len() };
    splice(list, at, more);
}

fn splice<T: Clone>(list: &mut Vec<T>, at: usize, more: &[T]) {
    let at = at.min(list.len());
    list.splice(at..at, more.iter().cloned());
}
