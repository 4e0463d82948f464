//! All libraries, and how they are found.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::{
    Holder, Home, Library, Marks, Native, Role, Row, Watchdog, aiohttp, aiomysql, aiosqlite, anyio, asyncio, asyncpg,
    concurrent_futures, contextlib, django, eventlet, fastapi, getpass, gevent, greenlet, gunicorn, httpcore,
    hypercorn, importlib, kafka, logging, multiprocessing, nats, packages, pdb, psycopg, pydevd, pymongo, queue, redis,
    retries, sockets, sqlalchemy, sqlite, starlette, subprocess, threading, trio, urllib3, uvicorn, uvloop, weakref,
    websockets,
};
use crate::snapshot::Server;

const LIBRARIES: &[&Library] = &[
    &aiohttp::LIBRARY,
    &aiomysql::LIBRARY,
    &aiosqlite::LIBRARY,
    &anyio::LIBRARY,
    &asyncio::LIBRARY,
    &asyncpg::LIBRARY,
    &concurrent_futures::LIBRARY,
    &contextlib::LIBRARY,
    &django::LIBRARY,
    &eventlet::LIBRARY,
    &fastapi::LIBRARY,
    &getpass::LIBRARY,
    &gevent::LIBRARY,
    &greenlet::LIBRARY,
    &gunicorn::LIBRARY,
    &httpcore::LIBRARY,
    &hypercorn::LIBRARY,
    &importlib::LIBRARY,
    &kafka::LIBRARY,
    &logging::LIBRARY,
    &multiprocessing::LIBRARY,
    &nats::LIBRARY,
    &pdb::LIBRARY,
    &psycopg::LIBRARY,
    &pydevd::LIBRARY,
    &pymongo::LIBRARY,
    &queue::LIBRARY,
    &redis::LIBRARY,
    &retries::LIBRARY,
    &sockets::LIBRARY,
    &sqlalchemy::LIBRARY,
    &sqlite::LIBRARY,
    &starlette::LIBRARY,
    &subprocess::LIBRARY,
    &threading::LIBRARY,
    &trio::LIBRARY,
    &urllib3::LIBRARY,
    &uvicorn::LIBRARY,
    &uvloop::LIBRARY,
    &weakref::LIBRARY,
    &websockets::LIBRARY,
];

/// A row and whether its library is Python's own.
type Entry = (&'static Row, bool);

/// Libraries by the names they are imported under.
static PACKAGES: LazyLock<HashMap<&'static str, &'static Library>> = LazyLock::new(|| {
    let each = |library: &'static Library| library.packages.iter().map(move |package| (*package, library));
    LIBRARIES.iter().copied().flat_map(each).collect()
});

/// Rows by their file.
static FILES: LazyLock<HashMap<&'static str, Vec<Entry>>> = LazyLock::new(|| {
    let mut files: HashMap<&'static str, Vec<Entry>> = HashMap::new();
    for library in LIBRARIES {
        for row in library.functions {
            files.entry(row.file).or_default().push((row, library.role == Role::Standard));
        }
    }
    files
});

/// All libraries that we know.
pub fn all() -> impl Iterator<Item = &'static Library> {
    LIBRARIES.iter().copied()
}

/// What is known of the library with this package or module.
#[must_use]
pub fn library(package: &str) -> Option<&'static Library> {
    PACKAGES.get(package).copied()
}

/// What an installed package is to a diagnosis; `None` for one we do not know, which may be the application itself.
#[must_use]
pub fn role(package: &str) -> Option<Role> {
    match library(package) {
        // An installed `queue` is not Python's.
        Some(library) if library.role != Role::Standard => Some(library.role),
        _ => packages::role(package),
    }
}

/// The rows about a function: the file's path as the code object has it, and the function's name.
///
/// A file of the standard library is meant by its whole path below the library's folder. A file of a package is meant
/// wherever the package stands, so that a vendored copy is known too. A user's own `queue.py` is never meant, nor a package
/// of his that is called `logging`.
pub fn rows(file: &str, name: &str) -> impl Iterator<Item = &'static Row> {
    let home = Home::of(file);
    let tails = match home {
        Home::Standard(inside) => inside,
        Home::Installed { .. } | Home::Elsewhere => file,
    };
    let fits = move |tail: &str, standard: bool| match home {
        Home::Standard(inside) => standard && tail == inside,
        Home::Installed { .. } | Home::Elsewhere => !standard,
    };
    let found = tails_of(tails).flat_map(|tail| FILES.get(tail).into_iter().flatten().map(move |entry| (tail, entry)));
    found.filter(move |(tail, entry)| fits(tail, entry.1) && entry.0.has(name)).map(|(_, entry)| entry.0)
}

/// What running this function means.
#[must_use]
pub fn marks(file: &str, name: &str) -> Marks {
    rows(file, name).fold(Marks::NONE, |all, row| all.and(row.marks))
}

/// Classes whose objects have something out of a pool.
pub fn holders() -> impl Iterator<Item = &'static Holder> {
    LIBRARIES.iter().flat_map(|library| library.holders)
}

/// Classes whose blocks end when their time is over, and the attribute that has it.
pub fn timeouts() -> impl Iterator<Item = (&'static str, &'static str)> {
    LIBRARIES.iter().flat_map(|library| library.timeouts).copied()
}

/// Whether a search for who can end a wait goes no further than objects of this class.
#[must_use]
pub fn is_barrier(class: &str) -> bool {
    LIBRARIES.iter().any(|library| library.barriers.contains(&class))
}

fn natives() -> impl Iterator<Item = &'static Native> {
    LIBRARIES.iter().filter_map(|library| library.native.as_ref())
}

/// The native library whose threads are named like this.
#[must_use]
pub fn native_of_thread(comm: &str) -> Option<&'static Native> {
    natives().find(|native| native.threads.iter().any(|start| comm.starts_with(start)))
}

/// The native library of this name.
#[must_use]
pub fn native(name: &str) -> Option<&'static Native> {
    natives().find(|native| native.name == name)
}

/// Whether a native library is the usual way to a service.
#[must_use]
pub fn is_native_service(service: &str) -> bool {
    natives().any(|native| native.service == Some(service))
}

/// What a call of native code by this name may mean.
#[must_use]
pub fn call_marks(name: &str) -> Marks {
    let called = natives().filter(|native| native.calls.contains(&name));
    called.fold(Marks::NONE, |all, native| all.and(native.marks))
}

/// What ends the workers of a server that give no sign of life.
#[must_use]
pub fn watchdog(server: Server) -> Option<&'static Watchdog> {
    LIBRARIES.iter().filter_map(|library| library.watchdog.as_ref()).find(|watchdog| watchdog.server == server)
}

/// The path, and what is left of it behind each of its folders.
fn tails_of(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |rest| rest.split_once('/').map(|(_, inside)| inside))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_real_files_have_a_meaning() {
        let installed = "/venv/lib/python3.11/site-packages";
        assert!(marks("/usr/lib/python3.11/queue.py", "get").has(Marks::QUEUE));
        assert!(!marks("/srv/app/queue.py", "get").has(Marks::QUEUE), "a user's own queue.py means nothing");
        assert!(!marks(&format!("{installed}/shop/queue.py"), "get").has(Marks::QUEUE));
        assert!(!marks(&format!("{installed}/shop/logging/__init__.py"), "get").has(Marks::LOGGING));
        assert!(!marks("/usr/lib/python3.11/asyncio/queues.py", "get").has(Marks::QUEUE));
        assert!(marks("<frozen importlib._bootstrap>", "acquire").has(Marks::MODULE_LOCK));
        assert!(marks(&format!("{installed}/uvicorn/lifespan/on.py"), "main").has(Marks::LIFESPAN));
        assert!(marks(&format!("{installed}/pip/_vendor/urllib3/connectionpool.py"), "_get_conn").has(Marks::POOL));
        assert!(marks("/usr/lib/python3.12/asyncio/runners.py", "run").has(Marks::LOOP));
        assert!(marks("/srv/dependencies/anyio/_backends/_asyncio.py", "run").has(Marks::WORKER));
        assert!(!marks("/srv/myanyio/_backends/_asyncio.py", "run").has(Marks::WORKER));
    }

    #[test]
    fn packages_belong_to_one_library() {
        let packages = LIBRARIES.iter().map(|library| library.packages.len()).sum::<usize>();
        assert_eq!(PACKAGES.len(), packages);
        let alone = |library: &&Library| library.packages.iter().all(|package| packages::role(package).is_none());
        assert!(LIBRARIES.iter().all(alone), "a package with a file of its own is not in the plain lists");
        assert_eq!(role("queue"), None, "an installed queue is not Python's");
        assert_eq!((role("uvicorn"), role("requests")), (Some(Role::Framework), Some(Role::Driver)));
    }

    #[test]
    fn rows_are_about_files_of_their_own_library() {
        for library in LIBRARIES {
            for row in library.functions {
                let (first, frozen) = (row.file.split(['/', ' ', '.']).next(), row.file.starts_with("<frozen "));
                let own = first.is_some_and(|first| library.packages.contains(&first));
                assert!(own || frozen, "{}: {} is not of this library", library.name, row.file);
            }
        }
    }

    #[test]
    fn native_threads_are_known_by_their_names() {
        assert_eq!(native_of_thread("rdk:broker1"), native("librdkafka"));
        assert!(native_of_thread("libuv-worker").is_some() && native_of_thread("python").is_none());
        assert!(call_marks("executemany").has(Marks::SQLITE) && call_marks("poll") == Marks::NONE);
    }
}
