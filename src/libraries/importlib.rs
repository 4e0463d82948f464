//! `importlib`: the import machinery, frozen and not.

use super::{ALL, Library, Marks, Role, Row};

/// The class of the locks of modules that are imported, the module's name in it, and the thread that imports.
pub const MODULE_LOCK: &str = "_ModuleLock";
/// See [`MODULE_LOCK`].
pub const MODULE_OF_LOCK: &str = "name";
/// See [`MODULE_LOCK`].
pub const OWNER: &str = "owner";

pub(super) const LIBRARY: Library = Library {
    name: "importlib",
    packages: &["importlib"],
    role: Role::Standard,
    functions: &[
        Row::of("<frozen importlib._bootstrap>", ALL).means(Marks::IMPORT),
        Row::of("<frozen importlib._bootstrap>", &["acquire", "_lock_unlock_module"]).means(Marks::MODULE_LOCK),
        Row::of("<frozen importlib._bootstrap_external>", ALL).means(Marks::IMPORT),
        Row::of("importlib/__init__.py", &["import_module", "reload"]).means(Marks::IMPORT),
        Row::of("importlib/_bootstrap.py", ALL).means(Marks::IMPORT),
        Row::of("importlib/_bootstrap.py", &["acquire", "_lock_unlock_module"]).means(Marks::MODULE_LOCK),
        Row::of("importlib/_bootstrap_external.py", ALL).means(Marks::IMPORT),
    ],
    ..Library::BARE
};
