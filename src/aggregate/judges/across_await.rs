//! A lock of threads that a suspended coroutine holds: the loop that sleeps for it is the one that would let it go on.

use super::task_deadlocks::blame;
use crate::aggregate::phrases::{place_of, place_words};
use crate::aggregate::task_graph::held_across_await;
use crate::aggregate::{Analysis, SecondParty, task_name};
use crate::snapshot::{Actor, ThreadId};

/// The task that holds the lock which this thread sleeps for.
pub(super) fn holder(analysis: &Analysis<'_>, thread: ThreadId) -> Option<SecondParty> {
    let hold = held_across_await(analysis, thread)?;
    let stack = blame(analysis, Actor::Task(hold.task)).map(|blame| blame.stack).unwrap_or_default();
    let (_, tasks) = analysis.tasks()?;
    Some(SecondParty::Holder { holder: task_name(tasks, hold.task), stack })
}

/// The same in words, with the place where it holds it.
pub(super) fn words(analysis: &Analysis<'_>, thread: ThreadId) -> Option<String> {
    let hold = held_across_await(analysis, thread)?;
    let (_, tasks) = analysis.tasks()?;
    let place = place_words(&place_of(analysis.recording, hold.frame.code, hold.frame.line));
    Some(format!("{} holds the lock across an await in {place}, and waits for this loop", task_name(tasks, hold.task)))
}
