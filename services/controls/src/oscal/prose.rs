//! Texts with their parameters filled in.

use super::control::Parameter;

/// How deeply parameters may stand in the choices of parameters, and how many insertions one text may have.
const MAXIMUM_NESTING: usize = 8;
const MAXIMUM_INSERTIONS: usize = 1_000;
/// Bytes that insertions may add to a text.
const MAXIMUM_GROWTH: usize = 1 << 20;

/// A text with its insertions (`{{ insert: param, ac-1_prm_1 }}`) replaced by what the parameter says: its values,
/// joined by commas; without any, `[Selection: … ]` with its choices; else `[Assignment: … ]` with its label; and
/// `[ac-1_prm_1]` where there is no such parameter. What else stands in the text is not touched: it is Markdown.
///
/// `find` finds a parameter by its id. `values` says what an organization has set for a parameter; none means that what
/// the catalogue says holds. Parameters nest at most 8 deep; past 1000 insertions, or 1 MiB of what they add, an
/// ellipsis stands for the insertion.
#[must_use]
pub fn render<'a>(
    prose: &str,
    find: &dyn Fn(&str) -> Option<&'a Parameter>,
    values: &dyn Fn(&str) -> Option<Vec<String>>,
) -> String {
    let longest = prose.len().saturating_add(MAXIMUM_GROWTH);
    let out = String::with_capacity(prose.len() + 32);
    let mut filler = Filler { find, values, insertions: MAXIMUM_INSERTIONS, longest, out };
    filler.fill(prose, MAXIMUM_NESTING);
    filler.out
}

/// The insertions of a text, one call for each, with the text before it; the text behind the last comes with none.
/// Each byte is looked at once, however many braces are left open.
fn split<'t>(prose: &'t str, mut each: impl FnMut(&'t str, Option<&'t str>)) {
    let (mut rest, mut from) = (prose, prose);
    while let Some((head, behind)) = rest.split_once("}}") {
        if let Some((open, inside)) = head.rsplit_once("{{")
            && let Some(id) = inserted(inside)
        {
            // Text since the last insertion: everything up to the braces that open this one.
            let before = from.len() - rest.len() + open.len();
            each(from.get(..before).unwrap_or_default(), Some(id));
            from = behind;
        }
        rest = behind;
    }
    each(from, None);
}

/// The ids of the parameters that a text inserts.
pub(super) fn insertions(prose: &str) -> Vec<&str> {
    let mut ids = Vec::new();
    split(prose, |_, id| ids.extend(id));
    ids
}

/// The id of the parameter that an insertion names. The form without `insert:` was that of drafts before 1.0.
fn inserted(inside: &str) -> Option<&str> {
    let inside = inside.trim();
    let named = inside.strip_prefix("insert:").unwrap_or(inside).trim_start();
    let id = named.strip_prefix("param").and_then(|id| id.trim_start().strip_prefix([',', ':']))?.trim();
    (!id.is_empty() && !id.contains(char::is_whitespace)).then_some(id)
}

struct Filler<'f, 'a> {
    find: &'f dyn Fn(&str) -> Option<&'a Parameter>,
    values: &'f dyn Fn(&str) -> Option<Vec<String>>,
    insertions: usize,
    longest: usize,
    out: String,
}

impl Filler<'_, '_> {
    fn fill(&mut self, prose: &str, left: usize) {
        split(prose, |before, id| {
            self.out.push_str(before);
            let Some(id) = id else { return };
            let more = self.insertions.checked_sub(1).filter(|_| self.out.len() <= self.longest);
            match (more, left.checked_sub(1)) {
                (Some(more), Some(left)) => {
                    self.insertions = more;
                    self.insert(id, left);
                }
                _ => self.out.push('…'),
            }
        });
    }

    fn insert(&mut self, id: &str, left: usize) {
        let parameter = (self.find)(id);
        let set = (self.values)(id).filter(|set| !set.is_empty());
        let set = set.or_else(|| parameter.map(|parameter| parameter.values.clone())).unwrap_or_default();
        match parameter {
            _ if !set.is_empty() => self.joined(&set, ", ", left),
            Some(Parameter { choice: Some(choice), .. }) if !choice.choices.is_empty() => {
                let several = choice.how_many.as_deref() == Some("one-or-more");
                self.out.push_str(if several { "[Selection (one or more): " } else { "[Selection: " });
                self.joined(&choice.choices, "; ", left);
                self.out.push(']');
            }
            Some(Parameter { label: Some(label), .. }) => {
                self.out.push_str("[Assignment: ");
                self.fill(label.trim(), left);
                self.out.push(']');
            }
            _ => {
                self.out.push('[');
                self.out.push_str(id);
                self.out.push(']');
            }
        }
    }

    fn joined(&mut self, texts: &[String], between: &str, left: usize) {
        for (index, text) in texts.iter().enumerate() {
            self.out.push_str(if index == 0 { "" } else { between });
            self.fill(text.trim(), left);
        }
    }
}
