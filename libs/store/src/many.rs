//! Changes of many resources at once: each row is claimed, asked about, ruled and written, in as few statements as there are questions.
//!
//! What the database does and what is worked out here take about as long, so they are done at the same time wherever one does not need
//! the other: rows are taken apart while the next are read, and the rules work while what they made before is written.

use std::collections::HashMap;

use access::Context;
use fault::{Fault, Outcome};

use crate::row::{Claim, Rewrite, Row, rewritten};
use crate::sql::most;
use crate::{Collection, Dialect, Resource, Rules, Transaction};

/// By id, whether it changed, or why it was not allowed to.
pub type Became = HashMap<String, Outcome<bool>>;

/// A row as it was, and the message it is to become.
type Pair<R> = (Row<<R as Resource>::Message>, <R as Resource>::Message);

impl<R: Rules> Collection<R> {
    /// Changes many resources of one organization in a transaction, by id, in as few statements as may be. `rule` is asked
    /// about each; resources that do not exist are left out. The resource's own rules apply. Gives how many changed.
    ///
    /// # Errors
    /// As [`Collection::change`], but no etags are checked.
    pub async fn change_many(
        &self,
        tx: &mut Transaction,
        organization: &str,
        ids: &[&str],
        mut rule: impl FnMut(&R::Message, &mut R::Message) + Send,
    ) -> Outcome<u64> {
        let mut count = 0;
        for chunk in ids.chunks(1000) {
            let became = self.change_each(tx, organization, chunk, |_, old, new| {
                rule(old, new);
                Ok(())
            });
            for outcome in became.await?.into_values() {
                count += u64::from(outcome?);
            }
        }
        Ok(count)
    }

    /// As [`Collection::change_many`], but what must not be changed is passed over, and the log says why: for what follows from
    /// another change and must not fail with it.
    ///
    /// # Errors
    /// As [`Collection::change_each`].
    pub async fn change_allowed(
        &self,
        tx: &mut Transaction,
        organization: &str,
        ids: &[&str],
        mut rule: impl FnMut(&R::Message, &mut R::Message) + Send,
    ) -> Outcome<u64> {
        let mut count = 0;
        for chunk in ids.chunks(1000) {
            let became = self.change_each(tx, organization, chunk, |_, old, new| {
                rule(old, new);
                Ok(())
            });
            count += tell::<R>(organization, became.await?);
        }
        Ok(count)
    }

    /// As [`Collection::change_allowed`], where rules rest on no other row of the kind and what follows from a change ([`Rules::settled`])
    /// writes none: while the database writes one portion, the next is worked out.
    ///
    /// # Errors
    /// As [`Collection::change_each`].
    pub async fn change_ahead(
        &self,
        tx: &mut Transaction,
        organization: &str,
        ids: &[&str],
        mut rule: impl FnMut(&R::Message, &mut R::Message) + Send,
    ) -> Outcome<u64> {
        let context = tx.context().clone();
        let (mut count, mut ahead) = (0, None);
        for chunk in ids.chunks(1000) {
            let rule = |_: &Context, old: &R::Message, new: &mut R::Message| {
                rule(old, new);
                Ok(())
            };
            let (became, pairs) = self.asked(tx, organization, chunk, rule).await?;
            let needs = needed::<R>(tx, organization, &pairs).await?;
            let write = async {
                let written = match ahead.take() {
                    Some((became, ruled)) => self.put(tx, organization, became, ruled).await?,
                    None => HashMap::new(),
                };
                tx.write_waiting().await.map(|()| written)
            };
            let (written, ruled) = futures::join!(write, self.updated(&context, &needs, pairs));
            count += tell::<R>(organization, written?);
            ahead = Some((became, ruled));
        }
        if let Some((became, ruled)) = ahead {
            count += tell::<R>(organization, self.put(tx, organization, became, ruled).await?);
        }
        Ok(count)
    }

    /// As [`Collection::change_many`], for at most some thousand ids, but what must not be changed is refused alone, and the
    /// rest is changed. Gives by id whether it changed, or why not.
    ///
    /// # Errors
    /// `STORE_UNAVAILABLE`, `ETAG_MISMATCH` where another write met this one.
    pub async fn change_each(
        &self,
        tx: &mut Transaction,
        organization: &str,
        ids: &[&str],
        rule: impl FnMut(&Context, &R::Message, &mut R::Message) -> Outcome<()> + Send,
    ) -> Outcome<Became> {
        let context = tx.context().clone();
        let (became, pairs) = self.asked(tx, organization, ids, rule).await?;
        if pairs.is_empty() {
            return Ok(became);
        }
        let needs = needed::<R>(tx, organization, &pairs).await?;
        let (waiting, ruled) = futures::join!(tx.write_waiting(), self.updated(&context, &needs, pairs));
        waiting?;
        self.put(tx, organization, became, ruled).await
    }

    /// Asks `rule` about each row that a write claims. Gives what became of those that it leaves alone or refuses, and the others, in the
    /// order of their ids, before and after.
    async fn asked(
        &self,
        tx: &mut Transaction,
        organization: &str,
        ids: &[&str],
        mut rule: impl FnMut(&Context, &R::Message, &mut R::Message) -> Outcome<()> + Send,
    ) -> Outcome<(Became, Vec<Pair<R>>)> {
        let context = tx.context().clone();
        let (mut became, mut pairs) = (HashMap::with_capacity(ids.len()), Vec::with_capacity(ids.len()));
        let asked = |old: Row<R::Message>| {
            let mut new = old.message.clone();
            match rule(&context, &old.message, &mut new) {
                Ok(()) if new == old.message => drop(became.insert(old.id, Ok(false))),
                Ok(()) => pairs.push((old, new)),
                Err(fault) => drop(became.insert(old.id, Err(fault))),
            }
        };
        self.each_claimed(tx, organization, ids, Claim::Change, asked).await?;
        pairs.sort_unstable_by(|(a, _): &Pair<R>, (b, _)| a.id.cmp(&b.id));
        Ok((became, pairs))
    }

    /// Writes what the rules made of rows, unless what they newly name or claim is refused.
    async fn put(
        &self,
        tx: &mut Transaction,
        organization: &str,
        mut became: Became,
        ruled: Vec<(String, Outcome<Rewrite<R::Message>>)>,
    ) -> Outcome<Became> {
        let mut allowed = Vec::with_capacity(ruled.len());
        for (id, rewrite) in ruled {
            match rewrite {
                Ok(rewrite) => allowed.push(rewrite),
                Err(fault) => drop(became.insert(id, Err(fault))),
            }
        }
        let writes: Vec<_> = allowed.iter().map(|of| (Some(&of.before.message), &of.after.message)).collect();
        let mut faults = self.refused(tx, organization, &writes).await?;
        let (mut ids, mut free) = (Vec::with_capacity(allowed.len()), Vec::with_capacity(allowed.len()));
        for (at, rewrite) in allowed.into_iter().enumerate() {
            match faults.remove(&at) {
                Some(fault) => drop(became.insert(rewrite.before.id, Err(fault))),
                None => {
                    ids.push(rewrite.before.id.clone());
                    free.push(rewrite);
                }
            }
        }
        let written = self.write(tx, free).await?;
        became.extend(ids.into_iter().zip(written).map(|(id, written)| (id, Ok(written.1))));
        Ok(became)
    }

    /// What the rules make of changes, by id, ready to be written. Gives way now and then, so that what is done at the same time goes on.
    async fn updated(
        &self,
        context: &Context,
        needs: &R::Needs,
        pairs: Vec<Pair<R>>,
    ) -> Vec<(String, Outcome<Rewrite<R::Message>>)> {
        const AT_ONCE: usize = 64;
        let now = context.clock.now();
        let mut updated = Vec::with_capacity(pairs.len());
        for (at, (old, mut new)) in pairs.into_iter().enumerate() {
            if at % AT_ONCE == AT_ONCE - 1 {
                tokio::task::yield_now().await;
            }
            let id = old.id.clone();
            let allowed = R::update(context, needs, &old.message, &mut new);
            let rewrite = allowed.map(|()| {
                let mut rewrite = rewritten::<R>(now, old, new);
                self.ready(&mut rewrite);
                rewrite
            });
            updated.push((id, rewrite));
        }
        updated
    }

    /// Each row by id that a write will change or delete; nobody else does meanwhile. Those that do not exist are left out. They come
    /// in the order of their ids on PostgreSQL, so that all writes claim in the same order, and in none on SQLite. While the database
    /// reads some, `take` has those before.
    pub(crate) async fn each_claimed(
        &self,
        tx: &mut Transaction,
        organization: &str,
        ids: &[&str],
        claim: Claim,
        mut take: impl FnMut(Row<R::Message>) + Send,
    ) -> Outcome<()> {
        if tx.database().dialect() == Dialect::Sqlite {
            return self.each_gathered(tx, organization, ids, take).await;
        }
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        let mut read =
            |rows: Vec<sea_orm::QueryResult>| rows.iter().try_for_each(|row| self.statements.read(row).map(&mut take));
        let mut claimed = Vec::new();
        for portion in ids.chunks(most(Dialect::Sqlite)) {
            let sql = self.statements.claim_many(organization, portion, claim);
            let (rows, taken) = futures::join!(tx.rows(sql), async { read(std::mem::take(&mut claimed)) });
            taken?;
            claimed = rows?;
        }
        read(claimed)
    }

    pub(crate) async fn each_gathered(
        &self,
        tx: &mut Transaction,
        organization: &str,
        ids: &[&str],
        mut take: impl FnMut(Row<R::Message>) + Send,
    ) -> Outcome<()> {
        // An id that is given twice would be gathered twice, in two portions.
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        let mut read = |gathered: &str| {
            self.statements.read_all(organization, gathered).map(|rows| rows.into_iter().for_each(&mut take))
        };
        let mut gathered = String::new();
        for portion in ids.chunks(most(Dialect::Sqlite)) {
            let sql = self.statements.gather(organization, portion);
            let (row, taken) = futures::join!(tx.row(sql), async { read(&gathered) });
            taken?;
            gathered = row?.map_or(Ok(String::new()), |row| row.try_get_by_index(0).map_err(Fault::defect))?;
        }
        read(&gathered)
    }
}

/// What the rules need to know for changes; nothing for none.
async fn needed<R: Rules>(tx: &mut Transaction, organization: &str, pairs: &[Pair<R>]) -> Outcome<R::Needs> {
    if pairs.is_empty() {
        return Ok(R::Needs::default());
    }
    let news: Vec<&R::Message> = pairs.iter().map(|(_, new)| new).collect();
    R::needs(tx, organization, &news).await
}

/// How many changed; the log says of the others why they were passed over.
fn tell<R: Resource>(organization: &str, became: Became) -> u64 {
    let mut count = 0;
    for (id, outcome) in became {
        match outcome {
            Ok(changed) => count += u64::from(changed),
            Err(fault) => tracing::warn!(organization, table = R::TABLE, id, %fault, "passed over"),
        }
    }
    count
}
