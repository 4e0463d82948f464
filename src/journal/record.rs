//! What a capture consists of.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::snapshot::{
    Census, Code, Cost, Excerpt, Frame, InterpreterSample, Ledger, LockSample, LoopSample, Moment, Process, ProcessId,
    Snapshot, Supervisor, Surroundings, ThreadId, ThreadSample, Why, each,
};

/// The first bytes of every capture. The first of them is not ASCII, so that nobody takes a capture for text.
pub const MAGIC: [u8; 8] = *b"\x89HANGSPY";

/// The format's number, behind [`MAGIC`] as a little-endian `u32`. Changed when an older reader would misread what is
/// written, not when a field is added.
pub const FORMAT: u32 = 1;

/// Code objects, stacks or excerpts in one record, so that no record is larger than a block may be. The reader takes no more:
/// an empty stack is one byte on disk and two dozen in memory.
pub(super) const MOST_PER_RECORD: usize = 256;

/// What a stack takes beside its frames once it is kept: its place in a vector that grows by doubling, and what it means
/// (measured with 22 million empty ones).
const BYTES_PER_STACK: usize = 80;

/// One piece of a run. Processes are numbered by the order of their records, and must be introduced before use.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Record<'a> {
    /// Which hangspy, and what the user asked for. The first record.
    Run { tool: Cow<'a, str>, asked: Cow<'a, str> },
    /// The next process.
    Process(Cow<'a, Process>),
    /// Code objects, numbered on from those before, at most [`MOST_PER_RECORD`].
    Codes(u16, #[serde(deserialize_with = "few")] Cow<'a, [Code]>),
    /// Stacks, numbered on from those before, at most [`MOST_PER_RECORD`].
    Stacks(u16, #[serde(deserialize_with = "few")] Cow<'a, [Vec<Frame>]>),
    /// What was true at one instant.
    Snapshot(u16, Instant<'a>),
    /// What surrounded the threads.
    Surroundings(u16, Box<Cow<'a, Surroundings>>),
    /// Tasks, pools and requests.
    Census(u16, Cow<'a, Census>),
    /// Source lines, at most [`MOST_PER_RECORD`].
    Excerpts(u16, #[serde(deserialize_with = "few")] Cow<'a, [Excerpt]>),
    /// How the sampling went so far; a later one replaces an earlier one.
    Ledger(u16, Ledger),
    /// What it cost so far; a later one replaces an earlier one.
    Cost(u16, Cost),
    /// The process ended.
    Ended(u16, Moment),
    /// Who supervises it; a later one replaces an earlier one.
    Supervisor(u16, Cow<'a, Supervisor>),
    /// The run was finished: nothing is missing.
    End,
}

/// A [`Snapshot`], with the threads that did not change as references to the snapshot before.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Instant<'a> {
    at: Moment,
    took: Duration,
    interpreters: Cow<'a, [InterpreterSample]>,
    threads: Vec<ThreadEntry>,
    loops: Cow<'a, [LoopSample]>,
    #[serde(default, skip_serializing_if = "none")]
    locks: Cow<'a, [LockSample]>,
    gaps: Cow<'a, [(String, Why)]>,
}

/// A thread of a snapshot.
#[derive(Debug, Serialize, Deserialize)]
enum ThreadEntry {
    /// As in the snapshot before, at this index.
    #[serde(rename = "s")]
    Same(u32),
    /// This.
    #[serde(rename = "n")]
    New(Arc<ThreadSample>),
}

impl<'a> Instant<'a> {
    /// A snapshot in relation to the threads of the one before.
    pub(super) fn new(snapshot: &'a Snapshot, before: &[Arc<ThreadSample>]) -> Self {
        Self {
            at: snapshot.at,
            took: snapshot.took,
            interpreters: Cow::Borrowed(&snapshot.interpreters),
            threads: snapshot.threads.iter().map(|thread| ThreadEntry::new(thread, before)).collect(),
            loops: Cow::Borrowed(&snapshot.loops),
            locks: Cow::Borrowed(&snapshot.locks),
            gaps: Cow::Borrowed(&snapshot.gaps),
        }
    }

    /// The snapshot; `None` when it refers to a thread that is not in the one before.
    pub(super) fn into_snapshot(self, before: &[Arc<ThreadSample>]) -> Option<Snapshot> {
        Some(Snapshot {
            at: self.at,
            took: self.took,
            interpreters: self.interpreters.into_owned(),
            threads: self.threads.into_iter().map(|entry| entry.into_thread(before)).collect::<Option<_>>()?,
            loops: self.loops.into_owned(),
            locks: self.locks.into_owned(),
            gaps: self.gaps.into_owned(),
        })
    }
}

impl Instant<'_> {
    /// As [`Record::weight`].
    fn weight(&self) -> usize {
        let new = self.threads.iter().filter_map(|thread| match thread {
            ThreadEntry::New(thread) => Some(thread.bytes()),
            ThreadEntry::Same(_) => None,
        });
        [
            size_of::<Snapshot>(),
            new.fold(0, usize::saturating_add),
            each::<Arc<ThreadSample>>(self.threads.len()),
            each::<LoopSample>(self.loops.len()),
            each::<LockSample>(self.locks.len()),
            each::<ThreadId>(self.locks.iter().map(|lock| lock.waiters.len()).sum()),
            each::<InterpreterSample>(self.interpreters.len()),
            each::<(String, Why)>(self.gaps.len()),
        ]
        .into_iter()
        .fold(0, usize::saturating_add)
    }
}

/// The items of a record, refused while they are read when they are more than a writer puts into one.
fn few<'de, D: Deserializer<'de>, T: Clone + Deserialize<'de>>(source: D) -> Result<Cow<'static, [T]>, D::Error> {
    struct Few<T>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for Few<T> {
        type Value = Vec<T>;

        fn expecting(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(text, "at most {MOST_PER_RECORD} items")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
            let mut taken = Vec::new();
            while let Some(item) = items.next_element()? {
                if taken.len() == MOST_PER_RECORD {
                    return Err(A::Error::invalid_length(MOST_PER_RECORD + 1, &self));
                }
                taken.push(item);
            }
            Ok(taken)
        }
    }
    source.deserialize_seq(Few(PhantomData)).map(Cow::Owned)
}

/// Whether nothing sleeps for a lock, which is then not written.
fn none(locks: &[LockSample]) -> bool {
    locks.is_empty()
}

impl ThreadEntry {
    fn new(thread: &Arc<ThreadSample>, before: &[Arc<ThreadSample>]) -> Self {
        let found = before.binary_search_by_key(&thread.thread, |sample| sample.thread).ok();
        let same = found.filter(|at| {
            before.get(*at).is_some_and(|sample| Arc::ptr_eq(sample, thread) || sample.as_ref() == thread.as_ref())
        });
        match same.and_then(|at| u32::try_from(at).ok()) {
            Some(at) => Self::Same(at),
            None => Self::New(Arc::clone(thread)),
        }
    }

    fn into_thread(self, before: &[Arc<ThreadSample>]) -> Option<Arc<ThreadSample>> {
        match self {
            Self::Same(at) => before.get(usize::try_from(at).ok()?).cloned(),
            Self::New(thread) => Some(thread),
        }
    }
}

impl Record<'_> {
    /// Whether its figures are figures: a NaN would be nothing in JSON, and is in no capture that we wrote.
    pub(super) fn is_plausible(&self) -> bool {
        let is_length = |seconds: &f64| seconds.is_finite() && *seconds >= 0.0;
        match self {
            Self::Cost(_, cost) => is_length(&cost.wall_s) && cost.cpu_s.get().is_none_or(is_length),
            Self::Surroundings(_, around) => {
                let quota = around.cgroup.get().and_then(|group| group.cpu_quota.ok().flatten());
                quota.as_ref().is_none_or(is_length)
            }
            _ => true,
        }
    }

    /// About how much memory the record takes when it is kept, bytes; of some without the text in it, of which the record's own
    /// length on disk is a bound. Small records may be large in memory: an empty stack is one byte on disk.
    pub(super) fn weight(&self) -> usize {
        match self {
            Self::Codes(_, codes) => each::<Code>(codes.len()),
            Self::Stacks(_, stacks) => {
                let frames = each::<Frame>(stacks.iter().map(Vec::len).sum());
                stacks.len().saturating_mul(BYTES_PER_STACK).saturating_add(frames)
            }
            Self::Snapshot(_, instant) => instant.weight(),
            Self::Excerpts(_, excerpts) => {
                let lines = excerpts.iter().map(|excerpt| excerpt.lines.len()).sum();
                each::<Excerpt>(excerpts.len()).saturating_add(each::<(u32, String)>(lines))
            }
            Self::Process(_) => size_of::<Process>(),
            Self::Supervisor(_, supervisor) => {
                let successors = supervisor.after.as_ref().map_or(0, |after| after.successors.len());
                size_of::<Supervisor>().saturating_add(each::<ProcessId>(successors))
            }
            Self::Surroundings(_, surroundings) => surroundings.bytes(),
            Self::Census(_, census) => census.bytes(),
            Self::Run { .. } | Self::Ledger(..) | Self::Cost(..) | Self::Ended(..) | Self::End => 0,
        }
    }
}
