//! `contextlib`: entering and leaving contexts, under a lifespan its two halves.

use super::{Library, Marks, Role, Row};

/// The class of what `asynccontextmanager` makes.
pub const ASYNC_MANAGER: &str = "_AsyncGeneratorContextManager";
/// Context managers that are generators, and where they have that.
pub const OF_GENERATORS: [&str; 2] = ["_GeneratorContextManager", ASYNC_MANAGER];
/// See [`OF_GENERATORS`].
pub const GENERATOR: &str = "gen";
/// The class that FastAPI keeps dependencies in, and what it has to leave.
pub const ASYNC_STACK: &str = "AsyncExitStack";
/// See [`ASYNC_STACK`].
pub const EXITS: &str = "_exit_callbacks";

pub(super) const LIBRARY: Library = Library {
    name: "contextlib",
    packages: &["contextlib"],
    role: Role::Standard,
    functions: &[
        Row::of("contextlib.py", &["__aenter__", "__enter__", "enter_async_context", "enter_context"])
            .means(Marks::ENTER),
        Row::of("contextlib.py", &["__aexit__", "__exit__", "aclose", "close"]).means(Marks::LEAVE),
    ],
    ..Library::BARE
};
