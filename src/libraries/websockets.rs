//! websockets.

use super::{Library, Role};

pub(super) const LIBRARY: Library =
    Library { name: "websockets", packages: &["websockets"], role: Role::Framework, ..Library::BARE };
