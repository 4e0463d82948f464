//! Threads that wait for coroutines which they handed to an event loop, and which loop that is.
//!
//! A future of `concurrent.futures` does not know who is to set it. What leads to the loop depends on how far it came
//! (CPython `Lib/asyncio/tasks.py`, `run_coroutine_threadsafe`, and `Lib/asyncio/futures.py`, `_chain_future`):
//!
//! | the loop has | what leads to it |
//! |---|---|
//! | made a task of the coroutine | the future's own callback, which has the task among its variables |
//! | not looked at the call yet | a callback in the loop's queue, which has the future among its variables |
//!
//! A loop that no thread runs is in no list. Those that tasks belong to are looked at, and those that are near the frames of
//! the thread that waits: it got the loop from somewhere. Whoever else has such a loop near may be about to run it.

use std::collections::{BTreeSet, HashMap};

use super::future_links::{closed_over, function_at, is_concurrent, variables};
use crate::libraries::{self, Marks, asyncio, concurrent_futures, uvloop};
use crate::memory::{ReadError, little_endian};
use crate::read::loops::nearby::{NearbyLoops, Reach};
use crate::read::loops::stock::StockLoop;
use crate::read::loops::uvloop::Uvloop;
use crate::read::objects::builtin::{DequeEnds, Objects};
use crate::read::objects::kinds::{Kinds, ObjectKind};
use crate::read::objects::known::lenient;
use crate::read::scene::Scene;
use crate::read::stacks::locals::FrameLocals;
use crate::read::threads::live::{LiveFrame, LiveThread};
use crate::snapshot::{Address, Handover, TaskCensus, ThreadId};

/// Threads whose waits are followed.
const MOST_THREADS: usize = 256;
/// The innermost frames among which the wait for a future is: further in are those of a condition.
const INNERMOST: usize = 4;
/// Frames of a thread that are searched for a loop: of one that waits from there outwards.
const SEARCHED: usize = 16;
/// Callbacks of one future that are looked at.
const MOST_CALLBACKS: u64 = 8;
/// Calls in the queue of one loop that are looked at.
const MOST_CALLS: u64 = 512;
/// Bytes of one call that are looked through: what it calls is among the first fields.
const MOST_OF_CALL: u64 = 128;
/// Where a thread that waits has the loop from: a client object, its own or the module's, may keep it in one of its own.
const OF_WAITER: Reach = Reach { globals: true, attributes: 2 };
/// Where a thread that runs a loop from time to time has it.
const OF_OWNER: Reach = Reach { globals: false, attributes: 1 };

/// A thread that waits for a future.
struct Waiting<'a> {
    thread: ThreadId,
    future: Address,
    /// The frames around the wait, innermost first.
    frames: &'a [LiveFrame],
}

/// Finds loops, whether or not somebody runs them.
struct Search<'a> {
    objects: Objects<'a>,
    kinds: Kinds,
    locals: FrameLocals,
    nearby: NearbyLoops<'a>,
    /// Loops whose queues were looked at.
    seen: BTreeSet<Address>,
    /// Which loop has a call in its queue that is to set this future.
    queued: HashMap<Address, Address>,
}

/// Who waits for which loop, and whether a limit ended the search for more.
#[derive(Debug, Default)]
pub(in crate::read) struct Handovers {
    pub(in crate::read) found: Vec<Handover>,
    pub(in crate::read) cut: bool,
}

/// Reads who waits for a coroutine that a loop has to run.
///
/// # Errors
///
/// When the process is gone or closed to us. What else cannot be read is left out.
pub(in crate::read) fn read(scene: &Scene<'_>, tasks: &TaskCensus) -> Result<Handovers, ReadError> {
    let mut search = Search::new(scene);
    let mut waiting = Vec::new();
    for thread in scene.threads.iter().filter(|thread| thread.stable).take(MOST_THREADS) {
        waiting.extend(search.future_of(scene, thread)?);
    }
    if waiting.is_empty() {
        return Ok(Handovers::default());
    }
    let of_tasks = tasks.tasks.iter().map(|task| task.event_loop);
    let known: BTreeSet<Address> = of_tasks.chain(scene.loops.iter().copied()).collect();
    let mut found = Vec::new();
    for wait in &waiting {
        let (thread, future) = (wait.thread, wait.future);
        if let Some((task, event_loop)) = search.task_of(future)? {
            found.push(Handover { thread, future, event_loop, task: Some(task), owner: None });
        } else if let Some(event_loop) = search.queue_of(&known, wait)? {
            found.push(Handover { thread, future, event_loop, task: None, owner: None });
        }
    }
    found.sort_by_key(|handover| handover.thread);
    search.find_owners(scene, &waiting, &mut found)?;
    Ok(Handovers { found, cut: search.nearby.was_cut() })
}

impl<'a> Search<'a> {
    fn new(scene: &Scene<'a>) -> Self {
        let objects = scene.objects;
        Self {
            objects,
            kinds: Kinds::default(),
            locals: FrameLocals::default(),
            nearby: NearbyLoops::new(objects, scene.limit),
            seen: BTreeSet::new(),
            queued: HashMap::new(),
        }
    }

    /// The future that a thread waits for, if it waits for one.
    fn future_of<'t>(&mut self, scene: &Scene<'_>, thread: &'t LiveThread) -> Result<Option<Waiting<'t>>, ReadError> {
        let waits = |frame: &LiveFrame| {
            let code = scene.codes.codes().get(frame.code.0 as usize);
            code.is_some_and(|code| libraries::marks(&code.file, &code.name).has(Marks::FUTURE))
        };
        let Some(at) = thread.frames.iter().take(INNERMOST).position(waits) else { return Ok(None) };
        let Some((frame, around)) = thread.frames.get(at..).and_then(<[LiveFrame]>::split_first) else {
            return Ok(None);
        };
        let future = lenient(self.locals.get(self.objects, frame, "self"))?;
        let future = future.filter(|future| is_concurrent(self.objects, *future));
        Ok(future.map(|future| Waiting { thread: thread.thread, future, frames: around }))
    }

    /// The task that sets a future, and its loop.
    fn task_of(&mut self, future: Address) -> Result<Option<(Address, Address)>, ReadError> {
        let Some(callbacks) = lenient(self.objects.attribute(future, concurrent_futures::CALLBACKS))? else {
            return Ok(None);
        };
        let layout = &self.objects.offsets.object;
        let count = lenient(self.objects.length(callbacks.value))?.min(MOST_CALLBACKS);
        let items = lenient(self.objects.memory.read_pointer(callbacks.value.plus(layout.list_items)))?;
        for index in 0..count {
            let slot = Address(items.0.wrapping_add(index * 8));
            for value in lenient(variables(self.objects, &mut self.kinds, slot, asyncio::CHAINED))? {
                if let Ok(ObjectKind::Task(task)) = self.kinds.of(self.objects, value) {
                    let event_loop = lenient(self.objects.memory.read_pointer(value.plus(task.task_loop)))?;
                    return Ok((!event_loop.is_null()).then_some((value, event_loop)));
                }
            }
        }
        Ok(None)
    }

    /// The loop in whose queue the call stands that is to set a future: one of the known, or one near the thread's frames.
    fn queue_of(&mut self, known: &BTreeSet<Address>, wait: &Waiting<'_>) -> Result<Option<Address>, ReadError> {
        for event_loop in known {
            self.look_at_queue(*event_loop)?;
        }
        if !self.queued.contains_key(&wait.future) {
            for event_loop in self.nearby.near(searched(wait.frames), OF_WAITER)? {
                self.look_at_queue(event_loop)?;
            }
        }
        Ok(self.queued.get(&wait.future).copied())
    }

    /// Notes which futures the calls in a loop's queue have among their variables.
    fn look_at_queue(&mut self, event_loop: Address) -> Result<(), ReadError> {
        if !self.seen.insert(event_loop) {
            return Ok(());
        }
        let Some(ends) = lenient(queue(self.objects, event_loop))? else { return Ok(()) };
        for call in lenient(calls(self.objects, ends))? {
            for future in lenient(self.futures_of(call))? {
                self.queued.insert(future, event_loop);
            }
        }
        Ok(())
    }

    /// The futures that what a call calls closes over. A `Handle` of the standard library and one of uvloop both have a
    /// reference to it among their first fields.
    fn futures_of(&mut self, call: Address) -> Result<Vec<Address>, ReadError> {
        let objects = self.objects;
        let size = objects.offsets.object.type_basic_size;
        let size = objects.memory.read_u64(objects.type_of(call)?.plus(size))?.min(MOST_OF_CALL);
        let mut futures = Vec::new();
        for index in 2..size / 8 {
            let word = Address(call.0.wrapping_add(index * 8));
            let Some(function) = lenient(function_at(objects, &mut self.kinds, word))? else { continue };
            let values = lenient(closed_over(objects, &mut self.kinds, function))?;
            futures.extend(values.into_iter().filter(|value| is_concurrent(objects, *value)));
        }
        Ok(futures)
    }

    /// Adds which other threads have the loops near that nobody runs.
    fn find_owners(
        &mut self,
        scene: &Scene<'_>,
        waiting: &[Waiting<'_>],
        found: &mut [Handover],
    ) -> Result<(), ReadError> {
        if found.iter().all(|handover| scene.loops.contains(&handover.event_loop)) {
            return Ok(());
        }
        let waits = |thread: &&LiveThread| waiting.iter().any(|wait| wait.thread == thread.thread);
        for thread in scene.threads.iter().filter(|thread| !waits(thread)).take(MOST_THREADS) {
            let near = self.nearby.near(searched(&thread.frames), OF_OWNER)?;
            for handover in found.iter_mut().filter(|handover| near.contains(&handover.event_loop)) {
                handover.owner.get_or_insert(thread.thread);
            }
        }
        Ok(())
    }
}

fn searched(frames: &[LiveFrame]) -> &[LiveFrame] {
    frames.get(..frames.len().min(SEARCHED)).unwrap_or_default()
}

/// The queue of a loop, whoever runs it.
fn queue(objects: Objects<'_>, event_loop: Address) -> Result<Option<DequeEnds>, ReadError> {
    if objects.base_named(objects.type_of(event_loop)?, uvloop::LOOP)?.is_some() {
        return Ok(Uvloop::discover(objects, event_loop)?.ready(objects).ok());
    }
    Ok(StockLoop::discover(objects, event_loop)?.and_then(|inside| inside.ready(objects).ok()))
}

/// The items of a deque, from the left, at most [`MOST_CALLS`].
fn calls(objects: Objects<'_>, ends: DequeEnds) -> Result<Vec<Address>, ReadError> {
    let layout = &objects.offsets.object;
    let (mut block, mut index) = (ends.left_block, usize::try_from(ends.left_index).unwrap_or(layout.block_length));
    let mut found = Vec::new();
    for _ in 0..ends.length.min(MOST_CALLS) {
        if index >= layout.block_length {
            block = objects.memory.read_pointer(block.plus(layout.block_right))?;
            index = 0;
        }
        let word = objects.memory.read(block.plus(layout.block_items + index * 8), 8)?;
        found.push(Address(little_endian(&word)));
        index += 1;
    }
    Ok(found)
}
