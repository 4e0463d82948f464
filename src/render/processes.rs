//! The table of `hangspy ps`.

use std::io::{self, Write};

use super::page::{Ink, Page, Piece, aligned, keep_start};
use super::terminal::Screen;
use unicode_width::UnicodeWidthStr;

/// A Python process as `hangspy ps` lists it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProcessRow {
    /// Its pid.
    pub pid: u32,
    /// `server`, `worker`, `master`, `helper`
    pub role: String,
    /// `uvicorn`, `gunicorn`, ...
    pub server: String,
    /// Interpreter version; empty when unknown.
    pub python: String,
    /// Ports it listens on.
    pub ports: Vec<u16>,
    /// Its command line, arguments joined by spaces.
    pub command: String,
}

/// The least room for a command line; on a narrower screen it is cut to this and the line is longer.
const LEAST_COMMAND: usize = 16;

/// Writes a line for each process under a line of titles.
///
/// # Errors
/// What the writer says.
pub fn processes(rows: &[ProcessRow], screen: Screen, out: &mut impl Write) -> io::Result<()> {
    let mut page = Page::new(screen.width, screen.color);
    let titles = ["PID", "ROLE", "SERVER", "PYTHON", "PORTS"].map(str::to_owned);
    let cells: Vec<[String; 5]> = rows.iter().map(cells).collect();
    let widths: Vec<usize> = (0..titles.len())
        .map(|column| {
            cells.iter().chain([&titles]).filter_map(|row| row.get(column)).map(|cell| cell.width()).max().unwrap_or(0)
        })
        .collect();
    let fixed: usize = widths.iter().map(|width| width + 2).sum();
    let room = page.width().saturating_sub(fixed).max(LEAST_COMMAND);
    page.line(&[Piece::new(Ink::Faint, format!("{}COMMAND", joined(&titles, &widths)))]);
    for (row, cells) in rows.iter().zip(&cells) {
        let command = keep_start(&super::sanitize::line(&row.command), room);
        page.line(&[Piece::plain(joined(cells, &widths)), Piece::plain(command)]);
    }
    page.write_to(out)
}

fn cells(row: &ProcessRow) -> [String; 5] {
    let ports: Vec<String> = row.ports.iter().map(ToString::to_string).collect();
    let or_dash = |text: &str| if text.is_empty() { "-".to_owned() } else { super::sanitize::line(text).into_owned() };
    [row.pid.to_string(), or_dash(&row.role), or_dash(&row.server), or_dash(&row.python), or_dash(&ports.join(","))]
}

fn joined(cells: &[String; 5], widths: &[usize]) -> String {
    let mut line = String::new();
    for (index, (cell, width)) in cells.iter().zip(widths).enumerate() {
        line.push_str(&aligned(cell, *width, index == 0));
        line.push_str("  ");
    }
    line
}
