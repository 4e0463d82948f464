//! Where CPython keeps things.

mod coroutines;
mod frames;
mod objects;
mod offsets;

pub use coroutines::{AsyncioOffsets, GeneratorOffsets, GeneratorStates, TaskOffsets};
pub use frames::{CodeOffsets, FrameObjectOffsets, FrameOffsets, FrameRoot, InterpreterFrameOffsets, LineTable};
pub use objects::{LockOffsets, ObjectOffsets};
pub use offsets::{GilOffsets, InterpreterOffsets, Offsets, RuntimeOffsets, ThreadOffsets};
