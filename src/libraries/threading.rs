//! `threading`: threads and what they wait for each other with.

use super::{Library, Marks, Role, Row, Versions};

/// The module, its dict of threads by their identity, and where a thread has its name.
pub const MODULE: &str = "threading";
/// See [`MODULE`].
pub const ACTIVE: &str = "_active";
/// See [`MODULE`].
pub const NAME: &str = "_name";
/// Attributes of a condition: its lock, and those who wait.
pub const CONDITION_LOCK: &str = "_lock";
/// See [`CONDITION_LOCK`].
pub const WAITERS: &str = "_waiters";

pub(super) const LIBRARY: Library = Library {
    name: "threading",
    packages: &["threading"],
    role: Role::Standard,
    functions: &[
        Row::of("threading.py", &["join", "_wait_for_tstate_lock"]).means(Marks::JOIN),
        Row::of("threading.py", &["wait"]).means(Marks::SIGN),
    ],
    keeps_nothing: true,
    versions: &[("threading.py: _wait_for_tstate_lock", Versions::Before("3.13"))],
    ..Library::BARE
};
