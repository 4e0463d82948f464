//! eventlet: greenlets that wait for sockets, a hub that gives them the turn.

use super::{Awaits, Library, Ready, Role, Row, Time};

const READY: Ready = Ready { socket: "fd", inner: "fd", time: Time::Local("timeout"), sends: false };

pub(super) const LIBRARY: Library = Library {
    name: "eventlet",
    packages: &["eventlet"],
    role: Role::Framework,
    functions: &[
        Row::of("eventlet/hubs/__init__.py", &["trampoline"]).awaits(Awaits::Ready(READY)),
        Row::of("eventlet/greenthread.py", &["sleep"]).awaits(Awaits::Timer("seconds")),
    ],
    ..Library::BARE
};
