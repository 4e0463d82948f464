"""Which C expression gives which field of `src/layout`, by minor version of CPython 3.

A row is `field: {first minor: expression, ...}`: an expression holds until the next one, `None` ends it. A field that
is an `Option` in Rust ends in `?`. An expression is one of

    "Type:member"     offsetof(Type, member)
    "sizeof Type"     sizeof(Type)
    "= expression"    an integer constant of the headers
    Rust("text")      text that stands in the table as it is: what is not a number of a header
    END               eight bytes after the last field of the group, rounded up
"""

END = object()
FIRST, LAST = 8, 15


class Rust(str):
    """Text for the table itself."""


YES, NO = Rust("true"), Rust("false")

RUNTIME = {
    "interpreters_head": {8: "_PyRuntimeState:interpreters.head"},
    "interpreters_main": {8: "_PyRuntimeState:interpreters.main"},
    "gil?": {8: "_PyRuntimeState:ceval.gil", 12: None},
    "gil_drop_request?": {8: "_PyRuntimeState:ceval.gil_drop_request", 9: None},
    "collecting?": {8: "_PyRuntimeState:gc.collecting", 9: None},
}

INTERPRETER = {
    "next": {8: "PyInterpreterState:next"},
    "threads_head": {8: "PyInterpreterState:tstate_head", 11: "PyInterpreterState:threads.head"},
    "modules": {8: "PyInterpreterState:modules", 12: "PyInterpreterState:imports.modules"},
    "gil?": {12: "PyInterpreterState:ceval.gil"},
    "gil_drop_request?": {9: "PyInterpreterState:ceval.gil_drop_request", 13: None},
    "collecting?": {9: "PyInterpreterState:gc.collecting"},
    "tasks_head?": {14: "PyInterpreterState:asyncio_tasks_head"},
}

GIL = {
    "last_holder": {8: "struct _gil_runtime_state:last_holder"},
    "locked": {8: "struct _gil_runtime_state:locked"},
    "switch_number": {8: "struct _gil_runtime_state:switch_number"},
    "cond": {8: "struct _gil_runtime_state:cond"},
    "mutex": {8: "struct _gil_runtime_state:mutex"},
    "switch_cond": {8: "struct _gil_runtime_state:switch_cond"},
    "switch_mutex": {8: "struct _gil_runtime_state:switch_mutex"},
    "size": {8: "sizeof struct _gil_runtime_state"},
}

FRAME_ROOT = {
    8: ("FrameRoot::Object", {"frame": {8: "PyThreadState:frame"}}),
    11: (
        "FrameRoot::CFrame",
        {
            "cframe": {8: "PyThreadState:cframe"},
            "current_frame": {11: "_PyCFrame_:current_frame"},
        },
    ),
    13: ("FrameRoot::Current", {"current_frame": {13: "PyThreadState:current_frame"}}),
}

THREAD = {
    "next": {8: "PyThreadState:next"},
    "interpreter": {8: "PyThreadState:interp"},
    "frame_root": FRAME_ROOT,
    "dict": {8: "PyThreadState:dict"},
    "thread_id": {8: "PyThreadState:thread_id"},
    "native_thread_id?": {11: "PyThreadState:native_thread_id"},
    "datastack_chunk?": {11: "PyThreadState:datastack_chunk"},
    "datastack_top?": {11: "PyThreadState:datastack_top"},
    "eval_breaker?": {13: "PyThreadState:eval_breaker"},
    "holds_gil?": {14: "PyThreadState:holds_gil"},
    "gil_requested?": {15: "PyThreadState:gil_requested"},
    "status?": {12: "PyThreadState:_status"},
    "state?": {13: "PyThreadState:state"},
    "base_frame?": {15: "PyThreadState:base_frame"},
    "size": {8: END},
    # Behind the part that is read in every sample.
    "running_loop?": {13: "_PyThreadStateImpl:asyncio_running_loop"},
    "running_task?": {14: "_PyThreadStateImpl:asyncio_running_task"},
    "tasks_head?": {14: "_PyThreadStateImpl:asyncio_tasks_head"},
}

FRAME_OBJECT = {
    "back": {8: "PyFrameObject:f_back"},
    "code": {8: "PyFrameObject:f_code"},
    "globals": {8: "PyFrameObject:f_globals"},
    "last_instruction": {8: "PyFrameObject:f_lasti"},
    # Since 3.10 in code units (bpo-27129).
    "instruction_unit": {8: Rust("1"), 10: Rust("2")},
    "value_stack": {8: "PyFrameObject:f_valuestack"},
    "stack_top?": {8: "PyFrameObject:f_stacktop", 10: None},
    "stack_depth?": {10: "PyFrameObject:f_stackdepth"},
    "state?": {10: "PyFrameObject:f_state"},
    "block_count": {8: "PyFrameObject:f_iblock"},
    "block_stack": {8: "PyFrameObject:f_blockstack"},
    "block_size": {8: "sizeof PyTryBlock"},
    "block_level": {8: "PyTryBlock:b_level"},
    "locals": {8: "PyFrameObject:f_localsplus"},
    "size": {8: "sizeof PyFrameObject"},
}

INTERPRETER_FRAME = {
    "code": {11: "_PyInterpreterFrame:f_code", 13: "_PyInterpreterFrame:f_executable"},
    "globals": {11: "_PyInterpreterFrame:f_globals"},
    # Pointers are tagged since 3.14 (`Include/internal/pycore_stackref.h`, Py_TAG_BITS and its successors).
    "tag_mask": {11: Rust("0"), 14: Rust("3")},
    "previous": {11: "_PyInterpreterFrame:previous"},
    "instruction": {11: "_PyInterpreterFrame:prev_instr", 13: "_PyInterpreterFrame:instr_ptr"},
    "owner": {11: "_PyInterpreterFrame:owner"},
    "first_shim_owner?": {12: "= FRAME_OWNED_BY_CSTACK", 14: "= FRAME_OWNED_BY_INTERPRETER"},
    "stack_top?": {11: "_PyInterpreterFrame:stacktop", 14: None},
    "stack_pointer?": {14: "_PyInterpreterFrame:stackpointer"},
    "thread_local_index?": {11: None},
    "locals": {11: "_PyInterpreterFrame:localsplus"},
    "size": {11: "_PyInterpreterFrame:localsplus"},
}

FRAME = {
    8: ("FrameOffsets::Object(FrameObjectOffsets", FRAME_OBJECT),
    11: ("FrameOffsets::Interpreter(InterpreterFrameOffsets", INTERPRETER_FRAME),
}

CODE = {
    "file": {8: "PyCodeObject:co_filename"},
    "name": {8: "PyCodeObject:co_name"},
    "qualified_name?": {11: "PyCodeObject:co_qualname"},
    "first_line": {8: "PyCodeObject:co_firstlineno"},
    "flags": {8: "PyCodeObject:co_flags"},
    "line_table": {8: "PyCodeObject:co_lnotab", 10: "PyCodeObject:co_linetable"},
    "line_table_kind": {8: Rust("LineTable::Lnotab"), 10: Rust("LineTable::Pep626"), 11: Rust("LineTable::Locations")},
    "local_names": {8: "PyCodeObject:co_varnames", 11: "PyCodeObject:co_localsplusnames"},
    "names": {8: "PyCodeObject:co_names"},
    "stack_size": {8: "PyCodeObject:co_stacksize"},
    "exception_table?": {11: "PyCodeObject:co_exceptiontable"},
    "code_bytes?": {8: "PyCodeObject:co_code", 11: None},
    "cell_names?": {8: "PyCodeObject:co_cellvars", 11: None},
    "free_names?": {8: "PyCodeObject:co_freevars", 11: None},
    "version?": {12: "PyCodeObject:co_version"},
    "first_traceable?": {11: "PyCodeObject:_co_firsttraceable"},
    "thread_local_instructions?": {8: None},
    "size": {8: END},
    # The instructions themselves are not read.
    "instructions?": {11: "PyCodeObject:co_code_adaptive"},
}

GENERATOR_STATES = {
    10: (
        "Some(GeneratorStates",
        {
            "created": {8: "= FRAME_CREATED"},
            "suspended": {8: "= FRAME_SUSPENDED"},
            "suspended_awaiting": {
                8: Rust("None"),
                13: ("= FRAME_SUSPENDED_YIELD_FROM", "= FRAME_SUSPENDED_YIELD_FROM"),
                15: ("= FRAME_SUSPENDED_YIELD_FROM", "= FRAME_SUSPENDED_YIELD_FROM_LOCKED"),
            },
            "executing": {8: "= FRAME_EXECUTING"},
        },
    ),
}

GENERATOR = {
    "frame": {8: "PyGenObject:gi_frame", 11: "PyGenObject:gi_iframe"},
    "frame_state?": {11: "PyGenObject:gi_frame_state"},
    "states?": GENERATOR_STATES,
    "running?": {8: "PyGenObject:gi_running", 10: None},
    "name": {8: "PyGenObject:gi_name"},
    # Since 3.15 SEND keeps a NULL or an index above the receiver (`Python/bytecodes.c`).
    "awaited_depth": {8: Rust("1"), 15: Rust("2")},
    "yield_from?": {8: "= YIELD_FROM", 11: None},
    "async_generator": {8: "AsyncGeneratorSend:ags_gen"},
    "wrapped_coroutine": {8: "CoroutineWrapper:cw_coroutine"},
}

TASK = {
    "task_loop": {8: "TaskObj:fut_loop"},
    "state": {8: "TaskObj:fut_state"},
    "waiter": {8: "TaskObj:task_fut_waiter"},
    "coroutine": {8: "TaskObj:task_coro"},
    "name": {8: "TaskObj:task_name"},
    "context": {8: "TaskObj:task_context"},
    "callback": {8: "TaskObj:fut_callback0"},
    "callbacks": {8: "TaskObj:fut_callbacks"},
    "awaited_by?": {14: "TaskObj:fut_awaited_by"},
    "node?": {14: "TaskObj:task_node"},
    "iterated_future": {8: "FutureIterator:future"},
    "held_loop?": {8: "RunningLoopHolder:rl_loop", 12: None},
    "size": {8: "sizeof TaskObj"},
}

LOCK = {
    "word": {8: "Lock:lock"},
    "parked": {8: NO, 14: YES},
    "locked?": {8: "Lock:locked", 14: None},
    "recursive_word": {8: "RecursiveLock:lock", 14: "RecursiveLock:lock.mutex"},
    "recursive_owner": {8: "RecursiveLock:owner", 14: "RecursiveLock:lock.thread"},
    "recursive_count": {8: "RecursiveLock:count", 14: "RecursiveLock:lock.level"},
    # Since 3.14 the level counts repeated locking only (`Python/lock.c`, _PyRecursiveMutex_Lock).
    "recursive_bias": {8: Rust("0"), 14: Rust("1")},
    "wait_address?": {13: "WaitEntry:addr"},
    "wait_semaphore?": {13: "WaitEntry:sema"},
}
