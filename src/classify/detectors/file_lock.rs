//! Waiting for a lock on a file: `flock`, or `fcntl` with a command that waits.

use super::Detector;
use crate::classify::sight::descriptor_words;
use crate::classify::{Activity, Cause, Doing, Opened, OtherProcess, SecondParty, Sight};
use crate::snapshot::FileLock;

pub(super) struct WaitingForFileLock;

impl Detector for WaitingForFileLock {
    fn detect(&self, sight: &Sight<'_>) -> Option<Activity> {
        let (syscall, arguments) = sight.syscall()?;
        if !syscall.waits_for_file_lock(&arguments) {
            return None;
        }
        let path = sight.descriptor().map_or_else(|| format!("fd {}", arguments[0]), descriptor_words);
        let locks = sight.surroundings.and_then(|around| around.file_locks.get());
        let pid = sight.process().pid;
        let awaited = locks.and_then(|all| all.iter().find(|lock| lock.waiters.contains(&pid)));
        let held_by = awaited.map(|lock| holder(lock, sight)).into_iter().collect();
        let does = Doing::AwaitsFileLock { call: syscall.name.to_owned(), path: path.clone() };
        Some(Activity::waiting(Cause::FileLock, does).with(SecondParty::File { file: Opened::Path { path }, held_by }))
    }
}

/// Who holds a lock on a file.
pub(super) fn holder(lock: &FileLock, sight: &Sight<'_>) -> OtherProcess {
    let other = lock.holder != sight.process().pid;
    OtherProcess { pid: other.then_some(lock.holder.0), name: lock.holder_name.clone().filter(|_| other), state: None }
}
