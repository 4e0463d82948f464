//! PyMongo: its pool, for threads and for asyncio. Motor runs the one for threads.

use super::{
    Asks, AtPool, Awaits, Class, Count, GivenBack, Holder, Holds, Lead, Library, Marks, Pool, Role, Row, Taken, Term,
    Versions, When,
};
use crate::snapshot::PoolKind;

const fn pool(module: &'static str) -> Pool {
    Pool {
        class: Class { name: "Pool", module },
        kind: PoolKind::DbPool,
        name: None,
        // No limit is infinity, which is no `int`.
        size: Count::Sum(&[Term::Number(&["max_pool_size"])], &[]),
        in_use: Count::Sum(&[Term::Number(&["requests"])], &[]),
        waiting: Count::Sum(&[Term::Length(&[&["size_cond", "_waiters"]])], &[]),
    }
}

static OF_TASKS: Pool = pool("pymongo.asynchronous.pool");
static OF_THREADS: Pool = pool("pymongo.synchronous.pool");
/// Before 4.9.
static OF_THREADS_BEFORE: Pool = pool("pymongo.pool");

/// A place is taken before the connection for it is made.
const fn asks(pool: &'static Pool, waits: &'static [When]) -> Asks {
    Asks { pool, from: Lead::This, waits, takes_place: Taken::Inside, job: None }
}

static TASK_ASKS: Asks = asks(&OF_TASKS, &[When::InPrimitive]);
static THREAD_ASKS: Asks = asks(&OF_THREADS, &[When::Parked]);
static THREAD_ASKS_BEFORE: Asks = asks(&OF_THREADS_BEFORE, &[When::Parked]);

/// Operations have a connection among their variables while they run.
const fn connection(name: &'static str, module: &'static str, pool: &'static Pool) -> Holder {
    Holder {
        class: Class { name, module },
        has: Holds::Place { pool, over: &[], to_pool: &["pool_ref"], job: &[], given_back: GivenBack::Flag("closed") },
    }
}

pub(super) const LIBRARY: Library = Library {
    name: "pymongo",
    packages: &["pymongo"],
    role: Role::Driver,
    functions: &[
        Row::of("pymongo/asynchronous/pool.py", &["_get_conn"]).at_pool(AtPool::Asks(&TASK_ASKS)),
        Row::of("pymongo/synchronous/pool.py", &["_get_conn"]).means(Marks::POOL).at_pool(AtPool::Asks(&THREAD_ASKS)),
        Row::of("pymongo/pool.py", &["_get_conn"]).means(Marks::POOL).at_pool(AtPool::Asks(&THREAD_ASKS_BEFORE)),
        Row::of("pymongo/lock.py", &["_cond_wait"]).at_pool(AtPool::Parks(&OF_THREADS)),
        Row::of("pymongo/synchronous/pool.py", &["_cond_wait"]).at_pool(AtPool::Parks(&OF_THREADS)),
        Row::of("pymongo/pool.py", &["_cond_wait"]).at_pool(AtPool::Parks(&OF_THREADS_BEFORE)),
        // Before CPython 3.13 it has locks and conditions of its own.
        Row::of("pymongo/_asyncio_lock.py", &["acquire", "wait"]).awaits(Awaits::Primitive),
    ],
    holders: &[
        connection("AsyncConnection", "pymongo.asynchronous.pool", &OF_TASKS),
        connection("Connection", "pymongo.synchronous.pool", &OF_THREADS),
        connection("Connection", "pymongo.pool", &OF_THREADS_BEFORE),
    ],
    versions: &[
        ("pymongo.asynchronous.pool.AsyncConnection", Versions::Since("4.9")),
        ("pymongo.asynchronous.pool.Pool", Versions::Since("4.9")),
        ("pymongo.synchronous.pool.Connection", Versions::Since("4.9")),
        ("pymongo.synchronous.pool.Pool", Versions::Since("4.9")),
        ("pymongo/asynchronous/pool.py: _get_conn", Versions::Since("4.9")),
        ("pymongo/synchronous/pool.py: _get_conn", Versions::Since("4.9")),
        ("pymongo/synchronous/pool.py: _cond_wait", Versions::Between("4.9", "4.11")),
        ("pymongo/lock.py: _cond_wait", Versions::Since("4.11")),
        ("pymongo/_asyncio_lock.py: acquire", Versions::Since("4.11")),
        ("pymongo/_asyncio_lock.py: wait", Versions::Since("4.11")),
        ("pymongo.pool.Connection", Versions::Before("4.9")),
        ("pymongo.pool.Pool", Versions::Before("4.9")),
        ("pymongo/pool.py: _cond_wait", Versions::Before("4.9")),
        ("pymongo/pool.py: _get_conn", Versions::Before("4.9")),
    ],
    ..Library::BARE
};
