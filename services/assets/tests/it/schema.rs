//! Migrations lead to exactly the tables the resources ask for.

#[test]
fn migrations_lead_to_what_the_resources_ask_for() {
    let folder = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations"));
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let migrated: String = files.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    for table in assets::tables().tables() {
        assert!(
            migrated.contains(&table.ddl),
            "no migration makes the table {} as it is asked for:\n{}",
            table.name,
            table.ddl
        );
    }
}
