//! `asyncio`: the loop of the standard library, its steps and what tasks wait for.

use super::{ALL, Awaits, Library, Marks, Path, Role, Row};

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
    ..Library::BARE
};
