//! What gets ahead while somebody waits for it: a thread that computes, a child on a CPU, a peer whose bytes arrive.
//!
//! Who waits for such is not stuck: he is at work, by the hands of others.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::connections::by_descriptor;
use super::standing::awaited;
use super::users::place_of_user;
use super::{Analysis, Place};
use crate::classify::Who;
use crate::snapshot::{
    Actor, Address, Awaited, Census, Ending, Known, ProcessId, Snapshot, TaskCensus, TaskSample, ThreadId,
};

/// Of the window, a thread has to have computed, or stood ready to, for this share to be at work.
const AT_WORK: f64 = 0.2;
/// Bytes that arrived so lately are an answer that is coming.
const LATELY: Duration = Duration::from_secs(2);
/// Tasks that are followed.
const MOST_TASKS: usize = 32;

/// What gets ahead while somebody waits for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Progress {
    /// A thread computes.
    ThreadComputes {
        /// Where; `None` where no function of the user's is on its stack.
        place: Option<Place>,
        /// Which.
        thread: ThreadId,
    },
    /// A child is on a CPU or a disk.
    ChildWorks {
        /// Its pid.
        pid: ProcessId,
        /// Its name.
        name: String,
    },
    /// Bytes arrive.
    BytesArrive {
        /// Whose.
        peer: String,
    },
    /// A task goes on from step to step.
    TaskGoesOn {
        /// Which.
        task: Who,
    },
}

/// What gets ahead of all that a task waits for: `load_model (app.py:8) computes in thread 31`.
#[must_use]
pub(super) fn progress(
    analysis: &Analysis<'_>,
    census: &Census,
    tasks: &TaskCensus,
    task: &TaskSample,
) -> Option<Progress> {
    let mut next: Vec<Address> = vec![task.address];
    let mut seen: Vec<Address> = Vec::new();
    while let Some(address) = next.pop() {
        if seen.contains(&address) || seen.len() >= MOST_TASKS {
            continue;
        }
        seen.push(address);
        let Some(task) = tasks.task(address) else { continue };
        let ends = task.ends.get().into_iter().flatten();
        if let Some(found) =
            of_wait(analysis, census, task).or_else(|| ends.filter_map(|end| of(analysis, census, end)).next())
        {
            return Some(found);
        }
        next.extend(awaited(task));
    }
    None
}

fn of_wait(analysis: &Analysis<'_>, census: &Census, task: &TaskSample) -> Option<Progress> {
    let Known::Is(Some(wait)) = &task.wait else { return None };
    let Awaited::Executor { thread: Known::Is(thread) } = wait.on else { return None };
    of_thread(analysis, census, thread)
}

fn of(analysis: &Analysis<'_>, census: &Census, ending: &Ending) -> Option<Progress> {
    match ending {
        Ending::Thread { thread } => of_thread(analysis, census, *thread),
        Ending::Child { pid } => of_child(analysis, *pid),
        Ending::Descriptor { number, .. } => {
            let connection = by_descriptor(analysis.last_surroundings()?, *number)?;
            let received = connection.traffic.ok()?;
            let answers = received.received > 0 && received.last_received <= LATELY;
            answers.then(|| Progress::BytesArrive { peer: connection.peer.clone() })
        }
        _ => None,
    }
}

fn of_thread(analysis: &Analysis<'_>, census: &Census, thread: ThreadId) -> Option<Progress> {
    // On a crowded machine it waits for a CPU most of the time.
    let used = |snapshot: &Snapshot| {
        let cpu = snapshot.thread(thread)?.os.cpu.ok()?;
        Some((snapshot.at, cpu.on_cpu_ns.saturating_add(cpu.run_queue_ns)))
    };
    let (first, before) = analysis.recording.snapshots.iter().find_map(used)?;
    let (last, after) = analysis.recording.snapshots.iter().rev().find_map(used)?;
    let window = last.since(first).as_nanos() as f64;
    if window <= 0.0 || (after.saturating_sub(before) as f64) < AT_WORK * window {
        return None;
    }
    let place = place_of_user(analysis, census, Actor::Thread(thread));
    Some(Progress::ThreadComputes { place, thread })
}

fn of_child(analysis: &Analysis<'_>, pid: ProcessId) -> Option<Progress> {
    let children = analysis.recording.surroundings.iter().filter_map(|around| around.children.get());
    let child = children.flatten().find(|child| child.pid == pid && matches!(child.state, 'R' | 'D'))?;
    Some(Progress::ChildWorks { pid, name: child.name.clone() })
}
