//! A filter as it is written: AIP-160's grammar, before any field is looked up.

use std::fmt;

/// A filter or a part of one. Printing gives text that reads as the same expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
    /// Joined by AND; two or more.
    And(Vec<Expression>),
    /// Side by side with only a space between; two or more.
    Sequence(Vec<Expression>),
    /// Joined by OR; two or more.
    Or(Vec<Expression>),
    /// Negated by NOT or `-`.
    Not(Box<Expression>),
    /// A comparison.
    Restriction(Restriction),
    /// A value on its own.
    Search(Member),
}

/// A comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restriction {
    /// The left side.
    pub member: Member,
    /// How it compares.
    pub operator: Operator,
    /// The right side.
    pub argument: Argument,
}

/// How two sides compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// By order or equality.
    Compare(Comparison),
    /// `:`.
    Has,
}

/// A comparison by order or equality.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// The right side of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Argument {
    /// One value.
    Value(Value),
    /// An expression in parentheses.
    Composite(Box<Expression>),
}

/// Values with dots between them; one at least.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The values.
    pub segments: Vec<Value>,
    /// Where the first begins.
    pub position: Position,
}

/// A word or a quoted text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// The text, cut at each `*` that is a wildcard; one piece at least.
    pub pieces: Vec<String>,
    /// Whether it was in quotes.
    pub quoted: bool,
    /// Where it begins.
    pub position: Position,
}

/// A place in the text of the filter, in bytes from 0. Two are always equal: where something was written is no part of
/// what it says.
#[derive(Clone, Copy, Debug)]
pub struct Position(pub usize);

impl PartialEq for Position {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Position {}

impl Value {
    /// The text, with its wildcards as stars.
    #[must_use]
    pub fn text(&self) -> String {
        self.pieces.join("*")
    }

    /// Whether a wildcard is in it.
    #[must_use]
    pub fn is_pattern(&self) -> bool {
        self.pieces.len() > 1
    }
}

impl Member {
    /// The values with dots between them, without quotes.
    #[must_use]
    pub fn text(&self) -> String {
        self.segments.iter().map(Value::text).collect::<Vec<_>>().join(".")
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        })
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compare(comparison) => comparison.fmt(f),
            Self::Has => f.write_str(":"),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.quoted {
            return f.write_str(&self.text());
        }
        f.write_str("\"")?;
        for (index, piece) in self.pieces.iter().enumerate() {
            if index > 0 {
                f.write_str("*")?;
            }
            for character in piece.chars() {
                match character {
                    '"' | '\\' | '*' => write!(f, "\\{character}")?,
                    '\n' => f.write_str("\\n")?,
                    '\r' => f.write_str("\\r")?,
                    '\t' => f.write_str("\\t")?,
                    _ => write!(f, "{character}")?,
                }
            }
        }
        f.write_str("\"")
    }
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, segment) in self.segments.iter().enumerate() {
            if index > 0 {
                f.write_str(".")?;
            }
            segment.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Restriction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ", self.member, self.operator)?;
        match &self.argument {
            Argument::Value(value) => value.fmt(f),
            Argument::Composite(expression) => write!(f, "({expression})"),
        }
    }
}

impl Expression {
    /// Prints parts that are joined, with parentheses around each that is joined itself.
    fn joined(parts: &[Self], by: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                f.write_str(by)?;
            }
            match part {
                Self::And(_) | Self::Sequence(_) | Self::Or(_) => write!(f, "({part})")?,
                Self::Not(_) | Self::Restriction(_) | Self::Search(_) => fmt::Display::fmt(part, f)?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(parts) => Self::joined(parts, " AND ", f),
            Self::Sequence(parts) => Self::joined(parts, " ", f),
            Self::Or(parts) => Self::joined(parts, " OR ", f),
            Self::Not(inner) => match inner.as_ref() {
                Self::Restriction(_) | Self::Search(_) => write!(f, "NOT {inner}"),
                _ => write!(f, "NOT ({inner})"),
            },
            Self::Restriction(restriction) => restriction.fmt(f),
            Self::Search(member) => member.fmt(f),
        }
    }
}
