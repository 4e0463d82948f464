//! `pdb` and `bdb`: the debugger of the standard library.

use super::{ALL, Library, Marks, Role, Row};

pub(super) const LIBRARY: Library = Library {
    name: "pdb",
    packages: &["bdb", "pdb"],
    role: Role::Standard,
    functions: &[Row::of("pdb.py", ALL).means(Marks::DEBUGGER), Row::of("bdb.py", ALL).means(Marks::DEBUGGER)],
    ..Library::BARE
};
