//! The near misses of a service, ranked by place.

use std::io::{self, Write};

use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::json;
use super::page::{Ink, Page, Piece, aligned, keep_start};
use super::sanitize;
use super::terminal::Screen;
use crate::figures;
use crate::ledger::{Entry, Ledger, Sum};
use crate::words as vocabulary;

/// Rows on the screen; JSON has all of them.
const MOST_ROWS: usize = 20;
/// Between columns.
const GAP: usize = 2;
/// The least room for a place.
const LEAST_PLACE: usize = 20;
/// What stands for a place that no look found in time.
const UNSEEN: &str = "(over before a look)";
const TITLES: [&str; 4] = ["stalls", "total", "max", "last"];

/// Writes the places with the most time, and what the figures rest on.
///
/// # Errors
/// What the writer says.
pub fn ledger(ledger: &Ledger, screen: Screen, out: &mut impl Write) -> io::Result<()> {
    let mut page = Page::new(screen.width, screen.color);
    let ranked = ledger.ranked();
    let stalls: u64 = ranked.iter().map(|entry| entry.sum.stalls).sum::<u64>() + ledger.forgotten.stalls;
    let over = figures::seconds(ledger.until_s.saturating_sub(ledger.since_s) as f64);
    page.wrapped(0, 0, &[Piece::plain(format!("{} of 20 ms and more within {over}", figures::count(stalls, "stall")))]);
    if !ranked.is_empty() {
        page.blank();
        table(&mut page, &ranked, ledger.until_s);
    }
    let hidden = ranked.len().saturating_sub(MOST_ROWS);
    if hidden > 0 {
        page.line(&[Piece::new(Ink::Faint, format!("  and {}: --json", figures::count(hidden as u64, "more place")))]);
    }
    page.blank();
    for note in notes(ledger, &ranked) {
        page.wrapped(0, 0, &[Piece::new(Ink::Faint, note)]);
    }
    page.write_to(out)
}

/// As [`ledger()`], for machines: what is kept, the places in the order of their time.
///
/// # Errors
/// What the writer says.
pub fn ledger_json(ledger: &Ledger, out: &mut impl Write) -> io::Result<()> {
    let Ledger { since_s, until_s, forgotten, unwatched_s, .. } = ledger;
    let ranked = Ranked {
        since_s: *since_s,
        until_s: *until_s,
        unwatched_s: *unwatched_s,
        forgotten: *forgotten,
        places: ledger.ranked(),
    };
    json::write(&ranked, json::Layout::Compact, out)
}

#[derive(Serialize)]
struct Ranked<'a> {
    since_s: u64,
    until_s: u64,
    unwatched_s: f64,
    forgotten: Sum,
    places: Vec<&'a Entry>,
}

fn table(page: &mut Page, ranked: &[&Entry], until_s: u64) {
    let shown: Vec<&Entry> = ranked.iter().take(MOST_ROWS).copied().collect();
    let cells: Vec<[String; 4]> = shown.iter().map(|entry| cells(entry, until_s)).collect();
    let widest = |column: usize| {
        let all = cells.iter().filter_map(|row| row.get(column)).map(|cell| cell.width());
        all.chain(TITLES.get(column).map(|title| title.len())).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..TITLES.len()).map(widest).collect();
    let figures: usize = widths.iter().map(|width| width + GAP).sum();
    let room = page.width().saturating_sub(figures).max(LEAST_PLACE);
    let right = |row: &[String]| -> String {
        let padded =
            row.iter().zip(&widths).map(|(cell, width)| format!("{}{cell}", " ".repeat(GAP + width - cell.width())));
        padded.collect()
    };
    page.line(&[
        Piece::new(Ink::Strong, aligned("NEAR MISSES", room, false)),
        Piece::new(Ink::Faint, right(&TITLES.map(str::to_owned))),
    ]);
    for (entry, cells) in shown.iter().zip(&cells) {
        page.line(&[Piece::plain(aligned(&keep_start(&place(entry), room), room, false)), Piece::plain(right(cells))]);
        if let Some(cause) = entry.cause.filter(|_| entry.place.is_some()) {
            page.line(&[Piece::new(Ink::Faint, format!("  {}", vocabulary::cause(cause).phrase))]);
        }
    }
}

fn place(entry: &Entry) -> String {
    entry.place.as_ref().map_or_else(|| UNSEEN.to_owned(), |place| sanitize::line(&place.to_string()).into_owned())
}

fn cells(entry: &Entry, until_s: u64) -> [String; 4] {
    let ago = figures::seconds(until_s.saturating_sub(entry.last_s) as f64);
    [
        entry.sum.stalls.to_string(),
        figures::seconds(entry.sum.total_s),
        figures::seconds(entry.longest_s),
        format!("{ago} ago"),
    ]
}

/// What lengths are estimates of, and what is missing.
fn notes(ledger: &Ledger, ranked: &[&Entry]) -> Vec<String> {
    let error = ranked.iter().map(|entry| entry.error_s).fold(0.0, f64::max);
    let mut notes = Vec::new();
    if error > 0.0 {
        notes.push(format!(
            "lengths are estimates from a hundred looks a second: each is off by {} at most",
            figures::seconds(error)
        ));
    }
    if ledger.unwatched_s > 0.0 {
        let length = figures::seconds(ledger.unwatched_s);
        notes.push(format!(
            "for {length} in all nobody looked often enough to count: what was shorter than that gap may be missing"
        ));
    }
    if ledger.forgotten.stalls > 0 {
        let (stalls, length) = (ledger.forgotten.stalls, figures::seconds(ledger.forgotten.total_s));
        notes.push(format!("{} of {length} in all are of places that had no room", figures::count(stalls, "stall")));
    }
    notes
}
