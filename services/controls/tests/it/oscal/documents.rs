//! Documents that are written here: what becomes of them, and that they come out as they came in.

use serde_json::{Value, json};
use testkit::{Bench, reason};
use tonic::Code;
use wire::controls::v1::catalogue_service_client::CatalogueServiceClient;
use wire::controls::v1::control_service_client::ControlServiceClient;
use wire::controls::v1::mapping_entry::Relation;
use wire::controls::v1::mapping_entry_service_client::MappingEntryServiceClient;
use wire::controls::v1::mapping_service_client::MappingServiceClient;
use wire::controls::v1::oscal_document::Kind;
use wire::controls::v1::oscal_document_service_client::OscalDocumentServiceClient;
use wire::controls::v1::profile_service_client::ProfileServiceClient;
use wire::controls::v1::{
    Catalogue, Control, ControlSelection, CreateControlRequest, CreateProfileRequest, DeleteCatalogueRequest,
    DeleteControlRequest, DeleteMappingEntryRequest, DeleteOscalDocumentRequest, GetCatalogueRequest,
    GetMappingRequest, GetOscalDocumentRequest, GetProfileRequest, ImportOscalStart, ListMappingEntriesRequest,
    ListOscalDocumentsRequest, MappingEntry, OscalCounts, Profile, ProfileImport, UpdateControlRequest,
    UpdateProfileRequest,
};

use super::{
    PARENT, catalogue, client, controls, export, ids, import, import_value, metadata, named, profile, resolve, start,
    uuid, written,
};
use crate::on_every_database;

fn counts(created: i32, updated: i32, unchanged: i32) -> Option<OscalCounts> {
    Some(OscalCounts { created, updated, unchanged })
}

async fn catalogue_row(bench: &Bench, id: &str) -> Catalogue {
    let name = format!("{PARENT}/catalogues/{id}");
    let got = CatalogueServiceClient::new(client(bench)).get_catalogue(GetCatalogueRequest { name }).await;
    got.unwrap().into_inner()
}

async fn update(bench: &Bench, control: Control) -> Control {
    let request = UpdateControlRequest { control: Some(control), update_mask: None };
    ControlServiceClient::new(client(bench)).update_control(request).await.unwrap().into_inner()
}

async fn entries(bench: &Bench, mapping: &str, filter: &str) -> Vec<MappingEntry> {
    let request = ListMappingEntriesRequest {
        parent: format!("{PARENT}/mappings/{mapping}"),
        page_size: 1000,
        filter: filter.to_owned(),
        ..Default::default()
    };
    let mut client = MappingEntryServiceClient::new(client(bench));
    client.list_mapping_entries(request).await.unwrap().into_inner().entries
}

fn collection(number: u8) -> Value {
    let map = |number: u8, relationship: &str, targets: &[&str]| {
        let targets: Vec<Value> = targets.iter().map(|id| json!({"type": "control", "id-ref": id})).collect();
        json!({"uuid": uuid(number), "relationship": relationship,
            "sources": [{"type": "control", "id-ref": "AC-1"}], "targets": targets})
    };
    let one = |number: u8, target: &str, maps: Vec<Value>| {
        json!({"uuid": uuid(number), "maps": maps, "source-resource": {"type": "catalog", "href": "small.json"},
            "target-resource": {"type": "catalog", "href": target}, "x-kept": 1})
    };
    let statement = json!({"uuid": uuid(24), "relationship": "equal-to", "remarks": "Only this sentence.",
        "sources": [{"type": "statement", "id-ref": "ac-1_smt.a"}], "targets": [{"type": "control", "id-ref": "B-1"}]});
    json!({"mapping-collection": {"uuid": uuid(number), "metadata": metadata("Small to others", "3"),
        "provenance": {"method": "human", "matching-rationale": "semantic", "status": "complete"},
        "mappings": [
            one(20, "other.json", vec![map(21, "subset-of", &["B-1"]), map(22, "equal-to", &["B-1", "B-2"]), map(23, "subset-of", &["B-1", "B-2"]), statement]),
            one(30, "organizations/acme/catalogues/x1051-2023", vec![map(31, "no-relationship", &["_5.7"])])]}})
}

on_every_database! {
    async fn a_catalogue_becomes_rows_and_comes_out_as_it_came(bench) {
        let value = catalogue(10);
        let location = "files/Small Controls.json".to_owned();
        let made = import_value(&bench, ImportOscalStart { location, ..start() }, &value).await;
        let document = made.document.clone().unwrap();
        assert_eq!((made.resources, made.controls), (counts(1, 0, 0), counts(6, 0, 0)));
        assert_eq!(document.name, format!("{PARENT}/oscalDocuments/catalogue-small-controls"));
        assert_eq!(document.resources, [format!("{PARENT}/catalogues/small-controls")]);
        assert_eq!((document.kind(), document.items, document.rejected), (Kind::Catalogue, 6, 0));

        let row = catalogue_row(&bench, "small-controls").await;
        assert_eq!((row.display_name.as_str(), row.edition.as_str(), row.publisher.as_str()), ("Small controls", "2026", "The publisher"));
        let themes: Vec<_> = row.themes.iter().map(|theme| (theme.id.as_str(), theme.label.as_str(), theme.parent.as_str())).collect();
        assert_eq!(themes, [("ac", "AC", ""), ("ac-net", "", "ac")]);

        let rows = controls(&bench, "small-controls", "").await;
        assert_eq!(ids(&rows), ["5.7", "ac-1", "ac-1.1", "ac-1.1.1", "ac-2", "ac-3"]);
        let parents: Vec<&str> = rows.iter().map(|row| row.parent_control.as_str()).collect();
        assert_eq!(parents, ["", "", "ac-1", "ac-1.1", "", ""]);
        let themes: Vec<&str> = rows.iter().map(|row| row.theme.as_str()).collect();
        assert_eq!(themes, ["", "ac", "ac", "ac", "ac", "ac-net"]);
        let first = &rows[1];
        assert_eq!(first.statement, "Write rules, and look at them\n  a. every [Assignment: period];");
        assert_eq!((first.label.as_str(), first.guidance.as_str(), first.labels["level"].as_str()), ("AC-1", "Rules age.", "high"));
        assert_eq!(rows.iter().filter(|row| row.withdrawn).count(), 1);

        assert_eq!(export(&bench, Kind::Catalogue, "catalogues/small-controls").await.unwrap(), value);
        assert_eq!(export(&bench, Kind::Catalogue, "oscalDocuments/catalogue-small-controls").await.unwrap(), value);
        let wrong = export(&bench, Kind::Profile, "catalogues/small-controls").await.unwrap_err();
        assert_eq!(reason(&wrong), "OSCAL_KIND_UNSUPPORTED");

        // The same again, from elsewhere or not, writes nothing at all.
        let before = written(&bench).await;
        let again = import_value(&bench, start(), &value).await;
        assert_eq!((again.resources, again.controls), (counts(0, 0, 1), counts(0, 0, 6)));
        assert_eq!(again.document, made.document);
        assert_eq!(written(&bench).await, before);
        testkit::ledger_holds(&bench, &controls::tables()).await;
    }

    async fn what_is_changed_here_shows_in_the_export_and_the_rest_stays(bench) {
        let value = catalogue(10);
        import_value(&bench, named("own"), &value).await;
        let rows = controls(&bench, "own", "").await;
        let first = rows[1].clone();
        let mine = Control {
            title: "Our rules".to_owned(),
            statement: "Write our rules.".to_owned(),
            purpose: "So that everybody knows.\n\nTwo lines.".to_owned(),
            control_types: vec!["preventive".to_owned()],
            // A label beside that which the document says of it.
            labels: [("level", "high"), ("wave", "a=1")].map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
            ..first
        };
        update(&bench, mine).await;
        let mut all = ControlServiceClient::new(client(&bench));
        // One with something inside goes, and what is inside stays; two come.
        all.delete_control(DeleteControlRequest { name: rows[2].name.clone(), etag: String::new() }).await.unwrap();
        for (id, theme, parent) in [("new-1", "ac-net", ""), ("new-2", "ac-net", "ac-3")] {
            let control = Control {
                title: format!("New {id}"), theme: theme.to_owned(), parent_control: parent.to_owned(), ..Default::default()
            };
            let request = CreateControlRequest { parent: format!("{PARENT}/catalogues/own"), control_id: id.to_owned(), control: Some(control) };
            all.create_control(request).await.unwrap();
        }
        let exported = export(&bench, Kind::Catalogue, "catalogues/own").await.unwrap();
        let mut expected = value.clone();
        let group = &mut expected["catalog"]["groups"][0];
        let control = &mut group["controls"][0];
        control["title"] = json!("Our rules");
        control["parts"][0] = json!({"id": "ac-1_smt", "name": "statement", "prose": "Write our rules."});
        control["controls"] = json!([{"id": "ac-1.1.1", "title": "Deeper"}]);
        let own = |name: &str, value: &str| json!({"name": name, "ns": "urn:telwarden:oscal", "value": value});
        let props = control["props"].as_array_mut().unwrap();
        props.push(own("control-type", "preventive"));
        let mut purpose = own("purpose", "stated");
        purpose["remarks"] = json!("So that everybody knows.\n\nTwo lines.");
        props.push(purpose);
        props.push(own("labelled", "wave=a=1"));
        let net = group["groups"][0]["controls"].as_array_mut().unwrap();
        let fresh = |id: &str| json!({"id": id, "title": format!("New {id}"), "props": [
            {"name": "label", "value": id}, {"name": "unlabelled", "ns": "urn:telwarden:oscal", "value": "true"}]});
        net[0]["controls"] = json!([fresh("new-2")]);
        net.push(fresh("new-1"));
        assert_eq!(exported, expected);

        // What is exported can be brought in elsewhere, and says the same there.
        import_value(&bench, named("copy"), &exported).await;
        let told = async |catalogue: &str| {
            let rows = controls(&bench, catalogue, "").await.into_iter().map(|row| {
                let bare = Control { name: String::new(), position: 0, create_time: None, update_time: None, etag: String::new(), ..row.clone() };
                (ids(&[row]).join(""), bare)
            });
            rows.collect::<std::collections::BTreeMap<_, _>>()
        };
        let (own, copy) = (told("own").await, told("copy").await);
        assert_eq!(own.keys().collect::<Vec<_>>(), copy.keys().collect::<Vec<_>>());
        for id in ["ac-1", "ac-2", "ac-3", "new-1", "new-2", "5.7"] {
            assert_eq!(own[id], copy[id], "{id}");
        }

        // The document again puts back what it says, and leaves what only the organization says.
        let again = import_value(&bench, named("own"), &value).await;
        assert_eq!(again.controls, counts(1, 1, 4));
        let row = controls(&bench, "own", "").await.into_iter().find(|row| row.name.ends_with("/ac-1")).unwrap();
        assert_eq!((row.title.as_str(), row.control_types.as_slice()), ("Rules of access", ["preventive".to_owned()].as_slice()));
    }

    async fn a_later_edition_of_a_document_changes_what_differs(bench) {
        import_value(&bench, named("own"), &catalogue(10)).await;
        let mut later = catalogue(10);
        later["catalog"]["metadata"]["version"] = json!("2027");
        let group = &mut later["catalog"]["groups"][0];
        group["controls"][0]["title"] = json!("Rules of access, revised");
        group["groups"][0].as_object_mut().unwrap().remove("controls");
        group["controls"].as_array_mut().unwrap().push(json!({"id": "ac-9", "title": "New"}));
        let made = import_value(&bench, start(), &later).await;
        assert_eq!((made.resources, made.controls), (counts(0, 1, 0), counts(1, 1, 4)));
        assert!(made.notes.iter().any(|note| note.contains("ac-3")), "{:?}", made.notes);
        let gone = controls(&bench, "own", "withdrawn = true").await;
        assert_eq!(ids(&gone), ["ac-2", "ac-3"], "one was so before, one is no longer there");
        assert_eq!(export(&bench, Kind::Catalogue, "catalogues/own").await.unwrap(), later);
        let before = written(&bench).await;
        import_value(&bench, start(), &later).await;
        assert_eq!(written(&bench).await, before);
    }

    async fn a_profile_selects_and_resolves(bench) {
        let imports = json!([{"href": "#91111111-0000-4000-8000-000000000000",
            "include-controls": [{"with-ids": ["ac-1", "AC-2"], "with-child-controls": "yes"}, {"matching": [{"pattern": "*.7"}]}],
            "exclude-controls": [{"with-ids": ["ac-1.1.1", "nobody"]}]}]);
        let mut value = profile(40, &imports);
        value["profile"]["back-matter"] = json!({"resources": [{"uuid": "91111111-0000-4000-8000-000000000000",
            "rlinks": [{"href": "../xml/small.xml"}, {"href": "../json/small.json"}]}]});
        // Before its catalogue it is taken, and says what it lacks.
        let made = import_value(&bench, named("low"), &value).await;
        assert!(made.notes[0].contains("91111111"), "{:?}", made.notes);
        let missing = resolve(&bench, "low", 0, "").await.unwrap_err();
        assert_eq!((missing.code(), reason(&missing).as_str()), (Code::FailedPrecondition, "OSCAL_SOURCE_MISSING"));
        let location = "small.json".to_owned();
        import_value(&bench, ImportOscalStart { location, ..start() }, &catalogue(10)).await;
        let made = import_value(&bench, start(), &value).await;
        assert_eq!((made.resources, made.notes.len()), (counts(0, 1, 0), 0));
        let name = format!("{PARENT}/profiles/low");
        let row = ProfileServiceClient::new(client(&bench)).get_profile(GetProfileRequest { name: name.clone() }).await.unwrap().into_inner();
        assert_eq!(row.catalogues, [format!("{PARENT}/catalogues/small")]);
        assert_eq!((row.display_name.as_str(), row.version.as_str(), row.missing_imports), ("A baseline", "1", 0));
        assert_eq!(row.imports[0].include[0], ControlSelection { ids: vec!["ac-1".to_owned(), "AC-2".to_owned()], patterns: Vec::new(), with_enhancements: true });

        let first = resolve(&bench, "low", 2, "").await.unwrap();
        assert_eq!((first.total, first.withdrawn), (4, 1));
        assert_eq!(first.themes, [(String::new(), 1), ("ac".to_owned(), 3)].into());
        assert!(first.warnings[0].contains("nobody"), "{:?}", first.warnings);
        let second = resolve(&bench, "low", 2, &first.next_page_token).await.unwrap();
        assert_eq!(second.next_page_token, "");
        let all: Vec<_> = first.controls.iter().chain(&second.controls).collect();
        let seen: Vec<(&str, &str)> = all.iter().map(|one| (one.id.as_str(), one.control.rsplit('/').next().unwrap())).collect();
        assert_eq!(seen, [("_5.7", "5.7"), ("ac-1", "ac-1"), ("ac-1.1", "ac-1.1"), ("AC-2", "ac-2")]);
        assert_eq!((all[1].title.as_str(), all[2].parent_control.as_str()), ("Rules, as we have them", "ac-1"));
        for token in ["x", "a.1", &format!("{}x", first.next_page_token)] {
            assert_eq!(reason(&resolve(&bench, "low", 2, token).await.unwrap_err()), "PAGE_TOKEN_INVALID", "{token}");
        }
        assert_eq!(export(&bench, Kind::Profile, "profiles/low").await.unwrap(), value);
        let before = written(&bench).await;
        import_value(&bench, start(), &value).await;
        assert_eq!(written(&bench).await, before);

        // What is changed here is what it selects, and what is exported.
        let mut changed = row.clone();
        changed.imports[0].include = vec![ControlSelection { ids: vec!["5.7".to_owned()], ..Default::default() }];
        let request = UpdateProfileRequest { profile: Some(changed), update_mask: None };
        ProfileServiceClient::new(client(&bench)).update_profile(request).await.unwrap();
        assert_eq!(resolve(&bench, "low", 0, "").await.unwrap().controls[0].id, "_5.7");
        let exported = export(&bench, Kind::Profile, "profiles/low").await.unwrap();
        assert_eq!(exported["profile"]["imports"][0]["include-controls"], json!([{"with-ids": ["5.7"]}]));
        assert_eq!(exported["profile"]["x-kept"], json!(true));
        // What it takes from is kept.
        let delete = DeleteCatalogueRequest { name: format!("{PARENT}/catalogues/small"), etag: String::new() };
        let held = CatalogueServiceClient::new(client(&bench)).delete_catalogue(delete).await.unwrap_err();
        assert_eq!(reason(&held), "STILL_REFERENCED");
    }

    async fn a_profile_of_ours_selects_from_what_ships(bench) {
        let make = async |id: &str, imports: Vec<ProfileImport>| {
            let profile = Profile { display_name: id.to_owned(), imports, ..Default::default() };
            let request = CreateProfileRequest { parent: PARENT.to_owned(), profile_id: id.to_owned(), profile: Some(profile) };
            ProfileServiceClient::new(client(&bench)).create_profile(request).await
        };
        let take = |ids: &[&str]| vec![ControlSelection { ids: ids.iter().map(|&id| id.to_owned()).collect(), ..Default::default() }];
        let catalogue = format!("{PARENT}/catalogues/x1051-2023");
        let import = ProfileImport { catalogue: catalogue.clone(), include: take(&["5.7", "tel-isolated"]), ..Default::default() };
        let made = make("two", vec![import.clone()]).await.unwrap().into_inner();
        let controls = |answer: wire::controls::v1::ResolveProfileResponse| -> Vec<String> {
            answer.controls.into_iter().map(|one| one.control).collect()
        };
        let mut two = controls(resolve(&bench, "two", 0, "").await.unwrap());
        two.sort_unstable();
        assert_eq!(two, ["5.7", "tel-isolated"].map(|id| format!("{catalogue}/controls/{id}")));
        let all = ProfileImport { catalogue: catalogue.clone(), ..Default::default() };
        make("all", vec![all]).await.unwrap();
        assert_eq!(resolve(&bench, "all", 1000, "").await.unwrap().total, 107);
        // A profile of a profile.
        let one = ProfileImport { profile: made.name.clone(), include: take(&["5.7"]), ..Default::default() };
        make("one", vec![one]).await.unwrap();
        assert_eq!(controls(resolve(&bench, "one", 0, "").await.unwrap()), [format!("{catalogue}/controls/5.7")]);

        for (wrong, expected) in [
            (ProfileImport::default(), "FIELD_INVALID"),
            (ProfileImport { profile: made.name.clone(), ..import.clone() }, "FIELD_INVALID"),
            (ProfileImport { catalogue: format!("{PARENT}/catalogues/none"), ..Default::default() }, "REFERENCE_MISSING"),
            (ProfileImport { profile: format!("{PARENT}/profiles/none"), ..Default::default() }, "REFERENCE_MISSING"),
        ] {
            assert_eq!(reason(&make("wrong", vec![wrong]).await.unwrap_err()), expected);
        }
        // It comes in again elsewhere, by the names of what it takes from.
        let exported = export(&bench, Kind::Profile, "profiles/two").await.unwrap();
        let made = import_value(&bench, named("copy"), &exported).await;
        assert!(made.notes.is_empty(), "{:?}", made.notes);
        assert_eq!(resolve(&bench, "copy", 0, "").await.unwrap().total, 2);
    }

    async fn profiles_that_import_each_other_are_told_so(bench) {
        let imports = |name: &str| json!([{"href": format!("{PARENT}/profiles/{name}"), "include-all": {}}]);
        let set = async |id: &str, number: u8, name: &str| import(&bench, named(id), profile(number, &imports(name)).to_string().as_bytes()).await;
        assert_eq!(reason(&set("a", 50, "b").await.unwrap_err()), "REFERENCE_MISSING");
        import_value(&bench, named("a"), &profile(50, &json!([{"href": "nowhere.json"}]))).await;
        set("b", 51, "a").await.unwrap();
        set("a", 50, "b").await.unwrap();
        let circular = resolve(&bench, "a", 0, "").await.unwrap_err();
        assert_eq!((circular.code(), reason(&circular).as_str()), (Code::FailedPrecondition, "OSCAL_PROFILE_CIRCULAR"));
        assert!(circular.message().contains("profiles/b"), "{}", circular.message());
    }

    async fn mappings_become_entries_that_say_no_more_than_their_document(bench) {
        let value = collection(60);
        let made = import_value(&bench, named("m"), &value).await;
        assert_eq!((made.resources, made.entries), (counts(2, 0, 0), counts(5, 0, 0)));
        assert_eq!(made.notes.len(), 2, "two catalogues stand in: {:?}", made.notes);
        assert_eq!(catalogue_row(&bench, "small").await.display_name, "small.json");
        let mapping = async |id: &str| {
            let name = format!("{PARENT}/mappings/{id}");
            MappingServiceClient::new(client(&bench)).get_mapping(GetMappingRequest { name }).await.unwrap().into_inner()
        };
        let (first, second) = (mapping("m-1").await, mapping("m-2").await);
        assert_eq!((first.source_catalogue, first.target_catalogue), (format!("{PARENT}/catalogues/small"), format!("{PARENT}/catalogues/other")));
        assert_eq!(second.target_catalogue, format!("{PARENT}/catalogues/x1051-2023"));
        let seen: Vec<_> = entries(&bench, "m-1", "").await.into_iter().map(|entry| {
            (entry.relation(), entry.relationship, entry.sources.join(" "), entry.targets.join(" "))
        }).collect();
        let row = |relation, word: &str, targets: &str| (relation, word.to_owned(), "ac-1".to_owned(), targets.to_owned());
        assert_eq!(seen, [
            row(Relation::Subset, "subset-of", "b-1"),
            row(Relation::Superset, "equal-to", "b-1 b-2"),
            row(Relation::Intersects, "subset-of", "b-1 b-2"),
            row(Relation::Related, "equal-to", "b-1"),
        ]);
        assert_eq!(entries(&bench, "m-1", "relationship = \"subset-of\"").await.len(), 2);
        let none = &entries(&bench, "m-2", "").await[0];
        assert_eq!((none.relation(), none.targets.as_slice()), (Relation::None, ["5.7".to_owned()].as_slice()));

        assert_eq!(export(&bench, Kind::Mapping, "oscalDocuments/mapping-m").await.unwrap(), value);
        let one = export(&bench, Kind::Mapping, "mappings/m-2").await.unwrap();
        assert_eq!(one["mapping-collection"]["mappings"], json!([value["mapping-collection"]["mappings"][1]]));
        let before = written(&bench).await;
        import_value(&bench, start(), &value).await;
        assert_eq!(written(&bench).await, before);

        // The catalogue that was named comes, and takes the place of what stands in for it.
        let location = "https://example.org/small.json".to_owned();
        let came = import_value(&bench, ImportOscalStart { location, ..start() }, &catalogue(10)).await;
        assert_eq!(came.document.unwrap().resources, [format!("{PARENT}/catalogues/small")]);
        assert_eq!((came.resources, came.controls), (counts(0, 1, 0), counts(6, 0, 0)));

        // An entry is deleted here: it goes from the export, and comes back with the document.
        let name = entries(&bench, "m-1", "relation = SUPERSET").await.remove(0).name;
        let request = DeleteMappingEntryRequest { name, etag: String::new() };
        MappingEntryServiceClient::new(client(&bench)).delete_mapping_entry(request).await.unwrap();
        let less = export(&bench, Kind::Mapping, "oscalDocuments/mapping-m").await.unwrap();
        assert_eq!(less["mapping-collection"]["mappings"][0]["maps"].as_array().unwrap().len(), 3);
        assert_eq!(import_value(&bench, start(), &value).await.entries, counts(1, 0, 4));
        // A map goes from the document: so does its entry.
        let mut later = value.clone();
        later["mapping-collection"]["mappings"][0]["maps"].as_array_mut().unwrap().pop();
        import_value(&bench, start(), &later).await;
        assert_eq!(entries(&bench, "m-1", "").await.len(), 3);
        assert_eq!(export(&bench, Kind::Mapping, "oscalDocuments/mapping-m").await.unwrap(), later);
    }

    async fn what_ships_is_exported_and_comes_back_the_same(bench) {
        for id in ["x1051-2016", "x1051-2023", "x1058-2017", "nist-csf-2.0"] {
            let exported = export(&bench, Kind::Catalogue, &format!("catalogues/{id}")).await.unwrap();
            let own = format!("own-{id}");
            let made = import_value(&bench, named(&own), &exported).await;
            assert_eq!(made.document.unwrap().rejected, 0, "{id}: {:?}", made.rejected_items);
            // Positions may differ where a catalogue mixes controls of themes; all else says the same.
            let bare = |control: &Control| Control {
                name: String::new(), position: 0, shipped: false, create_time: None, update_time: None, etag: String::new(), ..control.clone()
            };
            let last = |control: &Control| control.name.rsplit('/').next().unwrap().to_owned();
            let (mut shipped, mut own) = (controls(&bench, id, "").await, controls(&bench, &own, "").await);
            shipped.sort_by_key(last);
            own.sort_by_key(last);
            assert_eq!(ids(&shipped), ids(&own));
            for (shipped, own) in shipped.iter().zip(&own) {
                assert_eq!(bare(shipped), bare(own), "{}", own.name);
            }
            let themes = async |id: &str| {
                let mut themes = catalogue_row(&bench, id).await.themes;
                themes.sort_by(|a, b| a.id.cmp(&b.id));
                themes
            };
            assert_eq!(themes(id).await, themes(&format!("own-{id}")).await);
        }
        let mapping = export(&bench, Kind::Mapping, "mappings/x1051-2016-to-x1051-2023").await.unwrap();
        // What holds for each target is a map of its own there.
        let shipped = entries(&bench, "x1051-2016-to-x1051-2023", "").await;
        let maps: usize = shipped.iter().filter(|entry| !entry.sources.is_empty()).map(|entry| entry.targets.len()).sum();
        assert_eq!(mapping["mapping-collection"]["mappings"][0]["maps"].as_array().unwrap().len(), maps);
        let made = import_value(&bench, named("editions"), &mapping).await;
        assert!(made.notes.is_empty() && made.document.unwrap().rejected == 0, "{:?}", made.notes);
        for relation in ["EQUAL", "SUPERSET", "SUBSET", "INTERSECTS", "RELATED"] {
            let filter = format!("relation = {relation}");
            let of = |entries: Vec<MappingEntry>| entries.iter().map(|entry| entry.targets.len()).sum::<usize>();
            let (shipped, own) = (entries(&bench, "x1051-2016-to-x1051-2023", &filter).await, entries(&bench, "editions", &filter).await);
            assert_eq!(of(shipped), of(own), "{relation}");
        }
    }

    async fn the_operators_own_text_stands_against_our_identifiers(bench) {
        let mut template = export(&bench, Kind::Catalogue, "catalogues/x1051-2023").await.unwrap();
        // The operator writes his licensed text into the template, here for one control.
        let groups = template["catalog"]["groups"].as_array_mut().unwrap();
        let control = groups.iter_mut().flat_map(|group| group["controls"].as_array_mut().unwrap()).find(|one| one["id"] == "_5.7").unwrap();
        control["parts"] = json!([{"id": "_5.7_smt", "name": "statement", "prose": "The operator's own text."}]);
        import_value(&bench, named("own-text"), &template).await;
        let own = controls(&bench, "own-text", "label = \"5.7\"").await.remove(0);
        assert_eq!(own.name, format!("{PARENT}/catalogues/own-text/controls/5.7"));
        assert_eq!(own.statement, "The operator's own text.");
        assert!(!own.shipped);
        assert_eq!(controls(&bench, "x1051-2023", "label = \"5.7\"").await[0].statement, "");
        let refused = import(&bench, named("x1051-2023"), template.to_string().as_bytes()).await.unwrap_err();
        assert_eq!(reason(&refused), "RESOURCE_SHIPPED");
    }

    async fn a_document_is_found_and_forgotten(bench) {
        import_value(&bench, named("own"), &catalogue(10)).await;
        import_value(&bench, named("low"), &profile(40, &json!([{"href": "x.json"}]))).await;
        let mut documents = OscalDocumentServiceClient::new(client(&bench));
        let filter = format!("resources:\"{PARENT}/catalogues/own\"");
        let request = ListOscalDocumentsRequest { parent: PARENT.to_owned(), filter, ..Default::default() };
        let found = documents.list_oscal_documents(request).await.unwrap().into_inner().oscal_documents;
        assert_eq!(found.len(), 1);
        let name = found[0].name.clone();
        assert_eq!(documents.get_oscal_document(GetOscalDocumentRequest { name: name.clone() }).await.unwrap().into_inner(), found[0]);
        assert_eq!(written(&bench).await.1, 2);
        documents.delete_oscal_document(DeleteOscalDocumentRequest { name, etag: String::new() }).await.unwrap();
        assert_eq!(written(&bench).await.1, 1, "the bytes go with it");
        // What was made of it is still exported, without what only the document held.
        let exported = export(&bench, Kind::Catalogue, "catalogues/own").await.unwrap();
        assert!(exported["catalog"]["back-matter"].is_null());
        assert_eq!(exported["catalog"]["groups"][0]["controls"][0]["controls"][0]["id"], "ac-1.1");

        let mut other = OscalDocumentServiceClient::new(bench.client("eve", &["other"], &["administrator"]));
        let request = GetOscalDocumentRequest { name: format!("{PARENT}/oscalDocuments/profile-low") };
        assert_eq!(other.get_oscal_document(request).await.unwrap_err().code(), Code::NotFound);
        let request = wire::controls::v1::ExportOscalRequest {
            parent: "organizations/other".to_owned(), kind: Kind::Catalogue.into(), resource: format!("{PARENT}/catalogues/own"),
        };
        assert_eq!(other.export_oscal(request).await.unwrap_err().code(), Code::NotFound);
    }
}
