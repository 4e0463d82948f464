//! trio: a loop of its own, one function on the stack of its thread.

use super::{Awaits, Library, Marks, Ready, Role, Row, Time};

/// The local variable of the function that drives the loop which has the runner, and the runner's set of tasks.
pub const RUNNER: &str = "runner";
/// `Runner.tasks`
pub const TASKS: &str = "tasks";
/// What a `Task` has: its coroutine, its name, what would abort its wait (`None` while it does not wait), and what could cancel it.
pub const COROUTINE: &str = "coro";
/// `Task.name`
pub const NAME: &str = "name";
/// `Task._abort_func`
pub const ABORT: &str = "_abort_func";
/// `Task._cancel_status`
pub const STATUS: &str = "_cancel_status";
/// What a `CancelStatus` has: its scope, and the status around it.
pub const SCOPE: &str = "_scope";
/// `CancelStatus._parent`
pub const PARENT: &str = "_parent";
/// `CancelScope._deadline`: a float, infinite without one.
pub const DEADLINE: &str = "_deadline";

/// No function here knows whether it waits for bytes or for room.
const READY: Ready = Ready { socket: "fd", inner: "_sock", time: Time::Attribute("timeout"), sends: false };

pub(super) const LIBRARY: Library = Library {
    name: "trio",
    packages: &["trio"],
    role: Role::Framework,
    functions: &[
        // While it waits for events its generator is suspended, and only the function that drives it is on the stack.
        Row::of("trio/_core/_run.py", &["run", "unrolled_run"]).means(Marks::LOOP.and(Marks::TRIO)),
        Row::of("trio/_core/_io_epoll.py", &["get_events"]).means(Marks::SELECT),
        Row::of("trio/_core/_io_epoll.py", &["_epoll_wait"]).awaits(Awaits::Ready(READY)),
        Row::of("trio/_core/_run.py", &["_nested_child_finished"]).awaits(Awaits::Group("_children")),
        Row::of("trio/_timeouts.py", &["sleep"]).awaits(Awaits::Timer("seconds")),
        Row::of("trio/_timeouts.py", &["sleep_until"]).awaits(Awaits::Timer("deadline")),
    ],
    ..Library::BARE
};
