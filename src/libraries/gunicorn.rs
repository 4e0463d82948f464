//! gunicorn: a master, and workers of many kinds.

use super::{Library, Marks, Role, Row, Watchdog, Watches};
use crate::snapshot::Server;

/// The master kills a worker whose loop has given no sign of life; it gives one at least every half of that time
/// (`uvicorn_worker`, `Arbiter.murder_workers`).
const WATCHDOG: Watchdog =
    Watchdog { server: Server::Gunicorn, watches: Watches::Loop, option: "--timeout", aliases: &["-t"], default_s: 30 };

pub(super) const LIBRARY: Library = Library {
    name: "gunicorn",
    packages: &["gunicorn"],
    role: Role::Framework,
    functions: &[Row::of("gunicorn/util.py", &["import_app"]).means(Marks::LOAD)],
    watchdog: Some(WATCHDOG),
    ..Library::BARE
};
