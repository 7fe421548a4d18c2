//! `telwarden assets tree`: the dependencies of an asset as a tree. Each asset is drawn where it is nearest to the root; met
//! again it is only named, so the tree ends on circles too and no part of it stands twice.

use std::collections::{HashMap, VecDeque};

use anyhow::Result;
use serde_json::{Value, json};
use wire::assets::v1::asset_service_client::AssetServiceClient;
use wire::assets::v1::explore_asset_neighbourhood_request::Direction;
use wire::assets::v1::{ExploreAssetNeighbourhoodResponse, NeighbourhoodAsset, NeighbourhoodDependency};

use super::around::{Around, left_out};
use super::id;
use crate::client::{Connection, Output};

/// Draws the tree, or gives it as JSON.
///
/// # Errors
/// What the service has against the call.
pub async fn run(connection: &Connection, around: &Around) -> Result<()> {
    let mut client = AssetServiceClient::new(connection.open().await?);
    let ways: &[Direction] = match around.direction() {
        Direction::Unspecified => &[Direction::Dependents, Direction::Supporting],
        Direction::Dependents => &[Direction::Dependents],
        Direction::Supporting => &[Direction::Supporting],
    };
    let mut answers = Vec::new();
    for way in ways {
        answers.push((*way, around.explore(&mut client, *way).await?));
    }
    match connection.output {
        Output::Json => println!("{}", nested(&answers)),
        Output::Table => print!("{}", drawn(&answers, around.depth)),
    }
    Ok(())
}

/// Why an asset is only named where it is met again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Met {
    /// It is drawn here.
    Here,
    /// It is drawn elsewhere in the tree.
    Elsewhere,
    /// It stands above: the dependencies close a circle.
    Above,
}

/// An asset in the tree, with how the one above it is connected to it.
#[derive(Debug)]
struct Branch<'a> {
    asset: &'a NeighbourhoodAsset,
    edges: Vec<&'a NeighbourhoodDependency>,
    met: Met,
    branches: Vec<Branch<'a>>,
}

/// The next assets of each asset, in the order of the answer, with the dependencies that lead there.
type Next<'a> = HashMap<&'a str, Vec<(&'a NeighbourhoodAsset, Vec<&'a NeighbourhoodDependency>)>>;

/// The tree of an answer that goes one way; nothing where the answer is empty.
fn grown(way: Direction, answer: &ExploreAssetNeighbourhoodResponse) -> Option<Branch<'_>> {
    let known: HashMap<&str, (usize, &NeighbourhoodAsset)> =
        answer.assets.iter().enumerate().map(|(at, asset)| (asset.asset.as_str(), (at, asset))).collect();
    let mut next: Next<'_> = HashMap::new();
    for edge in answer.dependencies.iter().filter(|edge| edge.carries_value) {
        let (from, to) = match way {
            Direction::Dependents => (edge.supporting.as_str(), edge.dependent.as_str()),
            _ => (edge.dependent.as_str(), edge.supporting.as_str()),
        };
        let Some((_, asset)) = known.get(to) else { continue };
        let branches = next.entry(from).or_default();
        match branches.iter_mut().find(|(known, _)| known.asset == asset.asset) {
            Some((_, edges)) => edges.push(edge),
            None => branches.push((asset, vec![edge])),
        }
    }
    for branches in next.values_mut() {
        branches.sort_by_key(|(asset, _)| known.get(asset.asset.as_str()).map(|(at, _)| *at));
    }
    let root = answer.assets.first()?;
    // Level by level, so that each asset has its place where it is nearest to the root.
    let mut place: HashMap<&str, &str> = HashMap::from([(root.asset.as_str(), "")]);
    let mut waiting = VecDeque::from([root.asset.as_str()]);
    while let Some(at) = waiting.pop_front() {
        for (asset, _) in next.get(at).into_iter().flatten() {
            if !place.contains_key(asset.asset.as_str()) {
                place.insert(&asset.asset, at);
                waiting.push_back(&asset.asset);
            }
        }
    }
    let mut above = Vec::new();
    Some(branch(root, Vec::new(), &next, &place, &mut above))
}

fn branch<'a>(
    asset: &'a NeighbourhoodAsset,
    edges: Vec<&'a NeighbourhoodDependency>,
    next: &Next<'a>,
    place: &HashMap<&'a str, &'a str>,
    above: &mut Vec<&'a str>,
) -> Branch<'a> {
    let met = if above.contains(&asset.asset.as_str()) {
        Met::Above
    } else if place.get(asset.asset.as_str()).copied() != above.last().or(Some(&"")).copied() {
        Met::Elsewhere
    } else {
        Met::Here
    };
    let mut branches = Vec::new();
    if met == Met::Here {
        above.push(&asset.asset);
        for (asset, edges) in next.get(asset.asset.as_str()).into_iter().flatten() {
            branches.push(branch(asset, edges.clone(), next, place, above));
        }
        above.pop();
    }
    Branch { asset, edges, met, branches }
}

/// The kinds of the dependencies between two assets, each once.
fn kinds(edges: &[&NeighbourhoodDependency]) -> String {
    let mut kinds: Vec<&str> = edges.iter().map(|edge| edge.kind.as_str()).collect();
    kinds.dedup();
    kinds.join(", ")
}

/// The trees for people.
fn drawn(answers: &[(Direction, ExploreAssetNeighbourhoodResponse)], depth: i32) -> String {
    let mut out = String::new();
    for (way, answer) in answers {
        let Some(tree) = grown(*way, answer) else { continue };
        if out.is_empty() {
            out.push_str(&format!("{}\n", label(tree.asset)));
        }
        let (title, word, none) = match way {
            Direction::Dependents => ("What depends on it", "depends on the one above it", "nothing depends on it"),
            _ => ("What it depends on", "is what the one above it depends on", "it depends on nothing"),
        };
        if tree.branches.is_empty() {
            out.push_str(&format!("\n{title}: {none}\n"));
            continue;
        }
        out.push_str(&format!("\n{title} ({} assets to depth {depth}; each {word})\n", answer.total - 1));
        for (at, below) in tree.branches.iter().enumerate() {
            draw(below, "", at + 1 == tree.branches.len(), &mut out);
        }
        let left = left_out(answer);
        if left > 0 {
            out.push_str(&format!(
                "… and {left} assets more, the farthest and least valuable: --most draws up to 1000\n"
            ));
        }
        if answer.dependencies_cut {
            out.push_str("… and more dependencies than can be told at once: a smaller --depth shows all of them\n");
        }
    }
    out
}

fn draw(tree: &Branch<'_>, indent: &str, last: bool, out: &mut String) {
    let (bend, rail) = if last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
    let mark = match tree.met {
        Met::Here => "",
        Met::Elsewhere => "  … (drawn elsewhere)",
        Met::Above => "  ↺ (circle)",
    };
    let what = if tree.met == Met::Here {
        label(tree.asset)
    } else {
        format!("{} {}", id(&tree.asset.asset), tree.asset.display_name)
    };
    out.push_str(&format!("{indent}{bend}{}: {what}{mark}\n", kinds(&tree.edges)));
    let indent = format!("{indent}{rail}");
    for (at, below) in tree.branches.iter().enumerate() {
        draw(below, &indent, at + 1 == tree.branches.len(), out);
    }
}

fn label(asset: &NeighbourhoodAsset) -> String {
    let worth = if asset.effective_value > 0.0 {
        format!("worth {}, grade {}", asset.effective_value, asset.grade)
    } else {
        "not valued".to_owned()
    };
    format!("{} {} ({}), {worth}", id(&asset.asset), asset.display_name, asset.r#type)
}

/// The trees for programs: `dependents` and `supporting` of the asset, nested.
fn nested(answers: &[(Direction, ExploreAssetNeighbourhoodResponse)]) -> Value {
    let mut whole = Value::Null;
    for (way, answer) in answers {
        let Some(tree) = grown(*way, answer) else { continue };
        let word = if *way == Direction::Dependents { "dependents" } else { "supporting" };
        let mut this = told(&tree, word);
        if let (Some(all), Some(this)) = (whole.as_object_mut(), this.as_object_mut()) {
            all.extend(std::mem::take(this));
        } else {
            whole = this;
        }
        if let Some(all) = whole.as_object_mut() {
            all.entry(word).or_insert_with(|| json!([]));
            all.insert(format!("{word}Total"), json!(answer.total - 1));
            all.insert(format!("{word}LeftOut"), json!(left_out(answer)));
        }
    }
    whole
}

fn told(tree: &Branch<'_>, word: &str) -> Value {
    let asset = tree.asset;
    let mut value = json!({"asset": asset.asset, "displayName": asset.display_name, "type": asset.r#type, "site": asset.site,
        "effectiveValue": asset.effective_value, "grade": asset.grade});
    if let Some(fields) = value.as_object_mut() {
        if !tree.edges.is_empty() {
            let edges = tree.edges.iter().map(|edge| json!({"dependency": edge.dependency, "kind": edge.kind}));
            fields.insert("through".to_owned(), edges.collect());
        }
        match tree.met {
            Met::Here if tree.branches.is_empty() => {}
            Met::Here => {
                let branches = tree.branches.iter().map(|branch| told(branch, word)).collect();
                fields.insert(word.to_owned(), branches);
            }
            Met::Elsewhere => drop(fields.insert("again".to_owned(), json!(true))),
            Met::Above => drop(fields.insert("circle".to_owned(), json!(true))),
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(edges: &[(&str, &str)]) -> ExploreAssetNeighbourhoodResponse {
        let mut assets: Vec<NeighbourhoodAsset> = Vec::new();
        for name in edges.iter().flat_map(|(dependent, supporting)| [*dependent, *supporting]) {
            if !assets.iter().any(|asset| asset.asset == name) {
                let asset = NeighbourhoodAsset {
                    asset: name.to_owned(),
                    display_name: name.to_uppercase(),
                    r#type: "router".to_owned(),
                    ..Default::default()
                };
                assets.push(asset);
            }
        }
        let dependencies = edges.iter().map(|(dependent, supporting)| NeighbourhoodDependency {
            dependency: format!("{dependent}-{supporting}"),
            dependent: (*dependent).to_owned(),
            supporting: (*supporting).to_owned(),
            kind: "uses".to_owned(),
            carries_value: true,
        });
        let total = assets.len() as i64;
        ExploreAssetNeighbourhoodResponse {
            dependencies: dependencies.collect(),
            assets,
            total,
            dependencies_cut: false,
        }
    }

    #[test]
    fn an_asset_is_drawn_where_it_is_nearest_and_named_elsewhere() {
        // c is met first under b, but is nearer under a.
        let answer = answer(&[("a", "b"), ("b", "c"), ("a", "c"), ("c", "d")]);
        let text = drawn(&[(Direction::Supporting, answer)], 3);
        let expected = "a A (router), not valued\n\nWhat it depends on (3 assets to depth 3; each is what the one above it depends on)\n\
            ├─ uses: b B (router), not valued\n│  └─ uses: c C  … (drawn elsewhere)\n\
            └─ uses: c C (router), not valued\n   └─ uses: d D (router), not valued\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_circle_is_marked_where_it_closes() {
        let answer = answer(&[("a", "b"), ("b", "c"), ("c", "a")]);
        let text = drawn(&[(Direction::Supporting, answer.clone())], 9);
        assert!(text.ends_with("   └─ uses: c C (router), not valued\n      └─ uses: a A  ↺ (circle)\n"), "{text}");
        let tree = nested(&[(Direction::Supporting, answer)]);
        assert_eq!(tree["supporting"][0]["supporting"][0]["supporting"][0]["circle"], true);
        assert_eq!((&tree["supportingTotal"], &tree["supportingLeftOut"]), (&json!(2), &json!(0)));
    }

    #[test]
    fn up_goes_to_what_depends_and_two_dependencies_make_one_branch() {
        let mut answer = answer(&[("b", "a"), ("c", "b")]);
        answer.assets.swap(0, 1);
        let mut second = answer.dependencies[0].clone();
        second.kind = "runs-on".to_owned();
        answer.dependencies.push(second);
        answer.total = 9;
        let text = drawn(&[(Direction::Dependents, answer)], 3);
        assert!(
            text.contains("└─ uses, runs-on: b B (router), not valued\n   └─ uses: c C (router), not valued\n"),
            "{text}"
        );
        assert!(text.contains("… and 6 assets more"), "{text}");
    }
}
