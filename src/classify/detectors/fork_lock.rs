//! Waiting for a lock that a thread of the parent process held when this one was forked: that thread was not copied, so
//! nobody here can let the lock go.

use super::Detector;
use crate::classify::{Activity, Cause, Doing, Holder, SecondParty, Sight};
use crate::snapshot::{Known, LockHolder, ParentLock};

pub(super) struct WaitingForForkedLock;

impl Detector for WaitingForForkedLock {
    fn detect(&self, sight: &Sight<'_>) -> Option<Activity> {
        let lock = sight.lock()?;
        let Known::Is(Some(in_parent)) = lock.in_parent else { return None };
        let guessed = match (lock.holder, in_parent) {
            (Known::Is(LockHolder::Gone), _) => false,
            // It keeps no owner. No thread here has it, and one over there does.
            (Known::Unknown(_), ParentLock::Held) => true,
            _ => return None,
        };
        let holder = Holder::ParentsThread { parent: sight.process().parent.map(|pid| pid.0) };
        let found = Activity::waiting(Cause::ForkLock, Doing::AwaitsForkedLock)
            .with(SecondParty::Holder { holder, stack: Vec::new() });
        Some(if guessed { found.guessed() } else { found })
    }
}
