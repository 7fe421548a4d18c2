//! The types of an expression, and nothing in it that is not known to be cheap.

use std::collections::BTreeMap;

use cel::{
    IdedExpr,
    common::ast::{CallExpr, ComprehensionExpr, Expr, LiteralValue, SelectExpr, operators},
};

use super::{Asked, Expression, THRESHOLD};
use crate::fact::{KNOWN, Kind, SERVICE};

type Refused = (String, String);

/// What a part of an expression is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Truth,
    Number,
    Count,
    Text,
    Texts,
    Numbers,
    Services,
    Service,
}

impl Type {
    fn words(self) -> &'static str {
        match self {
            Self::Truth => "a truth",
            Self::Number | Self::Count => "a number",
            Self::Text => "a text",
            Self::Texts => "a list of texts",
            Self::Numbers => "a list of numbers",
            Self::Services => "the list of services",
            Self::Service => "a service",
        }
    }

    /// Whether two of them can be equal at all.
    fn meets(self, other: Self) -> bool {
        let plain = |kind| if kind == Self::Count { Self::Number } else { kind };
        plain(self) == plain(other)
    }
}

impl From<Kind> for Type {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Truth => Self::Truth,
            Kind::Number => Self::Number,
            Kind::Text => Self::Text,
            Kind::Texts => Self::Texts,
        }
    }
}

struct Checker<'a> {
    declared: &'a BTreeMap<String, Kind>,
    asks: BTreeMap<String, Option<Kind>>,
    nodes: usize,
    /// The name that stands for one service, inside `exists` and `all`.
    each: Option<String>,
}

/// Checks an expression, makes its whole numbers decimal, and returns the facts it asks about.
pub(super) fn check(tree: &mut IdedExpr, declared: &BTreeMap<String, Kind>) -> Result<Vec<Asked>, Refused> {
    let mut checker = Checker { declared, asks: BTreeMap::new(), nodes: 0, each: None };
    let found = checker.part(tree)?;
    if found != Type::Truth {
        return refuse(format!("is {}", found.words()), "compare it with something, so that it is true or false");
    }
    Ok(checker.asks.into_iter().map(|(name, kind)| Asked { name, kind }).collect())
}

fn refuse<T>(problem: impl Into<String>, remedy: &str) -> Result<T, Refused> {
    Err((problem.into(), remedy.to_owned()))
}

const REMEDY: &str = "docs/clocks.md says what an expression may have";

impl Checker<'_> {
    fn part(&mut self, part: &mut IdedExpr) -> Result<Type, Refused> {
        self.nodes += 1;
        if self.nodes > Expression::MOST_NODES {
            let problem = format!("has more than {} operators, names and values", Expression::MOST_NODES);
            return refuse(problem, "divide it, or name a set of facts by one declared fact");
        }
        if let Some(id) = self.one_threshold(&part.expr) {
            // As many as it was written with.
            self.nodes += 2;
            let name = format!("{THRESHOLD}{id}");
            self.asks.insert(name.clone(), Some(Kind::Truth));
            part.expr = Expr::Ident(name);
            return Ok(Type::Truth);
        }
        match &mut part.expr {
            Expr::Literal(literal) => literal_type(literal),
            Expr::Ident(name) => self.name(name),
            Expr::Select(select) => self.field(select),
            Expr::Call(call) => self.call(call),
            Expr::List(list) => {
                let mut found = None;
                for element in &mut list.elements {
                    let kind = self.part(element)?;
                    if found.is_some_and(|found: Type| !found.meets(kind)) {
                        return refuse("has a list of several kinds", "put texts with texts, numbers with numbers");
                    }
                    found = Some(kind);
                }
                match found {
                    Some(Type::Text) => Ok(Type::Texts),
                    Some(Type::Number) => Ok(Type::Numbers),
                    _ => refuse("has a list of neither texts nor numbers", "list texts or numbers, at least one"),
                }
            }
            Expr::Comprehension(comprehension) => self.each_of(comprehension),
            Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified => refuse("builds a value", REMEDY),
        }
    }

    /// The id in `'id' in thresholds`: whether one is crossed may be known where that of others is not.
    fn one_threshold(&self, part: &Expr) -> Option<String> {
        let Expr::Call(call) = part else { return None };
        let (operators::IN, [one, list]) = (call.func_name.as_str(), call.args.as_slice()) else { return None };
        match (&one.expr, &list.expr) {
            (Expr::Literal(LiteralValue::String(id)), Expr::Ident(name))
                if name == "thresholds" && self.each.as_deref() != Some("thresholds") =>
            {
                Some(id.inner().to_owned())
            }
            _ => None,
        }
    }

    fn name(&mut self, name: &str) -> Result<Type, Refused> {
        if self.each.as_deref() == Some(name) {
            return Ok(Type::Service);
        }
        let kind = KNOWN.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind);
        let kind = kind.or_else(|| self.declared.get(name).copied());
        let found = kind.map(Type::from).or((name == "services").then_some(Type::Services));
        let Some(found) = found else {
            let shown: String = name.chars().take(60).collect();
            let remedy = "name a fact of docs/clocks.md, or declare it under facts";
            return refuse(format!("asks about {shown:?}, which is no fact"), remedy);
        };
        self.asks.insert(name.to_owned(), kind);
        Ok(found)
    }

    fn field(&mut self, select: &mut SelectExpr) -> Result<Type, Refused> {
        if self.part(&mut select.operand)? != Type::Service {
            return refuse(
                format!("asks for {:?} of what has no fields", select.field),
                "only one of services has fields",
            );
        }
        let found = SERVICE.iter().find(|(known, _)| *known == select.field);
        match found {
            Some(_) if select.test => Ok(Type::Truth),
            Some((_, kind)) => Ok(Type::from(*kind)),
            None => refuse(
                format!("asks for {:?}, which no service has", select.field),
                "ask for kind, users_affected, users_percent or hours",
            ),
        }
    }

    fn call(&mut self, call: &mut CallExpr) -> Result<Type, Refused> {
        let mut kinds = Vec::with_capacity(3);
        if let Some(target) = &mut call.target {
            kinds.push(self.part(target)?);
        }
        for argument in &mut call.args {
            kinds.push(self.part(argument)?);
        }
        let name = call.func_name.as_str();
        let found = match (name, kinds.as_slice()) {
            (operators::LOGICAL_AND | operators::LOGICAL_OR, [Type::Truth, Type::Truth])
            | (operators::LOGICAL_NOT, [Type::Truth]) => Some(Type::Truth),
            (operators::EQUALS | operators::NOT_EQUALS, [one, other]) if one.meets(*other) && *one != Type::Service => {
                Some(Type::Truth)
            }
            (
                operators::LESS | operators::LESS_EQUALS | operators::GREATER | operators::GREATER_EQUALS,
                [Type::Number | Type::Count, Type::Number | Type::Count],
            )
            | (operators::IN, [Type::Text, Type::Texts] | [Type::Number | Type::Count, Type::Numbers])
            | ("startsWith" | "endsWith" | "contains", [Type::Text, Type::Text]) => Some(Type::Truth),
            (operators::ADD | operators::SUBSTRACT | operators::MULTIPLY, [Type::Number, Type::Number])
            | (operators::NEGATE, [Type::Number]) => Some(Type::Number),
            (operators::DIVIDE, [Type::Number, Type::Number]) if divides(call.args.get(1)) => Some(Type::Number),
            (operators::CONDITIONAL, [Type::Truth, one, other]) if one == other => Some(*one),
            ("size", [Type::Texts | Type::Numbers | Type::Services]) => Some(Type::Count),
            _ => None,
        };
        found.map_or_else(|| refuse(told(name, &kinds), REMEDY), Ok)
    }

    /// `exists` and `all`, as the parser unfolds them: the range, and one step that is `&&` or `||` of the result and the condition.
    fn each_of(&mut self, comprehension: &mut ComprehensionExpr) -> Result<Type, Refused> {
        if self.each.is_some() {
            return refuse("looks through services within services", "ask about one service at a time");
        }
        if self.part(&mut comprehension.iter_range)? != Type::Services {
            return refuse("looks through something other than services", "write it with in: 'EU' in jurisdictions");
        }
        let Expr::Call(step) = &mut comprehension.loop_step.expr else {
            return refuse(
                "looks through services in another way",
                "write services.exists(s, …) or services.all(s, …)",
            );
        };
        let result = Expr::Ident(comprehension.accu_var.clone());
        let joins = matches!(step.func_name.as_str(), operators::LOGICAL_AND | operators::LOGICAL_OR);
        let folds =
            joins && step.args.first().is_some_and(|first| first.expr == result) && comprehension.result.expr == result;
        let (true, Some(condition)) = (folds, step.args.get_mut(1)) else {
            return refuse(
                "looks through services in another way",
                "write services.exists(s, …) or services.all(s, …)",
            );
        };
        self.each = Some(comprehension.iter_var.clone());
        let found = self.part(condition)?;
        self.each = None;
        if found == Type::Truth {
            Ok(Type::Truth)
        } else {
            refuse("asks something of a service that is not true or false", "compare it with something")
        }
    }
}

/// Whole numbers become decimal ones, since facts are, and CEL does not count the two together.
fn literal_type(literal: &mut LiteralValue) -> Result<Type, Refused> {
    let number = match literal {
        LiteralValue::Boolean(_) => return Ok(Type::Truth),
        LiteralValue::String(_) => return Ok(Type::Text),
        LiteralValue::Double(_) => return Ok(Type::Number),
        LiteralValue::Int(number) => *number.inner() as f64,
        LiteralValue::UInt(number) => *number.inner() as f64,
        LiteralValue::Bytes(_) | LiteralValue::Null => return refuse("has bytes or null", REMEDY),
    };
    *literal = LiteralValue::Double(number.into());
    Ok(Type::Number)
}

fn divides(divisor: Option<&IdedExpr>) -> bool {
    matches!(divisor.map(|divisor| &divisor.expr), Some(Expr::Literal(LiteralValue::Double(number))) if *number.inner() != 0.0)
}

fn told(name: &str, kinds: &[Type]) -> String {
    let sign: String = name.chars().filter(|c| *c != '_' && *c != '@').take(40).collect();
    let kinds: Vec<&str> = kinds.iter().map(|kind| kind.words()).collect();
    format!(
        "uses {sign} on {}, which is not allowed",
        if kinds.is_empty() { "nothing".to_owned() } else { kinds.join(" and ") }
    )
}
