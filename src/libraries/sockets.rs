//! The standard library's sockets: `socket`, `ssl`, `selectors`, `http.client`.

use super::{ALL, Library, Marks, Role, Row};

/// What a selector watches: keys by their descriptor (`Lib/selectors.py`).
pub const KEYS: &str = "_fd_to_key";
/// What a selector asks: an `epoll` object.
pub const EPOLL: &str = "_selector";

pub(super) const LIBRARY: Library = Library {
    name: "socket",
    packages: &["http", "selectors", "socket", "ssl"],
    role: Role::Standard,
    functions: &[
        Row::of("socket.py", &["getaddrinfo", "getfqdn"]).means(Marks::RESOLVE),
        Row::of("socket.py", &["create_connection"]).means(Marks::CONNECT),
        Row::of("socket.py", &["write", "sendfile"]).means(Marks::SEND),
        Row::of("ssl.py", &["sendall", "send", "write"]).means(Marks::SEND),
        Row::of("selectors.py", &["select"]).means(Marks::SELECT),
        Row::of("selectors.py", ALL).means(Marks::BETWEEN_STEPS),
        Row::of("http/client.py", &["connect"]).means(Marks::CONNECT),
        Row::of("http/client.py", &["send", "_send_output"]).means(Marks::SEND),
    ],
    barriers: &["SSLContext"],
    ..Library::BARE
};
