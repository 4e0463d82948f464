//! Tasks that wait for each other, among themselves or together with threads: nothing in the process can end that.

use std::time::Duration;

use super::loops::STANDS_ON_IT;
use super::{Explains, Judge};
use crate::aggregate::blame::{Seen, blame as blame_of};
use crate::aggregate::phrases::{length_words, place_of, place_words, places};
use crate::aggregate::task_graph::{Edge, Reason, cycles};
use crate::aggregate::track::thread_name;
use crate::aggregate::{
    Advice, Analysis, Blame, Cause, Confidence, Finding, Kind, Place, SecondParty, Subject, Verdict, same_wait_since,
    task_name, users_place,
};
use crate::snapshot::{Actor, Address, TaskHold};

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
    let mut evidence = edges.iter().map(|edge| edge_words(analysis, edge));
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
        .evidence([format!("the same waits in two readings {} apart", length_words(since))])
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
fn summary(analysis: &Analysis<'_>, edges: &[Edge]) -> String {
    let places: Vec<String> = edges.iter().map(|edge| where_words(analysis, edge.waiter)).collect();
    match places.as_slice() {
        [own] => format!("deadlock: {own} waits for a lock that its own task holds"),
        [one, other] => format!("deadlock: {one} and {other} wait for each other"),
        many => format!("deadlock of {}: each waits for the next one: {}", many.len(), many.join(", ")),
    }
}

fn edge_words(analysis: &Analysis<'_>, edge: &Edge) -> String {
    let (waiter, other) = (actor_words(analysis, edge.waiter), actor_words(analysis, edge.other));
    let at = match edge.waiter {
        Actor::Task(_) => place(analysis, edge.waiter).map(|place| format!(" in {}", place_words(&place))),
        Actor::Thread(_) => None,
    };
    let at = at.unwrap_or_default();
    let taken = |hold: TaskHold| place_words(&place_of(analysis.recording, hold.frame.code, hold.frame.line));
    match edge.reason {
        Reason::Primitive(_, hold) => {
            format!("{waiter} waits{at} for an asyncio.Lock that {other} holds in {}", taken(hold))
        }
        Reason::ThreadLock(_, hold) => {
            format!("{waiter} waits{at} for a threading.Lock that {other} holds across an await in {}", taken(hold))
        }
        Reason::LockOfThread(_) => format!("{waiter} waits{at} for a lock that {other} holds"),
        Reason::Task => format!("{waiter} awaits{at} {other}"),
        Reason::Several => format!("{waiter} awaits{at} several tasks, {other} among them"),
        Reason::Call => format!("{waiter} awaits{at} a call in {other}"),
        Reason::Handover => format!("{waiter} waits for a coroutine on the loop that {other} runs"),
        Reason::Loop => format!("{waiter} can only go on when {other}, which runs its loop, does"),
    }
}

fn actor_words(analysis: &Analysis<'_>, actor: Actor) -> String {
    match (actor, analysis.tasks(), analysis.last_snapshot()) {
        (Actor::Task(task), Some((_, tasks)), _) => task_name(tasks, task),
        (Actor::Thread(thread), _, Some((_, last))) => last
            .thread(thread)
            .map_or_else(|| format!("thread {thread}"), |sample| format!("thread {thread} {}", thread_name(sample))),
        (Actor::Task(Address(task)), ..) => format!("task {task:#x}"),
        (Actor::Thread(thread), ..) => format!("thread {thread}"),
    }
}

fn where_words(analysis: &Analysis<'_>, actor: Actor) -> String {
    place(analysis, actor).map_or_else(|| actor_words(analysis, actor), |place| place_words(&place))
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
        Actor::Thread(_) => {
            blame_of(analysis.recording, &analysis.book, &[Seen { stack, looks: 1, cut: false }], false)
                .and_then(|blamed| blamed.blame(analysis.recording).coroutine)
        }
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
    let holder = if edge.waiter == edge.other { "the same task".to_owned() } else { actor_words(analysis, edge.other) };
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
