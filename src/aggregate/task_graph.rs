//! Who waits for whom among tasks and threads together, and who of them waits for ever.
//!
//! An actor is stuck when one of its waits leads to stuck actors only. Those that are left when everybody who can still be
//! let go has been taken away wait for each other, or behind those who do. A wait that a timeout ends is no such wait.

use std::collections::{BTreeMap, BTreeSet};

use super::subject::{About, Subject};
use super::{Analysis, Track};
use crate::snapshot::{
    Actor, Address, Awaited, Census, Known, LockHolder, LockKind, PrimitiveKind, Snapshot, SyscallState, TaskCensus,
    TaskHold, TaskPhase, TaskSample, ThreadId,
};

/// Why an actor waits for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// It wants a primitive of asyncio that a task holds.
    Primitive(Address, TaskHold),
    /// It wants a lock of threads that a suspended task holds.
    ThreadLock(Address, TaskHold),
    /// It wants a lock of threads that a thread holds.
    LockOfThread(Address),
    /// It awaits a task.
    Task,
    /// It awaits several, of which this is one.
    Several,
    /// It awaits a call in a thread.
    Call,
    /// Its loop's thread has to run it.
    Loop,
    /// It waits for a coroutine that it handed to a loop, which that thread runs.
    Handover,
}

/// A wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edge {
    pub(super) waiter: Actor,
    pub(super) reason: Reason,
    pub(super) other: Actor,
}

/// Ways in which an actor waits; each is enough to keep it, when all that it leads to are stuck.
type Ways = BTreeMap<Actor, Vec<Vec<Edge>>>;

/// Actors that wait for each other in a circle, with at least one task among them.
#[must_use]
pub(super) fn cycles(analysis: &Analysis<'_>) -> Vec<Vec<Edge>> {
    let (Some((census, tasks)), Some((_, last))) = (analysis.tasks(), analysis.last_snapshot()) else {
        return Vec::new();
    };
    let stuck = stuck(ways(census, tasks, last));
    let mut found: Vec<Vec<Edge>> = Vec::new();
    for start in stuck.keys() {
        let Some(cycle) = cycle_from(&stuck, *start) else { continue };
        let has_task =
            cycle.iter().any(|edge| matches!(edge.waiter, Actor::Task(_)) || edge.reason == Reason::Handover);
        if has_task && !found.iter().any(|known| known.contains(&cycle[0])) {
            found.push(cycle);
        }
    }
    found
}

/// Whether a thread that runs a loop sleeps for the lock of a thread that waits for a coroutine on that very loop.
#[must_use]
pub(super) fn waits_for_one_who_waits(analysis: &Analysis<'_>, thread: ThreadId) -> bool {
    cycles(analysis).iter().any(|cycle| {
        let own = cycle
            .iter()
            .any(|edge| edge.waiter == Actor::Thread(thread) && matches!(edge.reason, Reason::LockOfThread(_)));
        own && cycle.iter().any(|edge| edge.reason == Reason::Handover)
    })
}

/// The suspended task that holds the lock which this thread sleeps for.
#[must_use]
pub(super) fn held_across_await(analysis: &Analysis<'_>, thread: ThreadId) -> Option<TaskHold> {
    let ((_, tasks), (_, last)) = (analysis.tasks()?, analysis.last_snapshot()?);
    let lock = last.locks.iter().find(|lock| lock.waiters.contains(&thread) && lock.holder.get().is_none())?;
    let mut holders = tasks.thread_locks.iter().filter(|(held, _)| *held == lock.address).map(|(_, hold)| *hold);
    let first = holders.next()?;
    holders.next().is_none().then_some(first)
}

/// Everybody who cannot go on before those that a finding is about do: they, and who waits for them, in the end. Who waits
/// only for his turn on a loop is not among them.
#[must_use]
pub(super) fn held_up(analysis: &Analysis<'_>, about: &About) -> BTreeSet<Subject> {
    let mut held: BTreeSet<Subject> = about.stands.union(&about.holds_up).copied().collect();
    if held.is_empty() {
        return held;
    }
    let (Some((census, tasks)), Some((_, last))) = (analysis.tasks(), analysis.last_snapshot()) else { return held };
    let ways = ways(census, tasks, last);
    let waits = |way: &Vec<Edge>, held: &BTreeSet<Subject>| {
        way.iter().all(|edge| edge.reason != Reason::Loop && held.contains(&Subject::from(edge.other)))
    };
    loop {
        let waiting = ways.iter().filter(|(_, own)| own.iter().any(|way| waits(way, &held)));
        let more: Vec<Subject> = waiting.map(|(actor, _)| Subject::from(*actor)).collect();
        let known = held.len();
        held.extend(more);
        if held.len() == known {
            return held;
        }
    }
}

/// The thread of a loop, its tasks, and threads that wait for a coroutine which they handed to it.
#[must_use]
pub(super) fn on_loop(analysis: &Analysis<'_>, track: &Track<'_>) -> About {
    let census = analysis.tasks().map(|(census, _)| census);
    let tasks = census.and_then(|census| census.tasks.get()).into_iter().flat_map(|tasks| &tasks.tasks);
    let own = tasks.filter(|task| task.event_loop == track.address).map(|task| Subject::Task(task.address));
    let handed = census.into_iter().flat_map(|census| &census.handovers);
    let handed = handed.filter(|wait| wait.event_loop == track.address).map(|wait| Subject::Thread(wait.thread));
    About {
        stands: BTreeSet::from([Subject::Thread(track.thread)]),
        holds_up: own.chain(handed).collect(),
        tells: BTreeSet::new(),
    }
}

/// Takes away everybody who can still be let go.
fn stuck(mut ways: Ways) -> Ways {
    loop {
        let leads_to_stuck = |way: &Vec<Edge>| way.iter().all(|edge| ways.contains_key(&edge.other));
        let mut kept = Ways::new();
        for (actor, own) in &ways {
            let own: Vec<Vec<Edge>> = own.iter().filter(|way| leads_to_stuck(way)).cloned().collect();
            if !own.is_empty() {
                kept.insert(*actor, own);
            }
        }
        if kept.len() == ways.len() {
            return kept;
        }
        ways = kept;
    }
}

/// The circle that one comes to from this actor on, from the lowest actor of it.
fn cycle_from(stuck: &Ways, start: Actor) -> Option<Vec<Edge>> {
    let mut path: Vec<Edge> = Vec::new();
    let mut at = start;
    while path.len() <= stuck.len() {
        let edge = *stuck.get(&at)?.first()?.first()?;
        path.push(edge);
        at = edge.other;
        if let Some(begin) = path.iter().position(|edge| edge.waiter == at) {
            let mut cycle = path.split_off(begin);
            let lowest = cycle.iter().enumerate().min_by_key(|(_, edge)| edge.waiter).map_or(0, |(at, _)| at);
            cycle.rotate_left(lowest);
            return Some(cycle);
        }
    }
    None
}

fn ways(census: &Census, tasks: &TaskCensus, last: &Snapshot) -> Ways {
    let mut ways = Ways::new();
    let mut add = |way: Vec<Edge>| {
        if let Some(first) = way.first() {
            ways.entry(first.waiter).or_default().push(way);
        }
    };
    for task in tasks.tasks.iter().filter(|task| !is_timed(tasks, task)) {
        add(by_wait(tasks, task));
        if let Some(sample) = last.loops.iter().find(|sample| sample.address == task.event_loop)
            && task.phase != TaskPhase::Running
        {
            let (waiter, other) = (Actor::Task(task.address), Actor::Thread(sample.thread));
            add(vec![Edge { waiter, reason: Reason::Loop, other }]);
        }
    }
    for handover in census.handovers.iter().filter(|handover| waits_for_ever(last, handover.thread)) {
        if let Some(sample) = last.loops.iter().find(|sample| sample.address == handover.event_loop) {
            let (waiter, other) = (Actor::Thread(handover.thread), Actor::Thread(sample.thread));
            add(vec![Edge { waiter, reason: Reason::Handover, other }]);
        }
    }
    for lock in &last.locks {
        let mut holders = tasks.thread_locks.iter().filter(|(held, _)| *held == lock.address).map(|(_, hold)| hold);
        let (reason, other) = match (lock.holder, holders.next(), holders.next()) {
            (Known::Is(LockHolder::Thread { thread, .. }), None, _) => {
                (Reason::LockOfThread(lock.address), Actor::Thread(thread))
            }
            (Known::Unknown(_), Some(hold), None) if lock.kind == LockKind::Plain => {
                (Reason::ThreadLock(lock.address, *hold), Actor::Task(hold.task))
            }
            _ => continue,
        };
        for waiter in lock.waiters.iter().filter(|waiter| waits_for_ever(last, **waiter)) {
            add(vec![Edge { waiter: Actor::Thread(*waiter), reason, other }]);
        }
    }
    ways
}

/// Whether a timeout ends the task's wait, its own or that of one who waits for it.
fn is_timed(tasks: &TaskCensus, task: &TaskSample) -> bool {
    let awaiting = task.awaited_by.iter().filter_map(|awaiting| tasks.task(*awaiting));
    task.timed || awaiting.into_iter().any(|awaiting| awaiting.timed)
}

fn by_wait(tasks: &TaskCensus, task: &TaskSample) -> Vec<Edge> {
    let waiter = Actor::Task(task.address);
    let Known::Is(Some(wait)) = &task.wait else { return Vec::new() };
    let one = |reason, other| vec![Edge { waiter, reason, other }];
    match &wait.on {
        Awaited::Task(other) => one(Reason::Task, Actor::Task(*other)),
        Awaited::Gather { pending, .. } if pending.len() < TaskCensus::MOST_CHILDREN => {
            pending.iter().map(|other| Edge { waiter, reason: Reason::Several, other: Actor::Task(*other) }).collect()
        }
        Awaited::Executor { thread: Known::Is(thread) } => one(Reason::Call, Actor::Thread(*thread)),
        Awaited::Primitive(address) => match tasks.primitive(*address) {
            // Of a semaphore it is not known how many places it has.
            Some(lock) if lock.kind == PrimitiveKind::Lock && lock.value == Known::Is(1) => {
                match lock.holders.as_slice() {
                    [hold] => one(Reason::Primitive(*address, *hold), Actor::Task(hold.task)),
                    _ => Vec::new(),
                }
            }
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// Whether a thread sleeps in a `futex` without a timeout, its fourth argument.
fn waits_for_ever(last: &Snapshot, thread: ThreadId) -> bool {
    let syscall = last.thread(thread).map(|sample| sample.os.syscall);
    matches!(syscall, Some(Known::Is(SyscallState::Inside { arguments: [_, _, _, 0, ..], .. })))
}
