//! What the readers of a census have before them.

use super::allowance::Limit;
use super::objects::builtin::Objects;
use super::stacks::codes::CodeTable;
use super::stacks::table::StackTable;
use super::threads::libuv::Worker;
use super::threads::live::LiveThread;
use crate::memory::Pages;
use crate::snapshot::{Address, LockSample, ThreadId};

/// What the readers of a census read from, and what is known already.
pub(in crate::read) struct Scene<'a> {
    /// Reads through `pages`.
    pub(in crate::read) objects: Objects<'a>,
    pub(in crate::read) pages: &'a Pages<'a>,
    /// In the order in which threads refer to them.
    pub(in crate::read) interpreters: &'a [Address],
    /// Python's threads and their frames, as of the snapshot before.
    pub(in crate::read) threads: &'a [LiveThread],
    /// Locks that threads slept for, as of the snapshot before.
    pub(in crate::read) locks: &'a [LockSample],
    /// Running loops, as of the snapshot before.
    pub(in crate::read) loops: &'a [Address],
    /// Threads that run or ran them.
    pub(in crate::read) loop_threads: &'a [ThreadId],
    /// Threads of libuv, as of the last listing.
    pub(in crate::read) workers: &'a [Worker],
    pub(in crate::read) codes: &'a mut CodeTable,
    pub(in crate::read) stacks: &'a mut StackTable,
    /// What the listing of the tasks may take.
    pub(in crate::read) for_listing: Limit,
    /// What everything may take.
    pub(in crate::read) limit: Limit,
}
