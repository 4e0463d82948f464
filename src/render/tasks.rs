//! Tasks, grouped by where they are: what each group waits for, who waits for it, and its chain of coroutines.

use super::dump::{Paths, frames};
use super::page::{Ink, Page, Piece};
use crate::figures;
use crate::report::{Report, TaskGroupReport, TaskReport, TasksReport};
use crate::snapshot::{Known, TaskPhase};

/// The column of a chain's functions.
const INDENT: usize = 4;
/// Groups that are shown; the largest come first.
const MOST_GROUPS: usize = 40;
/// Tasks of a group that are named.
const MOST_NAMES: usize = 3;

/// The tasks of a process.
pub(super) fn tasks(page: &mut Page, report: &Report, process: u32, paths: Paths) {
    for of in report.tasks.iter().filter(|of| of.process == process && of.found > 0) {
        page.blank();
        let least = if of.cut { "at least " } else { "" };
        let head =
            format!("{least}{}, {}", figures::count(of.found, "task"), figures::count(of.groups.len() as u64, "place"));
        page.wrapped(0, INDENT, &[Piece::plain(head)]);
        for (at, group) in of.groups.iter().enumerate().take(MOST_GROUPS) {
            entry(page, of, at, group, paths);
        }
        let (left, tasks) =
            of.groups.iter().skip(MOST_GROUPS).fold((0, 0), |(left, tasks), group| (left + 1, tasks + group.count));
        if left > 0 {
            page.blank();
            let words =
                format!("and {} at {}: see --json", figures::count(tasks, "task"), figures::count(left, "more place"));
            page.wrapped(0, INDENT, &[Piece::new(Ink::Faint, words)]);
        }
    }
}

fn entry(page: &mut Page, of: &TasksReport, at: usize, group: &TaskGroupReport, paths: Paths) {
    page.blank();
    let members: Vec<&TaskReport> = of.tasks.iter().filter(|task| task.group == Some(at)).take(MOST_NAMES).collect();
    let names: Vec<&str> = members.iter().filter_map(|task| task.name.get().map(String::as_str)).collect();
    let (who, verb) = match group.count {
        1 => (format!("task {}", names.first().copied().unwrap_or("without a name")), ("waits", "runs", "is")),
        many => {
            let more = if many as usize > names.len() { ", ..." } else { "" };
            (format!("{many} tasks ({}{more})", names.join(", ")), ("wait", "run", "are"))
        }
    };
    let does = match group.phase {
        TaskPhase::Waiting => format!(" {} for {}", verb.0, group.waits_for),
        TaskPhase::Running => format!(" {}", verb.1),
        TaskPhase::Ready => format!(" {} ready to run", verb.2),
    };
    let unchanged = match group.unchanged {
        Known::Is(0) | Known::Unknown(_) => String::new(),
        Known::Is(count) if count == group.count => {
            let since = members.iter().map(|task| task.since_s).fold(f64::INFINITY, f64::min);
            format!(", for {} at least", figures::seconds(since))
        }
        Known::Is(count) => format!(", {count} of them for the same as at first"),
    };
    page.wrapped(0, INDENT, &[Piece::new(Ink::Strong, who), Piece::plain(does), Piece::plain(unchanged)]);
    if let (Known::Is(ends), TaskPhase::Waiting) = (&group.could_end, group.phase) {
        let words = match ends.as_slice() {
            [] => "nobody in sight could end that".to_owned(),
            some => format!("could be ended by {}", some.join(", ")),
        };
        page.wrapped(INDENT, INDENT, &[Piece::new(Ink::Faint, words)]);
    }
    if !group.awaited_by.is_empty() {
        let words = format!("awaited by {}", group.awaited_by.join(", "));
        page.wrapped(INDENT, INDENT, &[Piece::new(Ink::Faint, words)]);
    }
    if let Some(why) = &group.stack_unknown {
        page.wrapped(INDENT, INDENT, &[Piece::new(Ink::Faint, format!("({why})"))]);
    }
    frames(page, &group.stack, paths);
}
