//! greenlet: functions with stacks of their own, which give the turn to each other.

use super::{Library, Role};

/// The module that has the class, and the class.
pub const MODULE: &str = "greenlet";
/// The class of all greenlets; those of other libraries derive from it.
pub const CLASS: &str = "greenlet";
/// Modules that are loaded where greenlets wait in turns for one another; elsewhere they only call each other.
pub const HUBS: &[&str] = &["gevent.hub", "eventlet.hubs.hub"];

pub(super) const LIBRARY: Library =
    Library { name: "greenlet", packages: &["greenlet"], role: Role::Framework, ..Library::BARE };
