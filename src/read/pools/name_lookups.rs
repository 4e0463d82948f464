//! The threads of libuv that look names up: under uvloop `getaddrinfo` runs there, and not in an executor.
//!
//! libuv has one pool of threads for files and names, `UV_THREADPOOL_SIZE` or four of them, and lets slow work take half
//! of it at most (libuv `src/threadpool.c`, `slow_work_thread_threshold`): four threads look two names up at once. What
//! waits for them stands in a list of libuv's that has no name in a stripped library, but the tasks that await it are
//! suspended in a coroutine of uvloop that is called `getaddrinfo`.

use super::found::{Around, Found, add, new_pool};
use super::reader::Pools;
use crate::libraries::uvloop;
use crate::memory::{ReadError, little_endian};
use crate::read::objects::builtin::Objects;
use crate::read::objects::known::lenient;
use crate::read::threads::libuv::WORKER;
use crate::snapshot::{Actor, Address, Known, PoolKind, ThreadId, Why};

/// Types of coroutines written in Cython, and of what awaiting one leaves on the value stack.
const CYTHON: &str = "_cython_";
const AWAITED: &str = "coroutine_wrapper";
/// `__pyx_CoroutineAwaitObject.coroutine` (Cython `Utility/Coroutine.c`)
const AWAITED_COROUTINE: usize = 16;
/// Words of a coroutine of Cython's that are looked through: its name is among the first ones.
const WORDS: usize = 24;
/// What the coroutine of uvloop that connects awaits only while names are looked up: `asyncio.wait`.
const COROUTINES: [&str; 2] = ["coroutine", "coroutine_wrapper"];

impl Pools {
    /// The threads in which names are looked up, when there are any.
    pub(super) fn name_lookups(
        &mut self,
        objects: Objects<'_>,
        around: &Around<'_>,
        found: &mut Found,
    ) -> Result<(), ReadError> {
        let asking = around.workers.iter().filter_map(|worker| Some((worker.thread, worker.asks?)));
        let asking: Vec<(ThreadId, u16)> = asking.collect();
        let Some(event_loop) = around.loops.first().filter(|_| !asking.is_empty()) else { return Ok(()) };
        let mut pool = new_pool(*event_loop, PoolKind::Dns, Why::NotInThisPython);
        pool.name = Known::Is(WORKER.to_owned());
        pool.size = Known::Is((around.workers.len() as u64).div_ceil(2));
        pool.in_use = Known::Is(asking.len() as u64);
        for (thread, port) in asking {
            add(&mut pool.occupiers, Actor::Thread(thread), None, Some(Address(u64::from(port))));
        }
        for task in around.tasks {
            let Some(end) = task.end else { continue };
            let wait = around.census.task(task.task).and_then(|sample| sample.wait.get()?.as_ref());
            if let Some(wait) = wait
                && lenient(looks_up(objects, end))?
            {
                add(&mut pool.waiters, Actor::Task(task.task), task.shown.first().copied(), Some(wait.future));
            }
        }
        let served = pool.occupiers.len() as u64;
        pool.waiting = Known::Is((pool.waiters.len() as u64).saturating_sub(served));
        found.pool(*event_loop, || pool);
        Ok(())
    }
}

/// Whether the object that a chain ends in is a coroutine of uvloop's that waits for a name.
fn looks_up(objects: Objects<'_>, end: Address) -> Result<bool, ReadError> {
    let kind = objects.type_name_of(end)?;
    if !kind.starts_with(CYTHON) {
        return Ok(false);
    }
    let coroutine = match kind.ends_with(AWAITED) {
        true => objects.memory.read_pointer(end.plus(AWAITED_COROUTINE))?,
        false => end,
    };
    let words = objects.memory.read(coroutine, WORDS * 8)?;
    let (mut looks_up, mut connects, mut awaits_coroutine) = (false, false, false);
    for word in words.chunks_exact(8).skip(2).map(|word| Address(little_endian(word))) {
        let Ok(kind) = objects.type_name_of(word) else { continue };
        match kind.as_str() {
            "str" => match objects.text(word)?.as_str() {
                uvloop::LOOK_UP => looks_up = true,
                uvloop::CONNECT => connects = true,
                _ => {}
            },
            kind => awaits_coroutine |= COROUTINES.contains(&kind),
        }
    }
    Ok(looks_up || connects && awaits_coroutine)
}
