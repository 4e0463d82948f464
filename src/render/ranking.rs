//! The table of blocking functions.

use unicode_width::UnicodeWidthStr;

use super::page::{Ink, Page, Piece, aligned, keep_end, keep_start};
use super::{Extent, places, sanitize};
use crate::figures;
use crate::report::{Ranked, Report};
use crate::words;

/// Rows on the screen. The report file has all of them.
const MOST_ROWS: usize = 5;
/// The least room for a function beside its file, before it is cut further than that.
const LEAST_FUNCTION: usize = 8;
/// Before a row.
const INDENT: usize = 2;
/// Between columns.
const GAP: usize = 2;

/// Sets the table, if there is anything in it.
pub(super) fn ranking(page: &mut Page, report: &Report, extent: Extent) {
    let shown = if extent == Extent::Screen { MOST_ROWS } else { usize::MAX };
    let rows: Vec<&Ranked> = report.ranking.iter().take(shown).collect();
    if rows.is_empty() {
        return;
    }
    page.blank();
    let table = Table::new(page.width(), &rows);
    page.line(&[Piece::new(Ink::Strong, table.heading()), Piece::new(Ink::Faint, table.titles())]);
    for row in &rows {
        page.line(&[Piece::plain(table.name(row)), Piece::plain(table.figures(row))]);
    }
    let hidden = report.ranking.len() - rows.len();
    if hidden > 0 {
        let words = figures::count(hidden as u64, "more function");
        page.wrapped(
            INDENT,
            INDENT,
            &[Piece::new(Ink::Faint, format!("and {words}: keep the whole report with -o DIR"))],
        );
    }
}

/// A column of figures: its title, its width, and what it shows of a row.
struct Column {
    title: &'static str,
    width: usize,
    cell: Cell,
}

type Cell = fn(&Ranked) -> String;

const COLUMNS: [(&str, Cell); 5] = [
    ("stalls", |row| row.stalls.to_string()),
    ("total", |row| figures::seconds(row.total_s)),
    (P95, |row| figures::seconds(row.p95_s)),
    ("max", |row| figures::seconds(row.max_s)),
    (SHARE, |row| figures::share(row.share)),
];
const P95: &str = "p95";
const SHARE: &str = "share";
/// Columns that give way to names, and how wide a name has to be to be worth it.
const GIVE_WAY: [(&str, usize); 2] = [(P95, usize::MAX), (SHARE, 20)];

struct Table {
    /// Room for function and file.
    name: usize,
    /// Width of the column of pids; 0 when all rows are of one process.
    pid: usize,
    columns: Vec<Column>,
}

impl Table {
    fn new(width: usize, rows: &[&Ranked]) -> Self {
        let several = rows.iter().any(|row| rows.first().is_some_and(|first| first.process != row.process));
        let pid = if several { rows.iter().map(|row| row.process.to_string().len()).max().unwrap_or(0) } else { 0 };
        let mut columns: Vec<Column> = COLUMNS
            .iter()
            .map(|&(title, cell)| {
                let widest = rows.iter().map(|row| cell(row).width()).max().unwrap_or(0);
                Column { title, width: widest.max(title.len()), cell }
            })
            .collect();
        let longest = rows.iter().map(|row| whole_name(row).width()).max().unwrap_or(0);
        let cause = rows.iter().map(|row| words::cause(row.cause).word.len()).max().unwrap_or(0);
        let room = |columns: &[Column]| {
            let figures: usize = columns.iter().map(|column| column.width + GAP).sum();
            let pid = if pid > 0 { pid + GAP } else { 0 };
            width.saturating_sub(INDENT + pid + figures + GAP + cause)
        };
        for (title, enough) in GIVE_WAY {
            if room(&columns) < longest.min(enough) {
                columns.retain(|column| column.title != title);
            }
        }
        Self { name: longest.min(room(&columns)), pid, columns }
    }

    fn heading(&self) -> String {
        let name = INDENT + self.name + if self.pid > 0 { self.pid + GAP } else { 0 };
        aligned("BLOCKING FUNCTIONS", name, false)
    }

    fn titles(&self) -> String {
        self.columns.iter().map(|column| format!("{:GAP$}{:>2$}", "", column.title, column.width)).collect()
    }

    fn figures(&self, row: &Ranked) -> String {
        let cells = self
            .columns
            .iter()
            .map(|column| format!("{:GAP$}{}", "", aligned(&(column.cell)(row), column.width, true)));
        format!("{}{:GAP$}{}", cells.collect::<String>(), "", words::cause(row.cause).word)
    }

    /// Pid, function and file: first the function gives way, from its left (`…Service.load`), then the file.
    fn name(&self, row: &Ranked) -> String {
        let pid = if self.pid > 0 { format!("{:>1$}{2:GAP$}", row.process, self.pid, "") } else { String::new() };
        let mut name = whole_name(row);
        if name.width() > self.name {
            let position = places::brief_position(&row.file, row.line);
            let room = self.name.saturating_sub(sanitize::line(&position).width() + GAP);
            let function = keep_end(&sanitize::line(&row.function), room.max(LEAST_FUNCTION));
            let room = self.name.saturating_sub(function.width() + GAP);
            name = format!("{function}{:GAP$}{}", "", keep_end(&sanitize::line(&position), room));
            name = keep_start(&name, self.name);
        }
        format!("{:INDENT$}{pid}{}", "", aligned(&name, self.name, false))
    }
}

fn whole_name(row: &Ranked) -> String {
    let position = places::brief_position(&row.file, row.line);
    format!("{}{:GAP$}{}", sanitize::line(&row.function), "", sanitize::line(&position))
}
