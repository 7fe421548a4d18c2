//! Files with columns: verdicts, shapes of records, categories, names.

use discover::{Category, Format, Report, Shape, generate};

use crate::{scan, scanner};

fn report(sample: &str) -> Report {
    scan(&scanner(""), sample.as_bytes()).1
}

/// The kinds of a column.
fn kinds<'a>(report: &'a Report, column: &str) -> Vec<&'a str> {
    let column =
        report.columns.iter().find(|known| known.name == column).unwrap_or_else(|| panic!("no column {column}"));
    column.verdicts.iter().map(|verdict| verdict.kind.as_str()).collect()
}

#[test]
fn call_records_get_verdicts_a_shape_and_categories() {
    let sample = generate::call_records(3, 500);
    let report = report(&sample.text);
    assert_eq!((report.format, report.records, report.damaged), (Format::Csv, 500, 0));
    assert_eq!(report.bytes, sample.text.len() as u64);
    for (column, kind) in [
        ("calling_number", "MSISDN"),
        ("called_number", "MSISDN"),
        ("imsi", "IMSI"),
        ("imei", "IMEI"),
        ("cell_id", "LOCATION"),
        ("ue_ip", "IP_ADDRESS"),
    ] {
        assert_eq!(kinds(&report, column), [kind], "{column}");
        let verdict = &report.columns.iter().find(|known| known.name == column).unwrap().verdicts[0];
        assert!(verdict.share > 0.999 && verdict.confidence > 0.8, "{column}: {verdict:?}");
    }
    for column in ["record_id", "start_time", "duration", "bytes_up", "bytes_down", "cause"] {
        assert!(kinds(&report, column).is_empty(), "{column}");
    }
    assert_eq!(report.shapes[0].shape, Shape::Cdr);
    let categories: Vec<Category> = report.categories().iter().map(|one| one.category).collect();
    for expected in [Category::Identity, Category::Traffic, Category::Location, Category::Device] {
        assert!(categories.contains(&expected), "{expected:?} in {categories:?}");
    }
}

#[test]
fn the_same_without_names_of_columns() {
    let sample = generate::call_records(3, 500);
    let (_, rows) = sample.text.split_once('\n').unwrap();
    let report = report(rows);
    assert_eq!(kinds(&report, "column_4"), ["MSISDN"]);
    assert_eq!(kinds(&report, "column_5"), ["MSISDN"]);
    assert_eq!(kinds(&report, "column_6"), ["IMSI"]);
    assert_eq!(kinds(&report, "column_7"), ["IMEI"]);
    assert!(kinds(&report, "column_1").is_empty(), "a counter is no telephone number");
    assert_eq!(report.shapes[0].shape, Shape::Cdr);
}

#[test]
fn sessions_are_ip_detail_records() {
    let report = report(&generate::session_records(3, 300).text);
    assert_eq!((report.format, report.records), (Format::JsonLines, 300));
    assert_eq!(kinds(&report, "subscriber.supi"), ["SUPI"]);
    assert_eq!(kinds(&report, "subscriber.gpsi"), ["MSISDN"]);
    assert_eq!(kinds(&report, "ueIp"), ["IP_ADDRESS"]);
    assert_eq!(kinds(&report, "nrCellId"), ["LOCATION"]);
    assert!(kinds(&report, "uplinkBytes").is_empty());
    assert_eq!(report.shapes[0].shape, Shape::Ipdr);
}

#[test]
fn a_table_of_something_else_is_no_record_of_calls() {
    let report = report("article,price,stock\nA-1,9.99,3\nB-2,19.99,4\nC-3,1.50,5\n");
    assert!(report.shapes.is_empty() && report.categories().is_empty(), "{report:?}");
}

#[test]
fn names_tell_categories_that_values_do_not() {
    let report = report("customer_surname,sms_text,balance\nRossi,hello 1,5\nKaya,bye 2,7\n");
    let categories: Vec<Category> = report.categories().iter().map(|one| one.category).collect();
    assert_eq!(categories, [Category::Subscriber, Category::Content, Category::Credit]);
}

#[test]
fn nothing_of_the_sample_is_in_the_report() {
    for sample in [generate::text(5, 400), generate::call_records(5, 400), generate::session_records(5, 400)] {
        let report = report(&sample.text);
        let told = format!("{} {report:?}", serde_json::to_string(&report).unwrap());
        for label in &sample.labels {
            assert!(!told.contains(&sample.text[label.start..label.end]));
        }
    }
}

#[test]
fn names_that_are_data_are_not_kept() {
    let csv = report("+491711234567,262011234567890,x\n+491711234568,262011234567891,y\n");
    assert_eq!(csv.found("MSISDN"), 2, "the first record is no header");
    let forced = scan(&scanner("{format: csv, header: true}"), "a@b.example,n\n1,2\n".as_bytes()).1;
    assert_eq!(forced.columns[0].name, "column_1");
    let json = report("{\"use\":{\"+491711234567\":5}}\n{\"use\":{\"+491711234568\":6}}\n");
    assert_eq!(json.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>(), ["use.*"]);
    assert_eq!(json.found("MSISDN"), 2);
}

#[test]
fn the_form_that_scripts_read() {
    let report = report("imsi,note,n\n001010123456789,x,1\n001010123456780,\"a@b.example, c@d.example\",2\n");
    let json: serde_json::Value = serde_json::to_value(&report).unwrap();
    assert_eq!(json["found"], serde_json::json!({"EMAIL_ADDRESS": 2, "IMSI": 2}));
    assert_eq!(json["columns"]["imsi"][0]["kind"], "IMSI");
    assert_eq!(json["columns"]["imsi"][0]["share"], 1.0);
    assert_eq!(json["columns"]["note"][0]["share"], 0.5);
    assert_eq!(json["columns"]["n"], serde_json::json!([]));
    let keys: Vec<&String> = json.as_object().unwrap().keys().collect();
    assert_eq!(keys.len(), 8, "{keys:?}");
}

#[test]
fn other_delimiters_quotes_and_marks_in_front() {
    let sample = "\u{feff}name;phone;note\r\nA;+491711234567;\"semi; colon\"\r\nB;+491711234568;\"two\r\nlines a@b.example\"\r\n";
    let (found, report) = scan(&scanner(""), sample.as_bytes());
    assert_eq!((report.format, report.records), (Format::Csv, 2));
    assert_eq!(kinds(&report, "phone"), ["MSISDN"]);
    assert_eq!(kinds(&report, "note"), ["EMAIL_ADDRESS"]);
    assert_eq!(&sample[found[0].start..found[0].end], "+491711234567");
}

#[test]
fn escapes_of_json_are_read_and_their_places_kept() {
    let sample = "{\"t\":\"line\\n+491711234567 \\u0061@b.example\"}\n";
    let (found, _) = scan(&scanner(""), sample.as_bytes());
    let told: Vec<&str> = found.iter().map(|one| &sample[one.start..one.end]).collect();
    assert_eq!(told, ["+491711234567", "\\u0061@b.example"]);
}
