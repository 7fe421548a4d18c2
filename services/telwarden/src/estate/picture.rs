//! `telwarden assets picture`: what lies around an asset as an SVG, to be printed or opened in a browser. What depends stands
//! above what it depends on; an arrow points from one to the other.

use std::collections::{BTreeMap, HashMap};
use std::io::Write as _;

use anyhow::Result;
use wire::assets::v1::asset_service_client::AssetServiceClient;
use wire::assets::v1::asset_type_service_client::AssetTypeServiceClient;
use wire::assets::v1::{
    ExploreAssetNeighbourhoodResponse, ListAssetTypesRequest, NeighbourhoodAsset, NeighbourhoodDependency,
};

use super::around::{Around, left_out};
use super::id;
use super::layout::{Layout, Sizes, lay_out};
use super::route::Rows;
use crate::client::{Client, Connection, explain};

const SIZES: Sizes = Sizes { width: 160.0, height: 54.0, beside: 26.0, between_rows: 34.0, between_levels: 96.0 };

/// The space around the drawing, and above it for the title.
const MARGIN: f64 = 36.0;
const HEAD: f64 = 106.0;

/// The narrowest sheet: title and legend need so much.
const NARROWEST: f64 = 860.0;

/// The line colour of each group of types that ships, the top of the taxonomy; fills are the same colour, thin.
const GROUPS: [(&str, &str); 16] = [
    ("service", "#b0307a"),
    ("core-network-element", "#1f5fbf"),
    ("transmission-element", "#0f8a8a"),
    ("access-network-element", "#4aa3df"),
    ("radio-site", "#7b4fc9"),
    ("power-supply", "#d07a00"),
    ("climate-system", "#5b8f9e"),
    ("hardware", "#5c6b7a"),
    ("software", "#2e8b57"),
    ("information", "#b5651d"),
    ("facility", "#8a6d3b"),
    ("oss", "#6b8e23"),
    ("bss", "#a0522d"),
    ("signalling-resource", "#c2185b"),
    ("numbering-resource", "#9a7d0a"),
    ("supporting-service", "#8e44ad"),
];
const OTHER_GROUP: &str = "#777777";

/// The colour of each kind of dependency.
const KINDS: [(&str, &str); 6] = [
    ("runs-on", "#3b5b92"),
    ("part-of", "#6d6d6d"),
    ("powered-by", "#cc6d00"),
    ("carried-by", "#0f8a8a"),
    ("uses", "#8a4f9e"),
    ("adjacent", "#a9a9a9"),
];

/// The colours of grades, the first the highest.
const GRADES: [&str; 4] = ["#b3261e", "#e08a00", "#6a8f3c", "#8a8a8a"];

/// Writes the picture to stdout.
///
/// # Errors
/// What the service has against the call; a stdout that is gone.
pub async fn run(connection: &Connection, around: &Around) -> Result<()> {
    let client = connection.open().await?;
    let parents = parents(client.clone(), &around.organization).await?;
    let answer = around.explore(&mut AssetServiceClient::new(client), around.direction()).await?;
    let mut out = std::io::stdout().lock();
    out.write_all(svg(&answer, &parents, around.depth).as_bytes())?;
    out.flush()?;
    let left = left_out(&answer);
    if left > 0 {
        eprintln!(
            "{left} of {} assets are left out, the farthest and least valuable: --most draws up to 1000",
            answer.total
        );
    }
    if answer.dependencies_cut {
        eprintln!("some dependencies are left out: a smaller --depth or --most shows all of them");
    }
    Ok(())
}

/// The wider type of each type.
async fn parents(client: Client, organization: &str) -> Result<HashMap<String, String>> {
    let mut client = AssetTypeServiceClient::new(client);
    let mut parents = HashMap::new();
    let mut page_token = String::new();
    loop {
        let parent = format!("organizations/{organization}");
        let request = ListAssetTypesRequest { parent, page_size: 1000, page_token, ..Default::default() };
        let page = client.list_asset_types(request).await.map_err(|status| explain(&status))?.into_inner();
        parents.extend(page.asset_types.into_iter().map(|kind| (id(&kind.name).to_owned(), kind.parent_type)));
        if page.next_page_token.is_empty() {
            return Ok(parents);
        }
        page_token = page.next_page_token;
    }
}

/// The group of a type: the top of the taxonomy above it.
fn group<'a>(parents: &'a HashMap<String, String>, asset_type: &'a str) -> &'a str {
    let mut at = asset_type;
    // An operator's own types may name each other in a circle.
    for _ in 0..16 {
        match parents.get(at) {
            Some(parent) if !parent.is_empty() => at = parent,
            _ => break,
        }
    }
    at
}

fn colour(of: &[(&str, &'static str)], key: &str) -> Option<&'static str> {
    of.iter().find(|(known, _)| *known == key).map(|(_, colour)| *colour)
}

/// The picture.
#[must_use]
pub fn svg(answer: &ExploreAssetNeighbourhoodResponse, parents: &HashMap<String, String>, depth: i32) -> String {
    let places: HashMap<&str, usize> =
        answer.assets.iter().enumerate().map(|(at, asset)| (asset.asset.as_str(), at)).collect();
    let levels: Vec<i32> = answer.assets.iter().map(|asset| asset.level).collect();
    let ends = |edge: &NeighbourhoodDependency| {
        Some((*places.get(edge.dependent.as_str())?, *places.get(edge.supporting.as_str())?))
    };
    let edges: Vec<(&NeighbourhoodDependency, (usize, usize))> =
        answer.dependencies.iter().filter_map(|edge| Some((edge, ends(edge)?))).collect();
    let connected: Vec<(usize, usize)> = edges.iter().map(|(_, ends)| *ends).collect();
    let mut layout = lay_out(&levels, &connected, SIZES);
    let width = (layout.width + 2.0 * MARGIN).max(NARROWEST);
    let beside = (width - layout.width) / 2.0;
    for place in &mut layout.places {
        *place = (place.0 + beside, place.1 + HEAD + MARGIN);
    }
    for band in &mut layout.bands {
        band.top += HEAD + MARGIN;
    }
    let legend_top = HEAD + MARGIN + layout.height + 56.0;
    let (legend, legend_height) = legend(answer, parents, legend_top, width);
    let height = legend_top + legend_height + MARGIN / 2.0;
    let mut out = String::with_capacity(answer.assets.len() * 900);
    out.push_str(&format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif\">\n"
    ));
    out.push_str(&head(answer, depth, width, height));
    let (bands, names) = bands(&layout, width, left_out(answer) > 0);
    out.push_str(&bands);
    lines(&edges, answer, &layout, &mut out);
    out.push_str(&names);
    for (asset, place) in answer.assets.iter().zip(&layout.places) {
        node(asset, *place, group(parents, &asset.r#type), &edges, &mut out);
    }
    out.push_str(&legend);
    out.push_str("</svg>\n");
    out
}

/// What the picture is of, and the arrow heads.
fn head(answer: &ExploreAssetNeighbourhoodResponse, depth: i32, width: f64, height: f64) -> String {
    let root = answer.assets.first().cloned().unwrap_or_default();
    let left = left_out(answer);
    let mut said =
        format!("{} assets, {} dependencies to depth {depth}.", answer.assets.len(), answer.dependencies.len());
    if left > 0 {
        said.push_str(&format!(" {left} of {} assets are left out: the farthest, least valuable.", answer.total));
    }
    if answer.dependencies_cut {
        said.push_str(" Some dependencies are left out.");
    }
    let title = format!("{} ({})", root.display_name, root.r#type);
    let shown = text(&fitted(&title, width - 2.0 * MARGIN, 25.0));
    let title = text(&title);
    let mut out = format!("<title>Dependencies of {title}</title>\n<defs>\n");
    for (kind, colour) in KINDS.into_iter().chain([("other", OTHER_GROUP)]) {
        out.push_str(&format!(
            "<marker id=\"to-{kind}\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"8\" markerHeight=\"8\" \
             markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0 0.8L10 5L0 9.2z\" fill=\"{colour}\"/></marker>\n"
        ));
    }
    out.push_str(&format!(
        "</defs>\n<rect width=\"{width:.0}\" height=\"{height:.0}\" fill=\"#ffffff\"/>\n\
         <text x=\"{MARGIN}\" y=\"46\" font-size=\"24\" font-weight=\"bold\" fill=\"#1c2733\">{shown}</text>\n\
         <text x=\"{MARGIN}\" y=\"70\" font-size=\"13\" fill=\"#50606f\">{}</text>\n\
         <text x=\"{MARGIN}\" y=\"89\" font-size=\"12\" fill=\"#50606f\">{}</text>\n",
        text(&fitted(&root.asset, width - 2.0 * MARGIN, 13.0)),
        text(&fitted(&said, width - 2.0 * MARGIN, 12.0))
    ));
    out
}

/// The levels as bands behind the drawing, and their names, which stand over the lines.
fn bands(layout: &Layout, width: f64, cut: bool) -> (String, String) {
    // Where assets are left out, the counts are of those in the picture.
    let shown = if cut { " shown" } else { "" };
    let (mut out, mut names) = (String::new(), String::new());
    for band in &layout.bands {
        let (top, height) = (band.top - 34.0, band.height + 60.0);
        let fill = if band.level == 0 { "#eef3fa" } else { "#f6f7f9" };
        let away = band.level.abs();
        let name = match band.level {
            0 => "this asset".to_owned(),
            ..0 if away == 1 => format!("depend on it directly: {}{shown}", band.nodes),
            ..0 => format!("depend on it, {away} steps away: {}{shown}", band.nodes),
            1 => format!("it depends on directly: {}{shown}", band.nodes),
            _ => format!("it depends on, {away} steps away: {}{shown}", band.nodes),
        };
        out.push_str(&format!(
            "<rect x=\"14\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{height:.1}\" rx=\"8\" fill=\"{fill}\"/>\n",
            width - 28.0
        ));
        names.push_str(&format!(
            "<text x=\"24\" y=\"{:.1}\" font-size=\"11\" fill=\"#5a6773\" stroke=\"{fill}\" stroke-width=\"4\" \
             paint-order=\"stroke\">{name}</text>\n",
            top + 15.0
        ));
    }
    (out, names)
}

/// Where an edge meets a node: at its side `below` or above, spread along it in the order of where the edges go.
type Ports = HashMap<(usize, bool, usize), f64>;

/// Every edge as a curve from the dependent to the supporting asset.
fn lines(
    edges: &[(&NeighbourhoodDependency, (usize, usize))],
    answer: &ExploreAssetNeighbourhoodResponse,
    layout: &Layout,
    out: &mut String,
) {
    let place = |node: usize| layout.places.get(node).copied().unwrap_or_default();
    // Whether the edge leaves its dependent below, and meets its supporting asset from below.
    let sides = |(from, to): (usize, usize)| {
        let (above, under) = (place(from).1, place(to).1);
        if (above - under).abs() < 1.0 { (true, true) } else { (above < under, above > under) }
    };
    let mut meeting: BTreeMap<(usize, bool), Vec<(f64, usize)>> = BTreeMap::new();
    for (index, (_, (from, to))) in edges.iter().enumerate() {
        let (leaves, meets) = sides((*from, *to));
        meeting.entry((*from, leaves)).or_default().push((place(*to).0, index));
        meeting.entry((*to, meets)).or_default().push((place(*from).0, index));
    }
    let mut ports: Ports = HashMap::new();
    for ((node, below), mut there) in meeting {
        there.sort_by(|a, b| a.0.total_cmp(&b.0));
        let count = there.len() as f64;
        // Few edges stay near the middle, many take the whole side.
        let wide = (SIZES.width - 16.0).min(14.0 * (count - 1.0));
        for (turn, (_, index)) in there.into_iter().enumerate() {
            let along = if count > 1.0 { turn as f64 / (count - 1.0) - 0.5 } else { 0.0 };
            ports.insert((node, below, index), place(node).0 + SIZES.width / 2.0 + along * wide);
        }
    }
    let rows = Rows::of(layout, SIZES);
    // The lower edge of a node's level: up to there an edge goes straight down.
    let leaves = |node: usize| {
        let level = answer.assets.get(node).map_or(0, |asset| asset.level);
        layout.bands.iter().find(|band| band.level == level).map_or(0.0, |band| band.top + band.height)
    };
    out.push_str("<g fill=\"none\" stroke-width=\"1.2\" stroke-opacity=\"0.75\">\n");
    for (index, (edge, (from, to))) in edges.iter().enumerate() {
        let (from, to) = (*from, *to);
        let (leaves_below, meets_below) = sides((from, to));
        let port = |node: usize, below: bool| {
            let x = ports.get(&(node, below, index)).copied().unwrap_or_default();
            (x, place(node).1 + if below { SIZES.height } else { 0.0 })
        };
        let (start, end) = (port(from, leaves_below), port(to, meets_below));
        let lane = (index % 5) as f64 / 4.0 - 0.5;
        let same_level =
            answer.assets.get(from).map(|asset| asset.level) == answer.assets.get(to).map(|asset| asset.level);
        let straight = |upper: usize| if same_level { 0.0 } else { leaves(upper) };
        let path = match (leaves_below, meets_below) {
            // Side by side: a bow beneath the row.
            (true, true) => {
                let deep = (start.1 + SIZES.between_rows * 0.8).max(end.1);
                format!(
                    "M{:.1} {:.1}C{:.1} {deep:.1} {:.1} {deep:.1} {:.1} {:.1}",
                    start.0, start.1, start.0, end.0, end.0, end.1
                )
            }
            (true, false) => rows.path(start, end, straight(from), lane, false),
            _ => rows.path(end, start, straight(to), lane, true),
        };
        let kind = colour(&KINDS, &edge.kind).map_or("other", |_| edge.kind.as_str());
        let line = colour(&KINDS, &edge.kind).unwrap_or(OTHER_GROUP);
        let dash = if edge.carries_value { "" } else { " stroke-dasharray=\"4 3\"" };
        let called = |node: usize| answer.assets.get(node).map_or("", |asset| asset.display_name.as_str());
        let title = text(&format!("{} {} {}", called(from), edge.kind, called(to)));
        out.push_str(&format!(
            "<path d=\"{path}\" stroke=\"{line}\"{dash} marker-end=\"url(#to-{kind})\"><title>{title}</title></path>\n"
        ));
    }
    out.push_str("</g>\n");
}

/// An asset: its name, its type, its grade, and all about it as a tooltip.
fn node(
    asset: &NeighbourhoodAsset,
    (x, y): (f64, f64),
    group: &str,
    edges: &[(&NeighbourhoodDependency, (usize, usize))],
    out: &mut String,
) {
    let line = colour(&GROUPS, group).unwrap_or(OTHER_GROUP);
    let (depends, supports) = edges.iter().fold((0, 0), |(depends, supports), (edge, _)| {
        (depends + i32::from(edge.dependent == asset.asset), supports + i32::from(edge.supporting == asset.asset))
    });
    let site = if asset.site.is_empty() { "no site".to_owned() } else { format!("at {}", id(&asset.site)) };
    let worth = match asset.grade {
        0 => "not valued".to_owned(),
        grade => format!("worth {}, grade {grade}", asset.effective_value),
    };
    let tooltip = format!(
        "{}\n{}\n{} ({group}), {site}\n{worth}\nhere: depends on {depends}, supports {supports}",
        asset.display_name,
        id(&asset.asset),
        asset.r#type
    );
    let stroke = if asset.level == 0 { 3.0 } else { 1.2 };
    let (width, height) = (SIZES.width, SIZES.height);
    out.push_str(&format!(
        "<g><title>{}</title>\n<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width}\" height=\"{height}\" rx=\"5\" fill=\"#ffffff\"/>\n\
         <rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width}\" height=\"{height}\" rx=\"5\" fill=\"{line}\" fill-opacity=\"0.12\" stroke=\"{line}\" stroke-width=\"{stroke}\"/>\n\
         <rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"5\" height=\"{height}\" rx=\"2\" fill=\"{line}\"/>\n",
        text(&tooltip)
    ));
    let names = broken(&asset.display_name, width - 36.0, 11.0);
    let first = if names.len() > 1 { 17.0 } else { 22.0 };
    for (index, name) in names.iter().enumerate() {
        out.push_str(&format!(
            "<text x=\"{:.1}\" y=\"{:.1}\" font-size=\"11\" font-weight=\"bold\" fill=\"#1c2733\">{}</text>\n",
            x + 12.0,
            y + first + 13.0 * index as f64,
            text(name)
        ));
    }
    let kind = fitted(&asset.r#type, width - 24.0, 10.0);
    let under = y + height - if names.len() > 1 { 8.0 } else { 14.0 };
    out.push_str(&format!(
        "<text x=\"{:.1}\" y=\"{under:.1}\" font-size=\"10\" fill=\"#50606f\">{}</text>\n",
        x + 12.0,
        text(&kind)
    ));
    if asset.grade > 0 {
        out.push_str(&badge(asset.grade, x + width - 13.0, y + 13.0));
    }
    out.push_str("</g>\n");
}

fn badge(grade: i32, x: f64, y: f64) -> String {
    let at = usize::try_from(grade - 1).unwrap_or_default().min(GRADES.len() - 1);
    let fill = GRADES.get(at).copied().unwrap_or(OTHER_GROUP);
    format!(
        "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"8\" fill=\"{fill}\"/><text x=\"{x:.1}\" y=\"{:.1}\" font-size=\"10\" font-weight=\"bold\" \
         fill=\"#ffffff\" text-anchor=\"middle\">{grade}</text>\n",
        y + 3.6
    )
}

/// What colours mean, and how high that is: only what is in the picture.
fn legend(
    answer: &ExploreAssetNeighbourhoodResponse,
    parents: &HashMap<String, String>,
    top: f64,
    width: f64,
) -> (String, f64) {
    let mut groups: BTreeMap<&str, usize> = BTreeMap::new();
    for asset in &answer.assets {
        *groups.entry(group(parents, &asset.r#type)).or_default() += 1;
    }
    let mut kinds: BTreeMap<&str, (usize, bool)> = BTreeMap::new();
    for edge in &answer.dependencies {
        kinds.entry(&edge.kind).or_insert((0, edge.carries_value)).0 += 1;
    }
    let mut entries: Vec<(String, String)> = Vec::new();
    for (group, count) in &groups {
        let line = colour(&GROUPS, group).unwrap_or(OTHER_GROUP);
        let mark = format!(
            "<rect x=\"0\" y=\"-10\" width=\"22\" height=\"13\" rx=\"3\" fill=\"{line}\" fill-opacity=\"0.25\" stroke=\"{line}\"/>"
        );
        entries.push((mark, format!("{group} ({count})")));
    }
    for (kind, (count, carries)) in &kinds {
        let (marker, line) = colour(&KINDS, kind).map_or(("other", OTHER_GROUP), |line| (*kind, line));
        let dash = if *carries { "" } else { " stroke-dasharray=\"4 3\"" };
        let still = if *carries { "" } else { ", carries no value" };
        let mark = format!(
            "<path d=\"M0 -4H24\" stroke=\"{line}\" stroke-width=\"1.6\"{dash} marker-end=\"url(#to-{marker})\"/>"
        );
        entries.push((mark, format!("{kind} ({count}{still})")));
    }
    let mut grades: Vec<i32> = answer.assets.iter().map(|asset| asset.grade).filter(|grade| *grade > 0).collect();
    grades.sort_unstable();
    grades.dedup();
    for grade in grades {
        let word = if grade == 1 { "grade 1, the most valuable".to_owned() } else { format!("grade {grade}") };
        entries.push((badge(grade, 12.0, -4.0), word));
    }
    entries.push((String::new(), "an arrow points to what is depended on".to_owned()));
    let mut out = String::from("<g font-size=\"11\" fill=\"#33414e\">\n");
    let (mut x, mut y) = (MARGIN, top);
    for (mark, word) in entries {
        let wide = 32.0 + 22.0 + measured(&word, 11.0);
        if x + wide > width - MARGIN && x > MARGIN {
            (x, y) = (MARGIN, y + 22.0);
        }
        out.push_str(&format!(
            "<g transform=\"translate({x:.1} {y:.1})\">{mark}<text x=\"32\" y=\"0\">{}</text></g>\n",
            text(&word)
        ));
        x += wide;
    }
    out.push_str("</g>\n");
    (out, y - top + 12.0)
}

/// About how wide a text is in the widest of the fonts asked for.
fn measured(text: &str, size: f64) -> f64 {
    let wide = |character: char| match character {
        'i' | 'l' | 'j' | 'I' | '.' | ',' | ':' | '\'' | '|' | ' ' => 0.36,
        'm' | 'w' | 'M' | 'W' => 0.95,
        'A'..='Z' => 0.72,
        character if u32::from(character) >= 0x1100 => 1.05,
        _ => 0.63,
    };
    text.chars().map(wide).sum::<f64>() * size
}

/// A text cut so that it fits, with an ellipsis where it was.
fn fitted(text: &str, width: f64, size: f64) -> String {
    if measured(text, size) <= width {
        return text.to_owned();
    }
    let mut cut = String::new();
    for character in text.chars() {
        cut.push(character);
        if measured(&cut, size) + size > width {
            cut.pop();
            break;
        }
    }
    format!("{}…", cut.trim_end())
}

/// A name on at most two lines, broken at a space or a hyphen where there is one. Where it is too long for that, its middle goes:
/// names of one kind often differ at their ends only.
fn broken(name: &str, width: f64, size: f64) -> Vec<String> {
    // Bold letters are wider.
    let size = size * 1.08;
    if measured(name, size) <= width {
        return vec![name.to_owned()];
    }
    let breaks = name.char_indices().filter(|(_, character)| matches!(character, ' ' | '-' | '_' | '/' | '.'));
    let fits = |at: usize| name.get(..at).is_some_and(|first| measured(first.trim_end(), size) <= width);
    let best = breaks.map(|(at, character)| at + character.len_utf8()).take_while(|at| fits(*at)).last();
    match best.and_then(|at| Some((name.get(..at)?, name.get(at..)?))) {
        Some((first, rest)) => vec![first.trim_end().to_owned(), without_middle(rest, width, size)],
        None => vec![without_middle(name, width, size)],
    }
}

fn without_middle(text: &str, width: f64, size: f64) -> String {
    if measured(text, size) <= width {
        return text.to_owned();
    }
    let characters: Vec<char> = text.chars().collect();
    let tail: String = characters.iter().skip(characters.len().saturating_sub(5)).collect();
    format!("{}{}", fitted(text, width - measured(&tail, size), size), tail.trim_start())
}

/// Text for XML: markup escaped, and what XML 1.0 cannot hold replaced.
fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' | '\r' => out.push(character),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(character),
        }
    }
    out
}
