//! aiohttp: the connections of its client, which a connector keeps.

use super::{
    Asks, AtPool, Awaits, Class, Count, GivenBack, Holder, Holds, Lead, Library, Path, Pool, Role, Row, Step, Taken,
    Term, Versions, When,
};
use crate::snapshot::PoolKind;

/// The connections that are in use, for each host, while there is a limit for each.
const PER_HOST: Path = &["_acquired_per_host"];

static POOL: Pool = Pool {
    class: Class { name: "BaseConnector", module: "aiohttp.connector" },
    kind: PoolKind::HttpPool,
    name: None,
    // No limit is 0, of both.
    size: Count::Least(&[
        Count::Sum(&[Term::Limit(&["_limit"], 1)], &[]),
        Count::Sum(&[Term::LimitOfEach(&["_limit_per_host"], 1, PER_HOST)], &[]),
    ]),
    in_use: Count::Sum(&[Term::Length(&[&["_acquired"]])], &[]),
    waiting: Count::Sum(&[Term::Lengths(&["_waiters"])], &[]),
};

/// Up to 3.10 `connect` itself waits. Further in, it makes the connection, for which it has a place already.
static ASKS: Asks = Asks {
    pool: &POOL,
    from: Lead::This,
    waits: &[When::Innermost, When::Parked],
    takes_place: Taken::Inside,
    job: None,
};

/// What `async with session.get(...)` keeps.
const OF_RESPONSE: Holds = Holds::Another(&[Step::To("_resp")]);

pub(super) const LIBRARY: Library = Library {
    name: "aiohttp",
    packages: &["aiohttp"],
    role: Role::Framework,
    functions: &[
        Row::of("aiohttp/connector.py", &["connect"]).at_pool(AtPool::Asks(&ASKS)),
        // The head of an answer comes through the protocol itself, its body through a stream.
        Row::of("aiohttp/streams.py", &["read"]).awaits(Awaits::bytes_of(&["transport"])),
        Row::of("aiohttp/streams.py", &["_wait"]).awaits(Awaits::bytes_of(&["_protocol", "transport"])),
        Row::of("aiohttp/connector.py", &["_wait_for_available_connection"]).at_pool(AtPool::Parks(&POOL)),
    ],
    holders: &[
        Holder {
            class: Class { name: "Connection", module: "aiohttp.connector" },
            has: Holds::Place {
                pool: &POOL,
                over: &[],
                to_pool: &["_connector"],
                job: &[],
                given_back: GivenBack::Unset("_protocol"),
            },
        },
        Holder {
            class: Class { name: "ClientResponse", module: "aiohttp.client_reqrep" },
            has: Holds::Another(&[Step::To("_connection")]),
        },
        Holder { class: Class { name: "_BaseRequestContextManager", module: "aiohttp.client" }, has: OF_RESPONSE },
    ],
    versions: &[("aiohttp/connector.py: _wait_for_available_connection", Versions::Since("3.10.11"))],
    ..Library::BARE
};
