//! Servers: where a request stands that is not in an ASGI scope or a WSGI environment, and what a server's own object for
//! a request tells beside those: whether its answer has begun, since when it is there, on which connection.

use super::Way;
use super::ways::Hop::{Attribute, Item};

/// A time that a server wrote down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// Of `time.time()`.
    Wall(Way),
    /// Of `time.monotonic()` or the loop's own clock.
    Monotonic(Way),
}

/// What the object tells that a server's `send` or `start_response` belongs to.
#[derive(Clone, Copy, Debug)]
pub struct Teller {
    /// The server, or its protocol.
    pub name: &'static str,
    /// Name of the class.
    pub class: &'static str,
    /// A flag or number, and from which value on the answer has begun.
    pub begun: Option<(Way, i64)>,
    /// A flag that says that the answer is complete.
    pub done: Option<Way>,
    /// Since when the request is there.
    pub since: Option<Since>,
    /// The transport of its connection.
    pub transport: Option<Way>,
}

/// A function that runs a request, of a server or framework with an interface of its own.
#[derive(Clone, Copy, Debug)]
pub struct Served {
    /// The server.
    pub name: &'static str,
    /// The function's file, from its package's folder on.
    pub file: &'static str,
    /// The function.
    pub function: &'static str,
    /// How the name of the function begins that it calls for the request; before, it may wait for one.
    pub calls: &'static str,
    /// The local variable that leads to the request.
    pub local: &'static str,
    /// From there to the method.
    pub method: Way,
    /// From there to the path, with or without the query.
    pub path: Way,
    /// From there to the client: a pair of host and port, or a host.
    pub client: Way,
    /// From there to when it began.
    pub since: Option<Since>,
    /// From there to a flag that is set once the answer has begun.
    pub begun: Option<Way>,
}

/// A function that a server runs as the task of a request, whose object has the scope.
#[derive(Clone, Copy, Debug)]
struct Cycle {
    /// A part of the path of its files: the protocol is what the file is called.
    folder: &'static str,
    /// What follows the protocol in the name of the file.
    ending: &'static str,
    /// The function.
    function: &'static str,
}

/// Tellers know nothing but their name.
const BARE: Teller = Teller { name: "", class: "", begun: None, done: None, since: None, transport: None };

const TELLERS: &[Teller] = &[
    Teller {
        name: "uvicorn",
        class: "RequestResponseCycle",
        begun: Some((&[Attribute("response_started")], 1)),
        done: Some(&[Attribute("response_complete")]),
        transport: Some(&[Attribute("transport")]),
        ..BARE
    },
    Teller { name: "uvicorn", class: "WSProtocol", transport: Some(&[Attribute("transport")]), ..BARE },
    Teller { name: "uvicorn", class: "WebSocketProtocol", transport: Some(&[Attribute("transport")]), ..BARE },
    Teller { name: "uvicorn", class: "WebSocketsSansIOProtocol", transport: Some(&[Attribute("transport")]), ..BARE },
    Teller {
        name: "hypercorn",
        class: "HTTPStream",
        // `ASGIHTTPState`: 1 is REQUEST, 2 RESPONSE.
        begun: Some((&[Attribute("state"), Attribute("_value_")], 2)),
        done: Some(&[Attribute("closed")]),
        since: Some(Since::Wall(&[Attribute("start_time")])),
        ..BARE
    },
    Teller { name: "hypercorn", class: "WSStream", since: Some(Since::Wall(&[Attribute("start_time")])), ..BARE },
    Teller {
        name: "daphne",
        class: "WebRequest",
        begun: Some((&[Attribute("_response_started")], 1)),
        since: Some(Since::Wall(&[Attribute("request_start")])),
        ..BARE
    },
    // gunicorn's `start_response`.
    Teller { name: "gunicorn", class: "Response", begun: Some((&[Attribute("headers_sent")], 1)), ..BARE },
];

const SANIC: Served = Served {
    name: "sanic",
    file: "",
    function: "handle_request",
    calls: "",
    local: "request",
    method: &[Attribute("method")],
    path: &[Attribute("raw_url")],
    client: &[Attribute("conn_info"), Attribute("peername")],
    since: None,
    begun: Some(&[Attribute("responded")]),
};

const SERVED: &[Served] = &[
    Served {
        name: "aiohttp",
        file: "aiohttp/web_protocol.py",
        function: "_handle_request",
        calls: "",
        local: "request",
        method: &[Attribute("_method")],
        // `RawRequestMessage`, written in Python or in Cython: the method, then the path.
        path: &[Attribute("_message"), Item(1)],
        client: &[Attribute("_transport_peername")],
        since: None,
        begun: None,
    },
    Served {
        name: "tornado",
        file: "tornado/web.py",
        function: "_execute",
        calls: "",
        local: "self",
        method: &[Attribute("request"), Attribute("method")],
        path: &[Attribute("request"), Attribute("path")],
        client: &[Attribute("request"), Attribute("remote_ip")],
        since: Some(Since::Wall(&[Attribute("request"), Attribute("_start_time")])),
        begun: Some(&[Attribute("_headers_written")]),
    },
    Served { file: "sanic/app.py", ..SANIC },
    // When it starts, sanic compiles this function anew, and calls the file as it calls the function.
    Served { file: "handle_request", ..SANIC },
    Served {
        name: "http.server",
        file: "http/server.py",
        function: "handle_one_request",
        calls: "do_",
        local: "self",
        method: &[Attribute("command")],
        path: &[Attribute("path")],
        client: &[Attribute("client_address")],
        since: None,
        begun: None,
    },
];

/// How the classes of RSGI's scopes begin, which are written in Rust: of these only the kind can be read.
pub const RSGI: &str = "RSGI";

const CYCLES: &[Cycle] = &[Cycle { folder: "/uvicorn/protocols/", ending: "_impl.py", function: "run_asgi" }];

/// The protocol that a server's own task of a request is of: `h11` of `uvicorn/protocols/http/h11_impl.py`; `None` for all
/// other functions.
#[must_use]
pub fn protocol_of_cycle<'a>(file: &'a str, function: &str) -> Option<&'a str> {
    let row = CYCLES.iter().find(|row| row.function == function && file.contains(row.folder))?;
    file.rsplit('/').next()?.strip_suffix(row.ending)
}

/// What an object of this class tells of its request.
#[must_use]
pub fn teller(class: &str) -> Option<&'static Teller> {
    TELLERS.iter().find(|teller| teller.class == class)
}

/// The row about a function that runs requests: the file's path as the code object has it, and the function's name.
#[must_use]
pub fn served(file: &str, function: &str) -> Option<&'static Served> {
    SERVED.iter().find(|row| row.function == function && ends_with_path(file, row.file))
}

/// Whether `file` is `end` or ends with it at a folder's boundary.
fn ends_with_path(file: &str, end: &str) -> bool {
    file.strip_suffix(end).is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_uvicorns_own_task_stands_for_a_request_of_uvicorn() {
        let of = |name: &str, file: &str| protocol_of_cycle(file, name).map(str::to_owned);
        let library = "/venv/lib/python3.12/site-packages/uvicorn/protocols";
        assert_eq!(of("run_asgi", &format!("{library}/http/h11_impl.py")).as_deref(), Some("h11"));
        assert_eq!(of("run_asgi", &format!("{library}/http/httptools_impl.py")).as_deref(), Some("httptools"));
        assert_eq!(
            of("run_asgi", &format!("{library}/websockets/websockets_sansio_impl.py")).as_deref(),
            Some("websockets_sansio")
        );
        assert_eq!(of("run_asgi", "/srv/app/h11_impl.py"), None);
        assert_eq!(of("main", &format!("{library}/http/h11_impl.py")), None);
    }
}
