//! The frames of suspended tasks, for readers that look into them.

use super::chains::Chain;
use super::live::LiveFrame;
use super::objects::Objects;
use crate::layout::FrameOffsets;
use crate::snapshot::{Address, Frame};

/// A suspended task and its frames, innermost first.
#[derive(Clone, Debug)]
pub(super) struct TaskFrames {
    /// The task object.
    pub(super) task: Address,
    /// Where its frames are.
    pub(super) frames: Vec<LiveFrame>,
    /// The same frames as they are shown.
    pub(super) shown: Vec<Frame>,
}

/// Tasks whose frames are kept.
pub(super) const MOST_TASKS: usize = 8192;
/// Frames of one task that are kept, from the outermost on.
const MOST_FRAMES: usize = 256;

impl TaskFrames {
    /// The frames of a chain. `shown` are the same, innermost first.
    pub(super) fn of(objects: Objects<'_>, task: Address, chain: &Chain, shown: &[Frame]) -> Self {
        let locals = match &objects.offsets.frame {
            FrameOffsets::Object(layout) => layout.locals,
            FrameOffsets::Interpreter(layout) => layout.locals,
        };
        let outer = chain.links.iter().take(MOST_FRAMES).rev();
        let frames: Vec<LiveFrame> = outer
            .map(|link| LiveFrame {
                address: Address(link.coroutine.locals.0.wrapping_sub(locals as u64)),
                code_address: link.coroutine.code,
                code: link.function.id,
                instruction: link.coroutine.instruction,
            })
            .collect();
        let shown = shown.get(shown.len().saturating_sub(frames.len())..).unwrap_or_default().to_vec();
        Self { task, frames, shown }
    }
}
