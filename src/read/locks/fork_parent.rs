//! The process that this one was forked from, whose memory it copied: a lock that another thread held at that moment is
//! held in the copy for ever, because that thread was not copied.

use super::waits::WantedLock;
use super::waits::module_owner;
use crate::layout::Offsets;
use crate::memory::{LiveMemory, ReadError, little_endian};
use crate::os::processes::forked_from;
use crate::read::objects::builtin::Objects;
use crate::read::objects::known::why;
use crate::snapshot::{Known, LockKind, ParentLock, ProcessId};

/// The parent of a process that was forked and runs on without `exec`.
#[derive(Debug)]
pub(in crate::read) struct ForkParent {
    memory: Option<LiveMemory>,
}

impl ForkParent {
    /// Finds the parent; there is none of a process that runs a program of its own.
    pub(in crate::read) fn of(process: ProcessId) -> Self {
        Self { memory: forked_from(process).map(LiveMemory::new) }
    }

    /// The same lock in the parent. Both processes have it at the same address, because one is a copy of the other; an
    /// orphan's new parent has something else there, or nothing.
    pub(in crate::read) fn lock(&self, objects: Objects<'_>, lock: &WantedLock) -> Known<Option<ParentLock>> {
        let Some(memory) = &self.memory else { return Known::Is(None) };
        match state(objects, Objects::new(memory, objects.offsets), lock) {
            Ok(state) => Known::Is(state),
            Err(ReadError::Unmapped(_) | ReadError::Implausible(_)) => Known::Is(None),
            Err(error) => Known::Unknown(why(error)),
        }
    }
}

fn state(own: Objects<'_>, parent: Objects<'_>, lock: &WantedLock) -> Result<Option<ParentLock>, ReadError> {
    if own.type_of(lock.address)? != parent.type_of(lock.address)? {
        return Ok(None);
    }
    let Offsets { lock: layout, .. } = own.offsets;
    let word = |objects: Objects<'_>| objects.memory.read_u64(lock.address.plus(layout.word));
    // Up to 3.13.0 the object points to a semaphore of its own, which is made and freed with it.
    if lock.kind == LockKind::Plain && layout.locked.is_some() && word(own)? != word(parent)? {
        return Ok(None);
    }
    let is_held = match (lock.kind, layout.locked) {
        (LockKind::Import, _) => module_owner(parent, lock.address)? != 0,
        (LockKind::Recursive, _) => parent.memory.read_u64(lock.address.plus(layout.recursive_owner))? != 0,
        (LockKind::Plain, Some(locked)) => little_endian(&parent.memory.read(lock.address.plus(locked), 1)?) != 0,
        // The lowest bit of a `PyMutex` (CPython `Include/cpython/lock.h`).
        (LockKind::Plain, None) => word(parent)? & 1 != 0,
    };
    Ok(Some(if is_held { ParentLock::Held } else { ParentLock::Free }))
}
