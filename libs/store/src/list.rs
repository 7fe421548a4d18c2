//! Lists: a filter as SQL, keyset pages, sealed tokens.

use std::cmp::Ordering;

use access::Context;
use fault::{Fault, Outcome};
use resource::{Comparison, Condition, FieldType, FilterField, Literal, Match, OrderTerm, Parent};
use sea_orm::Value;
use wire::ListQuery;
use wire::fault::v1::ErrorReason;

use crate::collection::refuse;
use crate::resource::{Resource, SideRole};
use crate::row::quoted;
use crate::shipped::placed;
use crate::{Collection, Column, Datum, Dialect, Matcher, Rules, Sql, enum_text};

/// A page of a list.
#[derive(Clone, Debug)]
pub struct Page<M> {
    /// The resources.
    pub items: Vec<M>,
    /// Where the next page starts; empty at the end.
    pub next_page_token: String,
}

/// A column lists are ordered by, the last of them the id.
struct Key {
    column: String,
    real: bool,
    text: bool,
    descending: bool,
}

impl<R: Rules> Collection<R> {
    /// A page of the resources of one organization. What it costs does not grow with how many there are.
    ///
    /// # Errors
    /// `RESOURCE_NOT_FOUND`, `FILTER_INVALID`, `ORDER_INVALID`, `PAGE_TOKEN_INVALID`.
    pub async fn list(&self, context: &Context, query: ListQuery<'_>) -> Outcome<Page<R::Message>> {
        let parent =
            resource::parse_parent_of(query.parent, R::COLLECTION, true).map_err(|problem| refuse(&problem))?;
        let organization = parent.organization.as_str();
        context.enter(organization, query.parent)?;
        let size = match query.page_size {
            ..=0 => 50,
            size => size.min(1000),
        };
        let most = usize::try_from(size).unwrap_or_default();
        let keys = keys::<R>(query.order_by)?;
        let digest = resource::token::digest(&[
            R::TABLE.as_bytes(),
            query.parent.as_bytes(),
            query.filter.as_bytes(),
            query.order_by.as_bytes(),
        ]);
        let after = self.opened(&digest, query.page_token)?;
        let shipped = ships::<R>(&parent, query.filter, &keys, after.as_deref())?;
        let mut sql = self.statements.select();
        sql.push("organization = ").bind(organization);
        if let Some(within) = &parent.within {
            sql.push(" AND ").within(within);
        }
        if let Some(condition) = read::<R>(query.filter, "filter")? {
            sql.push(" AND ");
            Compiler::<R>::new(organization).condition(&condition, &mut sql);
        }
        if let Some(after) = &after {
            sql.push(" AND ");
            beyond(&keys, after, &mut sql);
        }
        order(&keys, &mut sql);
        sql.push(" LIMIT ").bind(i64::from(size) + 1);
        let rows = self.database.rows(sql).await?;
        let read = rows.iter().map(|row| self.statements.read(row).map(|row| (row.id, row.message)));
        let mut found = read.collect::<Outcome<Vec<_>>>()?;
        if !shipped.is_empty() {
            found = merged::<R>(&keys, found, shipped);
        }
        let next_page_token = match found.get(most.wrapping_sub(1)) {
            Some((id, last)) if found.len() > most => {
                let place = serde_json::to_vec(&place::<R>(&keys, id, last)).map_err(Fault::defect)?;
                self.database.inner.sealer.seal(&digest, &place)
            }
            _ => String::new(),
        };
        found.truncate(most);
        Ok(Page { items: found.into_iter().map(|(_, message)| message).collect(), next_page_token })
    }

    /// Where a page starts: the keys of the last one shown before.
    fn opened(&self, digest: &[u8], token: &str) -> Outcome<Option<Vec<serde_json::Value>>> {
        if token.is_empty() {
            return Ok(None);
        }
        let bytes = self.database.inner.sealer.open(digest, token).map_err(|problem| refuse(&problem))?;
        serde_json::from_slice(&bytes).map(Some).map_err(|_| refuse(&resource::Problem::InvalidPageToken))
    }

    /// Adds to a statement on the table of the collection, under its own name, the condition that a filter of List stands for.
    /// `field` is what holds the filter, for the failure.
    ///
    /// # Errors
    /// `FILTER_INVALID`.
    pub fn matching(organization: &str, filter: &str, field: &str, sql: &mut Sql) -> Outcome<()> {
        let parsed = read::<R>(filter, field)?;
        match parsed {
            Some(condition) => Compiler::<R>::new(organization).condition(&condition, sql),
            None => {
                sql.push("1 = 1");
            }
        }
        Ok(())
    }
}

/// A filter of a resource's lists, which the caller gave in `field`.
pub(crate) fn read<R: Resource>(filter: &str, field: &str) -> Outcome<Option<Condition>> {
    resource::parse_filter(filter, fields::<R>()).map_err(|problem| {
        let fault = Fault::invalid(problem.reason(), problem.to_string()).on(field);
        problem.metadata().into_iter().fold(fault, |fault, (key, value)| fault.with(key, value))
    })
}

/// The fields that filters may name, made once per resource.
fn fields<R: Resource>() -> &'static [FilterField] {
    use std::collections::HashMap;
    use std::sync::{LazyLock, RwLock};
    static KNOWN: LazyLock<RwLock<HashMap<&'static str, &'static [FilterField]>>> = LazyLock::new(RwLock::default);
    if let Some(fields) = KNOWN.read().unwrap_or_else(std::sync::PoisonError::into_inner).get(R::TABLE) {
        return fields;
    }
    let columns =
        R::columns().iter().map(|column| FilterField { name: column.name, field_type: (column.field_type)() });
    let times = ["create_time", "update_time"].map(|name| FilterField { name, field_type: FieldType::Time });
    let sides = R::sides().iter().filter_map(|side| match side.role {
        SideRole::Map(name) => Some(FilterField { name, field_type: FieldType::Map }),
        SideRole::Set(name) => Some(FilterField { name, field_type: FieldType::Set }),
        SideRole::Own => None,
    });
    let made: &'static [FilterField] = columns.chain(times).chain(sides).collect::<Vec<_>>().leak();
    KNOWN.write().unwrap_or_else(std::sync::PoisonError::into_inner).insert(R::TABLE, made);
    made
}

fn keys<R: Resource>(order_by: &str) -> Outcome<Vec<Key>> {
    let terms: Vec<OrderTerm> = resource::parse_order(order_by).map_err(|problem| refuse(&problem))?;
    let mut keys = Vec::with_capacity(terms.len() + 1);
    let mut descending = false;
    for term in &terms {
        descending = term.descending;
        let (column, field_type) = match term.field.as_str() {
            "name" => ("id", FieldType::Text),
            "create_time" => ("create_time", FieldType::Time),
            "update_time" => ("update_time", FieldType::Time),
            field => R::columns()
                .iter()
                .find(|column| column.name == field && column.order)
                .map(|column| (column.name, (column.field_type)()))
                .ok_or_else(|| unordered::<R>(field))?,
        };
        let real = matches!(field_type, FieldType::Real);
        let text = matches!(field_type, FieldType::Text | FieldType::Enum(_));
        keys.push(Key { column: quoted(column), real, text, descending });
    }
    if !keys.iter().any(|key| key.column == "\"id\"") {
        keys.push(Key { column: quoted("id"), real: false, text: true, descending });
    }
    Ok(keys)
}

fn unordered<R: Resource>(field: &str) -> Box<Fault> {
    let orders = R::columns().iter().filter(|column| column.order).map(|column| column.name);
    let known: Vec<&str> = ["name", "create_time", "update_time"].into_iter().chain(orders).collect();
    let message = format!("{field} cannot be ordered by; these can: {}", known.join(", "));
    Fault::invalid(ErrorReason::OrderInvalid, message).with("field", field).on("order_by")
}

/// Rows beyond the last one shown. All keys in one direction compare as one row value, which an index serves; else spelled out.
fn beyond(keys: &[Key], after: &[serde_json::Value], sql: &mut Sql) {
    let uniform = keys.iter().all(|key| key.descending == keys.first().is_some_and(|first| first.descending));
    if uniform {
        let columns: Vec<&str> = keys.iter().map(|key| key.column.as_str()).collect();
        let sign = if keys.first().is_some_and(|key| key.descending) { "<" } else { ">" };
        sql.push("(").push(&columns.join(", ")).push(") ").push(sign).push(" (");
        sql.bind_all(keys.iter().zip(after).map(|(key, value)| key.value(value))).push(")");
        return;
    }
    sql.push("(");
    for (index, key) in keys.iter().enumerate() {
        sql.push(if index > 0 { " OR (" } else { "(" });
        for (before, value) in keys.iter().zip(after).take(index) {
            sql.push(&before.column).push(" = ").bind(before.value(value)).push(" AND ");
        }
        let sign = if key.descending { " < " } else { " > " };
        let value = after.get(index).cloned().unwrap_or_default();
        sql.push(&key.column).push(sign).bind(key.value(&value)).push(")");
    }
    sql.push(")");
}

impl Key {
    fn value(&self, json: &serde_json::Value) -> Value {
        if self.text {
            json.as_str().unwrap_or_default().into()
        } else if self.real {
            real(json).into()
        } else {
            json.as_i64().unwrap_or_default().into()
        }
    }
}

/// What ships and comes after the page before, each with its id.
fn ships<R: Resource>(
    parent: &Parent,
    filter: &str,
    keys: &[Key],
    after: Option<&[serde_json::Value]>,
) -> Outcome<Vec<(String, R::Message)>> {
    let all: Vec<(&str, &R::Message)> = match &parent.within {
        Some(within) => R::shipped().within(within).collect(),
        None => R::shipped().iter().collect(),
    };
    if all.is_empty() {
        return Ok(Vec::new());
    }
    let matcher = Matcher::<R>::new(filter, "filter")?;
    let placed = all.into_iter().map(|(id, message)| (id.to_owned(), placed::<R>(message, &parent.organization, id)));
    let beyond = |id: &str, message: &R::Message| {
        after.is_none_or(|after| compare(keys, &place::<R>(keys, id, message), after).is_gt())
    };
    Ok(placed.filter(|(id, message)| matcher.matches(message) && beyond(id, message)).collect())
}

/// Rows and what ships, in one order.
fn merged<R: Resource>(
    keys: &[Key],
    rows: Vec<(String, R::Message)>,
    shipped: Vec<(String, R::Message)>,
) -> Vec<(String, R::Message)> {
    let placed = rows.into_iter().chain(shipped).map(|(id, message)| (place::<R>(keys, &id, &message), id, message));
    let mut all: Vec<_> = placed.collect();
    all.sort_by(|(one, ..), (other, ..)| compare(keys, one, other));
    all.into_iter().map(|(_, id, message)| (id, message)).collect()
}

fn order(keys: &[Key], sql: &mut Sql) {
    sql.push(" ORDER BY ");
    for (index, key) in keys.iter().enumerate() {
        sql.push(if index > 0 { ", " } else { "" }).push(&key.column).push(if key.descending { " DESC" } else { "" });
    }
}

/// Which of two rows comes first, as the database orders them.
fn compare(keys: &[Key], one: &[serde_json::Value], other: &[serde_json::Value]) -> Ordering {
    let each = keys.iter().zip(one.iter().zip(other)).map(|(key, (one, other))| {
        let ordering = if key.text {
            one.as_str().cmp(&other.as_str())
        } else if key.real {
            real(one).total_cmp(&real(other))
        } else {
            one.as_i64().cmp(&other.as_i64())
        };
        if key.descending { ordering.reverse() } else { ordering }
    });
    each.fold(Ordering::Equal, Ordering::then)
}

fn real(json: &serde_json::Value) -> f64 {
    json.as_str().and_then(|bits| bits.parse().ok()).map_or(0.0, f64::from_bits)
}

/// The values of the order columns of a row: where the next page goes on.
fn place<R: Resource>(keys: &[Key], id: &str, message: &R::Message) -> Vec<serde_json::Value> {
    let value = |key: &Key| match key.column.trim_matches('"') {
        "id" => serde_json::Value::from(id),
        name => match crate::matches::datum::<R>(name, message) {
            Datum::Text(text) => serde_json::Value::from(text),
            // The bits, since JSON does not promise to keep every digit.
            Datum::Real(number) => serde_json::Value::from(number.to_bits().to_string()),
            Datum::Integer(number) => serde_json::Value::from(number),
            Datum::Bytes(_) => serde_json::Value::Null,
        },
    };
    keys.iter().map(value).collect()
}

/// Turns a checked filter into SQL.
struct Compiler<'a, R> {
    organization: &'a str,
    resource: std::marker::PhantomData<fn() -> R>,
}

impl<'a, R: Resource> Compiler<'a, R> {
    fn new(organization: &'a str) -> Self {
        Self { organization, resource: std::marker::PhantomData }
    }

    fn condition(&self, condition: &Condition, sql: &mut Sql) {
        match condition {
            Condition::And(parts) => self.joined(parts, " AND ", "1 = 1", sql),
            Condition::Or(parts) => self.joined(parts, " OR ", "1 = 0", sql),
            Condition::Not(inner) => {
                sql.push("NOT (");
                self.condition(inner, sql);
                sql.push(")");
            }
            Condition::Compare { field, operator, value } => {
                // An unset time is kept as the least number, but is before nothing.
                let from_below = matches!(operator, Comparison::Less | Comparison::LessOrEqual);
                let guarded = from_below && matches!(value, Literal::Time(_));
                // An index of the rows that have a text is only used where it is said that they do.
                let sparse = matches!((operator, value), (Comparison::Equal, Literal::Text(text)) if !text.is_empty())
                    && column::<R>(field).is_some_and(|column| column.sparse);
                sql.push(if guarded || sparse { "(" } else { "" });
                sql.push(&quoted(field)).push(sign(*operator)).bind(self.literal(field, value));
                if guarded {
                    sql.push(" AND ").push(&quoted(field)).push(" <> ").bind(i64::MIN).push(")");
                }
                if sparse {
                    sql.push(" AND ").push(&quoted(field)).push(" <> '')");
                }
            }
            Condition::Pattern { field, place, text, ignore_case } => {
                like(&quoted(field), *place, text, *ignore_case, sql);
            }
            Condition::Present { field } => self.present(field, sql),
            Condition::Search(text) => self.search(text, sql),
            Condition::MapHas { field, key } => {
                self.side(SideRole::Map(field), sql, |sql| {
                    sql.push("\"key\" = ").bind(key.as_str());
                });
            }
            Condition::MapEquals { field, key, operator, value } => {
                self.side(SideRole::Map(field), sql, |sql| {
                    sql.push("\"key\" = ")
                        .bind(key.as_str())
                        .push(" AND \"value\"")
                        .push(sign(*operator))
                        .bind(value.as_str());
                });
            }
            Condition::MapPattern { field, key, place, text } => {
                self.side(SideRole::Map(field), sql, |sql| {
                    sql.push("\"key\" = ").bind(key.as_str()).push(" AND ");
                    like("\"value\"", *place, text, false, sql);
                });
            }
            Condition::SetHas { field, value } => {
                self.side(SideRole::Set(field), sql, |sql| {
                    sql.push("\"value\" = ").bind(value.as_str());
                });
            }
        }
    }

    fn joined(&self, parts: &[Condition], word: &str, none: &str, sql: &mut Sql) {
        sql.push("(");
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                sql.push(word);
            }
            self.condition(part, sql);
        }
        sql.push(if parts.is_empty() { none } else { "" }).push(")");
    }

    fn literal(&self, field: &str, literal: &Literal) -> Value {
        match literal {
            Literal::Text(text) => text.as_str().into(),
            Literal::Integer(number) | Literal::Time(number) => (*number).into(),
            Literal::Real(number) => (*number).into(),
            Literal::Boolean(truth) => i64::from(*truth).into(),
            Literal::Enum(number) => match column::<R>(field).map(|column| (column.field_type)()) {
                Some(FieldType::Enum(values)) => enum_text(values, *number).into(),
                _ => i64::from(*number).into(),
            },
        }
    }

    fn present(&self, field: &str, sql: &mut Sql) {
        let side = R::sides()
            .iter()
            .find(|side| matches!(side.role, SideRole::Map(name) | SideRole::Set(name) if name == field));
        if let Some(side) = side {
            return self.side(side.role, sql, |sql| {
                sql.push("1 = 1");
            });
        }
        let unset = column::<R>(field).map(|column| crate::row::unset_of(column, &R::Message::default()));
        match unset {
            Some(unset) => sql.push(&quoted(field)).push(" <> ").bind(unset),
            None => sql.push(&quoted(field)).push(" <> ").bind(i64::MIN),
        };
    }

    fn search(&self, text: &str, sql: &mut Sql) {
        sql.push("(");
        for (index, column) in R::columns().iter().filter(|column| column.search).enumerate() {
            sql.push(if index > 0 { " OR " } else { "" });
            like(&quoted(column.name), Match::Contains, text, true, sql);
        }
        sql.push(if R::columns().iter().any(|column| column.search) { ")" } else { "1 = 0)" });
    }

    fn side(&self, role: SideRole, sql: &mut Sql, rest: impl FnOnce(&mut Sql)) {
        let Some(side) = R::sides().iter().find(|side| side.role == role) else {
            sql.push("1 = 0");
            return;
        };
        sql.push("EXISTS (SELECT 1 FROM ").push(side.table).push(" s WHERE s.organization = ").bind(self.organization);
        sql.push(" AND s.id = ").push(R::TABLE).push(".id AND ");
        rest(sql);
        sql.push(")");
    }
}

fn column<R: Resource>(field: &str) -> Option<&'static Column<R::Message>> {
    R::columns().iter().find(|column| column.name == field)
}

fn sign(operator: Comparison) -> &'static str {
    match operator {
        Comparison::Equal => " = ",
        Comparison::NotEqual => " <> ",
        Comparison::Less => " < ",
        Comparison::LessOrEqual => " <= ",
        Comparison::Greater => " > ",
        Comparison::GreaterOrEqual => " >= ",
    }
}

/// A text match that means the same on both dialects: SQLite's LIKE ignores the case of ASCII, PostgreSQL's does not, so
/// where case counts, a prefix is a range and the rest is a search for the position.
fn like(column: &str, place: Match, text: &str, ignore_case: bool, sql: &mut Sql) {
    if ignore_case {
        let escaped: String = text
            .to_lowercase()
            .chars()
            .flat_map(|c| matches!(c, '%' | '_' | '\\').then_some('\\').into_iter().chain([c]))
            .collect();
        let pattern = match place {
            Match::StartsWith => format!("{escaped}%"),
            Match::EndsWith => format!("%{escaped}"),
            Match::Contains => format!("%{escaped}%"),
        };
        sql.push("LOWER(").push(column).push(") LIKE ").bind(pattern).push(" ESCAPE '\\'");
        return;
    }
    match place {
        Match::StartsWith => {
            sql.push("(").push(column).push(" >= ").bind(text).push(" AND ");
            sql.push(column).push(" < ").bind(format!("{text}\u{10FFFF}")).push(")");
        }
        Match::EndsWith => {
            let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
            sql.push("(LENGTH(").push(column).push(") >= ").bind(length);
            sql.push(" AND SUBSTR(").push(column).push(", CAST(LENGTH(").push(column).push(") - ").bind(length);
            sql.push(" + 1 AS INTEGER)) = ").bind(text).push(")");
        }
        Match::Contains => match sql.dialect() {
            Dialect::Sqlite => {
                sql.push("INSTR(").push(column).push(", ").bind(text).push(") > 0");
            }
            Dialect::Postgres => {
                sql.push("STRPOS(").push(column).push(", ").bind(text).push(") > 0");
            }
        },
    }
}
