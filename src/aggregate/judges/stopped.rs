//! The whole process is stopped by a signal or a tracer.

use super::Judge;
use crate::aggregate::{Analysis, Cause, Confidence, Finding, Kind, SecondParty, Verdict};
use crate::snapshot::{Snapshot, TaskState};

pub(super) struct StoppedProcess;

impl Judge for StoppedProcess {
    fn judge(&self, analysis: &Analysis<'_>) -> Vec<Verdict> {
        let snapshots = &analysis.recording.snapshots;
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

/// How every thread of a snapshot is stopped; `None` when one is not.
fn all_stopped(snapshot: &Snapshot) -> Option<TaskState> {
    let mut states = snapshot.threads.iter().map(|thread| thread.os.state.ok());
    let first = states.next().flatten()?;
    let stopped = |state: TaskState| matches!(state, TaskState::Stopped | TaskState::Traced);
    (stopped(first) && states.all(|state| state.is_some_and(stopped))).then_some(first)
}
