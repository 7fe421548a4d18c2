//! The resource engine: the only way a row changes.

use std::marker::PhantomData;

use access::Context;
use fault::{Fault, Outcome};
use prost::{Message as _, Name as _};
use resource::{Name, Problem};
use tonic::Code;
use wire::fault::v1::ErrorReason;

use crate::ledger::Draft;
use crate::resource::Resource;
use crate::row::{Row, Statements, settle};
use crate::transaction::met;
use crate::{Database, Transaction};

/// What happened to a resource; the numbers are kept in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// It came to be.
    Created = 1,
    /// It changed.
    Updated = 2,
    /// It was deleted.
    Deleted = 3,
}

impl Verb {
    pub(crate) fn of(number: i64) -> Self {
        match number {
            1 => Self::Created,
            3 => Self::Deleted,
            _ => Self::Updated,
        }
    }
}

/// What a write did to one resource.
#[derive(Clone, Debug)]
pub struct Changed<M> {
    /// The message before; none for a creation.
    pub before: Option<M>,
    /// The message after; none for a deletion.
    pub after: Option<M>,
}

/// The rules of a resource. They are plain: what they need of other rows is loaded before, all at once.
pub trait Rules: Resource {
    /// What the rules need to know beside the message.
    type Needs: Send + Sync;

    /// Loads what the rules need for these messages, in as few statements as there are questions.
    fn needs(
        tx: &mut Transaction,
        organization: &str,
        messages: &[&Self::Message],
    ) -> impl Future<Output = Outcome<Self::Needs>> + Send;

    /// Before a message is created. May fill in what follows from the rest.
    ///
    /// # Errors
    /// Why it must not be created.
    fn create(context: &Context, needs: &Self::Needs, new: &mut Self::Message) -> Outcome<()>;

    /// Before a message is updated: by Update, by a custom method, by an import.
    ///
    /// # Errors
    /// Why it must not be changed so.
    fn update(context: &Context, needs: &Self::Needs, old: &Self::Message, new: &mut Self::Message) -> Outcome<()>;

    /// Before a message is deleted.
    ///
    /// # Errors
    /// Why it must not be deleted.
    fn delete(context: &Context, needs: &Self::Needs, old: &Self::Message) -> Outcome<()>;

    /// After messages were written, in the same transaction: what follows for other rows.
    fn settled(
        tx: &mut Transaction,
        organization: &str,
        changed: &[Changed<Self::Message>],
    ) -> impl Future<Output = Outcome<()>> + Send {
        let _ = (tx, organization, changed);
        async { Ok(()) }
    }
}

/// All resources of one kind.
pub struct Collection<R: Resource> {
    pub(crate) database: Database,
    pub(crate) statements: Statements<R>,
    resource: PhantomData<fn() -> R>,
}

/// The context of a call and its message, once the message keeps the rules of its proto: how every handler begins.
///
/// # Errors
/// `FIELD_INVALID` with every violation at once.
pub fn open<T: wire::Validate>(request: tonic::Request<T>) -> Outcome<(Context, T)> {
    let context = Context::of(&request)?;
    let message = request.into_inner();
    fault::check(&message)?;
    Ok((context, message))
}

/// A name's parts, or why it is none. `field` is where the request has it.
pub(crate) fn parse(text: &str, collection: &str, field: &str) -> Outcome<Name> {
    Name::parse(text, collection).map_err(|problem| refuse(&problem).on(field.to_owned()))
}

/// What a caller hears of a problem with the API's vocabulary.
pub(crate) fn refuse(problem: &Problem) -> Box<Fault> {
    let mut fault = Fault::invalid(problem.reason(), problem.to_string());
    for (key, value) in problem.metadata() {
        fault = fault.with(key, value);
    }
    match problem.field() {
        Some(field) => fault.on(field.to_owned()),
        None => fault,
    }
}

impl<R: Rules> Collection<R> {
    /// The resources of this kind in a database.
    #[must_use]
    pub fn new(database: Database) -> Self {
        let statements = Statements::new(database.dialect());
        Self { database, statements, resource: PhantomData }
    }

    /// One resource by name.
    ///
    /// # Errors
    /// `RESOURCE_NOT_FOUND`, `FIELD_INVALID`.
    pub async fn get(&self, context: &Context, name: &str) -> Outcome<R::Message> {
        let parsed = parse(name, R::COLLECTION, "name")?;
        context.enter(parsed.organization(), name)?;
        let row = self.database.row(self.statements.select_one(parsed.organization(), parsed.id())).await?;
        let row = row.ok_or_else(|| Fault::not_found(name))?;
        Ok(self.statements.read(&row)?.message)
    }

    /// Creates one resource. An empty `id` is made.
    ///
    /// # Errors
    /// `FIELD_INVALID`, `RESOURCE_EXISTS`, `VALUE_TAKEN`, and those of the resource's rules.
    pub async fn create(
        &self,
        context: &Context,
        parent: &str,
        id: &str,
        message: Option<R::Message>,
    ) -> Outcome<R::Message> {
        let organization = resource::parse_parent(parent).map_err(|problem| refuse(&problem))?;
        context.enter(&organization, parent)?;
        let mut message = message.unwrap_or_default();
        R::clear_output(&mut message);
        let id = if id.is_empty() { context.clock.id() } else { id.to_owned() };
        if !resource::valid_id(&id) {
            let wrong = "an id has 1 to 63 of `a-z 0-9 - . _` and begins with a letter or digit";
            return Err(Fault::invalid(ErrorReason::FieldInvalid, wrong).on(format!("{}_id", singular(R::COLLECTION))));
        }
        let mut tx = self.database.begin(context).await?;
        let made = self.create_in(&mut tx, &organization, vec![(id, message)]).await?;
        tx.commit().await?;
        made.into_iter().next().ok_or_else(|| Fault::defect("a creation created nothing"))
    }

    /// Creates resources in a transaction: one or many, the same rules and as few statements. Output-only fields are taken
    /// as they are; the ids must be valid.
    ///
    /// # Errors
    /// As [`Collection::create`]; the first one found.
    pub async fn create_in(
        &self,
        tx: &mut Transaction,
        organization: &str,
        drafts: Vec<(String, R::Message)>,
    ) -> Outcome<Vec<R::Message>> {
        let context = tx.context().clone();
        let messages: Vec<&R::Message> = drafts.iter().map(|(_, message)| message).collect();
        let needs = R::needs(tx, organization, &messages).await?;
        let now = context.clock.now();
        let mut rows = Vec::with_capacity(drafts.len());
        for (id, mut message) in drafts {
            R::create(&context, &needs, &mut message)?;
            settle::<R>(&mut message);
            let organization = organization.to_owned();
            let mut row = Row { organization, id, version: 1, create_time: now, update_time: now, message };
            row.stamp::<R>();
            rows.push(row);
        }
        self.insert(tx, &rows).await?;
        tx.record(rows.iter().map(|row| draft::<R>(Verb::Created, None, row))).await?;
        let changed: Vec<_> =
            rows.iter().map(|row| Changed { before: None, after: Some(row.message.clone()) }).collect();
        R::settled(tx, organization, &changed).await?;
        Ok(rows.into_iter().map(|row| row.message).collect())
    }

    async fn insert(&self, tx: &mut Transaction, rows: &[Row<R::Message>]) -> Outcome<()> {
        for sql in self.statements.insert(rows) {
            tx.run(sql).await.map_err(|fault| match rows {
                [row] if fault.code() == Code::AlreadyExists => exists(R::name(&row.message)),
                _ => fault,
            })?;
        }
        for side in R::sides() {
            let lines = rows.iter().flat_map(|row| {
                (side.rows)(&row.message)
                    .into_iter()
                    .map(move |values| (row.organization.as_str(), row.id.as_str(), values))
            });
            self.insert_side(tx, side, lines.collect()).await?;
        }
        Ok(())
    }

    async fn insert_side(
        &self,
        tx: &mut Transaction,
        side: &crate::Side<R::Message>,
        lines: Vec<(&str, &str, Vec<String>)>,
    ) -> Outcome<()> {
        for chunk in lines.chunks(1000) {
            let names: Vec<String> = side.columns.iter().map(|name| crate::row::quoted(name)).collect();
            let mut sql =
                tx.sql(format!("INSERT INTO {} (organization, id, {}) VALUES ", side.table, names.join(", ")));
            for (index, (organization, id, values)) in chunk.iter().enumerate() {
                sql.push(if index > 0 { ", (" } else { "(" }).bind(*organization).push(", ").bind(*id);
                for value in values {
                    sql.push(", ").bind(value.as_str());
                }
                sql.push(")");
            }
            tx.run(sql).await.map_err(|fault| match (fault.code(), side.unique) {
                (Code::AlreadyExists, Some(field)) => {
                    taken(field, chunk.first().map(|(_, _, values)| values.as_slice()))
                }
                _ => fault,
            })?;
        }
        Ok(())
    }

    /// Updates the fields that the mask names (AIP-134). The etag in the message, where there is one, must be the present one.
    ///
    /// # Errors
    /// As [`Collection::change`]; `MASK_INVALID`, `FIELD_IMMUTABLE`.
    pub async fn update(
        &self,
        context: &Context,
        message: Option<R::Message>,
        mask: Option<prost_types::FieldMask>,
    ) -> Outcome<R::Message> {
        let message = message.unwrap_or_default();
        let (name, etag) = (R::name(&message).to_owned(), R::etag(&message).to_owned());
        let singular = singular(R::COLLECTION);
        parse(&name, R::COLLECTION, &format!("{singular}.name"))?;
        self.change(context, &name, &etag, |_, old, new| {
            *new = masked::<R>(old, &message, mask.as_ref())?;
            fault::check(new)
        })
        .await
    }

    /// Changes one resource: the only way a row changes. `rule` gets the message before and the one to become.
    ///
    /// # Errors
    /// `RESOURCE_NOT_FOUND`, `ETAG_MISMATCH`, those of `rule` and those of the resource's rules.
    pub async fn change(
        &self,
        context: &Context,
        name: &str,
        etag: &str,
        rule: impl FnOnce(&Context, &R::Message, &mut R::Message) -> Outcome<()> + Send,
    ) -> Outcome<R::Message> {
        let parsed = parse(name, R::COLLECTION, "name")?;
        context.enter(parsed.organization(), name)?;
        let mut tx = self.database.begin(context).await?;
        let changed = self.change_in(&mut tx, name, etag, rule).await?;
        tx.commit().await?;
        Ok(changed)
    }

    /// Changes one resource in a transaction that does more.
    ///
    /// # Errors
    /// As [`Collection::change`].
    pub async fn change_in(
        &self,
        tx: &mut Transaction,
        name: &str,
        etag: &str,
        rule: impl FnOnce(&Context, &R::Message, &mut R::Message) -> Outcome<()> + Send,
    ) -> Outcome<R::Message> {
        let parsed = parse(name, R::COLLECTION, "name")?;
        let context = tx.context().clone();
        context.enter(parsed.organization(), name)?;
        let row = tx.row(self.statements.select_one(parsed.organization(), parsed.id())).await?;
        let old = self.statements.read(&row.ok_or_else(|| Fault::not_found(name))?)?;
        same_version(etag, old.version)?;
        let mut new = old.message.clone();
        rule(&context, &old.message, &mut new)?;
        let needs = R::needs(tx, parsed.organization(), &[&new]).await?;
        R::update(&context, &needs, &old.message, &mut new)?;
        let mut changed = self.write(tx, vec![(old, new)]).await?;
        changed.pop().ok_or_else(|| Fault::defect("a change gave nothing back"))
    }

    /// Changes many resources of one organization in a transaction, by id: as few statements as rows that differ. `rule` is
    /// asked about each; resources that do not exist are left out. The resource's own rules apply.
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
        let context = tx.context().clone();
        let mut count = 0;
        for chunk in ids.chunks(1000) {
            let rows = tx.rows(self.statements.select_many(organization, chunk)).await?;
            let mut pairs = Vec::new();
            for row in &rows {
                let old = self.statements.read(row)?;
                let mut new = old.message.clone();
                rule(&old.message, &mut new);
                if new != old.message {
                    pairs.push((old, new));
                }
            }
            let news: Vec<&R::Message> = pairs.iter().map(|(_, new)| new).collect();
            let needs = R::needs(tx, organization, &news).await?;
            for (old, new) in &mut pairs {
                R::update(&context, &needs, &old.message, new)?;
            }
            count += pairs.len() as u64;
            self.write(tx, pairs).await?;
        }
        Ok(count)
    }

    /// Messages of one organization by id, as the transaction sees them. Those that do not exist are left out.
    ///
    /// # Errors
    /// `STORE_UNAVAILABLE`.
    pub async fn load(&self, tx: &mut Transaction, organization: &str, ids: &[&str]) -> Outcome<Vec<R::Message>> {
        let mut found = Vec::new();
        for chunk in ids.chunks(5000) {
            for row in tx.rows(self.statements.select_many(organization, chunk)).await? {
                found.push(self.statements.read(&row)?.message);
            }
        }
        Ok(found)
    }

    /// Messages of one organization that a condition of ours selects, as the transaction sees them.
    ///
    /// # Errors
    /// `STORE_UNAVAILABLE`, or `DEFECT` for a condition that is wrong.
    pub async fn select(
        &self,
        tx: &mut Transaction,
        organization: &str,
        condition: impl FnOnce(&mut crate::Sql) + Send,
    ) -> Outcome<Vec<R::Message>> {
        let mut sql = self.statements.select();
        sql.push("organization = ").bind(organization).push(" AND ");
        condition(&mut sql);
        let rows = tx.rows(sql).await?;
        rows.iter().map(|row| Ok(self.statements.read(row)?.message)).collect()
    }

    /// As [`Collection::select`], reading what is committed.
    ///
    /// # Errors
    /// As [`Collection::select`].
    pub async fn find(
        &self,
        organization: &str,
        condition: impl FnOnce(&mut crate::Sql) + Send,
    ) -> Outcome<Vec<R::Message>> {
        let mut sql = self.statements.select();
        sql.push("organization = ").bind(organization).push(" AND ");
        condition(&mut sql);
        let rows = self.database.rows(sql).await?;
        rows.iter().map(|row| Ok(self.statements.read(row)?.message)).collect()
    }

    /// Writes new messages over old rows. Nothing changed means nothing written, no new version and no entry.
    async fn write(&self, tx: &mut Transaction, pairs: Vec<(Row<R::Message>, R::Message)>) -> Outcome<Vec<R::Message>> {
        let now = tx.context().clock.now();
        let (mut messages, mut changed) = (Vec::with_capacity(pairs.len()), Vec::new());
        let mut organization = String::new();
        for (old, mut new) in pairs {
            settle::<R>(&mut new);
            let mut row = Row { message: new, ..old.clone() };
            row.stamp::<R>();
            if row.message == old.message {
                messages.push(old.message);
                continue;
            }
            row.version = old.version + 1;
            row.update_time = now.max(old.update_time);
            row.stamp::<R>();
            if tx.run(self.statements.update(&row, old.version)).await? == 0 {
                return Err(met());
            }
            self.write_sides(tx, &old, &row).await?;
            tx.record([draft::<R>(Verb::Updated, Some(&old.message), &row)]).await?;
            organization.clone_from(&row.organization);
            messages.push(row.message.clone());
            changed.push(Changed { before: Some(old.message), after: Some(row.message) });
        }
        if !changed.is_empty() {
            R::settled(tx, &organization, &changed).await?;
        }
        Ok(messages)
    }

    async fn write_sides(&self, tx: &mut Transaction, old: &Row<R::Message>, new: &Row<R::Message>) -> Outcome<()> {
        for side in R::sides() {
            let (before, after) = ((side.rows)(&old.message), (side.rows)(&new.message));
            if before == after {
                continue;
            }
            if !before.is_empty() {
                tx.run(clear_side(tx, side.table, new)).await?;
            }
            let lines = after.into_iter().map(|values| (new.organization.as_str(), new.id.as_str(), values)).collect();
            self.insert_side(tx, side, lines).await?;
        }
        Ok(())
    }

    /// Deletes one resource.
    ///
    /// # Errors
    /// `RESOURCE_NOT_FOUND`, `ETAG_MISMATCH`, and those of the resource's rules.
    pub async fn delete(&self, context: &Context, name: &str, etag: &str) -> Outcome<()> {
        let parsed = parse(name, R::COLLECTION, "name")?;
        context.enter(parsed.organization(), name)?;
        let mut tx = self.database.begin(context).await?;
        let row = tx.row(self.statements.select_one(parsed.organization(), parsed.id())).await?;
        let old = self.statements.read(&row.ok_or_else(|| Fault::not_found(name))?)?;
        same_version(etag, old.version)?;
        let needs = R::needs(&mut tx, parsed.organization(), &[&old.message]).await?;
        R::delete(context, &needs, &old.message)?;
        if tx.run(self.statements.delete(&old, old.version)).await? == 0 {
            return Err(met());
        }
        for side in R::sides() {
            tx.run(clear_side(&tx, side.table, &old)).await?;
        }
        let entry = Draft { version: old.version + 1, ..draft::<R>(Verb::Deleted, Some(&old.message), &old) };
        tx.record([Draft { after: Vec::new(), ..entry }]).await?;
        R::settled(&mut tx, parsed.organization(), &[Changed { before: Some(old.message), after: None }]).await?;
        tx.commit().await
    }
}

fn clear_side<M>(tx: &Transaction, table: &str, row: &Row<M>) -> crate::Sql {
    let mut sql = tx.sql(format!("DELETE FROM {table} WHERE organization = "));
    sql.bind(row.organization.as_str()).push(" AND id = ").bind(row.id.as_str());
    sql
}

fn draft<R: Resource>(verb: Verb, before: Option<&R::Message>, row: &Row<R::Message>) -> Draft {
    Draft {
        organization: row.organization.clone(),
        resource: R::name(&row.message).to_owned(),
        kind: R::Message::full_name(),
        verb,
        version: row.version,
        before: before.map(prost::Message::encode_to_vec).unwrap_or_default(),
        after: row.message.encode_to_vec(),
    }
}

fn same_version(etag: &str, version: i64) -> Outcome<()> {
    if resource::etag::matches(etag, version) {
        return Ok(());
    }
    let current = resource::etag::etag(version);
    let message = "the resource has changed since you read it: read it again and repeat the change on what it is now";
    Err(Fault::new(Code::Aborted, ErrorReason::EtagMismatch, message).with("current", current).on("etag"))
}

fn exists(name: &str) -> Box<Fault> {
    let message = format!("{name} exists: choose another id, or update it");
    Fault::new(Code::AlreadyExists, ErrorReason::ResourceExists, message).with("name", name)
}

fn taken(field: &str, values: Option<&[String]>) -> Box<Fault> {
    let shown = values.map(|values| values.join(" ")).unwrap_or_default();
    let message = format!("another resource of the organization already has this in {field}: {shown}");
    Fault::new(Code::AlreadyExists, ErrorReason::ValueTaken, message).on(field.to_owned())
}

fn masked<R: Resource>(
    old: &R::Message,
    new: &R::Message,
    mask: Option<&prost_types::FieldMask>,
) -> Outcome<R::Message> {
    let full_name = R::Message::full_name();
    let descriptor = wire::pool().get_message_by_name(&full_name);
    let descriptor = descriptor.ok_or_else(|| Fault::defect(format!("no descriptor of {full_name}")))?;
    let dynamic = |message: &R::Message| {
        prost_reflect::DynamicMessage::decode(descriptor.clone(), message.encode_to_vec().as_slice())
            .map_err(Fault::defect)
    };
    let merged = resource::mask::apply(&dynamic(old)?, &dynamic(new)?, mask).map_err(|problem| refuse(&problem))?;
    R::Message::decode(merged.encode_to_vec().as_slice()).map_err(Fault::defect)
}

/// `asset_policy` of `assetPolicies`: how requests name the field that holds the resource.
fn singular(collection: &str) -> String {
    let mut snake = String::new();
    for letter in collection.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    match snake.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => snake.strip_suffix('s').map(str::to_owned).unwrap_or(snake),
    }
}
