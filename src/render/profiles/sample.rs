//! What all profiles are made of: a stack of a thread, and how much was seen of it.

use std::borrow::Cow;
use std::sync::Arc;

use crate::render::collapsed::UNKNOWN_INSIDE;
use crate::render::{Graph, sanitize};
use crate::report::{Place, ProfileEntry, Report};

/// Looks as time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Weights {
    /// Looks that found the thread in this stack.
    pub(super) looks: u64,
    /// Their time, nanoseconds; that in which the thread was on a CPU or ready for one; that in which it held the GIL.
    pub(super) wall: u64,
    pub(super) cpu: u64,
    pub(super) gil: u64,
    /// Stalls of a loop of which this is the stack that was seen most often, and their lengths, nanoseconds.
    pub(super) stalls: u64,
    pub(super) delay: u64,
}

/// A stack of a thread.
#[derive(Clone, Debug)]
pub(super) struct Sample<'a> {
    pub(super) process: u32,
    pub(super) thread: u32,
    pub(super) thread_name: Cow<'a, str>,
    /// `asyncio`, `uvloop`; empty where the thread runs no loop.
    pub(super) runs: Cow<'a, str>,
    /// What the thread did; empty for stalls.
    pub(super) doing: Cow<'a, str>,
    /// Outermost first.
    pub(super) stack: Vec<Arc<Place>>,
    pub(super) weights: Weights,
}

/// The threads that `graph` means, in the report's order; of tasks there is no time, so all threads stand for them.
pub(super) fn looks(report: &Report, graph: Graph) -> Vec<Sample<'_>> {
    let graph = if graph == Graph::Tasks { Graph::All } else { graph };
    report.profile.iter().filter(|entry| graph.shows(entry)).map(|entry| look(report, entry)).collect()
}

fn look<'a>(report: &'a Report, entry: &'a ProfileEntry) -> Sample<'a> {
    let wall = entry.samples.saturating_mul(entry.look_ns);
    let inside = entry.cut.then(|| Arc::new(unknown_inside()));
    let of = report.loops.iter().find(|of| (of.process, of.thread) == (entry.process, entry.thread));
    Sample {
        process: entry.process,
        thread: entry.thread,
        thread_name: sanitize::line(&entry.thread_name),
        runs: of.map_or(Cow::Borrowed(""), |of| sanitize::line(&of.kind)),
        doing: sanitize::line(&entry.doing),
        stack: entry.stack.iter().cloned().chain(inside).collect(),
        weights: Weights {
            looks: entry.samples,
            wall,
            cpu: if entry.on_cpu { wall } else { 0 },
            gil: if entry.holds_gil { wall } else { 0 },
            ..Weights::default()
        },
    }
}

/// One for each stall.
pub(super) fn stalls(report: &Report) -> impl Iterator<Item = Sample<'_>> {
    report.loops.iter().flat_map(|of| {
        of.episodes.iter().map(move |stall| Sample {
            process: of.process,
            thread: of.thread,
            thread_name: sanitize::line(&of.thread_name),
            runs: sanitize::line(&of.kind),
            doing: Cow::Borrowed(""),
            stack: stall.stack.iter().rev().cloned().map(Arc::new).collect(),
            weights: Weights { stalls: 1, delay: nanoseconds(stall.length_s), ..Weights::default() },
        })
    })
}

fn unknown_inside() -> Place {
    Place { function: UNKNOWN_INSIDE.to_owned(), file: String::new(), line: 0 }
}

/// Seconds as nanoseconds, which none can be too many for.
pub(super) fn nanoseconds(seconds: f64) -> u64 {
    std::time::Duration::try_from_secs_f64(seconds).map_or(0, |time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
}
