//! What a loop does at one instant.

use std::time::Duration;

use super::detectors::is_own_poll;
use super::{Manner, Sight, activity};
use crate::snapshot::{GilRole, Known, LoopKind, TaskState, ThreadSample};

/// What a loop does at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Look {
    /// Waits in its own poll.
    Idle,
    /// Could run, and waits for the GIL.
    StarvedOfGil,
    /// Could run, and gets no CPU.
    StarvedOfCpu,
    /// Runs a step, or between two.
    Step,
    /// The whole thread is stopped.
    Stopped,
    /// The facts do not decide.
    Unclear,
}

/// Below this distance of two looks, CPU times do not tell: the kernel brings them up to date at its own ticks, every
/// 4 ms at the usual 250 Hz.
const SHORTEST_FOR_CPU: Duration = Duration::from_millis(10);
/// A thread that wants to run and got less than this share of the time is starved.
const STARVED_CPU_SHARE: f64 = 0.1;
/// One that stood in the run queue for this share of the time waited for a CPU, and did not just begin to run.
const QUEUED_SHARE: f64 = 0.5;

/// What the loop of `sight` does. `before` is its thread in the look before and how long ago that was.
#[must_use]
pub fn look(sight: &Sight<'_>, before: Option<(&ThreadSample, Duration)>) -> Look {
    match sight.state() {
        Some(TaskState::Stopped | TaskState::Traced) => return Look::Stopped,
        Some(TaskState::Zombie) => return Look::Unclear,
        _ => {}
    }
    if matches!(sight.gil(), Some(GilRole::Waits | GilRole::HandsOver)) {
        return Look::StarvedOfGil;
    }
    if is_own_poll(sight) {
        // The stock loop's step is read from memory a moment before or after the system call; a step and the poll at once
        // mean that it went from one to the other in between.
        let stock = sight.event_loop.is_some_and(|event_loop| event_loop.kind == LoopKind::Asyncio);
        let steps = sight.event_loop.is_some_and(|event_loop| matches!(event_loop.step, Known::Is(Some(_))));
        return if stock && steps { Look::Unclear } else { Look::Idle };
    }
    if sight.is_running() && before.is_some_and(|(thread, ago)| got_no_cpu(thread, sight.thread, ago)) {
        return Look::StarvedOfCpu;
    }
    match activity(sight).manner {
        Manner::Unclear => Look::Unclear,
        _ => Look::Step,
    }
}

/// Whether a thread that wanted to run in both looks was on a CPU for hardly any of the time between them, and stood in the
/// queue meanwhile: it was never picked, or waited for most of the time until it was.
fn got_no_cpu(before: &ThreadSample, now: &ThreadSample, ago: Duration) -> bool {
    let wanted = before.os.state.ok() == Some(TaskState::Running);
    let (Some(earlier), Some(later)) = (before.os.cpu.get(), now.os.cpu.get()) else { return false };
    let span = ago.as_nanos() as f64;
    let gained = later.on_cpu_ns.saturating_sub(earlier.on_cpu_ns) as f64;
    let queued = later.run_queue_ns.saturating_sub(earlier.run_queue_ns) as f64;
    let waited = later.timeslices == earlier.timeslices || queued >= span * QUEUED_SHARE;
    wanted && waited && ago >= SHORTEST_FOR_CPU && gained < span * STARVED_CPU_SHARE
}
