//! AnyIO, which runs the threads of Starlette and FastAPI.

use super::{AtPool, Awaits, Library, Marks, Role, Row};

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
