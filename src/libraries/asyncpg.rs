//! asyncpg.

use super::{Library, Role};

pub(super) const LIBRARY: Library =
    Library { name: "asyncpg", packages: &["asyncpg"], role: Role::Driver, ..Library::BARE };
