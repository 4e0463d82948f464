//! Who waits for whom: threads, the locks they sleep for, and the threads that hold those.

use std::collections::BTreeMap;

use super::Analysis;
use crate::snapshot::{Address, Frame, Known, LockHolder, LockKind, Snapshot, SyscallState, ThreadId, ThreadSample};

/// What is seen in fewer looks in a row can be two moments mixed: locks, holders and waiters are not read at once.
pub(super) const LOOKS_TO_BELIEVE: usize = 2;

/// A thread that waits for a lock which another one holds, or itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edge {
    /// Who waits.
    pub(super) waiter: ThreadId,
    /// For which lock.
    pub(super) lock: Address,
    /// What kind of lock it is.
    pub(super) kind: LockKind,
    /// Who holds it.
    pub(super) holder: ThreadId,
    /// The frame that took it, where that is known.
    pub(super) frame: Option<Frame>,
}

/// Threads that wait for each other, each for the next one and the last for the first. One alone waits for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cycle {
    /// The waits, from the loop's thread on, else from the thread with the lowest number.
    pub(super) edges: Vec<Edge>,
    /// In how many of the last looks in a row it was seen.
    pub(super) looks: usize,
}

/// The cycles that there are in the last looks.
#[must_use]
pub(super) fn cycles(analysis: &Analysis<'_>) -> Vec<Cycle> {
    let snapshots = &analysis.recording.snapshots;
    let Some((index, last)) = analysis.last_snapshot() else { return Vec::new() };
    let edges = edges(last);
    let mut found: Vec<Cycle> = Vec::new();
    for start in edges.keys() {
        let Some(mut cycle) = cycle_through(&edges, *start) else { continue };
        let first = cycle.iter().position(|edge| analysis.track_of(edge.waiter).is_some());
        let lowest = cycle.iter().enumerate().min_by_key(|(_, edge)| edge.waiter).map(|(at, _)| at);
        cycle.rotate_left(first.or(lowest).unwrap_or(0));
        if found.iter().any(|known| known.edges == cycle) {
            continue;
        }
        let earlier = snapshots.get(..=index).unwrap_or_default().iter().rev();
        let looks = earlier.take_while(|snapshot| has_all(snapshot, &cycle)).count();
        if looks >= LOOKS_TO_BELIEVE {
            found.push(Cycle { edges: cycle, looks });
        }
    }
    found
}

/// Who waits for whom in a snapshot, by waiter. Waits with a timeout end by themselves and are left out.
fn edges(snapshot: &Snapshot) -> BTreeMap<ThreadId, Edge> {
    let mut edges = BTreeMap::new();
    for lock in &snapshot.locks {
        let Known::Is(LockHolder::Thread { thread: holder, frame }) = lock.holder else { continue };
        for waiter in lock.waiters.iter().copied() {
            if snapshot.thread(waiter).is_some_and(waits_for_ever) {
                edges.insert(waiter, Edge { waiter, lock: lock.address, kind: lock.kind, holder, frame });
            }
        }
    }
    edges
}

/// Whether a thread sleeps in a `futex` without a timeout, its fourth argument.
fn waits_for_ever(thread: &ThreadSample) -> bool {
    matches!(thread.os.syscall, Known::Is(SyscallState::Inside { arguments: [_, _, _, 0, ..], .. }))
}

/// The cycle that comes back to this thread. Each thread waits for one lock, so there is one way to go.
fn cycle_through(edges: &BTreeMap<ThreadId, Edge>, start: ThreadId) -> Option<Vec<Edge>> {
    let mut cycle = Vec::new();
    let mut at = start;
    while cycle.len() <= edges.len() {
        let edge = edges.get(&at)?;
        cycle.push(*edge);
        if edge.holder == start {
            return Some(cycle);
        }
        at = edge.holder;
    }
    None
}

/// Whether all these waits are in a snapshot.
fn has_all(snapshot: &Snapshot, cycle: &[Edge]) -> bool {
    let now = edges(snapshot);
    let same =
        |edge: &Edge| now.get(&edge.waiter).is_some_and(|found| (found.lock, found.holder) == (edge.lock, edge.holder));
    cycle.iter().all(same)
}
