//! Weighted stacks, for flame graphs.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::model::ProfileEntry;
use crate::aggregate::{Act, Analysis, Place, place_of, thread_name};
use crate::classify::{Activity, Look, Manner};
use crate::snapshot::{Frame, GilRole, Recording, StackId, StackSample, ThreadId};
use crate::words;

/// What distinguishes one entry from another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    thread: ThreadId,
    episode: Option<usize>,
    stack: StackId,
    cut: bool,
    holds_gil: bool,
    on_cpu: bool,
    idle: bool,
    doing: u32,
}

/// The words for what threads did, each kept once.
#[derive(Default)]
struct Words {
    ids: BTreeMap<String, u32>,
    /// What each thread did last, from which its words follow, and those: most do the same for thousands of looks.
    last: BTreeMap<ThreadId, (Activity, u32)>,
}

impl Words {
    fn id(&mut self, thread: ThreadId, did: Activity) -> u32 {
        if let Some((_, id)) = self.last.get(&thread).filter(|(last, _)| *last == did) {
            return *id;
        }
        let next = u32::try_from(self.ids.len()).unwrap_or(u32::MAX);
        let id = *self.ids.entry(words::did(&Act::from(&did))).or_insert(next);
        self.last.insert(thread, (did, id));
        id
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
            let did = analysis.activity(index, snapshot, thread);
            let on_cpu = did.manner == Manner::Running;
            let doing = words.id(thread.thread, did);
            let key = Key {
                thread: thread.thread,
                episode: seen.and_then(|seen| seen.1),
                stack,
                cut,
                holds_gil: python.gil.ok() == Some(GilRole::Holds),
                on_cpu,
                idle: seen.is_some_and(|seen| seen.0 == Look::Idle),
                doing,
            };
            *counts.entry(key).or_default() += 1;
            names.entry(thread.thread).or_insert_with(|| thread_name(thread));
        }
    }
    let texts: BTreeMap<u32, String> = words.ids.into_iter().map(|(text, id)| (id, text)).collect();
    let runs_loop = |thread| analysis.track_of(thread).is_some();
    let mut known: HashMap<Frame, Arc<Place>> = HashMap::new();
    let mut place = |frame: &Frame| {
        let place = known.entry(*frame).or_insert_with(|| place_of(analysis.recording, frame.code, frame.line).into());
        Arc::clone(place)
    };
    let look_ns = look_ns(analysis.recording);
    let entry = |(key, samples): (Key, u64)| {
        let stack = analysis.recording.stack(key.stack).iter().rev().map(&mut place).collect();
        ProfileEntry {
            process: analysis.pid().0,
            thread: key.thread.0,
            thread_name: names.get(&key.thread).cloned().unwrap_or_default(),
            runs_loop: runs_loop(key.thread),
            episode: key.episode,
            holds_gil: key.holds_gil,
            on_cpu: key.on_cpu,
            idle: key.idle,
            samples,
            look_ns,
            cut: key.cut,
            doing: texts.get(&key.doing).cloned().unwrap_or_default(),
            stack,
        }
    };
    counts.into_iter().map(entry).collect()
}

/// The time from one look to the next, as it was: late looks stand for more than the rate says. A single look has none, and
/// stands for what was asked for.
fn look_ns(recording: &Recording) -> u64 {
    let snapshots = &recording.snapshots;
    let times = snapshots.first().zip(snapshots.last()).map(|(first, last)| last.at.since(first.at));
    let steps = snapshots.len().saturating_sub(1) as u64;
    let asked = || 1_000_000_000_u64.checked_div(recording.ledger.rate.into());
    let seen = times.and_then(|time| u64::try_from(time.as_nanos()).ok()?.checked_div(steps));
    seen.or_else(asked).unwrap_or(0)
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
