//! Event loops that no thread runs, and threads that wait for them.

use std::collections::BTreeMap;
use std::time::Duration;

use super::evidence::LoopIs;
use super::{Analysis, StepFact, Track, thread};
use crate::classify::Who;
use crate::snapshot::{Address, Census, Handover, Snapshot, ThreadId};

/// How gaps of snapshots begin in which a thread that runs a loop can have been overlooked.
const OVERLOOKED: [&str; 3] = ["threads", "kernel ids of", "event loop of thread"];
/// So many looks at all threads it takes to say that none of them runs a loop.
const FEWEST_LOOKS: usize = 3;

/// A loop that no thread runs, while threads wait for coroutines which they handed to it.
#[derive(Clone, Debug)]
pub(super) struct DeadLoop<'a> {
    /// The loop object.
    pub(super) address: Address,
    /// The waits that were there at an earlier look too.
    pub(super) waits: Vec<&'a Handover>,
    /// For how long all of them have been there at least.
    pub(super) since: Duration,
    /// Another thread that has, or had at an earlier look, the loop among its variables.
    pub(super) owner: Option<ThreadId>,
    /// Whether such a thread was looked for everywhere, in one of the looks at least.
    pub(super) searched: bool,
    /// The last look at them.
    pub(super) census: &'a Census,
}

/// The loops that threads wait for at the last look and at one `apart` before it, and that ran in no look at all. Those with
/// the most waits come first.
pub(super) fn dead_loops<'a>(analysis: &Analysis<'a>, apart: Duration) -> Vec<DeadLoop<'a>> {
    let censuses: &'a [Census] = &analysis.recording.censuses;
    let Some(census) = censuses.last() else { return Vec::new() };
    let mut found: BTreeMap<Address, DeadLoop<'a>> = BTreeMap::new();
    for wait in census.handovers.iter().filter(|wait| runs_nowhere(analysis, wait.event_loop).is_some()) {
        let key = |wait: &Handover| (wait.thread, wait.future, wait.event_loop);
        let of = |census: &'a Census| census.handovers.iter().find(|other| key(other) == key(wait));
        let same = || censuses.iter().rev().take_while(|census| of(census).is_some());
        let first = same().last();
        let Some(since) = first.map(|first| census.at.since(first.at)).filter(|since| *since >= apart) else {
            continue;
        };
        let dead = found.entry(wait.event_loop).or_insert_with(|| DeadLoop {
            address: wait.event_loop,
            waits: Vec::new(),
            since,
            owner: None,
            searched: same().any(|census| !census.gaps.iter().any(|(what, _)| what == Census::WAITS_FOR_LOOPS)),
            census,
        });
        dead.waits.push(wait);
        dead.owner = dead.owner.or_else(|| same().find_map(|census| of(census)?.owner));
        dead.since = dead.since.min(since);
    }
    let mut found: Vec<DeadLoop<'a>> = found.into_values().collect();
    found.sort_by_key(|dead| std::cmp::Reverse(dead.waits.len()));
    found
}

/// Threads that wait for a loop which nobody runs at present and somebody may run again.
#[derive(Clone, Debug)]
pub struct WaitsForIdleLoop {
    /// The loop.
    pub event_loop: Address,
    /// How many wait.
    pub threads: u64,
    /// The thread that has the loop among its variables.
    pub owner: Who,
}

/// The threads that wait for such loops.
#[must_use]
pub fn waits_for_idle_loops(analysis: &Analysis<'_>) -> Vec<WaitsForIdleLoop> {
    let waits = |dead: &DeadLoop<'_>| {
        Some(WaitsForIdleLoop {
            event_loop: dead.address,
            threads: dead.waits.len() as u64,
            owner: thread(analysis, dead.owner?),
        })
    };
    dead_loops(analysis, Duration::ZERO).iter().filter_map(waits).collect()
}

/// In how many looks no thread runs a loop; `None` when one did in any look, or too few looks saw all threads.
pub(super) fn runs_nowhere(analysis: &Analysis<'_>, event_loop: Address) -> Option<u64> {
    let snapshots = &analysis.recording.snapshots;
    let overlooks = |what: &str| OVERLOOKED.iter().any(|start| what.starts_with(start));
    let whole = |snapshot: &&Snapshot| !snapshot.gaps.iter().any(|(what, _)| overlooks(what));
    let (whole, all) = (snapshots.iter().filter(whole).count(), snapshots.len());
    let ran = analysis.tracks.iter().any(|track| track.address == event_loop);
    (!ran && whole >= FEWEST_LOOKS && whole * 2 > all).then_some(whole as u64)
}

/// What the future that a loop's own thread waits for waits for in turn: the loop itself, or one that nobody runs.
pub(super) fn awaited(analysis: &Analysis<'_>, track: &Track<'_>) -> Option<StepFact> {
    let waits = &analysis.recording.censuses.last()?.handovers;
    let wait = waits.iter().find(|wait| wait.thread == track.thread)?;
    let other = analysis.tracks.iter().find(|other| other.address == wait.event_loop);
    let event_loop = match other {
        _ if wait.event_loop == track.address => LoopIs::This,
        Some(other) => LoopIs::OfThread { thread: other.thread },
        None => LoopIs::Nowhere { looks: runs_nowhere(analysis, wait.event_loop)? },
    };
    Some(StepFact::FutureOf { queued: wait.task.is_none(), event_loop })
}
