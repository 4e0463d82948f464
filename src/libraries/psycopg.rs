//! psycopg, of both generations, and their pools.

use super::{ALL, Library, Marks, Role, Row};

pub(super) const LIBRARY: Library = Library {
    name: "psycopg",
    packages: &["psycopg", "psycopg2", "psycopg_pool"],
    role: Role::Driver,
    functions: &[
        Row::of("psycopg2/pool.py", ALL).means(Marks::POOL),
        Row::of("psycopg_pool/pool.py", &["getconn", "connection", "wait"]).means(Marks::POOL),
    ],
    ..Library::BARE
};
