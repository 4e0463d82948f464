//! What tasks hold: the `with` and `async with` blocks that their coroutines are suspended in.
//!
//! A suspended coroutine says how far up its value stack is alive. What it needs to leave a block stands there: up to
//! 3.13 the bound `__exit__` or `__aexit__` of the object, since 3.14 the function and the object itself. While a block is
//! being entered they stand there too, so an object whose `__aenter__` is being awaited is not held.

use std::collections::HashMap;

use super::chains::{Chain, Link};
use super::coroutines::{Coroutine, State};
use crate::libraries::{self, Awaits, asyncio, contextlib};
use crate::memory::ReadError;
use crate::read::objects::builtin::Objects;
use crate::read::objects::builtin::is_pointer;
use crate::read::objects::kinds::{Kinds, ObjectKind};
use crate::snapshot::{Address, Frame, PrimitiveKind};

/// Functions of which is remembered whether they leave a block.
const MOST_FUNCTIONS: usize = 16_384;
/// Holds of one chain that are kept.
const MOST_HOLDS: usize = 64;

/// Finds what chains hold in one census.
#[derive(Debug, Default)]
pub(in crate::read) struct TaskHolds {
    /// Functions, and whether they leave a block.
    exits: HashMap<Address, bool>,
    /// Types, and where their objects have the time at which they end a wait.
    timeouts: HashMap<Address, Option<&'static str>>,
}

/// Context managers inside of each other that are generators.
const MOST_MANAGERS: usize = 3;

impl TaskHolds {
    /// The objects that a chain holds, and the frames that do. Of a condition also its lock.
    pub(in crate::read) fn of(
        &mut self,
        objects: Objects<'_>,
        kinds: &mut Kinds,
        chain: &Chain,
    ) -> Result<Vec<(Address, Frame)>, ReadError> {
        let mut held = Vec::new();
        for (at, link) in chain.links.iter().enumerate() {
            let slots = link.coroutine.slots(objects, link.function.locals)?;
            if slots.len() < 2 {
                continue;
            }
            let inner = chain.links.get(at + 1);
            let entered = inner.filter(|inner| inner.function.enters).and_then(|inner| this(objects, inner));
            let frame = link.function.frame(link.coroutine.instruction);
            for object in self.objects_of(objects, kinds, &slots)? {
                if held.len() < MOST_HOLDS && Some(object) != entered {
                    held.push((object, frame));
                }
            }
        }
        with_locks_of_conditions(objects, kinds, &mut held)?;
        let let_go = waited_conditions(objects, kinds, chain)?;
        held.retain(|(object, _)| !let_go.contains(object));
        Ok(held)
    }

    /// Whether one of these objects ends the block that it was entered for when its time is over.
    pub(in crate::read) fn ends_in_time(
        &mut self,
        objects: Objects<'_>,
        kinds: &mut Kinds,
        held: &[Address],
    ) -> Result<bool, ReadError> {
        self.ends_within(objects, kinds, held, MOST_MANAGERS)
    }

    /// As [`TaskHolds::ends_in_time`], through so many context managers that are generators: `anyio.fail_after` is two of
    /// them around a cancel scope.
    fn ends_within(
        &mut self,
        objects: Objects<'_>,
        kinds: &mut Kinds,
        held: &[Address],
        managers: usize,
    ) -> Result<bool, ReadError> {
        for object in held {
            let Some(attribute) = self.timeout_of(objects, *object)? else { continue };
            let Some(entry) = objects.attribute(*object, attribute)? else { continue };
            let ends = match (attribute, managers.checked_sub(1)) {
                (contextlib::GENERATOR, None) => false,
                (contextlib::GENERATOR, Some(left)) => {
                    let inner = self.held_by_generator(objects, kinds, entry.value)?;
                    self.ends_within(objects, kinds, &inner, left)?
                }
                // `None` and infinity are no time.
                _ => objects.type_name_of(entry.value)? == "float" && objects.float(entry.value)?.is_finite(),
            };
            if ends {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Where an object has the time at which it ends a block, or what knows that; `None` where it ends none.
    fn timeout_of(&mut self, objects: Objects<'_>, object: Address) -> Result<Option<&'static str>, ReadError> {
        let kind = objects.type_of(object)?;
        if let Some(known) = self.timeouts.get(&kind) {
            return Ok(*known);
        }
        let name = objects.type_name(kind)?;
        let mut found = None;
        let of_generators = contextlib::OF_GENERATORS.into_iter().map(|class| (class, contextlib::GENERATOR));
        for (_, attribute) in libraries::timeouts().chain(of_generators).filter(|(class, _)| *class == name) {
            if found.is_none() && objects.attribute(object, attribute)?.is_some() {
                found = Some(attribute);
            }
        }
        self.timeouts.insert(kind, found);
        Ok(found)
    }

    /// What the blocks hold that a generator is suspended in.
    fn held_by_generator(
        &mut self,
        objects: Objects<'_>,
        kinds: &mut Kinds,
        generator: Address,
    ) -> Result<Vec<Address>, ReadError> {
        let kind = kinds.of(objects, generator)?;
        if kind != ObjectKind::Generator {
            return Ok(Vec::new());
        }
        let coroutine = Coroutine::read(objects, generator, kind)?;
        if !matches!(coroutine.state, State::Suspended { .. }) {
            return Ok(Vec::new());
        }
        let names = objects.memory.read_pointer(coroutine.code.plus(objects.offsets.code.local_names))?;
        let locals = usize::try_from(objects.length(names)?).map_err(|_| ReadError::Implausible(names))?;
        let slots = coroutine.slots(objects, locals)?;
        self.objects_of(objects, kinds, &slots)
    }

    fn objects_of(
        &mut self,
        objects: Objects<'_>,
        kinds: &mut Kinds,
        slots: &[Address],
    ) -> Result<Vec<Address>, ReadError> {
        let mut found = Vec::new();
        for (at, slot) in slots.iter().enumerate().filter(|(_, slot)| is_pointer(**slot)) {
            let layout = &objects.offsets.object;
            let owner = match kinds.of(objects, *slot)? {
                ObjectKind::Method => {
                    let function = objects.memory.read_pointer(slot.plus(layout.method_function))?;
                    self.leaves(objects, function).then(|| objects.memory.read_pointer(slot.plus(layout.method_self)))
                }
                ObjectKind::BuiltinMethod => Some(objects.memory.read_pointer(slot.plus(layout.builtin_self))),
                ObjectKind::Function if self.leaves(objects, *slot) => slots.get(at + 1).map(|owner| Ok(*owner)),
                ObjectKind::MethodDescriptor => slots.get(at + 1).map(|owner| Ok(*owner)),
                _ => None,
            };
            found.extend(owner.transpose()?.filter(|owner| is_pointer(*owner)));
        }
        Ok(found)
    }

    /// Whether a function written in Python leaves a block.
    fn leaves(&mut self, objects: Objects<'_>, function: Address) -> bool {
        if let Some(known) = self.exits.get(&function) {
            return *known;
        }
        let name = || {
            let code = objects.memory.read_pointer(function.plus(objects.offsets.object.function_code))?;
            objects.text(objects.memory.read_pointer(code.plus(objects.offsets.code.name))?)
        };
        let leaves = name().is_ok_and(|name| name == "__aexit__" || name == "__exit__");
        if self.exits.len() >= MOST_FUNCTIONS {
            self.exits.clear();
        }
        self.exits.insert(function, leaves);
        leaves
    }
}

fn this(objects: Objects<'_>, link: &Link) -> Option<Address> {
    link.coroutine.local(objects, 0).ok().flatten()
}

/// Who is inside of `async with condition` holds the lock of the condition.
fn with_locks_of_conditions(
    objects: Objects<'_>,
    kinds: &mut Kinds,
    held: &mut Vec<(Address, Frame)>,
) -> Result<(), ReadError> {
    let mut locks = Vec::new();
    for (object, frame) in held.iter() {
        if kinds.primitive(objects, *object)? == Some(PrimitiveKind::Condition) {
            locks.extend(objects.attribute(*object, asyncio::CONDITION_LOCK)?.map(|lock| (lock.value, *frame)));
        }
    }
    held.extend(locks);
    Ok(())
}

/// Conditions that the chain waits for, which let go of their locks meanwhile, and these locks.
fn waited_conditions(objects: Objects<'_>, kinds: &mut Kinds, chain: &Chain) -> Result<Vec<Address>, ReadError> {
    let mut let_go = Vec::new();
    let waiting =
        chain.links.iter().filter(|link| link.function.awaits == Some(Awaits::Primitive) && link.function.waits);
    for condition in waiting.filter_map(|link| this(objects, link)) {
        if kinds.primitive(objects, condition)? == Some(PrimitiveKind::Condition) {
            let_go.push(condition);
            let_go.extend(objects.attribute(condition, asyncio::CONDITION_LOCK)?.map(|lock| lock.value));
        }
    }
    Ok(let_go)
}
