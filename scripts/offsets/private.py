"""Structures that CPython declares in a .c file, so that no header has them.

Each entry is (first minor, source file, declaration). Only the members up to the last one that is asked for are
declared, unless the size is asked for. The reference for them is the source; where an interpreter comes with debug
information, `pahole` or `gdb` show the same.
"""

PRIVATE = [
    (8, "Modules/_asynciomodule.c", """
typedef struct { PyObject_HEAD PyObject *future; } FutureIterator;
typedef struct { PyObject_HEAD PyObject *rl_loop; } RunningLoopHolder;
#define FUTURE_BEGIN PyObject_HEAD PyObject *fut_loop, *fut_callback0, *fut_context0, *fut_callbacks, *fut_exception;
#define TASK_MIDDLE PyObject *task_fut_waiter, *task_coro, *task_name, *task_context;
"""),
    (8, "Modules/_asynciomodule.c", """
typedef struct {
    FUTURE_BEGIN
    PyObject *fut_result, *fut_source_tb;
    int fut_state, fut_log_tb, fut_blocking;
    PyObject *dict, *fut_weakreflist;
    TASK_MIDDLE
    int task_must_cancel, task_log_destroy_pending;
} TaskObj_3_8;
"""),
    (9, "Modules/_asynciomodule.c", """
typedef struct {
    FUTURE_BEGIN
    PyObject *fut_result, *fut_source_tb, *fut_cancel_msg;
    int fut_state, fut_log_tb, fut_blocking;
    PyObject *dict, *fut_weakreflist, *exc_type, *exc_value, *exc_traceback, *previous_item;
    TASK_MIDDLE
    int task_must_cancel, task_log_destroy_pending;
} TaskObj_3_9;
"""),
    # fut_exception_tb came within 3.10 (gh-90082): the first releases of 3.10 have the layout of 3.9.
    (10, "Modules/_asynciomodule.c", """
typedef struct {
    FUTURE_BEGIN
    PyObject *fut_exception_tb, *fut_result, *fut_source_tb, *fut_cancel_msg;
    int fut_state, fut_log_tb, fut_blocking;
    PyObject *dict, *fut_weakreflist, *exc_type, *exc_value, *exc_traceback, *previous_item;
    TASK_MIDDLE
    int task_must_cancel, task_log_destroy_pending;
} TaskObj_3_10;
"""),
    (11, "Modules/_asynciomodule.c", """
typedef struct {
    FUTURE_BEGIN
    PyObject *fut_exception_tb, *fut_result, *fut_source_tb, *fut_cancel_msg;
    int fut_state, fut_log_tb, fut_blocking;
    PyObject *dict, *fut_weakreflist, *fut_cancelled_exc;
    TASK_MIDDLE
    int task_must_cancel, task_log_destroy_pending, task_num_cancels_requested;
} TaskObj_3_11;
"""),
    (13, "Modules/_asynciomodule.c", """
typedef struct {
    FUTURE_BEGIN
    PyObject *fut_exception_tb, *fut_result, *fut_source_tb, *fut_cancel_msg, *fut_cancelled_exc;
    int fut_state;
    unsigned fut_log_tb : 1, fut_blocking : 1, task_must_cancel : 1, task_log_destroy_pending : 1;
    int task_num_cancels_requested;
    TASK_MIDDLE
} TaskObj_3_13;
"""),
    (14, "Modules/_asynciomodule.c", """
typedef struct {
    FUTURE_BEGIN
    PyObject *fut_exception_tb, *fut_result, *fut_source_tb, *fut_cancel_msg, *fut_cancelled_exc, *fut_awaited_by;
    int fut_state;
    char fut_is_task, fut_awaited_by_is_set;
    unsigned fut_log_tb : 1, fut_blocking : 1, task_must_cancel : 1, task_log_destroy_pending : 1;
    int task_num_cancels_requested;
    TASK_MIDDLE
    struct llist_node task_node;
#ifdef Py_GIL_DISABLED
    uintptr_t task_tid;
#endif
} TaskObj_3_14;
"""),
    (8, "Modules/_collectionsmodule.c", """
#define DEQUE_BLOCK_LENGTH 64
typedef struct DequeBlock {
    struct DequeBlock *leftlink;
    PyObject *data[DEQUE_BLOCK_LENGTH];
    struct DequeBlock *rightlink;
} DequeBlock;
typedef struct {
    PyObject_VAR_HEAD
    DequeBlock *leftblock, *rightblock;
    Py_ssize_t leftindex, rightindex;
    size_t state;
} Deque;
"""),
    (8, "Modules/_functoolsmodule.c", "typedef struct { PyObject_HEAD PyObject *fn; } Partial;"),
    (8, "Objects/genobject.c", """
typedef struct { PyObject_HEAD PyObject *ags_gen; } AsyncGeneratorSend;
typedef struct { PyObject_HEAD PyObject *cw_coroutine; } CoroutineWrapper;
"""),
    (8, "Objects/moduleobject.c", "typedef struct { PyObject_HEAD PyObject *md_dict; } Module;"),
    (8, "Objects/dict-common.h", """
typedef struct {
    Py_ssize_t dk_refcnt, dk_size;
    void *dk_lookup;
    Py_ssize_t dk_usable, dk_nentries;
    char dk_indices[];
} DictKeys;
"""),
    (8, "Modules/_threadmodule.c", """
typedef struct { PyObject_HEAD void *lock; PyObject *in_weakreflist; char locked; } Lock_3_8;
typedef struct { PyObject_HEAD void *lock; unsigned long owner, count; } RecursiveLock_3_8;
"""),
    (14, "Modules/_threadmodule.c", """
typedef struct { PyObject_HEAD PyMutex lock; } Lock_3_14;
typedef struct { PyObject_HEAD _PyRecursiveMutex lock; } RecursiveLock_3_14;
"""),
    (13, "Python/parking_lot.c", "typedef struct { void *park_arg; uintptr_t addr; _PySemaphore sema; } WaitEntry;"),
]

# Names that stand for different declarations in different versions.
ALIASES = {
    "TaskObj": {8: "TaskObj_3_8", 9: "TaskObj_3_9", 10: "TaskObj_3_10", 11: "TaskObj_3_11", 13: "TaskObj_3_13",
                14: "TaskObj_3_14"},
    "Lock": {8: "Lock_3_8", 14: "Lock_3_14"},
    "RecursiveLock": {8: "RecursiveLock_3_8", 14: "RecursiveLock_3_14"},
    # Called CFrame in 3.11.
    "_PyCFrame_": {11: "_PyCFrame", 13: None},
}
