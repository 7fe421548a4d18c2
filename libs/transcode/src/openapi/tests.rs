use super::*;

const SERVICES: &[&str] = &[
    "telwarden.assets.v1.AssetService",
    "telwarden.assets.v1.SiteService",
    "telwarden.assets.v1.ImportService",
    "telwarden.changes.v1.ChangeService",
];

fn document() -> Json {
    let info =
        Info { title: "Telwarden", version: "0.1.0", description: "All of it.", server: "http://localhost:8080" };
    openapi(wire::pool(), SERVICES, &info).unwrap()
}

#[test]
fn every_binding_is_an_operation_with_an_id_of_its_own() {
    let document = document();
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (verb, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.insert(id.to_owned()), "{id} twice");
            assert!(operation["x-permission"].is_string(), "{verb} {path}");
            assert!(!operation["summary"].as_str().unwrap().is_empty(), "{verb} {path}");
            assert_eq!(operation["responses"]["default"]["$ref"], "#/components/responses/Error");
            let named = operation["parameters"].as_array().unwrap().iter().filter(|one| one["in"] == "path").count();
            assert_eq!(named, path.matches('{').count(), "{path}");
        }
    }
    let bindings: usize = SERVICES.iter().map(|service| of_service(wire::pool(), service).unwrap().len()).sum();
    assert_eq!(ids.len(), bindings);
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk(value: &Json, document: &Json) {
        match value {
            Json::Object(fields) => {
                if let Some(Json::String(reference)) = fields.get("$ref") {
                    let target = document.pointer(reference.trim_start_matches('#'));
                    assert!(target.is_some_and(Json::is_object), "{reference}");
                }
                fields.values().for_each(|value| walk(value, document));
            }
            Json::Array(items) => items.iter().for_each(|value| walk(value, document)),
            _ => {}
        }
    }
    let document = document();
    walk(&document, &document);
}

#[test]
fn an_operation_says_what_callers_need() {
    let document = document();
    let item = &document["paths"]["/v1/organizations/{organization}/assets/{asset}"];
    assert_eq!(item["get"]["x-permission"], "assets.assets.read");
    assert_eq!(item["get"]["x-idempotent"], true);
    assert_eq!(item["get"]["tags"], json!(["AssetService"]));
    assert!(item["get"]["responses"]["200"]["headers"]["ETag"].is_object());
    assert!(item["patch"].get("x-idempotent").is_none());
    let patch: Vec<&str> =
        item["patch"]["parameters"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(patch, ["organization", "asset", "updateMask", "If-Match"]);
    // A PATCH requires nothing; a creation does.
    let body = |operation: &Json| operation["requestBody"]["content"]["application/json"]["schema"].clone();
    assert!(body(&item["patch"]).get("required").is_none());
    let assets = &document["paths"]["/v1/organizations/{organization}/assets"];
    assert_eq!(body(&assets["post"]), json!({"$ref": "#/components/schemas/Asset"}));
    let list: Vec<&str> =
        assets["get"]["parameters"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(list, ["organization", "pageSize", "pageToken", "filter", "orderBy"]);
    // What the path fills is no part of a body.
    let classify = &document["paths"]["/v1/organizations/{organization}/assets/{asset}:classify"]["post"];
    assert!(body(classify)["properties"].get("name").is_none());
    assert_eq!(body(classify)["required"], json!(["classification", "confidentiality", "integrity", "availability"]));
    let watch =
        &document["paths"]["/v1/organizations/{organization}/changes:watch"]["get"]["responses"]["200"]["content"];
    let kinds: Vec<&String> = watch.as_object().unwrap().keys().collect();
    assert_eq!(kinds, ["application/x-ndjson", "text/event-stream"]);
}

#[test]
fn a_schema_carries_behaviour_limits_and_comments() {
    let document = document();
    let asset = &document["components"]["schemas"]["Asset"];
    assert_eq!(asset["required"], json!(["displayName", "type"]));
    let field = |name: &str| asset["properties"][name].clone();
    let display_name = json!({"type": "string", "minLength": 1, "maxLength": 200, "description": "What people call it, 1 to 200 characters."});
    assert_eq!(field("displayName"), display_name);
    assert_eq!(field("type")["pattern"], "^[a-z][a-z0-9-]{0,62}$");
    assert_eq!((&field("confidentiality")["minimum"], &field("confidentiality")["maximum"]), (&json!(0), &json!(10)));
    assert_eq!(field("createTime")["format"], "date-time");
    assert_eq!(field("createTime")["readOnly"], true);
    assert_eq!(
        (field("quantity")["type"].clone(), field("quantity")["format"].clone()),
        (json!("string"), json!("int64"))
    );
    assert_eq!(field("state")["$ref"], "#/components/schemas/Asset.State");
    assert_eq!(field("state")["readOnly"], true);
    assert_eq!(field("attributes")["maxProperties"], 256);
    assert_eq!(field("attributes")["propertyNames"], json!({"maxLength": 128}));
    assert_eq!(field("attributes")["additionalProperties"], json!({"type": "string", "maxLength": 4096}));
    let state = &document["components"]["schemas"]["Asset.State"];
    assert!(state["enum"].as_array().unwrap().contains(&json!("IN_SERVICE")));
    assert!(state["description"].as_str().unwrap().contains("`IN_SERVICE`: It serves."));
}

#[test]
fn the_same_descriptors_give_the_same_text() {
    assert_eq!(document().to_string(), document().to_string());
}
