//! The pools found so far, and who uses them or waits.

use std::collections::BTreeMap;

use crate::memory::ReadError;
use crate::read::objects::builtin::Objects;
use crate::read::stacks::codes::CodeTable;
use crate::read::tasks::frames::TaskFrames;
use crate::read::threads::libuv::Worker;
use crate::read::threads::live::{LiveFrame, LiveThread};
use crate::snapshot::{
    Actor, Address, Frame, Known, Occupier, PoolKind, PoolSample, RequestSample, TaskCensus, TaskHold, Why,
};

/// What stands around the pools.
pub(super) struct Around<'a> {
    /// Python's threads.
    pub(super) threads: &'a [LiveThread],
    /// Tasks that are suspended.
    pub(super) tasks: &'a [TaskFrames],
    /// Tasks and what they wait for.
    pub(super) census: &'a TaskCensus,
    /// Objects that tasks hold by `async with`.
    pub(super) holds: &'a [(Address, TaskHold)],
    /// Requests in flight.
    pub(super) requests: &'a [RequestSample],
    /// Code objects.
    pub(super) codes: &'a CodeTable,
    /// Interpreters, in the order in which threads refer to them.
    pub(super) interpreters: &'a [Address],
    /// Running event loops.
    pub(super) loops: &'a [Address],
    /// Threads of libuv.
    pub(super) workers: &'a [Worker],
}

/// A thread or task and its frames, innermost first.
pub(super) struct User<'a> {
    pub(super) who: Actor,
    pub(super) frames: &'a [LiveFrame],
    /// The same as they are shown, of a task.
    shown: &'a [Frame],
}

impl<'a> User<'a> {
    /// Everybody.
    pub(super) fn all(around: &Around<'a>) -> Vec<Self> {
        let threads = around.threads.iter();
        let threads =
            threads.map(|thread| User { who: Actor::Thread(thread.thread), frames: &thread.frames, shown: &[] });
        let tasks = around.tasks.iter();
        let tasks = tasks.map(|task| User { who: Actor::Task(task.task), frames: &task.frames, shown: &task.shown });
        threads.chain(tasks).collect()
    }

    /// A frame as it is shown.
    pub(super) fn place(&self, around: &Around<'_>, index: usize) -> Option<Frame> {
        match self.who {
            Actor::Thread(_) => self.frames.get(index).map(|frame| place(around, frame)),
            Actor::Task(_) => self.shown.get(index).copied(),
        }
    }
}

/// The pools found so far.
#[derive(Debug, Default)]
pub(super) struct Found {
    pools: BTreeMap<Address, PoolSample>,
}

impl Found {
    /// The pool at this address, made when it is new.
    pub(super) fn pool(&mut self, address: Address, make: impl FnOnce() -> PoolSample) -> &mut PoolSample {
        self.pools.entry(address).or_insert_with(make)
    }

    pub(super) fn has(&self, address: Address) -> bool {
        self.pools.contains_key(&address)
    }

    pub(super) fn into_samples(self) -> Vec<PoolSample> {
        self.pools.into_values().collect()
    }
}

/// A pool of which nothing is known yet.
pub(super) fn new_pool(address: Address, kind: PoolKind, why: Why) -> PoolSample {
    PoolSample {
        address,
        kind,
        name: Known::Unknown(why),
        size: Known::Unknown(why),
        in_use: Known::Unknown(why),
        waiting: Known::Unknown(why),
        occupiers: Vec::new(),
        waiters: Vec::new(),
        behind: Vec::new(),
    }
}

/// Adds to a list of occupiers or waiters, as far as it may grow.
pub(super) fn add(list: &mut Vec<Occupier>, who: Actor, place: Option<Frame>, job: Option<Address>) {
    if list.len() < PoolSample::MOST_NAMED && !list.iter().any(|known| (known.who, known.job) == (who, job)) {
        list.push(Occupier { who, place, job });
    }
}

/// A frame as it is now.
pub(super) fn place(around: &Around<'_>, frame: &LiveFrame) -> Frame {
    let index = around.codes.find(frame.code_address);
    Frame { code: frame.code, line: index.and_then(|index| around.codes.line_at(index, frame.instruction)) }
}

/// What an object stands for: of a cell what it holds.
pub(super) fn through_cell(objects: Objects<'_>, object: Address) -> Result<Address, ReadError> {
    if objects.type_name_of(object)? == "cell" {
        return objects.memory.read_pointer(object.plus(objects.offsets.object.cell_value));
    }
    Ok(object)
}
