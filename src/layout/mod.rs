//! Where CPython keeps things.

mod offsets;

pub use offsets::{
    CodeOffsets, FrameObjectOffsets, FrameOffsets, FrameRoot, GeneratorOffsets, GilOffsets, InterpreterFrameOffsets,
    InterpreterOffsets, LineTable, ObjectOffsets, Offsets, RuntimeOffsets, TaskOffsets, ThreadOffsets,
};
