//! Locks that threads sleep for, and who holds them.

use serde::{Deserialize, Serialize};

use super::{Address, Frame, Known, ThreadId};

/// What kind of lock it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LockKind {
    /// `threading.Lock`, which keeps no owner.
    Plain,
    /// `threading.RLock`
    Recursive,
    /// The import machinery's lock of one module.
    Import,
}

/// Who holds a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LockHolder {
    /// A thread of this process.
    Thread {
        /// Its id.
        thread: ThreadId,
        /// The frame of its that took the lock by `with`, and the line that frame is on now; `None` where only the lock
        /// says who owns it.
        frame: Option<Frame>,
    },
    /// The lock names an owner that is not among the threads of this process: it ended, or stayed behind in the process
    /// that this one was forked from.
    Gone,
}

/// The same lock in the process that this one was forked from, whose memory it copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ParentLock {
    /// It is held there now.
    Held,
    /// It is free there now.
    Free,
}

/// A signal handler that runs on top of the code it interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SignalHandler {
    /// The signal's number.
    pub signal: u8,
    /// The handler's frame.
    pub frame: Frame,
}

/// A lock that threads slept for at one instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockSample {
    /// The lock object; the same for all who wait for it.
    pub address: Address,
    /// What kind of lock it is.
    pub kind: LockKind,
    /// The module, of an import lock.
    pub module: Option<String>,
    /// The threads that sleep for it, by id.
    pub waiters: Vec<ThreadId>,
    /// Who holds it. A plain lock keeps no owner: it is found only where it was taken by `with`, or not at all.
    pub holder: Known<LockHolder>,
    /// The same lock in the parent process, of a process that was forked and runs on without `exec`; `None` when the lock
    /// was made after that, or the process was not forked. Not looked for where a thread of this process holds it.
    #[serde(default)]
    pub in_parent: Known<Option<ParentLock>>,
    /// The signal handler that waits for the lock which the code that it interrupted holds.
    #[serde(default)]
    pub handler: Option<SignalHandler>,
}
