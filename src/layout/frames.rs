//! Frames and code objects.

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
    /// `f_globals`
    pub globals: usize,
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
    /// `f_state` (signed char), 3.10: its values are those of [`GeneratorStates`](super::GeneratorStates).
    pub state: Option<usize>,
    /// `f_iblock` (int): how many entries of the block stack are in use.
    pub block_count: usize,
    /// `f_blockstack`, whose entries are [`FrameObjectOffsets::block_size`] bytes: type, handler, level (int each).
    pub block_stack: usize,
    /// Size of one entry of the block stack (`PyTryBlock`).
    pub block_size: usize,
    /// Where `b_level` (int) is in such an entry.
    pub block_level: usize,
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
    /// `f_globals`: a plain pointer in every version.
    pub globals: usize,
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
    /// `tlbc_index` (int), in builds without a GIL since 3.14: which copy of the instructions runs.
    pub thread_local_index: Option<usize>,
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
    /// `co_names` (tuple): global variables and attributes that it uses.
    pub names: usize,
    /// `co_stacksize` (int): slots of the value stack.
    pub stack_size: usize,
    /// `co_exceptiontable` (bytes), since 3.11.
    pub exception_table: Option<usize>,
    /// `co_code` (bytes), up to 3.10.
    pub code_bytes: Option<usize>,
    /// `co_cellvars` (tuple of names), up to 3.10: they follow `co_varnames` in the frame's locals.
    pub cell_names: Option<usize>,
    /// `co_freevars` (tuple of names), up to 3.10: they follow `co_cellvars`.
    pub free_names: Option<usize>,
    /// `co_version` (unsigned int), since 3.12: counts code objects, so that no two that live one after the other at the
    /// same address have the same number; 0 when the counter is used up.
    pub version: Option<usize>,
    /// `_co_firsttraceable` (int), since 3.11: how many instructions of two bytes come before the function has begun.
    pub first_traceable: Option<usize>,
    /// `co_tlbc`, in builds without a GIL since 3.14: a thread may run its own copy of the instructions.
    pub thread_local_instructions: Option<usize>,
    /// How many bytes to read to have all of the above.
    pub size: usize,
}
