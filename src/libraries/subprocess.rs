//! `subprocess`: children, started and waited for.

use super::{ALL, Library, Marks, Role, Row};

pub(super) const LIBRARY: Library = Library {
    name: "subprocess",
    packages: &["subprocess"],
    role: Role::Standard,
    functions: &[Row::of("subprocess.py", ALL).means(Marks::CHILD)],
    ..Library::BARE
};
