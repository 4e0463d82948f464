//! An `asyncio.Queue` that hands out what is put back into it: `item = await queue.get()`, then a block, then
//! `queue.put_nowait(item)`.
//!
//! Workers that wait for jobs look alike, and nothing is wrong with them. So a queue is taken for a pool only where all
//! who wait in `get` are requests in flight, several of them, without a timeout; where the function that calls `get` also
//! puts; and where other requests are inside of the block that follows the `get` in the same function, which may be one
//! that a context manager is made of. Those have the items. How many there are besides is not known.

use std::collections::HashSet;

use super::found::{Around, Found, new_pool, through_cell};
use super::reader::Pools;
use crate::libraries::{Awaits, Home, asyncio, contextlib};
use crate::memory::ReadError;
use crate::read::objects::builtin::Objects;
use crate::read::objects::builtin::is_pointer;
use crate::read::objects::kinds::ObjectKind;
use crate::read::objects::known::{known, lenient};
use crate::read::stacks::guards::Guard;
use crate::read::tasks::coroutines::{Coroutine, State};
use crate::read::tasks::frames::{TaskFrames, frame_of};
use crate::read::threads::live::LiveFrame;
use crate::snapshot::{
    Actor, Address, CodeId, Known, Occupier, PoolKind, PoolSample, PrimitiveKind, PrimitiveSample, Why,
};

/// So many requests have to wait in one queue: a single one may have it for itself, such as a stream of events.
const FEWEST_WAITERS: usize = 2;
/// Local variables of a frame that are asked for the queue.
const MOST_LOCALS: usize = 32;
/// Names that a function uses of which one may be `put`.
const MOST_NAMES: usize = 512;
/// What one exit stack has to leave.
const MOST_EXITS: usize = 64;
/// The type of what a context manager calls that `asynccontextmanager` makes.
const GENERATOR: &str = "async_generator";

/// A function that takes from a queue and puts back.
struct Lender {
    code_address: Address,
    code: CodeId,
    /// The instruction that awaits `get`.
    instruction: i32,
    /// What follows it.
    guard: Guard,
    route: Route,
}

/// How a frame comes to the queue.
enum Route {
    /// By a local variable.
    Local(usize),
    /// By an attribute of one: the key is the same object in all instances.
    Attribute(usize, Address),
    /// By something else, such as a global variable.
    Elsewhere,
}

impl Pools {
    /// Queues that requests wait for because other requests have what was in them.
    pub(super) fn queues(
        &mut self,
        objects: Objects<'_>,
        around: &Around<'_>,
        found: &mut Found,
    ) -> Result<(), ReadError> {
        let requests =
            around.requests.iter().filter(|request| request.method.get().is_some_and(|method| method != "WEBSOCKET"));
        let serving: HashSet<Address> = requests.filter_map(|request| request.task.ok()).collect();
        for queue in around.census.primitives.iter().filter(|primitive| is_waited_for(primitive)) {
            let lenders = self.lenders(objects, around, queue, &serving)?;
            if lenders.is_empty() {
                continue;
            }
            let borrowers = self.borrowers(objects, around, (queue, &lenders), &serving)?;
            if !borrowers.is_empty() {
                found.pool(queue.address, || sample(objects, around, queue, borrowers));
            }
        }
        Ok(())
    }

    /// The functions whose requests wait for a queue; none when somebody waits in another way.
    fn lenders(
        &mut self,
        objects: Objects<'_>,
        around: &Around<'_>,
        queue: &PrimitiveSample,
        serving: &HashSet<Address>,
    ) -> Result<Vec<Lender>, ReadError> {
        let mut lenders: Vec<Lender> = Vec::new();
        for waiter in &queue.waiters {
            let frames = around.tasks.iter().find(|frames| frames.task == *waiter);
            let untimed = around.census.task(*waiter).is_some_and(|task| !task.timed);
            let Some(frames) = frames.filter(|_| untimed && serving.contains(waiter)) else { return Ok(Vec::new()) };
            let Some(caller) = self.caller_of_get(around, frames) else { return Ok(Vec::new()) };
            if lenders
                .iter()
                .any(|known| (known.code_address, known.instruction) == (caller.code_address, caller.instruction))
            {
                continue;
            }
            match lenient(self.lender(objects, around, caller, queue.address))? {
                Some(lender) => lenders.push(lender),
                None => return Ok(Vec::new()),
            }
        }
        Ok(lenders)
    }

    /// The frame that awaits `get`.
    fn caller_of_get<'f>(&mut self, around: &Around<'_>, frames: &'f TaskFrames) -> Option<&'f LiveFrame> {
        let innermost = frames.frames.first()?;
        let is_get = self.meanings.of(around.codes, innermost).awaits == Some(Awaits::Get);
        frames.frames.get(1).filter(|_| is_get)
    }

    /// The function of this frame, when it is one that puts back what it takes.
    fn lender(
        &mut self,
        objects: Objects<'_>,
        around: &Around<'_>,
        frame: &LiveFrame,
        queue: Address,
    ) -> Result<Option<Lender>, ReadError> {
        let code = around.codes.codes().get(frame.code.0 as usize);
        if code.is_none_or(|code| matches!(Home::of(&code.file), Home::Installed { .. })) {
            return Ok(None);
        }
        let names = objects.memory.read_pointer(frame.code_address.plus(objects.offsets.code.names))?;
        let names: Vec<Address> = objects.tuple(names)?.into_iter().take(MOST_NAMES).collect();
        let names = objects.texts(&names, |length| asyncio::PUTTING.iter().any(|name| name.len() as u64 == length))?;
        let puts = names.iter().flatten().any(|name| asyncio::PUTTING.contains(&name.as_str()));
        let Some(guard) = Guard::after(objects, frame.code_address, frame.instruction)?.filter(|_| puts) else {
            return Ok(None);
        };
        let route = self.route(objects, frame, queue)?;
        let LiveFrame { code_address, code, instruction, .. } = *frame;
        Ok(Some(Lender { code_address, code, instruction, guard, route }))
    }

    fn route(&mut self, objects: Objects<'_>, frame: &LiveFrame, queue: Address) -> Result<Route, ReadError> {
        let mut values = self.locals.values(objects, frame)?;
        values.truncate(MOST_LOCALS);
        for value in values.iter_mut().filter(|value| !value.is_null()) {
            *value = lenient(through_cell(objects, *value))?;
        }
        if let Some(index) = values.iter().position(|value| *value == queue) {
            return Ok(Route::Local(index));
        }
        for (index, value) in values.iter().enumerate().filter(|(_, value)| !value.is_null()) {
            let attributes = lenient(objects.attributes(*value))?;
            if let Some(entry) = attributes.iter().find(|entry| entry.value == queue) {
                return Ok(Route::Attribute(index, entry.key));
            }
        }
        Ok(Route::Elsewhere)
    }

    /// Whether a frame of the same function comes to the same queue.
    fn leads(
        &mut self,
        objects: Objects<'_>,
        route: &Route,
        frame: &LiveFrame,
        queue: Address,
    ) -> Result<bool, ReadError> {
        let (Route::Local(index) | Route::Attribute(index, _)) = route else { return Ok(true) };
        let values = lenient(self.locals.values(objects, frame))?;
        let Some(value) = values.get(*index).filter(|value| !value.is_null()) else { return Ok(false) };
        let value = lenient(through_cell(objects, *value))?;
        match route {
            Route::Attribute(_, key) => {
                let attributes = lenient(objects.attributes(value))?;
                Ok(attributes.iter().any(|entry| entry.key == *key && entry.value == queue))
            }
            Route::Local(_) | Route::Elsewhere => Ok(value == queue),
        }
    }

    /// The requests that have something of the queue.
    fn borrowers(
        &mut self,
        objects: Objects<'_>,
        around: &Around<'_>,
        (queue, lenders): (&PrimitiveSample, &[Lender]),
        serving: &HashSet<Address>,
    ) -> Result<Vec<Occupier>, ReadError> {
        let others =
            around.tasks.iter().filter(|task| serving.contains(&task.task) && !queue.waiters.contains(&task.task));
        let mut frames: Vec<(&TaskFrames, LiveFrame)> = Vec::new();
        for task in others {
            frames.extend(task.frames.iter().map(|frame| (task, *frame)));
            for (object, _) in around.holds.iter().filter(|(_, hold)| hold.task == task.task) {
                let generators = lenient(generators(objects, *object))?;
                let suspended = generators.into_iter().filter_map(|object| suspended(objects, lenders, object));
                frames.extend(suspended.map(|frame| (task, frame)));
            }
        }
        let mut borrowers = Vec::new();
        for (task, frame) in frames {
            for lender in lenders.iter().filter(|lender| lender.code_address == frame.code_address) {
                if lender.guard.contains(frame.instruction)
                    && self.leads(objects, &lender.route, &frame, queue.address)?
                    && borrowers.len() < PoolSample::MOST_NAMED
                {
                    let (who, place) = (Actor::Task(task.task), task.shown.first().copied());
                    borrowers.push(Occupier { who, place, job: Some(frame.address) });
                    break;
                }
            }
        }
        Ok(borrowers)
    }
}

/// Whether tasks wait to take from an empty queue and nobody waits to put.
fn is_waited_for(primitive: &PrimitiveSample) -> bool {
    primitive.kind == PrimitiveKind::Queue
        && primitive.value == Known::Is(0)
        && primitive.putting == 0
        && primitive.waiters.len() >= FEWEST_WAITERS
}

/// The async generators that a context manager is made of, or several that an exit stack has to leave, and those that
/// these are inside of in turn: FastAPI puts one around every dependency.
fn generators(objects: Objects<'_>, object: Address) -> Result<Vec<Address>, ReadError> {
    let mut managers = match objects.type_name_of(object)?.as_str() {
        contextlib::ASYNC_MANAGER => vec![object],
        contextlib::ASYNC_STACK => left_by_stack(objects, object)?,
        _ => Vec::new(),
    };
    let mut found = Vec::new();
    while let Some(manager) = managers.pop() {
        let Some(generator) = objects.attribute(manager, contextlib::GENERATOR)? else { continue };
        found.push(generator.value);
        if found.len() < MOST_EXITS {
            managers.extend(lenient(inside_of(objects, generator.value))?);
        }
    }
    Ok(found)
}

/// The context managers that an exit stack has to leave.
fn left_by_stack(objects: Objects<'_>, stack: Address) -> Result<Vec<Address>, ReadError> {
    let Some(exits) = objects.attribute(stack, contextlib::EXITS)? else { return Ok(Vec::new()) };
    let mut managers = Vec::new();
    for exit in objects.deque_items(exits.value, MOST_EXITS)? {
        // Whether it is to be awaited, and the bound `__aexit__`.
        if let Some(method) = objects.tuple(exit)?.get(1) {
            managers.extend(manager_of(objects, *method)?);
        }
    }
    Ok(managers)
}

/// The context managers that a suspended async generator is inside of.
fn inside_of(objects: Objects<'_>, generator: Address) -> Result<Vec<Address>, ReadError> {
    if objects.type_name_of(generator)? != GENERATOR {
        return Ok(Vec::new());
    }
    let coroutine = Coroutine::read(objects, generator, ObjectKind::Generator)?;
    if !matches!(coroutine.state, State::Suspended { .. }) {
        return Ok(Vec::new());
    }
    let names = objects.memory.read_pointer(coroutine.code.plus(objects.offsets.code.local_names))?;
    let locals = usize::try_from(objects.length(names)?).map_err(|_| ReadError::Implausible(names))?;
    let mut managers = Vec::new();
    for slot in coroutine.slots(objects, locals)?.into_iter().filter(|slot| is_pointer(*slot)) {
        managers.extend(manager_of(objects, slot)?);
    }
    Ok(managers)
}

/// What is left by this: a bound `__aexit__`, or since 3.14 the context manager itself.
fn manager_of(objects: Objects<'_>, exit: Address) -> Result<Option<Address>, ReadError> {
    let owner = match objects.type_name_of(exit)?.as_str() {
        "method" => objects.memory.read_pointer(exit.plus(objects.offsets.object.method_self))?,
        _ => exit,
    };
    Ok(objects.type_name_of(owner).is_ok_and(|name| name == contextlib::ASYNC_MANAGER).then_some(owner))
}

/// The frame of an async generator that is suspended in one of these functions.
fn suspended(objects: Objects<'_>, lenders: &[Lender], generator: Address) -> Option<LiveFrame> {
    if objects.type_name_of(generator).ok()? != GENERATOR {
        return None;
    }
    let coroutine = Coroutine::read(objects, generator, ObjectKind::Generator).ok()?;
    let lender = lenders.iter().find(|lender| lender.code_address == coroutine.code)?;
    matches!(coroutine.state, State::Suspended { .. }).then(|| frame_of(objects, &coroutine, lender.code))
}

fn sample(objects: Objects<'_>, around: &Around<'_>, queue: &PrimitiveSample, borrowers: Vec<Occupier>) -> PoolSample {
    let mut pool = new_pool(queue.address, PoolKind::AsyncioQueue, Why::NotInThisPython);
    pool.name = known(objects.type_name_of(queue.address));
    // The queue is empty: what was in it is what these have, as far as anybody can tell.
    pool.size = Known::Is(borrowers.len() as u64);
    pool.in_use = pool.size;
    pool.waiting = Known::Is(queue.waiting);
    pool.occupiers = borrowers;
    let waiter = |task: &Address| {
        let job = around.census.task(*task).and_then(|task| Some(task.wait.get()?.as_ref()?.future));
        Occupier { who: Actor::Task(*task), place: None, job }
    };
    pool.waiters = queue.waiters.iter().take(PoolSample::MOST_NAMED).map(waiter).collect();
    pool
}
