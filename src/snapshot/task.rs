//! asyncio tasks, what they wait for, and the primitives of asyncio that stand between them.

use serde::{Deserialize, Serialize};

use super::known::not_read;
use super::{Address, Ending, Frame, Known, Moment, StackId, ThreadId};

/// What a task does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TaskPhase {
    /// It waits for a future that is not done.
    Waiting,
    /// Nothing keeps it but its turn: it has not begun, or what it waited for is done.
    Ready,
    /// Its loop runs it now: where it is, the stack of the loop's thread says.
    Running,
}

/// What a task waits for, as far as it can be known.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Awaited {
    /// Another task.
    Task(Address),
    /// Several tasks: `asyncio.gather`, `asyncio.wait`, a task group.
    Gather {
        /// Children, done or not.
        children: u64,
        /// Those that are not done, at most [`TaskCensus::MOST_CHILDREN`].
        pending: Vec<Address>,
    },
    /// A primitive of asyncio: one of [`TaskCensus::primitives`].
    Primitive(Address),
    /// `asyncio.sleep`.
    Sleep {
        /// When it ends.
        until: Known<Moment>,
    },
    /// A call in a thread.
    Executor {
        /// The thread that runs it; unknown while the call stands in a queue.
        thread: Known<ThreadId>,
    },
    /// Bytes from or to a connection.
    Connection {
        /// The other end, `10.0.3.7:5432`.
        peer: Known<String>,
        /// The descriptor of the socket.
        #[serde(default = "not_read")]
        descriptor: Known<i32>,
        /// Whether it waits for the other end to take bytes, not for bytes from it.
        #[serde(default)]
        sends: bool,
    },
    /// A future of which it is not known who sets it.
    Future,
}

/// A wait of a task.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TaskWait {
    /// The future whose end wakes the task. Another future in another census is another wait; the same may be one that was
    /// made where the former was, which [`TaskSample::moved`] tells.
    pub future: Address,
    /// What stands behind it.
    pub on: Awaited,
}

/// One task at one instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskSample {
    /// The task object.
    pub address: Address,
    /// Its name.
    pub name: Known<String>,
    /// Its loop; null for a greenlet, which has its turn from a hub.
    pub event_loop: Address,
    /// What it does.
    pub phase: TaskPhase,
    /// Its coroutine and what that awaits, innermost first, with the line that each is on.
    pub chain: Known<StackId>,
    /// What it waits for; `Is(None)` when nothing keeps it from running.
    pub wait: Known<Option<TaskWait>>,
    /// Tasks that wait for it, as far as they are known.
    #[serde(default)]
    pub awaited_by: Vec<Address>,
    /// Whether a timeout ends its wait: `asyncio.timeout`, `wait_for`, a cancel scope with a deadline.
    #[serde(default)]
    pub timed: bool,
    /// Whether a look since the census before found it waiting for another future, or for none. False also for those that
    /// were not watched: there are only so many.
    #[serde(default)]
    pub moved: bool,
    /// What leads to what it waits for, and so could end its wait: empty where nobody is in sight. Unknown where not all was
    /// looked through and nothing was found.
    #[serde(default)]
    pub ends: Known<Vec<Ending>>,
    /// The class of the object whose method awaits, innermost: `Semaphore`, `MemoryObjectReceiveStream`.
    #[serde(default)]
    pub object: Option<String>,
    /// How often its cancellation was asked for and not taken back, since 3.11.
    #[serde(default)]
    pub cancels: Known<u64>,
}

impl TaskSample {
    /// Whether it is a greenlet, which no loop runs.
    #[must_use]
    pub fn is_greenlet(&self) -> bool {
        self.event_loop == Address::default()
    }
}

/// Tasks that are at the same place and wait in the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskGroup {
    /// Their chain.
    pub chain: Known<StackId>,
    /// What they do.
    pub phase: TaskPhase,
    /// How many they are.
    pub count: u64,
}

/// Which primitive of asyncio it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PrimitiveKind {
    /// `asyncio.Lock`
    Lock,
    /// `asyncio.Event`
    Event,
    /// `asyncio.Condition`
    Condition,
    /// `asyncio.Semaphore`, bounded or not
    Semaphore,
    /// `asyncio.Queue` and those that derive from it
    Queue,
}

/// A task inside of an `async with` of a primitive, or a `with` of a lock of threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskHold {
    /// The task.
    pub task: Address,
    /// Its frame that is inside of the block, and the line that frame is on.
    pub frame: Frame,
}

/// A primitive of asyncio that tasks wait for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrimitiveSample {
    /// The object.
    pub address: Address,
    /// Which.
    pub kind: PrimitiveKind,
    /// Items of a queue, the free places of a semaphore, 1 for a lock that is taken, 1 for an event that is set.
    pub value: Known<u64>,
    /// The most items of a queue; `Is(None)` for a queue without a limit and for what has none.
    pub limit: Known<Option<u64>>,
    /// Tasks that wait for it, at most [`TaskCensus::MOST_WAITERS`].
    pub waiters: Vec<Address>,
    /// How many wait for it. Of a queue: to take from it.
    pub waiting: u64,
    /// How many wait to put into a queue.
    pub putting: u64,
    /// Tasks that hold it by `async with`. A lock that was taken by `acquire()` has a holder that cannot be found.
    pub holders: Vec<TaskHold>,
}

/// A task that ended with an exception which nobody has fetched, while somebody still has the task.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FailedTask {
    /// The task object.
    pub address: Address,
    /// The qualified name of its coroutine: `Prices.load`.
    pub function: String,
    /// The class of the exception. Its words may be anything and are not read.
    pub error: String,
}

/// All tasks of a process that are not done, at one instant: those of `asyncio.all_tasks()`, of every loop.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskCensus {
    /// How many were read, whether kept one by one or not.
    pub found: u64,
    /// Whether there are more, which were not read.
    #[serde(default)]
    pub cut: bool,
    /// Tasks one by one, by address, at most [`TaskCensus::MOST_TASKS`]: those that hold something and those that
    /// others wait for come before the rest.
    pub tasks: Vec<TaskSample>,
    /// All tasks, counted by where they are, the largest group first, at most [`TaskCensus::MOST_GROUPS`].
    pub groups: Vec<TaskGroup>,
    /// Primitives that tasks wait for, by address.
    pub primitives: Vec<PrimitiveSample>,
    /// Locks of threads that threads sleep for and suspended tasks hold: the lock, and the task.
    pub thread_locks: Vec<(Address, TaskHold)>,
    /// Tasks that ended with an exception which nobody has fetched, at most [`TaskCensus::MOST_FAILED`]. Since 3.14 tasks that are
    /// done are in no list, and none is found.
    #[serde(default)]
    pub failed: Vec<FailedTask>,
    /// How many greenlets were found, whether they run or wait; 0 where no library of the process gives turns to greenlets. Those that
    /// wait for their turn are among [`TaskCensus::tasks`], and of no loop.
    #[serde(default)]
    pub greenlets: Known<u64>,
}

impl TaskCensus {
    /// Tasks that are kept one by one.
    pub const MOST_TASKS: usize = 8192;
    /// Places that are counted one by one.
    pub const MOST_GROUPS: usize = 4096;
    /// Waiters of one primitive that are named.
    pub const MOST_WAITERS: usize = 256;
    /// Tasks that failed and are named.
    pub const MOST_FAILED: usize = 32;
    /// Children of one `gather` that are named.
    pub const MOST_CHILDREN: usize = 64;

    /// Adds greenlets to those that are kept one by one, as many as there is room for.
    pub fn add_greenlets(&mut self, found: Known<u64>, waiting: Vec<TaskSample>) {
        self.greenlets = found;
        self.keep(waiting);
    }

    fn keep(&mut self, tasks: Vec<TaskSample>) {
        self.tasks.extend(tasks.into_iter().take(Self::MOST_TASKS.saturating_sub(self.tasks.len())));
        self.tasks.sort_unstable_by_key(|task| task.address);
    }

    /// Adds tasks of a loop that is not asyncio's.
    pub fn add_tasks(&mut self, tasks: Vec<TaskSample>) {
        self.found += tasks.len() as u64;
        for task in &tasks {
            let is_there = |group: &&mut TaskGroup| (group.chain, group.phase) == (task.chain, task.phase);
            if let Some(group) = self.groups.iter_mut().find(is_there) {
                group.count += 1;
            } else if self.groups.len() < Self::MOST_GROUPS {
                self.groups.push(TaskGroup { chain: task.chain, phase: task.phase, count: 1 });
            }
        }
        self.groups.sort_by_key(|group| std::cmp::Reverse(group.count));
        self.keep(tasks);
    }

    /// The task at this address, if it is kept.
    #[must_use]
    pub fn task(&self, address: Address) -> Option<&TaskSample> {
        self.tasks.binary_search_by_key(&address, |task| task.address).ok().and_then(|at| self.tasks.get(at))
    }

    /// The primitive at this address.
    #[must_use]
    pub fn primitive(&self, address: Address) -> Option<&PrimitiveSample> {
        let found = self.primitives.binary_search_by_key(&address, |primitive| primitive.address);
        found.ok().and_then(|at| self.primitives.get(at))
    }
}
