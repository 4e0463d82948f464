//! The detectors: each knows one thing that a thread can be doing. They are asked in order; the first answer wins, so
//! the more particular ones stand before the general ones.

mod bridge;
mod child;
mod collector;
mod connection;
mod disk;
mod file_lock;
mod fork_lock;
mod gil_wait;
mod idle;
mod lock;
mod name_lookup;
mod other;
mod pipe;
mod running;
mod sleep;
mod stopped;
mod terminal;

pub(super) use idle::is_own_poll;

use super::{Activity, Cause, Manner, Sight};
use crate::libraries::Marks;
use crate::snapshot::{GilRole, TaskState};

/// Knows one thing that a thread can be doing.
pub(super) trait Detector: Sync {
    /// What the thread does, if it is this.
    fn detect(&self, sight: &Sight<'_>) -> Option<Activity>;
}

const DETECTORS: &[&dyn Detector] = &[
    &stopped::Stopped,
    &gil_wait::WaitingForGil,
    &collector::Collecting,
    &idle::Idle,
    &file_lock::WaitingForFileLock,
    &child::WaitingForChild,
    &name_lookup::LookingUpName,
    &fork_lock::WaitingForForkedLock,
    &bridge::WaitingForThread,
    &terminal::ReadingTerminal,
    &pipe::OnPipe,
    &connection::OnSocket,
    &disk::OnFile,
    &sleep::Sleeping,
    &lock::WaitingForLock,
    &running::Running,
];

/// What the thread does.
#[must_use]
pub fn activity(sight: &Sight<'_>) -> Activity {
    let found = DETECTORS.iter().find_map(|detector| detector.detect(sight));
    let mut activity = found.unwrap_or_else(|| other::undecided(sight));
    if activity.manner == Manner::Waiting && sight.inner(Marks::DEBUGGER) {
        activity = Activity { cause: Some(Cause::Debugger), guessed: false, ..activity };
    }
    let asleep = !sight.is_running() && !matches!(sight.state(), Some(TaskState::Stopped | TaskState::Traced));
    let keeps_gil = asleep && sight.gil() == Some(GilRole::Holds);
    Activity { keeps_gil, ..activity }
}
