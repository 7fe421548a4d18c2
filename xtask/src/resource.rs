//! Writes what is the same for every resource, so that only what it says of its own is left to write: see docs/add-a-resource.md.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use heck::{ToLowerCamelCase as _, ToShoutySnakeCase as _, ToSnakeCase as _, ToUpperCamelCase as _};

const PROTO: &str = include_str!("resource/proto.txt");
const RUST: &str = include_str!("resource/rust.txt");
const TEST: &str = include_str!("resource/test.txt");

/// A new resource.
#[derive(Debug, clap::Args)]
pub(crate) struct NewResource {
    /// The service that owns it: `assets`.
    service: String,
    /// What one is called: `maintenance-contract`.
    noun: String,
    /// More than one, where it is not the noun with an s: `policies` of `policy` is known.
    #[arg(long)]
    plural: Option<String>,
    /// Its states, the first one first: `draft,in-force`.
    #[arg(long, value_delimiter = ',')]
    states: Vec<String>,
    /// Its custom methods, `verb:from>to`: `enforce:draft>in-force`; several times for several.
    #[arg(long = "move", value_name = "VERB:FROM>TO")]
    moves: Vec<String>,
}

/// A custom method that moves the state.
struct Move {
    verb: String,
    from: String,
    to: String,
}

/// Writes proto, Rust file and test, where none of them is there yet.
///
/// # Errors
/// A service that does not exist, a resource that does, a move from or to no state.
pub(crate) fn create(new: &NewResource) -> Result<()> {
    let service = new.service.to_snake_case();
    let folder = Path::new("services").join(&service);
    if !folder.join("src/lib.rs").exists() {
        bail!("there is no service {service}: {} is missing", folder.join("src/lib.rs").display());
    }
    let noun = new.noun.to_snake_case();
    let files = [
        (Path::new("proto/telwarden").join(&service).join(format!("v1/{noun}.proto")), PROTO),
        (folder.join(format!("src/{noun}.rs")), RUST),
        (folder.join(format!("tests/it/{noun}.rs")), TEST),
    ];
    if let Some((path, _)) = files.iter().find(|(path, _)| path.exists()) {
        bail!("{} exists already", path.display());
    }
    let texts: Vec<(PathBuf, String)> =
        files.into_iter().map(|(path, template)| Ok((path, render(template, new)?))).collect::<Result<_>>()?;
    for (path, text) in &texts {
        std::fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))?;
        println!("wrote {}", path.display());
    }
    let plural = plural(new).to_snake_case();
    let upper = plural.to_upper_camel_case();
    println!(
        "\nLeft to you: its fields and rules; in {}: `pub mod {noun};`, `{plural}: {noun}::{upper},` in store::resources!,\n\
         `.add_service(api::{noun}_service_server::{}ServiceServer::from_arc(of(&registry)))`; `mod {noun};` in tests/it/main.rs;\n\
         then TELWARDEN_WRITE=1 cargo test -p {service} migrations, and list the migration (docs/add-a-resource.md, from step 3)",
        folder.join("src/lib.rs").display(),
        noun.to_upper_camel_case(),
    );
    Ok(())
}

/// Many of a noun: contracts, policies, branches.
fn plural(new: &NewResource) -> String {
    let noun = new.noun.to_snake_case();
    if let Some(plural) = &new.plural {
        return plural.to_snake_case();
    }
    match noun.as_str() {
        word if word.ends_with('y') && !word.ends_with(['a', 'e', 'o']) && !word.ends_with("ey") => {
            format!("{}ies", word.trim_end_matches('y'))
        }
        word if word.ends_with("ss") || word.ends_with('x') || word.ends_with("ch") || word.ends_with("sh") => {
            format!("{word}es")
        }
        word => format!("{word}s"),
    }
}

fn moves(new: &NewResource) -> Result<Vec<Move>> {
    let known = |state: &str| new.states.iter().any(|known| known == state);
    new.moves
        .iter()
        .map(|text| {
            let parts = text.split_once(':').and_then(|(verb, way)| Some((verb, way.split_once('>')?)));
            match parts {
                Some((verb, (from, to))) if known(from) && known(to) => {
                    Ok(Move { verb: verb.to_snake_case(), from: from.to_owned(), to: to.to_owned() })
                }
                _ => bail!("{text} is no move VERB:FROM>TO between two of the states {}", new.states.join(", ")),
            }
        })
        .collect()
}

fn render(template: &str, new: &NewResource) -> Result<String> {
    let (noun, plural) = (new.noun.to_snake_case(), plural(new));
    let words = plural.replace('_', " ");
    let mut capital = words.clone();
    if let Some(first) = capital.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let a = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    let mut text = template.to_owned();
    for (placeholder, value) in parts(new, &moves(new)?) {
        text = text.replace(&format!("{{{placeholder}}}"), &value);
    }
    for (placeholder, value) in [
        ("Nouns", plural.to_upper_camel_case()),
        ("Noun", noun.to_upper_camel_case()),
        ("nouns", plural.clone()),
        ("noun", noun.clone()),
        ("collection", plural.to_lower_camel_case()),
        ("singular", noun.to_lower_camel_case()),
        ("service", new.service.to_snake_case()),
        ("words", words),
        ("Words", capital),
        ("word", noun.replace('_', " ")),
        ("a", a.to_owned()),
    ] {
        text = text.replace(&format!("{{{placeholder}}}"), &value);
    }
    Ok(text.trim_end().to_owned() + "\n")
}

/// What depends on whether it has states, and on its moves. The values have placeholders of their own.
fn parts(new: &NewResource, moves: &[Move]) -> Vec<(&'static str, String)> {
    let has = !new.states.is_empty();
    let only = |text: &str| if has { text.to_owned() } else { String::new() };
    let first = new.states.first().map(|state| state.to_upper_camel_case()).unwrap_or_default();
    let each = |of: fn(&Move) -> String| moves.iter().map(of).collect::<String>();
    let (mut store_imports, mut messages) = (
        vec!["Rules", "Side"],
        [
            "Create{Noun}Request",
            "Delete{Noun}Request",
            "Get{Noun}Request",
            "List{Nouns}Request",
            "List{Nouns}Response",
            "Update{Noun}Request",
            "{Noun}",
        ]
        .map(str::to_owned)
        .to_vec(),
    );
    if !moves.is_empty() {
        store_imports.extend(["in_state", "open", "reply"]);
    }
    messages.extend(moves.iter().map(|one| format!("{}{{Noun}}Request", one.verb.to_upper_camel_case())));
    messages.sort();
    vec![
        ("move_methods", each(method)),
        ("move_requests", each(request)),
        ("move_handlers", each(handler)),
        ("state_list", only(", state")),
        (
            "state_field",
            only(
                "  // Where it is in its life; moved by methods only.\n  State state = 4 [(google.api.field_behavior) = OUTPUT_ONLY];\n",
            ),
        ),
        ("state_enum", only(&state_enum(&new.states))),
        ("state_column", only(", state: choice(State) order")),
        ("state_head", only("state")),
        ("state_import", only("use wire::{service}::v1::{noun}::State;\n")),
        ("access_import", only("use access::Context;\n")),
        ("fault_import", only("use fault::Outcome;\n")),
        ("store_imports", store_imports.join(", ")),
        ("message_imports", messages.join(", ")),
        (
            "create_rule",
            only(&format!(
                "\n    fn create(context: &Context, needs: &(), new: &mut {{Noun}}) -> Outcome<()> {{\n        new.set_state(State::{first});\n        Self::check(context, needs, new)\n    }}\n"
            )),
        ),
    ]
}

fn state_enum(states: &[String]) -> String {
    let mut text =
        "\n  // Where it is in its life.\n  enum State {\n    // Never sent.\n    STATE_UNSPECIFIED = 0;\n".to_owned();
    for (state, number) in states.iter().zip(1..) {
        text.push_str(&format!(
            "    // What it means to be {}.\n    {} = {number};\n",
            state.replace('-', " "),
            state.to_shouty_snake_case()
        ));
    }
    text + "  }\n"
}

fn method(one: &Move) -> String {
    let verb = one.verb.to_upper_camel_case();
    format!(
        "\n  // Moves {{a}} {{word}} from {} to {}.\n  rpc {verb}{{Noun}}({verb}{{Noun}}Request) returns ({{Noun}}) {{\n    option (google.api.http) = {{\n      \
         post: \"/v1/{{name=organizations/*/{{collection}}/*}}:{}\"\n      body: \"*\"\n    }};\n    option (telwarden.access.v1.rule) = {{permission: \
         \"{{service}}.{{collection}}.{}\" scope_field: \"name\"}};\n  }}\n",
        one.from.to_shouty_snake_case(),
        one.to.to_shouty_snake_case(),
        one.verb.to_lower_camel_case(),
        one.verb.to_lower_camel_case(),
    )
}

fn request(one: &Move) -> String {
    let verb = one.verb.to_upper_camel_case();
    format!(
        "\n// Which {{word}} to {}.\nmessage {verb}{{Noun}}Request {{\n  // The {{word}}.\n  string name = 1 [\n    (google.api.field_behavior) = REQUIRED,\n    \
         (google.api.resource_reference).type = \"{{service}}.telwarden/{{Noun}}\",\n    (buf.validate.field).string.min_len = 1\n  ];\n  \
         // The etag last read; the call fails with ABORTED where the resource has changed since. Empty skips the check.\n  string etag = 2 [\n    \
         (google.api.field_behavior) = OPTIONAL,\n    (buf.validate.field).string.max_len = 64\n  ];\n}}\n",
        one.verb.replace('_', " "),
    )
}

fn handler(one: &Move) -> String {
    let verb = one.verb.to_upper_camel_case();
    format!(
        "\n    async fn {}_{{noun}}(&self, request: Request<{verb}{{Noun}}Request>) -> Result<Response<{{Noun}}>, Status> {{\n        \
         let (context, r) = open(request)?;\n        let rule = |_: &Context, old: &{{Noun}}, new: &mut {{Noun}}| {{\n            \
         in_state(\"{{word}}\", old.state(), &[State::{}], \"made {}\")?;\n            new.set_state(State::{});\n            Ok(())\n        }};\n        \
         reply(self.{{nouns}}.change(&context, &r.name, &r.etag, rule).await)\n    }}\n",
        one.verb,
        one.from.to_upper_camel_case(),
        one.to.to_shouty_snake_case(),
        one.to.to_upper_camel_case(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contract() -> NewResource {
        NewResource {
            service: "assets".to_owned(),
            noun: "maintenance-contract".to_owned(),
            plural: None,
            states: vec!["draft".to_owned(), "in-force".to_owned()],
            moves: vec!["enforce:draft>in-force".to_owned()],
        }
    }

    #[test]
    fn what_is_written_has_no_gap_left() {
        let stateless = NewResource { states: Vec::new(), moves: Vec::new(), noun: "policy".to_owned(), ..contract() };
        for (new, collection) in [(contract(), "maintenanceContracts"), (stateless, "policies")] {
            for template in [PROTO, RUST, TEST] {
                let text = render(template, &new).unwrap();
                // What braces are left belongs to the file: paths of REST, names, blocks.
                for gap in
                    ["{noun", "{Noun", "{word", "{service}", "{collection}", "{state", "{move", "{a}", "{singular}"]
                {
                    let allowed = text.replace(&format!("{{{}}}", new.noun.to_snake_case()), "");
                    assert!(!allowed.contains(gap), "{gap} is left:\n{text}");
                }
            }
            assert!(render(PROTO, &new).unwrap().contains(&format!("organizations/*/{collection}/*}}")));
        }
    }

    #[test]
    fn a_move_between_states_that_are_none_is_refused() {
        let wrong = NewResource { moves: vec!["enforce:draft>gone".to_owned()], ..contract() };
        assert!(render(PROTO, &wrong).unwrap_err().to_string().contains("draft, in-force"));
    }
}
