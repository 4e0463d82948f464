//! Somebody: a thread or a task, by number and name.

use serde::{Deserialize, Serialize};

use crate::snapshot::{Address, ThreadId, ThreadSample};

/// Somebody.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Who {
    /// A thread.
    Thread {
        /// Its number.
        thread: ThreadId,
        /// Its name; `None` where it was not seen.
        name: Option<String>,
    },
    /// A task.
    Task {
        /// Its object.
        address: Address,
        /// Its name, where that could be read.
        name: Option<String>,
    },
}

impl From<&ThreadSample> for Who {
    fn from(thread: &ThreadSample) -> Self {
        let python = thread.python.as_ref().and_then(|python| python.name.get());
        Self::Thread { thread: thread.thread, name: python.or(thread.kernel_name.get()).cloned() }
    }
}
