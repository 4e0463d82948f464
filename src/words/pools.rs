//! Pools: what each gives out, and what goes without.

use crate::figures::count;
use crate::snapshot::PoolKind;

/// One place of a pool, and what waits where none is free.
struct PoolRow {
    thing: &'static str,
    needs: &'static str,
}

const fn row(kind: PoolKind) -> PoolRow {
    match kind {
        PoolKind::AnyioLimiter => PoolRow {
            thing: "worker thread",
            needs: "def endpoints, sync dependencies and file responses wait; async ones are answered",
        },
        PoolKind::CapacityLimiter => {
            PoolRow { thing: "limiter token", needs: "whatever needs a token of this limiter waits" }
        }
        PoolKind::ThreadPool => {
            PoolRow { thing: "executor thread", needs: "every further call of this executor waits" }
        }
        PoolKind::DefaultExecutor => PoolRow {
            thing: "default executor thread",
            needs: "host names, asyncio.to_thread and run_in_executor wait",
        },
        PoolKind::DbPool => PoolRow { thing: "database connection", needs: "whatever needs the database waits" },
        PoolKind::HttpPool => PoolRow { thing: "HTTP connection", needs: "every further request of this client waits" },
        PoolKind::AsyncioQueue => {
            PoolRow { thing: "pooled item", needs: "whatever takes an item from this queue waits" }
        }
        PoolKind::Dns => PoolRow { thing: "DNS lookup", needs: "whatever needs a host name looked up waits" },
    }
}

/// What waits where no place is free.
pub(super) const fn needs(kind: PoolKind) -> &'static str {
    row(kind).needs
}

/// What a pool gives out: `40 worker threads`, `3 database connections`.
pub(super) fn things(kind: PoolKind, number: u64) -> String {
    count(number, row(kind).thing)
}
