//! What the blamed function was seen to do, where that says more than the cause.

use crate::aggregate::Cause;
use crate::classify::{Doing, Lock};

/// What it waits for: a lock may be one of Python's, or deep in a native library that waits for a reply. `None` where the
/// phrase of the cause says it.
#[must_use]
pub fn seen(cause: Cause, doing: &Doing) -> Option<String> {
    match (cause, doing) {
        (Cause::Lock, Doing::AwaitsLock { lock: Lock::Own }) => Some("a lock that it holds itself".to_owned()),
        (Cause::Lock, Doing::AwaitsLock { lock: Lock::Logging }) => Some("a logging handler's lock".to_owned()),
        (Cause::Lock, Doing::AwaitsLock { lock: Lock::Sign }) => Some("an event or a condition".to_owned()),
        (Cause::Lock, Doing::InLibrary { library, .. }) => Some(format!("a reply: parked inside {library}")),
        (Cause::Sleep, Doing::SleepsWithin { library }) => Some(format!("{library}, which sleeps between its tries")),
        (Cause::Unknown, doing) => Some(format!("something unknown: {}", super::doing(doing))),
        _ => None,
    }
}
