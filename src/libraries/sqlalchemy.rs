//! SQLAlchemy: its pool, with and without asyncio.

use super::{
    ALL, Asks, AtPool, Class, Count, GivenBack, Holder, Holds, Lead, Library, Marks, Pool, Role, Row, Step, Taken,
    Term, Versions, When,
};
use crate::snapshot::PoolKind;

/// `QueuePool`, and its counterpart for asyncio, which keeps a queue of asyncio's in its own.
static POOL: Pool = Pool {
    class: Class { name: "QueuePool", module: "sqlalchemy.pool.impl" },
    kind: PoolKind::DbPool,
    name: None,
    size: Count::Sum(&[Term::Limit(&["_pool", "maxsize"], 1), Term::Limit(&["_max_overflow"], 0)], &[]),
    in_use: Count::Sum(
        &[Term::Number(&["_pool", "maxsize"]), Term::Number(&["_overflow"])],
        &[Term::Length(&[&["_pool", "queue"], &["_pool", "_queue", "_queue"]])],
    ),
    waiting: Count::Seen,
};

/// A place is taken before the connection for it is made.
static CHECKOUT: Asks =
    Asks { pool: &POOL, from: Lead::This, waits: &[When::Parked], takes_place: Taken::Inside, job: None };

/// What of its asyncio part is suspended stands under a greenlet, whose frames nobody sees.
static UNDER_GREENLET: Asks = Asks {
    pool: &POOL,
    from: Lead::Method("fn", &[&["pool"], &["engine", "pool"], &["bind", "pool"], &["bind", "engine", "pool"]]),
    waits: &[When::InQueue],
    takes_place: Taken::Never,
    job: None,
};

pub(super) const LIBRARY: Library = Library {
    name: "sqlalchemy",
    packages: &["sqlalchemy"],
    role: Role::Driver,
    functions: &[
        Row::of("sqlalchemy/pool/base.py", ALL).means(Marks::POOL),
        Row::of("sqlalchemy/pool/impl.py", ALL).means(Marks::POOL),
        Row::of("sqlalchemy/util/queue.py", &["get"]).means(Marks::QUEUE),
        Row::of("sqlalchemy/dialects/sqlite/base.py", ALL).means(Marks::SQLITE),
        Row::of("sqlalchemy/dialects/sqlite/pysqlite.py", ALL).means(Marks::SQLITE),
        Row::of("sqlalchemy/pool/impl.py", &["_do_get"]).at_pool(AtPool::Asks(&CHECKOUT)),
        Row::of("sqlalchemy/util/queue.py", &["get"]).at_pool(AtPool::Parks(&POOL)),
        // Since 2.1, and before.
        Row::of("sqlalchemy/util/concurrency.py", &["greenlet_spawn"]).at_pool(AtPool::Asks(&UNDER_GREENLET)),
        Row::of("sqlalchemy/util/_concurrency_py3k.py", &["greenlet_spawn"]).at_pool(AtPool::Asks(&UNDER_GREENLET)),
    ],
    holders: &[
        Holder {
            class: Class { name: "Connection", module: "sqlalchemy.engine.base" },
            has: Holds::Place {
                pool: &POOL,
                over: &[],
                to_pool: &["engine", "pool"],
                job: &["_dbapi_connection"],
                given_back: GivenBack::Unset("_dbapi_connection"),
            },
        },
        // By connection and by engine: some of the keys are connections.
        Holder {
            class: Class { name: "Session", module: "sqlalchemy.orm.session" },
            has: Holds::Another(&[Step::To("_transaction"), Step::To("_connections"), Step::Keys]),
        },
        Holder {
            class: Class { name: "AsyncConnection", module: "sqlalchemy.ext.asyncio.engine" },
            has: Holds::Another(&[Step::To("sync_connection")]),
        },
        Holder {
            class: Class { name: "AsyncSession", module: "sqlalchemy.ext.asyncio.session" },
            has: Holds::Another(&[Step::To("sync_session")]),
        },
    ],
    versions: &[("sqlalchemy/util/_concurrency_py3k.py: greenlet_spawn", Versions::Before("2.1"))],
    ..Library::BARE
};
