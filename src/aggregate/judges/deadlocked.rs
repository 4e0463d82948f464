//! Threads that wait for each other's locks, or one that waits for its own: nothing in the process can end that.

use super::loops::STANDS_ON_IT;
use super::{Explains, Judge};
use crate::aggregate::blame::{Blamed, Seen, blame};
use crate::aggregate::phrases::{count_words, length_words, place_of, place_words, places};
use crate::aggregate::track::thread_name;
use crate::aggregate::wait_graph::{Cycle, Edge, cycles};
use crate::aggregate::{
    Advice, Analysis, Cause, Confidence, Finding, Kind, LOOKS_TO_BLAME, SecondParty, Subject, Verdict,
};
use crate::classify::SAME_THREAD;
use crate::snapshot::{LockKind, SignalHandler, StackSample, ThreadId, ThreadSample};

pub(super) struct ThreadDeadlocks;

impl Judge for ThreadDeadlocks {
    fn judge(&self, analysis: &Analysis<'_>) -> Vec<Verdict> {
        cycles(analysis).iter().filter_map(|cycle| verdict(analysis, cycle)).collect()
    }

    fn explains(&self) -> &'static [Explains] {
        &[STANDS_ON_IT]
    }
}

fn verdict(analysis: &Analysis<'_>, cycle: &Cycle) -> Option<Verdict> {
    let (_, last) = analysis.last_snapshot()?;
    let first = cycle.edges.first()?;
    let is_import = cycle.edges.iter().any(|edge| edge.kind == LockKind::Import);
    let cause = if is_import { Cause::ImportLock } else { Cause::Lock };
    let blamed = blamed(analysis, first.waiter);
    let asleep = cycle.edges.iter().filter_map(|edge| last.thread(edge.waiter)?.os.asleep_for.ok()).min();
    let confidence = if cycle.looks >= LOOKS_TO_BLAME { Confidence::Certain } else { Confidence::Likely };
    let event_loop = analysis.track_of(first.waiter).and_then(|track| analysis.tracks.get(track));
    let looks = analysis.recording.snapshots.len();
    let mut evidence = cycle.edges.iter().map(|edge| wait_words(analysis, edge, cycle.looks, looks));
    let told = evidence.next()?;
    let finding = Finding::new(Kind::Deadlock, analysis.pid(), summary(analysis, cycle), told)
        .cause(cause, confidence)
        .on(first.waiter.0, event_loop.map(|track| track.kind.word()))
        .lasting(asleep.map(|asleep| asleep.as_secs_f64()), cycle.looks as f64 / looks.max(1) as f64)
        .evidence(evidence)
        .evidence(handler_words(analysis, cycle))
        .evidence(asleep.map(|asleep| format!("no thread of it was on a CPU for {}", length_words(asleep))))
        .hurts_users_of(analysis, event_loop)
        .advice(advice(analysis, cycle))
        .blame(blamed.map(|blamed| blamed.blame(analysis.recording)), party(analysis, first))
        .stands(cycle.edges.iter().map(|edge| Subject::Thread(edge.waiter)));
    Some(finding.verdict())
}

/// The innermost frame of the user's of a thread that does not move.
fn blamed(analysis: &Analysis<'_>, thread: ThreadId) -> Option<Blamed> {
    let (_, last) = analysis.last_snapshot()?;
    let StackSample::Stable(stack) = last.thread(thread)?.python.as_ref()?.stack else { return None };
    blame(analysis.recording, &analysis.book, &[Seen { stack, looks: 1, cut: false }], false)
}

/// `deadlock: reserve (app.py:20) and count (app.py:31) wait for each other's lock`
fn summary(analysis: &Analysis<'_>, cycle: &Cycle) -> String {
    let place = |edge: &Edge| {
        let blamed = blamed(analysis, edge.waiter).map(|blamed| place_words(&blamed.place(analysis.recording)));
        blamed.unwrap_or_else(|| format!("thread {}", edge.waiter))
    };
    match cycle.edges.as_slice() {
        [own] => {
            let taken = taken_words(analysis, own).map(|taken| format!(" in {taken}")).unwrap_or_default();
            let between = match between(analysis, own) {
                Some(Between::Handler(_)) => ", which a signal interrupted",
                Some(Between::Finalizer) => ", and a finalizer (__del__) ran in the middle of it",
                None => "",
            };
            format!("deadlock: {} waits for a lock that its own thread took{taken}{between}", place(own))
        }
        [one, other] => format!("deadlock: {} and {} wait for each other's lock", place(one), place(other)),
        many => {
            let places: Vec<String> = many.iter().map(place).collect();
            format!("deadlock of {}: each waits for the next one's lock: {}", threads(many), places.join(", "))
        }
    }
}

/// What ran between the frame that took a lock and the one that waits for it, in one thread, without being called.
enum Between {
    /// The handler of a signal.
    Handler(SignalHandler),
    /// `__del__`, which runs when an object dies or garbage is collected.
    Finalizer,
}

fn between(analysis: &Analysis<'_>, own: &Edge) -> Option<Between> {
    let (_, last) = analysis.last_snapshot()?;
    let lock = last.locks.iter().find(|lock| lock.address == own.lock)?;
    if let Some(handler) = lock.handler {
        return Some(Between::Handler(handler));
    }
    let StackSample::Stable(stack) = last.thread(own.waiter)?.python.as_ref()?.stack else { return None };
    let frames = analysis.recording.stack(stack);
    let taken = own.frame.and_then(|taken| frames.iter().position(|frame| *frame == taken))?;
    let mut inside = frames.iter().take(taken).filter_map(|frame| analysis.recording.code(frame.code));
    inside.any(|code| code.name == "__del__").then_some(Between::Finalizer)
}

/// `on_usr1 (app.py:9) handles signal 10, which came while the lock was held`
fn handler_words(analysis: &Analysis<'_>, cycle: &Cycle) -> Option<String> {
    let [own] = cycle.edges.as_slice() else { return None };
    let Some(Between::Handler(handler)) = between(analysis, own) else { return None };
    let place = place_words(&place_of(analysis.recording, handler.frame.code, handler.frame.line));
    Some(format!("{place} handles signal {}, which came while the lock was held", handler.signal))
}

fn threads(edges: &[Edge]) -> String {
    count_words(edges.len() as u64, "thread")
}

/// Where a lock was taken, as far as that is known: the frame and the line it is on now.
fn taken_words(analysis: &Analysis<'_>, edge: &Edge) -> Option<String> {
    edge.frame.map(|frame| place_words(&place_of(analysis.recording, frame.code, frame.line)))
}

fn named(analysis: &Analysis<'_>, thread: ThreadId) -> String {
    let sample = analysis.last_snapshot().and_then(|(_, last)| last.thread(thread));
    sample.map_or_else(|| format!("thread {thread}"), words)
}

fn words(thread: &ThreadSample) -> String {
    format!("thread {} {}", thread.thread, thread_name(thread))
}

/// `thread 71 a waits for a lock that thread 72 b holds, taken in f (app.py:9), in 150 of 150 looks`
fn wait_words(analysis: &Analysis<'_>, edge: &Edge, seen: usize, looks: usize) -> String {
    let holder = if edge.holder == edge.waiter {
        "it holds itself".to_owned()
    } else {
        format!("{} holds", named(analysis, edge.holder))
    };
    let taken = taken_words(analysis, edge).map(|taken| format!(", inside of {taken}")).unwrap_or_default();
    format!("{} waits for a lock that {holder}{taken}, in {seen} of {looks} looks", named(analysis, edge.waiter))
}

/// Who holds what the first thread waits for.
fn party(analysis: &Analysis<'_>, edge: &Edge) -> SecondParty {
    let sample = analysis.last_snapshot().and_then(|(_, last)| last.thread(edge.holder));
    let frames = match sample.and_then(|thread| thread.python.as_ref()).map(|python| python.stack) {
        Some(StackSample::Stable(stack) | StackSample::Cut(stack)) => analysis.recording.stack(stack),
        _ => &[],
    };
    if edge.holder != edge.waiter {
        return SecondParty::Holder { holder: named(analysis, edge.holder), stack: places(analysis.recording, frames) };
    }
    let taken = edge.frame.and_then(|taken| frames.iter().position(|frame| *frame == taken));
    let outer = taken.and_then(|at| frames.get(at..)).unwrap_or_default();
    SecondParty::Holder { holder: SAME_THREAD.to_owned(), stack: places(analysis.recording, outer) }
}

fn advice(analysis: &Analysis<'_>, cycle: &Cycle) -> Advice {
    match cycle.edges.as_slice() {
        [own] if matches!(between(analysis, own), Some(Between::Handler(_))) => Advice::NoLockInHandler,
        [own] if matches!(between(analysis, own), Some(Between::Finalizer)) => Advice::NoLockInFinalizer,
        [_] => Advice::NoLockTwice,
        edges if edges.iter().any(|edge| edge.kind == LockKind::Import) => Advice::ImportFirst,
        _ => Advice::SameOrder,
    }
}
