//! One instant: loops, every thread with what it does and its stack, innermost frame first, and the tasks.

use std::io::{self, Write};

use super::page::{Ink, Page, Piece};
use super::terminal::Screen;
use super::{closing, header, places, requests, tasks};
use crate::figures;
use crate::report::{Kind, LoopReport, Place, PoolReport, Report, ThreadReport, Verdict, pool_line};
use crate::snapshot::Known;

/// The column of a stack's functions.
const INDENT: usize = 4;
/// Thread ids named in the line of threads that do the same.
const MOST_IDS: usize = 8;
/// The widest column of functions; longer names push the file aside.
const MOST_FUNCTION: usize = 40;

/// Writes the dump.
///
/// # Errors
/// What the writer says.
pub fn dump(report: &Report, screen: Screen, out: &mut impl Write) -> io::Result<()> {
    let mut page = Page::new(screen.width, screen.color);
    for process in &report.target.processes {
        page.blank();
        header::process(&mut page, process, None);
        stopped(&mut page, report, process.pid);
        loops(&mut page, report, process.pid);
        pools(&mut page, report, process.pid);
        requests::requests(&mut page, report, process.pid);
        threads(&mut page, report, process.pid, Paths::Fitted);
        tasks::tasks(&mut page, report, process.pid, Paths::Fitted);
    }
    page.blank();
    header::omissions(&mut page, &report.window);
    closing::not_known(&mut page, report, super::Extent::Full);
    page.write_to(out)
}

/// That nothing runs, which what the threads do there would hide.
fn stopped(page: &mut Page, report: &Report, process: u32) {
    if let Some(verdict) = verdict_of_stop(report, process) {
        page.wrapped(0, 4, &[Piece::new(Ink::Bad, verdict.summary.clone())]);
    }
}

fn verdict_of_stop(report: &Report, process: u32) -> Option<&Verdict> {
    report.verdicts.iter().find(|verdict| verdict.process == process && verdict.kind == Kind::ProcessStopped)
}

/// How the paths of a stack are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paths {
    /// Shortened to the line.
    Fitted,
    /// Whole.
    Whole,
}

/// A line for each loop of a process.
pub(super) fn loops(page: &mut Page, report: &Report, process: u32) {
    for of in report.loops.iter().filter(|of| of.process == process) {
        let stopped = verdict_of_stop(report, process).is_some();
        let words = if stopped { "stopped".to_owned() } else { loop_words(of) };
        let text = format!("{} loop on thread {} {}: {words}", of.kind, of.thread, of.thread_name);
        page.wrapped(0, 4, &[Piece::plain(text)]);
    }
}

fn loop_words(of: &LoopReport) -> String {
    let shares = [
        (of.idle, "idle"),
        (of.busy, "busy"),
        (of.blocked, "blocked"),
        (of.starved, "starved"),
        (of.unknown, "unclear"),
    ];
    let mut words: Vec<String> = shares
        .iter()
        .filter(|(share, _)| *share > 0.0)
        .map(
            |(share, word)| {
                if *share >= 1.0 { (*word).to_owned() } else { format!("{word} {}", figures::share(*share)) }
            },
        )
        .collect();
    if let Known::Is(ready) = of.ready {
        words.push(format!("{ready} ready"));
    }
    if let Known::Is(timers) = of.timers {
        words.push(figures::count(timers, "timer"));
    }
    if let Known::Is(late) = of.timer_late_s
        && late > 0.0
    {
        words.push(format!("the earliest {} late", figures::seconds(late)));
    }
    words.join(", ")
}

/// Functions named of those who use one pool.
const MOST_USERS: usize = 5;

/// The pools of a process that are in use or waited for, and in which functions those are who have something of them.
pub(super) fn pools(page: &mut Page, report: &Report, process: u32) {
    let used = |pool: &&PoolReport| [pool.in_use, pool.waiting].iter().any(|count| count.get() != Some(&0));
    for pool in report.pools.iter().filter(|pool| pool.process == process).filter(used) {
        page.wrapped(0, 4, &[Piece::plain(pool_line(pool))]);
        for (doing, users) in [("in", &pool.occupied_by), ("waiting in", &pool.waited_for_by)] {
            for user in users.iter().filter(|user| user.place.is_some()).take(MOST_USERS) {
                let place = user.place.as_ref().map(|place| {
                    let position = places::brief_position(&place.file, place.line);
                    format!("{} {doing} {} {position}", user.count, places::function(&place.function))
                });
                page.wrapped(INDENT, INDENT + 4, &[Piece::plain(place.unwrap_or_default())]);
            }
        }
    }
}

/// Every thread of a process: loops first, then Python's, then native ones. Threads that do the same are one entry.
pub(super) fn threads(page: &mut Page, report: &Report, process: u32, paths: Paths) {
    let mut threads: Vec<&ThreadReport> = report.threads.iter().filter(|thread| thread.process == process).collect();
    threads.sort_by_key(|thread| (!thread.runs_loop, !thread.python, thread.thread));
    let mut groups: Vec<Vec<&ThreadReport>> = Vec::new();
    for thread in threads {
        match groups.iter_mut().find(|group| group.first().is_some_and(|first| same(first, thread))) {
            Some(group) => group.push(thread),
            None => groups.push(vec![thread]),
        }
    }
    for group in groups {
        entry(page, &group, paths);
    }
}

/// Whether two threads need one entry: everything but the number in their names is equal.
fn same(one: &ThreadReport, other: &ThreadReport) -> bool {
    !one.runs_loop
        && (one.python, one.runs_loop, &one.doing, &one.stack)
            == (other.python, other.runs_loop, &other.doing, &other.stack)
        && one.stack_unknown == other.stack_unknown
        && family(&one.name) == family(&other.name)
}

/// A name around the number that tells threads of one kind apart: `asyncio_3` is of the family `asyncio_`, and
/// `Thread-3 (work)`, as `threading` names them since 3.10, of `Thread` and ` (work)`.
fn family(name: &str) -> (&str, &str) {
    let end = name.find(" (").filter(|_| name.ends_with(')')).unwrap_or(name.len());
    let (numbered, target) = name.split_at(end);
    (numbered.trim_end_matches(|character: char| character.is_ascii_digit() || character == '-'), target)
}

fn entry(page: &mut Page, group: &[&ThreadReport], paths: Paths) {
    let Some(first) = group.first() else { return };
    page.blank();
    let who = match group {
        [one] => format!("thread {} {}", one.thread, one.name),
        many => {
            let ids: Vec<String> = many.iter().take(MOST_IDS).map(|thread| thread.thread.to_string()).collect();
            let more = if many.len() > MOST_IDS { ", ..." } else { "" };
            let name = if many.iter().all(|thread| thread.name == first.name) {
                first.name.clone()
            } else {
                let (start, end) = family(&first.name);
                format!("{start}*{end}")
            };
            format!("{} threads {name} ({}{more})", many.len(), ids.join(", "))
        }
    };
    let mut rest = String::new();
    if first.runs_loop {
        rest.push_str(", runs the loop");
    }
    if !first.python && first.gil_share.get().is_some() {
        rest.push_str(", native");
    }
    if !first.doing.is_empty() {
        rest.push_str(&format!(", {}", first.doing));
    }
    let cpu: f64 = group.iter().filter_map(|thread| thread.cpu_share.get()).sum();
    if cpu > 0.0 {
        rest.push_str(&format!(", {} of a core", figures::share(cpu)));
    }
    page.wrapped(0, INDENT, &[Piece::new(Ink::Strong, who), Piece::plain(rest)]);
    stack(page, first, paths);
}

fn stack(page: &mut Page, thread: &ThreadReport, paths: Paths) {
    // That a native thread has no Python stack goes without saying.
    if let Some(why) = thread.stack_unknown.as_ref().filter(|_| thread.python) {
        let words = if thread.stack.is_empty() { format!("stack unknown: {why}") } else { format!("({why})") };
        page.wrapped(INDENT, INDENT, &[Piece::new(Ink::Doubt, words)]);
    }
    frames(page, &thread.stack, paths);
}

/// Functions and their positions, a line each, in two columns.
pub(super) fn frames(page: &mut Page, stack: &[Place], paths: Paths) {
    let functions: Vec<Piece> = stack.iter().map(|place| Piece::plain(places::function(&place.function))).collect();
    let column = functions.iter().map(Piece::width).max().unwrap_or(0).min(MOST_FUNCTION);
    for (place, function) in stack.iter().zip(functions) {
        let gap = column.saturating_sub(function.width()) + 2;
        let room = page.width().saturating_sub(INDENT + function.width() + gap);
        let position = match paths {
            Paths::Fitted => places::position(&place.file, place.line, room.max(20)),
            Paths::Whole => places::full_position(place),
        };
        page.wrapped(INDENT, INDENT + 4, &[function, Piece::plain(" ".repeat(gap)), Piece::plain(position)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_of_one_kind_differ_by_a_number() {
        assert_eq!(family("asyncio_3"), family("asyncio_12"));
        assert_eq!(family("Thread-158 (sleep)"), ("Thread", " (sleep)"));
        assert_ne!(family("Thread-1 (sleep)"), family("Thread-2 (poll)"));
        assert_eq!(family("AnyIO worker thread"), ("AnyIO worker thread", ""));
    }
}
