//! uvicorn, and the workers that gunicorn runs it in.

use super::{ALL, Awaits, Library, Marks, Role, Row, Versions, Watchdog, Watches};
use crate::snapshot::Server;

/// A WebSocket whose client does not read.
const SENDS: Awaits = Awaits::taker_of(&["transport"]);

/// The supervisor kills a worker that does not answer its ping; a thread of the worker answers
/// (`supervisors/multiprocess.py`).
const WATCHDOG: Watchdog = Watchdog {
    server: Server::Uvicorn,
    watches: Watches::Gil,
    option: "--timeout-worker-healthcheck",
    aliases: &[],
    default_s: 5,
};

pub(super) const LIBRARY: Library = Library {
    name: "uvicorn",
    packages: &["uvicorn", "uvicorn_worker"],
    role: Role::Framework,
    functions: &[
        Row::of("uvicorn/server.py", ALL).means(Marks::SERVER),
        Row::of("uvicorn/server.py", &["run"]).means(Marks::LOOP),
        Row::of("uvicorn/server.py", &["serve", "_serve"]).means(Marks::CALLER),
        Row::of("uvicorn/server.py", &["shutdown", "_wait_tasks_to_complete"]).means(Marks::DRAIN),
        Row::of("uvicorn/protocols/http/h11_impl.py", &["run_asgi"]).means(Marks::REQUEST),
        Row::of("uvicorn/protocols/http/httptools_impl.py", &["run_asgi"]).means(Marks::REQUEST),
        Row::of("uvicorn/protocols/http/flow_control.py", ALL).means(Marks::TO_CLIENT),
        Row::of("uvicorn/protocols/websockets/websockets_impl.py", &["run_asgi"]).means(Marks::REQUEST),
        Row::of("uvicorn/protocols/websockets/websockets_sansio_impl.py", &["run_asgi"]).means(Marks::REQUEST),
        Row::of("uvicorn/protocols/websockets/wsproto_impl.py", &["run_asgi"]).means(Marks::REQUEST),
        Row::of("uvicorn/_compat.py", &["asyncio_run"]).means(Marks::LOOP),
        Row::of("uvicorn/workers.py", &["run"]).means(Marks::LOOP),
        Row::of("uvicorn_worker/_workers.py", &["run"]).means(Marks::LOOP),
        Row::of("uvicorn/lifespan/on.py", &["main"]).means(Marks::LIFESPAN),
        Row::of("uvicorn/config.py", &["load"]).means(Marks::LOAD),
        Row::of("uvicorn/importer.py", ALL).means(Marks::LOAD),
        Row::of("uvicorn/protocols/http/flow_control.py", &["drain"]).awaits(Awaits::taker_of(&["_transport"])),
        Row::of("uvicorn/protocols/websockets/websockets_sansio_impl.py", &["send"]).awaits(SENDS),
        Row::of("uvicorn/protocols/websockets/wsproto_impl.py", &["send"]).awaits(SENDS),
    ],
    keeps_nothing: true,
    watchdog: Some(WATCHDOG),
    versions: &[
        ("uvicorn/_compat.py: asyncio_run", Versions::Since("0.36.0")),
        ("uvicorn/protocols/websockets/websockets_sansio_impl.py: run_asgi", Versions::Since("0.35.0")),
        ("uvicorn/protocols/websockets/websockets_sansio_impl.py: send", Versions::Since("0.35.0")),
        ("uvicorn/server.py: _serve", Versions::Since("0.29.0")),
        ("uvicorn/server.py: _wait_tasks_to_complete", Versions::Since("0.22.0")),
    ],
    ..Library::BARE
};
