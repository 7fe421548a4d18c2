//! Which controls a profile selects.

use super::catalog::{Catalog, Place};
use super::problem::ResolveError;
use super::profile::Select;
use std::collections::HashMap;

/// How much work a resolution may still take. A small profile can ask for a lot: each of its selections looks at each
/// control.
pub(super) struct Work {
    left: usize,
    limit: usize,
}

impl Work {
    pub(super) fn new(limit: usize) -> Self {
        Self { left: limit, limit }
    }

    pub(super) fn spend(&mut self, steps: usize) -> Result<(), ResolveError> {
        self.left = self.left.checked_sub(steps).ok_or(ResolveError::Limit { what: "steps", limit: self.limit })?;
        Ok(())
    }
}

/// Which controls are selected: one flag for each. A control stands behind the one it is nested in.
pub(super) fn select(
    from: &Catalog,
    selects: &[Select],
    href: &str,
    warnings: &mut Vec<String>,
    work: &mut Work,
) -> Result<Vec<bool>, ResolveError> {
    work.spend(from.controls.len())?;
    let mut chosen = vec![false; from.controls.len()];
    let mut by_id: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, control) in from.controls.iter().enumerate() {
        by_id.entry(&control.id).or_default().push(index);
    }
    let length = from.controls.iter().map(|control| control.id.len()).sum::<usize>();
    for select in selects {
        work.spend(from.controls.len() + select.ids.len())?;
        let mut here = vec![false; from.controls.len()];
        for id in &select.ids {
            let indices = by_id.get(id.as_str());
            if indices.is_none() {
                warnings.push(format!("`{href}` has no control `{id}`"));
            }
            for index in indices.into_iter().flatten() {
                if let Some(flag) = here.get_mut(*index) {
                    *flag = true;
                }
            }
        }
        for pattern in &select.patterns {
            // Matching goes back at most once for each character of the id.
            work.spend(length.saturating_mul(pattern.len().max(1)))?;
            let mut any = false;
            for (flag, control) in here.iter_mut().zip(&from.controls) {
                let matched = matches(pattern, &control.id);
                any |= matched;
                *flag |= matched;
            }
            if !any {
                warnings.push(format!("`{href}` has no control that matches `{pattern}`"));
            }
        }
        if select.with_children {
            for (index, control) in from.controls.iter().enumerate() {
                let nested = matches!(control.place, Place::Control(parent) if here.get(parent) == Some(&true));
                if nested && let Some(flag) = here.get_mut(index) {
                    *flag = true;
                }
            }
        }
        for (chosen, here) in chosen.iter_mut().zip(here) {
            *chosen |= here;
        }
    }
    Ok(chosen)
}

/// Whether a pattern, in which `*` is any text and `?` any one character, matches the whole of an id.
fn matches(pattern: &str, id: &str) -> bool {
    let (pattern, id): (Vec<char>, Vec<char>) = (pattern.chars().collect(), id.chars().collect());
    // Where to go on when what followed the last `*` does not fit: that `*` takes one character more.
    let (mut at, mut read, mut back) = (0, 0, None);
    while read < id.len() {
        match pattern.get(at) {
            Some('*') => {
                back = Some((at + 1, read));
                at += 1;
            }
            Some(expected) if *expected == '?' || id.get(read) == Some(expected) => {
                at += 1;
                read += 1;
            }
            _ => {
                let Some((after, taken)) = back else { return false };
                back = Some((after, taken + 1));
                at = after;
                read = taken + 1;
            }
        }
    }
    pattern.get(at..).is_none_or(|left| left.iter().all(|character| *character == '*'))
}
