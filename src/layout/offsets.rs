//! Where CPython keeps things: one struct, whatever the version.
//!
//! All numbers are bytes from the start of the structure. A field that a version does not have is `None`.

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
}

/// `_PyRuntimeState`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuntimeOffsets {
    /// `interpreters.head`
    pub interpreters_head: usize,
    /// The GIL struct itself, up to 3.11.
    pub gil: Option<usize>,
    /// `ceval.gil_drop_request` (int), 3.8 only.
    pub gil_drop_request: Option<usize>,
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
    /// `gc.collecting` (int). In `_PyRuntime` and therefore absent in 3.8.
    pub collecting: Option<usize>,
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

/// How a thread state leads to its innermost frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameRoot {
    /// `frame`: a `PyFrameObject`, up to 3.10.
    Object {
        /// Offset of the pointer.
        frame: usize,
    },
    /// `cframe`, whose `current_frame` is the frame: 3.11 and 3.12.
    CFrame {
        /// Offset of `cframe` in the thread state.
        cframe: usize,
        /// Offset of `current_frame` in `_PyCFrame`.
        current_frame: usize,
    },
    /// `current_frame`, since 3.13.
    Current {
        /// Offset of the pointer.
        current_frame: usize,
    },
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
    /// `asyncio_running_loop`, since 3.13 (3.12 and before: in `dict`).
    pub running_loop: Option<usize>,
    /// `asyncio_running_task`, since 3.14.
    pub running_task: Option<usize>,
    /// How many bytes to read to have all of the above except `running_*`.
    pub size: usize,
}

/// Frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameOffsets {
    /// `PyFrameObject` on the heap, up to 3.10.
    Object(FrameObjectOffsets),
    /// `_PyInterpreterFrame` on the data stack, since 3.11.
    Interpreter(InterpreterFrameOffsets),
}

/// `PyFrameObject`, up to 3.10
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameObjectOffsets {
    /// `f_back`
    pub back: usize,
    /// `f_code`
    pub code: usize,
    /// `f_lasti` (int)
    pub last_instruction: usize,
    /// What one unit of `f_lasti` is in bytes: 1, since 3.10 2.
    pub instruction_unit: usize,
    /// `f_valuestack`
    pub value_stack: usize,
    /// `f_stacktop`, 3.8 and 3.9.
    pub stack_top: Option<usize>,
    /// `f_stackdepth`, 3.10.
    pub stack_depth: Option<usize>,
    /// `f_localsplus`
    pub locals: usize,
    /// Size of the struct.
    pub size: usize,
}

/// `_PyInterpreterFrame`, since 3.11
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InterpreterFrameOffsets {
    /// `f_code` or `f_executable`
    pub code: usize,
    /// Bits of a pointer that are a tag and must be cleared: 0, since 3.14 3.
    pub tag_mask: u64,
    /// `previous`
    pub previous: usize,
    /// `prev_instr` or `instr_ptr`
    pub instruction: usize,
    /// `owner` (char)
    pub owner: usize,
    /// Owners from this value on are shims of the C stack, not Python frames: 3 since 3.12, none before.
    pub first_shim_owner: Option<u8>,
    /// `stacktop` (int, a count) up to 3.13.
    pub stack_top: Option<usize>,
    /// `stackpointer` (pointer), since 3.14.
    pub stack_pointer: Option<usize>,
    /// `localsplus`
    pub locals: usize,
    /// Size of the struct up to the end of its fixed part.
    pub size: usize,
}

/// Which line table a code object has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineTable {
    /// `co_lnotab`, up to 3.9 (CPython `Objects/lnotab_notes.txt`).
    Lnotab,
    /// `co_linetable` of 3.10 (PEP 626).
    Pep626,
    /// `co_linetable` since 3.11 (CPython `Objects/locations.md`).
    Locations,
}

/// `PyCodeObject`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeOffsets {
    /// `co_filename`
    pub file: usize,
    /// `co_name`
    pub name: usize,
    /// `co_qualname`, since 3.11.
    pub qualified_name: Option<usize>,
    /// `co_firstlineno` (int)
    pub first_line: usize,
    /// `co_flags` (int)
    pub flags: usize,
    /// `co_lnotab` or `co_linetable`
    pub line_table: usize,
    /// Its format.
    pub line_table_kind: LineTable,
    /// `co_code_adaptive`, since 3.11: instructions are counted from here.
    pub instructions: Option<usize>,
    /// `co_varnames` up to 3.10, `co_localsplusnames` since.
    pub local_names: usize,
    /// How many bytes to read to have all of the above.
    pub size: usize,
}

/// Built-in objects. What is the same in every version since 3.8 (`ob_type` at 8, `ob_size` at 16) is here as well, so
/// that no reader has numbers of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectOffsets {
    /// `ob_type`
    pub object_type: usize,
    /// `ob_size` of variable-sized objects.
    pub variable_size: usize,
    /// `PyTypeObject.tp_name`
    pub type_name: usize,
    /// `PyTypeObject.tp_basicsize`
    pub type_basic_size: usize,
    /// `PyTypeObject.tp_flags`
    pub type_flags: usize,
    /// `PyTypeObject.tp_dictoffset`
    pub type_dict_offset: usize,
    /// `PyTypeObject.tp_base`
    pub type_base: usize,
    /// `PyHeapTypeObject.ht_cached_keys`
    pub type_cached_keys: usize,
    /// `PyASCIIObject.length`
    pub text_length: usize,
    /// `PyASCIIObject.state`
    pub text_state: usize,
    /// Size of `PyASCIIObject`: where ASCII text begins.
    pub text_ascii: usize,
    /// Size of `PyCompactUnicodeObject`: where other compact text begins.
    pub text_compact: usize,
    /// `PyBytesObject.ob_sval`
    pub bytes_data: usize,
    /// `PyTupleObject.ob_item`
    pub tuple_items: usize,
    /// `PyListObject.ob_item` (pointer)
    pub list_items: usize,
    /// `PyFloatObject.ob_fval`
    pub float_value: usize,
    /// First digit of an int.
    pub int_digits: usize,
    /// `lv_tag` (since 3.12) or `ob_size`
    pub int_size: usize,
    /// Whether the size word is `lv_tag`: count << 3 | sign.
    pub int_tagged: bool,
    /// `PyDictObject.ma_used`
    pub dict_used: usize,
    /// `PyDictObject.ma_keys`
    pub dict_keys: usize,
    /// `PyDictObject.ma_values`
    pub dict_values: usize,
    /// `PyDictKeysObject.dk_size` (up to 3.10) or `dk_log2_size` (since)
    pub keys_size: usize,
    /// Whether the size is a logarithm (since 3.11).
    pub keys_size_log2: bool,
    /// `dk_log2_index_bytes`, since 3.11.
    pub keys_index_bytes_log2: Option<usize>,
    /// `dk_kind`, since 3.11: 0 general, 1 text keys, 2 split.
    pub keys_kind: Option<usize>,
    /// `dk_nentries`
    pub keys_entries: usize,
    /// `dk_indices`
    pub keys_indices: usize,
    /// First value inside `PyDictValues`, since 3.13 (0 before).
    pub values_first: usize,
    /// `dequeobject.leftblock`
    pub deque_left_block: usize,
    /// `dequeobject.leftindex`
    pub deque_left_index: usize,
    /// `PySetObject.used`
    pub set_used: usize,
    /// `PySetObject.mask`
    pub set_mask: usize,
    /// `PySetObject.table`
    pub set_table: usize,
    /// `PyWeakReference.wr_object`
    pub weakref_object: usize,
    /// `PyModuleObject.md_dict`
    pub module_dict: usize,
}

/// `PyGenObject`, `PyCoroObject`, `PyAsyncGenObject`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GeneratorOffsets {
    /// `gi_frame` (pointer, up to 3.10) or `gi_iframe` (embedded frame, since 3.11)
    pub frame: usize,
    /// `gi_frame_state` (signed char), since 3.11.
    pub frame_state: Option<usize>,
}

/// `_asyncio.Task`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskOffsets {
    /// `task_loop`
    pub task_loop: usize,
    /// `task_state` (int; 0 is pending)
    pub state: usize,
    /// `task_fut_waiter`
    pub waiter: usize,
    /// `task_coro`
    pub coroutine: usize,
    /// `task_name`
    pub name: usize,
    /// Size of the struct.
    pub size: usize,
}
