//! Decision trees as data: questions, answers, and where they lead.

mod check;

use std::collections::BTreeMap;

use datafile::Violations;
use serde::{Deserialize, Serialize};

/// How an occurrence gets its level and its domain.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Scheme {
    /// Which edition of the questions.
    pub edition: String,
    /// The text that has the levels.
    pub document: String,
    /// Where its facts come from.
    pub provenance: String,
    /// What of it is uncertain.
    #[serde(default)]
    pub provisional: Vec<String>,
    /// The levels, from least to worst.
    pub levels: Vec<String>,
    /// The domains.
    pub domains: Vec<String>,
    /// Where a level may go from each.
    pub moves: BTreeMap<String, Vec<String>>,
    level: Tree,
    domain: Tree,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Tree {
    start: String,
    questions: Vec<Question>,
}

/// One question.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// What it is called by; answers are stored under it.
    pub id: String,
    /// The question.
    pub text: String,
    /// What may be answered, and where that leads.
    pub answers: BTreeMap<String, Leads>,
}

/// Where an answer leads.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Leads {
    /// To another question.
    Ask(String),
    /// To a level, or a domain.
    Is(String),
}

/// A question that was answered on the way.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Walked {
    /// The question.
    pub question: String,
    /// The answer.
    pub answer: String,
}

/// How far answers lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Walk {
    /// Where they lead; nothing while a question is open.
    pub is: Option<String>,
    /// The question to ask next; nothing once it is decided.
    pub ask: Option<Question>,
    /// The way there.
    pub path: Vec<Walked>,
}

/// What answers say of an occurrence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// Its level.
    pub level: Walk,
    /// Its domain.
    pub domain: Walk,
    /// Answers that were given and not asked for on these ways.
    pub unasked: Vec<String>,
}

/// An answer that its question does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{answer:?} is no answer to {question:?}; answer one of {}", allowed.join(", "))]
pub struct NoAnswer {
    /// The question.
    pub question: String,
    /// The answer.
    pub answer: String,
    /// Those it has.
    pub allowed: Vec<String>,
}

const SHIPPED: &str = include_str!("../data/e409.yaml");

impl Scheme {
    /// Most bytes of a file.
    pub const MOST_BYTES: usize = 1 << 20;
    /// Most questions of a tree, levels, and domains.
    pub const MOST_PARTS: usize = 500;

    /// Reads and checks a scheme.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, with field, problem and remedy.
    pub fn from_yaml(text: &str) -> Result<Self, Violations> {
        let scheme: Self = datafile::read(text, Self::MOST_BYTES, "docs/clocks.md")?;
        check::scheme(&scheme)?;
        Ok(scheme)
    }

    /// E.409, with our questions.
    ///
    /// # Errors
    ///
    /// None that a build with green tests has.
    pub fn shipped() -> Result<Self, Violations> {
        Self::from_yaml(SHIPPED)
    }

    /// What stored answers, by the ids of their questions, say.
    ///
    /// # Errors
    ///
    /// The first answer on the way that its question does not have.
    pub fn decide(&self, answers: &BTreeMap<String, String>) -> Result<Outcome, NoAnswer> {
        let (level, domain) = (self.level.walk(answers)?, self.domain.walk(answers)?);
        let walked = |id: &String| level.path.iter().chain(&domain.path).any(|step| step.question == *id);
        let unasked = answers.keys().filter(|id| !walked(id)).cloned().collect();
        Ok(Outcome { level, domain, unasked })
    }

    /// Every question with what it decides: those of `level`, then those of `domain`.
    pub fn questions(&self) -> impl Iterator<Item = (&'static str, &Question)> {
        let of_level = self.level.questions.iter().map(|question| ("level", question));
        of_level.chain(self.domain.questions.iter().map(|question| ("domain", question)))
    }

    /// How bad a level is, from 0.
    #[must_use]
    pub fn rank(&self, level: &str) -> Option<usize> {
        self.levels.iter().position(|known| known == level)
    }
}

impl Tree {
    fn question(&self, id: &str) -> Option<&Question> {
        self.questions.iter().find(|question| question.id == id)
    }

    fn walk(&self, answers: &BTreeMap<String, String>) -> Result<Walk, NoAnswer> {
        let mut path = Vec::new();
        let mut at = self.question(&self.start);
        while let Some(question) = at {
            let Some(answer) = answers.get(&question.id) else {
                return Ok(Walk { is: None, ask: Some(question.clone()), path });
            };
            let leads = question.answers.get(answer).ok_or_else(|| NoAnswer {
                question: question.id.clone(),
                answer: answer.chars().take(60).collect(),
                allowed: question.answers.keys().cloned().collect(),
            })?;
            path.push(Walked { question: question.id.clone(), answer: answer.clone() });
            match leads {
                Leads::Is(is) => return Ok(Walk { is: Some(is.clone()), ask: None, path }),
                // A checked tree has no circles.
                Leads::Ask(next) => at = self.question(next),
            }
        }
        Ok(Walk { is: None, ask: None, path })
    }
}
