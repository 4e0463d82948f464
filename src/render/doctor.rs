//! The page of `hangspy doctor`.

use std::io::{self, Write};

use serde::Serialize;

use super::json;
use super::page::{Ink, Page, Piece, aligned};
use super::terminal::Screen;

/// One gate between us and a process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct GateRow {
    /// Its name: `user`, `yama`, ...
    pub gate: String,
    /// `open`, `passed`, `shut`, `note` or `unknown`.
    pub state: String,
    /// Why, in words.
    pub words: String,
    /// The command or the part of a manifest that opens it.
    pub opens: Option<String>,
}

/// One kind of reading, tried.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReadRow {
    /// What is read.
    pub what: String,
    /// What it is for.
    pub gives: String,
    /// Whether the kernel allows it.
    pub allowed: bool,
}

/// What we may do to one process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DoctorPage {
    /// Its pid.
    pub pid: u32,
    /// Its command line, or its name.
    pub command: String,
    /// Version of hangspy.
    pub tool: String,
    /// The user that hangspy runs as.
    pub user: Option<u32>,
    /// `full`: everything can be read; `partly`: the memory can and something else cannot; `proc-only`: the memory is
    /// closed, `/proc` alone answers; `none`: not even that.
    pub answer: &'static str,
    /// Every gate, in the order in which they are asked.
    pub gates: Vec<GateRow>,
    /// Every kind of reading.
    pub reads: Vec<ReadRow>,
}

/// The column at which the words of a gate begin: behind its state and its name.
const WORDS_COLUMN: usize = 26;
/// Room for a state.
const STATE_WIDTH: usize = 8;
/// Room for a gate's name.
const NAME_WIDTH: usize = 16;

/// Writes the pages, one process after the other.
///
/// # Errors
/// What the writer says.
pub fn doctor(pages: &[DoctorPage], screen: Screen, out: &mut impl Write) -> io::Result<()> {
    let mut page = Page::new(screen.width, screen.color);
    for one in pages {
        page.blank();
        process(&mut page, one);
    }
    page.write_to(out)
}

/// Writes the pages as one JSON array, and a newline.
///
/// # Errors
/// What the writer says.
pub fn doctor_json(pages: &[DoctorPage], out: &mut impl Write) -> io::Result<()> {
    json::write(&pages, json::Layout::Compact, out)
}

fn process(page: &mut Page, one: &DoctorPage) {
    let user = one.user.map(|user| format!(" as user {user}")).unwrap_or_default();
    page.spread(
        &[Piece::new(Ink::Strong, format!("pid {}, {}", one.pid, one.command))],
        &[Piece::new(Ink::Faint, format!("hangspy {}{user}", one.tool))],
    );
    page.blank();
    let (ink, words) = match one.answer {
        "full" => (Ink::Good, "READABLE: nothing stands in the way"),
        "partly" => (Ink::Doubt, "READABLE, but not all of it: see what is closed below"),
        "proc-only" => (Ink::Bad, "MEMORY CLOSED: hangspy answers from /proc alone, without stacks"),
        _ => (Ink::Bad, "CLOSED: nothing can be read"),
    };
    page.wrapped(0, 2, &[Piece::new(ink, words)]);
    for gate in &one.gates {
        let ink = match gate.state.as_str() {
            "shut" => Ink::Bad,
            "note" | "unknown" => Ink::Doubt,
            _ => Ink::Plain,
        };
        let state = if gate.state == "shut" { "SHUT" } else { &gate.state };
        let head = format!("  {}{}", aligned(state, STATE_WIDTH, false), aligned(&gate.gate, NAME_WIDTH, false));
        page.wrapped(0, WORDS_COLUMN, &[Piece::new(ink, head), Piece::plain(&gate.words)]);
        if let Some(opens) = &gate.opens {
            page.labelled(2 + STATE_WIDTH, "opens it", WORDS_COLUMN, &[Piece::new(Ink::Strong, opens)]);
        }
    }
    page.blank();
    for read in &one.reads {
        let (ink, word) = if read.allowed { (Ink::Plain, "reads") } else { (Ink::Bad, "CLOSED") };
        let head = format!("  {}{}", aligned(word, STATE_WIDTH, false), aligned(&read.what, NAME_WIDTH, false));
        page.wrapped(0, WORDS_COLUMN, &[Piece::new(ink, head), Piece::plain(&read.gives)]);
    }
}
