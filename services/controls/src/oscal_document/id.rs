//! Ids: how what OSCAL calls something is called here.

/// The id here of an id of OSCAL: small letters, `-` for what no id of ours may hold, and without the `_` that OSCAL wants before a
/// digit: `_5.7` is `5.7`, `GV.OC-01` is `gv.oc-01`. None where nothing fits, or it has more than 63 characters.
pub(crate) fn id_of(id: &str) -> Option<String> {
    let lower = id.trim().to_lowercase();
    let fits =
        |character: char| character.is_ascii_lowercase() || character.is_ascii_digit() || "-._".contains(character);
    let fitted: String = lower.chars().map(|character| if fits(character) { character } else { '-' }).collect();
    let fitted = fitted.trim_start_matches(|character: char| !character.is_ascii_alphanumeric()).to_owned();
    resource::valid_id(&fitted).then_some(fitted)
}

/// An id of at most 50 characters for something that has none, made of a file name or a title; none where nothing fits.
pub(crate) fn slug(text: &str) -> Option<String> {
    let file = text.rsplit(['/', '\\']).next().unwrap_or_default();
    let file = file.split(['?', '#']).next().unwrap_or_default();
    let stem = file.strip_suffix(".json").unwrap_or(file);
    let mut slug = String::new();
    for character in stem.to_lowercase().chars() {
        let fits = character.is_ascii_lowercase() || character.is_ascii_digit() || "-._".contains(character);
        if fits {
            slug.push(character);
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug: String =
        slug.trim_matches(|character: char| !character.is_ascii_alphanumeric()).chars().take(50).collect();
    let slug = slug.trim_end_matches(|character: char| !character.is_ascii_alphanumeric()).to_owned();
    resource::valid_id(&slug).then_some(slug)
}

/// A title of at most so many characters; one that is longer ends with an ellipsis. The document keeps the whole.
pub(crate) fn cut(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= most {
        return line;
    }
    let mut short: String = line.chars().take(most.saturating_sub(1)).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::{cut, id_of, slug};

    #[test]
    fn ids_are_those_of_our_catalogues() {
        for (id, ours) in [
            ("_5.7", "5.7"),
            ("GV.OC-01", "gv.oc-01"),
            ("ac-2.1", "ac-2.1"),
            ("_TEL_x", "tel_x"),
            ("Maßnahme 1", "ma-nahme-1"),
        ] {
            assert_eq!(id_of(id).as_deref(), Some(ours), "{id}");
        }
        for id in ["", "_", "ß", &"x".repeat(64)] {
            assert_eq!(id_of(id), None, "{id}");
        }
    }

    #[test]
    fn a_file_name_or_a_title_gives_an_id() {
        let long = "NIST Special Publication 800-53 Revision 5: Security and Privacy Controls";
        for (text, ours) in [
            ("https://example.org/a/NIST_SP-800-53_rev5_catalog.json?raw#x", "nist_sp-800-53_rev5_catalog"),
            ("C:\\files\\Own text.json", "own-text"),
            (long, "nist-special-publication-800-53-revision-5-securit"),
        ] {
            assert_eq!(slug(text).as_deref(), Some(ours));
        }
        assert_eq!(slug("…"), None);
        assert_eq!((cut(" a\n b ", 9), cut("abcdef", 4)), ("a b".to_owned(), "abc…".to_owned()));
    }
}
