//! The full report as a text file: everything of the screen without a limit, and all threads, loops and limits.

use std::io::{self, Write};

use super::page::{Ink, Page, Piece};
use super::{Extent, closing, dump, gil_owners, places, ranking, tasks, terminal};
use crate::figures;
use crate::report::{CgroupReport, EpisodeReport, Report, SocketReport};
use crate::snapshot::Known;
use crate::words;

/// Columns of the file.
const WIDTH: usize = 110;
/// The column at which the text beside a label begins.
const HANG: usize = 14;

/// Writes the report.
///
/// # Errors
/// What the writer says.
pub fn text(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let mut page = Page::new(WIDTH, false);
    terminal::findings(&mut page, report, Extent::Full);
    gil_owners::owners(&mut page, report, Extent::Full);
    ranking::ranking(&mut page, report, Extent::Full);
    page.blank();
    closing::also_seen(&mut page, report, Extent::Full);
    closing::not_known(&mut page, report, Extent::Full);
    for process in &report.target.processes {
        page.blank();
        page.line(&[Piece::new(Ink::Strong, format!("PROCESS {}", process.pid))]);
        surroundings(&mut page, report, process.pid);
        dump::loops(&mut page, report, process.pid);
        stalls(&mut page, report, process.pid);
        dump::threads(&mut page, report, process.pid, dump::Paths::Whole);
        tasks::tasks(&mut page, report, process.pid, dump::Paths::Whole);
    }
    page.blank();
    closing::cost(&mut page, report);
    page.line(&[Piece::plain(format!("made by     {} {}", report.tool.name, report.tool.version))]);
    page.write_to(out)
}

/// GIL, sockets and control group.
fn surroundings(page: &mut Page, report: &Report, process: u32) {
    for gil in report.gil.iter().filter(|gil| gil.process == process) {
        let held = known("holder", &gil.held, |share| format!("held in {} of the looks", figures::share(*share)));
        let switches = known("hand-overs", &gil.switches_per_s, |rate| format!("{rate:.1} hand-overs per second"));
        fact(page, "GIL", &[held, switches]);
    }
    for sockets in report.sockets.iter().filter(|sockets| sockets.process == process) {
        listeners(page, sockets);
        let connections = known("connections", &sockets.connections, |number| figures::count(*number, "connection"));
        fact(page, "sockets", &[connections]);
        let open = known("open", &sockets.open_descriptors, |number| format!("{number} open"));
        let limit = known("limit", &sockets.descriptor_limit, |number| format!("{number} allowed"));
        fact(page, "descriptors", &[open, limit]);
    }
    for cgroup in report.cgroup.iter().filter(|cgroup| cgroup.process == process) {
        limits(page, cgroup);
    }
}

fn listeners(page: &mut Page, sockets: &SocketReport) {
    match &sockets.listeners {
        Known::Is(listeners) => {
            for listener in listeners {
                let limit = known("limit", &listener.limit, |limit| format!("at most {limit} may wait"));
                fact(page, "listens on", &[format!("{}: {} not accepted", listener.address, listener.waiting), limit]);
            }
        }
        Known::Unknown(why) => fact(page, "listens on", &[format!("unknown ({})", why.words())]),
    }
}

fn limits(page: &mut Page, cgroup: &CgroupReport) {
    let cores = |cores: &Option<f64>| cores.map_or("no quota".to_owned(), |cores| format!("quota of {cores:.1} cores"));
    let quota = known("quota", &cgroup.cpu_quota, cores);
    let used = known("use", &cgroup.cpu_used, |cores| format!("{cores:.1} cores used by its control group"));
    let throttled = known("throttling", &cgroup.throttled, |share| {
        format!("throttled in {} of the periods", figures::share(*share))
    });
    fact(page, "CPU", &[quota, used, throttled]);
    let bytes =
        |limit: &Option<u64>| limit.map_or("no limit".to_owned(), |limit| format!("limit {}", figures::bytes(limit)));
    let limit = known("limit", &cgroup.memory_limit, bytes);
    let used = known("use", &cgroup.memory_used, |used| format!("{} used by its control group", figures::bytes(*used)));
    fact(page, "memory", &[limit, used]);
}

/// Every stall of the loops of a process.
fn stalls(page: &mut Page, report: &Report, process: u32) {
    for of in report.loops.iter().filter(|of| of.process == process) {
        for (index, stall) in of.episodes.iter().enumerate() {
            let since = stall.start_s - report.window.started_monotonic_s;
            let begin = if since < 0.0 {
                format!("began {} before the first look", figures::seconds(-since))
            } else {
                format!("began at {}", figures::seconds(since))
            };
            page.wrapped(2, 6, &[Piece::plain(format!("stall {}: {}, {begin}", index + 1, stall_words(stall)))]);
        }
    }
}

fn stall_words(stall: &EpisodeReport) -> String {
    let mut words = figures::seconds(stall.length_s);
    if !stall.ended {
        words.push_str(" so far");
    }
    if let Some(place) = &stall.place {
        words.push_str(&format!(" in {} {}", places::function(&place.function), places::full_position(place)));
    }
    words.push_str(&format!(", {}", words::cause(stall.cause).word));
    if let Some(peer) = &stall.peer {
        words.push_str(&format!(", {peer}"));
    }
    words
}

fn fact(page: &mut Page, label: &str, words: &[String]) {
    page.labelled(0, label, HANG, &[Piece::plain(words.join("; "))]);
}

fn known<T>(what: &str, fact: &Known<T>, words: impl Fn(&T) -> String) -> String {
    match fact {
        Known::Is(value) => words(value),
        Known::Unknown(why) => format!("{what} unknown ({})", why.words()),
    }
}
