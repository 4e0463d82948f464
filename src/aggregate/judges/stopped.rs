//! The whole process is stopped by a signal or a tracer.

use super::Judge;
use crate::aggregate::{Analysis, Cause, Confidence, Finding, Kind, SecondParty, Verdict};
use crate::snapshot::{Call, Snapshot, Syscall, SyscallState, TaskState, ThreadSample};

pub(super) struct StoppedProcess;

/// Fewer looks do not show that a process is frozen: one thread alone may be on the disk for a moment.
const FEWEST_LOOKS: usize = 3;

impl Judge for StoppedProcess {
    fn judge(&self, analysis: &Analysis<'_>) -> Vec<Verdict> {
        let snapshots = &analysis.recording.snapshots;
        if let Some(frozen) = frozen(analysis) {
            return vec![frozen];
        }
        let last = snapshots.iter().rev().take_while(|snapshot| all_stopped(snapshot).is_some()).count();
        // A short stop, for instance by another profiler, is over before it matters.
        if last == 0 || last * 2 < snapshots.len() {
            return Vec::new();
        }
        let traced = snapshots.last().and_then(all_stopped) == Some(TaskState::Traced);
        let tracer = analysis.last_surroundings().and_then(|around| around.tracer.ok()).flatten();
        let cause = if traced || tracer.is_some() { Cause::Debugger } else { Cause::Signal };
        let began = snapshots.get(snapshots.len() - last).map(|snapshot| snapshot.at);
        let since = began.and_then(|began| snapshots.last().map(|end| end.at.since(began).as_secs_f64()));
        let (summary, advice) = match (cause, tracer) {
            (Cause::Debugger, Some(tracer)) => (
                format!("process stopped by its tracer, pid {tracer}"),
                format!("detach or end the tracer: see what pid {tracer} is"),
            ),
            (Cause::Debugger, None) => {
                ("process stopped by a tracer".to_owned(), "detach or end the debugger".to_owned())
            }
            _ => (
                "process stopped by a signal".to_owned(),
                format!("let it go on: kill -CONT {}; then find out who sent SIGSTOP", analysis.pid()),
            ),
        };
        let evidence = format!("every thread stopped in {last} of {} looks", snapshots.len());
        let party =
            tracer.map(|tracer| SecondParty::Holder { holder: format!("tracer, pid {tracer}"), stack: Vec::new() });
        let finding = Finding::new(Kind::ProcessStopped, analysis.pid(), summary, evidence)
            .cause(cause, Confidence::Certain)
            .lasting(since, last as f64 / snapshots.len() as f64)
            .blame(None, party.unwrap_or(SecondParty::None))
            .advice(advice);
        vec![finding.verdict()]
    }
}

/// How every thread of a snapshot is stopped; `None` when one is not. Threads without Python are not read in every look,
/// and nobody stops one thread alone.
fn all_stopped(snapshot: &Snapshot) -> Option<TaskState> {
    let mut states = snapshot.threads.iter().filter_map(|thread| thread.os.state.ok());
    let first = states.next()?;
    let stopped = |state: TaskState| matches!(state, TaskState::Stopped | TaskState::Traced);
    (stopped(first) && states.all(stopped)).then_some(first)
}

/// A process in a frozen cgroup, as cgroup v1 and the suspension of a container show it: every thread is in
/// uninterruptible sleep, also those in calls that can always be interrupted.
fn frozen(analysis: &Analysis<'_>) -> Option<Verdict> {
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
    let evidence =
        format!("every thread in uninterruptible sleep in {looks} of {looks} looks, also where none sleeps so");
    let finding =
        Finding::new(Kind::ProcessStopped, analysis.pid(), "process frozen, as by a paused container", evidence)
            .cause(Cause::Unknown, Confidence::Likely)
            .lasting(Some(analysis.window().as_secs_f64()), 1.0)
            .blame(None, SecondParty::Resource { name: "the cgroup freezer".to_owned() })
            .advice("see who froze its cgroup and thaw it, for instance: docker unpause");
    Some(finding.verdict())
}
