//! uvloop: a loop written in Cython, whose own frames are not Python.

use super::{Library, Marks, Native, Role, Row};

pub(super) const LIBRARY: Library = Library {
    name: "uvloop",
    packages: &["uvloop"],
    role: Role::Framework,
    functions: &[Row::of("uvloop/__init__.py", &["run"]).means(Marks::LOOP.and(Marks::UVLOOP))],
    native: Some(Native { name: "libuv", threads: &["libuv-worker"], service: None, calls: &[], marks: Marks::NONE }),
    ..Library::BARE
};
