//! Expressions over facts: a part of CEL, checked before it is kept and cheap when it is asked.
//!
//! What may be written: the facts of [`crate::Facts`] and those a book declares; texts, numbers, `true`, `false`, lists of them; `!`,
//! `&&`, `||`, `==`, `!=`, `<`, `<=`, `>`, `>=`, `in`, `? :`, `+`, `-`, `*`, and `/` by a number; `size()`, `startsWith()`, `endsWith()`,
//! `contains()`; and over `services` one level of `exists` and `all`. All of it is typed, so a checked expression fails for one reason
//! only: a fact it hangs on is not known yet. As in CEL, `false && unknown` is false and `true || unknown` is true.

mod check;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, LazyLock},
};

use cel::{Context, Env, Value, parser::Parser};

use crate::fact::{Fact, Facts, Kind, ServiceImpact};

/// A checked expression.
#[derive(Clone, Debug)]
pub struct Expression {
    text: String,
    tree: cel::parser::Expression,
    asks: Vec<Asked>,
}

/// A fact that is asked about, with its kind; `services` has none. One threshold is a truth, `thresholds/` and its id.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Asked {
    name: String,
    kind: Option<Kind>,
}

/// Before the id of a threshold in what stands for whether it is crossed: no name of a fact has it.
const THRESHOLD: &str = "thresholds/";

impl Asked {
    /// The id of the threshold, where it is one.
    fn threshold(&self) -> Option<&str> {
        self.name.strip_prefix(THRESHOLD)
    }

    /// The fact, for people.
    fn fact(&self) -> &str {
        if self.threshold().is_some() { "thresholds" } else { &self.name }
    }
}

/// What an expression says of facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It holds.
    Holds,
    /// It does not.
    Fails,
    /// It hangs on facts that are not known yet, some of these.
    Unknown(Vec<String>),
}

impl Expression {
    /// Most bytes of an expression.
    pub const MOST_BYTES: usize = 1_000;
    /// Deepest nesting of brackets.
    pub const MOST_DEPTH: usize = 12;
    /// Most operators, names and values.
    pub const MOST_NODES: usize = 300;

    /// Reads and checks an expression over the facts of every book and those declared.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and what to do, as two sentences.
    pub fn compile(text: &str, declared: &BTreeMap<String, Kind>) -> Result<Self, (String, String)> {
        within_limits(text)?;
        let depth = u16::try_from(Self::MOST_DEPTH * 4).unwrap_or(u16::MAX);
        let parsed = Parser::new().max_recursion_depth(depth).parse(text);
        let mut tree = parsed.map_err(|errors| {
            let first = errors.errors.first();
            let place = first.map_or((0, 0), |error| error.pos);
            let said: String = first
                .map(|error| error.msg.chars().filter(|c| !c.is_control()).take(200).collect())
                .unwrap_or_default();
            (
                format!("cannot be read at column {}: {said}", place.1),
                "write it as CEL, as in personal_data_breach && users_affected > 100".to_owned(),
            )
        })?;
        let asks = check::check(&mut tree, declared)?;
        Ok(Self { text: text.to_owned(), tree, asks })
    }

    /// As it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The facts it asks about, by name.
    pub fn asks(&self) -> impl Iterator<Item = &str> {
        let names: BTreeSet<&str> = self.asks.iter().map(Asked::fact).collect();
        names.into_iter()
    }

    /// What it says of facts. A fact of another kind than declared, a number that is not finite, and more than [`Facts::MOST_ITEMS`]
    /// services or texts are as if not known. Of thresholds each is known or not for itself, where it is asked about as in
    /// `'outage-ladder' in thresholds`; all of them are not known as long as one is not, where they are asked about in another way.
    #[must_use]
    pub fn ask(&self, facts: &Facts) -> Answer {
        let mut named = facts.named();
        if !facts.thresholds_open.is_empty() {
            named.remove("thresholds");
        }
        let mut context = Context::with_env(ENVIRONMENT.clone());
        let mut missing = BTreeSet::new();
        for asked in &self.asks {
            let value = match (asked.threshold(), asked.kind) {
                (Some(id), _) => facts.crosses(id).map(Value::Bool),
                (None, Some(kind)) => named.get(&asked.name).filter(|fact| fact.kind() == kind).and_then(value),
                (None, None) => facts.services.as_deref().and_then(services),
            };
            match value {
                Some(value) => context.add_variable_from_value(asked.name.as_str(), value),
                None => drop(missing.insert(asked.fact().to_owned())),
            }
        }
        let missing: Vec<String> = missing.into_iter().collect();
        match Value::resolve(&self.tree, &context) {
            Ok(Value::Bool(true)) => Answer::Holds,
            Ok(Value::Bool(false)) => Answer::Fails,
            // A checked expression is a truth, and fails for nothing but what is not known: a fact, or a field of a service.
            Ok(_) | Err(_) if missing.is_empty() => Answer::Unknown(vec!["services".to_owned()]),
            Ok(_) | Err(_) => Answer::Unknown(missing),
        }
    }
}

/// The functions of CEL, built once.
static ENVIRONMENT: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// Before the parser sees it: short, shallow, and of characters that can be shown.
fn within_limits(text: &str) -> Result<(), (String, String)> {
    if text.trim().is_empty() {
        return Err(("is empty".to_owned(), "write true where it always holds".to_owned()));
    }
    if text.len() > Expression::MOST_BYTES {
        let problem = format!("{} bytes, where at most {} are read", text.len(), Expression::MOST_BYTES);
        return Err((problem, "divide it, or name a set of facts by one declared fact".to_owned()));
    }
    if let Some(odd) = text.chars().find(|c| !(' '..='~').contains(c) && *c != '\n') {
        return Err((format!("has the character {odd:?}"), "write letters, digits and signs of ASCII only".to_owned()));
    }
    let (mut depth, mut signs) = (0_usize, 0_usize);
    for c in text.chars() {
        depth = match c {
            '(' | '[' | '{' | '?' => depth + 1,
            ')' | ']' | '}' => depth.saturating_sub(1),
            _ => depth,
        };
        signs = if matches!(c, '!' | '-') {
            signs + 1
        } else if c == ' ' {
            signs
        } else {
            0
        };
        if depth > Expression::MOST_DEPTH || signs > 4 {
            let problem = format!("is nested deeper than {}", Expression::MOST_DEPTH);
            return Err((problem, "write it flatter: && and || need no brackets among themselves".to_owned()));
        }
    }
    Ok(())
}

fn value(fact: &Fact) -> Option<Value> {
    match fact {
        Fact::Truth(truth) => Some(Value::Bool(*truth)),
        Fact::Number(number) => number.is_finite().then_some(Value::Float(*number)),
        Fact::Text(text) => Some(text.as_str().into()),
        Fact::Texts(texts) => {
            let texts: Vec<Value> = texts.iter().map(|text| text.as_str().into()).collect();
            (texts.len() <= Facts::MOST_ITEMS).then(|| Value::List(texts.into()))
        }
    }
}

fn services(impacts: &[ServiceImpact]) -> Option<Value> {
    let services: Vec<Value> = impacts.iter().take(Facts::MOST_ITEMS).map(service).collect();
    (impacts.len() <= Facts::MOST_ITEMS).then(|| Value::List(services.into()))
}

fn service(impact: &ServiceImpact) -> Value {
    let mut fields: HashMap<String, Value> = HashMap::new();
    fields.insert("kind".to_owned(), impact.kind.as_str().into());
    let numbers =
        [("users_affected", impact.users_affected), ("users_percent", impact.users_percent), ("hours", impact.hours)];
    fields.extend(numbers.into_iter().filter_map(|(name, number)| {
        Some((name.to_owned(), Value::Float(number.filter(|number| number.is_finite())?)))
    }));
    fields.into()
}
