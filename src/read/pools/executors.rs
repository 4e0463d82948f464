//! `concurrent.futures.ThreadPoolExecutor`, the one that a loop has for itself among them.

use super::found::{Around, Found, add, new_pool, place};
use super::reader::{Met, Pools};
use crate::libraries::{Marks, asyncio, concurrent_futures, threading, uvloop};
use crate::memory::{ReadError, little_endian, u64_at};
use crate::read::objects::builtin::Objects;
use crate::read::objects::known::{known, lenient};
use crate::snapshot::{Actor, Address, Known, PoolKind, PoolSample, Why};

/// Calls in a queue that are looked at.
const MOST_CALLS: usize = 256;
/// A queue with more calls than this is not believed.
const ABSURD_CALLS: u64 = 1 << 32;
/// Bytes of a uvloop loop object that are looked through for its executor: the fields that are references come first.
const LOOKED_THROUGH: u64 = 512;
/// Characters of an executor's name that are kept.
const LONGEST_NAME: usize = 100;

/// `_queue.SimpleQueue` up to 3.12 (CPython `Modules/_queuemodule.c`): a list, and how much of it is taken.
mod listed {
    /// `sizeof(simplequeueobject)`
    pub(super) const SIZE: u64 = 56;
    /// `lst`
    pub(super) const LIST: usize = 32;
    /// `lst_pos`
    pub(super) const TAKEN: usize = 40;
}

/// The same since 3.13: a ring.
mod ring {
    /// `sizeof(simplequeueobject)`
    pub(super) const SIZE: u64 = 72;
    /// `buf.get_idx`
    pub(super) const FIRST: usize = 32;
    /// `buf.items`
    pub(super) const ITEMS: usize = 40;
    /// `buf.items_cap`
    pub(super) const CAPACITY: usize = 48;
    /// `buf.num_items`
    pub(super) const COUNT: usize = 56;
}

impl Pools {
    /// Every executor that has a thread.
    pub(super) fn executors(
        &mut self,
        objects: Objects<'_>,
        around: &Around<'_>,
        found: &mut Found,
    ) -> Result<(), ReadError> {
        for thread in around.threads {
            let met = self.meet(objects, around, &thread.frames, |meaning| meaning.marks.has(Marks::WORKER))?;
            let Some(Met { at, frame, .. }) = met else { continue };
            let (Some(reference), Some(queue)) = (
                self.local(objects, &frame, concurrent_futures::EXECUTOR)?,
                self.local(objects, &frame, concurrent_futures::QUEUE)?,
            ) else {
                continue;
            };
            let executor = objects.memory.read_pointer(reference.plus(objects.offsets.object.weakref_object));
            let Some(executor) = lenient(executor.map(Some))? else { continue };
            if !objects.type_name_of(executor).is_ok_and(|name| name.ends_with(concurrent_futures::CLASS)) {
                continue;
            }
            let pool = found.pool(executor, || executor_sample(objects, around, executor, queue));
            if at > 0 {
                let job = self.local(objects, &frame, concurrent_futures::CALL)?;
                let innermost = thread.frames.first().map(|frame| place(around, frame));
                add(&mut pool.occupiers, Actor::Thread(thread.thread), innermost, job);
                pool.in_use = Known::Is(pool.occupiers.len() as u64);
                let calls = lenient(queued_calls(objects, queue))?;
                if self.waits_behind(objects, around, &thread.frames, &calls)? {
                    pool.behind.push(thread.thread);
                }
            }
        }
        Ok(())
    }
}

fn executor_sample(objects: Objects<'_>, around: &Around<'_>, executor: Address, queue: Address) -> PoolSample {
    let default = around.loops.iter().any(|event_loop| is_default(objects, *event_loop, executor).unwrap_or(false));
    let kind = if default { PoolKind::DefaultExecutor } else { PoolKind::ThreadPool };
    let mut pool = new_pool(executor, kind, Why::NotInThisPython);
    let attribute = |name| objects.attribute(executor, name)?.ok_or(ReadError::Implausible(executor));
    pool.size =
        known(attribute(concurrent_futures::SIZE).and_then(|size| {
            u64::try_from(objects.integer(size.value)?).map_err(|_| ReadError::Implausible(size.value))
        }));
    pool.name = known(attribute(concurrent_futures::NAME).and_then(|name| {
        let name = objects.text(name.value)?;
        Ok(name.chars().take(LONGEST_NAME).collect())
    }));
    pool.in_use = Known::Is(0);
    let closing =
        attribute(concurrent_futures::CLOSING).and_then(|flag| objects.integer(flag.value)).is_ok_and(|flag| flag != 0);
    pool.waiting = match queued(objects, queue) {
        Ok(Some(calls)) if default => Known::Is(calls.count.saturating_sub(u64::from(closing))),
        // A queue of calls nobody waits for is how such an executor is meant to be used.
        Ok(Some(calls)) => Known::Is(calls.objects.iter().filter(|call| is_awaited(objects, **call)).count() as u64),
        Ok(None) => Known::Unknown(Why::NotInThisPython),
        Err(error) => known::<u64>(Err(error)),
    };
    pool
}

/// Whether this executor is the one that a loop has for `run_in_executor(None, ...)`.
fn is_default(objects: Objects<'_>, event_loop: Address, executor: Address) -> Result<bool, ReadError> {
    let kind = objects.type_of(event_loop)?;
    let Some(base) = objects.base_named(kind, uvloop::LOOP)? else {
        let own = objects.attribute(event_loop, asyncio::DEFAULT_EXECUTOR)?;
        return Ok(own.is_some_and(|own| own.value == executor));
    };
    let size = objects.memory.read_u64(base.plus(objects.offsets.object.type_basic_size))?.min(LOOKED_THROUGH);
    let bytes = objects.memory.read(event_loop, usize::try_from(size).unwrap_or(0))?;
    Ok(bytes.chunks_exact(8).any(|word| Address(little_endian(word)) == executor))
}

/// How many calls of a queue no thread has taken yet; `None` for a queue of another make.
pub(in crate::read) fn count_queued(objects: Objects<'_>, queue: Address) -> Result<Option<u64>, ReadError> {
    Ok(queued(objects, queue)?.map(|calls| calls.count))
}

/// The calls in a queue.
struct Calls {
    count: u64,
    /// The first [`MOST_CALLS`] of them.
    objects: Vec<Address>,
}

/// The calls that no thread has taken yet; `None` for a queue of another make.
fn queued(objects: Objects<'_>, queue: Address) -> Result<Option<Calls>, ReadError> {
    let kind = objects.type_of(queue)?;
    if objects.type_name(kind)? != "_queue.SimpleQueue" {
        return Ok(None);
    }
    let size = objects.memory.read_u64(kind.plus(objects.offsets.object.type_basic_size))?;
    let bytes = objects.memory.read(queue, usize::try_from(size.min(ring::SIZE)).unwrap_or(0))?;
    let word = |offset| u64_at(&bytes, offset).ok_or(ReadError::Implausible(queue));
    let (items, first, count, capacity) = match size {
        listed::SIZE => {
            let list = Address(word(listed::LIST)?);
            let length = objects.length(list)?;
            let items = objects.memory.read_pointer(list.plus(objects.offsets.object.list_items))?;
            let taken = word(listed::TAKEN)?;
            (items, taken, length.saturating_sub(taken), length)
        }
        ring::SIZE => (Address(word(ring::ITEMS)?), word(ring::FIRST)?, word(ring::COUNT)?, word(ring::CAPACITY)?),
        _ => return Ok(None),
    };
    if count > capacity || capacity > ABSURD_CALLS {
        return Err(ReadError::Implausible(queue));
    }
    let wanted = count.min(MOST_CALLS as u64);
    let mut calls = Vec::new();
    for index in (0..wanted).filter_map(|number| first.checked_add(number)?.checked_rem(capacity)) {
        let offset = usize::try_from(index * 8).map_err(|_| ReadError::Implausible(queue))?;
        calls.push(objects.memory.read_pointer(items.plus(offset))?);
    }
    Ok(Some(Calls { count, objects: calls }))
}

/// The calls in a queue of an executor that no thread has taken yet, the first of them.
pub(in crate::read) fn queued_calls(objects: Objects<'_>, queue: Address) -> Result<Vec<Address>, ReadError> {
    Ok(queued(objects, queue)?.map(|calls| calls.objects).unwrap_or_default())
}

/// Whether somebody waits for the result of a call: a loop that wants to be told, or a thread.
fn is_awaited(objects: Objects<'_>, call: Address) -> bool {
    let read = || -> Result<bool, ReadError> {
        let Some(future) = objects.attribute(call, concurrent_futures::FUTURE_OF_CALL)? else { return Ok(false) };
        let attributes = objects.attributes(future.value)?;
        for name in [concurrent_futures::CALLBACKS, concurrent_futures::WAITERS] {
            if let Some(list) = objects.find(&attributes, name)?
                && objects.length(list.value)? > 0
            {
                return Ok(true);
            }
        }
        let Some(condition) = objects.find(&attributes, concurrent_futures::CONDITION)? else { return Ok(false) };
        let Some(waiters) = objects.attribute(condition.value, threading::WAITERS)? else { return Ok(false) };
        Ok(objects.deque_ends(waiters.value)?.length > 0)
    };
    read().unwrap_or(false)
}
