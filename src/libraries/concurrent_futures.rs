//! `concurrent.futures`: executors, their workers, and who waits for a result.

use super::{Library, Marks, Role, Row};

pub(super) const LIBRARY: Library = Library {
    name: "concurrent.futures",
    packages: &["concurrent"],
    role: Role::Standard,
    functions: &[
        Row::of("concurrent/futures/_base.py", &["result", "exception", "wait", "as_completed"]).means(Marks::FUTURE),
        Row::of("concurrent/futures/thread.py", &["_worker"]).means(Marks::WORKER),
        Row::of("concurrent/futures/thread.py", &["run"]).runs_call("self", &["future"]),
    ],
    ..Library::BARE
};
