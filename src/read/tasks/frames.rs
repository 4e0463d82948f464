//! The frames of suspended tasks, for readers that look into them.

use super::chains::Chain;
use super::coroutines::Coroutine;
use crate::layout::FrameOffsets;
use crate::read::objects::builtin::Objects;
use crate::read::threads::live::LiveFrame;
use crate::snapshot::{Address, CodeId, Frame};

/// A suspended task and its frames, innermost first.
#[derive(Clone, Debug)]
pub(in crate::read) struct TaskFrames {
    /// The task object.
    pub(in crate::read) task: Address,
    /// Where its frames are.
    pub(in crate::read) frames: Vec<LiveFrame>,
    /// The same frames as they are shown.
    pub(in crate::read) shown: Vec<Frame>,
    /// What the innermost one awaits, where that has no frame of Python's.
    pub(in crate::read) end: Option<Address>,
}

/// Tasks whose frames are kept.
pub(in crate::read) const MOST_TASKS: usize = 8192;
/// Frames of one task that are kept, from the outermost on.
const MOST_FRAMES: usize = 256;

impl TaskFrames {
    /// The frames of a chain. `shown` are the same, innermost first.
    pub(in crate::read) fn of(objects: Objects<'_>, task: Address, chain: &Chain, shown: &[Frame]) -> Self {
        let outer = chain.links.iter().take(MOST_FRAMES).rev();
        let frames: Vec<LiveFrame> = outer.map(|link| frame_of(objects, &link.coroutine, link.function.id)).collect();
        let shown = shown.get(shown.len().saturating_sub(frames.len())..).unwrap_or_default().to_vec();
        Self { task, frames, shown, end: chain.end }
    }
}

/// The frame of a coroutine or generator that is suspended; `code` is what is kept of its code object.
pub(in crate::read) fn frame_of(objects: Objects<'_>, coroutine: &Coroutine, code: CodeId) -> LiveFrame {
    let locals = match &objects.offsets.frame {
        FrameOffsets::Object(layout) => layout.locals,
        FrameOffsets::Interpreter(layout) => layout.locals,
    };
    LiveFrame {
        address: Address(coroutine.locals.0.wrapping_sub(locals as u64)),
        code_address: coroutine.code,
        code,
        instruction: coroutine.instruction,
    }
}
