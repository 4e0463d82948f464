//! One look at one step: where it is and what it does, as far as a single look tells. Less is proved than a stall proves, and that is
//! enough for a count of near misses.

use std::collections::BTreeMap;

use super::stall::explained;
use super::track::{LookAt, tracks};
use super::users_frame::users_place;
use super::{Cause, Place};
use crate::classify::Book;
use crate::snapshot::{
    CodeId, Frame, Known, Recording, Snapshot, StackId, StackSample, SyscallState, ThreadId, ThreadSample, Why,
};

/// Where one look found a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glance {
    /// The function to blame, and its line.
    pub place: Option<Place>,
    /// What it did.
    pub cause: Cause,
    /// Whether the application was being loaded or told to begin or to end: nobody is served then, and it may take its time.
    pub outside_of_service: bool,
}

impl Glance {
    /// What the loop of this thread did in a snapshot of a recording; `None` where it was found in no step.
    #[must_use]
    pub fn at_step(recording: &Recording, snapshot: &Snapshot, thread: ThreadId) -> Option<Self> {
        let recording = excerpt(recording, snapshot, &[thread]);
        let book = Book::of(&recording);
        let tracks = tracks(&recording, &book);
        let seen: &LookAt<'_> = tracks.iter().find(|track| track.thread == thread)?.looks.last()?;
        matches!(seen.step, Known::Is(Some(_))).then(|| {
            let (reason, blamed) = explained(&recording, &book, &[seen]);
            let place = blamed.map(|blamed| blamed.place(&recording));
            let outside_of_service = blamed.is_some_and(|blamed| book.stack(blamed.stack).phase.is_some());
            Self { place, cause: reason.cause, outside_of_service }
        })
    }

    /// Who had the GIL in a snapshot, while this thread waited for it; `None` where nobody else had it.
    #[must_use]
    pub fn at_holder(recording: &Recording, snapshot: &Snapshot, waits: ThreadId) -> Option<Self> {
        let holders = snapshot.interpreters.iter().filter_map(|interpreter| interpreter.gil.get());
        let holder = holders.filter(|gil| gil.locked).find_map(|gil| {
            let mut threads = snapshot.threads.iter().filter(|thread| thread.thread != waits);
            threads.find(|thread| thread.python.as_ref().is_some_and(|python| python.thread_state == gil.last_holder))
        })?;
        let recording = excerpt(recording, snapshot, &[holder.thread]);
        let book = Book::of(&recording);
        let stack = match holder.python.as_ref()?.stack {
            StackSample::Stable(_) | StackSample::Cut(_) => Known::Is(StackId(0)),
            StackSample::Torn | StackSample::Unknown(_) => Known::Unknown(Why::Torn),
        };
        let sleeps = matches!(holder.os.syscall, Known::Is(SyscallState::Inside { .. }));
        let cause = if sleeps { Cause::GilHeldWaiting } else { Cause::GilPythonThreads };
        Some(Self { place: users_place(&recording, &book, stack), cause, outside_of_service: false })
    }
}

/// A recording of one snapshot and these threads, with nothing in it that they do not need: what there is to work out for one look is
/// then little, however much was seen before.
fn excerpt(recording: &Recording, snapshot: &Snapshot, threads: &[ThreadId]) -> Recording {
    let mut excerpt = Recording::new(recording.process.clone());
    let mut codes = BTreeMap::new();
    let mut kept = Vec::new();
    for thread in snapshot.threads.iter().filter(|thread| threads.contains(&thread.thread)) {
        let mut thread: ThreadSample = (**thread).clone();
        if let Some(python) = &mut thread.python {
            let mut copied = |stack: StackId| {
                let copy = |frame: &Frame| {
                    let code = copied_code(recording, &mut excerpt, &mut codes, frame.code);
                    Frame { code, ..*frame }
                };
                let frames = recording.stack(stack).iter().map(copy).collect();
                excerpt.stacks.push(frames);
                StackId(u32::try_from(excerpt.stacks.len() - 1).unwrap_or(u32::MAX))
            };
            python.stack = match python.stack {
                StackSample::Stable(stack) => StackSample::Stable(copied(stack)),
                StackSample::Cut(stack) => StackSample::Cut(copied(stack)),
                unread => unread,
            };
        }
        kept.push(std::sync::Arc::new(thread));
    }
    let mut loops: Vec<_> = snapshot.loops.iter().filter(|one| threads.contains(&one.thread)).cloned().collect();
    for one in &mut loops {
        one.endpoint = match one.endpoint {
            Known::Is(Some(code)) => Known::Is(Some(copied_code(recording, &mut excerpt, &mut codes, code))),
            other => other,
        };
    }
    let snapshot = Snapshot { threads: kept, loops, locks: Vec::new(), gaps: Vec::new(), ..snapshot.clone() };
    excerpt.snapshots.push(snapshot);
    excerpt
}

fn copied_code(from: &Recording, into: &mut Recording, known: &mut BTreeMap<CodeId, CodeId>, code: CodeId) -> CodeId {
    *known.entry(code).or_insert_with(|| {
        into.codes.extend(from.code(code).cloned());
        CodeId(u32::try_from(into.codes.len().saturating_sub(1)).unwrap_or(u32::MAX))
    })
}
