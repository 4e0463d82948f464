//! AnyIO, which runs the threads of Starlette and FastAPI.

use super::{Library, Marks, Role, Row};

pub(super) const LIBRARY: Library = Library {
    name: "anyio",
    packages: &["anyio"],
    role: Role::Framework,
    functions: &[Row::of("anyio/_backends/_asyncio.py", &["run"]).means(Marks::WORKER)],
    ..Library::BARE
};
