//! What holds for every resource of a service, however it is written: tests of a service call these once.

use std::collections::BTreeSet;
use std::path::Path;

use prost_reflect::{DynamicMessage, Kind, Value};
use sea_orm::{ConnectionTrait as _, Database, DatabaseConnection, Statement};
use store::{Location, Table, Tables};

/// Migrations lead to exactly the tables that the resources ask for: a database made by migrations has every column and
/// index. Where `TELWARDEN_WRITE` is set, what a new table lacks is written to `{folder}/m{next}_{table}.sql`.
///
/// # Panics
/// Where they do not.
pub async fn migrations_hold(tables: &Tables, folder: &Path) {
    let scratch = tempfile::tempdir().expect("a folder can be made");
    let migrated = scratch.path().join("migrated.db");
    let database = store::Database::open("test", &Location::File(migrated.clone()), tables).await.expect("it migrates");
    database.close().await;
    let migrated = open(&migrated).await;
    for table in tables.tables() {
        let asked = open(&scratch.path().join(format!("{}.db", table.name))).await;
        asked.execute_unprepared(&store::for_sqlite(&table.ddl)).await.expect("what is asked for can be made");
        let (is, asks) = (shape(&migrated).await, shape(&asked).await);
        let missing: Vec<&String> = asks.difference(&is).collect();
        let new = !is.iter().any(|line| line.starts_with(&format!("{}.", table.name)));
        if new && std::env::var_os("TELWARDEN_WRITE").is_some() {
            write(folder, table);
            continue;
        }
        assert!(
            missing.is_empty(),
            "no migration leads to the table {} as its resource asks for it; it lacks {missing:#?}\n\
             A new table is written for you by TELWARDEN_WRITE=1; a table that changes needs a migration of its own. Asked for:\n{}",
            table.name,
            table.ddl
        );
    }
}

fn write(folder: &Path, table: &Table) {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let numbers = files.filter_map(|file| file.file_name().to_str()?.get(1..5)?.parse::<usize>().ok());
    let made = numbers.max().unwrap_or(0);
    let path = folder.join(format!("m{:04}_{}.sql", made + 1, table.name));
    let head = format!(
        "-- The table of {}. Types TEXT, BIGINT, DOUBLE PRECISION, BYTES; statements end with a semicolon at the end of a line.\n",
        table.name
    );
    std::fs::write(&path, head + &table.ddl).expect("the migration can be written");
    eprintln!("wrote {}: list it in store::migrations!", path.display());
}

async fn open(path: &Path) -> DatabaseConnection {
    Database::connect(format!("sqlite://{}?mode=rwc", path.display())).await.expect("a file can be opened")
}

/// Columns and indexes of a database, a line each.
async fn shape(connection: &DatabaseConnection) -> BTreeSet<String> {
    let columns = "SELECT m.name || '.' || c.name || ' ' || c.type || ' ' || c.\"notnull\" || ' key ' || c.pk \
                   FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'";
    let indexes = "SELECT m.tbl_name || ' index ' || i.\"unique\" || ' partial ' || i.partial || ' on ' || \
                   (SELECT group_concat(name, ', ') FROM pragma_index_info(i.name)) \
                   FROM sqlite_master m JOIN pragma_index_list(m.name) i WHERE m.type = 'table'";
    let mut lines = BTreeSet::new();
    for sql in [columns, indexes] {
        let statement = Statement::from_string(sea_orm::DatabaseBackend::Sqlite, sql);
        for row in connection.query_all_raw(statement).await.expect("the schema can be read") {
            lines.insert(row.try_get_by_index::<String>(0).expect("a line is text"));
        }
    }
    lines
}

/// What the proto says callers cannot set is exactly what the engine clears.
///
/// # Panics
/// Where it is not.
pub fn output_only_holds(tables: &Tables) {
    let behaviors = wire::pool().get_extension_by_name("google.api.field_behavior").expect("it is imported");
    for table in tables.tables() {
        let descriptor = wire::pool().get_message_by_name(&table.message).expect("a resource is a message");
        let mut full = DynamicMessage::new(descriptor.clone());
        for field in descriptor.fields().filter(|field| !field.is_list() && !field.is_map()) {
            let value = match field.kind() {
                Kind::String => Value::String("x".to_owned()),
                Kind::Bool => Value::Bool(true),
                Kind::Double => Value::F64(1.0),
                Kind::Int32 => Value::I32(1),
                Kind::Int64 => Value::I64(1),
                Kind::Enum(_) => Value::EnumNumber(1),
                Kind::Message(inner) => Value::Message(DynamicMessage::new(inner)),
                _ => continue,
            };
            full.set_field(&field, value);
        }
        let bytes = prost::Message::encode_to_vec(&full);
        let cleared = DynamicMessage::decode(descriptor.clone(), (table.clear_output)(&bytes).as_slice());
        let cleared = cleared.expect("a message stays one");
        for field in descriptor.fields().filter(|field| full.has_field(field)) {
            let options = field.options();
            let said = options
                .get_extension(&behaviors)
                .as_list()
                .is_some_and(|list| list.iter().any(|value| value.as_enum_number() == Some(3)));
            assert_eq!(!cleared.has_field(&field), said, "{}", field.full_name());
        }
    }
}
