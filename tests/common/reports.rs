//! Reports of recordings: one for each kind of day. What was seen is made by hand; what is said of it is not.

use std::sync::Arc;

use hangspy::report::{Report, build};
use hangspy::snapshot::{Cost, Known, PoolSample, ProcessId, Recording, Role, TaskGroup, ThreadId};

use crate::scenes::PID;

#[path = "reports/blocked.rs"]
mod blocked;
#[path = "reports/closed.rs"]
mod closed;
#[path = "reports/healthy.rs"]
mod healthy;
#[path = "reports/hostile.rs"]
mod hostile;
#[path = "reports/stalls.rs"]
mod stalls;
#[path = "reports/starved.rs"]
mod starved;
#[path = "reports/workers.rs"]
mod workers;

pub(crate) use blocked::blocked;
pub(crate) use healthy::healthy;
pub(crate) use hostile::hostile;
pub(crate) use starved::starved;

/// A report and the name of its golden files.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) report: Report,
}

/// Every case, in a fixed order.
pub(crate) fn all() -> Vec<Case> {
    vec![
        Case { name: "blocked", report: blocked() },
        Case { name: "healthy", report: healthy() },
        Case { name: "workers", report: workers::workers() },
        Case { name: "starved", report: starved() },
        Case { name: "cannot-tell", report: closed::cannot_tell() },
        Case { name: "many-stalls", report: stalls::many_stalls() },
        Case { name: "hostile", report: hostile() },
    ]
}

/// The report of these recordings, of a version that stays the same.
fn told(asked: &str, mut recordings: Vec<Recording>) -> Report {
    for recording in &mut recordings {
        recording.cost = Cost { cpu_s: Known::Is(0.009), wall_s: 3.0, peak_bytes: Known::Is(14 << 20), stops: 0 };
    }
    let mut report = build(&recordings, asked);
    report.tool.version = "0.1.0".to_owned();
    report
}

/// Calls threads by these names, where there is one.
fn name_threads(recording: &mut Recording, name: impl Fn(ThreadId) -> Option<String>) {
    for thread in recording.snapshots.iter_mut().flat_map(|snapshot| &mut snapshot.threads) {
        let thread = Arc::make_mut(thread);
        if let (Some(python), Some(name)) = (&mut thread.python, name(thread.thread)) {
            python.name = Known::Is(name);
        }
    }
}

/// Counts the tasks of each census by where they are, and adds pools.
fn complete(recording: &mut Recording, pools: &[PoolSample]) {
    for census in &mut recording.censuses {
        census.pools = pools.to_vec();
        let Known::Is(tasks) = &mut census.tasks else { continue };
        let mut groups: Vec<TaskGroup> = Vec::new();
        for task in &tasks.tasks {
            match groups.iter_mut().find(|group| (group.chain, group.phase) == (task.chain, task.phase)) {
                Some(group) => group.count += 1,
                None => groups.push(TaskGroup { chain: task.chain, phase: task.phase, count: 1 }),
            }
        }
        groups.sort_by_key(|group| std::cmp::Reverse(group.count));
        tasks.groups = groups;
    }
}

/// The recording as of this process.
fn numbered(mut recording: Recording, pid: u32, role: Role) -> Recording {
    let of = |thread: ThreadId| ThreadId(thread.0 - PID + pid);
    recording.process.pid = ProcessId(pid);
    recording.process.role = role;
    for snapshot in &mut recording.snapshots {
        for thread in &mut snapshot.threads {
            let thread = Arc::make_mut(thread);
            thread.thread = of(thread.thread);
        }
        snapshot.loops.iter_mut().for_each(|event_loop| event_loop.thread = of(event_loop.thread));
    }
    recording
}
