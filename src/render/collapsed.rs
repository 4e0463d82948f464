//! Collapsed stacks, `thread;outer;...;inner count` a line: the input of every flame graph tool.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::{Graph, places, sanitize};
use crate::report::{ProfileEntry, Report};

/// What stands where the inner frames of a stack are not known.
pub(super) const UNKNOWN_INSIDE: &str = "(inner frames not known)";

/// Writes the stacks of the threads that `graph` means, in the order of their text. Those of an event loop have no idle
/// ones among them.
///
/// # Errors
/// What the writer says.
pub fn collapsed(report: &Report, graph: Graph, out: &mut impl Write) -> io::Result<()> {
    let several = report.target.processes.len() > 1;
    let mut stacks = BTreeMap::new();
    for entry in &graph.entries(report) {
        let mut frames = Vec::with_capacity(entry.stack.len() + 2);
        frames.push(base_frame(graph, entry, several));
        frames.extend(stack_frames(entry));
        *stacks.entry(frames.join(";")).or_insert(0_u64) += entry.samples;
    }
    for (stack, samples) in stacks {
        writeln!(out, "{stack} {samples}")?;
    }
    Ok(())
}

/// The frame under all frames of a thread, or of the tasks.
#[must_use]
pub(super) fn base_frame(graph: Graph, entry: &ProfileEntry, several_processes: bool) -> String {
    if graph == Graph::Tasks {
        return sanitize::frame(&entry.thread_name);
    }
    let process = if several_processes { format!("pid {} ", entry.process) } else { String::new() };
    let name = if entry.thread_name.is_empty() { String::new() } else { format!(" {}", entry.thread_name) };
    sanitize::frame(&format!("{process}thread {}{name}", entry.thread))
}

/// The frames of an entry, outermost first.
#[must_use]
pub(super) fn stack_frames(entry: &ProfileEntry) -> Vec<String> {
    let mut frames: Vec<String> = entry.stack.iter().map(|place| places::graph_frame(place)).collect();
    if entry.cut {
        frames.push(UNKNOWN_INSIDE.to_owned());
    }
    frames
}
