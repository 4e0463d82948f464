//! `queue`: queues between threads.

use super::{Library, Marks, Role, Row};

pub(super) const LIBRARY: Library = Library {
    name: "queue",
    packages: &["queue"],
    role: Role::Standard,
    functions: &[Row::of("queue.py", &["get", "put", "join"]).means(Marks::QUEUE)],
    ..Library::BARE
};
