//! Laying what another source says over the rows there are: what is new is created, what differs is changed, what is the same is left
//! alone, each in few statements. So an import that comes again writes nothing.

use std::collections::HashMap;

use fault::{Fault, Outcome};

use crate::{Collection, Rules, Transaction};

/// What became of what was laid over rows.
#[derive(Debug, Default)]
pub struct Laid {
    /// How many were new.
    pub created: i32,
    /// How many said something else than their row.
    pub updated: i32,
    /// How many said what their row says.
    pub unchanged: i32,
    /// Those that were refused, by their place among the items, in the order of these.
    pub refused: Vec<(usize, Box<Fault>)>,
}

impl<R: Rules> Collection<R> {
    /// Creates what is new and changes what differs, each refused alone. Items are the id within the organization and the message; `lay`
    /// writes into a row what an item says, and leaves what only the organization says. Of items with one id the last counts.
    ///
    /// # Errors
    /// `STORE_UNAVAILABLE`, `ETAG_MISMATCH` where another write met this one.
    pub async fn lay(
        &self,
        tx: &mut Transaction,
        organization: &str,
        items: Vec<(String, R::Message)>,
        lay: fn(&mut R::Message, &R::Message),
    ) -> Outcome<Laid> {
        let ids: Vec<&str> = items.iter().map(|(id, _)| id.as_str()).collect();
        let rows = self.load(tx, organization, &ids).await?;
        let existing = rows.into_iter().filter_map(|row| Some((id_of::<R>(&row)?, row))).collect();
        self.lay_over(tx, organization, &existing, items, lay).await
    }

    /// As [`Collection::lay`], over rows that are known already, by id.
    ///
    /// # Errors
    /// As [`Collection::lay`].
    pub async fn lay_over(
        &self,
        tx: &mut Transaction,
        organization: &str,
        existing: &HashMap<String, R::Message>,
        items: Vec<(String, R::Message)>,
        lay: fn(&mut R::Message, &R::Message),
    ) -> Outcome<Laid> {
        let mut laid = Laid::default();
        let mut news: HashMap<String, (usize, R::Message)> = HashMap::with_capacity(items.len());
        for (at, (id, message)) in items.into_iter().enumerate() {
            if news.insert(id, (at, message)).is_some() {
                laid.unchanged += 1;
            }
        }
        let (mut drafts, mut changes) = (Vec::new(), HashMap::new());
        for (id, (at, message)) in news {
            let Some(old) = existing.get(&id) else {
                drafts.push((at, id, message));
                continue;
            };
            let mut merged = old.clone();
            lay(&mut merged, &message);
            if merged == *old {
                laid.unchanged += 1;
            } else {
                changes.insert(id, (at, message));
            }
        }
        drafts.sort_by_key(|(at, ..)| *at);
        self.lay_new(tx, organization, drafts, &mut laid).await?;
        self.lay_changes(tx, organization, &changes, lay, &mut laid).await?;
        laid.refused.sort_by_key(|(at, _)| *at);
        Ok(laid)
    }

    async fn lay_new(
        &self,
        tx: &mut Transaction,
        organization: &str,
        mut drafts: Vec<(usize, String, R::Message)>,
        laid: &mut Laid,
    ) -> Outcome<()> {
        while !drafts.is_empty() {
            let portion: Vec<_> = drafts.drain(..drafts.len().min(1000)).collect();
            let places: Vec<usize> = portion.iter().map(|(at, ..)| *at).collect();
            let portion = portion.into_iter().map(|(_, id, message)| (id, message)).collect();
            for (at, outcome) in places.into_iter().zip(self.create_each(tx, organization, portion).await?) {
                match outcome {
                    Ok(_) => laid.created += 1,
                    Err(fault) => laid.refused.push((at, fault)),
                }
            }
        }
        Ok(())
    }

    async fn lay_changes(
        &self,
        tx: &mut Transaction,
        organization: &str,
        changes: &HashMap<String, (usize, R::Message)>,
        lay: fn(&mut R::Message, &R::Message),
        laid: &mut Laid,
    ) -> Outcome<()> {
        let mut ids: Vec<&str> = changes.keys().map(String::as_str).collect();
        ids.sort_unstable();
        for portion in ids.chunks(1000) {
            let became = self.change_each(tx, organization, portion, |_, old, new| {
                if let Some((_, message)) = id_of::<R>(old).and_then(|id| changes.get(&id)) {
                    lay(new, message);
                }
                Ok(())
            });
            for (id, outcome) in became.await? {
                match (outcome, changes.get(&id)) {
                    (Ok(true), _) => laid.updated += 1,
                    (Ok(false), _) => laid.unchanged += 1,
                    (Err(fault), Some((at, _))) => laid.refused.push((*at, fault)),
                    (Err(fault), None) => return Err(fault),
                }
            }
        }
        Ok(())
    }
}

/// The id of a row within its organization; none of a message without a name.
fn id_of<R: Rules>(message: &R::Message) -> Option<String> {
    let name = ::resource::Name::parse(R::name(message), R::COLLECTION).ok()?;
    Some(name.id().to_owned())
}
