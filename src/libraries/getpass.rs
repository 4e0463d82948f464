//! `getpass`: asks for a password on a terminal.

use super::{ALL, Library, Marks, Role, Row};

pub(super) const LIBRARY: Library = Library {
    name: "getpass",
    packages: &["getpass"],
    role: Role::Standard,
    functions: &[Row::of("getpass.py", ALL).means(Marks::TERMINAL)],
    ..Library::BARE
};
