//! Files that are broken, imported by the command line of the real program.

use std::process::Command;

use serde_json::json;

use super::House;
use crate::program::program;

struct Run {
    success: bool,
    stderr: String,
    stdout: String,
}

fn import(house: &House, format: &str, name: &str, bytes: &[u8], more: &[&str]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, bytes).unwrap();
    let output = Command::new(program())
        .args(["import", format, file.to_str().unwrap(), "--organization", "acme", "--output", "json"])
        .args(["--gateway", &house.suite.url()])
        .args(more)
        .env("TELWARDEN_TOKEN", &house.token)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("what people read is text");
    Run { success: output.status.success(), stderr: text(output.stderr), stdout: text(output.stdout) }
}

fn inventory() -> Vec<u8> {
    let mut bytes = Vec::new();
    sample::write_tmf639(sample::Settings { seed: 3, scale: 0.05 }, &mut bytes).unwrap();
    bytes
}

/// A file that is not what it says: one clear sentence that names the place, and with `--atomic` nothing is left behind.
#[tokio::test(flavor = "multi_thread")]
async fn a_broken_file_is_one_clear_sentence() {
    let house = House::each().await.remove(0);
    let whole = inventory();
    let mut not_text = whole.clone();
    let middle = not_text.windows(4).skip(whole.len() / 2).position(|four| four == b"name").unwrap() + whole.len() / 2;
    not_text[middle] = 0xff;
    let csv = |text: &[u8]| [b"id,name,type\n".as_slice(), text].concat();
    let deep = [b"[".repeat(100_000), b"]".repeat(100_000)].concat();
    let cases: Vec<(&str, &str, Vec<u8>, &str)> = vec![
        ("cut in the middle", "tmf639", whole[..whole.len() / 2].to_vec(), "line"),
        ("not UTF-8 in the middle", "tmf639", not_text, "line"),
        ("empty", "tmf639", Vec::new(), "line"),
        ("another format", "tmf639", b"id,name,type\n1,A,router\n".to_vec(), "line"),
        ("binary", "tmf639", (0..=255).collect(), "line"),
        ("nested deeply", "tmf639", deep.clone(), "line"),
        ("cut", "netbox", b"{\"dcim.site\": [{\"id\": 1".to_vec(), "line"),
        ("nested deeply", "netbox", deep, "line"),
        ("binary", "netbox", (0..=255).collect(), "line"),
        ("not UTF-8", "csv", csv(b"1,A,router\n2,\xfc,router\n"), "line 3"),
        ("empty", "csv", Vec::new(), "header"),
        ("binary", "csv", (0..=255).collect(), ""),
    ];
    let before = house.written().await;
    let mut wrong = Vec::new();
    for (what, format, bytes, named) in cases {
        let run = tokio::task::block_in_place(|| import(&house, format, "file", &bytes, &["--atomic"]));
        let clear = run.stderr.to_lowercase().contains(named) && !run.stderr.trim().is_empty();
        if run.success || !clear || run.stderr.contains("panicked") {
            wrong.push(format!("{format} {what}: success {}, {}{}", run.success, run.stderr, run.stdout));
        }
        if house.written().await != before {
            wrong.push(format!("{format} {what}: something was written"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    house.suite.stop().await.unwrap();
}

/// The good rows land, every bad one is reported with its line and reason.
#[tokio::test(flavor = "multi_thread")]
async fn bad_rows_are_reported_and_the_good_ones_land() {
    let house = House::each().await.remove(0);
    let before = house.written().await.rows["asset"];
    let long = "x".repeat(300);
    let rows = [
        "id,name,type,confidentiality",
        "1,A,router,1",
        "2,B,router,9",
        "1,C,router,1",
        &format!("{long},D,router,1"),
        "5,E,router,1,more,than,columns",
        "6,F,router,2",
    ];
    let run = tokio::task::block_in_place(|| import(&house, "csv", "rows.csv", rows.join("\n").as_bytes(), &[]));
    let counts: serde_json::Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{}", run.stderr));
    assert!(run.success, "{}", run.stderr);
    let told = (&counts["read"], &counts["created"], &counts["rejected"]);
    assert_eq!(told, (&json!(6), &json!(2), &json!(4)), "{}", run.stderr);
    for (line, reason) in [
        ("line 3", "RATING_OUT_OF_SCALE"),
        ("line 4", "IMPORT_DUPLICATE"),
        ("line 5", "FIELD_INVALID"),
        ("line 6", "BODY_INVALID"),
    ] {
        let told = run.stderr.lines().find(|told| told.starts_with(&format!("rejected {line}")));
        assert!(told.is_some_and(|told| told.contains(reason)), "{line} is told with {reason}:\n{}", run.stderr);
    }
    assert_eq!(house.written().await.rows["asset"], before + 2);
    house.suite.stop().await.unwrap();
}
