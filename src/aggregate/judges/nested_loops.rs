//! Loops that are run inside of loops: the run further out cannot return before the one further in has, whatever it waited for.

use super::Judge;
use crate::aggregate::blame::blame_in;
use crate::aggregate::places::{place_of, places};
use crate::aggregate::{
    Advice, Analysis, Blame, Cause, Confidence, Finding, Kind, LoopSummary, SecondParty, StepFact, Subject, Verdict,
};
use crate::classify::Origin;
use crate::libraries::asyncio;
use crate::snapshot::{Frame, Snapshot, StackId, StackSample, ThreadId};

pub(super) struct NestedLoops;

/// Runs of a loop on one stack: the loop itself, one that was called from it, and one from that.
const RUNS: usize = 3;
/// What was seen for a shorter time may be two calls that end soon.
const LONG_ENOUGH_S: f64 = 2.0;

impl Judge for NestedLoops {
    fn judge(&self, analysis: &Analysis<'_>) -> Vec<Verdict> {
        let Some((_, last)) = analysis.last_snapshot() else { return Vec::new() };
        let threads = last.threads.iter().map(|thread| thread.thread);
        threads.filter_map(|thread| verdict(analysis, thread, stack(last, thread)?)).collect()
    }
}

fn stack(snapshot: &Snapshot, thread: ThreadId) -> Option<StackId> {
    match snapshot.thread(thread)?.python.as_ref()?.stack {
        StackSample::Stable(stack) => Some(stack),
        _ => None,
    }
}

/// The frames that called each run of a loop inside of another, the outermost first.
fn callers(analysis: &Analysis<'_>, stack: StackId) -> Vec<Frame> {
    let recording = analysis.recording;
    let mut runs = 0;
    let mut own: Option<Frame> = None;
    let mut found = Vec::new();
    for frame in recording.stack(stack).iter().rev() {
        if recording.code(frame.code).is_some_and(|code| code.name == asyncio::TURN) {
            runs += 1;
            found.extend(own.take().filter(|_| runs > 1));
        } else if matches!(analysis.book.code(frame.code).origin, Origin::User | Origin::Installed) {
            own = Some(*frame);
        }
    }
    if runs >= RUNS { found } else { Vec::new() }
}

fn verdict(analysis: &Analysis<'_>, thread: ThreadId, stack: StackId) -> Option<Verdict> {
    let callers = callers(analysis, stack);
    let (outer, inner) = (*callers.first()?, *callers.last()?);
    let looks = analysis.recording.snapshots.iter().rev();
    let same = looks.take_while(|snapshot| {
        self::stack(snapshot, thread).is_none_or(|stack| self::callers(analysis, stack) == callers)
    });
    let since = analysis.window();
    if same.count() < analysis.recording.snapshots.len() || since.as_secs_f64() < LONG_ENOUGH_S {
        return None;
    }
    let place = |frame: Frame| place_of(analysis.recording, frame.code, frame.line);
    let summary = LoopSummary::LoopInLoop { outer: place(outer), inner: place(inner) };
    let evidence = StepFact::NestedRuns { runs: callers.len() as u64 + 1, thread, for_s: since.as_secs_f64() };
    let blamed = blame_in(analysis, stack);
    let place = place(outer);
    let blamed = Blame {
        function: place.function.clone(),
        file: place.file.clone(),
        line: place.line,
        coroutine: blamed.and_then(|blamed| blamed.blame(analysis.recording).coroutine),
        stack: places(analysis.recording, analysis.recording.stack(stack)),
    };
    Some(
        Finding::new(Kind::TasksStuck, analysis.pid(), summary, evidence)
            .cause(Cause::FutureResult, Confidence::Likely)
            .lasting(Some(since.as_secs_f64()), 1.0)
            .stands([Subject::Thread(thread)])
            .advice(Advice::AwaitInstead)
            .blame(Some(blamed), SecondParty::None)
            .verdict(),
    )
}
