//! httpcore, which httpx sends with: its pool.

use super::{
    Asks, AtPool, Class, Count, GivenBack, Holder, Holds, Lead, Library, Pool, Role, Row, Step, Taken, Term, Versions,
    When,
};
use crate::snapshot::PoolKind;

static POOL: Pool = Pool {
    class: Class { name: "AsyncConnectionPool", module: "httpcore" },
    kind: PoolKind::HttpPool,
    name: None,
    // `sys.maxsize` stands for no limit.
    size: Count::Sum(&[Term::Number(&["_max_connections"])], &[]),
    in_use: Count::Sum(&[Term::With(&["_requests"], "connection")], &[]),
    waiting: Count::Sum(&[Term::Without(&["_requests"], "connection")], &[]),
};

static ASKS: Asks = Asks {
    pool: &POOL,
    from: Lead::This,
    waits: &[When::Unset("connection")],
    takes_place: Taken::Inside,
    job: Some("pool_request"),
};

/// The connection that a response is still read from, under the streams of httpx and httpcore.
const HAS: Holds = Holds::Place {
    pool: &POOL,
    over: &[Step::To("stream"), Step::Until("_pool_request", &["_stream", "_httpcore_stream"])],
    to_pool: &["_pool"],
    job: &["_pool_request"],
    given_back: GivenBack::Flag("_closed"),
};

pub(super) const LIBRARY: Library = Library {
    name: "httpcore",
    packages: &["httpcore"],
    role: Role::Driver,
    functions: &[
        Row::of("httpcore/_async/connection_pool.py", &["handle_async_request"]).at_pool(AtPool::Asks(&ASKS)),
        Row::of("httpcore/_sync/connection_pool.py", &["handle_request"]).at_pool(AtPool::Asks(&ASKS)),
    ],
    holders: &[Holder { class: Class { name: "Response", module: "httpx" }, has: HAS }],
    versions: &[
        ("httpcore: _pool_request", Versions::Since("1.0.3")),
        ("httpcore: pool_request", Versions::Since("1.0.3")),
    ],
    ..Library::BARE
};
