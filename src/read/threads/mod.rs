//! Which threads there are, whose each is, and what the kernel says of it.
//!
//! Nothing here looks into a frame: a thread is told by its state in the interpreter (`roster`), its number in the
//! kernel (`ids`), what `/proc` says of its sleep (`kernel`, `waits`), its place at the GIL (`gil`) and its name. What
//! its frames are is found by `stacks` and handed on as [`LiveThread`](live::LiveThread).

pub(in crate::read) mod gil;
pub(in crate::read) mod ids;
pub(in crate::read) mod kernel;
pub(in crate::read) mod libuv;
pub(in crate::read) mod live;
#[cfg(test)]
mod musl_tests;
pub(in crate::read) mod names;
pub(in crate::read) mod roster;
pub(in crate::read) mod waits;
