//! uvloop: a loop written in Cython, whose own frames are not Python.

use super::{Library, Marks, Native, Role, Row};

/// The class that every loop is or derives from.
pub const LOOP: &str = "uvloop.loop.Loop";
/// A part of the path of the library, as it is mapped.
pub const MAPPED: &str = "/uvloop/loop.";
/// How the names of classes end that accept connections.
pub const SERVER: &str = "Server";
/// The classes of a transport of TLS, of the protocol that it has, and of the transport under that.
pub const TLS_TRANSPORT: &str = "uvloop.loop._SSLProtocolTransport";
/// See [`TLS_TRANSPORT`].
pub const TLS_PROTOCOL: &str = "uvloop.loop.SSLProtocol";
/// See [`TLS_TRANSPORT`].
pub const TRANSPORT: &str = "uvloop.loop.TCPTransport";
/// The coroutine that looks a name up, and the one that does so before it connects.
pub const LOOK_UP: &str = "getaddrinfo";
/// See [`LOOK_UP`].
pub const CONNECT: &str = "create_connection";

pub(super) const LIBRARY: Library = Library {
    name: "uvloop",
    packages: &["uvloop"],
    role: Role::Framework,
    functions: &[Row::of("uvloop/__init__.py", &["run"]).means(Marks::LOOP.and(Marks::UVLOOP))],
    native: Some(Native { name: "libuv", threads: &["libuv-worker"], service: None, calls: &[], marks: Marks::NONE }),
    ..Library::BARE
};
