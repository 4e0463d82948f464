//! `sqlite3`: statements run in native code right under the caller.

use super::{ALL, Library, Marks, Native, Role, Row};

pub(super) const LIBRARY: Library = Library {
    name: "sqlite3",
    packages: &["sqlite3"],
    role: Role::Standard,
    functions: &[Row::of("sqlite3/dbapi2.py", ALL).means(Marks::SQLITE)],
    native: Some(Native {
        name: "SQLite",
        threads: &[],
        service: None,
        calls: &["commit", "execute", "executemany", "executescript", "rollback"],
        marks: Marks::SQLITE,
    }),
    ..Library::BARE
};
