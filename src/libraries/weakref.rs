//! `weakref`: containers that keep nothing alive.

use super::{Library, Role};

/// The type of references, which is called so since 3.9, and before.
pub const REFERENCES: [&str; 2] = ["weakref.ReferenceType", "weakref"];
/// The class of weak sets.
pub const SET: &str = "WeakSet";
/// Where a weak set or dictionary has its references.
pub const DATA: &str = "data";

pub(super) const LIBRARY: Library = Library {
    name: "weakref",
    packages: &["_weakrefset", "weakref"],
    role: Role::Standard,
    barriers: &["KeyedRef", "WeakKeyDictionary", "WeakMethod", SET, "WeakValueDictionary"],
    ..Library::BARE
};
