//! Django.

use super::{ALL, Library, Marks, Role, Row};

pub(super) const LIBRARY: Library = Library {
    name: "django",
    packages: &["django"],
    role: Role::Framework,
    functions: &[Row::of("django/db/backends/sqlite3/base.py", ALL).means(Marks::SQLITE)],
    ..Library::BARE
};
