//! pydevd, on its own or inside of debugpy: the debugger of editors.

use super::{Library, Marks, Role, Row};

pub(super) const LIBRARY: Library = Library {
    name: "pydevd",
    packages: &["pydevd"],
    role: Role::Framework,
    functions: &[Row::of("pydevd/pydevd.py", &["do_wait_suspend", "_do_wait_suspend"]).means(Marks::DEBUGGER)],
    ..Library::BARE
};
