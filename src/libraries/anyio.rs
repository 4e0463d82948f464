//! AnyIO, which runs the threads of Starlette and FastAPI.

use super::{AtPool, Awaits, Library, Marks, Role, Row};

/// The module that keeps what AnyIO keeps for each loop, and its name there.
pub const VARIABLES: (&str, &str) = ("anyio.lowlevel", "_run_vars");
/// The attribute of a `RunVar` with its name.
pub const VARIABLE_NAME: &str = "_name";
/// The name of the limiter of worker threads among those.
pub const DEFAULT_LIMITER: &str = "_default_thread_limiter";
/// The class of limiters.
pub const LIMITER: &str = "CapacityLimiter";
/// Its attributes: how many tokens there are, who has one, who waits for one.
pub const TOKENS: &str = "_total_tokens";
/// See [`TOKENS`].
pub const BORROWERS: &str = "_borrowers";
/// See [`TOKENS`].
pub const WAIT_QUEUE: &str = "_wait_queue";
/// The attribute of a worker thread with its loop, and the variable of what it runs with the future of a call.
pub const WORKER_LOOP: &str = "loop";
/// See [`WORKER_LOOP`].
pub const CALL: &str = "future";

pub(super) const LIBRARY: Library = Library {
    name: "anyio",
    packages: &["anyio"],
    role: Role::Framework,
    functions: &[
        Row::of("anyio/_backends/_asyncio.py", &["run"]).means(Marks::WORKER).runs_call("future", &[]),
        Row::of("anyio/_backends/_asyncio.py", &["run_sync_in_worker_thread"]).awaits(Awaits::Thread),
        Row::of("anyio/_backends/_asyncio.py", &["receive"]).awaits(Awaits::bytes_of(&["_transport"])),
        Row::of("anyio/_backends/_asyncio.py", &["send"]).awaits(Awaits::taker_of(&["_transport"])),
        Row::of("anyio/_backends/_asyncio.py", &["acquire_on_behalf_of"]).at_pool(AtPool::Limits),
    ],
    timeouts: &[("CancelScope", "_deadline")],
    keeps_nothing: true,
    ..Library::BARE
};
