//! Path templates of `google.api.http`: `/v1/{name=organizations/*/assets/*}:impact`.
//!
//! ```text
//! template = "/" segments [ ":" verb ]
//! segments = segment { "/" segment }
//! segment  = "*" | "**" | literal | variable
//! variable = "{" field { "." field } [ "=" segments ] "}"
//! ```
//! `**` stands last, as the standard asks; variables do not nest.

use std::fmt;

/// One segment of a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Segment {
    /// Exactly this text.
    Literal(String),
    /// One segment, not empty.
    One,
    /// The rest of the path, which may be empty.
    Rest,
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Segment::Literal(text) => f.write_str(text),
            Segment::One => f.write_str("*"),
            Segment::Rest => f.write_str("**"),
        }
    }
}

/// A part of the path that fills a field of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Variable {
    /// The field, a dotted path: `asset.name`.
    pub(crate) path: String,
    /// The first segment it takes.
    pub(crate) start: usize,
    /// One past its last segment; the end of the path where it ends in `**`.
    pub(crate) end: Option<usize>,
    /// Whether it may hold more than one segment, so that its value holds `/`.
    pub(crate) multiple: bool,
}

/// A parsed path template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    /// The segments, variables spelt out.
    pub(crate) segments: Vec<Segment>,
    /// What stands after the colon.
    pub(crate) verb: Option<String>,
    /// What fills fields, in order.
    pub(crate) variables: Vec<Variable>,
}

/// Why a text is no path template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TemplateError {
    /// No leading slash.
    #[error("a path template begins with /")]
    NoSlash,
    /// Two slashes in a row, or one at the end.
    #[error("a segment is empty")]
    EmptySegment,
    /// A brace without its pair, or inside another.
    #[error("braces do not pair up")]
    Braces,
    /// `{=x}` or `{a..b}`.
    #[error("the field of a variable is not a dotted path of names: `{0}`")]
    Field(String),
    /// Two variables fill one field.
    #[error("the field `{0}` is filled twice")]
    Twice(String),
    /// `**` before another segment.
    #[error("** is not the last segment")]
    RestNotLast,
    /// `a*` or `x{y}`, or a character that a path does not hold unescaped.
    #[error("`{0}` is neither *, ** nor a plain literal")]
    Literal(String),
}

impl Template {
    /// Reads a template.
    pub(crate) fn parse(text: &str) -> Result<Self, TemplateError> {
        let rest = text.strip_prefix('/').ok_or(TemplateError::NoSlash)?;
        let (path, verb) = split_verb(rest)?;
        let mut template = Self { segments: Vec::new(), verb: verb.map(str::to_owned), variables: Vec::new() };
        for piece in split_outside_braces(path)? {
            match piece.strip_prefix('{').and_then(|piece| piece.strip_suffix('}')) {
                Some(inner) => template.variable(inner)?,
                None => template.push(piece)?,
            }
        }
        let rest = template.segments.iter().position(|segment| *segment == Segment::Rest);
        if rest.is_some_and(|at| at + 1 != template.segments.len()) {
            return Err(TemplateError::RestNotLast);
        }
        Ok(template)
    }

    fn variable(&mut self, inner: &str) -> Result<(), TemplateError> {
        let (path, pattern) = inner.split_once('=').unwrap_or((inner, "*"));
        let named = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        if !path.split('.').all(named) {
            return Err(TemplateError::Field(path.to_owned()));
        }
        if self.variables.iter().any(|variable| variable.path == path) {
            return Err(TemplateError::Twice(path.to_owned()));
        }
        let start = self.segments.len();
        for piece in pattern.split('/') {
            self.push(piece)?;
        }
        let open = self.segments.last() == Some(&Segment::Rest);
        let end = if open { None } else { Some(self.segments.len()) };
        let multiple = open || self.segments.len() > start + 1;
        self.variables.push(Variable { path: path.to_owned(), start, end, multiple });
        Ok(())
    }

    fn push(&mut self, piece: &str) -> Result<(), TemplateError> {
        let segment = match piece {
            "" => return Err(TemplateError::EmptySegment),
            "*" => Segment::One,
            "**" => Segment::Rest,
            text if text.bytes().all(plain) => Segment::Literal(text.to_owned()),
            text => return Err(TemplateError::Literal(text.to_owned())),
        };
        self.segments.push(segment);
        Ok(())
    }
}

fn plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'+,;@".contains(&byte)
}

/// Splits the verb off: what stands after a colon outside braces.
fn split_verb(text: &str) -> Result<(&str, Option<&str>), TemplateError> {
    let after_braces = text.rfind('}').map_or(0, |at| at + 1);
    let (_, tail) = text.split_at_checked(after_braces).unwrap_or((text, ""));
    match tail.rfind(':') {
        None => Ok((text, None)),
        Some(at) => {
            let (path, verb) = text.split_at_checked(after_braces + at).unwrap_or((text, ""));
            let verb = verb.strip_prefix(':').unwrap_or(verb);
            if verb.is_empty() || !verb.bytes().all(plain) {
                return Err(TemplateError::Literal(format!(":{verb}")));
            }
            Ok((path, Some(verb)))
        }
    }
}

/// Splits at the slashes that are not inside a variable.
fn split_outside_braces(path: &str) -> Result<Vec<&str>, TemplateError> {
    let mut pieces = Vec::new();
    let mut inside = false;
    let mut start = 0;
    for (at, character) in path.char_indices() {
        match character {
            '{' if inside => return Err(TemplateError::Braces),
            '{' => inside = true,
            '}' if !inside => return Err(TemplateError::Braces),
            '}' => inside = false,
            '/' if !inside => {
                pieces.push(path.get(start..at).unwrap_or_default());
                start = at + 1;
            }
            _ => {}
        }
    }
    if inside {
        return Err(TemplateError::Braces);
    }
    pieces.push(path.get(start..).unwrap_or_default());
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_parse() {
        type Row =
            (&'static str, &'static str, Option<&'static str>, &'static [(&'static str, usize, Option<usize>, bool)]);
        let table: &[Row] = &[
            ("/v1/assets", "v1/assets", None, &[]),
            ("/v1/assets:lookup", "v1/assets", Some("lookup"), &[]),
            ("/v1/{name=organizations/*/assets/*}", "v1/organizations/*/assets/*", None, &[("name", 1, Some(5), true)]),
            ("/v1/{name=organizations/*}:watch", "v1/organizations/*", Some("watch"), &[("name", 1, Some(3), true)]),
            ("/v1/{asset.name=a/*}/x", "v1/a/*/x", None, &[("asset.name", 1, Some(3), true)]),
            ("/v1/{id}", "v1/*", None, &[("id", 1, Some(2), false)]),
            ("/v1/{path=**}", "v1/**", None, &[("path", 1, None, true)]),
            ("/v1/{path=files/**}:read", "v1/files/**", Some("read"), &[("path", 1, None, true)]),
            ("/{a}/{b}", "*/*", None, &[("a", 0, Some(1), false), ("b", 1, Some(2), false)]),
            ("/*", "*", None, &[]),
        ];
        for (text, segments, verb, variables) in table {
            let template = Template::parse(text).unwrap();
            let shown: Vec<String> = template.segments.iter().map(ToString::to_string).collect();
            assert_eq!(shown.join("/"), *segments, "{text}");
            assert_eq!(template.verb.as_deref(), *verb, "{text}");
            let got: Vec<_> =
                template.variables.iter().map(|v| (v.path.as_str(), v.start, v.end, v.multiple)).collect();
            assert_eq!(got, *variables, "{text}");
        }
    }

    #[test]
    fn what_is_no_template() {
        let table = [
            ("v1/x", TemplateError::NoSlash),
            ("/", TemplateError::EmptySegment),
            ("/v1//x", TemplateError::EmptySegment),
            ("/v1/x/", TemplateError::EmptySegment),
            ("/{a=x/{b}}", TemplateError::Braces),
            ("/{a", TemplateError::Braces),
            ("/a}", TemplateError::Braces),
            ("/{=x}", TemplateError::Field(String::new())),
            ("/{a..b}", TemplateError::Field("a..b".to_owned())),
            ("/{a}/{a}", TemplateError::Twice("a".to_owned())),
            ("/**/x", TemplateError::RestNotLast),
            ("/{a=**}/x", TemplateError::RestNotLast),
            ("/a*", TemplateError::Literal("a*".to_owned())),
            ("/x{y}", TemplateError::Literal("x{y}".to_owned())),
            ("/x:", TemplateError::Literal(":".to_owned())),
        ];
        for (text, want) in table {
            assert_eq!(Template::parse(text), Err(want), "{text}");
        }
    }
}
