//! The flame graph: an interactive SVG by inferno, with the wall clock of the loop thread as its natural view.
//!
//! Width is looks, not CPU time: a loop that sleeps in `recv` is as wide as one that computes. The innermost box says
//! what the thread did there, because a call into C has no frame of its own.

use std::collections::BTreeMap;
use std::io::{self, Write};

use inferno::flamegraph::color::{BackgroundColor, Color, PaletteMap};
use inferno::flamegraph::{Options, from_lines};

use super::collapsed::{UNKNOWN_INSIDE, base_frame, stack_frames};
use super::{gil_owners, header, places, sanitize, waits};
use crate::figures;
use crate::report::{EpisodeReport, ProfileEntry, Report};

/// Whose time a graph shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Graph {
    /// Event loops, stall by stall, without the time in which they wait for events.
    Loop,
    /// Every thread.
    All,
    /// Whoever held the GIL.
    Gil,
    /// What tasks wait for, and what the other threads do.
    Tasks,
}

/// Width of a character over its height: of the widest monospaced fonts in use, so that no name runs out of its box.
const FONT_WIDTH: f64 = 0.61;

/// Stalls that get a box each; more of them are grouped by the blamed place.
const MOST_STALLS: usize = 12;

/// What a box stands for, which decides its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Box {
    /// A thread, a stall: no frame.
    Group,
    /// The user's code.
    User,
    /// The standard library or an installed package.
    Library,
    /// What the thread did.
    Doing,
}

/// Writes the graph. Equal reports give equal bytes.
///
/// # Errors
/// What the writer says.
pub fn flamegraph(report: &Report, graph: Graph, out: &mut impl Write) -> io::Result<()> {
    let entries = graph.entries(report);
    let entries: Vec<&ProfileEntry> = entries.iter().collect();
    let mut palette = PaletteMap::default();
    let lines = lines(report, graph, &entries, &mut palette);
    let (title, subtitle) = (title(report, graph), subtitle(report, graph));
    if lines.is_empty() {
        return empty(&title, &subtitle, graph, out);
    }
    let mut options = Options::default();
    options.title = title;
    options.subtitle = Some(subtitle);
    options.count_name = if graph == Graph::Tasks { "tasks or threads" } else { "looks" }.to_owned();
    options.name_type = "".to_owned();
    options.font_type = "monospace".to_owned();
    options.font_width = FONT_WIDTH;
    options.bgcolors = Some(BackgroundColor::Flat(Color::new(248, 248, 248)));
    options.deterministic = true;
    options.palette_map = Some(&mut palette);
    from_lines(&mut options, lines.iter().map(String::as_str), &mut *out)?;
    out.write_all(b"\n")
}

impl Graph {
    /// The graph that goes with what is wrong: of a loop that is starved of the GIL, whoever had it; of tasks that wait,
    /// those; else the loop itself.
    #[must_use]
    pub fn fitting(report: &Report) -> Self {
        if waits::is_about_waits(report) {
            return Self::Tasks;
        }
        let owners = report.verdicts.first().is_some_and(gil_owners::is_about_owners);
        let drawable = report.profile.iter().any(|entry| Self::Gil.shows(entry));
        if owners && drawable { Self::Gil } else { Self::Loop }
    }

    /// What the picture is made of.
    pub(super) fn entries(self, report: &Report) -> Vec<ProfileEntry> {
        match self {
            Self::Tasks => waits::entries(report),
            _ => report.profile.iter().filter(|entry| self.shows(entry)).cloned().collect(),
        }
    }

    /// Whether an entry of the profile is part of the picture.
    pub(super) fn shows(self, entry: &ProfileEntry) -> bool {
        entry.samples > 0
            && match self {
                Self::Loop => entry.runs_loop && !entry.idle,
                Self::All => true,
                Self::Gil => entry.holds_gil,
                Self::Tasks => false,
            }
    }
}

/// Collapsed lines, and the colour of every box in them.
fn lines(report: &Report, graph: Graph, entries: &[&ProfileEntry], palette: &mut PaletteMap) -> Vec<String> {
    let several_processes = report.target.processes.len() > 1;
    let several_loops = entries.iter().any(|entry| {
        entries.first().is_some_and(|first| (first.process, first.thread) != (entry.process, entry.thread))
    });
    // The box under all boxes has no name.
    palette.insert("", color("", Box::Group));
    let mut stacks = BTreeMap::new();
    for entry in entries {
        let mut boxes = Vec::new();
        if graph != Graph::Loop || several_loops {
            boxes.push((base_frame(graph, entry, several_processes), Box::Group));
        }
        if graph == Graph::Loop
            && let Some(group) = stall_frame(report, entries, entry)
        {
            boxes.push((group, Box::Group));
        }
        for (frame, name) in entry.stack.iter().map(Some).chain([None]).zip(stack_frames(entry)) {
            let library = frame.is_none_or(|place| places::is_library(&place.file));
            boxes.push((name, if library { Box::Library } else { Box::User }));
        }
        if graph != Graph::Gil && !entry.doing.is_empty() {
            boxes.push((sanitize::frame(&format!("[{}]", entry.doing)), Box::Doing));
        }
        for (name, kind) in &boxes {
            palette.insert(name, color(name, *kind));
        }
        let names: Vec<String> = boxes.into_iter().map(|(name, _)| name).collect();
        *stacks.entry(names.join(";")).or_insert(0_u64) += entry.samples;
    }
    stacks.into_iter().map(|(stack, samples)| format!("{stack} {samples}")).collect()
}

/// `stall 1: 4.0 s in fetch_orders (app.py:7)`, or `31 stalls in fetch_orders (app.py:7), the longest 4.0 s` where there
/// are many; `None` when this loop had no stalls, and needs no grouping.
fn stall_frame(report: &Report, entries: &[&ProfileEntry], entry: &ProfileEntry) -> Option<String> {
    let same_loop = |other: &ProfileEntry| (other.process, other.thread) == (entry.process, entry.thread);
    let last = entries.iter().filter(|other| same_loop(other)).filter_map(|other| other.episode).max()?;
    let Some(index) = entry.episode else {
        return Some("steps that ended in time".to_owned());
    };
    let episodes = report
        .loops
        .iter()
        .find(|of| (of.process, of.thread) == (entry.process, entry.thread))
        .map_or(&[][..], |of| of.episodes.as_slice());
    // Boxes are sorted by name: equal widths keep stall 2 before stall 10.
    let digits = (last + 1).to_string().len();
    let number = format!("{:0digits$}", index + 1);
    Some(sanitize::frame(&match episodes.get(index) {
        Some(stall) if last >= MOST_STALLS => alike_words(episodes, stall),
        Some(stall) => format!("stall {number}: {}", stall_words(stall)),
        None => format!("stall {number}"),
    }))
}

/// Stalls in the place of this one, as one.
fn alike_words(episodes: &[EpisodeReport], stall: &EpisodeReport) -> String {
    let alike: Vec<&EpisodeReport> = episodes.iter().filter(|other| other.place == stall.place).collect();
    let place = stall.place.as_ref().map_or("places unknown".to_owned(), places::graph_frame);
    let longest = alike.iter().map(|stall| stall.length_s).fold(0.0, f64::max);
    format!("{} in {place}, the longest {}", figures::count(alike.len() as u64, "stall"), figures::seconds(longest))
}

fn stall_words(stall: &EpisodeReport) -> String {
    let length = figures::seconds(stall.length_s);
    let lasts = if stall.ended { "" } else { " so far" };
    match &stall.place {
        Some(place) => format!("{length}{lasts} in {}", places::graph_frame(place)),
        None => format!("{length}{lasts}"),
    }
}

fn title(report: &Report, graph: Graph) -> String {
    let pids: Vec<String> = report.target.processes.iter().map(|process| process.pid.to_string()).collect();
    let whose = match pids.as_slice() {
        [pid] => format!("pid {pid}"),
        pids if pids.len() <= 6 => format!("pids {}", pids.join(", ")),
        pids => format!("{} processes", pids.len()),
    };
    sanitize::line(&match graph {
        Graph::Loop => format!("{whose}: wall clock of the event loop, idle time left out"),
        Graph::All => format!("{whose}: wall clock of all threads"),
        Graph::Gil => format!("{whose}: who held the GIL"),
        Graph::Tasks => format!("{whose}: what tasks wait for, and what the other threads do"),
    })
    .into_owned()
}

/// How it was looked at, and what is not in the picture.
fn subtitle(report: &Report, graph: Graph) -> String {
    let mut words = Vec::new();
    if let [process] = report.target.processes.as_slice() {
        words.push(header::program_words(process));
    }
    let window = &report.window;
    words.push(format!(
        "{} at {}/s, {}",
        figures::seconds(window.seconds),
        window.rate,
        figures::count(window.samples, "look")
    ));
    if graph == Graph::Loop {
        let idle = report.profile.iter().filter(|entry| entry.runs_loop && entry.idle);
        words.push(format!("{} left out as idle", idle.map(|entry| entry.samples).fold(0, u64::saturating_add)));
    }
    words.push(format!("{} torn, {} cut", window.torn, window.cut));
    if window.failed > 0 {
        words.push(format!("{} failed", window.failed));
    }
    sanitize::line(&words.join("; ")).into_owned()
}

/// A small picture that says why there is nothing to see.
fn empty(title: &str, subtitle: &str, graph: Graph, out: &mut impl Write) -> io::Result<()> {
    let reason = match graph {
        Graph::Loop => "Nothing to draw: in no look was an event loop found running anything.",
        Graph::All => "Nothing to draw: no stack could be read.",
        Graph::Tasks => "Nothing to draw: no tasks could be read, and no other thread's stack.",
        Graph::Gil => "Nothing to draw: in no look did a thread with a readable stack hold the GIL.",
    };
    writeln!(
        out,
        r##"<?xml version="1.0" standalone="no"?>
<svg version="1.1" width="1200" height="120" viewBox="0 0 1200 120" xmlns="http://www.w3.org/2000/svg">
<rect x="0" y="0" width="100%" height="100%" fill="#f8f8f8"/>
<g font-family="monospace" text-anchor="middle">
<text x="600" y="30" font-size="17">{}</text>
<text x="600" y="54" font-size="12">{}</text>
<text x="600" y="90" font-size="14">{}</text>
</g>
</svg>"##,
        sanitize::xml(title),
        sanitize::xml(subtitle),
        sanitize::xml(reason)
    )
}

/// Warm for the user's code, cool for libraries, grey for what is no frame; the shade comes from the name.
fn color(name: &str, kind: Box) -> Color {
    if name == UNKNOWN_INSIDE {
        return Color::new(200, 200, 200);
    }
    let shade = shade(name);
    match kind {
        Box::Group => Color::new(205, 205, 205),
        Box::User => Color::new(245, 150 + shade, 70 + shade),
        Box::Library => Color::new(165 + shade / 2, 195 + shade / 2, 220),
        Box::Doing => Color::new(240, 225, 130 + shade / 2),
    }
}

/// A number below 48 that depends on the name alone (FNV-1a).
fn shade(name: &str) -> u8 {
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    u8::try_from((hash >> 8) % 48).unwrap_or(0)
}
