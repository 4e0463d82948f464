//! Pools: things of which there are only so many, who has them and who waits.

use serde::{Deserialize, Serialize};

use super::{Address, Frame, Known, ThreadId};

/// What a pool gives out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PoolKind {
    /// The default `anyio.CapacityLimiter`: the threads in which sync endpoints run.
    AnyioLimiter,
    /// An `anyio.CapacityLimiter` of the program's own.
    CapacityLimiter,
    /// `concurrent.futures.ThreadPoolExecutor`
    ThreadPool,
    /// The loop's own executor: `asyncio.to_thread`, `getaddrinfo`.
    DefaultExecutor,
    /// Connections to a database.
    DbPool,
    /// Connections of an HTTP client.
    HttpPool,
    /// An `asyncio.Queue` that hands out what is put back into it.
    AsyncioQueue,
    /// Lookups of host names that libuv makes at once, in threads of its own.
    Dns,
}

/// Who runs or waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Actor {
    /// A thread.
    Thread(ThreadId),
    /// A task, by the address of its object.
    Task(Address),
}

/// Who has a place of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Occupier {
    /// The thread or task.
    pub who: Actor,
    /// The frame that shows what it has the place for, and the line that is on; `None` when there is none.
    pub place: Option<Frame>,
    /// The object that stands for this one use of the place; another use has another. `None` where nothing does.
    #[serde(default)]
    pub job: Option<Address>,
}

/// One pool at one instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolSample {
    /// The object; the same pool in two censuses has the same.
    pub address: Address,
    /// What it gives out.
    pub kind: PoolKind,
    /// What to call it: a name that the program gave, or a class.
    pub name: Known<String>,
    /// Places in all.
    pub size: Known<u64>,
    /// Places taken.
    pub in_use: Known<u64>,
    /// Who waits for a place.
    pub waiting: Known<u64>,
    /// Who has a place, at most [`PoolSample::MOST_NAMED`].
    pub occupiers: Vec<Occupier>,
    /// Those who wait, at most [`PoolSample::MOST_NAMED`].
    pub waiters: Vec<Occupier>,
    /// Threads that have a place and wait for something that a call has which stands in the queue behind them.
    #[serde(default)]
    pub behind: Vec<ThreadId>,
}

impl PoolSample {
    /// Occupiers and waiters of one pool that are named.
    pub const MOST_NAMED: usize = 256;
}
