//! The table of `hangspy ps`.

use std::io::{self, Write};

use serde::{Serialize, Serializer};
use unicode_width::UnicodeWidthStr;

use super::json;
use super::page::{Ink, Page, Piece, aligned, keep_end};
use super::sanitize;
use super::terminal::Screen;

/// A Python process as `hangspy ps` lists it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ProcessRow {
    /// Its pid.
    pub pid: u32,
    /// `server`, `worker`, `master`, `helper`
    pub role: String,
    /// `uvicorn`, `gunicorn`, ...
    pub server: String,
    /// Interpreter version; empty when unknown.
    pub python: String,
    /// Kinds of its event loops, `uvloop`; empty when none is known.
    pub loops: String,
    /// Ports it listens on.
    pub ports: Vec<u16>,
    /// Whether hangspy may look into it.
    pub readable: Readable,
    /// Its command line, arguments joined by spaces.
    pub command: String,
}

/// Whether hangspy may look into a process: `yes`, or `no: ` and the reason; empty when that was not tried.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Readable {
    /// It was not tried.
    #[default]
    Untried,
    /// It may.
    Yes,
    /// It may not, and why.
    No(String),
}

impl Readable {
    const fn word(&self) -> &'static str {
        match self {
            Self::Untried => "",
            Self::Yes => "yes",
            Self::No(_) => "no",
        }
    }
}

impl Serialize for Readable {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Untried | Self::Yes => to.serialize_str(self.word()),
            Self::No(why) => to.collect_str(&format_args!("{}: {why}", self.word())),
        }
    }
}

/// The least room for a command line beside the other columns; on a narrower screen it gets a line of its own. What is
/// cut off is its start, which is most often the path of Python.
const LEAST_COMMAND: usize = 16;

/// How many columns stand before the command line.
const COLUMNS: usize = 7;
const TITLES: [&str; COLUMNS] = ["PID", "ROLE", "SERVER", "PYTHON", "LOOP", "PORTS", "READABLE"];

/// Writes a line for each process under a line of titles; why a process cannot be read stands under its line.
///
/// # Errors
/// What the writer says.
pub fn processes(rows: &[ProcessRow], screen: Screen, out: &mut impl Write) -> io::Result<()> {
    let mut page = Page::new(screen.width, screen.color);
    let titles = TITLES.map(str::to_owned);
    let cells: Vec<[String; COLUMNS]> = rows.iter().map(cells).collect();
    let widest = |column: usize| {
        let all = cells.iter().chain([&titles]).filter_map(|row| row.get(column));
        all.map(|cell| cell.width()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..COLUMNS).map(widest).collect();
    let fixed: usize = widths.iter().map(|width| width + 2).sum();
    let indent = widths.first().map_or(0, |width| width + 2);
    let beside = page.width() >= fixed + LEAST_COMMAND;
    let room = page.width().saturating_sub(if beside { fixed } else { indent });
    let title = if beside { "COMMAND" } else { "" };
    page.line(&[Piece::new(Ink::Faint, format!("{}{title}", joined(&titles, &widths)))]);
    for (row, cells) in rows.iter().zip(&cells) {
        let command = Piece::plain(keep_end(&sanitize::line(&row.command), room));
        let line = Piece::plain(joined(cells, &widths));
        if beside {
            page.line(&[line, command]);
        } else {
            page.line(&[line]);
            page.line(&[Piece::plain(" ".repeat(indent)), command]);
        }
        if let Readable::No(reason) = &row.readable {
            page.wrapped(indent, indent, &[Piece::new(Ink::Doubt, format!("not readable: {reason}"))]);
        }
    }
    page.write_to(out)
}

/// Writes the rows as one JSON array, and a newline.
///
/// # Errors
/// What the writer says.
pub fn processes_json(rows: &[ProcessRow], out: &mut impl Write) -> io::Result<()> {
    json::write(&rows, json::Layout::Compact, out)
}

fn cells(row: &ProcessRow) -> [String; COLUMNS] {
    let ports: Vec<String> = row.ports.iter().map(ToString::to_string).collect();
    let (pid, ports) = (row.pid.to_string(), ports.join(","));
    [pid.as_str(), &row.role, &row.server, &row.python, &row.loops, &ports, row.readable.word()]
        .map(|text| if text.is_empty() { "-".to_owned() } else { sanitize::line(text).into_owned() })
}

fn joined(cells: &[String; COLUMNS], widths: &[usize]) -> String {
    let mut line = String::new();
    for (index, (cell, width)) in cells.iter().zip(widths).enumerate() {
        line.push_str(&aligned(cell, *width, index == 0));
        line.push_str("  ");
    }
    line
}
