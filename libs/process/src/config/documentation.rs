//! What the comments in the built-in TOML say of each setting: `docs/config.md` and `deploy/*.toml` are made from it.
//!
//! The conventions are few. The comment is in whole lines, directly above the key. A setting that is not set unless
//! someone sets it is written with its example behind a `#` and no space: `#otlp_endpoint = "http://localhost:4317"`. A
//! comment that ends in `Since v1.2.` says when the setting came.

use std::fmt::Write as _;

/// One setting, as its comment tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Where it stands: `telemetry.log_filter`.
    pub key: String,
    /// Its value as TOML, where it has one unless someone sets it.
    pub default: Option<String>,
    /// An example as TOML, where it has no default.
    pub example: Option<String>,
    /// What it does.
    pub explanation: String,
    /// The version that brought it, as in `v1.2`; none if the first did.
    pub since: Option<String>,
}

impl Setting {
    /// The environment variable that sets it; none for a setting outside all sections.
    #[must_use]
    pub fn variable(&self) -> Option<String> {
        self.key.contains('.').then(|| super::variable(&self.key))
    }
}

/// Every setting in a built-in TOML, in order.
#[must_use]
pub fn explain(defaults_toml: &str) -> Vec<Setting> {
    let mut settings = Vec::new();
    let mut section = String::new();
    let mut comment: Vec<&str> = Vec::new();
    let mut lines = defaults_toml.lines();
    while let Some(line) = lines.next().map(str::trim_end) {
        if let Some(name) = line.strip_prefix('[') {
            // An array of tables ([[name]]) is a value, and has no settings of its own.
            section = name.trim_start_matches('[').split(']').next().unwrap_or_default().trim().to_owned();
            comment.clear();
        } else if let Some((key, value, optional)) = assignment(line) {
            let value = whole_value(value, optional, &mut lines);
            let (explanation, since) = told(&comment);
            comment.clear();
            let key = if section.is_empty() { key.to_owned() } else { format!("{section}.{key}") };
            let (default, example) = if optional { (None, Some(value)) } else { (Some(value), None) };
            settings.push(Setting { key, default, example, explanation, since });
        } else if let Some(text) = line.strip_prefix('#') {
            comment.push(text.trim());
        } else {
            comment.clear();
        }
    }
    settings
}

/// The settings in a built-in TOML that no comment explains. A service's test asserts that there are none.
#[must_use]
pub fn undocumented(defaults_toml: &str) -> Vec<String> {
    explain(defaults_toml)
        .into_iter()
        .filter(|setting| setting.explanation.is_empty())
        .map(|setting| setting.key)
        .collect()
}

/// The settings as a page for people (Markdown): one table per section.
#[must_use]
pub fn render_markdown(title: &str, defaults_toml: &str) -> String {
    let mut page = format!("# {title}\n");
    let mut section = None;
    for setting in explain(defaults_toml) {
        let here = setting.key.rsplit_once('.').map_or("", |(section, _)| section).to_owned();
        if section.as_ref() != Some(&here) {
            let heading = if here.is_empty() { String::new() } else { format!("\n## `[{here}]`\n") };
            page += &heading;
            page += "\n| Setting | Default | What it does | Environment variable |\n|---|---|---|---|\n";
            section = Some(here);
        }
        let default = match (&setting.default, &setting.example) {
            (Some(value), _) => format!("`{}`", cell(value)),
            (None, Some(example)) => format!("not set, for example `{}`", cell(example)),
            (None, None) => "not set".to_owned(),
        };
        let name = setting.key.rsplit('.').next().unwrap_or_default();
        let since = setting.since.as_ref().map(|since| format!(" Since {since}.")).unwrap_or_default();
        let variable = setting.variable().map(|variable| format!("`{variable}`")).unwrap_or_default();
        // Writing to a String does not fail.
        let _ = writeln!(page, "| `{name}` | {default} | {}{since} | {variable} |", cell(&setting.explanation));
    }
    page
}

/// The built-in TOML as an operator's file to start from: every setting in it is there, and commented out.
#[must_use]
pub fn render_example(defaults_toml: &str) -> String {
    let mut text = String::new();
    let mut lines = defaults_toml.trim_start().lines();
    while let Some(line) = lines.next() {
        match assignment(line) {
            Some((key, value, false)) => {
                let value = whole_value(value, false, &mut lines);
                for line in format!("{key} = {value}").lines() {
                    let _ = writeln!(text, "#{line}");
                }
            }
            _ => {
                let _ = writeln!(text, "{line}");
            }
        }
    }
    text
}

/// `key = value` or `#key = value`, and whether it is the second.
fn assignment(line: &str) -> Option<(&str, &str, bool)> {
    let (body, optional) = line.strip_prefix('#').map_or((line, false), |rest| (rest, true));
    let (key, value) = body.split_once('=')?;
    let key = key.strip_suffix(' ').unwrap_or(key);
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-' || c == '.';
    (!key.is_empty() && key.chars().all(bare)).then_some((key, value.trim(), optional))
}

/// A value may go on over lines: takes as many as it needs to be TOML.
fn whole_value<'a>(first: &str, optional: bool, lines: &mut (impl Iterator<Item = &'a str> + Clone)) -> String {
    let complete = |value: &str| toml::from_str::<toml::Table>(&format!("value = {value}")).is_ok();
    let mut value = first.to_owned();
    let mut ahead = lines.clone();
    while !complete(&value) {
        let Some(line) = ahead.next() else {
            // Not TOML at all: loading will say so. Here it stays what its line shows.
            return first.to_owned();
        };
        value.push('\n');
        value.push_str(if optional { line.strip_prefix('#').unwrap_or(line) } else { line });
        if complete(&value) {
            *lines = ahead.clone();
        }
    }
    value
}

/// The explanation, and the version after a closing "Since".
fn told(comment: &[&str]) -> (String, Option<String>) {
    let text = comment.join(" ").trim().to_owned();
    match text.rsplit_once("Since v") {
        Some((before, version)) if version.trim_end_matches('.').chars().all(|c| c.is_ascii_digit() || c == '.') => {
            (before.trim_end().to_owned(), Some(format!("v{}", version.trim_end_matches('.'))))
        }
        _ => (text, None),
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOML: &str = r#"
# The name of the house.
name = "x"

[feed]
# How many changes go in one
# message. Since v1.2.
batch = 100

# Who may read: a | b.
readers = [
    "risk",
    "audit",
]
# Where it also goes.
#sink = "nats://localhost"
bare = 1
"#;

    #[test]
    fn comments_become_settings() {
        let settings = explain(TOML);
        let keys: Vec<&str> = settings.iter().map(|setting| setting.key.as_str()).collect();
        assert_eq!(keys, ["name", "feed.batch", "feed.readers", "feed.sink", "feed.bare"]);
        assert_eq!(settings[1].explanation, "How many changes go in one message.");
        assert_eq!(settings[1].since.as_deref(), Some("v1.2"));
        assert_eq!(settings[1].variable().as_deref(), Some("TELWARDEN_FEED__BATCH"));
        assert!(settings[2].default.as_ref().unwrap().contains("\"audit\""));
        assert_eq!(
            (settings[3].default.as_deref(), settings[3].example.as_deref()),
            (None, Some("\"nats://localhost\""))
        );
        assert_eq!(undocumented(TOML), ["feed.bare"]);
    }

    #[test]
    fn our_own_settings_are_all_explained() {
        assert_eq!(undocumented(crate::DEFAULTS), Vec::<String>::new());
        assert!(explain(crate::DEFAULTS).iter().any(|setting| setting.key == "telemetry.otlp_endpoint"));
    }

    #[test]
    fn a_page_for_people_has_every_setting_and_its_variable() {
        let page = render_markdown("Settings", TOML);
        assert!(page.contains("## `[feed]`"), "{page}");
        let row =
            "| `sink` | not set, for example `\"nats://localhost\"` | Where it also goes. | `TELWARDEN_FEED__SINK` |";
        assert!(page.contains(row), "{page}");
        assert!(page.contains("Who may read: a \\| b."), "{page}");
        assert!(page.contains("message. Since v1.2. |"), "{page}");
    }

    #[test]
    fn an_example_file_changes_nothing_until_it_is_edited() {
        let example = render_example(TOML);
        let table: toml::Table = toml::from_str(&example).unwrap();
        assert_eq!(table.keys().collect::<Vec<_>>(), ["feed"]);
        assert!(table["feed"].as_table().unwrap().is_empty());
        let uncommented: String = example
            .lines()
            .map(|line| line.strip_prefix('#').filter(|l| !l.starts_with(' ')).unwrap_or(line).to_owned() + "\n")
            .collect();
        assert_eq!(explain(&uncommented).len(), 5);
    }
}
