//! asyncpg: its pool, and queries, which wait in native code.

use super::{
    ALL, Asks, AtPool, Awaits, Class, Count, GivenBack, Holder, Holds, Lead, Library, Path, Pool, Role, Row, Step,
    Stream, Taken, Term, When,
};
use crate::snapshot::PoolKind;

/// A query on the connection at the end of this way, for so long at most as its caller or its connection says.
const fn query(way: Path) -> Awaits {
    Awaits::Query { stream: Stream { way, sends: false }, timeout: "timeout", settings: "_config" }
}

static POOL: Pool = Pool {
    class: Class { name: "Pool", module: "asyncpg.pool" },
    kind: PoolKind::DbPool,
    name: Some("asyncpg.Pool"),
    size: Count::Sum(&[Term::Number(&["_maxsize"])], &[]),
    in_use: Count::Sum(&[Term::Number(&["_maxsize"])], &[Term::Length(&[&["_queue", "_queue"]])]),
    waiting: Count::Seen,
};

/// With a connection in hand it may still wait for the server.
static ASKS: Asks =
    Asks { pool: &POOL, from: Lead::This, waits: &[When::InQueue], takes_place: Taken::Never, job: None };

pub(super) const LIBRARY: Library = Library {
    name: "asyncpg",
    packages: &["asyncpg"],
    role: Role::Driver,
    functions: &[
        Row::of("asyncpg/connection.py", ALL).awaits(query(&["_transport"])),
        Row::of("asyncpg/prepared_stmt.py", ALL).awaits(query(&["_connection", "_transport"])),
        Row::of("asyncpg/pool.py", &["_acquire"]).at_pool(AtPool::Asks(&ASKS)),
    ],
    holders: &[
        Holder {
            class: Class { name: "PoolConnectionProxy", module: "asyncpg.pool" },
            has: Holds::Place {
                pool: &POOL,
                over: &[],
                to_pool: &["_holder", "_pool"],
                job: &[],
                given_back: GivenBack::Unset("_con"),
            },
        },
        // What `async with pool.acquire()` keeps.
        Holder {
            class: Class { name: "PoolAcquireContext", module: "asyncpg.pool" },
            has: Holds::Another(&[Step::To("connection")]),
        },
    ],
    ..Library::BARE
};
