//! The path trie: literals before `*` before `**`, the verb at the last unescaped colon.

use std::collections::HashMap;

use http::Method;

use crate::escape::{Form, decode};
use crate::template::{Segment, Template};

/// Paths longer than this many segments match nothing: no template is nearly that long.
const MOST_SEGMENTS: usize = 128;

/// Whether a path is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    /// Path and method are.
    Found,
    /// The path is, by other methods: the value of an `Allow` header lists them, sorted.
    MethodNotAllowed(Vec<Method>),
    /// The path is not.
    NotFound,
}

/// What a look-up gives: the index of a binding and the raw segments of the path, without the verb.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Hit<'a> {
    Found { binding: usize, segments: Vec<&'a str> },
    MethodNotAllowed(Vec<Method>),
    NotFound,
}

#[derive(Debug, Default)]
struct Node {
    literals: HashMap<String, Node>,
    one: Option<Box<Node>>,
    /// What ends here, per verb.
    ends: Ends,
    /// What ends in `**` here, per verb.
    rests: Ends,
}

#[derive(Debug, Default)]
struct Ends {
    plain: Vec<(Method, usize)>,
    verbs: HashMap<String, Vec<(Method, usize)>>,
}

impl Ends {
    fn of(&self, verb: Option<&str>) -> &[(Method, usize)] {
        match verb {
            None => &self.plain,
            Some(verb) => self.verbs.get(verb).map_or(&[], Vec::as_slice),
        }
    }

    fn of_mut(&mut self, verb: Option<&str>) -> &mut Vec<(Method, usize)> {
        match verb {
            None => &mut self.plain,
            Some(verb) => self.verbs.entry(verb.to_owned()).or_default(),
        }
    }
}

/// All paths.
#[derive(Debug, Default)]
pub(crate) struct Routes {
    root: Node,
}

impl Routes {
    /// Adds a path. The error is the binding that already holds this method and path.
    pub(crate) fn insert(&mut self, method: &Method, template: &Template, binding: usize) -> Result<(), usize> {
        let mut node = &mut self.root;
        let mut rest = false;
        for segment in &template.segments {
            match segment {
                Segment::Literal(text) => node = node.literals.entry(text.clone()).or_default(),
                Segment::One => node = node.one.get_or_insert_default(),
                Segment::Rest => rest = true,
            }
        }
        let ends = if rest { &mut node.rests } else { &mut node.ends };
        let held = ends.of_mut(template.verb.as_deref());
        if let Some((_, other)) = held.iter().find(|(of, _)| of == method) {
            return Err(*other);
        }
        held.push((method.clone(), binding));
        Ok(())
    }

    /// Finds what serves a path.
    ///
    /// The verb is what follows the last colon that is not escaped. Where no path with that verb matches, the colon is taken as
    /// part of the segment; but only a method that is served there counts then, so that a mistyped verb is unknown, not "use GET".
    pub(crate) fn find<'a>(&self, method: &Method, path: &'a str) -> Hit<'a> {
        let Some(rest) = path.strip_prefix('/') else { return Hit::NotFound };
        let mut segments: Vec<&str> = rest.split('/').take(MOST_SEGMENTS + 1).collect();
        if segments.len() > MOST_SEGMENTS {
            return Hit::NotFound;
        }
        let last = segments.last().copied().unwrap_or_default();
        let Some((before, verb)) = last.rsplit_once(':') else { return self.look(method, segments, None) };
        if let Some(end) = segments.last_mut() {
            *end = before;
        }
        match self.look(method, segments.clone(), Some(verb)) {
            Hit::NotFound => {}
            hit => return hit,
        }
        if let Some(end) = segments.last_mut() {
            *end = last;
        }
        match self.look(method, segments, None) {
            Hit::MethodNotAllowed(_) => Hit::NotFound,
            hit => hit,
        }
    }

    fn look<'a>(&self, method: &Method, segments: Vec<&'a str>, verb: Option<&str>) -> Hit<'a> {
        let mut allowed = Vec::new();
        match walk(&self.root, &segments, verb, method, &mut allowed) {
            Some(binding) => Hit::Found { binding, segments },
            None if allowed.is_empty() => Hit::NotFound,
            None => {
                allowed.sort_by(|a: &Method, b: &Method| a.as_str().cmp(b.as_str()));
                allowed.dedup();
                Hit::MethodNotAllowed(allowed)
            }
        }
    }
}

/// Depth-first, the most specific first. Bounded by the depth of the trie, which the templates set, not the caller.
fn walk(
    node: &Node,
    segments: &[&str],
    verb: Option<&str>,
    method: &Method,
    allowed: &mut Vec<Method>,
) -> Option<usize> {
    let here = |ends: &Ends, allowed: &mut Vec<Method>| {
        let held = ends.of(verb);
        let found = held.iter().find(|(of, _)| of == method).map(|(_, binding)| *binding);
        if found.is_none() {
            allowed.extend(held.iter().map(|(of, _)| of.clone()));
        }
        found
    };
    let Some((first, rest)) = segments.split_first() else {
        return here(&node.ends, allowed).or_else(|| here(&node.rests, allowed));
    };
    if !first.is_empty() {
        let literal = decode(first, Form::Segment).ok();
        if let Some(child) = literal.and_then(|text| node.literals.get(text.as_ref()))
            && let Some(binding) = walk(child, rest, verb, method, allowed)
        {
            return Some(binding);
        }
        if let Some(child) = &node.one
            && let Some(binding) = walk(child, rest, verb, method, allowed)
        {
            return Some(binding);
        }
    }
    here(&node.rests, allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes(rows: &[(&str, &str)]) -> Routes {
        let mut routes = Routes::default();
        for (index, (method, path)) in rows.iter().enumerate() {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            routes.insert(&method, &Template::parse(path).unwrap(), index).unwrap();
        }
        routes
    }

    const ROWS: &[(&str, &str)] = &[
        ("GET", "/v1/{name=organizations/*/assets/*}"),
        ("DELETE", "/v1/{name=organizations/*/assets/*}"),
        ("GET", "/v1/{name=organizations/*/assets/*}:impact"),
        ("POST", "/v1/{parent=organizations/*}/assets"),
        ("POST", "/v1/{parent=organizations/*}/assets:lookup"),
        ("GET", "/v1/{name=organizations/*/assets/special}"),
        ("GET", "/v1/{rest=**}"),
        ("GET", "/v1/organizations/acme/assets/{asset}/parts"),
        ("GET", "/v1/organizations/{organization}/assets/gold/parts"),
        ("GET", "/files/{path=**}:read"),
    ];

    #[test]
    fn the_most_specific_path_wins() {
        let routes = routes(ROWS);
        let table = [
            ("GET", "/v1/organizations/acme/assets/a", Some(0)),
            ("DELETE", "/v1/organizations/acme/assets/a", Some(1)),
            ("GET", "/v1/organizations/acme/assets/a:impact", Some(2)),
            ("POST", "/v1/organizations/acme/assets", Some(3)),
            ("POST", "/v1/organizations/acme/assets:lookup", Some(4)),
            ("GET", "/v1/organizations/acme/assets/special", Some(5)),
            ("GET", "/v1/organizations/acme/assets/speci%61l", Some(5)),
            // A literal that has no such method steps back for the wildcard that has.
            ("DELETE", "/v1/organizations/acme/assets/special", Some(1)),
            ("GET", "/v1/anything/else/at/all", Some(6)),
            ("GET", "/v1", Some(6)),
            // Decided from the left: the first literal wins.
            ("GET", "/v1/organizations/acme/assets/gold/parts", Some(7)),
            ("GET", "/v1/organizations/other/assets/gold/parts", Some(8)),
            // A colon that starts no known verb belongs to the segment, and an escaped one always does.
            ("GET", "/v1/organizations/acme/assets/a:b", Some(0)),
            ("GET", "/v1/organizations/acme/assets/a%3Aimpact", Some(0)),
            ("GET", "/v1/organizations/acme/assets/a:b:impact", Some(2)),
            ("GET", "/files/a/b/c:read", Some(9)),
            ("GET", "/files/a/b/c", None),
            ("GET", "/other", None),
            ("GET", "", None),
            ("GET", "*", None),
        ];
        for (method, path, want) in table {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let got = match routes.find(&method, path) {
                Hit::Found { binding, .. } => Some(binding),
                _ => None,
            };
            assert_eq!(got, want, "{method} {path}");
        }
    }

    #[test]
    fn empty_segments_match_no_wildcard() {
        let routes = routes(&ROWS[..6]);
        for path in
            ["/v1/organizations//assets/a", "/v1/organizations/acme/assets/", "//v1/organizations/acme/assets/a"]
        {
            assert_eq!(routes.find(&Method::GET, path), Hit::NotFound, "{path}");
        }
    }

    #[test]
    fn another_method_is_told_which_are_allowed() {
        let routes = routes(&ROWS[..6]);
        let table: &[(&str, Option<&[Method]>)] = &[
            ("/v1/organizations/acme/assets/a", Some(&[Method::DELETE, Method::GET])),
            ("/v1/organizations/acme/assets/a:impact", Some(&[Method::GET])),
            ("/v1/organizations/acme/assets:lookup", Some(&[Method::POST])),
            // A mistyped verb is unknown; it does not fall back to the methods of the resource.
            ("/v1/organizations/acme/assets/a:imapct", None),
        ];
        for (path, want) in table {
            let want = want.map_or(Hit::NotFound, |methods| Hit::MethodNotAllowed(methods.to_vec()));
            assert_eq!(routes.find(&Method::PUT, path), want, "{path}");
        }
    }

    #[test]
    fn the_same_path_twice_is_a_conflict() {
        let table = [
            ("/v1/{name=a/*}", "/v1/a/{id}", true),
            ("/v1/{name=a/*}", "/v1/{name=a/*}:go", false),
            ("/v1/a/{id}", "/v1/a/fixed", false),
            ("/v1/{a=**}", "/v1/{b=**}", true),
            ("/v1/{a=*}", "/v1/{b=**}", false),
        ];
        for (first, second, conflict) in table {
            let mut routes = Routes::default();
            routes.insert(&Method::GET, &Template::parse(first).unwrap(), 7).unwrap();
            let got = routes.insert(&Method::GET, &Template::parse(second).unwrap(), 8);
            assert_eq!(got, if conflict { Err(7) } else { Ok(()) }, "{first} {second}");
            routes.insert(&Method::PUT, &Template::parse(first).unwrap(), 9).unwrap();
        }
    }
}
