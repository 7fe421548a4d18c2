//! Every reason has a page that says what it means and what to do.

use std::path::Path;

fn reasons() -> Vec<String> {
    let enums = wire::pool().all_enums().filter(|kind| kind.name() == "ErrorReason");
    enums
        .flat_map(|kind| kind.values().map(|value| value.name().to_owned()).collect::<Vec<_>>())
        .filter(|name| !name.ends_with("UNSPECIFIED"))
        .collect()
}

#[test]
fn every_reason_has_a_page_and_every_page_a_reason() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/errors"));
    let reasons = reasons();
    for reason in &reasons {
        let page = std::fs::read_to_string(folder.join(format!("{reason}.md")))
            .unwrap_or_else(|_| panic!("docs/errors/{reason}.md is missing"));
        for part in ["## What it means", "## What to do"] {
            assert!(page.contains(part), "docs/errors/{reason}.md lacks `{part}`");
        }
    }
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(reasons.contains(&name.trim_end_matches(".md").to_owned()), "{name} is the page of no reason");
    }
}
