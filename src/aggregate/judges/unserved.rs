//! A server process that never came to have a loop: something at import time does not return.

use std::time::Duration;

use super::Judge;
use crate::aggregate::blame::{Seen, blame};
use crate::aggregate::phrases::{length_words, place_words};
use crate::aggregate::{Analysis, Confidence, Finding, Kind, Verdict, advice};
use crate::classify::Manner;
use crate::snapshot::{Role, Server, StackId, StackSample, ThreadId};

pub(super) struct NeverServed;

/// The main thread waits in one call for so long.
const STUCK: Duration = Duration::from_secs(2);

impl Judge for NeverServed {
    fn judge(&self, analysis: &Analysis<'_>) -> Vec<Verdict> {
        let process = &analysis.recording.process;
        let serves = process.server != Server::Other && matches!(process.role, Role::Single | Role::Worker);
        let listens = analysis.last_surroundings().and_then(|around| around.listeners.get()).map(|all| !all.is_empty());
        if !serves || !analysis.tracks.is_empty() || listens == Some(true) && process.role == Role::Single {
            return Vec::new();
        }
        stuck(analysis).into_iter().collect()
    }
}

fn stuck(analysis: &Analysis<'_>) -> Option<Verdict> {
    let (index, last) = analysis.last_snapshot()?;
    let main = last.thread(ThreadId(analysis.pid().0))?;
    let stack = same_stack(analysis)?;
    let did = analysis.activity(index, last, main);
    let asleep = main.os.asleep_for.ok().filter(|asleep| *asleep >= STUCK)?;
    let seen = Seen { stack, looks: analysis.recording.snapshots.len(), cut: false };
    let blamed = blame(analysis.recording, &analysis.book, &[seen], false)?;
    let cause = did.cause.filter(|_| did.manner == Manner::Waiting)?;
    let place = blamed.place(analysis.recording);
    let summary = format!("startup stuck for {} in {}, {}", length_words(asleep), place_words(&place), did.clause);
    let blame = blamed.blame(analysis.recording);
    let looks = analysis.recording.snapshots.len();
    let finding = Finding::new(
        Kind::StartupStuck,
        analysis.pid(),
        summary,
        format!("main thread {} in {looks} of {looks} looks", did.doing),
    )
    .cause(cause, Confidence::Likely)
    .on(main.thread.0, None)
    .lasting(Some(asleep.as_secs_f64()), 1.0)
    .evidence(["no event loop runs in this process yet".to_owned()])
    .advice(advice::for_blocked_loop(cause, Some(&blame), &did.party))
    .blame(Some(blame), did.party);
    Some(finding.verdict())
}

/// The main thread's stack, where it is the same in every look.
fn same_stack(analysis: &Analysis<'_>) -> Option<StackId> {
    let main = ThreadId(analysis.pid().0);
    let stack = |snapshot: &crate::snapshot::Snapshot| match snapshot.thread(main)?.python.as_ref()?.stack {
        StackSample::Stable(stack) => Some(stack),
        StackSample::Cut(_) | StackSample::Torn | StackSample::Unknown(_) => None,
    };
    let mut stacks = analysis.recording.snapshots.iter().map(stack);
    let first = stacks.next()??;
    stacks.all(|other| other == Some(first)).then_some(first)
}
