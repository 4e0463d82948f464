//! Threads and tasks as they are listed.

use super::party::holder;
use crate::classify::Holder;
use crate::snapshot::PrimitiveKind;

/// Why a stack is there in part: its inner frames were not the same in all readings.
pub const INNER_FRAMES_CHANGED: &str = "inner frames changed while they were read";
/// Why there is no stack: only `/proc` could be read.
pub const MEMORY_CLOSED: &str = "the process's memory is closed to us";
/// Why there is no stack: the thread is not Python's.
pub const NATIVE_THREAD: &str = "a native thread has no Python stack";
/// Why a task has no chain: the frames are on a thread.
pub const TASK_RUNS: &str = "it runs: see the stack of its thread";

/// What a thread does that waits for a lock, and who has it.
#[must_use]
pub fn with_holder(doing: &str, by: &Holder) -> String {
    format!("{doing}: {} has it", holder(by))
}

/// What the first of several tasks waits for, where others wait for something else.
#[must_use]
pub fn of_the_first(wait: &str) -> String {
    format!("{wait} (the first of them)")
}

/// The word of the contract for a primitive of asyncio.
#[must_use]
pub const fn primitive(kind: PrimitiveKind) -> &'static str {
    match kind {
        PrimitiveKind::Lock => "lock",
        PrimitiveKind::Event => "event",
        PrimitiveKind::Condition => "condition",
        PrimitiveKind::Semaphore => "semaphore",
        PrimitiveKind::Queue => "queue",
    }
}
