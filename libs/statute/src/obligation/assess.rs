//! From facts and the obligations that stand to those that should: what starts, moves and ends.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::{
    book::{Book, Event, Regime, Stage, Start},
    expression::Answer,
    fact::Facts,
    obligation::{Assessment, Change, Obligation, State, Undecided},
    term::{Former, Refusal},
};

enum Wanted {
    Yes(String),
    No(String),
    Undecided(Vec<String>),
}

/// What the facts oblige to, with what stands already.
///
/// The version of a regime is the one in force on the day of awareness (of `now`, before there is one). Obligations of regimes that the
/// book does not have are left as they are, and so is what was sent, or signed as not to be told.
///
/// # Errors
///
/// A deadline in no year that can be told.
pub fn assess(book: &Book, facts: &Facts, standing: &[Obligation], now: Timestamp) -> Result<Assessment, Refusal> {
    let mut look =
        Look { book, facts, now, obligations: standing.to_vec(), changes: Vec::new(), undecided: Vec::new() };
    let ids: BTreeSet<&str> = book.regimes().iter().map(|regime| regime.id.as_str()).collect();
    let day = facts.awareness().unwrap_or(now);
    for id in ids {
        let in_force =
            |regime: &&Regime| regime.id == id && book.day_of(regime, day).is_some_and(|day| regime.in_force(day));
        let Some(regime) = book.regimes().iter().find(in_force) else {
            look.end(id, None, &format!("it is not in force on the day of {day}"));
            continue;
        };
        look.end_other_versions(regime, day);
        match wanted(regime, facts) {
            Wanted::Yes(why) => look.regime(regime, Some(&why))?,
            Wanted::No(why) => look.end(id, None, &why),
            Wanted::Undecided(missing) => {
                look.regime(regime, None)?;
                let due_if = look.due_if(regime)?;
                look.undecided.push(Undecided { regime: id.to_owned(), stage: None, missing, due_if });
            }
        }
    }
    Ok(Assessment { obligations: look.obligations, changes: look.changes, undecided: look.undecided })
}

fn wanted(regime: &Regime, facts: &Facts) -> Wanted {
    let asked = [("applies_if", &regime.applies_if), ("trigger", &regime.trigger)];
    let answers = asked.map(|(name, expression)| (name, expression, expression.ask(facts)));
    if let Some((name, expression, _)) = answers.iter().find(|(_, _, answer)| *answer == Answer::Fails) {
        return Wanted::No(format!("{name} does not hold: {}", expression.text()));
    }
    let missing: BTreeSet<String> = answers
        .iter()
        .filter_map(|(_, _, answer)| if let Answer::Unknown(missing) = answer { Some(missing.clone()) } else { None })
        .flatten()
        .collect();
    if missing.is_empty() {
        Wanted::Yes(format!("{} holds", regime.trigger.text()))
    } else {
        Wanted::Undecided(missing.into_iter().collect())
    }
}

struct Look<'a> {
    book: &'a Book,
    facts: &'a Facts,
    now: Timestamp,
    obligations: Vec<Obligation>,
    changes: Vec<Change>,
    undecided: Vec<Undecided>,
}

impl Look<'_> {
    /// Its stages, one by one; with no reason to start any, those that stand are moved and nothing else.
    fn regime(&mut self, regime: &Regime, why: Option<&str>) -> Result<(), Refusal> {
        for stage in &regime.stages {
            let answer = stage.when.as_ref().map_or(Answer::Holds, |when| when.ask(self.facts));
            let from = self.start(regime, stage);
            let asked = self.begins(stage, from);
            match (answer, why) {
                (Answer::Holds, Some(why)) if asked => self.start_or_move(regime, stage, why, from)?,
                (Answer::Holds | Answer::Unknown(_), _) if self.open(regime, stage).is_some() => {
                    self.start_or_move(regime, stage, "it stands", from)?;
                }
                (Answer::Unknown(missing), Some(_)) => {
                    let due_if = self.due_of(regime, stage, from)?;
                    let (regime, stage) = (regime.id.clone(), Some(stage.id.clone()));
                    self.undecided.push(Undecided { regime, stage, missing, due_if });
                }
                (Answer::Fails, _) => {
                    let text = stage.when.as_ref().map_or("", |when| when.text());
                    self.end(&regime.id, Some(&stage.id), &format!("when does not hold: {text}"));
                }
                (Answer::Holds | Answer::Unknown(_), _) => {}
            }
        }
        Ok(())
    }

    /// What is asked for on request is no obligation before.
    fn begins(&self, stage: &Stage, from: Option<Timestamp>) -> bool {
        from.is_some() || !stage.starts.iter().any(|start| start.from == Event::Requested)
    }

    fn position(&self, regime: &Regime, stage: &str) -> Option<usize> {
        let same =
            |one: &Obligation| one.regime == regime.id && one.regime_since == regime.valid_from && one.stage == stage;
        self.obligations.iter().position(same)
    }

    fn sent(&self, regime: &Regime, stage: &str) -> Option<Timestamp> {
        let found = self.obligations.get(self.position(regime, stage)?)?;
        if let State::Sent { at } = found.state { Some(at) } else { None }
    }

    fn open(&self, regime: &Regime, stage: &Stage) -> Option<usize> {
        let at = self.position(regime, &stage.id)?;
        self.obligations.get(at).filter(|found| found.state == State::Open).map(|_| at)
    }

    fn start(&self, regime: &Regime, stage: &Stage) -> Option<Timestamp> {
        let applicable =
            |start: &&Start| start.after_sent.as_ref().is_none_or(|sent| self.sent(regime, sent).is_some());
        match &stage.starts.iter().find(applicable)?.from {
            Event::Detected => self.facts.detected,
            Event::Aware => self.facts.awareness(),
            Event::Handled => self.facts.handled,
            Event::Requested => self.facts.requested.get(&format!("{}/{}", regime.id, stage.id)).copied(),
            Event::Sent(sent) => self.sent(regime, sent),
        }
    }

    fn due_of(&self, regime: &Regime, stage: &Stage, from: Option<Timestamp>) -> Result<Option<Timestamp>, Refusal> {
        let (Some(term), Some(calendar), Some(from)) = (stage.term, self.book.calendar_of(regime), from) else {
            return Ok(None);
        };
        Ok(Some(term.standing(calendar, from, &[])?.due))
    }

    fn due_if(&self, regime: &Regime) -> Result<Option<Timestamp>, Refusal> {
        let mut first: Option<Timestamp> = None;
        for stage in &regime.stages {
            let due = self.due_of(regime, stage, self.start(regime, stage))?;
            first = first.into_iter().chain(due).min();
        }
        Ok(first)
    }

    fn start_or_move(
        &mut self,
        regime: &Regime,
        stage: &Stage,
        why: &str,
        from: Option<Timestamp>,
    ) -> Result<(), Refusal> {
        let Some(at) = self.position(regime, &stage.id) else {
            let opened = self.opened(regime, stage, why, from)?;
            self.announce(&opened, why);
            self.obligations.push(opened);
            return Ok(());
        };
        let Some(found) = self.obligations.get(at).cloned() else { return Ok(()) };
        match found.state {
            State::Open if found.start != from => {
                let moved = self.moved(regime, stage, found, from)?;
                self.replace(at, moved);
            }
            State::Ended { .. } => {
                let mut opened = self.opened(regime, stage, why, from)?;
                opened.former = found.former;
                self.announce(&opened, why);
                self.replace(at, opened);
            }
            State::Open | State::Sent { .. } | State::NotNotified { .. } => {}
        }
        Ok(())
    }

    fn opened(
        &self,
        regime: &Regime,
        stage: &Stage,
        why: &str,
        from: Option<Timestamp>,
    ) -> Result<Obligation, Refusal> {
        let mut reasons = vec![why.to_owned()];
        let mut due = None;
        if let (Some(term), Some(calendar), Some(from)) = (stage.term, self.book.calendar_of(regime), from) {
            let standing = term.standing(calendar, from, &[])?;
            due = Some(standing.due);
            reasons.extend(standing.why);
        }
        Ok(Obligation {
            regime: regime.id.clone(),
            regime_since: regime.valid_from,
            stage: stage.id.clone(),
            state: State::Open,
            start: from,
            due,
            paused_since: None,
            steps: Vec::new(),
            former: Vec::new(),
            why: reasons,
        })
    }

    fn moved(
        &mut self,
        regime: &Regime,
        stage: &Stage,
        found: Obligation,
        from: Option<Timestamp>,
    ) -> Result<Obligation, Refusal> {
        let mut moved = found;
        let was = moved.due;
        let reason = match from {
            Some(from) => format!("its clock runs from {from}"),
            None => "what its clock runs from has not happened".to_owned(),
        };
        (moved.start, moved.due) = (from, None);
        if let (Some(term), Some(calendar), Some(from)) = (stage.term, self.book.calendar_of(regime), from) {
            let standing = term.replay(calendar, from, &moved.steps)?;
            (moved.due, moved.paused_since) = (Some(standing.due), standing.paused_since);
            moved.why.extend(standing.why);
        }
        if was != moved.due {
            moved.former.extend(was.map(|due| Former { due, until: self.now, why: reason.clone() }));
            let (regime, stage) = (moved.regime.clone(), moved.stage.clone());
            self.changes.push(Change::Moves { regime, stage, from: was, to: moved.due, why: reason });
        }
        Ok(moved)
    }

    fn announce(&mut self, opened: &Obligation, why: &str) {
        let (regime, stage, why) = (opened.regime.clone(), opened.stage.clone(), why.to_owned());
        self.changes.push(Change::Starts { regime, stage, due: opened.due, why });
    }

    fn replace(&mut self, at: usize, with: Obligation) {
        if let Some(place) = self.obligations.get_mut(at) {
            *place = with;
        }
    }

    fn end_other_versions(&mut self, regime: &Regime, day: Timestamp) {
        self.end_where(&format!("another version of it is in force on the day of {day}"), |one| {
            one.regime == regime.id && one.regime_since != regime.valid_from
        });
    }

    fn end(&mut self, regime: &str, stage: Option<&str>, why: &str) {
        self.end_where(why, |one| one.regime == regime && stage.is_none_or(|stage| one.stage == stage));
    }

    fn end_where(&mut self, why: &str, which: impl Fn(&Obligation) -> bool) {
        for one in self.obligations.iter_mut().filter(|one| one.state == State::Open && which(one)) {
            one.state = State::Ended { at: self.now, why: why.to_owned() };
            one.former.extend(one.due.take().map(|due| Former { due, until: self.now, why: why.to_owned() }));
            let (regime, stage, why) = (one.regime.clone(), one.stage.clone(), why.to_owned());
            self.changes.push(Change::Ends { regime, stage, why });
        }
    }
}
