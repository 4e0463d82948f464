//! `hangspy watch -o DIR -- COMMAND`: starts a service and watches it.
//!
//! Three processes. The one that was started, pid 1 in a container, is a `supervisor` that only hands on signals, reaps and waits; it
//! reads nothing of anybody, so that nothing a target does can end it. The `service` is its child, and so is the `watcher`, which may
//! die, be killed or run out of memory: the service keeps its parent, its number and its descriptors, and the watcher is started again.
//!
//! Who may read. Without a capability and under Yama's `ptrace_scope` 1 a process may read its descendants and those that have named
//! it, or an ancestor of it, by `PR_SET_PTRACER` (`security/yama/yama_lsm.c`: `ptracer_exception_found`). A watcher that can be
//! started again cannot stay an ancestor of the service, because a process that has lost its parent gets the supervisor or `init` as
//! its new one. So the service names the supervisor before it becomes the command: every child of the supervisor may read it then,
//! the tenth watcher as well as the first. That is kept over `exec` and is not inherited: workers that the service forks have not
//! named anybody, and under Yama they take `SYS_PTRACE`.

mod service;
mod supervisor;
mod watcher;

use std::ffi::OsString;

pub use service::become_service_if_asked;
pub(super) use watcher::settle;

use super::console::Console;
use crate::error::Result;

/// What `hangspy watch` was asked that is to start the service itself.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The service and its arguments.
    pub command: Vec<OsString>,
    /// Our own words before the command, with which the watcher is started.
    pub watcher: Vec<OsString>,
}

/// Runs the service and a watcher beside it until the service ends, and returns its exit code; of one that a signal has ended 128 and
/// the signal's number.
///
/// # Errors
///
/// When nothing can be started at all.
pub fn entry(request: &Entry, console: Console) -> Result<u8> {
    supervisor::run(request, console)
}
