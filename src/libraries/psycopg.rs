//! psycopg, of both generations, and their pools.

use super::{
    ALL, Asks, AtPool, Class, Count, GivenBack, Holder, Holds, Lead, Library, Marks, Pool, Role, Row, Taken, Term,
    Versions, When,
};
use crate::snapshot::PoolKind;

/// The pools of `psycopg_pool`, with and without asyncio.
static POOL: Pool = Pool {
    class: Class { name: "BasePool", module: "psycopg_pool.base" },
    kind: PoolKind::DbPool,
    name: None,
    size: Count::Sum(&[Term::Number(&["_max_size"])], &[]),
    in_use: Count::Sum(&[Term::Number(&["_nconns"])], &[Term::Length(&[&["_pool"]])]),
    waiting: Count::Sum(&[Term::Length(&[&["_waiting"]])], &[]),
};

static ASKS: Asks =
    Asks { pool: &POOL, from: Lead::This, waits: &[When::Parked], takes_place: Taken::Never, job: None };

/// A connection knows its pool while it is out of it.
const OUT_OF_POOL: Holds =
    Holds::Place { pool: &POOL, over: &[], to_pool: &["_pool"], job: &[], given_back: GivenBack::Unset("_pool") };

pub(super) const LIBRARY: Library = Library {
    name: "psycopg",
    packages: &["psycopg", "psycopg2", "psycopg_pool"],
    role: Role::Driver,
    functions: &[
        Row::of("psycopg2/pool.py", ALL).means(Marks::POOL),
        Row::of("psycopg_pool/pool.py", &["getconn", "connection", "wait"]).means(Marks::POOL),
        Row::of("psycopg_pool/pool.py", &["getconn"]).at_pool(AtPool::Asks(&ASKS)),
        Row::of("psycopg_pool/pool.py", &["wait"]).at_pool(AtPool::Parks(&POOL)),
        Row::of("psycopg_pool/pool_async.py", &["getconn"]).at_pool(AtPool::Asks(&ASKS)),
        Row::of("psycopg_pool/pool_async.py", &["wait"]).at_pool(AtPool::Parks(&POOL)),
    ],
    holders: &[
        // Since 3.2, and before.
        Holder { class: Class { name: "BaseConnection", module: "psycopg._connection_base" }, has: OUT_OF_POOL },
        Holder { class: Class { name: "BaseConnection", module: "psycopg.connection" }, has: OUT_OF_POOL },
    ],
    versions: &[
        ("psycopg._connection_base.BaseConnection", Versions::Since("3.2")),
        ("psycopg.connection.BaseConnection", Versions::Before("3.2")),
    ],
    ..Library::BARE
};
