//! Requests that a server has begun to answer and not finished.

use serde::{Deserialize, Serialize};

use super::known::not_read;
use super::{Address, Known, Moment, ThreadId};

/// One request in flight. Text comes from clients: sanitize it before showing it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestSample {
    /// The object that stands for it; the same request in two censuses has the same.
    pub address: Address,
    /// `GET`; `WEBSOCKET` for a WebSocket.
    pub method: Known<String>,
    /// The path, without the query.
    pub path: Known<String>,
    /// The other end, `10.0.0.9:51234`.
    pub client: Known<String>,
    /// Uvicorn's protocol, `h11`, `httptools`, `websockets` or `wsproto`; of other servers their name, where it is known,
    /// else the interface: `asgi`, `rsgi`, `wsgi`.
    pub protocol: Known<String>,
    /// `x-request-id` or `traceparent`; `Is(None)` when it has neither.
    pub request_id: Known<Option<String>>,
    /// Whether its answer has begun, as that of a stream has. Unknown for a WebSocket.
    #[serde(default)]
    pub answering: Known<bool>,
    /// When the server began with it, where it wrote that down.
    #[serde(default = "not_read")]
    pub began: Known<Moment>,
    /// The task that serves it.
    pub task: Known<Address>,
    /// The thread that runs its endpoint; `Is(None)` when no thread of a pool does.
    pub thread: Known<Option<ThreadId>>,
    /// The descriptor of the connection that it came in on.
    #[serde(default = "not_read")]
    pub descriptor: Known<i32>,
}
