//! The main thread of a process without a loop, where it is at the same place in every look.

use crate::aggregate::blame::{Blamed, Seen, blame};
use crate::aggregate::{Act, Analysis, At, StepFact};
use crate::classify::{Activity, StackFacts};
use crate::snapshot::{Snapshot, StackSample, ThreadId, ThreadSample};

/// A main thread that does not move.
pub(super) struct Standing<'a> {
    /// As it was in the last look.
    pub(super) main: &'a ThreadSample,
    /// What it did there.
    pub(super) did: Activity,
    /// Where it is.
    pub(super) blamed: Blamed,
    /// What its stack means.
    pub(super) facts: StackFacts,
    looks: usize,
}

impl<'a> Standing<'a> {
    /// `None` when the stack is not the same in every look.
    pub(super) fn of(analysis: &Analysis<'a>) -> Option<Self> {
        let pid = ThreadId(analysis.pid().0);
        let (index, last) = analysis.last_snapshot()?;
        let main = last.thread(pid)?;
        let stack = |snapshot: &Snapshot| match snapshot.thread(pid)?.python.as_ref()?.stack {
            StackSample::Stable(stack) => Some(stack),
            StackSample::Cut(_) | StackSample::Torn | StackSample::Unknown(_) => None,
        };
        let mut stacks = analysis.recording.snapshots.iter().map(stack);
        let first = stacks.next()??;
        if !stacks.all(|other| other == Some(first)) {
            return None;
        }
        let looks = analysis.recording.snapshots.len();
        let seen = Seen { stack: first, looks, cut: false };
        let blamed = blame(analysis.recording, &analysis.book, &[seen], false)?;
        let did = analysis.activity(index, last, main);
        Some(Self { main, did, blamed, facts: analysis.book.stack(first), looks })
    }

    /// `main thread in wait (app.py:4), asleep, in 150 of 150 looks`
    pub(super) fn fact(&self, analysis: &Analysis<'_>) -> StepFact {
        let at = At { place: Some(self.blamed.place(analysis.recording)), act: Some(Act::from(&self.did)) };
        StepFact::MainStands { at, looks: self.looks as u64, of: self.looks as u64 }
    }
}
