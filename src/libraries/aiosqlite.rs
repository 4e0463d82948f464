//! aiosqlite: SQLite in a thread for each connection.

use super::{ALL, Library, Marks, Role, Row};

pub(super) const LIBRARY: Library = Library {
    name: "aiosqlite",
    packages: &["aiosqlite"],
    role: Role::Driver,
    functions: &[Row::of("aiosqlite/core.py", ALL).means(Marks::SQLITE)],
    ..Library::BARE
};
