//! The words of a filter. What a sign means depends on where it stands (`-` negates a condition but belongs to a number,
//! `:` compares but belongs to a time), so the parser asks for the word it expects.

use super::expression::{Comparison, Operator, Position, Value};
use crate::problem::Problem;

/// The words that join and negate.
const KEYWORDS: [&str; 3] = ["AND", "OR", "NOT"];

/// A place in the text of a filter.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    position: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, position: 0 }
    }

    pub(super) fn position(&self) -> Position {
        Position(self.position)
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.position..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// A problem at this place.
    pub(super) fn problem(&self, cause: impl Into<String>) -> Problem {
        problem(self.position(), cause)
    }

    /// Passes over space, and says whether there was any.
    pub(super) fn space(&mut self) -> bool {
        let rest = self.rest();
        let length = rest.len() - rest.trim_start().len();
        self.position += length;
        length > 0
    }

    /// Passes over `sign`, and says whether it was there.
    pub(super) fn sign(&mut self, sign: char) -> bool {
        let there = self.peek() == Some(sign);
        if there {
            self.position += sign.len_utf8();
        }
        there
    }

    /// The keyword that stands here, with a space, a parenthesis or the end after it.
    pub(super) fn keyword(&self) -> Option<&'static str> {
        KEYWORDS.into_iter().find(|keyword| {
            self.rest().strip_prefix(keyword).is_some_and(|after| {
                after.chars().next().is_none_or(|next| next.is_whitespace() || matches!(next, '(' | ')'))
            })
        })
    }

    /// Passes over the keyword and the space after it, and says whether it was there.
    pub(super) fn take_keyword(&mut self, keyword: &str) -> bool {
        let there = self.keyword() == Some(keyword);
        if there {
            self.position += keyword.len();
            self.space();
        }
        there
    }

    /// Passes over a comparator where one is here.
    pub(super) fn operator(&mut self) -> Option<Operator> {
        const OPERATORS: [(&str, Operator); 7] = [
            ("<=", Operator::Compare(Comparison::LessOrEqual)),
            ("<", Operator::Compare(Comparison::Less)),
            (">=", Operator::Compare(Comparison::GreaterOrEqual)),
            (">", Operator::Compare(Comparison::Greater)),
            ("!=", Operator::Compare(Comparison::NotEqual)),
            ("=", Operator::Compare(Comparison::Equal)),
            (":", Operator::Has),
        ];
        let (sign, operator) = OPERATORS.into_iter().find(|(sign, _)| self.rest().starts_with(sign))?;
        self.position += sign.len();
        Some(operator)
    }

    /// A word (which ends at a dot or a comparator) or a quoted text.
    pub(super) fn value(&mut self) -> Result<Value, Problem> {
        self.word(|next| !matches!(next, '.' | '=' | '<' | '>' | '!' | ':'))
    }

    /// A word on the right of a comparator, which may have dots and colons, or a quoted text.
    pub(super) fn argument(&mut self) -> Result<Value, Problem> {
        self.word(|next| !matches!(next, '=' | '<' | '>' | '!'))
    }

    fn word(&mut self, belongs: impl Fn(char) -> bool) -> Result<Value, Problem> {
        let position = self.position();
        if let Some(quote @ ('"' | '\'')) = self.peek() {
            return self.quoted(quote);
        }
        let rest = self.rest();
        let ends = |next: char| next.is_whitespace() || matches!(next, '(' | ')' | ',' | '"' | '\'') || !belongs(next);
        let (word, _) = rest.split_at(rest.find(ends).unwrap_or(rest.len()));
        if word.is_empty() {
            return Err(match self.peek() {
                None => self.problem("it ends where a field or a value should be; add one"),
                Some(sign) => self.problem(format!(
                    "{sign:?} stands where a field or a value should be; put it in quotes if it is part of one"
                )),
            });
        }
        self.position += word.len();
        Ok(Value { pieces: word.split('*').map(str::to_owned).collect(), quoted: false, position })
    }

    fn quoted(&mut self, quote: char) -> Result<Value, Problem> {
        let position = self.position();
        self.sign(quote);
        let mut pieces = Vec::new();
        let mut piece = String::new();
        loop {
            let Some(character) = self.peek() else {
                return Err(problem(position, format!("the quote is not closed; end the text with {quote}")));
            };
            let before = *self;
            self.sign(character);
            match character {
                '*' => pieces.push(std::mem::take(&mut piece)),
                '\\' => {
                    let escaped = self.peek().unwrap_or_default();
                    self.sign(escaped);
                    piece.push(match escaped {
                        'n' => '\n',
                        'r' => '\r',
                        't' => '\t',
                        sign if sign.is_ascii_punctuation() => sign,
                        _ => {
                            return Err(before.problem(
                                r#"a backslash stands before something it does not change; use \" \' \\ \* \n \r \t, or \\ for a backslash"#,
                            ));
                        }
                    });
                }
                _ if character == quote => {
                    pieces.push(piece);
                    return Ok(Value { pieces, quoted: true, position });
                }
                _ => piece.push(character),
            }
        }
    }
}

/// A problem at a place.
pub(super) fn problem(position: Position, cause: impl Into<String>) -> Problem {
    Problem::InvalidFilter { position: position.0, cause: cause.into() }
}
