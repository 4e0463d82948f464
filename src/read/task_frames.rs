//! The frames of suspended tasks, for readers that look into them.

use super::chains::Chain;
use super::coroutines::Coroutine;
use super::live::LiveFrame;
use super::objects::Objects;
use crate::layout::FrameOffsets;
use crate::snapshot::{Address, CodeId, Frame};

/// A suspended task and its frames, innermost first.
#[derive(Clone, Debug)]
pub(super) struct TaskFrames {
    /// The task object.
    pub(super) task: Address,
    /// Where its frames are.
    pub(super) frames: Vec<LiveFrame>,
    /// The same frames as they are shown.
    pub(super) shown: Vec<Frame>,
    /// What the innermost one awaits, where that has no frame of Python's.
    pub(super) end: Option<Address>,
}

/// Tasks whose frames are kept.
pub(super) const MOST_TASKS: usize = 8192;
/// Frames of one task that are kept, from the outermost on.
const MOST_FRAMES: usize = 256;

impl TaskFrames {
    /// The frames of a chain. `shown` are the same, innermost first.
    pub(super) fn of(objects: Objects<'_>, task: Address, chain: &Chain, shown: &[Frame]) -> Self {
        let outer = chain.links.iter().take(MOST_FRAMES).rev();
        let frames: Vec<LiveFrame> = outer.map(|link| frame_of(objects, &link.coroutine, link.function.id)).collect();
        let shown = shown.get(shown.len().saturating_sub(frames.len())..).unwrap_or_default().to_vec();
        Self { task, frames, shown, end: chain.end }
    }
}

/// The frame of a coroutine or generator that is suspended; `code` is what is kept of its code object.
pub(super) fn frame_of(objects: Objects<'_>, coroutine: &Coroutine, code: CodeId) -> LiveFrame {
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
