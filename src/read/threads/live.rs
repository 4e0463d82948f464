//! A thread's frames as they stand in the target's memory, for readers that look into frames.

use crate::snapshot::{Address, CodeId, ThreadId};

/// One frame, still with its addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiveFrame {
    /// `PyFrameObject` up to 3.10, `_PyInterpreterFrame` since.
    pub address: Address,
    /// `PyCodeObject`
    pub code_address: Address,
    /// What is kept of the code object.
    pub code: CodeId,
    /// The instruction it is at, in bytes from the first one; negative when it has not begun.
    pub instruction: i32,
}

/// One thread of the target that Python knows, in one sample.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiveThread {
    /// Its id as we see it.
    pub thread: ThreadId,
    /// `PyThreadState`
    pub state: Address,
    /// The first [`ThreadOffsets::size`](crate::layout::ThreadOffsets::size) bytes of the thread state.
    pub state_bytes: Vec<u8>,
    /// Index into [`Snapshot::interpreters`](crate::snapshot::Snapshot::interpreters).
    pub interpreter: u16,
    /// Its frames, innermost first, as far as they can be relied on: of a cut stack only the outer ones.
    pub frames: Vec<LiveFrame>,
    /// Whether `frames` is the whole stack and did not move while it was read.
    pub stable: bool,
}
