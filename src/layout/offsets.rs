//! Where CPython keeps things: one struct, whatever the version.
//!
//! All numbers are bytes from the start of the structure. A field that a version does not have is `None`.

use super::{CodeOffsets, FrameOffsets, FrameRoot, GeneratorOffsets, LockOffsets, ObjectOffsets, TaskOffsets};
use crate::snapshot::PythonVersion;

/// Offsets of one interpreter build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offsets {
    /// The version they are of.
    pub version: PythonVersion,
    /// Whether it is a build without a GIL.
    pub free_threaded: bool,
    /// `_PyRuntimeState`
    pub runtime: RuntimeOffsets,
    /// `PyInterpreterState`
    pub interpreter: InterpreterOffsets,
    /// `struct _gil_runtime_state`
    pub gil: GilOffsets,
    /// `PyThreadState`
    pub thread: ThreadOffsets,
    /// `PyFrameObject` up to 3.10, `_PyInterpreterFrame` since
    pub frame: FrameOffsets,
    /// `PyCodeObject`
    pub code: CodeOffsets,
    /// Built-in objects.
    pub object: ObjectOffsets,
    /// `PyGenObject` and coroutines
    pub generator: GeneratorOffsets,
    /// `_asyncio.Task`
    pub task: TaskOffsets,
    /// `_thread.lock` and `_thread.RLock`
    pub lock: LockOffsets,
}

/// `_PyRuntimeState`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuntimeOffsets {
    /// `interpreters.head`: the newest interpreter.
    pub interpreters_head: usize,
    /// `interpreters.main`: the first one.
    pub interpreters_main: usize,
    /// The GIL struct itself, up to 3.11.
    pub gil: Option<usize>,
    /// `ceval.gil_drop_request` (int), 3.8 only.
    pub gil_drop_request: Option<usize>,
    /// `gc.collecting` (int), 3.8 only.
    pub collecting: Option<usize>,
}

/// `PyInterpreterState`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InterpreterOffsets {
    /// `next`
    pub next: usize,
    /// Head of the list of thread states.
    pub threads_head: usize,
    /// `sys.modules` dict (pointer).
    pub modules: usize,
    /// `ceval.gil` (pointer to the GIL struct), since 3.12.
    pub gil: Option<usize>,
    /// `ceval.gil_drop_request` (int), 3.9 to 3.12.
    pub gil_drop_request: Option<usize>,
    /// `gc.collecting` (int), since 3.9.
    pub collecting: Option<usize>,
    /// `asyncio_tasks_head` (list node), since 3.14.
    pub tasks_head: Option<usize>,
}

/// `struct _gil_runtime_state`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GilOffsets {
    /// `last_holder` (pointer to a thread state)
    pub last_holder: usize,
    /// `locked` (int)
    pub locked: usize,
    /// `switch_number` (unsigned long)
    pub switch_number: usize,
    /// `cond`: a thread that waits for the GIL sleeps inside.
    pub cond: usize,
    /// `mutex`
    pub mutex: usize,
    /// `switch_cond`: a thread that gave the GIL up on request sleeps inside.
    pub switch_cond: usize,
    /// `switch_mutex`
    pub switch_mutex: usize,
    /// Size of the struct.
    pub size: usize,
}

/// `PyThreadState` (and `_PyThreadStateImpl`, which begins with it)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThreadOffsets {
    /// `next`
    pub next: usize,
    /// `interp`
    pub interpreter: usize,
    /// The way to the innermost frame.
    pub frame_root: FrameRoot,
    /// `dict`
    pub dict: usize,
    /// `thread_id`: the `pthread_t`.
    pub thread_id: usize,
    /// `native_thread_id`: the innermost kernel thread id, since 3.11.
    pub native_thread_id: Option<usize>,
    /// `datastack_chunk`, since 3.11.
    pub datastack_chunk: Option<usize>,
    /// `datastack_top`, since 3.11.
    pub datastack_top: Option<usize>,
    /// `eval_breaker`, since 3.13; bit 0 asks the holder to drop the GIL.
    pub eval_breaker: Option<usize>,
    /// `holds_gil` (int), since 3.14.
    pub holds_gil: Option<usize>,
    /// `gil_requested` (int), since 3.15.
    pub gil_requested: Option<usize>,
    /// `_status` (bit field, unsigned int), since 3.12: bit 4 is `active`.
    pub status: Option<usize>,
    /// `state` (int), since 3.13: 1 is attached, that is, running Python or owning the right to.
    pub state: Option<usize>,
    /// `base_frame` (pointer), since 3.15: the outermost frame, a shim.
    pub base_frame: Option<usize>,
    /// `asyncio_running_loop`, since 3.13 (3.12 and before: in `dict`).
    pub running_loop: Option<usize>,
    /// `asyncio_running_task`, since 3.14.
    pub running_task: Option<usize>,
    /// `asyncio_tasks_head` (list node), since 3.14.
    pub tasks_head: Option<usize>,
    /// How many bytes to read to have all of the above except `running_*` and `tasks_head`.
    pub size: usize,
}
