//! trio: a loop of its own, one function on the stack of its thread.

use super::{Library, Marks, Role, Row};

pub(super) const LIBRARY: Library = Library {
    name: "trio",
    packages: &["trio"],
    role: Role::Framework,
    functions: &[
        // While it waits for events its generator is suspended, and only the function that drives it is on the stack.
        Row::of("trio/_core/_run.py", &["run", "unrolled_run"]).means(Marks::LOOP.and(Marks::TRIO)),
        Row::of("trio/_core/_io_epoll.py", &["get_events"]).means(Marks::SELECT),
    ],
    ..Library::BARE
};
