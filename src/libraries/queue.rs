//! `queue`: queues between threads.

use super::{Library, Marks, Role, Row};

/// The `deque` in which a queue has its items.
pub const ITEMS: &str = "queue";

pub(super) const LIBRARY: Library = Library {
    name: "queue",
    packages: &["queue"],
    role: Role::Standard,
    functions: &[Row::of("queue.py", &["get", "put", "join"]).means(Marks::QUEUE)],
    ..Library::BARE
};
