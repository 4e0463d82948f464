//! Who could end a wait, in words.

use super::Analysis;
use super::connections::{by_descriptor, is_incoming};
use super::phrases::length_words;
use super::task_words::task_name;
use crate::snapshot::{DescriptorKind, Ending, Known, Moment, TaskCensus};

/// Somebody who could end a wait: `127.0.0.1:5432`, `the client`, `a timer in 3.0 s`.
#[must_use]
pub fn ending_words(analysis: &Analysis<'_>, tasks: &TaskCensus, now: Moment, ending: &Ending) -> String {
    match ending {
        Ending::Descriptor { number, kind } => descriptor_words(analysis, *number, kind),
        Ending::Timer { due: Known::Is(due) } if *due > now => format!("a timer in {}", length_words(due.since(now))),
        Ending::Timer { .. } => "a timer".to_owned(),
        Ending::Limit { lasts } => format!("its own time of {}", length_words(*lasts)),
        Ending::Asked { lasts } => format!("an answer that was asked for within {}", length_words(*lasts)),
        Ending::Thread { thread } => format!("a call in thread {thread}"),
        Ending::Queued { thread } => format!("a call in the queue of thread {thread}"),
        Ending::Child { pid } => format!("the end of child {pid}"),
        Ending::Task { task } => task_name(tasks, *task),
        Ending::Ready => "a callback that is about to run".to_owned(),
    }
}

fn descriptor_words(analysis: &Analysis<'_>, number: i32, kind: &Known<DescriptorKind>) -> String {
    let around = analysis.last_surroundings();
    if let Some((around, connection)) = around.and_then(|around| Some((around, by_descriptor(around, number)?))) {
        return if is_incoming(around, connection) {
            format!("the client at {}", connection.peer)
        } else {
            connection.peer.clone()
        };
    }
    match kind {
        Known::Is(DescriptorKind::Unix { path }) if !path.is_empty() => path.clone(),
        Known::Is(DescriptorKind::Pipe { others, .. }) => match others.first() {
            Some((pid, name)) => format!("{name} (pid {pid}) at the other end of a pipe"),
            None => "the other end of a pipe, which nobody else has".to_owned(),
        },
        _ => format!("something on descriptor {number}"),
    }
}
