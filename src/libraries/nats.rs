//! nats-py: its requests, whose answers come on the one connection of a client.

use super::{Awaits, Library, Role, Row, Versions};

/// What a server owes: the answer to a request, the `PONG` to a `PING`. Another task reads it from the socket.
const ANSWER: Awaits = Awaits::bytes_of(&["_transport", "_io_writer", "_transport"]);

pub(super) const LIBRARY: Library = Library {
    name: "nats-py",
    packages: &["nats"],
    role: Role::Driver,
    // Further in than `request`, `self` is in a cell.
    functions: &[Row::of("nats/aio/client.py", &["request", "flush", "rtt"]).awaits(ANSWER)],
    versions: &[("nats/aio/client.py: rtt", Versions::Since("2.15.0"))],
    ..Library::BARE
};
