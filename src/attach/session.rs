//! What attaching yields.

use super::PySpyWalker;
use crate::error::Gate;
use crate::layout::{AsyncioOffsets, CLibrary, Offsets};
use crate::memory::LiveMemory;
use crate::snapshot::{Address, Known, Process};

/// A process that can be looked at, and the way in.
#[derive(Debug)]
pub struct Session {
    /// The process, with version, build and reader filled in.
    pub process: Process,
    /// The C library it runs on.
    pub c_library: Known<CLibrary>,
    /// The way in.
    pub access: Access,
}

/// The way into a process.
#[derive(Debug)]
pub enum Access {
    /// Our own reader knows where this Python keeps things.
    Own(Box<OwnAccess>),
    /// py-spy's walker: stacks and threads of versions whose layout we do not know.
    PySpy(PySpyWalker),
    /// The memory is closed; `/proc` is all there is.
    ProcOnly {
        /// Who closed it.
        gate: Gate,
    },
}

/// What our own reader needs.
#[derive(Debug)]
pub struct OwnAccess {
    /// The target's memory.
    pub memory: LiveMemory,
    /// Where this interpreter keeps things; checked against the process.
    pub offsets: Offsets,
    /// Address of `_PyRuntime`.
    pub runtime: Address,
    /// What `_asyncio` says of itself, since 3.14 and once it is loaded.
    pub asyncio: Option<AsyncioOffsets>,
}
