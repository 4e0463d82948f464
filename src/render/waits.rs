//! The picture of a process whose loop waits: the chains of its tasks, one unit wide for each task, and beside them what its
//! other threads do, one unit for each thread.

use std::sync::Arc;

use crate::report::{Kind, ProfileEntry, Report};
use crate::snapshot::TaskPhase;

/// What stands under the chains of tasks, and under the threads beside them.
const TASKS: &str = "tasks";
const THREADS: &str = "threads";

/// The entries of that picture.
pub(super) fn entries(report: &Report) -> Vec<ProfileEntry> {
    let several = report.target.processes.len() > 1;
    let group = |process: u32, name: &str| if several { format!("pid {process} {name}") } else { name.to_owned() };
    let entry = |process: u32, name: &str, doing: &str, samples: u64, stack: &[crate::report::Place]| ProfileEntry {
        process,
        thread: 0,
        thread_name: group(process, name),
        runs_loop: false,
        episode: None,
        holds_gil: false,
        on_cpu: false,
        idle: false,
        samples,
        look_ns: 0,
        cut: false,
        doing: doing.to_owned(),
        stack: stack.iter().rev().cloned().map(Arc::new).collect(),
    };
    let tasks = report.tasks.iter().flat_map(|of| of.groups.iter().map(move |group| (of.process, group)));
    let tasks = tasks.filter(|(_, group)| !group.stack.is_empty());
    let tasks = tasks.map(|(process, group)| {
        let doing = match group.phase {
            TaskPhase::Waiting => format!("waits for {}", group.waits_for),
            TaskPhase::Ready => "ready".to_owned(),
            TaskPhase::Running => "running".to_owned(),
        };
        entry(process, TASKS, &doing, group.count, &group.stack)
    });
    let threads = report.threads.iter().filter(|thread| thread.python && !thread.runs_loop && !thread.stack.is_empty());
    let threads = threads.map(|thread| entry(thread.process, THREADS, &thread.doing, 1, &thread.stack));
    tasks.chain(threads).collect()
}

/// Whether the worst verdict is about what tasks wait for, and there are tasks to be drawn.
pub(super) fn is_about_waits(report: &Report) -> bool {
    let about = report.verdicts.first().is_some_and(|worst| {
        let lasting =
            matches!(worst.kind, Kind::Deadlock | Kind::StartupStuck | Kind::ShutdownStuck) && worst.thread.is_none();
        lasting || matches!(worst.kind, Kind::TasksStuck | Kind::PoolExhausted | Kind::SlowRequests)
    });
    about && report.tasks.iter().any(|of| of.groups.iter().any(|group| !group.stack.is_empty()))
}
