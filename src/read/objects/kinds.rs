//! What objects are, by their types: each type is asked for its name once in a census.

use std::collections::HashMap;

use super::builtin::Objects;
use crate::layout::TaskOffsets;
use crate::libraries::asyncio;
use crate::memory::ReadError;
use crate::snapshot::{Address, PrimitiveKind};

/// The type at the root of every task implemented in C.
pub(in crate::read) const TASK: &str = "_asyncio.Task";

/// The type at the root of every future implemented in C.
const FUTURE: &str = "_asyncio.Future";
/// Types that are remembered, before all are forgotten.
const MOST_TYPES: usize = 16_384;

/// What an object is to a walk through tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::read) enum ObjectKind {
    Coroutine,
    /// A generator, or an async generator.
    Generator,
    /// What `__anext__`, `asend`, `athrow` and `aclose` of an async generator return.
    AsyncGeneratorStep,
    /// What stands for another awaitable: `__await__` of a coroutine, `anext` with a default.
    Wrapper,
    /// What `await future` leaves on the value stack.
    FutureIterator,
    /// A task written in C, and where it keeps things.
    Task(TaskOffsets),
    /// A task that we cannot read: its structure is not one that we know.
    StrangeTask,
    /// A future written in C; of `asyncio.gather` or not.
    Future {
        gathers: bool,
    },
    /// A function bound to an object, written in Python.
    Method,
    /// The same, written in C.
    BuiltinMethod,
    /// A method as the class has it, written in C.
    MethodDescriptor,
    Function,
    Cell,
    None,
    Other,
}

/// The types met so far.
#[derive(Debug, Default)]
pub(in crate::read) struct Kinds {
    kinds: HashMap<Address, ObjectKind>,
    primitives: HashMap<Address, Option<PrimitiveKind>>,
}

impl Kinds {
    /// What an object is.
    pub(in crate::read) fn of(&mut self, objects: Objects<'_>, object: Address) -> Result<ObjectKind, ReadError> {
        let kind = objects.type_of(object)?;
        if let Some(known) = self.kinds.get(&kind) {
            return Ok(*known);
        }
        let found = classify(objects, kind)?;
        if self.kinds.len() >= MOST_TYPES {
            self.kinds.clear();
        }
        self.kinds.insert(kind, found);
        Ok(found)
    }

    /// Which primitive of asyncio an object is; its class may derive from one.
    pub(in crate::read) fn primitive(
        &mut self,
        objects: Objects<'_>,
        object: Address,
    ) -> Result<Option<PrimitiveKind>, ReadError> {
        let kind = objects.type_of(object)?;
        if let Some(known) = self.primitives.get(&kind) {
            return Ok(*known);
        }
        let mut found = None;
        for (name, primitive) in asyncio::PRIMITIVES {
            if found.is_none() && objects.base_named(kind, name)?.is_some() {
                found = Some(primitive);
            }
        }
        if self.primitives.len() >= MOST_TYPES {
            self.primitives.clear();
        }
        self.primitives.insert(kind, found);
        Ok(found)
    }
}

fn classify(objects: Objects<'_>, kind: Address) -> Result<ObjectKind, ReadError> {
    let name = objects.type_name(kind)?;
    Ok(match name.as_str() {
        "coroutine" => ObjectKind::Coroutine,
        "generator" | "async_generator" => ObjectKind::Generator,
        "async_generator_asend" | "async_generator_athrow" => ObjectKind::AsyncGeneratorStep,
        "coroutine_wrapper" | "anext_awaitable" => ObjectKind::Wrapper,
        "_asyncio.FutureIter" => ObjectKind::FutureIterator,
        "method" => ObjectKind::Method,
        "builtin_function_or_method" => ObjectKind::BuiltinMethod,
        "method_descriptor" => ObjectKind::MethodDescriptor,
        "function" => ObjectKind::Function,
        "cell" => ObjectKind::Cell,
        "NoneType" => ObjectKind::None,
        _ => future(objects, kind, &name)?,
    })
}

fn future(objects: Objects<'_>, kind: Address, name: &str) -> Result<ObjectKind, ReadError> {
    if let Some(base) = objects.base_named(kind, TASK)? {
        let size = objects.memory.read_u64(base.plus(objects.offsets.object.type_basic_size))?;
        let layout = usize::try_from(size).ok().and_then(|size| objects.offsets.task_of_size(size));
        return Ok(layout.map_or(ObjectKind::StrangeTask, ObjectKind::Task));
    }
    let is_future = objects.base_named(kind, FUTURE)?.is_some();
    Ok(if is_future { ObjectKind::Future { gathers: name == asyncio::GATHERING } } else { ObjectKind::Other })
}
