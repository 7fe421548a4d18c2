//! From an expression to a condition: fields are looked up, values are read as what the field holds.

use super::expression::{Argument, Comparison, Expression, Member, Operator, Position, Restriction, Value};
use super::lexer::problem;
use super::{Condition, FieldType, FilterField, Literal, Match};
use crate::problem::{Problem, list, shorten};
use crate::same_field;

/// Reads an expression over `fields`.
pub(super) fn check(expression: &Expression, fields: &[FilterField]) -> Result<Condition, Problem> {
    let each = |parts: &[Expression]| parts.iter().map(|part| check(part, fields)).collect::<Result<Vec<_>, _>>();
    Ok(match expression {
        Expression::And(parts) | Expression::Sequence(parts) => all_of(each(parts)?),
        Expression::Or(parts) => one_of(each(parts)?),
        Expression::Not(inner) => not(check(inner, fields)?),
        Expression::Search(member) => search(member)?,
        Expression::Restriction(restriction) => restricted(restriction, fields)?,
    })
}

fn all_of(parts: Vec<Condition>) -> Condition {
    let mut flat = Vec::with_capacity(parts.len());
    for part in parts {
        match part {
            Condition::And(inner) => flat.extend(inner),
            other => flat.push(other),
        }
    }
    Condition::And(flat)
}

fn one_of(parts: Vec<Condition>) -> Condition {
    let mut flat = Vec::with_capacity(parts.len());
    for part in parts {
        match part {
            Condition::Or(inner) => flat.extend(inner),
            other => flat.push(other),
        }
    }
    Condition::Or(flat)
}

fn not(condition: Condition) -> Condition {
    Condition::Not(Box::new(condition))
}

fn search(member: &Member) -> Result<Condition, Problem> {
    if let [only] = member.segments.as_slice()
        && !only.quoted
    {
        let meant = match only.text().to_ascii_uppercase().as_str() {
            "AND" | "&&" | "&" => Some("AND"),
            "OR" | "||" | "|" => Some("OR"),
            "NOT" => Some("NOT"),
            _ => None,
        };
        if let Some(meant) = meant {
            let cause =
                format!("write {meant} in capitals to join conditions, or put the word in quotes to look for it");
            return Err(problem(member.position, cause));
        }
    }
    if member.segments.iter().any(Value::is_pattern) {
        let cause = "a text on its own is found anywhere; leave the star out, or write \\* within quotes for a star";
        return Err(problem(member.position, cause));
    }
    Ok(Condition::Search(member.text()))
}

/// What the left side of a comparison names.
struct Target<'a> {
    field: &'a FilterField,
    /// The key, where it is one value of a map.
    key: Option<String>,
    /// Where it was written.
    position: Position,
}

impl Target<'_> {
    /// The value or the comparison is not of the field's type.
    fn wrong(&self, position: Position, found: impl Into<String>, expected: impl Into<String>) -> Problem {
        let field = match &self.key {
            Some(key) => format!("{}.{}", self.field.name, shorten(key)),
            None => self.field.name.to_owned(),
        };
        Problem::InvalidFilterValue { position: position.0, field, found: found.into(), expected: expected.into() }
    }
}

fn restricted(restriction: &Restriction, fields: &[FilterField]) -> Result<Condition, Problem> {
    let target = target(&restriction.member, fields)?;
    match &restriction.argument {
        Argument::Value(value) => compare(&target, restriction.operator, value),
        // The opposite of being one of them, not: differing from one of them, which everything does.
        Argument::Composite(expression) if restriction.operator == Operator::Compare(Comparison::NotEqual) => {
            distribute(&target, Operator::Compare(Comparison::Equal), expression).map(not)
        }
        Argument::Composite(expression) => distribute(&target, restriction.operator, expression),
    }
}

/// The field that a member names: the whole path, or a map and the rest as the key.
fn target<'a>(member: &Member, fields: &'a [FilterField]) -> Result<Target<'a>, Problem> {
    let path = member.text();
    let position = member.position;
    if let Some(field) = fields.iter().find(|field| same_field(field.name, &path)) {
        return Ok(Target { field, key: None, position });
    }
    for (dot, _) in path.match_indices('.') {
        let (name, key) = path.split_at(dot);
        let field = fields.iter().find(|field| field.field_type == FieldType::Map && same_field(field.name, name));
        if let (Some(field), Some(key)) = (field, key.strip_prefix('.')) {
            return Ok(Target { field, key: Some(key.to_owned()), position });
        }
    }
    let known: Vec<_> =
        fields
            .iter()
            .map(|field| {
                if field.field_type == FieldType::Map {
                    format!("{}.{{key}}", field.name)
                } else {
                    field.name.to_owned()
                }
            })
            .collect();
    let known = if known.is_empty() { "no filter here".to_owned() } else { list(known.iter().map(String::as_str)) };
    Err(Problem::UnknownFilterField { position: position.0, field: shorten(&path), known })
}

/// Compares with each value of an expression in parentheses.
fn distribute(target: &Target<'_>, operator: Operator, expression: &Expression) -> Result<Condition, Problem> {
    let each = |parts: &[Expression]| {
        parts.iter().map(|part| distribute(target, operator, part)).collect::<Result<Vec<_>, _>>()
    };
    Ok(match expression {
        Expression::And(parts) | Expression::Sequence(parts) => all_of(each(parts)?),
        Expression::Or(parts) => one_of(each(parts)?),
        Expression::Not(inner) => not(distribute(target, operator, inner)?),
        Expression::Search(member) => match member.segments.as_slice() {
            [only] => compare(target, operator, only)?,
            _ => {
                let pieces = member.text().split('*').map(str::to_owned).collect();
                compare(target, operator, &Value { pieces, quoted: false, position: member.position })?
            }
        },
        Expression::Restriction(restriction) => {
            let cause = "a comparison stands among the values in parentheses; put only values there, those with signs in quotes";
            return Err(problem(restriction.member.position, cause));
        }
    })
}

fn compare(target: &Target<'_>, operator: Operator, value: &Value) -> Result<Condition, Problem> {
    let field = target.field.name;
    if let Some(key) = &target.key {
        return map_value(target, key, operator, value);
    }
    let any = value.pieces.iter().all(String::is_empty) && value.is_pattern();
    if any && operator == Operator::Has {
        return Ok(Condition::Present { field });
    }
    match target.field.field_type {
        FieldType::Text => text(target, operator, value),
        FieldType::Map => match operator {
            Operator::Has => Ok(Condition::MapHas { field, key: exact(target, value)? }),
            Operator::Compare(_) => Err(target.wrong(
                target.position,
                operator.to_string(),
                format!("it is a map; write {field}.key = value, or {field}:key to ask for a key"),
            )),
        },
        FieldType::Set => match operator {
            Operator::Has => Ok(Condition::SetHas { field, value: exact(target, value)? }),
            Operator::Compare(_) => Err(target.wrong(
                target.position,
                operator.to_string(),
                format!("it is a list; write {field}:value to ask for a value"),
            )),
        },
        FieldType::Integer | FieldType::Real | FieldType::Boolean | FieldType::Time | FieldType::Enum(_) => {
            scalar(target, operator, value)
        }
    }
}

/// A number, a time, a name or a truth value, on which `:` means `=`.
fn scalar(target: &Target<'_>, operator: Operator, value: &Value) -> Result<Condition, Problem> {
    let operator = match operator {
        Operator::Has => Comparison::Equal,
        Operator::Compare(comparison) => comparison,
    };
    let ordered = !matches!(operator, Comparison::Equal | Comparison::NotEqual);
    if ordered && matches!(target.field.field_type, FieldType::Boolean | FieldType::Enum(_)) {
        return Err(target.wrong(target.position, operator.to_string(), "its values have no order; use = or !="));
    }
    let written = exact(target, value)?;
    let wrong = |expected: &str| target.wrong(value.position, shorten(&value.to_string()), expected);
    let literal = match target.field.field_type {
        FieldType::Integer => Literal::Integer(written.parse().map_err(|_| {
            wrong("it holds a whole number; write one from -9223372036854775808 to 9223372036854775807, such as 3")
        })?),
        FieldType::Real => written
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite())
            .map(Literal::Real)
            .ok_or_else(|| wrong("it holds a number; write one such as 2.5 or 1e6"))?,
        FieldType::Boolean => match written.as_str() {
            "true" => Literal::Boolean(true),
            "false" => Literal::Boolean(false),
            _ => return Err(wrong("it holds true or false; write one of these")),
        },
        FieldType::Time => Literal::Time(
            time(&written, operator)
                .ok_or_else(|| wrong("it holds a time; write one as RFC 3339 has it, such as 2026-01-31T00:00:00Z"))?,
        ),
        FieldType::Enum(names) => {
            names.iter().find(|(name, _)| *name == written).map(|(_, number)| Literal::Enum(*number)).ok_or_else(
                || wrong(&format!("it holds a name; write one of {}", list(names.iter().map(|(name, _)| *name)))),
            )?
        }
        FieldType::Text | FieldType::Map | FieldType::Set => Literal::Text(written),
    };
    Ok(Condition::Compare { field: target.field.name, operator, value: literal })
}

/// Microseconds since 1970. Stored times are whole microseconds, so a finer time is rounded to the side that keeps the
/// comparison right: `t >= x` and `t < x` up, the others down.
fn time(text: &str, operator: Comparison) -> Option<i64> {
    let nanoseconds = text.parse::<jiff::Timestamp>().ok()?.as_nanosecond();
    let down = nanoseconds.div_euclid(1000);
    let up = matches!(operator, Comparison::GreaterOrEqual | Comparison::Less) && nanoseconds.rem_euclid(1000) > 0;
    i64::try_from(down + i128::from(up)).ok()
}

fn text(target: &Target<'_>, operator: Operator, value: &Value) -> Result<Condition, Problem> {
    let field = target.field.name;
    let Operator::Compare(comparison) = operator else {
        let text = exact(target, value)?;
        return Ok(Condition::Pattern { field, place: Match::Contains, text, ignore_case: true });
    };
    if !value.is_pattern() {
        return Ok(Condition::Compare { field, operator: comparison, value: Literal::Text(value.text()) });
    }
    let found = match pattern(target, comparison, value)? {
        Some((place, text)) => Condition::Pattern { field, place, text, ignore_case: false },
        None => Condition::Present { field },
    };
    Ok(if comparison == Comparison::NotEqual { not(found) } else { found })
}

fn map_value(target: &Target<'_>, key: &str, operator: Operator, value: &Value) -> Result<Condition, Problem> {
    let field = target.field.name;
    let key = key.to_owned();
    let comparison = match operator {
        Operator::Has => Comparison::Equal,
        Operator::Compare(comparison) => comparison,
    };
    if !value.is_pattern() {
        return Ok(Condition::MapEquals { field, key, operator: comparison, value: value.text() });
    }
    let found = match pattern(target, comparison, value)? {
        Some((place, text)) => Condition::MapPattern { field, key, place, text },
        None => Condition::MapHas { field, key },
    };
    Ok(if comparison == Comparison::NotEqual { not(found) } else { found })
}

/// What a value with wildcards looks for, or nothing where any value will do.
fn pattern(target: &Target<'_>, comparison: Comparison, value: &Value) -> Result<Option<(Match, String)>, Problem> {
    let wrong = |expected| target.wrong(value.position, shorten(&value.to_string()), expected);
    if !matches!(comparison, Comparison::Equal | Comparison::NotEqual) {
        return Err(wrong("a star stands for any text with = and != only; write \\* within quotes for a star"));
    }
    let pieces: Vec<_> = value.pieces.iter().map(String::as_str).collect();
    Ok(match pieces.as_slice() {
        ["", ""] | ["", "", ""] => None,
        [text, ""] => Some((Match::StartsWith, (*text).to_owned())),
        ["", text] => Some((Match::EndsWith, (*text).to_owned())),
        ["", text, ""] => Some((Match::Contains, (*text).to_owned())),
        _ => {
            return Err(wrong(
                "a star stands for any text at the start or the end only; join two comparisons with AND, or write \\* within quotes for a star",
            ));
        }
    })
}

/// The text of a value in which stars mean nothing.
fn exact(target: &Target<'_>, value: &Value) -> Result<String, Problem> {
    if value.is_pattern() {
        return Err(target.wrong(
            value.position,
            shorten(&value.to_string()),
            "a star cannot be used here; leave it out, or write \\* within quotes for a star",
        ));
    }
    Ok(value.text())
}
