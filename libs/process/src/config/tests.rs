use std::io::Write as _;

use serde::Deserialize;

use super::*;

const DEFAULTS: &str = r#"
[feed]
# How many.
batch = 100
# How long.
wait = "5s"
# How large.
buffer = "4MiB"
# Whether.
enabled = true
# How much.
share = 0.5
# Who.
readers = ["risk"]
# Where.
#sink = "none"
"#;

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    feed: Feed,
    caller: Option<Caller>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Feed {
    batch: u16,
    wait: Period,
    buffer: Size,
    enabled: bool,
    share: f64,
    readers: Vec<String>,
    sink: Option<String>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Caller {
    issuer: String,
    audience: String,
}

fn with(file: &str, environment: &[(&str, &str)]) -> Result<Settings, String> {
    let mut on_disk = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
    on_disk.write_all(file.as_bytes()).unwrap();
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    load(DEFAULTS, Some(on_disk.path()), environment)
        .map_err(|error: ConfigError| error.to_string().replace(&on_disk.path().display().to_string(), "FILE"))
}

#[test]
fn the_built_in_settings_are_enough() {
    let settings: Settings = load(DEFAULTS, None, std::iter::empty()).unwrap();
    assert_eq!(settings.feed.batch, 100);
    assert_eq!(settings.feed.wait, Period::from_secs(5));
    assert_eq!(settings.feed.buffer, Size::from_bytes(4 << 20));
    assert_eq!(settings.feed.sink, None);
}

#[test]
fn the_file_overrides_key_by_key_and_the_environment_overrides_the_file() {
    let settings =
        with("[feed]\nbatch = 7\nwait = \"1m\"\n", &[("TELWARDEN_FEED__BATCH", "8"), ("OTHER_FEED__BATCH", "9")])
            .unwrap();
    assert_eq!(settings.feed.batch, 8);
    assert_eq!(settings.feed.wait, Period::from_secs(60));
    assert!(settings.feed.enabled);
}

#[test]
fn a_variable_takes_the_type_of_its_setting() {
    let settings = with(
        "",
        &[
            ("TELWARDEN_FEED__ENABLED", "false"),
            ("TELWARDEN_FEED__SHARE", "1"),
            ("TELWARDEN_FEED__READERS", "risk, audit"),
            ("TELWARDEN_FEED__SINK", "1234"),
            ("TELWARDEN_FEED__WAIT", ""),
            ("TELWARDEN_DATA", "other people's"),
        ],
    )
    .unwrap();
    assert!(!settings.feed.enabled);
    assert!((settings.feed.share - 1.0).abs() < f64::EPSILON);
    assert_eq!(settings.feed.readers, ["risk", "audit"]);
    assert_eq!(settings.feed.sink.as_deref(), Some("1234"));
    assert_eq!(settings.feed.wait, Period::from_secs(5));
}

/// The file, the environment, and what the error must say.
type Case = (&'static str, &'static [(&'static str, &'static str)], &'static [&'static str]);

#[test]
fn what_is_wrong_is_told_by_key_by_who_said_it_and_by_what_is_expected() {
    let cases: [Case; 9] = [
        ("[feed]\nbacth = 7\n", &[], &["the file FILE", "feed.bacth", "unknown field", "did you mean `batch`?"]),
        ("[fed]\nbatch = 7\n", &[], &["the file FILE", "did you mean `feed`?"]),
        ("", &[("TELWARDEN_FEED__BACTH", "7")], &["the environment variable TELWARDEN_FEED__BACTH", "`batch`?"]),
        ("[feed]\nwait = \"5 fortnights\"\n", &[], &["the file FILE", "feed.wait", "5 fortnights", "ms, s, m, h, d"]),
        ("[feed]\nwait = 5\n", &[], &["the file FILE", "feed.wait", "ms, s, m, h, d"]),
        ("", &[("TELWARDEN_FEED__BUFFER", "4MB")], &["TELWARDEN_FEED__BUFFER", "feed.buffer", "KiB, MiB"]),
        ("", &[("TELWARDEN_FEED__BATCH", "many")], &["TELWARDEN_FEED__BATCH", "feed.batch", "\"many\"", "u16"]),
        ("", &[("TELWARDEN_FEED__BATCH", "-1")], &["TELWARDEN_FEED__BATCH", "feed.batch", "u16"]),
        // A half-set section does not start.
        ("[caller]\nissuer = \"x\"\n", &[], &["missing field `audience`", "TELWARDEN_CALLER__AUDIENCE"]),
    ];
    for (file, environment, expected) in cases {
        let error = with(file, environment).unwrap_err();
        for part in expected {
            assert!(error.contains(part), "{error:?} should say {part:?}");
        }
    }
}

#[test]
fn the_layer_that_cures_a_mistake_is_not_blamed_for_the_next() {
    let error = with("[feed]\nwait = \"x\"\nbuffer = \"y\"\n", &[("TELWARDEN_FEED__WAIT", "1s")]).unwrap_err();
    assert!(error.contains("the file FILE") && error.contains("feed.buffer"), "{error}");
}

#[test]
fn a_file_that_is_no_toml_is_told_by_its_line() {
    let error = with("[feed]\nbatch = = 7\n", &[]).unwrap_err();
    assert!(error.contains("FILE") && error.contains("line 2"), "{error}");
    let error = load::<Settings>(DEFAULTS, Some(Path::new("nowhere.toml")), std::iter::empty()).unwrap_err();
    assert!(matches!(error, ConfigError::Unreadable { .. }), "{error}");
}

proptest::proptest! {
    #[test]
    fn no_variable_panics(name in "[A-Z_]{0,20}", value in ".*") {
        let _ = load::<Settings>(DEFAULTS, None, std::iter::once((format!("TELWARDEN_FEED__{name}"), value)));
    }

    #[test]
    fn no_built_in_text_panics(text in "[#a-z=\\[\\]\" \n]{0,60}") {
        let _ = explain(&text);
        let _ = render_example(&text);
    }
}
