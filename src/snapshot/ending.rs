//! What could end the wait of a task.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::known::not_read;
use super::{Address, DescriptorKind, Known, Moment, ProcessId, ThreadId};

/// Something that leads to what a task waits for, and so could end its wait.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// Its loop watches a descriptor and calls something that leads there.
    Descriptor {
        /// The number.
        number: i32,
        /// What it leads to; a connection is among those of the surroundings too.
        #[serde(default = "not_read")]
        kind: Known<DescriptorKind>,
    },
    /// A timer of its loop, or its own deadline.
    Timer {
        /// When it is due.
        due: Known<Moment>,
    },
    /// The call was told how long it may take.
    Limit {
        /// How long.
        lasts: Duration,
    },
    /// Another process was asked to answer within a time, and waits for news until then.
    Asked {
        /// How long.
        lasts: Duration,
    },
    /// A call that a thread is in.
    Thread {
        /// The thread.
        thread: ThreadId,
    },
    /// A call that stands in the queue of a thread pool.
    Queued {
        /// A thread of that pool.
        thread: ThreadId,
    },
    /// The end of a child process.
    Child {
        /// Its pid.
        pid: ProcessId,
    },
    /// Another task, which it waits for.
    Task {
        /// The task.
        task: Address,
    },
    /// A callback that its loop is about to call.
    Ready,
}
