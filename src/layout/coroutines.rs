//! Generators, coroutines and tasks.

/// `PyGenObject`, `PyCoroObject`, `PyAsyncGenObject`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GeneratorOffsets {
    /// `gi_frame` (pointer, up to 3.10) or `gi_iframe` (embedded frame, since 3.11)
    pub frame: usize,
    /// `gi_frame_state` (signed char), since 3.11.
    pub frame_state: Option<usize>,
    /// What the values of `frame_state` mean (`f_state` of the frame in 3.10); absent before 3.10.
    pub states: Option<GeneratorStates>,
    /// `gi_running` (char), 3.8 and 3.9.
    pub running: Option<usize>,
    /// `gi_name`
    pub name: usize,
    /// How many words below the top of the value stack the awaited object is: 1, since 3.15 2.
    pub awaited_depth: usize,
    /// The instruction that awaits when it comes next, up to 3.10 (`YIELD_FROM`).
    pub yield_from: Option<u8>,
    /// `PyAsyncGenASend.ags_gen`, and `PyAsyncGenAThrow.agt_gen`
    pub async_generator: usize,
    /// `PyCoroWrapper.cw_coroutine`
    pub wrapped_coroutine: usize,
}

/// Values of the state of a generator or coroutine (CPython `Include/internal/pycore_frame.h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GeneratorStates {
    /// Made and not begun.
    pub created: i8,
    /// Suspended at a `yield`; up to 3.12 at an `await` as well.
    pub suspended: i8,
    /// First and last value of: suspended at an `await` or `yield from`, since 3.13.
    pub suspended_awaiting: Option<(i8, i8)>,
    /// Running.
    pub executing: i8,
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
    /// `task_context`
    pub context: usize,
    /// `task_callback0`, of futures too.
    pub callback: usize,
    /// `task_callbacks` (list), of futures too.
    pub callbacks: usize,
    /// `task_awaited_by`, since 3.14.
    pub awaited_by: Option<usize>,
    /// `task_node`, since 3.14.
    pub node: Option<usize>,
    /// `futureiterobject.future`: what `await future` leaves on the value stack.
    pub iterated_future: usize,
    /// `PyRunningLoopHolder.rl_loop`, up to 3.11: what the thread's dict holds.
    pub held_loop: Option<usize>,
    /// Size of the struct.
    pub size: usize,
}

impl TaskOffsets {
    /// `task_exception`, of futures too: behind the callbacks in every version.
    #[must_use]
    pub fn exception(&self) -> usize {
        self.callbacks + 8
    }

    /// `task_log_tb`, of which the lowest bit says that nobody has fetched the exception: behind the state. `None` since 3.14,
    /// where a task that is done is in no list.
    #[must_use]
    pub fn unfetched(&self, minor: u8) -> Option<usize> {
        (minor <= 13).then_some(self.state + 4)
    }

    /// `task_num_cancels_requested` (int): how often a cancellation was asked for and not taken back. Up to 3.10 nobody counts.
    #[must_use]
    pub fn cancel_requests(&self, minor: u8) -> Option<usize> {
        match minor {
            ..=10 => None,
            11 | 12 => Some(self.context + 16),
            // The bits that were words of their own stand before it, with those of futures.
            _ => self.waiter.checked_sub(8),
        }
    }
}

/// What the section `.AsyncioDebug` says, since 3.14 (CPython `Modules/_asynciomodule.c`,
/// `Py_AsyncioModuleDebugOffsets`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsyncioOffsets {
    /// Size of a task.
    pub task_size: usize,
    /// `task_name`
    pub task_name: usize,
    /// `task_awaited_by`
    pub task_awaited_by: usize,
    /// `task_is_task` (byte)
    pub task_is_task: usize,
    /// `task_awaited_by_is_set` (byte)
    pub task_awaited_by_is_set: usize,
    /// `task_coro`
    pub task_coroutine: usize,
    /// `task_node`
    pub task_node: usize,
    /// `asyncio_tasks_head` in the interpreter.
    pub interpreter_tasks_head: usize,
    /// `asyncio_running_loop` in the thread state.
    pub thread_running_loop: usize,
    /// `asyncio_running_task` in the thread state.
    pub thread_running_task: usize,
    /// `asyncio_tasks_head` in the thread state.
    pub thread_tasks_head: usize,
}
