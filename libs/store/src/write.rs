//! How rows come to be and change: rules, the table, its side tables, the ledger, and what follows.

use std::collections::{BTreeMap, HashSet};

use fault::{Fault, Outcome};
use prost::Name as _;
use resource::Name;
use sea_orm::Value;
use tonic::Code;
use wire::fault::v1::ErrorReason;

use crate::collection::singular;
use crate::ledger::Draft;
use crate::row::{Difference, Rewrite, Row, Statements, quoted, settle};
use crate::transaction::met;
use crate::{Changed, Collection, Reference, Resource, Rules, Side, Transaction, Verb};

impl<R: Rules> Collection<R> {
    /// The rows of new messages, or why one must not become a row: its rules, a name of nothing, a claim that is taken.
    pub(crate) async fn prepare(
        &self,
        tx: &mut Transaction,
        organization: &str,
        mut drafts: Vec<(String, R::Message)>,
    ) -> Outcome<Vec<Outcome<Row<R::Message>>>> {
        if drafts.is_empty() {
            return Ok(Vec::new());
        }
        for (id, message) in &mut drafts {
            // The rules look at what a resource is kept within, and whose it is; one without a time of creation is being made.
            let head = R::head(message);
            *head.name = resource::written(organization, R::COLLECTION, id);
            *head.create_time = None;
        }
        let context = tx.context().clone();
        let messages: Vec<&R::Message> = drafts.iter().map(|(_, message)| message).collect();
        let needs = R::needs(tx, organization, &messages).await?;
        let now = context.clock.now();
        let prepared = drafts.into_iter().map(|(id, mut message)| {
            R::create(&context, &needs, &mut message)?;
            settle::<R>(&mut message);
            let organization = organization.to_owned();
            let mut row =
                Row { organization, id, version: 1, create_time: now, update_time: now, message, body: Vec::new() };
            row.stamp::<R>();
            Ok(row)
        });
        let mut prepared: Vec<Outcome<Row<R::Message>>> = prepared.collect();
        let (places, writes): (Vec<usize>, Vec<_>) =
            prepared.iter().enumerate().filter_map(|(at, row)| Some((at, (None, &row.as_ref().ok()?.message)))).unzip();
        let faults = self.refused(tx, organization, &writes).await?;
        for (write, fault) in faults {
            if let Some(row) = places.get(write).and_then(|at| prepared.get_mut(*at)) {
                *row = Err(fault);
            }
        }
        Ok(prepared)
    }

    /// Writes new rows, with everything that goes with them.
    pub(crate) async fn insert(
        &self,
        tx: &mut Transaction,
        organization: &str,
        rows: Vec<Row<R::Message>>,
    ) -> Outcome<Vec<R::Message>> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let mut drafts = Vec::with_capacity(rows.len());
        let whole = rows.iter().map(|row| {
            let draft = draft::<R>(Verb::Created, None, row);
            let values = self.statements.values(row, &draft.after);
            drafts.push(draft);
            values
        });
        let inserted = tx.insert_each(R::TABLE, &Statements::<R>::names(), rows.len(), Box::new(whole)).await;
        inserted.map_err(|fault| match rows.as_slice() {
            [row] if fault.code() == Code::AlreadyExists => exists(R::name(&row.message)),
            _ => fault,
        })?;
        for side in R::sides() {
            let lines = rows.iter().flat_map(|row| lines(side, row)).collect();
            insert_side(tx, side, lines).await?;
        }
        tx.record(drafts).await?;
        let changed: Vec<_> = rows.into_iter().map(|row| Changed { before: None, after: Some(row.message) }).collect();
        R::settled(tx, organization, &changed).await?;
        Ok(changed.into_iter().filter_map(|changed| changed.after).collect())
    }

    /// Writes new messages over old rows, and says of each whether it changed. Nothing changed means nothing written, no new
    /// version and no entry.
    pub(crate) async fn write(
        &self,
        tx: &mut Transaction,
        mut rows: Vec<Rewrite<R::Message>>,
    ) -> Outcome<Vec<(R::Message, bool)>> {
        let mut ready: Vec<_> = rows.iter_mut().map(|of| of.ready.take()).collect();
        let mut ready = rows.iter().zip(&mut ready).filter(|(of, _)| of.differs).map(|(_, ready)| ready.take());
        let changed: Vec<_> = rows.iter().filter(|of| of.differs).collect();
        let Some(organization) = changed.first().map(|of| of.before.organization.clone()) else {
            return Ok(rows.into_iter().map(|of| (of.after.message, false)).collect());
        };
        let mut drafts = Vec::with_capacity(changed.len());
        let differences = changed.iter().map(|of| {
            let (draft, difference) = ready.next().flatten().unwrap_or_else(|| self.worked_out(of));
            drafts.push(draft);
            difference
        });
        tx.run_each(Box::new(self.statements.update(&organization, differences))).await?;
        self.update_sides(tx, &organization, &changed).await?;
        tx.record(drafts).await?;
        let (mut changed, mut became) = (Vec::with_capacity(changed.len()), Vec::with_capacity(rows.len()));
        for Rewrite { before, after, differs, .. } in rows {
            if differs {
                changed.push(Changed { before: Some(before.message), after: Some(after.message) });
                became.push(None);
            } else {
                became.push(Some(after.message));
            }
        }
        R::settled(tx, &organization, &changed).await?;
        let mut changed = changed.into_iter().filter_map(|changed| changed.after);
        let lost = || Fault::defect("a changed message went missing");
        let became = became.into_iter().map(|same| match same {
            Some(message) => Ok((message, false)),
            None => changed.next().map(|message| (message, true)).ok_or_else(lost),
        });
        became.collect()
    }

    /// Works out now what is to be written of a change: whoever has time does, while the database is busy.
    pub(crate) fn ready(&self, of: &mut Rewrite<R::Message>) {
        if of.differs {
            of.ready = Some(self.worked_out(of));
        }
    }

    fn worked_out(&self, of: &Rewrite<R::Message>) -> (Draft, Difference) {
        let draft = draft::<R>(Verb::Updated, Some(&of.before.message), &of.after);
        let difference = self.statements.difference(&of.before, &of.after, &draft.after);
        (draft, difference)
    }

    async fn update_sides(
        &self,
        tx: &mut Transaction,
        organization: &str,
        changed: &[&Rewrite<R::Message>],
    ) -> Outcome<()> {
        for side in R::sides() {
            let (mut stale, mut fresh) = (Vec::new(), Vec::new());
            for Rewrite { before: old, after: new, .. } in changed {
                if (side.same)(&old.message, &new.message) {
                    continue;
                }
                let before = (side.rows)(&old.message);
                if before == (side.rows)(&new.message) {
                    continue;
                }
                if !before.is_empty() {
                    stale.push(old.id.as_str());
                }
                fresh.extend(lines(side, new));
            }
            if !stale.is_empty() {
                tx.run(clear_side(tx, side.table, organization, &stale)).await?;
            }
            insert_side(tx, side, fresh).await?;
        }
        Ok(())
    }

    /// Removes rows that the write has claimed, with everything that goes with them.
    pub(crate) async fn remove(
        &self,
        tx: &mut Transaction,
        organization: &str,
        rows: Vec<Row<R::Message>>,
    ) -> Outcome<()> {
        let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        if ids.is_empty() {
            return Ok(());
        }
        if tx.run(self.statements.delete(organization, &ids)).await? != ids.len() as u64 {
            return Err(met());
        }
        for side in R::sides() {
            tx.run(clear_side(tx, side.table, organization, &ids)).await?;
        }
        let entries = rows.iter().map(|row| {
            let entry = draft::<R>(Verb::Deleted, Some(&row.message), row);
            Draft { version: row.version + 1, after: Vec::new(), ..entry }
        });
        tx.record(entries).await?;
        let changed: Vec<_> = rows.into_iter().map(|row| Changed { before: Some(row.message), after: None }).collect();
        R::settled(tx, organization, &changed).await
    }

    /// Why some of the writes, (before, after), must not be made: what they newly name does not exist, or what they newly claim
    /// must be unique and is taken, by a row that stands or by a write before.
    pub(crate) async fn refused(
        &self,
        tx: &mut Transaction,
        organization: &str,
        writes: &[(Option<&R::Message>, &R::Message)],
    ) -> Outcome<BTreeMap<usize, Box<Fault>>> {
        let mut faults = BTreeMap::new();
        for (side, field) in R::sides().iter().filter_map(|side| Some((side, side.unique?))) {
            let claims: Vec<Vec<Vec<String>>> = writes
                .iter()
                .map(|(before, after)| {
                    if before.is_some_and(|before| (side.same)(before, after)) {
                        return Vec::new();
                    }
                    let held = before.map(side.rows).unwrap_or_default();
                    (side.rows)(after).into_iter().filter(|claim| !held.contains(claim)).collect()
                })
                .collect();
            let mut known = claimed(tx, side, organization, claims.iter().flatten()).await?;
            for (at, claims) in claims.into_iter().enumerate() {
                match claims.iter().find(|claim| known.contains(*claim)) {
                    Some(claim) => drop(faults.insert(at, taken(field, claim))),
                    None => known.extend(claims),
                }
            }
        }
        self.refuse_dangling(tx, organization, writes, &mut faults).await?;
        Ok(faults)
    }

    /// Adds the writes that newly name what does not exist. One look-up for each table named.
    async fn refuse_dangling(
        &self,
        tx: &mut Transaction,
        organization: &str,
        writes: &[(Option<&R::Message>, &R::Message)],
        faults: &mut BTreeMap<usize, Box<Fault>>,
    ) -> Outcome<()> {
        let id_of = |reference: &Reference<R::Message>, name: &str| {
            let name = Name::parse(name, reference.collection).ok()?;
            (name.organization() == organization).then(|| name.id().to_owned())
        };
        let mut named = Vec::new();
        for reference in R::references() {
            for (at, (before, after)) in writes.iter().enumerate() {
                let held = before.map(reference.names).unwrap_or_default();
                let news = (reference.names)(after).into_iter().filter(|name| !name.is_empty() && !held.contains(name));
                named.extend(news.map(|name| (at, reference, name, id_of(reference, name))));
            }
        }
        // What ships has no row, and exists all the same.
        named.retain(|(_, reference, _, id)| !id.as_ref().is_some_and(|id| (reference.ships)(id)));
        let mut wanted: BTreeMap<&str, HashSet<&str>> = BTreeMap::new();
        for (_, reference, _, id) in &named {
            wanted.entry(reference.table).or_default().extend(id.as_deref());
        }
        let mut known = BTreeMap::new();
        for (table, ids) in wanted {
            known.insert(table, tx.existing_in(table, organization, ids).await?);
        }
        for (at, reference, name, id) in &named {
            if !id.as_ref().is_some_and(|id| known.get(reference.table).is_some_and(|ids| ids.contains(id.as_str()))) {
                faults.entry(*at).or_insert_with(|| missing::<R>(reference, name));
            }
        }
        Ok(())
    }
}

/// Refuses to delete what is still named.
pub(crate) async fn refuse_referenced<R: Resource>(tx: &mut Transaction, parsed: &Name, name: &str) -> Outcome<()> {
    for referrer in R::referrers() {
        let mut sql = tx.sql(format!("SELECT COUNT(*) FROM {} WHERE organization = ", referrer.table));
        let named = if referrer.by_id { parsed.id() } else { name };
        sql.bind(parsed.organization()).push(" AND ");
        if referrer.column.is_empty() {
            sql.within(parsed.id());
        } else {
            // That it is set is said for the index of those that are.
            let column = quoted(referrer.column);
            sql.push(&column).push(" = ").bind(named).push(&format!(" AND {column} <> ''"));
        }
        let count: i64 = tx.row(sql).await?.map_or(Ok(0), |row| row.try_get_by_index(0).map_err(Fault::defect))?;
        if count > 0 {
            let (what, filter) = (referrer.what, referrer.filter);
            let message = if referrer.column.is_empty() {
                format!("{count} {what} are still within it: delete them first")
            } else {
                format!(
                    "{count} {what} still name it: let them go of it first (the filter {filter}\"{named}\" lists them)"
                )
            };
            return Err(Fault::new(Code::FailedPrecondition, ErrorReason::StillReferenced, message)
                .with("count", count)
                .with("by", what));
        }
    }
    Ok(())
}

/// Which of the claims stand in a side table.
async fn claimed<M>(
    tx: &mut Transaction,
    side: &Side<M>,
    organization: &str,
    claims: impl Iterator<Item = &Vec<String>>,
) -> Outcome<HashSet<Vec<String>>> {
    // One look-up for all claims that differ in their last part only, such as the ids of one system.
    let mut groups: BTreeMap<&[String], Vec<&str>> = BTreeMap::new();
    for claim in claims {
        if let Some((last, first)) = claim.split_last() {
            groups.entry(first).or_default().push(last);
        }
    }
    let Some((last, first)) = side.columns.split_last() else { return Ok(HashSet::new()) };
    let mut known = HashSet::new();
    for (group, values) in groups {
        let mut sql = tx.sql(format!("SELECT {} FROM {} WHERE organization = ", quoted(last), side.table));
        sql.bind(organization);
        for (column, value) in first.iter().zip(group) {
            sql.push(" AND ").push(&quoted(column)).push(" = ").bind(value.as_str());
        }
        sql.push(" AND ").is_in(&quoted(last), &values);
        for row in tx.rows(sql).await? {
            let value: String = row.try_get_by_index(0).map_err(Fault::defect)?;
            known.insert(group.iter().cloned().chain([value]).collect());
        }
    }
    Ok(known)
}

/// The lines of a row in a side table.
fn lines<M>(side: &Side<M>, row: &Row<M>) -> impl Iterator<Item = Vec<String>> {
    let (organization, id) = (row.organization.clone(), row.id.clone());
    (side.rows)(&row.message)
        .into_iter()
        .map(move |values| [organization.clone(), id.clone()].into_iter().chain(values).collect())
}

async fn insert_side<M>(tx: &mut Transaction, side: &Side<M>, lines: Vec<Vec<String>>) -> Outcome<()> {
    let columns: Vec<&str> = ["organization", "id"].into_iter().chain(side.columns.iter().copied()).collect();
    // Another write may have claimed the same since it was looked up; then it can only be said of a single line which.
    let claim = lines.first().and_then(|line| line.get(2..)).unwrap_or_default().to_vec();
    let lines = lines.into_iter().map(|line| line.into_iter().map(Value::from).collect()).collect();
    tx.insert(side.table, &columns, lines).await.map_err(|fault| match (fault.code(), side.unique) {
        (Code::AlreadyExists, Some(field)) => taken(field, &claim),
        _ => fault,
    })
}

fn clear_side(tx: &Transaction, table: &str, organization: &str, ids: &[&str]) -> crate::Sql {
    let mut sql = tx.sql(format!("DELETE FROM {table} WHERE organization = "));
    sql.bind(organization).push(" AND ").is_in("id", ids);
    sql
}

/// What the ledger says of a row.
pub(crate) fn draft<R: Resource>(verb: Verb, before: Option<&R::Message>, row: &Row<R::Message>) -> Draft {
    Draft {
        organization: row.organization.clone(),
        resource: R::name(&row.message).to_owned(),
        kind: R::Message::full_name(),
        verb,
        version: row.version,
        before: before.map(prost::Message::encode_to_vec).unwrap_or_default(),
        after: prost::Message::encode_to_vec(&row.message),
    }
}

fn missing<R: Resource>(reference: &Reference<R::Message>, name: &str) -> Box<Fault> {
    let (collection, field) = (reference.collection, format!("{}.{}", singular(R::COLLECTION), reference.field));
    let message = format!("there is no {name} among the {collection} of this organization: create it first");
    Fault::invalid(ErrorReason::ReferenceMissing, message).with("name", name).on(field)
}

fn exists(name: &str) -> Box<Fault> {
    let message = format!("{name} exists: choose another id, or update it");
    Fault::new(Code::AlreadyExists, ErrorReason::ResourceExists, message).with("name", name)
}

fn taken(field: &str, claim: &[String]) -> Box<Fault> {
    let message = format!("another resource of the organization already has this in {field}: {}", claim.join(" "));
    Fault::new(Code::AlreadyExists, ErrorReason::ValueTaken, message).on(field.to_owned())
}
