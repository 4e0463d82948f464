//! Threads that wait for each other's locks, or one that waits for its own: nothing in the process can end that.

use super::loops::STANDS_ON_IT;
use super::{Explains, Judge};
use crate::aggregate::blame::{Blamed, blame_in};
use crate::aggregate::places::{place_of, places};
use crate::aggregate::summary::Between;
use crate::aggregate::wait_graph::{Cycle, Edge, cycles};
use crate::aggregate::{
    Advice, Analysis, Cause, Confidence, Finding, Kind, LOOKS_TO_BLAME, LockFact, LoopSummary, Place, SecondParty,
    Subject, Verdict, Where, thread,
};
use crate::classify::{Holder, Who};
use crate::snapshot::{LockKind, SignalHandler, StackSample, ThreadId};

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
    let mut evidence = cycle.edges.iter().map(|edge| wait(analysis, edge, cycle.looks, looks));
    let told = evidence.next()?;
    let finding = Finding::new(Kind::Deadlock, analysis.pid(), summary(analysis, cycle), told)
        .cause(cause, confidence)
        .on(first.waiter.0, event_loop.map(|track| track.kind.word()))
        .lasting(asleep.map(|asleep| asleep.as_secs_f64()), cycle.looks as f64 / looks.max(1) as f64)
        .evidence(evidence)
        .evidence(handler(analysis, cycle))
        .evidence(asleep.map(|asleep| LockFact::NoneOnCpu { for_s: asleep.as_secs_f64() }))
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
    blame_in(analysis, stack)
}

/// `deadlock: reserve (app.py:20) and count (app.py:31) wait for each other's lock`
fn summary(analysis: &Analysis<'_>, cycle: &Cycle) -> LoopSummary {
    let place = |edge: &Edge| match blamed(analysis, edge.waiter) {
        Some(blamed) => Where::Place(blamed.place(analysis.recording)),
        None => Where::Who(Who::Thread { thread: edge.waiter, name: None }),
    };
    match cycle.edges.as_slice() {
        [own] => LoopSummary::OwnLock {
            at: place(own),
            taken: taken(analysis, own),
            between: between(analysis, own).map(|between| match between {
                Interruption::Handler(_) => Between::Handler,
                Interruption::Finalizer => Between::Finalizer,
            }),
        },
        many => LoopSummary::EachOthersLocks { waiters: many.iter().map(place).collect() },
    }
}

/// What ran between the frame that took a lock and the one that waits for it, in one thread, without being called.
enum Interruption {
    /// The handler of a signal.
    Handler(SignalHandler),
    /// `__del__`, which runs when an object dies or garbage is collected.
    Finalizer,
}

fn between(analysis: &Analysis<'_>, own: &Edge) -> Option<Interruption> {
    let (_, last) = analysis.last_snapshot()?;
    let lock = last.locks.iter().find(|lock| lock.address == own.lock)?;
    if let Some(handler) = lock.handler {
        return Some(Interruption::Handler(handler));
    }
    let StackSample::Stable(stack) = last.thread(own.waiter)?.python.as_ref()?.stack else { return None };
    let frames = analysis.recording.stack(stack);
    let taken = own.frame.and_then(|taken| frames.iter().position(|frame| *frame == taken))?;
    let mut inside = frames.iter().take(taken).filter_map(|frame| analysis.recording.code(frame.code));
    inside.any(|code| code.name == "__del__").then_some(Interruption::Finalizer)
}

/// `on_usr1 (app.py:9) handles signal 10, which came while the lock was held`
fn handler(analysis: &Analysis<'_>, cycle: &Cycle) -> Option<LockFact> {
    let [own] = cycle.edges.as_slice() else { return None };
    let Some(Interruption::Handler(handler)) = between(analysis, own) else { return None };
    let place = place_of(analysis.recording, handler.frame.code, handler.frame.line);
    Some(LockFact::HandlesSignal { place, signal: handler.signal })
}

/// Where a lock was taken, as far as that is known: the frame and the line it is on now.
fn taken(analysis: &Analysis<'_>, edge: &Edge) -> Option<Place> {
    edge.frame.map(|frame| place_of(analysis.recording, frame.code, frame.line))
}

/// `thread 71 a waits for a lock that thread 72 b holds, taken in f (app.py:9), in 150 of 150 looks`
fn wait(analysis: &Analysis<'_>, edge: &Edge, seen: usize, looks: usize) -> LockFact {
    LockFact::WaitsFor {
        waiter: thread(analysis, edge.waiter),
        holder: (edge.holder != edge.waiter).then(|| thread(analysis, edge.holder)),
        taken: taken(analysis, edge),
        looks: seen as u64,
        of: looks as u64,
    }
}

/// Who holds what the first thread waits for.
fn party(analysis: &Analysis<'_>, edge: &Edge) -> SecondParty {
    let sample = analysis.last_snapshot().and_then(|(_, last)| last.thread(edge.holder));
    let frames = match sample.and_then(|thread| thread.python.as_ref()).map(|python| python.stack) {
        Some(StackSample::Stable(stack) | StackSample::Cut(stack)) => analysis.recording.stack(stack),
        _ => &[],
    };
    if edge.holder != edge.waiter {
        return SecondParty::Holder {
            holder: Holder::Other { who: thread(analysis, edge.holder) },
            stack: places(analysis.recording, frames),
        };
    }
    let at = edge.frame.and_then(|taken| frames.iter().position(|frame| *frame == taken));
    let outer = at.and_then(|at| frames.get(at..)).unwrap_or_default();
    SecondParty::Holder { holder: Holder::SameThread, stack: places(analysis.recording, outer) }
}

fn advice(analysis: &Analysis<'_>, cycle: &Cycle) -> Advice {
    match cycle.edges.as_slice() {
        [own] if matches!(between(analysis, own), Some(Interruption::Handler(_))) => Advice::NoLockInHandler,
        [own] if matches!(between(analysis, own), Some(Interruption::Finalizer)) => Advice::NoLockInFinalizer,
        [_] => Advice::NoLockTwice,
        edges if edges.iter().any(|edge| edge.kind == LockKind::Import) => Advice::ImportFirst,
        _ => Advice::SameOrder,
    }
}
