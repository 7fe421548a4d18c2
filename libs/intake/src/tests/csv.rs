use std::collections::BTreeSet;

use wire::assets::v1::asset::State;
use wire::assets::v1::network_identifier::Kind;

use super::{attempt, shared, take, take_mapped};
use crate::{ColumnMap, Format, IntakeError, Settings};

const TOWERS: &str = r#"
key = ["FID"]
[columns]
"NAME" = "name"
"OWNER_NAME" = "owner"
"DESCRIB" = "description"
"ADJRCNLD" = "attribute.assessed value"
[defaults]
type = "tower"
"#;

#[test]
fn the_tower_file_gives_an_asset_per_row_with_and_without_a_map() {
    let Some(bytes) = shared("inventory/allegheny-cell-towers.csv") else { return };
    // Counted without this crate: lines of the file, no cell of which holds a line break.
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count() - 1 + usize::from(!bytes.ends_with(b"\n"));
    assert_eq!(lines, 205);
    let map = ColumnMap::from_toml(TOWERS).expect("the map is right");
    let mapped = Settings { map: Some(map), ..Settings::default() };
    let guessed = Settings { default_type: "mast".to_owned(), ..Settings::default() };
    for (settings, kind) in [(mapped, "tower"), (guessed, "mast"), (Settings::default(), "unclassified")] {
        let taken = attempt(Format::Csv, &bytes, &settings).expect("readable");
        assert_eq!(taken.assets().len(), 205);
        assert_eq!(taken.items.len(), 205, "a tower file has no sites and no dependencies");
        assert!(taken.report.rejected.is_empty(), "{:?}", taken.report.rejected);
        let ids: BTreeSet<&str> = taken.assets().iter().map(|record| record.external_id.as_str()).collect();
        assert_eq!(ids.len(), 205, "the ids differ");
        assert!(taken.assets().iter().all(|record| record.asset.as_ref().is_some_and(|asset| asset.r#type == kind)));
        let first = taken.asset("1");
        assert_eq!(first.display_name, "Robinson");
        assert_eq!(first.owner, "CROWN ATLANTIC COMPANY LLC");
        assert_eq!(first.attributes["X"], "1310994.46389273", "projected feet stay what they are");
    }
}

#[test]
fn headers_of_servicenow_are_understood() {
    let taken = take(
        Format::Csv,
        "sys_id,name,sys_class_name,asset_tag,serial_number,ip_address,fqdn,manufacturer,model_id,location,owned_by,managed_by,install_status,operational_status,environment,busines_criticality\n\
         9f1,edge1,cmdb_ci_ip_router,T-1,SN1,192.0.2.7,Edge1.Example.net.,Juniper,MX80,Room 4,Core IP,NOC,Installed,1,prod,1 - most critical\n",
    );
    let asset = taken.asset("9f1");
    assert_eq!((asset.display_name.as_str(), asset.r#type.as_str()), ("edge1", "router"));
    assert_eq!((asset.vendor.as_str(), asset.model.as_str(), asset.serial_number.as_str()), ("Juniper", "MX80", "SN1"));
    assert_eq!((asset.owner.as_str(), asset.custodian.as_str(), asset.location.as_str()), ("Core IP", "NOC", "Room 4"));
    assert_eq!(asset.state(), State::InService);
    let identifiers: Vec<(Kind, &str)> =
        asset.network_identifiers.iter().map(|id| (id.kind(), id.value.as_str())).collect();
    assert_eq!(identifiers, [(Kind::Ip, "192.0.2.7"), (Kind::Fqdn, "edge1.example.net")]);
    assert_eq!(asset.attributes["busines_criticality"], "1 - most critical");
    assert_eq!(asset.attributes["asset_tag"], "T-1");
}

#[test]
fn byte_order_mark_line_ends_and_quoted_newlines_are_no_obstacle() {
    let taken = take(
        Format::Csv,
        "\u{feff}\"id\",\"name\",\"description\"\r\n1,\"A, B\",\"first\r\nsecond \"\"x\"\"\"\r\n\r\n2,C,\r\n",
    );
    assert_eq!(taken.asset("1").display_name, "A, B");
    assert_eq!(taken.asset("1").description, "first\nsecond \"x\"");
    assert_eq!(taken.asset("2").display_name, "C");
    assert_eq!(taken.items[1].origin, "line 5", "lines are those of the file");
}

#[test]
fn a_second_header_of_the_same_name_is_kept_and_told() {
    let taken = take(Format::Csv, "id,name,name\n1,A,B\n");
    assert_eq!(taken.asset("1").display_name, "A");
    assert_eq!(taken.asset("1").attributes["name (2)"], "B");
    assert!(taken.report.warnings.iter().any(|warning| warning.contains("more than once")));
}

#[test]
fn ragged_rows_are_rejected_with_their_line_and_the_others_taken() {
    let taken = take(Format::Csv, "id,name,type\n1,A,router\n2,B\n3,C,router,extra\n4,D,router,\n , ,\n");
    assert_eq!(taken.assets().len(), 2);
    let origins: Vec<&str> = taken.report.rejected.iter().map(|rejected| rejected.origin.as_str()).collect();
    assert_eq!(origins, ["line 3", "line 4"]);
    assert!(
        taken
            .report
            .rejected
            .iter()
            .all(|rejected| rejected.reason == "BODY_INVALID" && rejected.message.contains("mend"))
    );
    assert_eq!(taken.report.not_imported["row, blank"].count, 1);
    assert_eq!(taken.report.objects["row"], 5, "every row is accounted for");
}

#[test]
fn without_an_id_rows_are_numbered_and_the_report_is_loud() {
    let taken = take(Format::Csv, "name,type\nA,router\nB,switch\n");
    assert_eq!(taken.asset("row-2").display_name, "B");
    assert!(taken.report.warnings.iter().any(|warning| warning.contains("NO COLUMN LOOKS LIKE AN ID")));
}

#[test]
fn an_empty_key_is_rejected_and_a_repeated_one_passed_on() {
    let taken = take(Format::Csv, "id,name\n,A\n7,B\n7,C\n");
    assert_eq!(taken.report.rejected[0].origin, "line 2");
    assert_eq!(taken.report.rejected[0].field, "id");
    assert_eq!(taken.assets().len(), 2, "which of the two counts is for the register to say");
}

#[test]
fn a_map_sets_fields_sites_labels_dates_and_numbers() {
    let taken = take_mapped(
        "NR;REGION;BEZEICHNUNG;ART;STANDORT;BREITE;LAENGE;LEISTUNG;SEIT;IP;INTERN;VERTRAULICH;BRAUCHT\n\
         1;N;Verteiler;Weiche;S-1;52,5;13,4;1.234,5;24.12.2020;192.0.2.1;geheim;3;N/2;N/3\n",
        "delimiter = \";\"\n",
    );
    assert_eq!(taken.report.rejected.len(), 1, "an unquoted delimiter makes the row ragged");
    let taken = take_mapped(
        "NR;REGION;BEZEICHNUNG;ART;STANDORT;BREITE;LAENGE;LEISTUNG;SEIT;IP;INTERN;VERTRAULICH;BRAUCHT\n\
         1;N;Verteiler;Weiche;S-1;52,5;13,4;1.234,5;24.12.2020;192.0.2.1;geheim;3;\"N/2;N/3\"\n",
        r#"
        decimal_comma = true
        date_formats = ["%d.%m.%Y"]
        key = ["REGION", "NR"]
        [columns]
        "Bezeichnung" = "name"
        ART = "type"
        STANDORT = "site"
        BREITE = "site_latitude"
        LAENGE = "site_longitude"
        LEISTUNG = "power_watts"
        SEIT = "acquire_time"
        IP = "network_identifier"
        INTERN = "ignore"
        VERTRAULICH = "confidentiality"
        BRAUCHT = "depends_on"
        REGION = "label.region"
        [defaults]
        owner = "Netz"
        site_type = "equipment-room"
        [values.type]
        Weiche = "operators-own-kind"
        "#,
    );
    let asset = taken.asset("N/1");
    assert_eq!(
        (asset.display_name.as_str(), asset.r#type.as_str(), asset.owner.as_str()),
        ("Verteiler", "operators-own-kind", "Netz")
    );
    assert_eq!((asset.power_watts, asset.confidentiality), (1234.5, 3));
    assert_eq!(asset.acquire_time.as_ref().map(|time| time.seconds), Some(1_608_768_000));
    assert_eq!(asset.labels["region"], "N");
    assert!(!asset.attributes.values().any(|value| value == "geheim"), "ignored columns are ignored");
    let site = taken.sites()[0].site.clone().expect("a site");
    assert_eq!(site.position.map(|point| (point.latitude, point.longitude)), Some((52.5, 13.4)));
    assert_eq!(taken.edges(), ["N/1 uses N/2", "N/1 uses N/3"]);
}

#[test]
fn projected_coordinates_never_become_a_position() {
    let taken = take(Format::Csv, "id,name,site,latitude,longitude\n1,A,s,416621.39,1310994.46\n");
    assert_eq!(taken.sites()[0].site.as_ref().and_then(|site| site.position), None);
    assert_eq!(taken.asset("1").attributes["latitude"], "416621.39");
}

#[test]
fn latin_1_is_read_when_told_and_named_when_not() {
    let bytes = b"id,name\n1,K\xf6ln\n";
    let error = attempt(Format::Csv, bytes, &Settings::default()).err().expect("not UTF-8");
    assert!(matches!(error, IntakeError::NotText { .. }));
    assert!(error.to_string().contains("line 2 cell 2") && error.to_string().contains("latin-1"), "{error}");
    let map = ColumnMap::from_toml("encoding = \"latin-1\"").expect("the map is right");
    let taken = attempt(Format::Csv, bytes, &Settings { map: Some(map), ..Settings::default() }).expect("readable");
    assert_eq!(taken.asset("1").display_name, "Köln");
}

#[test]
fn wrong_maps_say_where_and_what_to_do() {
    for (map, at) in [
        ("delimiter = ;", "line 1"),
        ("\n\ncolour = \"red\"", "line 3"),
        ("[columns]\nA = \"ownr\"", "columns"),
        ("[columns]\nA = \"owner\"\nB = \"owner\"", "columns"),
        ("delimiter = \"ab\"", "delimiter"),
        ("encoding = \"ebcdic\"", "encoding"),
        ("[defaults]\nkey = \"1\"", "defaults.key"),
    ] {
        let error = ColumnMap::from_toml(map).err().unwrap_or_else(|| panic!("{map} is wrong"));
        assert!(error.to_string().contains(at), "{map}: {error}");
    }
    let settings =
        Settings { map: Some(ColumnMap::from_toml("key = [\"NR\"]").expect("right")), ..Settings::default() };
    let error = attempt(Format::Csv, b"id,name\n1,A\n", &settings).err().expect("no such column");
    assert!(error.to_string().contains("NR") && error.to_string().contains("id, name"), "{error}");
}

#[test]
fn a_record_that_breaks_a_rule_of_the_register_is_rejected_with_the_field() {
    let taken = take_mapped(&format!("id,name\n{},A\n2,B\n", "x".repeat(300)), "");
    assert_eq!(taken.assets().len(), 1);
    assert_eq!(taken.report.rejected[0].reason, "FIELD_INVALID");
    assert!(taken.report.rejected[0].field.contains("external_id"));
}

/// Makes rows as they are asked for.
struct Endless {
    row: u64,
    rows: u64,
    line: Vec<u8>,
}

impl std::io::Read for Endless {
    fn read(&mut self, room: &mut [u8]) -> std::io::Result<usize> {
        if self.line.is_empty() {
            if self.row > self.rows {
                return Ok(0);
            }
            self.line = if self.row == 0 {
                b"id,name,type\n".to_vec()
            } else {
                format!("{},r{},router\n", self.row, self.row).into_bytes()
            };
            self.row += 1;
        }
        let count = room.len().min(self.line.len());
        room[..count].copy_from_slice(&self.line[..count]);
        self.line.drain(..count);
        Ok(count)
    }
}

#[test]
fn many_rows_stream() {
    let mut count = 0_u64;
    let mut input = Endless { row: 0, rows: 100_000, line: Vec::new() };
    let report = crate::read(Format::Csv, &mut input, &Settings::default(), &mut |_| {
        count += 1;
        std::ops::ControlFlow::Continue(())
    })
    .expect("readable");
    assert_eq!((count, report.objects["row"]), (100_000, 100_000));
}
