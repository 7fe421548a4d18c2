//! A parser for AIP-160's grammar by recursive descent, bounded in length, depth and number of conditions.

use super::expression::{Argument, Expression, Member, Restriction, Value};
use super::lexer::Lexer;
use crate::problem::Problem;

/// The longest filter, in bytes.
const MOST_TEXT: usize = 4096;

/// How deep parentheses may go.
const MOST_DEPTH: usize = 32;

/// The most conditions.
const MOST_TERMS: usize = 64;

/// Reads a filter. Nothing but space gives nothing.
///
/// # Errors
/// [`Problem::InvalidFilter`] where the text does not follow the grammar, is longer than 4096 bytes, has more than 64
/// conditions or parentheses more than 32 deep.
pub fn parse(text: &str) -> Result<Option<Expression>, Problem> {
    let wrong = |position, cause: &str| Err(Problem::InvalidFilter { position, cause: cause.to_owned() });
    if text.len() > MOST_TEXT {
        return wrong(MOST_TEXT, "it is longer than 4096 bytes; make it shorter, or ask in parts");
    }
    // Databases refuse this character in text, in each their own way.
    if let Some(position) = text.find('\0') {
        return wrong(position, "a zero character is no text; leave it out");
    }
    let mut parser = Parser { lexer: Lexer::new(text), depth: 0, terms: 0 };
    parser.lexer.space();
    if parser.lexer.peek().is_none() {
        return Ok(None);
    }
    let expression = parser.expression()?;
    parser.lexer.space();
    match parser.lexer.peek() {
        None => Ok(Some(expression)),
        Some(')') => Err(parser.lexer.problem("a parenthesis is closed that was not opened; leave it out")),
        Some(sign) => Err(parser.lexer.problem(format!(
            "{sign:?} does not belong here; write a space between conditions, and put values with such signs in quotes"
        ))),
    }
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    depth: usize,
    terms: usize,
}

impl Parser<'_> {
    /// `expression: sequence {WS AND WS sequence}`
    fn expression(&mut self) -> Result<Expression, Problem> {
        let mut parts = vec![self.sequence()?];
        while self.joined_by("AND") {
            parts.push(self.sequence()?);
        }
        Ok(collapse(parts, Expression::And))
    }

    /// `sequence: factor {WS factor}`
    fn sequence(&mut self) -> Result<Expression, Problem> {
        let mut parts = vec![self.factor()?];
        loop {
            let before = self.lexer;
            let apart = self.lexer.space();
            if !apart || matches!(self.lexer.peek(), None | Some(')')) || self.lexer.keyword() == Some("AND") {
                self.lexer = before;
                return Ok(collapse(parts, Expression::Sequence));
            }
            parts.push(self.factor()?);
        }
    }

    /// `factor: term {WS OR WS term}`
    fn factor(&mut self) -> Result<Expression, Problem> {
        let mut parts = vec![self.term()?];
        while self.joined_by("OR") {
            parts.push(self.term()?);
        }
        Ok(collapse(parts, Expression::Or))
    }

    /// Passes over a space, the keyword and a space, or over nothing.
    fn joined_by(&mut self, keyword: &str) -> bool {
        let before = self.lexer;
        if self.lexer.space() && self.lexer.take_keyword(keyword) {
            return true;
        }
        self.lexer = before;
        false
    }

    /// `term: [(NOT WS | MINUS)] simple`
    fn term(&mut self) -> Result<Expression, Problem> {
        if self.lexer.take_keyword("NOT") {
            if self.lexer.peek() == Some('-') || self.lexer.keyword() == Some("NOT") {
                return Err(self.lexer.problem("it negates twice; leave both out, or use parentheses"));
            }
            return Ok(Expression::Not(Box::new(self.simple()?)));
        }
        if self.lexer.sign('-') {
            if self.lexer.peek() == Some('-') || self.lexer.keyword() == Some("NOT") {
                return Err(self.lexer.problem("it negates twice; leave both out, or use parentheses"));
            }
            if self.lexer.peek().is_none_or(char::is_whitespace) {
                return Err(self.lexer.problem(
                    "'-' negates what follows it without a space; put it in quotes if you look for the sign itself",
                ));
            }
            return Ok(Expression::Not(Box::new(self.simple()?)));
        }
        self.simple()
    }

    /// `simple: restriction | composite`
    fn simple(&mut self) -> Result<Expression, Problem> {
        if self.lexer.peek() == Some('(') {
            return self.composite();
        }
        self.terms += 1;
        if self.terms > MOST_TERMS {
            return Err(self.lexer.problem("it has more than 64 conditions; ask in parts"));
        }
        let member = self.member()?;
        let before = self.lexer;
        self.lexer.space();
        let Some(operator) = self.lexer.operator() else {
            self.lexer = before;
            return Ok(Expression::Search(member));
        };
        self.lexer.space();
        let argument = self.argument()?;
        Ok(Expression::Restriction(Restriction { member, operator, argument }))
    }

    /// `composite: LPAREN expression RPAREN`
    fn composite(&mut self) -> Result<Expression, Problem> {
        let opened = self.lexer;
        if self.depth == MOST_DEPTH {
            return Err(opened.problem("parentheses go more than 32 deep; write it flatter"));
        }
        self.depth += 1;
        self.lexer.sign('(');
        self.lexer.space();
        if self.lexer.peek() == Some(')') {
            return Err(self.lexer.problem("nothing is between the parentheses; leave them out"));
        }
        let expression = self.expression()?;
        self.lexer.space();
        if !self.lexer.sign(')') {
            return Err(match self.lexer.peek() {
                None => opened.problem("the parenthesis is not closed; add ')'"),
                Some(sign) => self.lexer.problem(format!(
                    "{sign:?} does not belong here; write a space between conditions, and put values with such signs in quotes"
                )),
            });
        }
        self.depth -= 1;
        Ok(expression)
    }

    /// `member: value {DOT field}`
    fn member(&mut self) -> Result<Member, Problem> {
        let position = self.lexer.position();
        let before = self.lexer;
        let mut segments = vec![self.lexer.value()?];
        while self.lexer.sign('.') {
            segments.push(self.lexer.value()?);
        }
        // By itself a keyword is no word; below another it is: `labels.AND`.
        if let [only] = segments.as_slice()
            && !only.quoted
            && matches!(only.text().as_str(), "AND" | "OR" | "NOT")
        {
            let keyword = only.text();
            return Err(before.problem(format!(
                "{keyword} stands where a condition should be; put the word in quotes if you look for it"
            )));
        }
        let member = Member { segments, position };
        self.no_function(&member.segments)?;
        Ok(member)
    }

    /// `arg: comparable | composite`
    fn argument(&mut self) -> Result<Argument, Problem> {
        if self.lexer.peek() == Some('(') {
            return self.composite().map(|expression| Argument::Composite(Box::new(expression)));
        }
        if matches!(self.lexer.peek(), Some('=')) {
            return Err(self.lexer.problem("a comparator is doubled; write = once"));
        }
        if let Some(keyword) = self.lexer.keyword() {
            return Err(self
                .lexer
                .problem(format!("{keyword} stands where a value should be; put it in quotes if it is one")));
        }
        let value = self.lexer.argument()?;
        self.no_function(std::slice::from_ref(&value))?;
        Ok(Argument::Value(value))
    }

    /// Refuses a parenthesis right after a word: `function: name {DOT name} LPAREN [argList] RPAREN`.
    fn no_function(&self, name: &[Value]) -> Result<(), Problem> {
        if self.lexer.peek() != Some('(') {
            return Ok(());
        }
        let name = name.iter().map(Value::text).collect::<Vec<_>>().join(".");
        Err(self.lexer.problem(format!(
            "functions cannot be used in filters, and {:?} looks like one; compare fields with values, or write a space before '('",
            crate::problem::shorten(&name)
        )))
    }
}

/// The parts joined, or the part itself where it is the only one.
fn collapse(mut parts: Vec<Expression>, join: fn(Vec<Expression>) -> Expression) -> Expression {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            join(parts)
        }
        None => join(parts),
    }
}
