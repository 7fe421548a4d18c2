//! GraphML: the backbones of the shared data counted by their text, without this crate, and by hand what they have none of.

use std::collections::{BTreeMap, BTreeSet};

use super::{Taken, archive, attempt, take};
use crate::{Format, IntakeError, Settings};

const KEYS: &str = r#"<key attr.name="Latitude" attr.type="double" for="node" id="la"/><key attr.name="Longitude" for="node" id="lo"/>
<key attr.name="label" for="node" id="l"/><key attr.name="Internal" for="node" id="in"><default> true </default></key><key attr.name="type" for="node" id="t"/>
<key for="node" id="g" yfiles.type="nodegraphics"/><key attr.name="Network" for="graph" id="n"/><key attr.name="Layer" for="graph" id="ly"/>
<key attr.name="LinkLabel" for="edge" id="ll"/><key attr.name="hyperedge" for="node" id="hy"/><key attr.name="geocode_name" for="node" id="ge"/>
<key for="edge" id="eg" yfiles.type="edgegraphics"/>"#;

fn file(body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\" xmlns:y=\"http://www.yworks.com/xml/graphml\">\n{KEYS}\n{body}\n</graphml>\n"
    )
}

/// A file with one graph; its first line of `body` is line 9.
fn graph(body: &str) -> Taken {
    take(Format::Graphml, &file(&format!("<graph edgedefault=\"undirected\" id=\"G\">\n{body}\n</graph>")))
}

fn error(text: &str) -> IntakeError {
    attempt(Format::Graphml, text.as_bytes(), &Settings::default()).err().unwrap_or_else(|| panic!("damaged: {text}"))
}

fn rejected(taken: &Taken) -> Vec<String> {
    taken.report.rejected.iter().map(|r| format!("{} {} {}", r.origin, r.reason, r.field)).collect()
}

/// The value of an attribute in a line of the file.
fn told<'a>(line: &'a str, name: &str) -> &'a str {
    line.split_once(&format!("{name}=\"")).and_then(|(_, rest)| rest.split_once('"')).map_or("", |(value, _)| value)
}

#[test]
fn the_backbones_of_the_shared_data_are_all_there() {
    let Some(files) = archive("inventory/topology-zoo.tar.gz") else { return };
    // Nodes, edges, and edges beside another one between the same two nodes.
    let known = BTreeMap::from([
        ("BtEurope", (24, 37, 0)),
        ("DeutscheTelekom", (39, 62, 0)),
        ("DialtelecomCz", (193, 151, 0)),
        ("Geant2012", (40, 62, 1)),
        ("GtsCe", (149, 193, 0)),
        ("Ntt", (47, 216, 153)),
        ("Oteglobe", (93, 106, 3)),
        ("RedBestel", (84, 101, 8)),
        ("TataNld", (145, 194, 8)),
        ("Telcove", (73, 70, 0)),
        ("Telecomserbia", (6, 6, 0)),
        ("Uninett2011", (69, 98, 2)),
    ]);
    assert_eq!(files.len(), known.len());
    let mut ids = BTreeSet::new();
    for (path, bytes) in files {
        let (nodes, edges, parallel) = known[path.trim_end_matches(".graphml")];
        let text = String::from_utf8(bytes.clone()).expect("text");
        let lines = |start: &'static str| text.lines().filter(move |line| line.trim_start().starts_with(start));
        let pairs: BTreeSet<[&str; 2]> = lines("<edge ")
            .map(|line| {
                let mut pair = [told(line, "source"), told(line, "target")];
                pair.sort_unstable();
                pair
            })
            .collect();
        assert_eq!((lines("<node ").count(), lines("<edge ").count()), (nodes, edges), "{path}");
        assert_eq!(pairs.len(), edges - parallel, "{path}");
        let taken = attempt(Format::Graphml, &bytes, &Settings::default()).expect("the file can be read");
        assert_eq!((taken.assets().len(), taken.dependencies().len()), (nodes, edges - parallel), "{path}");
        assert_eq!(
            (taken.report.objects["node"], taken.report.objects["edge"]),
            (nodes as u64, edges as u64),
            "{path}"
        );
        let folded = taken.report.not_imported.get("edge, parallel").map_or(0, |left| left.count);
        assert_eq!(folded, parallel as u64, "{path}");
        assert!(taken.report.rejected.is_empty(), "{path}: {:?}", taken.report.rejected);
        assert!(taken.dependencies().iter().all(|edge| edge.kind == "adjacent"), "{path}");
        let names: BTreeSet<&str> = taken
            .assets()
            .iter()
            .map(|record| record.asset.as_ref().expect("an asset").display_name.as_str())
            .collect();
        assert_eq!(names.len(), nodes, "{path}: every node can be told from the others by its name");
        ids.extend(taken.assets().iter().map(|record| record.external_id.clone()));
    }
    let all: usize = known.values().map(|(nodes, ..)| nodes).sum();
    assert_eq!(ids.len(), all, "nodes of different networks do not meet");
}

#[test]
fn nodes_of_a_shared_backbone_carry_what_is_drawn() {
    let Some(files) = archive("inventory/topology-zoo.tar.gz") else { return };
    let of = |name: &str| {
        let (_, bytes) = files.iter().find(|(path, _)| path == name).expect("the file");
        attempt(Format::Graphml, bytes, &Settings::default()).expect("the file can be read")
    };
    let taken = of("DeutscheTelekom.graphml");
    let first = taken.asset("deutsche-telekom.n0");
    assert_eq!((first.display_name.as_str(), first.r#type.as_str()), ("Copenhagen", "router"));
    assert_eq!(
        (first.attributes["Internal"].as_str(), first.attributes["graph.NetworkDate"].as_str()),
        ("true", "2010_08")
    );
    let ntt = of("Ntt.graphml");
    let parallel = ntt.dependencies().into_iter().find(|edge| edge.description.starts_with("2 links")).expect("a pair");
    assert_eq!(parallel.description, "2 links: 2 x OC48/STM16");
    let uninett = of("Uninett2011.graphml");
    let oslo: Vec<&str> = uninett
        .assets()
        .iter()
        .filter_map(|record| record.asset.as_ref())
        .filter(|asset| asset.location == "Oslo")
        .map(|asset| asset.r#type.as_str())
        .collect();
    assert_eq!(oslo.len(), 3, "{oslo:?}");
}

#[test]
fn coordinates_make_sites_that_nodes_share() {
    let taken = graph(
        r#"<data key="n">Nordlicht Netz</data><data key="ly">IP</data>
<node id="a"><data key="l">Köln</data><data key="la">50.9375</data><data key="lo"> 6.9603 </data></node>
<node id="b"><data key="l">Köln 2</data><data key="la">50.9375</data><data key="lo">6.9603</data></node>
<node id="c"><data key="l">Peer</data><data key="la">48.1</data><data key="lo">11.5</data><data key="in">False</data></node>
<node id="d"><data key="l">Nowhere</data><data key="la">0</data><data key="lo">0</data><data key="ge">Atlantis</data></node>
<node id="e"><data key="la">5000000</data><data key="lo">x</data></node>"#,
    );
    let stands: Vec<(&str, &str)> =
        taken.assets().iter().map(|r| (r.external_id.as_str(), r.site_external_id.as_str())).collect();
    let expected = [
        ("nordlicht-netz.a", "place:50.9375,6.9603"),
        ("nordlicht-netz.b", "place:50.9375,6.9603"),
        ("nordlicht-netz.c", "place:48.1,11.5"),
        ("nordlicht-netz.d", ""),
        ("nordlicht-netz.e", ""),
    ];
    assert_eq!(stands, expected);
    let sites: Vec<(&str, &str)> = taken
        .sites()
        .into_iter()
        .filter_map(|record| record.site.as_ref())
        .map(|site| (site.display_name.as_str(), site.r#type.as_str()))
        .collect();
    assert_eq!(sites, [("Köln", "equipment-room"), ("Peer", "other-carrier-premises")]);
    assert_eq!(taken.asset("nordlicht-netz.d").location, "Atlantis");
    assert_eq!(taken.asset("nordlicht-netz.e").attributes["Latitude"], "5000000", "no degrees, so no site, but kept");
    assert_eq!(taken.asset("nordlicht-netz.a").attributes["Internal"], "true", "the default of the key");
    assert_eq!(taken.asset("nordlicht-netz.c").attributes["Internal"], "False");
}

#[test]
fn labels_may_be_missing_repeated_or_of_any_script() {
    let taken = graph(
        r#"<data key="n">N1</data>
<node id="a"><data key="g"><y:ShapeNode><y:NodeLabel x="1">Łódź &amp; Çanakkale &#8212; 東京<y:LabelModel><y:M>not this</y:M></y:LabelModel></y:NodeLabel><y:NodeLabel>nor this</y:NodeLabel></y:ShapeNode></data></node>
<node id="b"/>
<node id="c"><data key="l"><![CDATA[ Twin <1> ]]></data></node>
<node id="d"><data key="l">Twin &lt;1&gt;</data></node>
<node id="e"><data key="g"><y:NodeLabel>   </y:NodeLabel></data><data key="hy">true</data></node>
<node id="f"><data key="t">Core Router</data><data key="undeclared">kept</data></node>"#,
    );
    let names: Vec<(&str, &str)> = taken
        .assets()
        .into_iter()
        .filter_map(|record| record.asset.as_ref())
        .map(|asset| (asset.display_name.as_str(), asset.r#type.as_str()))
        .collect();
    let expected = [
        ("Łódź & Çanakkale — 東京", "unclassified"),
        ("N1 b", "unclassified"),
        ("Twin <1>", "unclassified"),
        ("Twin <1> (d)", "unclassified"),
        ("N1 e", "transmission-element"),
        ("N1 f", "router"),
    ];
    assert_eq!(names, expected);
    assert_eq!(taken.asset("n1.f").attributes["undeclared"], "kept");
}

#[test]
fn edges_between_the_same_nodes_are_one_dependency_that_counts_them() {
    let taken = graph(
        r#"<edge source="a" target="b"><data key="ll">10 Gbps</data></edge>
<node id="a"/><node id="b"/><node id="c"/>
<edge source="b" target="a"><data key="ll">10 Gbps</data></edge>
<edge id="e3" source="a" target="b"/>
<edge source="a" target="a"/>
<edge source="b" target="c"><data key="eg"><y:PolyLineEdge><y:EdgeLabel>dark fibre</y:EdgeLabel></y:PolyLineEdge></data></edge>
<hyperedge><endpoint node="a"/><endpoint node="b"/></hyperedge>"#,
    );
    assert_eq!(taken.edges(), ["g.a adjacent g.b", "g.b adjacent g.c"]);
    let about: Vec<&str> = taken.dependencies().iter().map(|edge| edge.description.as_str()).collect();
    assert_eq!(about, ["3 links: 1 x without a label, 2 x 10 Gbps", "dark fibre"]);
    let left = |kind: &str| taken.report.not_imported[kind].count;
    assert_eq!((left("edge, parallel"), left("edge from a node to itself"), left("hyperedge")), (2, 1, 1));
    assert!(taken.report.rejected.is_empty());
}

#[test]
fn a_node_inside_of_another_is_part_of_it() {
    let taken = graph(
        r#"<node id="site"><graph id="inner"><node id="one"/><node id="two"/><edge source="one" target="two"/></graph></node>"#,
    );
    assert_eq!(taken.edges(), ["g.one adjacent g.two", "g.one part-of g.site", "g.two part-of g.site"]);
}

#[test]
fn bad_nodes_and_edges_are_rejected_by_line_and_the_others_land() {
    let long = "x".repeat(300);
    let taken = graph(&format!(
        r#"<node/>
<node id="a"/>
<node id="a"/>
<node id="{long}"/>
<edge source="a"/>
<edge target="a"/>  <edge source="a" target="ghost"/>
<edge source="a" target="{long}"/>"#
    ));
    assert_eq!(taken.assets().len(), 1);
    let expected = [
        "line 9 column 1 FIELD_INVALID id",
        "line 11 column 1 FIELD_INVALID id",
        "line 12 column 1 FIELD_INVALID external_id",
        "line 13 column 1 FIELD_INVALID target",
        "line 14 column 1 FIELD_INVALID source",
        "line 14 column 21 FIELD_INVALID target",
    ];
    assert_eq!(rejected(&taken), expected);
    assert_eq!(taken.report.not_imported["edge of a rejected node"].count, 1);
    assert_eq!(taken.report.objects["node"] + taken.report.objects["edge"], 8);
}

#[test]
fn damaged_files_are_refused_with_line_and_remedy() {
    let cases = [
        (String::new(), "empty"),
        ("<?xml version=\"1.0\"?>\n".to_owned(), "empty"),
        ("[1]".to_owned(), "line 1"),
        ("\n<html/>".to_owned(), "`html` at line 2"),
        (file("<graph><node id=\"a\">"), "line 9"),
        (file("<graph><node id=\"a\" id=\"b\"/></graph>"), "line 8"),
        (file("<graph>\n<node id=a/></graph>"), "line 9"),
        (file("<graph>\n</grph>"), "line 9"),
        (file("<graph>\n<node id=\"a\"/>\n<data key=\"n\">A & B</data></graph>"), "line 10"),
        (file("").replace("</graphml>", ""), "not closed"),
        (format!("{}<graphml/>", file("")), "line 10"),
        (format!("{}text", file("")), "line 9"),
        (file("").replace("UTF-8", "ISO-8859-1"), "another encoding"),
        (file("<graph").replace("</graphml>", ""), "line 8"),
        (file(&"<a>".repeat(200)), "levels of nesting"),
    ];
    for (text, part) in cases {
        let message = error(&text).to_string();
        assert!(message.contains(part), "{part}: {message}");
    }
    let whole = file("<graph><node id=\"Q\"/></graph>");
    let (before, after) = whole.split_once('Q').expect("a letter");
    let latin = [before.as_bytes(), b"\xe9", after.as_bytes()].concat();
    let refused = attempt(Format::Graphml, &latin, &Settings::default()).err().expect("not UTF-8");
    assert!(refused.to_string().contains("UTF-8"), "{refused}");
    assert_eq!(take(Format::Graphml, &file("")).report.warnings.len(), 1, "a file without a graph is told");
}

#[test]
fn entities_are_not_expanded_and_a_tag_without_end_does_not_fill_the_memory() {
    let bomb = "<!DOCTYPE graphml [<!ENTITY a \"boom\"><!ENTITY b SYSTEM \"file:///etc/hostname\">]>\n";
    let text = file("<graph id=\"G\"><node id=\"x\"><data key=\"l\">&a;&b; here</data></node></graph>");
    let text = text.replacen("<graphml", &format!("{bomb}<graphml"), 1);
    let taken = take(Format::Graphml, &text);
    assert_eq!(taken.asset("g.x").display_name, "&a;&b; here");
    assert_eq!(taken.report.warnings.iter().filter(|warning| warning.contains("not expanded")).count(), 2);
    let endless = file(&format!("<graph><node id=\"{}", "x".repeat(17 << 20)));
    assert!(matches!(error(&endless), IntakeError::TooLarge { .. }));
}
