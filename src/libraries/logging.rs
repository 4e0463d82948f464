//! `logging`: handlers, each with a lock of its own.

use super::{ALL, Library, Marks, Role, Row};

pub(super) const LIBRARY: Library = Library {
    name: "logging",
    packages: &["logging"],
    role: Role::Standard,
    functions: &[
        Row::of("logging/__init__.py", ALL).means(Marks::LOGGING),
        Row::of("logging/handlers.py", ALL).means(Marks::LOGGING),
    ],
    barriers: &["Logger"],
    ..Library::BARE
};
