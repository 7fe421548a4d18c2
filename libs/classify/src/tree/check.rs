//! What makes a scheme one that always decides.

use std::collections::BTreeSet;

use datafile::Violations;

use super::{Leads, Scheme, Tree};

pub(super) fn scheme(scheme: &Scheme) -> Result<(), Violations> {
    let mut violations = Violations::default();
    for (field, list) in [("levels", &scheme.levels), ("domains", &scheme.domains)] {
        let once: BTreeSet<&String> = list.iter().collect();
        if list.is_empty()
            || list.len() > Scheme::MOST_PARTS
            || once.len() < list.len()
            || list.iter().any(|term| term.trim().is_empty())
        {
            let remedy = format!("name 1 to {}, each once", Scheme::MOST_PARTS);
            violations.refuse(field, "is empty, too long, or names one twice", remedy);
        }
    }
    for (from, to) in &scheme.moves {
        for level in to.iter().chain([from]) {
            if !scheme.levels.contains(level) {
                violations.refuse(&format!("moves.{from}"), format!("{level:?} is no level"), "name one of levels");
            }
        }
    }
    tree("level", &scheme.level, &scheme.levels, &mut violations);
    tree("domain", &scheme.domain, &scheme.domains, &mut violations);
    if violations.list().is_empty() { Ok(()) } else { Err(violations) }
}

fn tree(place: &str, tree: &Tree, leaves: &[String], violations: &mut Violations) {
    if tree.questions.len() > Scheme::MOST_PARTS {
        let problem = format!("{} questions, where {} are allowed", tree.questions.len(), Scheme::MOST_PARTS);
        violations.refuse(&format!("{place}.questions"), problem, "ask less");
        return;
    }
    if tree.question(&tree.start).is_none() {
        violations.refuse(
            &format!("{place}.start"),
            format!("{:?} is no question", tree.start),
            "name the first of the questions",
        );
    }
    let mut seen = BTreeSet::new();
    for (at, question) in tree.questions.iter().enumerate() {
        let place = format!("{place}.questions[{at}]");
        if !seen.insert(&question.id) {
            violations.refuse(
                &format!("{place}.id"),
                format!("{:?} is there twice", question.id),
                "give each an id of its own",
            );
        }
        if question.answers.is_empty() {
            violations.refuse(
                &format!("{place}.answers"),
                "has no answers",
                "say what may be answered, and where it leads",
            );
        }
        for (answer, leads) in &question.answers {
            let field = format!("{place}.answers.{answer}");
            match leads {
                Leads::Ask(next) if tree.question(next).is_none() => {
                    violations.refuse(&field, format!("{next:?} is no question"), "ask one of the questions");
                }
                Leads::Is(leaf) if !leaves.contains(leaf) => {
                    violations.refuse(&field, format!("{leaf:?} is not among those listed"), "lead to one of them");
                }
                Leads::Ask(_) | Leads::Is(_) => {}
            }
        }
    }
    circles(place, tree, violations);
}

/// A question that leads back to itself would be asked for ever; one that nothing leads to, never.
fn circles(place: &str, tree: &Tree, violations: &mut Violations) {
    let mut reached: BTreeSet<&str> = BTreeSet::new();
    let mut waiting = vec![tree.start.as_str()];
    while let Some(id) = waiting.pop() {
        if reached.insert(id) {
            waiting.extend(next(tree, id));
        }
    }
    for (at, question) in tree.questions.iter().enumerate() {
        let field = format!("{place}.questions[{at}]");
        if !reached.contains(question.id.as_str()) {
            violations.refuse(&field, "no answer leads to it", "let one lead to it, or leave it out");
        }
        let mut ahead: BTreeSet<&str> = BTreeSet::new();
        let mut waiting: Vec<&str> = next(tree, &question.id);
        while let Some(id) = waiting.pop() {
            if ahead.insert(id) {
                waiting.extend(next(tree, id));
            }
        }
        if ahead.contains(question.id.as_str()) {
            violations.refuse(&field, "leads back to itself", "let one of its answers decide");
        }
    }
}

fn next<'a>(tree: &'a Tree, id: &str) -> Vec<&'a str> {
    let answers =
        tree.questions.iter().filter(|question| question.id == id).flat_map(|question| question.answers.values());
    answers.filter_map(|leads| if let Leads::Ask(next) = leads { Some(next.as_str()) } else { None }).collect()
}
