//! Pools as they were last seen.

use super::model::{PoolReport, PoolUsers};
use super::observations::Seen;
use crate::aggregate::{Analysis, Subject, users_of};
use crate::snapshot::{Known, Occupier, PoolKind, PoolSample};

/// The pools of a process.
pub(super) fn pools(analysis: &Analysis<'_>) -> Vec<PoolReport> {
    let last = analysis.recording.censuses.last();
    last.map(|census| census.pools.iter().map(|pool| report(analysis, pool)).collect()).unwrap_or_default()
}

fn report(analysis: &Analysis<'_>, pool: &PoolSample) -> PoolReport {
    PoolReport {
        process: analysis.pid().0,
        kind: word(pool.kind).to_owned(),
        name: pool.name.clone(),
        size: pool.size,
        in_use: pool.in_use,
        waiting: pool.waiting,
        occupied_by: users(analysis, &pool.occupiers),
        waited_for_by: users(analysis, &pool.waiters),
    }
}

/// The contract's word for what a pool gives out.
fn word(kind: PoolKind) -> &'static str {
    match kind {
        PoolKind::AnyioLimiter => "anyio-threads",
        PoolKind::CapacityLimiter => "anyio-limiter",
        PoolKind::ThreadPool => "thread-pool",
        PoolKind::DefaultExecutor => "default-executor",
        PoolKind::DbPool => "db-pool",
        PoolKind::HttpPool => "http-pool",
        PoolKind::AsyncioQueue => "asyncio-queue",
        PoolKind::Dns => "dns",
    }
}

/// Users by the function they are in, the most first.
fn users(analysis: &Analysis<'_>, users: &[Occupier]) -> Vec<PoolUsers> {
    let groups = users_of(analysis, users).into_iter();
    groups.map(|(place, count)| PoolUsers { place, count }).collect()
}

/// Pools of a process in a few words each, those in use.
pub(super) fn words(analysis: &Analysis<'_>) -> Vec<Seen> {
    let pools = analysis.recording.censuses.last().into_iter().flat_map(|census| &census.pools);
    let in_use = pools.filter(|pool| pool.in_use.get().is_some_and(|in_use| *in_use > 0));
    in_use.map(|pool| Seen::of(Subject::Pool(pool.address), pool_line(&report(analysis, pool)))).collect()
}

/// `4 of 40 worker threads busy`, `3 of 3 database connections taken, 5 wait`
#[must_use]
pub fn pool_line(pool: &PoolReport) -> String {
    let (thing, taken) = match pool.kind.as_str() {
        "anyio-threads" => ("worker threads", "busy"),
        "anyio-limiter" => ("limiter tokens", "taken"),
        "thread-pool" => ("executor threads", "busy"),
        "default-executor" => ("default executor threads", "busy"),
        "db-pool" => ("database connections", "taken"),
        "http-pool" => ("HTTP connections", "taken"),
        "dns" => ("DNS lookups of libuv", "running"),
        _ => ("pooled items", "taken"),
    };
    let figure = |figure: &Known<u64>| figure.get().map_or_else(|| "?".to_owned(), ToString::to_string);
    let size = match pool.size {
        Known::Is(size) if size < ENDLESS => format!(" of {size}"),
        _ => String::new(),
    };
    let waiting = match pool.waiting {
        Known::Is(1) => ", 1 waits".to_owned(),
        Known::Is(waiting) if waiting > 0 => format!(", {waiting} wait"),
        _ => String::new(),
    };
    format!("{}{size} {thing} {taken}{waiting}", figure(&pool.in_use))
}

/// What stands for no limit: `math.inf`, `sys.maxsize`.
const ENDLESS: u64 = 1 << 32;
