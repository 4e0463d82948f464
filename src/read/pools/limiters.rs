//! AnyIO's limiters: the default one, which says how many worker threads may work at once, and those of a program's own.
//!
//! Whoever borrows is the task, unless the program says otherwise; what runs in a thread is found through the future that
//! the task awaits and the thread will set.

use std::collections::{BTreeMap, HashMap};

use super::found::{Around, Found, add, new_pool, place};
use super::reader::{Met, Pools};
use crate::libraries::{Marks, anyio, weakref};
use crate::memory::ReadError;
use crate::read::objects::builtin::Objects;
use crate::read::objects::known::{known, lenient};
use crate::snapshot::{Actor, Address, Awaited, Known, Occupier, PoolKind, PoolSample, TaskCensus, Why};

/// Loops that AnyIO remembers, and what it remembers for each: a few each.
const MOST_VARIABLES: usize = 64;

impl Pools {
    /// The default limiter of every loop that has worker threads.
    pub(super) fn limiters(
        &mut self,
        objects: Objects<'_>,
        around: &Around<'_>,
        found: &mut Found,
    ) -> Result<(), ReadError> {
        let callers = callers(around.census);
        let mut borrowers = BTreeMap::new();
        for thread in around.threads {
            let met = self.meet(objects, around, &thread.frames, |meaning| meaning.marks.has(Marks::WORKER))?;
            let Some(Met { at, frame, this: Some(worker) }) = met else { continue };
            let interpreter = around.interpreters.get(usize::from(thread.interpreter)).copied().unwrap_or_default();
            let limiter = match lenient(objects.attribute(worker, anyio::WORKER_LOOP))? {
                Some(event_loop) => lenient(limiter_of(objects, interpreter, event_loop.value))?,
                None => None,
            };
            let Some(limiter) = limiter else { continue };
            let pool = found.pool(limiter, || limiter_sample(objects, limiter, PoolKind::AnyioLimiter));
            let inner = at.checked_sub(1).and_then(|at| thread.frames.get(at));
            if inner.is_none_or(|inner| self.meanings.of(around.codes, inner).marks.has(Marks::QUEUE)) {
                continue;
            }
            let job = self.local(objects, &frame, anyio::CALL)?;
            // Calls with a limiter of their own run in the same threads.
            let own = borrowers.entry(limiter).or_insert_with(|| borrowers_of(objects, limiter).ok());
            let caller = job.and_then(|job| callers.get(&job));
            let elsewhere = caller.zip(own.as_ref()).is_some_and(|(caller, own)| !own.contains(caller));
            if !elsewhere {
                let innermost = thread.frames.first().map(|frame| place(around, frame));
                add(&mut pool.occupiers, Actor::Thread(thread.thread), innermost, job);
            }
        }
        Ok(())
    }

    /// Limiters of the program's own that a task waits for. One that nobody waits for has no frame that leads to it.
    pub(super) fn own_limiters(
        &mut self,
        objects: Objects<'_>,
        around: &Around<'_>,
        found: &mut Found,
    ) -> Result<(), ReadError> {
        for task in around.tasks {
            let met = self.meet(objects, around, &task.frames, |meaning| meaning.limits)?;
            let Some(Met { this: Some(limiter), .. }) = met else { continue };
            if found.has(limiter) || !objects.type_name_of(limiter).is_ok_and(|name| name == anyio::LIMITER) {
                continue;
            }
            let borrowers = lenient(borrowers_of(objects, limiter))?;
            let pool = if is_default(objects, around, limiter) {
                found.pool(limiter, || limiter_sample(objects, limiter, PoolKind::AnyioLimiter))
            } else {
                let pool = found.pool(limiter, || limiter_sample(objects, limiter, PoolKind::CapacityLimiter));
                pool.name = Known::Is(anyio::LIMITER.to_owned());
                pool
            };
            for user in borrowers.into_iter().filter_map(|borrower| user(around, borrower)) {
                add(&mut pool.occupiers, user.who, user.place, user.job);
            }
        }
        Ok(())
    }
}

/// Whether this is the default limiter of a loop, of whose worker threads no stack could be read.
fn is_default(objects: Objects<'_>, around: &Around<'_>, limiter: Address) -> bool {
    let of = |interpreter, event_loop| limiter_of(objects, interpreter, event_loop).ok().flatten();
    let mut loops = around.loops.iter();
    loops.any(|event_loop| around.interpreters.iter().any(|interpreter| of(*interpreter, *event_loop) == Some(limiter)))
}

/// The tasks that await calls in threads, by the future that the thread will set.
fn callers(tasks: &TaskCensus) -> HashMap<Address, Address> {
    let waits = tasks.tasks.iter().filter_map(|task| Some((task.address, task.wait.get()?.as_ref()?)));
    waits
        .filter(|(_, wait)| matches!(wait.on, Awaited::Executor { .. }))
        .map(|(task, wait)| (wait.future, task))
        .collect()
}

/// A task that has a token: the thread that runs its call, or itself. The token's use is known by what the task awaits: a
/// task that went on may have given the token back and taken another. `None` for what is no task that we know.
fn user(around: &Around<'_>, borrower: Address) -> Option<Occupier> {
    let task = around.census.task(borrower)?;
    let wait = task.wait.get().and_then(Option::as_ref);
    let job = wait.map(|wait| wait.future);
    if let Some(Awaited::Executor { thread: Known::Is(thread) }) = wait.map(|wait| &wait.on)
        && let Some(live) = around.threads.iter().find(|live| live.thread == *thread)
    {
        let place = live.frames.first().map(|frame| place(around, frame));
        return Some(Occupier { who: Actor::Thread(*thread), place, job });
    }
    let frames = around.tasks.iter().find(|frames| frames.task == borrower);
    let place = frames.and_then(|frames| frames.shown.first()).copied();
    Some(Occupier { who: Actor::Task(borrower), place, job })
}

/// Those who have a token.
fn borrowers_of(objects: Objects<'_>, limiter: Address) -> Result<Vec<Address>, ReadError> {
    let borrowers = objects.attribute(limiter, anyio::BORROWERS)?.ok_or(ReadError::Implausible(limiter))?;
    objects.set_members(borrowers.value)
}

/// The default limiter of a loop.
fn limiter_of(objects: Objects<'_>, interpreter: Address, event_loop: Address) -> Result<Option<Address>, ReadError> {
    let Some(variables) = objects.module_attribute(interpreter, anyio::VARIABLES.0, anyio::VARIABLES.1)? else {
        return Ok(None);
    };
    // A WeakKeyDictionary: the keys of its `data` are weak references to loops.
    let Some(data) = objects.attribute(variables.value, weakref::DATA)? else { return Ok(None) };
    for entry in objects.dict_entries(data.value)?.into_iter().take(MOST_VARIABLES) {
        let referent = objects.memory.read_pointer(entry.key.plus(objects.offsets.object.weakref_object))?;
        if referent == event_loop {
            return named_limiter(objects, entry.value);
        }
    }
    Ok(None)
}

/// The limiter among what AnyIO keeps for one loop: by name, or by a `RunVar` that has a name.
fn named_limiter(objects: Objects<'_>, variables: Address) -> Result<Option<Address>, ReadError> {
    for entry in objects.dict_entries(variables)?.into_iter().take(MOST_VARIABLES) {
        let name = match objects.type_name_of(entry.key)?.as_str() {
            "str" => Some(entry.key),
            _ => objects.attribute(entry.key, anyio::VARIABLE_NAME)?.map(|name| name.value),
        };
        if let Some(name) = name
            && objects.text(name)? == anyio::DEFAULT_LIMITER
        {
            return Ok(Some(entry.value));
        }
    }
    Ok(None)
}

fn limiter_sample(objects: Objects<'_>, limiter: Address, kind: PoolKind) -> PoolSample {
    let layout = &objects.offsets.object;
    let mut pool = new_pool(limiter, kind, Why::NotInThisPython);
    let attribute = |name| objects.attribute(limiter, name)?.ok_or(ReadError::Implausible(limiter));
    pool.size = known(attribute(anyio::TOKENS).and_then(|total| match objects.type_name_of(total.value)?.as_str() {
        "int" => u64::try_from(objects.integer(total.value)?).map_err(|_| ReadError::Implausible(limiter)),
        // `math.inf`: no limit.
        _ => Ok(u64::MAX),
    }));
    let count =
        |name, offset| known(attribute(name).and_then(|entry| objects.memory.read_u64(entry.value.plus(offset))));
    pool.in_use = count(anyio::BORROWERS, layout.set_used);
    pool.waiting = count(anyio::WAIT_QUEUE, layout.dict_used);
    // An OrderedDict begins like a dict. Each wait has an event of its own.
    let waiting = attribute(anyio::WAIT_QUEUE).and_then(|queue| objects.dict_entries(queue.value));
    for entry in waiting.unwrap_or_default() {
        add(&mut pool.waiters, Actor::Task(entry.key), None, Some(entry.value));
    }
    pool
}
