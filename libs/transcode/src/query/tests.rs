use serde_json::json;

use super::*;
use crate::binding::of_service;
use crate::fixture::pool_with;
use crate::json::message_to_json;

/// What a query makes of the request, or the violations.
fn bound(query: &str) -> Result<serde_json::Value, String> {
    let pool = pool_with(&[json!({"get": "/v1/things/{id}"})]);
    let binding = of_service(&pool, "t.Things").unwrap().remove(0);
    let mut request = DynamicMessage::new(binding.input.clone());
    let mut problems = Problems::default();
    fill(&binding, query, &mut request, &mut problems);
    problems.outcome().map(|()| message_to_json(&request)).map_err(|fault| fault.message().to_owned())
}

#[test]
fn every_form_a_query_has() {
    let table = [
        ("", json!({})),
        ("count=5", json!({"count": 5})),
        ("count=-5&ratio=2.5e3", json!({"count": -5, "ratio": 2500.0})),
        ("many=a&many=b%2Cc&many=", json!({"many": ["a", "b,c", ""]})),
        ("thing.name=n&thing.etag=e", json!({"thing": {"name": "n", "etag": "e"}})),
        ("again.again.thing.name=n", json!({"again": {"again": {"thing": {"name": "n"}}}})),
        ("atTime=2026-07-01T12:00:00Z", json!({"atTime": "2026-07-01T12:00:00Z"})),
        ("at_time=2026-07-01T12%3A00%3A00%2B02%3A00", json!({"atTime": "2026-07-01T10:00:00Z"})),
        (
            "times=2026-07-01T12:00:00Z&times=2027-07-01T12:00:00Z",
            json!({"times": ["2026-07-01T12:00:00Z", "2027-07-01T12:00:00Z"]}),
        ),
        ("how_long=90s", json!({"howLong": "90s"})),
        ("read_mask=displayName,site", json!({"readMask": "displayName,site"})),
        ("readMask=display_name", json!({"readMask": "displayName"})),
        ("maybe=false", json!({"maybe": false})),
        ("big=9007199254740993", json!({"big": "9007199254740993"})),
        ("colours=RED&colours=1", json!({"colours": ["RED", "RED"]})),
        ("raw=AQI%3D", json!({"raw": "AQI="})),
        ("raw=_-8", json!({"raw": "/+8="})),
    ];
    for (query, want) in table {
        assert_eq!(bound(query), Ok(want), "{query}");
    }
}

#[test]
fn what_a_query_cannot_say_is_refused_by_name() {
    let deep = format!("{}id=x", "again.".repeat(70));
    let table = [
        ("id=x", "id: comes from the path"),
        ("labels.a=b", "labels.a: is a map (labels), which a query cannot carry"),
        ("labels=b", "labels: is a map"),
        ("things.name=n", "things.name: goes into the list things"),
        ("thing=n", "thing: is a message (t.Thing): name its fields, such as thing.name=…"),
        ("free=n", "free: expected fields"),
        ("free.fields=n", "free.fields: is a map"),
        ("count.x=n", "count.x: count has no fields of its own"),
        ("count=3000000000", "count: expected a whole number between"),
        ("count=1.5", "count: expected a whole number"),
        ("ratio=inf", "ratio: expected a number"),
        ("maybe=1", "maybe: expected true or false"),
        ("colours=BLUE", "colours: expected one of RED"),
        ("at_time=12:00", "at_time: expected an RFC 3339 time"),
        ("at_time=0000-01-01T00:00:00Z", "at_time: expected an RFC 3339 time"),
        ("how_long=1h", "how_long: expected a number of seconds"),
        ("at_time=2026-07-01T12:00:00Z&at_time=2026-07-01T12:00:00Z", "at_time: is given twice"),
        ("raw=*", "raw: expected a string of base64"),
        ("=1", ": is no field"),
        ("thing.=1", "thing.: is no field"),
        ("%zz=1", "%zz: holds a %"),
        (deep.as_str(), "again.again"),
    ];
    for (query, want) in table {
        let got = bound(query).unwrap_err();
        assert!(got.starts_with(want), "{query}: {got}");
    }
    let flood = "many=x&".repeat(2_000);
    assert!(bound(&flood).unwrap_err().contains("at most 1000 parameters"));
}
