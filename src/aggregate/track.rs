//! Every look at every loop, in the order of time.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use crate::classify::{Activity, Book, Look, Sight, activity, look};
use crate::libraries::Marks;
use crate::snapshot::{
    Address, CodeId, Known, LoopKind, LoopSample, Moment, Recording, Site, Snapshot, StackSample, Step, Surroundings,
    SyscallState, ThreadId, ThreadSample, Why,
};

/// One look at one loop.
#[derive(Clone, Debug)]
pub struct LookAt<'a> {
    /// Which snapshot.
    pub snapshot: usize,
    /// When.
    pub at: Moment,
    /// What the loop did.
    pub look: Look,
    /// What it was running.
    pub step: Known<Option<Step>>,
    /// When its turn began.
    pub turn_began: Option<Moment>,
    /// The endpoint of the request that it was running, where that is known.
    pub endpoint: Option<CodeId>,
    /// Its thread; `None` when that was not found.
    pub thread: Option<&'a ThreadSample>,
    /// What its thread did; `None` outside of steps.
    pub activity: Option<Activity>,
}

/// A loop and every look at it.
#[derive(Clone, Debug)]
pub struct Track<'a> {
    /// The loop object.
    pub address: Address,
    /// Whose implementation.
    pub kind: LoopKind,
    /// The thread that runs it.
    pub thread: ThreadId,
    /// The looks, in the order of time.
    pub looks: Vec<LookAt<'a>>,
    /// The last sample of it.
    pub last: LoopSample,
}

impl Track<'_> {
    /// How many looks saw this.
    #[must_use]
    pub fn count(&self, look: Look) -> usize {
        self.looks.iter().filter(|seen| seen.look == look).count()
    }

    /// The thread's name: Python's, else the kernel's.
    #[must_use]
    pub fn thread_name(&self) -> String {
        let last = self.looks.iter().rev().find_map(|seen| seen.thread);
        last.map(thread_name).unwrap_or_default()
    }
}

impl LookAt<'_> {
    /// The stack of the loop's thread.
    #[must_use]
    pub fn stack(&self) -> Option<StackSample> {
        self.thread.and_then(|thread| thread.python.as_ref()).map(|python| python.stack)
    }

    /// The instruction that the loop's thread is at, where that is known.
    #[must_use]
    pub fn site(&self) -> Option<&Site> {
        self.thread.and_then(|thread| thread.python.as_ref()).and_then(|python| python.site.get())
    }

    /// Whether both looks saw the same call that has not returned.
    ///
    /// Two steps are the same when no part that was read in both differs, and one at least was. Without steps (an
    /// interpreter we cannot read) only an uninterrupted sleep in the same system call proves it: a thread that went to
    /// sleep once more has one more voluntary switch.
    #[must_use]
    pub fn is_same_step(&self, other: &Self) -> bool {
        match (&self.step, &other.step) {
            (Known::Is(Some(one)), Known::Is(Some(two))) => agree(one, two),
            (Known::Unknown(_), Known::Unknown(_)) => sleeps_on(self.thread, other.thread),
            _ => false,
        }
    }
}

/// Whether two steps are one that has not returned.
pub(super) fn agree(one: &Step, two: &Step) -> bool {
    fn part<T: PartialEq>(one: &Option<T>, two: &Option<T>) -> Option<bool> {
        Some(one.as_ref()? == two.as_ref()?)
    }
    let parts = [
        part(&one.task, &two.task),
        part(&one.handle, &two.handle),
        part(&one.turn, &two.turn),
        part(&one.queue, &two.queue),
        part(&one.frame, &two.frame),
    ];
    parts.contains(&Some(true)) && !parts.contains(&Some(false))
}

fn sleeps_on(one: Option<&ThreadSample>, two: Option<&ThreadSample>) -> bool {
    let call = |thread: &ThreadSample| match thread.os.syscall.get() {
        Some(SyscallState::Inside { number, .. }) => Some(*number),
        _ => None,
    };
    let sleeps = |thread: &ThreadSample| thread.os.switches.get().map(|switches| switches.voluntary);
    let (Some(one), Some(two)) = (one, two) else { return false };
    call(one).is_some() && call(one) == call(two) && sleeps(one).is_some() && sleeps(one) == sleeps(two)
}

/// The name of a thread: Python's, else the kernel's.
#[must_use]
pub fn thread_name(thread: &ThreadSample) -> String {
    let python = thread.python.as_ref().and_then(|python| python.name.get());
    python.or(thread.kernel_name.get()).cloned().unwrap_or_default()
}

/// The surroundings read last before each snapshot; the first ones where none were read before.
#[must_use]
pub(super) fn surroundings_of(recording: &Recording) -> Vec<Option<&Surroundings>> {
    let mut next = 0;
    let mut current = recording.surroundings.first();
    let at = |snapshot: &Snapshot| {
        while let Some(around) = recording.surroundings.get(next).filter(|around| around.at <= snapshot.at) {
            current = Some(around);
            next += 1;
        }
        current
    };
    recording.snapshots.iter().map(at).collect()
}

/// Follows every loop through the recording.
#[must_use]
pub(super) fn tracks<'a>(recording: &'a Recording, book: &Book) -> Vec<Track<'a>> {
    let around = surroundings_of(recording);
    let told = recording.snapshots.iter().any(|snapshot| !snapshot.loops.is_empty());
    let mut found: BTreeMap<(ThreadId, Address), Track<'a>> = BTreeMap::new();
    for (index, snapshot) in recording.snapshots.iter().enumerate() {
        let surroundings = around.get(index).copied().flatten();
        for event_loop in loops_of(snapshot, book, told).iter() {
            let key = (event_loop.thread, event_loop.address);
            let thread = snapshot.thread(event_loop.thread);
            let before = found.get(&key).and_then(|track| track.looks.last());
            let before = before.and_then(|last| Some((last.thread?, snapshot.at.since(last.at))));
            let sight =
                |thread| Sight { recording, book, snapshot, surroundings, thread, event_loop: Some(event_loop) };
            let seen = look_at(index, snapshot, event_loop, thread, thread.map(sight), before);
            let track = found.entry(key).or_insert_with(|| Track {
                address: event_loop.address,
                kind: event_loop.kind.clone(),
                thread: event_loop.thread,
                looks: Vec::new(),
                last: event_loop.clone(),
            });
            track.last = event_loop.clone();
            track.looks.push(seen);
        }
    }
    found.into_values().collect()
}

fn look_at<'a>(
    index: usize,
    snapshot: &Snapshot,
    event_loop: &LoopSample,
    thread: Option<&'a ThreadSample>,
    sight: Option<Sight<'_>>,
    before: Option<(&ThreadSample, Duration)>,
) -> LookAt<'a> {
    let seen = sight.as_ref().map_or(Look::Unclear, |sight| look(sight, before));
    let steps = seen == Look::Step;
    LookAt {
        snapshot: index,
        at: snapshot.at,
        look: seen,
        step: event_loop.step.clone(),
        turn_began: event_loop.turn_began.ok().filter(|began| *began <= snapshot.at),
        endpoint: event_loop.endpoint.ok().flatten(),
        thread,
        activity: sight.filter(|_| steps).map(|sight| activity(&sight)),
    }
}

/// The loops of a snapshot. Where nobody could tell (`told`), threads with a loop's frames on their stack.
fn loops_of<'a>(snapshot: &'a Snapshot, book: &Book, told: bool) -> Cow<'a, [LoopSample]> {
    if told {
        return Cow::Borrowed(&snapshot.loops);
    }
    let guess = |thread: &ThreadSample| {
        let stack = match thread.python.as_ref()?.stack {
            StackSample::Stable(stack) | StackSample::Cut(stack) => book.stack(stack),
            StackSample::Torn | StackSample::Unknown(_) => return None,
        };
        let kind = match stack.all {
            marks if marks.has(Marks::TRIO) => LoopKind::Other("trio".to_owned()),
            marks if marks.has(Marks::TURN) => LoopKind::Asyncio,
            _ => LoopKind::Uvloop,
        };
        stack.under_loop.then_some(LoopSample {
            address: Address::default(),
            kind,
            thread: thread.thread,
            poll_descriptor: Known::Unknown(Why::NotInThisPython),
            step: Known::Unknown(Why::NotInThisPython),
            turn_began: Known::Unknown(Why::NotInThisPython),
            ready: Known::Unknown(Why::NotInThisPython),
            timers: Known::Unknown(Why::NotInThisPython),
            next_timer: Known::Unknown(Why::NotInThisPython),
            task: Known::Unknown(Why::NotInThisPython),
            endpoint: Known::Unknown(Why::NotInThisPython),
        })
    };
    Cow::Owned(snapshot.threads.iter().filter_map(|thread| guess(thread)).collect())
}
