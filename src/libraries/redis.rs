//! redis-py.

use super::{Library, Marks, Role, Row};

pub(super) const LIBRARY: Library = Library {
    name: "redis",
    packages: &["redis"],
    role: Role::Driver,
    functions: &[Row::of("redis/connection.py", &["get_connection"]).means(Marks::POOL)],
    ..Library::BARE
};
