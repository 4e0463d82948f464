//! `multiprocessing`: children that run Python, and the queues and pools between them.

use super::{ALL, Library, Marks, Role, Row};

/// What the command line of a child that was started afresh says, and the option that it has.
pub const SPAWN: &str = "multiprocessing.spawn";
/// See [`SPAWN`].
pub const FORKED: &str = "--multiprocessing-fork";
/// What the command lines of its helpers say.
pub const HELPERS: [&str; 3] =
    ["multiprocessing.resource_tracker", "multiprocessing.semaphore_tracker", "multiprocessing.forkserver"];

pub(super) const LIBRARY: Library = Library {
    name: "multiprocessing",
    packages: &["multiprocessing"],
    role: Role::Standard,
    functions: &[
        Row::of("multiprocessing/popen_fork.py", ALL).means(Marks::CHILD),
        Row::of("multiprocessing/popen_spawn_posix.py", ALL).means(Marks::CHILD),
        Row::of("multiprocessing/popen_forkserver.py", ALL).means(Marks::CHILD),
        Row::of("multiprocessing/queues.py", &["get", "put"]).means(Marks::QUEUE),
        Row::of("multiprocessing/pool.py", &["wait", "get"]).means(Marks::FUTURE),
    ],
    ..Library::BARE
};
