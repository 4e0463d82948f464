//! What stands under the findings: other facts, what could not be known, what hangspy cost.

use std::collections::BTreeSet;

use super::Extent;
use super::page::{Ink, Page, Piece};
use crate::figures;
use crate::report::Report;
use crate::snapshot::Known;

/// The column at which the text beside a label begins.
const HANG: usize = 12;
/// Facts on the screen; the report file has all.
const MOST_OBSERVATIONS: usize = 5;
/// Gaps on the screen; the report file has all.
const MOST_GAPS: usize = 3;

/// Facts that are no verdict.
pub(super) fn also_seen(page: &mut Page, report: &Report, extent: Extent) {
    let facts: Vec<String> =
        report.observations.iter().map(|fact| format!("{}{}", whose(report, fact.process), fact.summary)).collect();
    section(page, "ALSO SEEN", &facts, MOST_OBSERVATIONS, extent);
}

/// What could not be known, and why: a fact for each reason.
pub(super) fn not_known(page: &mut Page, report: &Report, extent: Extent) {
    let mut whose_gap: Vec<((&str, &str), BTreeSet<u32>)> = Vec::new();
    for gap in &report.gaps {
        let key = (gap.why.as_str(), gap.what.as_str());
        match whose_gap.iter_mut().find(|(other, _)| *other == key) {
            Some((_, processes)) => processes.extend([gap.process]),
            None => whose_gap.push((key, BTreeSet::from([gap.process]))),
        }
    }
    let mut reasons: Vec<(String, &str, Vec<&str>)> = Vec::new();
    for ((why, what), processes) in whose_gap {
        let whose = whose_all(report, &processes);
        match reasons.iter_mut().find(|(other, reason, _)| (other.as_str(), *reason) == (whose.as_str(), why)) {
            Some((_, _, whats)) => whats.push(what),
            None => reasons.push((whose, why, vec![what])),
        }
    }
    let facts: Vec<String> =
        reasons.into_iter().map(|(whose, why, whats)| format!("{whose}{} ({why})", whats.join(", "))).collect();
    section(page, "NOT KNOWN", &facts, MOST_GAPS, extent);
}

/// What hangspy itself cost.
pub(super) fn cost(page: &mut Page, report: &Report) {
    page.labelled(0, "hangspy", HANG, &[Piece::new(Ink::Faint, cost_words(report))]);
}

fn cost_words(report: &Report) -> String {
    let cost = &report.cost;
    let mut words = Vec::new();
    words.push(match cost.cpu_s {
        Known::Is(cpu_s) if cost.wall_s > 0.0 => format!("{} of a core", figures::share(cpu_s / cost.wall_s)),
        _ => "its cost is not known".to_owned(),
    });
    words.extend(cost.peak_bytes.get().map(|bytes| figures::bytes(*bytes)));
    words.push(match cost.stops {
        0 => "target never stopped".to_owned(),
        stops => format!("target stopped {}", figures::count(stops, "time")),
    });
    words.join(", ")
}

/// `pid 31: ` where there are several processes.
fn whose(report: &Report, process: u32) -> String {
    if report.target.processes.len() > 1 { format!("pid {process}: ") } else { String::new() }
}

/// `pid 31, 32: `, and nothing where it holds for all.
fn whose_all(report: &Report, processes: &BTreeSet<u32>) -> String {
    if report.target.processes.iter().all(|process| processes.contains(&process.pid)) {
        return String::new();
    }
    let pids: Vec<String> = processes.iter().map(ToString::to_string).collect();
    format!("pid {}: ", pids.join(", "))
}

fn section(page: &mut Page, label: &str, facts: &[String], most: usize, extent: Extent) {
    if facts.is_empty() {
        return;
    }
    if extent == Extent::Full {
        for (index, fact) in facts.iter().enumerate() {
            page.labelled(0, if index == 0 { label } else { "" }, HANG, &[Piece::plain(fact)]);
        }
        return;
    }
    let mut text = facts.get(..most).unwrap_or(facts).join("; ");
    if facts.len() > most {
        text.push_str(&format!("; and {} more", facts.len() - most));
    }
    page.labelled(0, label, HANG, &[Piece::plain(text)]);
}
