//! Coroutines that threads hand to an event loop and wait for.

use serde::{Deserialize, Serialize};

use super::{Address, ThreadId};

/// A thread that waits for a coroutine which it handed to an event loop: `asyncio.run_coroutine_threadsafe(...).result()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Handover {
    /// The thread that waits.
    pub thread: ThreadId,
    /// The future of `concurrent.futures` that it waits for. The same future in two censuses is the same wait.
    pub future: Address,
    /// The loop that has to run the coroutine.
    pub event_loop: Address,
    /// The task that the loop has made of it; `None` while the call stands in the loop's queue.
    pub task: Option<Address>,
    /// Of a loop that no thread runs, another thread that has it among its variables, and so may be about to run it.
    #[serde(default)]
    pub owner: Option<ThreadId>,
}
