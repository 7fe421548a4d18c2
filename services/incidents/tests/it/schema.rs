//! What holds for every resource of this service.

#[tokio::test]
async fn migrations_lead_to_what_the_resources_ask_for() {
    let folder = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations"));
    testkit::migrations_hold(&::incidents::tables(), folder).await;
}

#[test]
fn output_only_fields_are_not_the_callers_to_set() {
    testkit::output_only_holds(&::incidents::tables());
}

#[test]
fn the_table_of_deadlines_is_that_of_the_library() {
    assert_eq!(include_str!("../../migrations/m0001_deadline.sql"), deadline::TABLE);
}

#[test]
fn the_tables_of_the_feed_are_those_of_the_library() {
    assert_eq!(include_str!("../../migrations/m0002_feed.sql"), feed::TABLE);
}
