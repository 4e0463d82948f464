//! redis-py, and the pools of its asyncio half.

use super::{
    Asks, AtPool, Class, Count, GivenBack, Holder, Holds, Lead, Library, Marks, Pool, Role, Row, Taken, Term, When,
};
use crate::snapshot::PoolKind;

/// `ConnectionPool`, which refuses when it is empty, and `BlockingConnectionPool`, in which one waits.
static POOL: Pool = Pool {
    class: Class { name: "ConnectionPool", module: "redis.asyncio.connection" },
    kind: PoolKind::DbPool,
    name: None,
    size: Count::Sum(&[Term::Number(&["max_connections"])], &[]),
    in_use: Count::First(&[
        Count::Sum(&[Term::Length(&[&["_in_use_connections"]])], &[]),
        // The one in which one waits, up to 4: a queue of what is free.
        Count::Sum(&[Term::Number(&["max_connections"])], &[Term::Length(&[&["pool", "_queue"]])]),
    ]),
    waiting: Count::Seen,
};

/// On a condition, up to 4 in a queue. What has the connection opens it yet.
static ASKS: Asks = Asks {
    pool: &POOL,
    from: Lead::This,
    waits: &[When::InPrimitive, When::InQueue],
    takes_place: Taken::WithJob,
    job: Some("connection"),
};

/// A command on its way has a connection.
static COMMANDS: Asks = Asks {
    pool: &POOL,
    from: Lead::Local("self", &["connection_pool"]),
    waits: &[],
    takes_place: Taken::WithJob,
    job: Some("conn"),
};

/// A pipeline or a subscription keeps its connection from command to command.
const KEEPS: Holds = Holds::Place {
    pool: &POOL,
    over: &[],
    to_pool: &["connection_pool"],
    job: &["connection"],
    given_back: GivenBack::Unset("connection"),
};

const BLOCKING: &[&str] =
    &["blpop", "brpop", "brpoplpush", "blmove", "blmpop", "bzpopmin", "bzpopmax", "bzmpop", "xread", "xreadgroup"];

pub(super) const LIBRARY: Library = Library {
    name: "redis",
    packages: &["redis"],
    role: Role::Driver,
    functions: &[
        Row::of("redis/asyncio/client.py", &["listen", "get_message"]).means(Marks::SUBSCRIBE),
        Row::of("redis/client.py", &["listen", "get_message"]).means(Marks::SUBSCRIBE),
        // Commands that may wait in the server for as long as there is nothing.
        Row::of("redis/commands/core.py", BLOCKING).means(Marks::SUBSCRIBE),
        Row::of("redis/connection.py", &["get_connection"]).means(Marks::POOL),
        Row::of("redis/asyncio/connection.py", &["get_connection"]).at_pool(AtPool::Asks(&ASKS)),
        Row::of("redis/asyncio/client.py", &["_send_command_parse_response"]).at_pool(AtPool::Asks(&COMMANDS)),
    ],
    holders: &[
        Holder { class: Class { name: "Pipeline", module: "redis.asyncio.client" }, has: KEEPS },
        Holder { class: Class { name: "PubSub", module: "redis.asyncio.client" }, has: KEEPS },
    ],
    ..Library::BARE
};
