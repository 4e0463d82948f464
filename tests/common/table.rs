//! The matrix as a table: a row for every application, a column for every interpreter and loop.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::plan::{Cell, LABELS, Loop};

/// How a cell ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The report was right.
    Right,
    /// It was not.
    Wrong,
    /// It could not run here, for this reason.
    Skipped(String),
}

/// The table, the reasons of what was skipped, and the counts.
pub(crate) fn table(results: &[(Cell, Outcome)]) -> String {
    let mut rows: BTreeMap<String, BTreeMap<(&str, Loop), &Outcome>> = BTreeMap::new();
    for (cell, outcome) in results {
        rows.entry(cell.row()).or_default().insert((cell.label.as_str(), cell.event_loop), outcome);
    }
    let widest = rows.keys().map(String::len).max().unwrap_or(0);
    let columns: Vec<(&str, Loop)> =
        LABELS.iter().flat_map(|label| Loop::BOTH.map(|event_loop| (*label, event_loop))).collect();
    let mut text = format!("\n{:widest$}", "");
    for (label, event_loop) in &columns {
        let _infallible = write!(text, " {:>5}", column_name(label, *event_loop));
    }
    text.push('\n');
    for (row, cells) in &rows {
        let _infallible = write!(text, "{row:widest$}");
        for column in &columns {
            let word = match cells.get(column) {
                None => ".",
                Some(Outcome::Right) => "ok",
                Some(Outcome::Wrong) => "FAIL",
                Some(Outcome::Skipped(_)) => "skip",
            };
            let _infallible = write!(text, " {word:>5}");
        }
        text.push('\n');
    }
    text.push_str("\na: asyncio, u: uvloop, deb: the distribution's stripped interpreter, .: not in the plan\n");
    text.push_str(&reasons(results));
    text.push_str(&no_longer_open(results));
    text.push_str(&counts(results));
    text
}

/// `3.12u`, `deba`.
fn column_name(label: &str, event_loop: Loop) -> String {
    let short = if label == "debian" { "deb" } else { label };
    let letter = event_loop.word().chars().next().unwrap_or(' ');
    format!("{short}{letter}")
}

/// Every reason once, with the cells that it kept from running.
fn reasons(results: &[(Cell, Outcome)]) -> String {
    let mut by_reason: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (cell, outcome) in results {
        if let Outcome::Skipped(reason) = outcome {
            by_reason.entry(reason).or_default().insert(cell.to_string());
        }
    }
    let mut text = String::new();
    for (reason, cells) in by_reason {
        let cells: Vec<String> = cells.into_iter().collect();
        let _infallible = writeln!(text, "skipped, {reason}: {}", cells.join(", "));
    }
    text
}

/// What is right although it is marked as open.
fn no_longer_open(results: &[(Cell, Outcome)]) -> String {
    let closed = results.iter().filter(|(cell, outcome)| *outcome == Outcome::Right && cell.app.truth.open.is_some());
    let cells: Vec<String> = closed.map(|(cell, _)| cell.to_string()).collect();
    if cells.is_empty() { String::new() } else { format!("right, though marked as open: {}\n", cells.join(", ")) }
}

fn counts(results: &[(Cell, Outcome)]) -> String {
    let count = |wanted: fn(&Outcome) -> bool| results.iter().filter(|(_, outcome)| wanted(outcome)).count();
    let right = count(|outcome| *outcome == Outcome::Right);
    let wrong = count(|outcome| *outcome == Outcome::Wrong);
    let skipped = count(|outcome| matches!(outcome, Outcome::Skipped(_)));
    format!("matrix: {right} passed, {wrong} failed, {skipped} skipped\n")
}
