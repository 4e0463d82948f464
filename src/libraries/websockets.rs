//! websockets.

use super::{Awaits, Library, Role, Row, Versions};

/// A client that does not read.
const SENDS: Awaits = Awaits::taker_of(&["transport"]);

pub(super) const LIBRARY: Library = Library {
    name: "websockets",
    packages: &["websockets"],
    role: Role::Framework,
    functions: &[
        Row::of("websockets/legacy/protocol.py", &["_drain_helper"]).awaits(SENDS),
        Row::of("websockets/asyncio/connection.py", &["drain"]).awaits(SENDS),
    ],
    keeps_nothing: true,
    versions: &[("websockets/asyncio/connection.py: drain", Versions::Since("13.0"))],
    ..Library::BARE
};
