//! The table of functions that had the GIL, for a loop that was starved of it.

use unicode_width::UnicodeWidthStr;

use super::page::{Ink, Page, Piece, aligned, keep_end, keep_start};
use super::{Extent, places, sanitize};
use crate::figures;
use crate::report::{Cause, GilHolder, GilReport, Kind, Report, Verdict};

/// Rows on the screen. The report file has all of them.
const MOST_ROWS: usize = 5;
/// Functions below this share of the GIL are no owners worth a row on the screen.
const LEAST_SHARE: f64 = 0.01;
/// Victims that the report file names for each function.
const MOST_VICTIMS: usize = 8;
/// Before a row.
const INDENT: usize = 2;
/// Between columns.
const GAP: usize = 2;
/// The least room for a name.
const LEAST_NAME: usize = 16;

/// A column of figures: its title and what it shows of a row.
type Column = (&'static str, fn(&GilHolder) -> String);

const COLUMNS: [Column; 4] = [
    ("threads", |row| row.threads.to_string()),
    ("had GIL", |row| figures::seconds(row.held_s)),
    ("share", |row| figures::share(row.share)),
    ("loop waited", |row| figures::seconds(row.loops_waited_s)),
];

/// Whether the GIL's owners are what a verdict is about.
#[must_use]
pub(super) fn is_about_owners(verdict: &Verdict) -> bool {
    let causes = [Cause::GilPythonThreads, Cause::GilNativeHold, Cause::GilHeldWaiting];
    verdict.kind == Kind::LoopStarved && verdict.cause.is_some_and(|cause| causes.contains(&cause))
}

/// Sets a table for every process whose loop is starved of the GIL.
pub(super) fn owners(page: &mut Page, report: &Report, extent: Extent) {
    let starved = |gil: &&GilReport| {
        report.verdicts.iter().any(|verdict| verdict.process == gil.process && is_about_owners(verdict))
    };
    let several = report.target.processes.len() > 1;
    for gil in report.gil.iter().filter(starved) {
        let worth = |row: &&GilHolder| extent == Extent::Full || row.share >= LEAST_SHARE;
        let most = if extent == Extent::Full { usize::MAX } else { MOST_ROWS };
        let rows: Vec<&GilHolder> = gil.holders.iter().filter(worth).take(most).collect();
        if rows.is_empty() {
            continue;
        }
        page.blank();
        table(page, several.then_some(gil.process), &rows);
        if extent == Extent::Full {
            victims(page, gil);
        }
    }
}

fn table(page: &mut Page, process: Option<u32>, rows: &[&GilHolder]) {
    let width = |(title, cell): &Column| rows.iter().map(|row| cell(row).width()).max().unwrap_or(0).max(title.len());
    let widths: Vec<usize> = COLUMNS.iter().map(width).collect();
    let figures: usize = widths.iter().map(|width| width + GAP).sum();
    let longest = rows.iter().map(|row| name(row, usize::MAX).width()).max().unwrap_or(0);
    let room = longest.min(page.width().saturating_sub(INDENT + figures)).max(LEAST_NAME);
    let heading = process.map_or_else(|| "GIL OWNERS".to_owned(), |pid| format!("GIL OWNERS, pid {pid}"));
    let line = |cells: Vec<String>| -> String {
        cells.iter().zip(&widths).map(|(cell, width)| format!("{:GAP$}{}", "", aligned(cell, *width, true))).collect()
    };
    let titles = line(COLUMNS.iter().map(|(title, _)| (*title).to_owned()).collect());
    page.line(&[Piece::new(Ink::Strong, aligned(&heading, INDENT + room, false)), Piece::new(Ink::Faint, titles)]);
    for row in rows {
        let name = aligned(&name(row, room), room, false);
        let figures = line(COLUMNS.iter().map(|(_, cell)| cell(row)).collect());
        page.line(&[Piece::plain(format!("{:INDENT$}{name}", "")), Piece::plain(figures)]);
    }
}

/// Function and file: first the function gives way, from its left, then the file.
fn name(row: &GilHolder, room: usize) -> String {
    let Some(place) = &row.place else { return "(stack not readable)".to_owned() };
    let function = sanitize::line(&place.function).into_owned();
    let position = sanitize::line(&places::brief_position(&place.file, place.line)).into_owned();
    let whole = format!("{function}{:GAP$}{position}", "");
    if whole.width() <= room {
        return whole;
    }
    let function = keep_end(&function, room.saturating_sub(position.width() + GAP).max(LEAST_NAME / 2));
    keep_start(&format!("{function}{:GAP$}{position}", ""), room)
}

/// Who waited for which function, in the report file.
fn victims(page: &mut Page, gil: &GilReport) {
    for holder in &gil.holders {
        let kept = gil.matrix.iter().filter(|entry| entry.holder == holder.place && entry.waited_s > 0.0);
        let mut words: Vec<String> = kept
            .map(|entry| {
                let thread = gil.threads.iter().find(|thread| thread.thread == entry.victim);
                let name = thread.map(|thread| thread.name.as_str()).unwrap_or_default();
                format!("thread {} {} {}", entry.victim, name, figures::seconds(entry.waited_s))
            })
            .collect();
        let more = words.len().saturating_sub(MOST_VICTIMS);
        words.truncate(MOST_VICTIMS);
        if more > 0 {
            words.push(format!("and {}", figures::count(more as u64, "more thread")));
        }
        if !words.is_empty() {
            let text = format!("while {} had it, others waited: {}", name(holder, usize::MAX), words.join(", "));
            page.wrapped(INDENT, INDENT + GAP, &[Piece::plain(text)]);
        }
    }
}
