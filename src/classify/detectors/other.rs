//! What is left when no detector knows it.

use crate::classify::{Activity, Cause, Doing, Manner, Sight};
use crate::snapshot::{SyscallState, TaskState};

/// The plain facts.
pub(super) fn undecided(sight: &Sight<'_>) -> Activity {
    if let Some((syscall, _)) = sight.syscall() {
        return Activity::waiting(Cause::Unknown, Doing::InCall { call: syscall.name.to_owned() });
    }
    if let Some((number, _)) = sight.inside() {
        return Activity::waiting(Cause::Unknown, Doing::InCallNumbered { number });
    }
    let does = match (sight.thread.os.syscall.get(), sight.state()) {
        (Some(SyscallState::Outside), _) => Doing::OffCpu,
        (_, Some(TaskState::Sleeping)) => Doing::Asleep,
        _ => Doing::NotKnown,
    };
    Activity { cause: Some(Cause::Unknown), ..Activity::plain(Manner::Unclear, does) }
}
