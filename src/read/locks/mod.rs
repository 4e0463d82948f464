//! The locks that threads sleep for, and who holds them.
//!
//! `waits` says for which lock a thread sleeps, `held_slots` which frame has it in a `with` block, `handlers` whether a
//! signal handler stands between the two, `fork_parent` whether another process took it before the fork.

pub(in crate::read) mod fork_parent;
pub(in crate::read) mod handlers;
pub(in crate::read) mod held_slots;
pub(in crate::read) mod reader;
pub(in crate::read) mod waits;
