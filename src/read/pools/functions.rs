//! The functions by which pools are found.

use std::collections::HashMap;

use crate::read::stacks::codes::CodeTable;
use crate::read::threads::live::LiveFrame;
use crate::snapshot::CodeId;

/// What a function is to a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    /// `WorkerThread.run` of AnyIO (`anyio/_backends/_asyncio.py`).
    AnyioWorker,
    /// `CapacityLimiter.acquire_on_behalf_of`, which every way to take a token comes to (the same file).
    AnyioAcquire,
    /// `_worker` of `concurrent.futures.thread`.
    ExecutorWorker,
    /// `queue.Queue.get`
    QueueGet,
    /// `asyncio.Queue.get`
    AsyncioQueueGet,
    /// `asyncio.wait_for`, which waits in a task of its own up to 3.11.
    WaitFor,
    /// `QueuePool._do_get` of SQLAlchemy (`sqlalchemy/pool/impl.py`).
    SqlalchemyCheckout,
    /// `Queue.get` of SQLAlchemy (`sqlalchemy/util/queue.py`), with or without asyncio.
    SqlalchemyQueueGet,
    /// `greenlet_spawn` of SQLAlchemy: what of its asyncio part is suspended stands under it.
    SqlalchemyGreenlet,
    /// `Pool._acquire` of asyncpg (`asyncpg/pool.py`).
    AsyncpgAcquire,
    /// `handle_async_request` or `handle_request` of httpcore's pool.
    HttpcoreRequest,
    /// Of a library that has nothing of a pool of connections among its local variables.
    Barren,
    /// Anything else.
    Other,
}

/// Name of the function, end of the path of its file, what it is.
const KNOWN: &[(&str, &str, Function)] = &[
    ("run", "anyio/_backends/_asyncio.py", Function::AnyioWorker),
    ("acquire_on_behalf_of", "anyio/_backends/_asyncio.py", Function::AnyioAcquire),
    ("_worker", "concurrent/futures/thread.py", Function::ExecutorWorker),
    ("get", "queue.py", Function::QueueGet),
    ("get", "asyncio/queues.py", Function::AsyncioQueueGet),
    ("wait_for", "asyncio/tasks.py", Function::WaitFor),
    ("_do_get", "sqlalchemy/pool/impl.py", Function::SqlalchemyCheckout),
    ("get", "sqlalchemy/util/queue.py", Function::SqlalchemyQueueGet),
    ("greenlet_spawn", "sqlalchemy/util/concurrency.py", Function::SqlalchemyGreenlet),
    ("greenlet_spawn", "sqlalchemy/util/_concurrency_py3k.py", Function::SqlalchemyGreenlet),
    ("_acquire", "asyncpg/pool.py", Function::AsyncpgAcquire),
    ("handle_async_request", "httpcore/_async/connection_pool.py", Function::HttpcoreRequest),
    ("handle_request", "httpcore/_sync/connection_pool.py", Function::HttpcoreRequest),
];

/// Libraries that stand on every stack and keep nothing of a pool in their local variables.
const BARREN: &[&str] = &[
    "/site-packages/uvicorn/",
    "/site-packages/starlette/",
    "/site-packages/anyio/",
    "/site-packages/websockets/",
    "/site-packages/click/",
    "/asyncio/",
    "/threading.py",
];

const FASTAPI: &str = "/site-packages/fastapi/";

/// Tells functions by their names, once for each.
#[derive(Debug, Default)]
pub(super) struct Functions {
    known: HashMap<CodeId, Function>,
}

impl Functions {
    /// What the function of this frame is.
    pub(super) fn of(&mut self, codes: &CodeTable, frame: &LiveFrame) -> Function {
        *self.known.entry(frame.code).or_insert_with(|| {
            let code = codes.codes().get(frame.code.0 as usize);
            code.map_or(Function::Other, |code| named(&code.name, &code.file))
        })
    }
}

/// Of functions whose file may be meant by two lines, the longer ending is the better one.
fn named(name: &str, file: &str) -> Function {
    let fits = |row: &&(&str, &str, Function)| row.0 == name && ends_with_path(file, row.1);
    let best = KNOWN.iter().filter(fits).max_by_key(|row| row.1.len());
    // FastAPI has the arguments of endpoints, in one function.
    let barren = BARREN.iter().any(|part| file.contains(part)) || file.contains(FASTAPI) && name != "app";
    best.map_or(if barren { Function::Barren } else { Function::Other }, |row| row.2)
}

fn ends_with_path(file: &str, end: &str) -> bool {
    let before = file.strip_suffix(end);
    before.is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_exact_file_decides() {
        let library = "/venv/lib/python3.12/site-packages";
        assert_eq!(named("get", "/usr/lib/python3.12/queue.py"), Function::QueueGet);
        assert_eq!(named("get", &format!("{library}/sqlalchemy/util/queue.py")), Function::SqlalchemyQueueGet);
        assert_eq!(named("run", &format!("{library}/anyio/_backends/_asyncio.py")), Function::AnyioWorker);
        assert_eq!(named("run", "/srv/myanyio/_backends/_asyncio.py"), Function::Other);
        assert_eq!(named("get", "/srv/app.py"), Function::Other);
        assert_eq!(named("app", &format!("{library}/fastapi/routing.py")), Function::Other);
        assert_eq!(named("serialize_response", &format!("{library}/fastapi/routing.py")), Function::Barren);
    }
}
