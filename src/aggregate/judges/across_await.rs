//! A lock of threads that a suspended coroutine holds: the loop that sleeps for it is the one that would let it go on.

use super::task_deadlocks::blame;
use crate::aggregate::places::place_of;
use crate::aggregate::task_graph::held_across_await;
use crate::aggregate::{Analysis, LockFact, SecondParty, task};
use crate::classify::Holder;
use crate::snapshot::{Actor, ThreadId};

/// The task that holds the lock which this thread sleeps for.
pub(super) fn holder(analysis: &Analysis<'_>, thread: ThreadId) -> Option<SecondParty> {
    let hold = held_across_await(analysis, thread)?;
    let stack = blame(analysis, Actor::Task(hold.task)).map(|blame| blame.stack).unwrap_or_default();
    let (_, tasks) = analysis.tasks()?;
    Some(SecondParty::Holder { holder: Holder::Other { who: task(tasks, hold.task) }, stack })
}

/// The same as a fact, with the place where it holds it.
pub(super) fn fact(analysis: &Analysis<'_>, thread: ThreadId) -> Option<LockFact> {
    let hold = held_across_await(analysis, thread)?;
    let (_, tasks) = analysis.tasks()?;
    let place = place_of(analysis.recording, hold.frame.code, hold.frame.line);
    Some(LockFact::HeldAcrossAwait { by: task(tasks, hold.task), place })
}
