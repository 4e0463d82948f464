//! `contextlib`: entering and leaving contexts, under a lifespan its two halves.

use super::{Library, Marks, Role, Row};

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
