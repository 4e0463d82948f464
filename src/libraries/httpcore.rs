//! httpcore, which httpx sends with.

use super::{Library, Role};

pub(super) const LIBRARY: Library =
    Library { name: "httpcore", packages: &["httpcore"], role: Role::Driver, ..Library::BARE };
