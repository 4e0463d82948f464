//! Pools: what each gives out, and what goes without.

use super::verbs::wait;
use crate::figures::count;
use crate::snapshot::{Known, PoolKind};

/// The words for a pool.
struct PoolRow {
    /// The word of the contract.
    contract: &'static str,
    /// One place of it.
    thing: &'static str,
    /// All of them, as they are listed, and what those are that are in use.
    listed: (&'static str, &'static str),
    /// What those do who have a place.
    user: &'static str,
    /// Whom it hurts that none is free: it waits.
    needs: &'static str,
}

macro_rules! row {
    ($contract:literal, $thing:literal, $listed:literal, $taken:literal, $user:literal, $needs:literal) => {
        PoolRow { contract: $contract, thing: $thing, listed: ($listed, $taken), user: $user, needs: $needs }
    };
}

#[rustfmt::skip]
const fn row(kind: PoolKind) -> PoolRow {
    match kind {
        PoolKind::AnyioLimiter => row!("anyio-threads", "worker thread", "worker threads", "busy", "call",
            "def endpoints, sync dependencies and file responses; async ones are answered"),
        PoolKind::CapacityLimiter => row!("anyio-limiter", "limiter token", "limiter tokens", "taken", "call",
            "every task that needs a token of this limiter"),
        PoolKind::ThreadPool => row!("thread-pool", "executor thread", "executor threads", "busy", "call",
            "every further call in this executor"),
        PoolKind::DefaultExecutor => row!("default-executor", "default executor thread", "default executor threads", "busy", "call",
            "host names, asyncio.to_thread, run_in_executor"),
        PoolKind::DbPool => row!("db-pool", "database connection", "database connections", "taken", "user", "whatever needs the database"),
        PoolKind::HttpPool => row!("http-pool", "HTTP connection", "HTTP connections", "taken", "user", "every further request through this HTTP client"),
        PoolKind::AsyncioQueue => row!("asyncio-queue", "pooled item", "pooled items", "taken", "user",
            "whatever takes an item from this queue"),
        PoolKind::Dns => row!("dns", "DNS lookup", "DNS lookups of libuv", "running", "call", "whatever needs a host name looked up"),
    }
}

/// The pools of the contract.
const KINDS: [PoolKind; 8] = [
    PoolKind::AnyioLimiter,
    PoolKind::CapacityLimiter,
    PoolKind::ThreadPool,
    PoolKind::DefaultExecutor,
    PoolKind::DbPool,
    PoolKind::HttpPool,
    PoolKind::AsyncioQueue,
    PoolKind::Dns,
];

/// The pool that a word of the contract stands for.
#[must_use]
pub fn of_contract(word: &str) -> Option<PoolKind> {
    KINDS.into_iter().find(|kind| contract(*kind) == word)
}

/// The contract's word for what a pool gives out.
#[must_use]
pub const fn contract(kind: PoolKind) -> &'static str {
    row(kind).contract
}

/// `4 of 40 worker threads busy`, `3 of 3 database connections taken, 5 wait`
#[must_use]
pub fn line(kind: PoolKind, in_use: Known<u64>, size: Known<u64>, waiting: Known<u64>) -> String {
    /// What stands for no limit: `math.inf`, `sys.maxsize`.
    const ENDLESS: u64 = 1 << 32;
    let (things, taken) = row(kind).listed;
    let in_use = in_use.get().map_or_else(|| "?".to_owned(), ToString::to_string);
    let size = size.ok().filter(|size| *size < ENDLESS).map(|size| format!(" of {size}")).unwrap_or_default();
    let waiting = waiting.ok().filter(|waiting| *waiting > 0);
    let waiting = waiting.map(|waiting| format!(", {waiting} {}", wait(waiting))).unwrap_or_default();
    format!("{in_use}{size} {things} {taken}{waiting}")
}

/// Whom it hurts that no place is free: it waits.
pub(super) const fn needs(kind: PoolKind) -> &'static str {
    row(kind).needs
}

/// What a pool gives out: `40 worker threads`, `3 database connections`.
pub(super) fn things(kind: PoolKind, number: u64) -> String {
    count(number, row(kind).thing)
}

/// `all 3 database connections are`, `the only database connection is`
pub(super) fn all(kind: PoolKind, size: u64) -> String {
    match size {
        1 => format!("the only {} is", row(kind).thing),
        2 => format!("both {}s are", row(kind).thing),
        _ => format!("all {} are", things(kind, size)),
    }
}

/// One place of a pool: `one of 40 worker threads`, `the only database connection`.
#[must_use]
pub fn one_of(kind: PoolKind, size: u64) -> String {
    match size {
        1 => format!("the only {}", row(kind).thing),
        _ => format!("one of {}", things(kind, size)),
    }
}

/// Who ends a wait for a place.
pub const GIVES_BACK: &str = "whoever gives one back";

/// What those do who have a place.
pub(super) const fn use_of(kind: PoolKind) -> &'static str {
    row(kind).user
}
