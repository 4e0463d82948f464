//! A look at the words of the loops and of the GIL alone: cheap enough for a hundred a second, all day.

use super::{Address, GilRole, GilSample, Known, Moment, Step, ThreadId};

/// One event loop at one pulse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoopPulse {
    /// The loop object.
    pub event_loop: Address,
    /// The thread that runs it.
    pub thread: ThreadId,
    /// What it is running; `Is(None)` when it is in its own poll, between steps.
    pub step: Known<Option<Step>>,
    /// When it last came back from its poll, by its own clock: its turn began then, if nobody has asked libuv for the time since.
    pub woke: Known<Moment>,
    /// What its thread has to do with the GIL.
    pub gil: Known<GilRole>,
}

/// Every loop of a process at one instant, and who has the GIL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pulse {
    /// When the reading began.
    pub at: Moment,
    /// The loops that ran when the process was last looked at as a whole, by thread.
    pub loops: Vec<LoopPulse>,
    /// The GIL of each interpreter, the main one first.
    pub gils: Vec<Known<GilSample>>,
}
