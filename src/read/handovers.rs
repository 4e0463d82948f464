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
//! the thread that waits: it got the loop from somewhere.

use std::collections::{BTreeSet, HashMap};

use super::census::Scene;
use super::frame_locals::{FrameLocals, globals};
use super::future_links::{closed_over, function_at, is_concurrent, variables};
use super::kinds::{Kind, Kinds};
use super::known::lenient;
use super::live::{LiveFrame, LiveThread};
use super::objects::{DequeEnds, Objects};
use super::stock_loop::StockLoop;
use super::uvloop::{self, Uvloop};
use crate::memory::{ReadError, little_endian};
use crate::snapshot::{Address, Handover, TaskCensus, ThreadId};

/// The class that every other loop derives from, those of uvloop excepted.
const LOOP: &str = "BaseEventLoop";
/// Threads whose waits are followed.
const MOST_THREADS: usize = 256;
/// The innermost frames among which the wait for a future is: further in are those of a condition.
const INNERMOST: usize = 4;
/// Frames of a thread that are searched for a loop, from the one that waits outwards.
const SEARCHED: usize = 8;
/// Objects of one census whose attributes are searched for a loop.
const MOST_OPENED: usize = 512;
/// Global variables of one frame that are looked at.
const MOST_GLOBALS: usize = 1024;
/// Callbacks of one future that are looked at.
const MOST_CALLBACKS: u64 = 8;
/// Calls in the queue of one loop that are looked at.
const MOST_CALLS: u64 = 512;
/// Bytes of one call that are looked through: what it calls is among the first fields.
const MOST_OF_CALL: u64 = 128;
/// `Py_TPFLAGS_HEAPTYPE` (CPython `Include/object.h`): a class that a program made.
const MADE_BY_PROGRAM: u64 = 1 << 9;

/// A thread that waits for a future.
struct Waiting<'a> {
    thread: ThreadId,
    future: Address,
    /// The frames around the wait, innermost first.
    frames: &'a [LiveFrame],
}

/// Finds loops that nobody needs to run.
struct Search<'a> {
    objects: Objects<'a>,
    kinds: Kinds,
    locals: FrameLocals,
    /// What a type is to this search.
    types: HashMap<Address, Meaning>,
    /// Objects whose attributes were searched.
    opened: BTreeSet<Address>,
    /// Loops whose queues were looked at.
    seen: BTreeSet<Address>,
    /// Which loop has a call in its queue that is to set this future.
    queued: HashMap<Address, Address>,
}

/// What the objects of a type are to the search for a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    Loop,
    /// It may have a loop among its attributes.
    Instance,
    Nothing,
}

/// Reads who waits for a coroutine that a loop has to run.
///
/// # Errors
///
/// When the process is gone or closed to us. What else cannot be read is left out.
pub(super) fn read(scene: &Scene<'_>, tasks: &TaskCensus) -> Result<Vec<Handover>, ReadError> {
    let mut search = Search::new(scene.objects);
    let mut waiting = Vec::new();
    for thread in scene.threads.iter().filter(|thread| thread.stable).take(MOST_THREADS) {
        waiting.extend(search.future_of(scene, thread)?);
    }
    if waiting.is_empty() {
        return Ok(Vec::new());
    }
    let of_tasks = tasks.tasks.iter().map(|task| task.event_loop);
    let known: BTreeSet<Address> = of_tasks.chain(scene.loops.iter().copied()).collect();
    let mut found = Vec::new();
    for wait in &waiting {
        let (thread, future) = (wait.thread, wait.future);
        if let Some((task, event_loop)) = search.task_of(future)? {
            found.push(Handover { thread, future, event_loop, task: Some(task) });
        } else if let Some(event_loop) = search.queue_of(&known, wait)? {
            found.push(Handover { thread, future, event_loop, task: None });
        }
    }
    found.sort_by_key(|handover| handover.thread);
    Ok(found)
}

impl<'a> Search<'a> {
    fn new(objects: Objects<'a>) -> Self {
        Self {
            objects,
            kinds: Kinds::default(),
            locals: FrameLocals::default(),
            types: HashMap::new(),
            opened: BTreeSet::new(),
            seen: BTreeSet::new(),
            queued: HashMap::new(),
        }
    }

    /// The future that a thread waits for, if it waits for one.
    fn future_of<'t>(&mut self, scene: &Scene<'_>, thread: &'t LiveThread) -> Result<Option<Waiting<'t>>, ReadError> {
        let waits = |frame: &LiveFrame| {
            let code = scene.codes.codes().get(frame.code.0 as usize);
            code.is_some_and(|code| {
                matches!(code.name.as_str(), "result" | "exception")
                    && code.file.ends_with("/concurrent/futures/_base.py")
            })
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
        let Some(callbacks) = lenient(self.objects.attribute(future, "_done_callbacks"))? else { return Ok(None) };
        let layout = &self.objects.offsets.object;
        let count = lenient(self.objects.length(callbacks.value))?.min(MOST_CALLBACKS);
        let items = lenient(self.objects.memory.read_pointer(callbacks.value.plus(layout.list_items)))?;
        for index in 0..count {
            let slot = Address(items.0.wrapping_add(index * 8));
            for value in lenient(variables(self.objects, &mut self.kinds, slot, "_call_check_cancel"))? {
                if let Ok(Kind::Task(task)) = self.kinds.of(self.objects, value) {
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
            for event_loop in self.loops_near(wait.frames)? {
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

    /// Loops that are local or global variables of these frames, or attributes of what is, or of what those have.
    fn loops_near(&mut self, frames: &[LiveFrame]) -> Result<Vec<Address>, ReadError> {
        let frames = frames.get(..frames.len().min(SEARCHED)).unwrap_or_default();
        let mut loops = Vec::new();
        let locals = lenient(self.locals.all(self.objects, frames))?;
        let mut near: Vec<Address> = locals.into_iter().map(|(_, value)| value).collect();
        for frame in frames {
            let dict = lenient(globals(self.objects, frame))?;
            if !dict.is_null() && self.opened.insert(dict) {
                let entries = lenient(self.objects.dict_entries(dict))?;
                near.extend(entries.into_iter().take(MOST_GLOBALS).map(|entry| entry.value));
            }
        }
        // What is nearer is opened first; twice, for a client object may keep its loop in an object of its own.
        for _ in 0..2 {
            let mut further = Vec::new();
            for object in near {
                match self.meaning(object)? {
                    Meaning::Loop => loops.push(object),
                    Meaning::Instance if self.opened.len() < MOST_OPENED && self.opened.insert(object) => {
                        let attributes = lenient(self.objects.attributes(object))?;
                        further.extend(attributes.into_iter().map(|entry| entry.value));
                    }
                    Meaning::Instance | Meaning::Nothing => {}
                }
            }
            near = further;
        }
        for object in near {
            if self.meaning(object)? == Meaning::Loop {
                loops.push(object);
            }
        }
        Ok(loops)
    }

    fn meaning(&mut self, object: Address) -> Result<Meaning, ReadError> {
        let objects = self.objects;
        let Some(kind) = lenient(objects.type_of(object).map(Some))? else { return Ok(Meaning::Nothing) };
        if let Some(known) = self.types.get(&kind) {
            return Ok(*known);
        }
        let read = || -> Result<Option<Meaning>, ReadError> {
            if objects.base_named(kind, LOOP)?.is_some() || objects.base_named(kind, uvloop::CLASS)?.is_some() {
                return Ok(Some(Meaning::Loop));
            }
            let flags = objects.memory.read_u64(kind.plus(objects.offsets.object.type_flags))?;
            Ok((flags & MADE_BY_PROGRAM != 0).then_some(Meaning::Instance))
        };
        let meaning = lenient(read())?.unwrap_or(Meaning::Nothing);
        self.types.insert(kind, meaning);
        Ok(meaning)
    }
}

/// The queue of a loop, whoever runs it.
fn queue(objects: Objects<'_>, event_loop: Address) -> Result<Option<DequeEnds>, ReadError> {
    if objects.base_named(objects.type_of(event_loop)?, uvloop::CLASS)?.is_some() {
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
