//! `telwarden risk heatmap`: how many risks stand where, drawn in the terminal or as a picture.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use wire::Choice as _;
use wire::risk::v1::heatmap_risks_request::View;
use wire::risk::v1::heatmap_risks_response::Cell;
use wire::risk::v1::risk_service_client::RiskServiceClient;
use wire::risk::v1::{HeatmapRisksRequest, HeatmapRisksResponse};

use crate::client::{Client, Connection, Output, explain};

/// Which risks, seen how.
#[derive(Clone, Debug, clap::Args)]
pub struct Heatmap {
    /// Whose.
    #[arg(long)]
    pub organization: String,
    /// The id of the criteria.
    #[arg(long, default_value = "matrix-5x5")]
    pub criteria: String,
    /// As if nothing were done, as the controls stand, or as the treatments aim at.
    #[arg(long, value_enum, default_value_t = Seen::Current)]
    pub view: Seen,
    /// Only those that match, as AIP-160 writes it.
    #[arg(long, default_value = "")]
    pub filter: String,
    /// Write it as a picture (SVG) into this file.
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
}

/// How risks are seen.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Seen {
    /// As if nothing were done.
    Inherent,
    /// As the controls stand.
    Current,
    /// As the treatments aim at.
    Residual,
}

/// Runs the command.
///
/// # Errors
/// What the suite answers, explained; a file that cannot be written.
pub(super) async fn run(connection: &Connection, which: &Heatmap) -> Result<()> {
    let map = heatmap(connection.open().await?, which).await?;
    if let Some(file) = &which.svg {
        std::fs::write(file, svg(&map)).with_context(|| format!("{} cannot be written", file.display()))?;
    }
    match connection.output {
        Output::Json => println!("{}", json(&map)),
        Output::Table => print!("{}", drawn(&map)),
    }
    Ok(())
}

/// The heat map of an organization.
///
/// # Errors
/// What the suite answers, explained.
pub async fn heatmap(client: Client, which: &Heatmap) -> Result<HeatmapRisksResponse> {
    let parent = format!("organizations/{}", which.organization);
    let view = match which.view {
        Seen::Inherent => View::Inherent,
        Seen::Current => View::Current,
        Seen::Residual => View::Residual,
    };
    let request = HeatmapRisksRequest {
        criteria: format!("{parent}/riskCriteria/{}", which.criteria),
        parent,
        view: view.into(),
        filter: which.filter.clone(),
        top: 10,
    };
    let answer = RiskServiceClient::new(client).heatmap_risks(request).await;
    Ok(answer.map_err(|status| explain(&status))?.into_inner())
}

/// As JSON.
#[must_use]
pub fn json(map: &HeatmapRisksResponse) -> serde_json::Value {
    let cell = |cell: &Cell| {
        serde_json::json!({"likelihood": cell.likelihood, "consequence": cell.consequence, "level": cell.level,
            "count": cell.count, "aboveAppetite": cell.above_appetite})
    };
    serde_json::json!({"criteria": map.criteria, "view": map.view().text(), "likelihoodLabels": map.likelihood_labels,
        "consequenceLabels": map.consequence_labels, "levelLabels": map.level_labels,
        "cells": map.cells.iter().map(cell).collect::<Vec<_>>(), "count": map.count, "unscored": map.unscored,
        "aboveAppetite": map.above_appetite,
        "topRisks": map.top_risks.iter().map(|risk| risk.name.as_str()).collect::<Vec<_>>()})
}

/// The positions of an axis that there are cells of, from the lowest.
fn positions(map: &HeatmapRisksResponse, of: fn(&Cell) -> i32) -> Vec<i32> {
    let mut positions: Vec<i32> = map.cells.iter().map(of).collect();
    positions.sort_unstable();
    positions.dedup();
    positions
}

/// What the axis calls a position; the lowest position bears the first label.
fn label(labels: &[String], positions: &[i32], position: i32) -> String {
    let at = positions.iter().position(|one| *one == position);
    let known = at.filter(|_| labels.len() == positions.len()).and_then(|at| labels.get(at));
    known.cloned().unwrap_or_else(|| position.to_string())
}

fn cell(map: &HeatmapRisksResponse, likelihood: i32, consequence: i32) -> Option<&Cell> {
    map.cells.iter().find(|cell| (cell.likelihood, cell.consequence) == (likelihood, consequence))
}

/// As lines for a person: likelihood upwards, consequence to the right; in each cell how many risks, and of which level it is.
#[must_use]
pub fn drawn(map: &HeatmapRisksResponse) -> String {
    let mut out = format!("{} risks, {} above the appetite", map.count, map.above_appetite);
    if map.unscored > 0 {
        out.push_str(&format!(", {} not scored yet", map.unscored));
    }
    out.push('\n');
    out.push_str(&grid(map));
    for risk in &map.top_risks {
        let level = risk.current.as_ref().map(|score| score.level_label.as_str()).unwrap_or_default();
        out.push_str(&format!(
            "  {level}: {} ({})\n",
            risk.display_name,
            risk.name.rsplit('/').next().unwrap_or_default()
        ));
    }
    out
}

/// The cells alone, as lines for a person.
#[must_use]
pub fn grid(map: &HeatmapRisksResponse) -> String {
    const WIDTH: usize = 14;
    let (rows, columns) = (positions(map, |cell| cell.likelihood), positions(map, |cell| cell.consequence));
    let mut out = String::from("likelihood\n");
    for likelihood in rows.iter().rev() {
        out.push_str(&format!("{:>16} |", label(&map.likelihood_labels, &rows, *likelihood)));
        for consequence in &columns {
            let text = cell(map, *likelihood, *consequence).map_or_else(String::new, |cell| {
                let level = usize::try_from(cell.level).ok().and_then(|level| map.level_labels.get(level));
                let level = level.map_or("", String::as_str);
                if cell.count > 0 { format!("{} ({level})", cell.count) } else { format!("· {level}") }
            });
            out.push_str(&format!(" {text:<WIDTH$}"));
        }
        out.push('\n');
    }
    out.push_str(&format!("{:>16} +{}\n{:>18}", "", "-".repeat((WIDTH + 1) * columns.len()), ""));
    for consequence in &columns {
        out.push_str(&format!("{:<1$}", label(&map.consequence_labels, &columns, *consequence), WIDTH + 1));
    }
    out.push_str(" consequence\n");
    out
}

/// As a picture.
#[must_use]
pub fn svg(map: &HeatmapRisksResponse) -> String {
    const SIDE: usize = 90;
    const LEFT: usize = 150;
    let (rows, columns) = (positions(map, |cell| cell.likelihood), positions(map, |cell| cell.consequence));
    let (width, height) = (LEFT + SIDE * columns.len() + 20, SIDE * rows.len() + 80);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"13\">\n\
         <title>Risks by likelihood and consequence</title>\n"
    );
    let text = |x: usize, y: usize, anchor: &str, text: &str| {
        format!("<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{}</text>\n", escaped(text))
    };
    for (down, likelihood) in rows.iter().rev().enumerate() {
        let y = 20 + down * SIDE;
        out.push_str(&text(LEFT - 10, y + SIDE / 2, "end", &label(&map.likelihood_labels, &rows, *likelihood)));
        for (right, consequence) in columns.iter().enumerate() {
            let Some(cell) = cell(map, *likelihood, *consequence) else { continue };
            let x = LEFT + right * SIDE;
            let color = usize::try_from(cell.level).ok().and_then(|level| map.level_colors.get(level));
            let color = color.filter(|color| !color.is_empty()).map_or("#dddddd", String::as_str);
            out.push_str(&format!(
                "<rect x=\"{x}\" y=\"{y}\" width=\"{SIDE}\" height=\"{SIDE}\" fill=\"{}\" stroke=\"#ffffff\"/>\n",
                escaped(color)
            ));
            if cell.count > 0 {
                out.push_str(&text(x + SIDE / 2, y + SIDE / 2, "middle", &cell.count.to_string()));
            }
        }
    }
    for (right, consequence) in columns.iter().enumerate() {
        let x = LEFT + right * SIDE + SIDE / 2;
        out.push_str(&text(
            x,
            40 + SIDE * rows.len(),
            "middle",
            &label(&map.consequence_labels, &columns, *consequence),
        ));
    }
    out.push_str(&text(LEFT, height - 15, "start", "consequence →   (likelihood ↑)"));
    out.push_str("</svg>\n");
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map() -> HeatmapRisksResponse {
        let cell =
            |likelihood, consequence, level, count| Cell { likelihood, consequence, level, count, above_appetite: 0 };
        HeatmapRisksResponse {
            likelihood_labels: vec!["rare".to_owned(), "<often>".to_owned()],
            consequence_labels: vec!["minor".to_owned(), "grave".to_owned()],
            level_labels: vec!["low".to_owned(), "high".to_owned()],
            level_colors: vec!["#00ff00".to_owned(), "#ff0000".to_owned()],
            cells: vec![cell(1, 1, 0, 0), cell(1, 2, 0, 4), cell(2, 1, 0, 0), cell(2, 2, 1, 7)],
            count: 11,
            ..Default::default()
        }
    }

    #[test]
    fn the_likelier_stands_higher_and_the_worse_further_right() {
        let text = drawn(&map());
        let line = |word: &str| text.lines().position(|line| line.contains(word)).unwrap();
        assert!(line("<often>") < line("rare"), "{text}");
        let often = text.lines().nth(line("<often>")).unwrap();
        assert!(often.find("· low").unwrap() < often.find("7 (high)").unwrap(), "{text}");
        assert!(text.contains("4 (low)"), "{text}");
    }

    #[test]
    fn the_picture_is_well_formed_whatever_a_level_is_called() {
        let picture = svg(&map());
        let mut reader = quick_xml::Reader::from_str(&picture);
        let mut rectangles = 0;
        loop {
            match reader.read_event().unwrap() {
                quick_xml::events::Event::Empty(tag) if tag.name().as_ref() == "rect" => rectangles += 1,
                quick_xml::events::Event::Eof => break,
                _ => {}
            }
        }
        assert_eq!(rectangles, 4);
        assert!(picture.contains("&lt;often&gt;") && picture.contains(">7<"));
    }
}
