//! SQLAlchemy: its pool, with and without asyncio.

use super::{ALL, Library, Marks, Role, Row};

pub(super) const LIBRARY: Library = Library {
    name: "sqlalchemy",
    packages: &["sqlalchemy"],
    role: Role::Driver,
    functions: &[
        Row::of("sqlalchemy/pool/base.py", ALL).means(Marks::POOL),
        Row::of("sqlalchemy/pool/impl.py", ALL).means(Marks::POOL),
        Row::of("sqlalchemy/util/queue.py", &["get"]).means(Marks::QUEUE),
        Row::of("sqlalchemy/dialects/sqlite/base.py", ALL).means(Marks::SQLITE),
        Row::of("sqlalchemy/dialects/sqlite/pysqlite.py", ALL).means(Marks::SQLITE),
    ],
    ..Library::BARE
};
