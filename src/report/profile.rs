//! Weighted stacks, for flame graphs.

use std::collections::BTreeMap;

use super::model::ProfileEntry;
use crate::aggregate::{Analysis, places, thread_name};
use crate::classify::Look;
use crate::snapshot::{
    Descriptor, GilRole, Known, Moment, Snapshot, StackId, StackSample, Surroundings, SyscallState, TaskState,
    ThreadId, ThreadSample,
};

/// What distinguishes one entry from another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    thread: ThreadId,
    episode: Option<usize>,
    stack: StackId,
    cut: bool,
    holds_gil: bool,
    idle: bool,
    doing: u32,
}

/// The words for what threads did, each kept once.
#[derive(Default)]
struct Words<'a> {
    ids: BTreeMap<String, u32>,
    /// What each thread did last and what said so: most threads do the same for thousands of looks.
    last: BTreeMap<ThreadId, (Facts<'a>, u32)>,
}

/// What the words for a thread follow from. Its times, which change with every look, are not among it.
#[derive(Clone, Copy, PartialEq)]
struct Facts<'a> {
    python: Option<(StackSample, Known<GilRole>)>,
    state: Known<TaskState>,
    syscall: Known<SyscallState>,
    waits_on: &'a [Descriptor],
    path: Option<&'a str>,
    poll_descriptor: Option<Known<i32>>,
    collecting: Option<Known<bool>>,
    /// When its surroundings were read.
    surroundings: Option<Moment>,
}

impl<'a> Facts<'a> {
    fn of(snapshot: &'a Snapshot, thread: &'a ThreadSample, surroundings: Option<&Surroundings>) -> Self {
        let python = thread.python.as_ref();
        let event_loop = snapshot.loops.iter().find(|event_loop| event_loop.thread == thread.thread);
        let interpreter = python.and_then(|python| snapshot.interpreters.get(usize::from(python.interpreter)));
        Self {
            python: python.map(|python| (python.stack, python.gil)),
            state: thread.os.state,
            syscall: thread.os.syscall,
            waits_on: &thread.os.waits_on,
            path: thread.os.path.as_deref(),
            poll_descriptor: event_loop.map(|event_loop| event_loop.poll_descriptor),
            collecting: interpreter.map(|interpreter| interpreter.collecting),
            surroundings: surroundings.map(|around| around.at),
        }
    }
}

/// The stacks of the Python threads of a process.
pub(super) fn profile(analysis: &Analysis<'_>) -> Vec<ProfileEntry> {
    let loops = looks(analysis);
    let mut words = Words::default();
    let mut counts: BTreeMap<Key, u64> = BTreeMap::new();
    let mut names: BTreeMap<ThreadId, String> = BTreeMap::new();
    for (index, snapshot) in analysis.recording.snapshots.iter().enumerate() {
        for thread in &snapshot.threads {
            let Some(python) = &thread.python else { continue };
            let (stack, cut) = match python.stack {
                StackSample::Stable(stack) => (stack, false),
                StackSample::Cut(stack) => (stack, true),
                StackSample::Torn | StackSample::Unknown(_) => continue,
            };
            let seen = loops.get(&(thread.thread, index));
            let facts = Facts::of(snapshot, thread, analysis.surroundings(index));
            let doing = words.id(thread.thread, facts, || analysis.activity(index, snapshot, thread).doing());
            let key = Key {
                thread: thread.thread,
                episode: seen.and_then(|seen| seen.1),
                stack,
                cut,
                holds_gil: python.gil.ok() == Some(GilRole::Holds),
                idle: seen.is_some_and(|seen| seen.0 == Look::Idle),
                doing,
            };
            *counts.entry(key).or_default() += 1;
            names.entry(thread.thread).or_insert_with(|| thread_name(thread));
        }
    }
    let texts: BTreeMap<u32, String> = words.ids.into_iter().map(|(text, id)| (id, text)).collect();
    let runs_loop = |thread| analysis.track_of(thread).is_some();
    let entry = |(key, samples): (Key, u64)| {
        let mut stack = places(analysis.recording, analysis.recording.stack(key.stack));
        stack.reverse();
        ProfileEntry {
            process: analysis.pid().0,
            thread: key.thread.0,
            thread_name: names.get(&key.thread).cloned().unwrap_or_default(),
            runs_loop: runs_loop(key.thread),
            episode: key.episode,
            holds_gil: key.holds_gil,
            idle: key.idle,
            samples,
            cut: key.cut,
            doing: texts.get(&key.doing).cloned().unwrap_or_default(),
            stack,
        }
    };
    counts.into_iter().map(entry).collect()
}

/// What each loop did in each snapshot, and to which stall that belongs.
fn looks(analysis: &Analysis<'_>) -> BTreeMap<(ThreadId, usize), (Look, Option<usize>)> {
    let mut looks = BTreeMap::new();
    for (track, stalls) in analysis.tracks.iter().zip(&analysis.stalls) {
        for seen in &track.looks {
            looks.insert((track.thread, seen.snapshot), (seen.look, None));
        }
        for (episode, stall) in stalls.found.iter().enumerate() {
            for seen in stall.looks.iter().filter_map(|index| track.looks.get(*index)) {
                looks.insert((track.thread, seen.snapshot), (seen.look, Some(episode)));
            }
        }
    }
    looks
}

impl<'a> Words<'a> {
    fn id(&mut self, thread: ThreadId, facts: Facts<'a>, say: impl FnOnce() -> String) -> u32 {
        if let Some((_, id)) = self.last.get(&thread).filter(|(last, _)| *last == facts) {
            return *id;
        }
        let next = u32::try_from(self.ids.len()).unwrap_or(u32::MAX);
        let id = *self.ids.entry(say()).or_insert(next);
        self.last.insert(thread, (facts, id));
        id
    }
}
