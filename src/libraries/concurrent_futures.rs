//! `concurrent.futures`: executors, their workers, and who waits for a result.

use super::{Library, Marks, Role, Row};

/// How the names of the classes of executors of threads end.
pub const CLASS: &str = "ThreadPoolExecutor";
/// Attributes of such an executor: how many threads it may have, their name, whether it is shut down.
pub const SIZE: &str = "_max_workers";
/// See [`SIZE`].
pub const NAME: &str = "_thread_name_prefix";
/// See [`SIZE`].
pub const CLOSING: &str = "_shutdown";
/// Variables of the function that its threads run: a weak reference to the executor, the queue, the call at work.
pub const EXECUTOR: &str = "executor_reference";
/// See [`EXECUTOR`].
pub const QUEUE: &str = "work_queue";
/// See [`EXECUTOR`].
pub const CALL: &str = "work_item";
/// The attribute of a call with its future.
pub const FUTURE_OF_CALL: &str = "future";
/// The class of futures.
pub const FUTURE: &str = "Future";
/// Attributes of a future: what is called when it is done, who waits for several, what who waits for it alone waits on.
pub const CALLBACKS: &str = "_done_callbacks";
/// See [`CALLBACKS`].
pub const WAITERS: &str = "_waiters";
/// See [`CALLBACKS`].
pub const CONDITION: &str = "_condition";

pub(super) const LIBRARY: Library = Library {
    name: "concurrent.futures",
    packages: &["concurrent"],
    role: Role::Standard,
    functions: &[
        Row::of("concurrent/futures/_base.py", &["result", "exception", "wait", "as_completed"]).means(Marks::FUTURE),
        Row::of("concurrent/futures/thread.py", &["_worker"]).means(Marks::WORKER),
        Row::of("concurrent/futures/thread.py", &["run"]).runs_call("self", &["future"]),
    ],
    ..Library::BARE
};
