//! `multiprocessing`: children that run Python, and the queues and pools between them.

use super::{ALL, Library, Marks, Role, Row};

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
