//! aiomysql: its pool, with and without its part for SQLAlchemy.

use super::{Asks, AtPool, Class, Count, GivenBack, Holder, Holds, Lead, Library, Pool, Role, Row, Taken, Term, When};
use crate::snapshot::PoolKind;

static POOL: Pool = Pool {
    class: Class { name: "Pool", module: "aiomysql.pool" },
    kind: PoolKind::DbPool,
    name: None,
    size: Count::Sum(&[Term::Room(&["_free"])], &[]),
    in_use: Count::Sum(&[Term::Length(&[&["_used"]]), Term::Number(&["_acquiring"])], &[]),
    waiting: Count::Seen,
};

/// On a condition, whose lock is taken while a connection is made. Further in, it makes one.
static ASKS: Asks =
    Asks { pool: &POOL, from: Lead::This, waits: &[When::InPrimitive], takes_place: Taken::Inside, job: None };

/// What `async with pool.acquire()` keeps.
const OF_BLOCK: Holds = Holds::Place {
    pool: &POOL,
    over: &[],
    to_pool: &["_pool"],
    job: &["_conn"],
    given_back: GivenBack::Unset("_conn"),
};

pub(super) const LIBRARY: Library = Library {
    name: "aiomysql",
    packages: &["aiomysql"],
    role: Role::Driver,
    functions: &[Row::of("aiomysql/pool.py", &["_acquire"]).at_pool(AtPool::Asks(&ASKS))],
    holders: &[
        Holder { class: Class { name: "_PoolAcquireContextManager", module: "aiomysql.utils" }, has: OF_BLOCK },
        Holder { class: Class { name: "_PoolConnectionContextManager", module: "aiomysql.utils" }, has: OF_BLOCK },
        Holder {
            class: Class { name: "SAConnection", module: "aiomysql.sa.connection" },
            has: Holds::Place {
                pool: &POOL,
                over: &[],
                to_pool: &["_engine", "_pool"],
                job: &["_connection"],
                given_back: GivenBack::Unset("_connection"),
            },
        },
    ],
    ..Library::BARE
};
