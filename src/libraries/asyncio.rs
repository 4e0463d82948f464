//! `asyncio`: the loop of the standard library, its steps and what tasks wait for.

use super::{Library, Marks, Role, Row};

pub(super) const LIBRARY: Library = Library {
    name: "asyncio",
    packages: &["asyncio"],
    role: Role::Standard,
    functions: &[
        Row::of("asyncio/base_events.py", &["_run_once"]).means(Marks::LOOP.and(Marks::TURN)),
        Row::of("asyncio/base_events.py", &["run_forever", "run_until_complete"]).means(Marks::LOOP),
        Row::of("asyncio/base_events.py", &["getaddrinfo", "getnameinfo"]).means(Marks::RESOLVE),
        Row::of("asyncio/events.py", &["_run"]).means(Marks::LOOP),
        Row::of("asyncio/runners.py", &["run"]).means(Marks::LOOP),
    ],
    ..Library::BARE
};
