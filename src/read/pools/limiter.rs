//! AnyIO's worker threads and the limiter that says how many may work at once.

use super::{Around, Found, Function, Met, Pools, add, lenient, new_pool, place};
use crate::memory::ReadError;
use crate::read::known::known;
use crate::read::objects::Objects;
use crate::snapshot::{Actor, Address, PoolKind, Why};

/// The module that keeps what AnyIO keeps for each loop, and its name there.
const VARIABLES: (&str, &str) = ("anyio.lowlevel", "_run_vars");
/// The limiter's name among those.
const LIMITER: &str = "_default_thread_limiter";
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
        for thread in around.threads {
            let met = self.meet(objects, around, &thread.frames, Function::AnyioWorker)?;
            let Some(Met { at, frame, this: Some(worker) }) = met else { continue };
            let interpreter = around.interpreters.get(usize::from(thread.interpreter)).copied().unwrap_or_default();
            let limiter = match lenient(objects.attribute(worker, "loop"))? {
                Some(event_loop) => lenient(limiter_of(objects, interpreter, event_loop.value))?,
                None => None,
            };
            let Some(limiter) = limiter else { continue };
            let pool = found.pool(limiter, || limiter_sample(objects, limiter));
            let inner = at.checked_sub(1).and_then(|at| thread.frames.get(at));
            let parked = inner.is_none_or(|inner| self.functions.of(around.codes, inner) == Function::QueueGet);
            if !parked {
                let job = self.local(objects, &frame, "future")?;
                let innermost = thread.frames.first().map(|frame| place(around, frame));
                add(&mut pool.occupiers, Actor::Thread(thread.thread), innermost, job);
            }
        }
        Ok(())
    }
}

/// The default limiter of a loop.
fn limiter_of(objects: Objects<'_>, interpreter: Address, event_loop: Address) -> Result<Option<Address>, ReadError> {
    let Some(variables) = objects.module_attribute(interpreter, VARIABLES.0, VARIABLES.1)? else { return Ok(None) };
    // A WeakKeyDictionary: the keys of its `data` are weak references to loops.
    let Some(data) = objects.attribute(variables.value, "data")? else { return Ok(None) };
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
            _ => objects.attribute(entry.key, "_name")?.map(|name| name.value),
        };
        if let Some(name) = name
            && objects.text(name)? == LIMITER
        {
            return Ok(Some(entry.value));
        }
    }
    Ok(None)
}

fn limiter_sample(objects: Objects<'_>, limiter: Address) -> crate::snapshot::PoolSample {
    let layout = &objects.offsets.object;
    let mut pool = new_pool(limiter, PoolKind::AnyioLimiter, Why::NotInThisPython);
    let attribute = |name| objects.attribute(limiter, name)?.ok_or(ReadError::Implausible(limiter));
    pool.size = known(attribute("_total_tokens").and_then(|total| match objects.type_name_of(total.value)?.as_str() {
        "int" => u64::try_from(objects.integer(total.value)?).map_err(|_| ReadError::Implausible(limiter)),
        // `math.inf`: no limit.
        _ => Ok(u64::MAX),
    }));
    let count =
        |name, offset| known(attribute(name).and_then(|entry| objects.memory.read_u64(entry.value.plus(offset))));
    pool.in_use = count("_borrowers", layout.set_used);
    pool.waiting = count("_wait_queue", layout.dict_used);
    // An OrderedDict begins like a dict; whoever borrows is the task, unless the program says otherwise.
    let waiting = attribute("_wait_queue").and_then(|queue| objects.dict_entries(queue.value));
    for entry in waiting.unwrap_or_default() {
        add(&mut pool.waiters, Actor::Task(entry.key), None, None);
    }
    pool
}
