//! The whole process is stopped: by a signal, by a tracer, or because its control group is frozen.

use std::time::Duration;

use super::{Explains, Judge};
use crate::aggregate::{
    Advice, Analysis, Because, Cause, Confidence, Finding, KernelFact, Kind, ProcessSummary, SecondParty, Subject,
    Verdict, groups,
};
use crate::classify::{Holder, Resource};
use crate::snapshot::{Call, Known, Snapshot, Syscall, SyscallState, TaskState, ThreadSample};

pub(super) struct StoppedProcess;

/// Fewer looks do not show that a process is frozen: one thread alone may be on the disk for a moment.
const FEWEST_LOOKS: usize = 3;

impl Judge for StoppedProcess {
    fn judge(&self, analysis: &Analysis<'_>) -> Vec<Verdict> {
        let stalls = groups(analysis).into_iter().filter_map(|group| group.subject(analysis));
        halted(analysis).map(|finding| finding.tells([Subject::Stop]).tells(stalls).verdict()).into_iter().collect()
    }

    fn explains(&self) -> &'static [Explains] {
        &[Explains { when: |_, _, other| other.kind.is_trouble(), because: Because::NothingRuns }]
    }
}

/// That nothing of the process runs, and why; `None` where something does.
pub(super) fn halted(analysis: &Analysis<'_>) -> Option<Finding> {
    frozen(analysis).or_else(|| stopped(analysis)).or_else(|| looks_frozen(analysis))
}

/// By a signal or a tracer: the kernel says so of every thread.
fn stopped(analysis: &Analysis<'_>) -> Option<Finding> {
    let snapshots = &analysis.recording.snapshots;
    let last = snapshots.iter().rev().take_while(|snapshot| all_stopped(snapshot).is_some()).count();
    // A short stop, for instance by another profiler, is over before it matters.
    if last == 0 || last * 2 < snapshots.len() {
        return None;
    }
    let traced = snapshots.last().and_then(all_stopped) == Some(TaskState::Traced);
    let tracer = analysis.last_surroundings().and_then(|around| around.tracer.ok()).flatten();
    let cause = if traced || tracer.is_some() { Cause::Debugger } else { Cause::Signal };
    let tracer = tracer.map(|tracer| tracer.0);
    let (summary, advice) = match cause {
        Cause::Debugger => (ProcessSummary::Traced { tracer }, Advice::EndTracer { tracer }),
        _ => (ProcessSummary::Stopped, Advice::Continue),
    };
    let evidence = KernelFact::AllStopped { looks: last as u64, of: snapshots.len() as u64 };
    let party = tracer.map(|pid| SecondParty::Holder { holder: Holder::Tracer { pid }, stack: Vec::new() });
    let finding = Finding::new(Kind::ProcessStopped, analysis.pid(), summary, evidence)
        .cause(cause, Confidence::Certain)
        .lasting(Some(halted_for(analysis, last).as_secs_f64()), last as f64 / snapshots.len() as f64)
        .hurts_users_of(analysis, analysis.tracks.first())
        .blame(None, party.unwrap_or(SecondParty::None))
        .advice(advice);
    Some(finding)
}

/// By the freezer: the control group says so.
fn frozen(analysis: &Analysis<'_>) -> Option<Finding> {
    let readings = &analysis.recording.surroundings;
    let frozen = readings.iter().rev().take_while(|around| matches!(around.frozen, Known::Is(Some(_)))).count();
    if frozen == 0 || frozen * 2 < readings.len() {
        return None;
    }
    let group = analysis.last_surroundings()?.frozen.get()?.clone()?;
    let since = readings.get(readings.len() - frozen)?.at;
    let looks = analysis.recording.snapshots.iter().filter(|snapshot| snapshot.at >= since).count();
    let evidence = KernelFact::GroupFrozen { readings: frozen as u64, of: readings.len() as u64 };
    let share = looks as f64 / analysis.recording.snapshots.len().max(1) as f64;
    let finding = Finding::new(Kind::ProcessStopped, analysis.pid(), ProcessSummary::Frozen, evidence)
        .cause(Cause::Freezer, Confidence::Certain)
        .lasting(Some(halted_for(analysis, looks).as_secs_f64()), share)
        .hurts_users_of(analysis, analysis.tracks.first())
        .blame(None, SecondParty::Resource { resource: Resource::Freezer { group: Some(group.clone()) } })
        .advice(Advice::Thaw { group: Some(group) });
    Some(finding)
}

/// As cgroup v1 and the suspension of a container show it where the freezer itself cannot be read: every thread is in
/// uninterruptible sleep, also those in calls that can always be interrupted.
fn looks_frozen(analysis: &Analysis<'_>) -> Option<Finding> {
    let snapshots = &analysis.recording.snapshots;
    let held = |snapshot: &Snapshot| {
        let mut told = snapshot.threads.iter().filter_map(|thread| thread.os.state.ok()).peekable();
        told.peek().is_some() && told.all(|state| state == TaskState::DiskSleep)
    };
    let interruptible = |thread: &ThreadSample| match thread.os.syscall.ok() {
        Some(SyscallState::Inside { number, .. }) => {
            Syscall::of(number).is_some_and(|known| matches!(known.call, Call::Epoll | Call::Futex | Call::Sleep))
        }
        _ => false,
    };
    let threads = || snapshots.iter().flat_map(|snapshot| &snapshot.threads);
    if snapshots.len() < FEWEST_LOOKS || !snapshots.iter().all(held) || !threads().any(|thread| interruptible(thread)) {
        return None;
    }
    let looks = snapshots.len();
    let evidence = KernelFact::AllUninterruptible { looks: looks as u64 };
    let finding = Finding::new(Kind::ProcessStopped, analysis.pid(), ProcessSummary::Paused, evidence)
        .cause(Cause::Freezer, Confidence::Likely)
        .lasting(Some(halted_for(analysis, looks).as_secs_f64()), 1.0)
        .hurts_users_of(analysis, analysis.tracks.first())
        .blame(None, SecondParty::Resource { resource: Resource::Freezer { group: None } })
        .advice(Advice::Thaw { group: None });
    Some(finding)
}

/// How every thread of a snapshot is stopped; `None` when one is not. Threads without Python are not read in every look,
/// and nobody stops one thread alone.
fn all_stopped(snapshot: &Snapshot) -> Option<TaskState> {
    let mut states = snapshot.threads.iter().filter_map(|thread| thread.os.state.ok());
    let first = states.next()?;
    let stopped = |state: TaskState| matches!(state, TaskState::Stopped | TaskState::Traced);
    (stopped(first) && states.all(stopped)).then_some(first)
}

/// For how long nothing has run, of which these last looks saw a part. A thread wakes for an instant to be stopped, and has
/// slept since; so the one that slept least says since when.
fn halted_for(analysis: &Analysis<'_>, looks: usize) -> Duration {
    let snapshots = &analysis.recording.snapshots;
    let first = snapshots.len().checked_sub(looks).and_then(|index| snapshots.get(index));
    let seen = first.zip(snapshots.last()).map_or(Duration::ZERO, |(first, last)| last.at.since(first.at));
    let asleep = snapshots.last().into_iter().flat_map(|last| &last.threads);
    asleep.filter_map(|thread| thread.os.asleep_for.ok()).min().map_or(seen, |asleep| asleep.max(seen))
}
