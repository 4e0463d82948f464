//! `asyncio`: the loop of the standard library, its steps and what tasks wait for.

use super::{ALL, Awaits, Library, Marks, Path, Role, Row, Versions};
use crate::snapshot::PrimitiveKind;

/// The class that every loop derives from, those of uvloop excepted.
pub const LOOP: &str = "BaseEventLoop";
/// The key of the running loop in the dict of a thread state, up to 3.12 (CPython `Modules/_asynciomodule.c`).
pub const RUNNING_LOOP: &str = "__asyncio_running_event_loop__";
/// Function of a loop that takes a turn, also of what patches loops.
pub const TURN: &str = "_run_once";
/// Its variables with the handle that it runs, and with the time up to which timers are due.
pub const RUNS: &str = "handle";
/// See [`RUNS`].
pub const TURN_ENDS: &str = "end_time";
/// Attributes of a loop: its selector, its callbacks, its timers, the executor of `run_in_executor(None, ...)`.
pub const SELECTOR: &str = "_selector";
/// See [`SELECTOR`].
pub const READY: &str = "_ready";
/// See [`SELECTOR`].
pub const SCHEDULED: &str = "_scheduled";
/// See [`SELECTOR`].
pub const DEFAULT_EXECUTOR: &str = "_default_executor";
/// Attributes of a `Handle`: what it calls, with which arguments; of a `TimerHandle`: when.
pub const CALLBACK: &str = "_callback";
/// See [`CALLBACK`].
pub const ARGUMENTS: &str = "_args";
/// See [`CALLBACK`].
pub const WHEN: &str = "_when";
/// What a handle calls for a new connection (`Lib/asyncio/selector_events.py`).
pub const ACCEPTS: &str = "_accept_connection";
/// What a handle calls for the end of a child that has a pidfd, whose pid is its first argument (`PidfdChildWatcher` of
/// `Lib/asyncio/unix_events.py`, the usual one since 3.12).
pub const CHILD_ENDED: &str = "_do_wait";
/// What a thread runs that waits for a child, and the variable that has the pid (`ThreadedChildWatcher`, as above).
pub const WAITS_FOR_CHILD: (&str, &str) = ("_do_waitpid", "expected_pid");

/// The module that knows all tasks, and its dict of those that run, by loop.
pub const TASKS: &str = "asyncio.tasks";
/// See [`TASKS`].
pub const CURRENT_TASKS: &str = "_current_tasks";
/// The sets of tasks of that module: up to 3.11, and since.
pub const ALL_TASKS: [&str; 3] = ["_all_tasks", "_scheduled_tasks", "_eager_tasks"];
/// The future of `asyncio.gather`, and what it has its children in (`Lib/asyncio/tasks.py`).
pub const GATHERING: &str = "_GatheringFuture";
/// See [`GATHERING`].
pub const CHILDREN: &str = "_children";
/// Callback of a future that one of `concurrent.futures` is chained to (`Lib/asyncio/futures.py`, `_chain_future`).
pub const CHAINED: &str = "_call_check_cancel";
/// Callback of the future of `asyncio.shield` (`Lib/asyncio/tasks.py`).
pub const SHIELDED: &str = "_outer_done_callback";

/// The classes of `asyncio.locks` and `asyncio.queues`.
pub const PRIMITIVES: [(&str, PrimitiveKind); 5] = [
    ("Lock", PrimitiveKind::Lock),
    ("Event", PrimitiveKind::Event),
    ("Condition", PrimitiveKind::Condition),
    ("Semaphore", PrimitiveKind::Semaphore),
    ("Queue", PrimitiveKind::Queue),
];
/// Attributes of primitives: whether a lock is taken, the value of an event or a semaphore, the lock of a condition.
pub const LOCKED: &str = "_locked";
/// See [`LOCKED`].
pub const VALUE: &str = "_value";
/// See [`LOCKED`].
pub const CONDITION_LOCK: &str = "_lock";
/// Attributes of a queue: what is in it, and how much may be.
pub const ITEMS: &str = "_queue";
/// See [`ITEMS`].
pub const MOST_ITEMS: &str = "_maxsize";
/// Methods that put into a queue.
pub const PUTTING: [&str; 2] = ["put", "put_nowait"];

/// Attributes of a transport: the number of its descriptor; what it knows of its socket, and the key of the other end there.
pub const DESCRIPTOR: &str = "_sock_fd";
/// See [`DESCRIPTOR`].
pub const EXTRA: &str = "_extra";
/// See [`DESCRIPTOR`].
pub const PEER: &str = "peername";
/// The transport of TLS, and the way from it to the one under it.
pub const TLS_TRANSPORT: &str = "_SSLProtocolTransport";
/// See [`TLS_TRANSPORT`].
pub const UNDER_TLS: Path = &["_ssl_protocol", "_transport"];

/// From a stream, or the protocol under it, to its transport.
const TRANSPORT: Path = &["_transport"];
/// Methods of a loop that take a socket, not a transport.
const OF_SOCKETS: &[&str] = &[
    "sock_accept",
    "sock_connect",
    "sock_recv",
    "sock_recv_into",
    "sock_recvfrom",
    "sock_recvfrom_into",
    "sock_sendall",
    "sock_sendto",
];

pub(super) const LIBRARY: Library = Library {
    name: "asyncio",
    packages: &["asyncio"],
    role: Role::Standard,
    functions: &[
        Row::of("asyncio/base_events.py", &["_run_once"]).means(Marks::LOOP.and(Marks::TURN)),
        Row::of("asyncio/base_events.py", &["run_forever", "run_until_complete"]).means(Marks::LOOP),
        Row::of("asyncio/base_events.py", &["getaddrinfo", "getnameinfo"]).means(Marks::RESOLVE),
        Row::of("asyncio/events.py", &["_run"]).means(Marks::LOOP),
        // Out of descriptors it tries as often as the backlog is long, logs each failure, and tries again a second later
        // (`BaseSelectorEventLoop._accept_connection`).
        Row::of("asyncio/selector_events.py", &["_accept_connection"]).means(Marks::ACCEPT),
        Row::of("asyncio/runners.py", &["run"]).means(Marks::LOOP),
        Row::of("asyncio/base_events.py", ALL).means(Marks::BETWEEN_STEPS),
        Row::of("asyncio/events.py", ALL).means(Marks::BETWEEN_STEPS),
        Row::of("asyncio/selector_events.py", ALL).means(Marks::BETWEEN_STEPS),
        // Up to 3.11.
        Row::of("asyncio/tasks.py", &["_cancel_and_wait"]).means(Marks::CANCELS),
        Row::of("asyncio/tasks.py", &["sleep"]).awaits(Awaits::Timer("h")),
        Row::of("asyncio/tasks.py", &["_wait"]).awaits(Awaits::Several { members: "fs", timeout: "timeout" }),
        // A task of its own up to 3.11.
        Row::of("asyncio/tasks.py", &["wait_for"]).awaits(Awaits::Another { future: "fut", timeout: "timeout" }),
        Row::of("asyncio/locks.py", &["acquire", "wait"]).awaits(Awaits::Primitive),
        Row::of("asyncio/queues.py", &["get"]).awaits(Awaits::Get),
        Row::of("asyncio/queues.py", &["put"]).awaits(Awaits::Put),
        Row::of("asyncio/streams.py", &["_wait_for_data"]).awaits(Awaits::bytes_of(TRANSPORT)),
        Row::of("asyncio/streams.py", &["_drain_helper"]).awaits(Awaits::taker_of(TRANSPORT)),
        Row::of("asyncio/taskgroups.py", &["__aexit__", "_aexit"]).awaits(Awaits::Group("_tasks")),
        Row::of("asyncio/threads.py", &["to_thread"]).awaits(Awaits::Thread),
        Row::of("asyncio/selector_events.py", OF_SOCKETS).awaits(Awaits::Socket),
    ],
    // `async_timeout` is of the same make.
    timeouts: &[("Timeout", "_when"), ("Timeout", "_deadline")],
    keeps_nothing: true,
    versions: &[("asyncio/taskgroups.py: _aexit", Versions::Since("3.14"))],
    ..Library::BARE
};
