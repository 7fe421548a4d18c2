//! The resource engine: the only way a row changes.

use std::marker::PhantomData;

use access::Context;
use fault::{Fault, Outcome};
use prost::{Message as _, Name as _};
use resource::{Name, Parent, Problem};
use tonic::Code;
use wire::fault::v1::ErrorReason;

use crate::resource::Resource;
use crate::row::{Claim, Statements, rewritten};
use crate::shipped::{placed, refuse_shipped};
use crate::together::Together;
use crate::write::refuse_referenced;
use crate::{Database, Dialect, Transaction};

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
    /// What the rules need to know beside the message; `()` where they need nothing.
    type Needs: Default + Send + Sync;

    /// Loads what the rules need for these messages, in as few statements as there are questions. What a message names
    /// ([`Resource::references`]) is looked up by the engine.
    fn needs(
        tx: &mut Transaction,
        organization: &str,
        messages: &[&Self::Message],
    ) -> impl Future<Output = Outcome<Self::Needs>> + Send {
        let _ = (tx, organization, messages);
        async { Ok(Self::Needs::default()) }
    }

    /// What holds for a message however it is written. May fill in what follows from the rest.
    ///
    /// # Errors
    /// Why it must not be written.
    fn check(context: &Context, needs: &Self::Needs, new: &mut Self::Message) -> Outcome<()> {
        let _ = (context, needs, new);
        Ok(())
    }

    /// Before a message is created: sets the first state.
    ///
    /// # Errors
    /// Why it must not be created.
    fn create(context: &Context, needs: &Self::Needs, new: &mut Self::Message) -> Outcome<()> {
        Self::check(context, needs, new)
    }

    /// Before a message is updated: by Update, by a custom method, by an import.
    ///
    /// # Errors
    /// Why it must not be changed so.
    fn update(context: &Context, needs: &Self::Needs, old: &Self::Message, new: &mut Self::Message) -> Outcome<()> {
        let _ = old;
        Self::check(context, needs, new)
    }

    /// Before a message is deleted. What still names it ([`Resource::referrers`]) is looked up by the engine.
    ///
    /// # Errors
    /// Why it must not be deleted.
    fn delete(context: &Context, needs: &Self::Needs, old: &Self::Message) -> Outcome<()> {
        let _ = (context, needs, old);
        Ok(())
    }

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
    reads: Together<R::Message>,
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

/// Refuses a move from a state that does not allow it. `noun` is what moves, `done` what is done to it: "the change request
/// is DONE; only one that is REQUESTED or APPROVED can be cancelled".
///
/// # Errors
/// `STATE_FORBIDS`.
pub fn in_state<S: wire::Choice>(noun: &str, state: S, allowed: &[S], done: &str) -> Outcome<()> {
    if allowed.contains(&state) {
        return Ok(());
    }
    let names: Vec<&str> = allowed.iter().map(|state| state.text()).collect();
    let (state, allowed) = (state.text(), names.join(" or "));
    let message = format!("the {noun} is {state}; only one that is {allowed} can be {done}");
    Err(Fault::new(Code::FailedPrecondition, ErrorReason::StateForbids, message)
        .with("state", state)
        .with("allowed", allowed))
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
        Self { database, statements, reads: Together::default(), resource: PhantomData }
    }

    /// One resource by name.
    ///
    /// # Errors
    /// `RESOURCE_NOT_FOUND`, `FIELD_INVALID`.
    pub async fn get(&self, context: &Context, name: &str) -> Outcome<R::Message> {
        let parsed = parse(name, R::COLLECTION, "name")?;
        context.enter(parsed.organization(), name)?;
        if let Some(message) = R::shipped().get(parsed.id()) {
            return Ok(placed::<R>(message, parsed.organization(), parsed.id()));
        }
        let row = self.reads.read(&self.database, &self.statements, parsed.organization(), parsed.id()).await?;
        row.map(|row| row.message).ok_or_else(|| Fault::not_found(name))
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
        let Parent { organization, within } =
            resource::parse_parent_of(parent, R::COLLECTION, false).map_err(|problem| refuse(&problem))?;
        context.enter(&organization, parent)?;
        let mut message = message.unwrap_or_default();
        R::clear_output(&mut message);
        let id = if id.is_empty() { context.clock.id() } else { id.to_owned() };
        if !resource::valid_id(&id) {
            let wrong = "an id has 1 to 63 of `a-z 0-9 - . _` and begins with a letter or digit";
            return Err(Fault::invalid(ErrorReason::FieldInvalid, wrong).on(format!("{}_id", singular(R::COLLECTION))));
        }
        let id = within.map_or_else(|| id.clone(), |within| format!("{within}/{id}"));
        refuse_shipped::<R>(&organization, &id)?;
        let mut tx = self.database.begin(context).await?;
        let made = self.create_in(&mut tx, &organization, vec![(id, message)]).await?;
        tx.commit().await?;
        made.into_iter().next().ok_or_else(|| Fault::defect("a creation created nothing"))
    }

    /// Creates resources in a transaction: one or many, the same rules and as few statements. Output-only fields are taken
    /// as they are; the ids must be valid.
    ///
    /// # Errors
    /// As [`Collection::create`]; the first one found, and then nothing is written.
    pub async fn create_in(
        &self,
        tx: &mut Transaction,
        organization: &str,
        drafts: Vec<(String, R::Message)>,
    ) -> Outcome<Vec<R::Message>> {
        let rows = self.prepare(tx, organization, drafts).await?.into_iter().collect::<Outcome<Vec<_>>>()?;
        self.insert(tx, organization, rows).await
    }

    /// As [`Collection::create_in`], but what must not be created is refused alone, and the rest is created. Gives what
    /// became of each, in order. The ids must be free.
    ///
    /// # Errors
    /// `STORE_UNAVAILABLE`.
    pub async fn create_each(
        &self,
        tx: &mut Transaction,
        organization: &str,
        drafts: Vec<(String, R::Message)>,
    ) -> Outcome<Vec<Outcome<R::Message>>> {
        let prepared = self.prepare(tx, organization, drafts).await?;
        let mut rows = Vec::with_capacity(prepared.len());
        let mut refused = Vec::with_capacity(prepared.len());
        for outcome in prepared {
            refused.push(outcome.map(|row| rows.push(row)).err());
        }
        let mut made = self.insert(tx, organization, rows).await?.into_iter();
        let lost = || Fault::defect("a creation created nothing");
        Ok(refused.into_iter().map(|fault| fault.map_or_else(|| made.next().ok_or_else(lost), Err)).collect())
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
        context.enter(named::<R>(&message)?.organization(), R::name(&message))?;
        let mut tx = self.database.begin(context).await?;
        let changed = self.update_in(&mut tx, message, mask).await?;
        tx.commit().await?;
        Ok(changed)
    }

    /// Updates as [`Collection::update`] does, in a transaction that does more.
    ///
    /// # Errors
    /// As [`Collection::update`].
    pub async fn update_in(
        &self,
        tx: &mut Transaction,
        message: R::Message,
        mask: Option<prost_types::FieldMask>,
    ) -> Outcome<R::Message> {
        named::<R>(&message)?;
        let (name, etag) = (R::name(&message).to_owned(), R::etag(&message).to_owned());
        self.change_in(tx, &name, &etag, |_, old, new| {
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
        refuse_shipped::<R>(parsed.organization(), parsed.id())?;
        let row = tx.row(self.statements.claim_one(parsed.organization(), parsed.id(), Claim::Change)).await?;
        let old = self.statements.read(&row.ok_or_else(|| Fault::not_found(name))?)?;
        same_version(etag, old.version)?;
        let mut new = old.message.clone();
        rule(&context, &old.message, &mut new)?;
        let needs = R::needs(tx, parsed.organization(), &[&new]).await?;
        R::update(&context, &needs, &old.message, &mut new)?;
        if let Some(fault) =
            self.refused(tx, parsed.organization(), &[(Some(&old.message), &new)]).await?.into_values().next()
        {
            return Err(fault);
        }
        let written = rewritten::<R>(context.clock.now(), old, new);
        let mut changed = self.write(tx, vec![written]).await?;
        changed.pop().map(|(message, _)| message).ok_or_else(|| Fault::defect("a change gave nothing back"))
    }

    /// Messages of one organization by id, as the transaction sees them. Those that do not exist are left out.
    ///
    /// # Errors
    /// `STORE_UNAVAILABLE`.
    pub async fn load(&self, tx: &mut Transaction, organization: &str, ids: &[&str]) -> Outcome<Vec<R::Message>> {
        let mut found = Vec::new();
        for chunk in ids.chunks(5000) {
            if tx.database().dialect() == Dialect::Sqlite {
                self.each_gathered(tx, organization, chunk, |row| found.push(row.message)).await?;
                continue;
            }
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

    /// Deletes one resource.
    ///
    /// # Errors
    /// `RESOURCE_NOT_FOUND`, `ETAG_MISMATCH`, and those of the resource's rules.
    pub async fn delete(&self, context: &Context, name: &str, etag: &str) -> Outcome<()> {
        let parsed = parse(name, R::COLLECTION, "name")?;
        context.enter(parsed.organization(), name)?;
        refuse_shipped::<R>(parsed.organization(), parsed.id())?;
        let mut tx = self.database.begin(context).await?;
        let row = tx.row(self.statements.claim_one(parsed.organization(), parsed.id(), Claim::Delete)).await?;
        let old = self.statements.read(&row.ok_or_else(|| Fault::not_found(name))?)?;
        same_version(etag, old.version)?;
        let needs = R::needs(&mut tx, parsed.organization(), &[&old.message]).await?;
        R::delete(context, &needs, &old.message)?;
        refuse_referenced::<R>(&mut tx, &parsed, name).await?;
        self.remove(&mut tx, parsed.organization(), vec![old]).await?;
        tx.commit().await
    }

    /// Deletes many resources of one organization in a transaction, by id. Those that do not exist are left out; the
    /// resource's own rules apply, but it is for the caller to know that nothing names them. Gives how many there were.
    ///
    /// # Errors
    /// Those of the resource's rules; then nothing is to be committed.
    pub async fn delete_many(&self, tx: &mut Transaction, organization: &str, ids: &[&str]) -> Outcome<u64> {
        let context = tx.context().clone();
        let mut count = 0;
        for chunk in ids.chunks(1000) {
            let mut rows = Vec::with_capacity(chunk.len());
            self.each_claimed(tx, organization, chunk, Claim::Delete, |row| rows.push(row)).await?;
            let messages: Vec<&R::Message> = rows.iter().map(|row| &row.message).collect();
            let needs = R::needs(tx, organization, &messages).await?;
            for row in &rows {
                R::delete(&context, &needs, &row.message)?;
            }
            count += rows.len() as u64;
            self.remove(tx, organization, rows).await?;
        }
        Ok(count)
    }
}

/// The name in the message of an update.
fn named<R: Resource>(message: &R::Message) -> Outcome<Name> {
    parse(R::name(message), R::COLLECTION, &format!("{}.name", singular(R::COLLECTION)))
}

fn same_version(etag: &str, version: i64) -> Outcome<()> {
    if resource::etag::matches(etag, version) {
        return Ok(());
    }
    let current = resource::etag::etag(version);
    let message = "the resource has changed since you read it: read it again and repeat the change on what it is now";
    Err(Fault::new(Code::Aborted, ErrorReason::EtagMismatch, message).with("current", current).on("etag"))
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
pub(crate) fn singular(collection: &str) -> String {
    let collection = collection.rsplit('/').next().unwrap_or_default();
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
