//! What well-known functions of the standard library and of installed packages mean when they are on a stack.

use super::Origin;
use crate::snapshot::Code;

/// A set of meanings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Marks(u32);

impl Marks {
    /// No meaning.
    pub const NONE: Self = Self(0);
    /// Runs an event loop; what is further in is a step of it.
    pub const LOOP: Self = Self(1);
    /// The import machinery.
    pub const IMPORT: Self = Self(1 << 1);
    /// Waits for the lock of a module that somebody else imports.
    pub const MODULE_LOCK: Self = Self(1 << 2);
    /// Resolves a host name.
    pub const RESOLVE: Self = Self(1 << 3);
    /// Starts or waits for a child process.
    pub const CHILD: Self = Self(1 << 4);
    /// Waits on a queue between threads or processes.
    pub const QUEUE: Self = Self(1 << 5);
    /// Waits for the result of another thread.
    pub const FUTURE: Self = Self(1 << 6);
    /// Takes a connection out of a pool.
    pub const POOL: Self = Self(1 << 7);
    /// A logging handler.
    pub const LOGGING: Self = Self(1 << 8);
    /// Talks to SQLite.
    pub const SQLITE: Self = Self(1 << 9);
    /// Reads from a terminal: `getpass`.
    pub const TERMINAL: Self = Self(1 << 10);
    /// The server runs the application's lifespan.
    pub const LIFESPAN: Self = Self(1 << 11);
    /// Enters an asynchronous context; under [`Self::LIFESPAN`], the startup half.
    pub const ENTER: Self = Self(1 << 12);
    /// Leaves one; under [`Self::LIFESPAN`], the shutdown half.
    pub const LEAVE: Self = Self(1 << 13);
    /// The server imports the application.
    pub const LOAD: Self = Self(1 << 14);
    /// A worker thread of a pool, parked or not.
    pub const WORKER: Self = Self(1 << 15);
    /// Sends to a socket.
    pub const SEND: Self = Self(1 << 16);
    /// Opens a connection.
    pub const CONNECT: Self = Self(1 << 17);
    /// Waits for a thread to end.
    pub const JOIN: Self = Self(1 << 18);
    /// uvloop runs the loop: its own frames are not Python.
    pub const UVLOOP: Self = Self(1 << 19);
    /// The turn of the stock loop.
    pub const TURN: Self = Self(1 << 20);
    /// Waits in `select`, `poll` or epoll through the standard library.
    pub const SELECT: Self = Self(1 << 21);
    /// A debugger that has the thread stand still.
    pub const DEBUGGER: Self = Self(1 << 22);
    /// Turns what an endpoint returned into the bytes of a response.
    pub const SERIALIZE: Self = Self(1 << 23);
    /// A route hands a request to its endpoint.
    pub const ROUTE: Self = Self(1 << 24);

    /// What running this code means.
    #[must_use]
    pub(super) fn of(code: &Code, origin: Origin) -> Self {
        if origin == Origin::User {
            return Self::NONE;
        }
        // A bare file name is the standard library's; installed packages are meant with their folder.
        let may_be = |end: &str| origin == Origin::Standard || end.contains('/');
        let means =
            |row: &&Row| row.1.is_empty_or_has(&code.name) && may_be(row.0) && ends_with_path(&code.file, row.0);
        TABLE.iter().filter(means).fold(Self::NONE, |all, row| all.and(row.2))
    }

    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether any meaning of `other` is among them.
    #[must_use]
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// Functions of a file; none stands for all.
struct Names(&'static [&'static str]);

impl Names {
    fn is_empty_or_has(&self, name: &str) -> bool {
        self.0.is_empty() || self.0.contains(&name)
    }
}

/// The end of the file's path, the functions, the meaning. A path with a folder may be of an installed package.
type Row = (&'static str, Names, Marks);

const ALL: Names = Names(&[]);

const TABLE: &[Row] = &[
    ("asyncio/base_events.py", Names(&["_run_once", "run_forever", "run_until_complete"]), Marks::LOOP),
    ("asyncio/base_events.py", Names(&["_run_once"]), Marks::TURN),
    ("asyncio/events.py", Names(&["_run"]), Marks::LOOP),
    ("asyncio/runners.py", Names(&["run"]), Marks::LOOP),
    ("asyncio/base_events.py", Names(&["getaddrinfo", "getnameinfo"]), Marks::RESOLVE),
    ("uvloop/__init__.py", Names(&["run"]), Marks(Marks::LOOP.0 | Marks::UVLOOP.0)),
    ("uvicorn/server.py", Names(&["run"]), Marks::LOOP),
    ("uvicorn/_compat.py", Names(&["asyncio_run"]), Marks::LOOP),
    ("uvicorn/workers.py", Names(&["run"]), Marks::LOOP),
    ("uvicorn_worker/_workers.py", Names(&["run"]), Marks::LOOP),
    ("hypercorn/asyncio/run.py", Names(&["_run", "asyncio_worker"]), Marks::LOOP),
    ("<frozen importlib._bootstrap>", ALL, Marks::IMPORT),
    ("<frozen importlib._bootstrap_external>", ALL, Marks::IMPORT),
    ("importlib/__init__.py", Names(&["import_module", "reload"]), Marks::IMPORT),
    ("importlib/_bootstrap.py", ALL, Marks::IMPORT),
    ("importlib/_bootstrap_external.py", ALL, Marks::IMPORT),
    ("<frozen importlib._bootstrap>", Names(&["acquire", "_lock_unlock_module"]), Marks::MODULE_LOCK),
    ("importlib/_bootstrap.py", Names(&["acquire", "_lock_unlock_module"]), Marks::MODULE_LOCK),
    ("socket.py", Names(&["getaddrinfo", "getfqdn"]), Marks::RESOLVE),
    ("socket.py", Names(&["create_connection"]), Marks::CONNECT),
    ("http/client.py", Names(&["connect"]), Marks::CONNECT),
    ("http/client.py", Names(&["send", "_send_output"]), Marks::SEND),
    ("socket.py", Names(&["write", "sendfile"]), Marks::SEND),
    ("ssl.py", Names(&["sendall", "send", "write"]), Marks::SEND),
    ("subprocess.py", ALL, Marks::CHILD),
    ("multiprocessing/popen_fork.py", ALL, Marks::CHILD),
    ("multiprocessing/popen_spawn_posix.py", ALL, Marks::CHILD),
    ("multiprocessing/popen_forkserver.py", ALL, Marks::CHILD),
    ("queue.py", Names(&["get", "put", "join"]), Marks::QUEUE),
    ("multiprocessing/queues.py", Names(&["get", "put"]), Marks::QUEUE),
    ("multiprocessing/pool.py", Names(&["wait", "get"]), Marks::FUTURE),
    ("concurrent/futures/_base.py", Names(&["result", "exception", "wait", "as_completed"]), Marks::FUTURE),
    ("concurrent/futures/thread.py", Names(&["_worker"]), Marks::WORKER),
    ("anyio/_backends/_asyncio.py", Names(&["run"]), Marks::WORKER),
    ("threading.py", Names(&["join", "_wait_for_tstate_lock"]), Marks::JOIN),
    ("sqlalchemy/pool/base.py", ALL, Marks::POOL),
    ("sqlalchemy/pool/impl.py", ALL, Marks::POOL),
    ("sqlalchemy/util/queue.py", Names(&["get"]), Marks::QUEUE),
    ("psycopg2/pool.py", ALL, Marks::POOL),
    ("psycopg_pool/pool.py", Names(&["getconn", "connection", "wait"]), Marks::POOL),
    ("urllib3/connectionpool.py", Names(&["_get_conn"]), Marks::POOL),
    ("redis/connection.py", Names(&["get_connection"]), Marks::POOL),
    ("logging/__init__.py", ALL, Marks::LOGGING),
    ("logging/handlers.py", ALL, Marks::LOGGING),
    ("sqlite3/dbapi2.py", ALL, Marks::SQLITE),
    ("sqlalchemy/dialects/sqlite/base.py", ALL, Marks::SQLITE),
    ("sqlalchemy/dialects/sqlite/pysqlite.py", ALL, Marks::SQLITE),
    ("django/db/backends/sqlite3/base.py", ALL, Marks::SQLITE),
    ("aiosqlite/core.py", ALL, Marks::SQLITE),
    ("pdb.py", ALL, Marks::DEBUGGER),
    ("bdb.py", ALL, Marks::DEBUGGER),
    ("pydevd/pydevd.py", Names(&["do_wait_suspend", "_do_wait_suspend"]), Marks::DEBUGGER),
    ("getpass.py", ALL, Marks::TERMINAL),
    ("uvicorn/lifespan/on.py", Names(&["main"]), Marks::LIFESPAN),
    ("hypercorn/asyncio/lifespan.py", Names(&["handle_lifespan"]), Marks::LIFESPAN),
    ("starlette/routing.py", Names(&["lifespan"]), Marks::LIFESPAN),
    ("starlette/routing.py", Names(&["startup"]), Marks::ENTER),
    ("starlette/routing.py", Names(&["shutdown"]), Marks::LEAVE),
    ("contextlib.py", Names(&["__aenter__", "__enter__", "enter_async_context", "enter_context"]), Marks::ENTER),
    ("contextlib.py", Names(&["__aexit__", "__exit__", "aclose", "close"]), Marks::LEAVE),
    ("uvicorn/config.py", Names(&["load"]), Marks::LOAD),
    ("uvicorn/importer.py", ALL, Marks::LOAD),
    ("gunicorn/util.py", Names(&["import_app"]), Marks::LOAD),
    ("hypercorn/utils.py", Names(&["load_application"]), Marks::LOAD),
    ("selectors.py", Names(&["select"]), Marks::SELECT),
    ("starlette/routing.py", Names(&["handle"]), Marks::ROUTE),
    ("fastapi/routing.py", Names(&["handle"]), Marks::ROUTE),
    ("fastapi/encoders.py", Names(&["jsonable_encoder"]), Marks::SERIALIZE),
    ("fastapi/routing.py", Names(&["serialize_response", "_prepare_response_content"]), Marks::SERIALIZE),
    ("starlette/responses.py", Names(&["render"]), Marks::SERIALIZE),
    ("fastapi/responses.py", Names(&["render"]), Marks::SERIALIZE),
];

/// Whether `file` is `end` or ends with it at a folder's boundary.
fn ends_with_path(file: &str, end: &str) -> bool {
    file.strip_suffix(end).is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{CodeFlags, Known, Why};

    fn marks(name: &str, file: &str) -> Marks {
        let qualified_name = Known::Unknown(Why::NotInThisPython);
        let (name, file) = (name.to_owned(), file.to_owned());
        let code = Code { name, qualified_name, file, first_line: 1, flags: CodeFlags::default() };
        Marks::of(&code, Origin::of(&code))
    }

    #[test]
    fn only_the_real_files_have_a_meaning() {
        assert!(marks("get", "/usr/lib/python3.11/queue.py").has(Marks::QUEUE));
        assert!(!marks("get", "/srv/app/queue.py").has(Marks::QUEUE), "a user's own queue.py means nothing");
        assert!(!marks("get", "/venv/lib/python3.11/site-packages/shop/queue.py").has(Marks::QUEUE));
        assert!(!marks("get", "/usr/lib/python3.11/asyncio/queues.py").has(Marks::QUEUE));
        assert!(marks("acquire", "<frozen importlib._bootstrap>").has(Marks::MODULE_LOCK));
        assert!(marks("main", "/venv/lib/python3.11/site-packages/uvicorn/lifespan/on.py").has(Marks::LIFESPAN));
        assert!(marks("run", "/usr/lib/python3.12/asyncio/runners.py").has(Marks::LOOP));
    }
}
