//! What an asyncio event loop was doing.

use serde::{Deserialize, Serialize};

use super::{Address, CodeId, Known, Moment, ThreadId};

/// Whose implementation the loop is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoopKind {
    /// The standard library's selector loop.
    Asyncio,
    /// uvloop.
    Uvloop,
    /// Another class; its type name.
    Other(String),
}

impl LoopKind {
    /// The word for it.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Asyncio => "asyncio",
            Self::Uvloop => "uvloop",
            Self::Other(name) => name,
        }
    }
}

/// A task, as far as a snapshot needs it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TaskRef {
    /// The task object.
    pub address: Address,
    /// Its name (`Task-7` or what the program chose).
    pub name: Known<String>,
}

/// The identity of the piece of work that the loop is running. Two equal steps in two snapshots are the same call that
/// has not returned; that is what tells a long block from a thousand short callbacks.
///
/// Every part that can be read takes part in the comparison; a part that cannot be read is `None` in both.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Step {
    /// The running task.
    pub task: Option<Address>,
    /// The `handle` local of `_run_once` (stock loop).
    pub handle: Option<Address>,
    /// Which turn of the loop: the bits of `_run_once`'s `end_time` local (stock), or `uv_loop_t.time` (uvloop).
    pub turn: Option<u64>,
    /// Left end of the ready deque: block address and index. Moves exactly when a callback is started.
    pub queue: Option<(u64, i64)>,
    /// The frame directly under the loop's own frames: the callback that it called.
    pub frame: Option<Address>,
}

/// One event loop at one instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoopSample {
    /// The loop object.
    pub address: Address,
    /// Whose implementation.
    pub kind: LoopKind,
    /// The thread that runs it.
    pub thread: ThreadId,
    /// The descriptor it polls: idle means waiting on this one and no other.
    pub poll_descriptor: Known<i32>,
    /// What it is running; `Is(None)` when it is in its own poll, between steps.
    pub step: Known<Option<Step>>,
    /// When the current turn of the loop began (`end_time` or `uv_loop_t.time`): a bound for how long the step can run.
    pub turn_began: Known<Moment>,
    /// Callbacks ready to run.
    pub ready: Known<u64>,
    /// Timers scheduled.
    pub timers: Known<u64>,
    /// When the earliest timer is due; `Is(None)` with no timers.
    pub next_timer: Known<Option<Moment>>,
    /// The running task; `Is(None)` when a plain callback runs or nothing does.
    pub task: Known<Option<TaskRef>>,
    /// The function that answers the request which the step runs; `Is(None)` when no route is on the stack.
    #[serde(default)]
    pub endpoint: Known<Option<CodeId>>,
}
