//! Pools that somebody uses or waits for, found through the frames of those who do.
//!
//! A pool has no place of its own in the interpreter. But whoever works for it, waits for it or has something out of it
//! has a frame, suspended or not, with the pool among its local variables, or something that leads to it.

mod asyncpg;
mod connections;
mod executors;
mod functions;
mod httpcore;
mod limiter;
mod names;
mod queues;
mod sqlalchemy;

use std::collections::BTreeMap;

use self::connections::Holdings;
use self::functions::{Function, Functions};
use crate::memory::ReadError;
use crate::read::objects::builtin::Objects;
use crate::read::objects::known::lenient;
use crate::read::scene::Scene;
use crate::read::stacks::codes::CodeTable;
use crate::read::stacks::locals::FrameLocals;
use crate::read::tasks::frames::TaskFrames;
use crate::read::tasks::reader::TasksRead;
use crate::read::threads::libuv::Worker;
use crate::read::threads::live::{LiveFrame, LiveThread};
use crate::snapshot::{
    Actor, Address, Frame, Known, Occupier, PoolKind, PoolSample, RequestSample, TaskCensus, TaskHold, Why,
};

/// Reads the pools of one process, again and again.
#[derive(Debug, Default)]
pub(in crate::read) struct Pools {
    functions: Functions,
    locals: FrameLocals,
    holdings: Holdings,
}

/// What stands around the pools.
struct Around<'a> {
    /// Python's threads.
    threads: &'a [LiveThread],
    /// Tasks that are suspended.
    tasks: &'a [TaskFrames],
    /// Tasks and what they wait for.
    census: &'a TaskCensus,
    /// Objects that tasks hold by `async with`.
    holds: &'a [(Address, TaskHold)],
    /// Requests in flight.
    requests: &'a [RequestSample],
    /// Code objects.
    codes: &'a CodeTable,
    /// Interpreters, in the order in which threads refer to them.
    interpreters: &'a [Address],
    /// Running event loops.
    loops: &'a [Address],
    /// Threads of libuv.
    workers: &'a [Worker],
}

impl Pools {
    /// The pools, by address.
    ///
    /// # Errors
    ///
    /// When the process is gone or closed to us. What else cannot be read is left out.
    pub(in crate::read) fn read(
        &mut self,
        scene: &Scene<'_>,
        tasks: &TasksRead,
        requests: &[RequestSample],
    ) -> Result<Vec<PoolSample>, ReadError> {
        let around = Around {
            threads: scene.threads,
            tasks: &tasks.frames,
            census: &tasks.census,
            holds: &tasks.holds,
            requests,
            codes: scene.codes,
            interpreters: scene.interpreters,
            loops: scene.loops,
            workers: scene.workers,
        };
        let mut found = Found::default();
        self.limiters(scene.objects, &around, &mut found)?;
        self.own_limiters(scene.objects, &around, &mut found)?;
        self.executors(scene.objects, &around, &mut found)?;
        self.connections(scene.objects, &around, &mut found)?;
        self.queues(scene.objects, &around, &mut found)?;
        self.name_lookups(scene.objects, &around, &mut found)?;
        Ok(found.into_samples())
    }

    /// The outermost frame of a thread or task that is of this function.
    fn meet(
        &mut self,
        objects: Objects<'_>,
        around: &Around<'_>,
        frames: &[LiveFrame],
        wanted: Function,
    ) -> Result<Option<Met>, ReadError> {
        let functions = &mut self.functions;
        let met = frames.iter().enumerate().rev().find(|(_, frame)| functions.of(around.codes, frame) == wanted);
        let Some((at, frame)) = met else { return Ok(None) };
        let this = match self.local(objects, frame, "self")? {
            // A method with an inner function that uses `self` keeps it in a cell.
            Some(this) => lenient(through_cell(objects, this).map(Some))?,
            None => None,
        };
        Ok(Some(Met { at, frame: *frame, this }))
    }

    /// A local variable; `None` also when it cannot be read.
    fn local(&mut self, objects: Objects<'_>, frame: &LiveFrame, name: &str) -> Result<Option<Address>, ReadError> {
        lenient(self.locals.get(objects, frame, name))
    }
}

/// A function that pools are found by, on the stack of a thread or task.
#[derive(Clone, Copy, Debug)]
struct Met {
    /// Its position, counted from the innermost frame.
    at: usize,
    frame: LiveFrame,
    /// The object whose method it is.
    this: Option<Address>,
}

/// The pools found so far.
#[derive(Debug, Default)]
struct Found {
    pools: BTreeMap<Address, PoolSample>,
}

impl Found {
    /// The pool at this address, made when it is new.
    fn pool(&mut self, address: Address, make: impl FnOnce() -> PoolSample) -> &mut PoolSample {
        self.pools.entry(address).or_insert_with(make)
    }

    fn has(&self, address: Address) -> bool {
        self.pools.contains_key(&address)
    }

    fn into_samples(self) -> Vec<PoolSample> {
        self.pools.into_values().collect()
    }
}

/// A pool of which nothing is known yet.
fn new_pool(address: Address, kind: PoolKind, why: Why) -> PoolSample {
    PoolSample {
        address,
        kind,
        name: Known::Unknown(why),
        size: Known::Unknown(why),
        in_use: Known::Unknown(why),
        waiting: Known::Unknown(why),
        occupiers: Vec::new(),
        waiters: Vec::new(),
    }
}

/// Adds to a list of occupiers or waiters, as far as it may grow.
fn add(list: &mut Vec<Occupier>, who: Actor, place: Option<Frame>, job: Option<Address>) {
    if list.len() < PoolSample::MOST_NAMED && !list.iter().any(|known| (known.who, known.job) == (who, job)) {
        list.push(Occupier { who, place, job });
    }
}

/// A frame as it is now.
fn place(around: &Around<'_>, frame: &LiveFrame) -> Frame {
    let index = around.codes.find(frame.code_address);
    Frame { code: frame.code, line: index.and_then(|index| around.codes.line_at(index, frame.instruction)) }
}

/// What an object stands for: of a cell what it holds.
fn through_cell(objects: Objects<'_>, object: Address) -> Result<Address, ReadError> {
    if objects.type_name_of(object)? == "cell" {
        return objects.memory.read_pointer(object.plus(objects.offsets.object.cell_value));
    }
    Ok(object)
}
