//! Tasks that wait for each other, among themselves or together with threads: nothing in the process can end that.

use std::time::Duration;

use super::loops::STANDS_ON_IT;
use super::{Explains, Judge};
use crate::aggregate::blame::blame_in;
use crate::aggregate::evidence::Deed;
use crate::aggregate::places::{place_of, places};
use crate::aggregate::task_graph::{Edge, Reason, cycles};
use crate::aggregate::{
    Advice, Analysis, Blame, Cause, Confidence, Finding, Kind, LockFact, LoopSummary, Place, SecondParty, Subject,
    Verdict, Where, same_wait_since, task, thread, users_place,
};
use crate::classify::{Holder, Who};
use crate::snapshot::{Actor, TaskHold};

pub(super) struct TaskDeadlocks;

/// The two readings that show the same have to be so far apart.
const APART: Duration = Duration::from_secs(1);
/// Circles of one process that are told.
const MOST: usize = 3;

impl Judge for TaskDeadlocks {
    fn judge(&self, analysis: &Analysis<'_>) -> Vec<Verdict> {
        let cycles = cycles(analysis);
        let told = cycles.iter().filter(|cycle| !is_of_one_loop(analysis, cycle));
        told.filter_map(|cycle| verdict(analysis, cycle)).take(MOST).collect()
    }

    fn explains(&self) -> &'static [Explains] {
        &[STANDS_ON_IT]
    }
}

/// Whether a thread that runs a loop waits for what only a task of its own loop would do: then that call blocks the loop, and
/// the judge of blocked loops says so, with the cause.
fn is_of_one_loop(analysis: &Analysis<'_>, cycle: &[Edge]) -> bool {
    let mut threads = cycle.iter().filter_map(|edge| match edge.waiter {
        Actor::Thread(thread) => Some(thread),
        Actor::Task(_) => None,
    });
    let first = threads.next().filter(|first| analysis.track_of(*first).is_some());
    first.is_some_and(|first| threads.all(|other| other == first))
}

/// The verdict on a circle; `None` when a task of it has not waited long enough to be sure that nothing moves.
fn verdict(analysis: &Analysis<'_>, cycle: &[Edge]) -> Option<Verdict> {
    let (census, tasks) = analysis.tasks()?;
    let waits = cycle.iter().filter_map(|edge| match edge.waiter {
        Actor::Task(task) => Some(tasks.task(task).and_then(|task| same_wait_since(analysis.recording, task))),
        Actor::Thread(_) => None,
    });
    let mut since = None;
    for wait in waits {
        let waited = census.at.since(wait?);
        since = Some(since.map_or(waited, |shortest: Duration| shortest.min(waited)));
    }
    // Threads that have waited for each other through all looks.
    let threads = || analysis.window();
    let since = since.or_else(|| cycle.iter().all(|edge| !matches!(edge.waiter, Actor::Task(_))).then(threads));
    let since = since.filter(|since| *since >= APART)?;
    let first = cycle.iter().position(|edge| holds(edge).is_some()).unwrap_or(0);
    let mut edges = cycle.to_vec();
    edges.rotate_left(first);
    let mut evidence = edges.iter().map(|edge| fact(analysis, edge));
    let told = evidence.next()?;
    let across = edges.iter().any(|edge| matches!(edge.reason, Reason::ThreadLock(..)));
    let of_threads = edges.iter().any(|edge| matches!(edge.reason, Reason::LockOfThread(_)));
    let cause = match (across, of_threads) {
        (true, _) => Cause::LockAcrossAwait,
        (false, true) => Cause::Lock,
        (false, false) if edges.iter().all(|edge| edge.reason != Reason::Handover) => Cause::AsyncioLock,
        (false, false) => Cause::FutureResult,
    };
    let lead = edges.first()?;
    let finding = Finding::new(Kind::Deadlock, analysis.pid(), summary(analysis, &edges), told)
        .cause(cause, Confidence::Certain)
        .lasting(Some(since.as_secs_f64()), 1.0)
        .evidence(evidence)
        .evidence([LockFact::SameWaits { apart_s: since.as_secs_f64() }])
        .advice(advice(cause, edges.iter().any(|edge| edge.reason == Reason::Handover)))
        .blame(blame(analysis, lead.waiter), party(analysis, lead))
        .stands(edges.iter().map(|edge| Subject::from(edge.waiter)));
    // With the thread of a loop in the circle, nothing on that loop goes on.
    let of_loop = edges.iter().find_map(|edge| match edge.waiter {
        Actor::Thread(thread) => analysis.tracks.get(analysis.track_of(thread)?),
        Actor::Task(_) => None,
    });
    Some(match of_loop {
        Some(track) => {
            finding.on(track.thread.0, Some(track.kind.word())).hurts_users_of(analysis, Some(track)).verdict()
        }
        None => finding.verdict(),
    })
}

fn holds(edge: &Edge) -> Option<TaskHold> {
    match edge.reason {
        Reason::Primitive(_, hold) | Reason::ThreadLock(_, hold) => Some(hold),
        _ => None,
    }
}

/// `deadlock: transfer (app.py:20) and refund (app.py:31) wait for each other`
fn summary(analysis: &Analysis<'_>, edges: &[Edge]) -> LoopSummary {
    let at = |edge: &Edge| match place(analysis, edge.waiter) {
        Some(place) => Where::Place(place),
        None => Where::Who(who(analysis, edge.waiter)),
    };
    LoopSummary::EachOther { waiters: edges.iter().map(at).collect() }
}

fn fact(analysis: &Analysis<'_>, edge: &Edge) -> LockFact {
    let at = match edge.waiter {
        Actor::Task(_) => place(analysis, edge.waiter),
        Actor::Thread(_) => None,
    };
    let taken = |hold: TaskHold| place_of(analysis.recording, hold.frame.code, hold.frame.line);
    let deed = match edge.reason {
        Reason::Primitive(_, hold) => Deed::Unlock { taken: taken(hold) },
        Reason::ThreadLock(_, hold) => Deed::UnlockThreads { taken: taken(hold) },
        Reason::LockOfThread(_) => Deed::UnlockThread,
        Reason::Task => Deed::End,
        Reason::Several => Deed::EndAmongSeveral,
        Reason::Call => Deed::RunCall,
        Reason::Handover => Deed::RunCoroutine,
        Reason::Loop => Deed::TurnLoop,
    };
    LockFact::NeedsOther { waiter: who(analysis, edge.waiter), at, deed, other: who(analysis, edge.other) }
}

fn who(analysis: &Analysis<'_>, actor: Actor) -> Who {
    match (actor, analysis.tasks()) {
        (Actor::Task(address), Some((_, tasks))) => task(tasks, address),
        (Actor::Task(address), None) => Who::Task { address, name: None },
        (Actor::Thread(number), _) => thread(analysis, number),
    }
}

fn place(analysis: &Analysis<'_>, actor: Actor) -> Option<Place> {
    match actor {
        Actor::Task(task) => users_place(analysis.recording, &analysis.book, analysis.tasks()?.1.task(task)?.chain),
        Actor::Thread(thread) => {
            let (_, last) = analysis.last_snapshot()?;
            let stack = match last.thread(thread)?.python.as_ref()?.stack {
                crate::snapshot::StackSample::Stable(stack) => stack,
                _ => return None,
            };
            users_place(analysis.recording, &analysis.book, crate::snapshot::Known::Is(stack))
        }
    }
}

/// The frame of the user's in a task's chain, with the chain.
pub(super) fn blame(analysis: &Analysis<'_>, actor: Actor) -> Option<Blame> {
    let place = place(analysis, actor)?;
    let stack = match actor {
        Actor::Task(task) => analysis.tasks()?.1.task(task)?.chain.ok()?,
        Actor::Thread(thread) => match analysis.last_snapshot()?.1.thread(thread)?.python.as_ref()?.stack {
            crate::snapshot::StackSample::Stable(stack) => stack,
            _ => return None,
        },
    };
    // Of a thread that runs a loop: the coroutine whose step it is in.
    let coroutine = match actor {
        Actor::Task(_) => Some(place.clone()),
        Actor::Thread(_) => blame_in(analysis, stack).and_then(|blamed| blamed.blame(analysis.recording).coroutine),
    };
    Some(Blame {
        function: place.function,
        file: place.file,
        line: place.line,
        coroutine,
        stack: places(analysis.recording, analysis.recording.stack(stack)),
    })
}

fn party(analysis: &Analysis<'_>, edge: &Edge) -> SecondParty {
    let stack = blame(analysis, edge.other).map(|blame| blame.stack).unwrap_or_default();
    let holder = match edge.other {
        other if other == edge.waiter => Holder::SameTask,
        other => Holder::Other { who: who(analysis, other) },
    };
    SecondParty::Holder { holder, stack }
}

/// `of_thread`: a thread of the circle waits for a coroutine of a loop.
fn advice(cause: Cause, of_thread: bool) -> Advice {
    match cause {
        Cause::LockAcrossAwait => Advice::NoAwaitInsideLock,
        Cause::Lock if of_thread => Advice::LetGoFirst,
        _ => Advice::SameOrderOfTasks,
    }
}
