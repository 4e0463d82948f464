//! `threading`: threads and what they wait for each other with.

use super::{Library, Marks, Role, Row};

pub(super) const LIBRARY: Library = Library {
    name: "threading",
    packages: &["threading"],
    role: Role::Standard,
    functions: &[
        Row::of("threading.py", &["join", "_wait_for_tstate_lock"]).means(Marks::JOIN),
        Row::of("threading.py", &["wait"]).means(Marks::SIGN),
    ],
    keeps_nothing: true,
    ..Library::BARE
};
