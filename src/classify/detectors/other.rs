//! What is left when no detector knows it.

use crate::classify::{Activity, Cause, Manner, Sight};
use crate::snapshot::{SyscallState, TaskState};

/// The plain facts.
pub(super) fn undecided(sight: &Sight<'_>) -> Activity {
    if let Some((syscall, _)) = sight.syscall() {
        let words = format!("in {}", syscall.name);
        return Activity::waiting(Cause::Unknown, format!("blocked {words}"), words);
    }
    if let Some((number, _)) = sight.inside() {
        let words = format!("in system call {number}");
        return Activity::waiting(Cause::Unknown, format!("blocked {words}"), words);
    }
    let words = match (sight.thread.os.syscall.get(), sight.state()) {
        (Some(SyscallState::Outside), _) => "not on a CPU, outside of any system call",
        (_, Some(TaskState::Sleeping)) => "asleep; the kernel does not tell us in which call",
        _ => "not known",
    };
    Activity { cause: Some(Cause::Unknown), ..Activity::plain(Manner::Unclear, words) }
}
