//! Where CPython keeps things.
//!
//! One struct, [`Offsets`], whatever the version. Its numbers come from two places: a table per minor version, written
//! by `scripts/offsets` from the headers of a real interpreter, and, since 3.13, the `_Py_DebugOffsets` that the target
//! itself carries; what these lack comes from the table. Neither is believed before [`validate`] has walked with it from
//! `_PyRuntime` to a code object.

mod asyncio_debug;
mod c_library;
mod coroutines;
mod debug_offsets;
mod frames;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod objects;
mod offsets;
mod opcodes;
mod tables;
mod task_fit;
mod validate;

pub use asyncio_debug::asyncio_offsets;
pub use c_library::{CLibrary, CLibraryOffsets, WaiterOffsets};
pub use coroutines::{AsyncioOffsets, GeneratorOffsets, GeneratorStates, TaskOffsets};
pub use debug_offsets::{DebugHead, debug_head, from_debug_offsets};
pub use frames::{CodeOffsets, FrameObjectOffsets, FrameOffsets, FrameRoot, InterpreterFrameOffsets, LineTable};
pub use objects::{LockOffsets, ObjectOffsets};
pub use offsets::{GilOffsets, InterpreterOffsets, Offsets, RuntimeOffsets, ThreadOffsets};
pub use opcodes::{Arguments, Does, Opcode, opcodes};
pub use tables::table;
pub use validate::{Invalid, validate};
