//! What an object refers to, as far as a search for who can end a wait follows it.
//!
//! Objects of the interpreter's own types are read by their layout, instances by their attributes, and everything else
//! (objects with `__slots__`, of C and of Cython) word by word: what points to an object whose type is a type is taken for a
//! reference. A number that happens to look like one costs a visit and leads nowhere.

use std::collections::HashMap;

use crate::libraries::{asyncio, is_barrier, uvloop, weakref};
use crate::memory::{ReadError, little_endian};
use crate::read::objects::builtin::Objects;
use crate::read::objects::kinds::{Kinds, ObjectKind};
use crate::read::objects::known::lenient;
use crate::read::tasks::future_links::PENDING;
use crate::snapshot::Address;

/// Items of one container that are followed.
const MOST_ITEMS: usize = 4096;
/// Words of one object of an unknown make that are looked at.
const MOST_WORDS: u64 = 160;
/// Words of a function that are looked through for what it closes over and for its defaults.
const FUNCTION_WORDS: usize = 20;
/// Types that are remembered, before all are forgotten.
const MOST_TYPES: usize = 16_384;
/// Addresses below this one are no objects: the first pages are never mapped.
const LOWEST: u64 = 1 << 16;
/// `Py_TPFLAGS_READY`, `_LIST_SUBCLASS` and its kin (CPython `Include/object.h`).
mod flags {
    pub(in crate::read) const READY: u64 = 1 << 12;
    pub(in crate::read) const LIST: u64 = 1 << 25;
    pub(in crate::read) const TUPLE: u64 = 1 << 26;
    pub(in crate::read) const DICT: u64 = 1 << 29;
    pub(in crate::read) const TYPE: u64 = 1 << 31;
    /// `int`, `bytes`, `str` and types themselves.
    pub(in crate::read) const PLAIN: u64 = 1 << 24 | 1 << 27 | 1 << 28 | TYPE;
}

/// What an object is to the search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::read) enum Met {
    /// No object, or one that leads nowhere.
    Nothing,
    /// A future that is not done and what its end leads to.
    Future(Vec<Address>),
    /// A task that is not done.
    Task,
    /// Something else, and what it refers to.
    Object(Vec<Address>),
    /// A queue of calls for threads, and the calls.
    Calls(Vec<Address>),
}

/// How objects of a type are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Make {
    Nothing,
    List,
    Tuple,
    Dict,
    Set,
    Deque,
    Method,
    Builtin,
    Function,
    Cell,
    /// A plain weak reference, as a protocol has one to its stream; those of weak containers are not followed.
    Weak,
    Calls,
    Future,
    Task,
    /// By its attributes and so many bytes.
    Words(u64),
}

/// Types of the interpreter after which nothing is followed: they belong to the whole program, or keep nothing that could end
/// a wait.
const BARRIERS: &[&str] = &[
    "module",
    "float",
    "complex",
    "NoneType",
    "bytearray",
    "code",
    "frame",
    "coroutine",
    "generator",
    "async_generator",
    "traceback",
    "mappingproxy",
    "weakproxy",
    "weakref.ProxyType",
    "_thread.lock",
    "_thread.RLock",
    "_thread._local",
    "Context",
    "ContextVar",
    "_contextvars.Context",
    "_contextvars.ContextVar",
    "_ssl._SSLContext",
    "PyCapsule",
];

/// Reads what objects refer to.
#[derive(Debug, Default)]
pub(in crate::read) struct References {
    kinds: Kinds,
    makes: HashMap<Address, Make>,
}

impl References {
    /// What stands at this address, and what it leads to.
    ///
    /// # Errors
    ///
    /// When the process is gone or closed to us. What cannot be read is [`Met::Nothing`].
    pub(in crate::read) fn of(&mut self, objects: Objects<'_>, object: Address) -> Result<Met, ReadError> {
        if object.0 < LOWEST || !object.0.is_multiple_of(8) {
            return Ok(Met::Nothing);
        }
        let met = self.make(objects, object).and_then(|make| self.read(objects, object, make).map(Some));
        Ok(lenient(met)?.unwrap_or(Met::Nothing))
    }

    fn read(&mut self, objects: Objects<'_>, object: Address, make: Make) -> Result<Met, ReadError> {
        let layout = &objects.offsets.object;
        let pointer = |offset| objects.memory.read_pointer(object.plus(offset));
        Ok(Met::Object(match make {
            Make::Nothing => return Ok(Met::Nothing),
            Make::Future | Make::Task => return self.future(objects, object, make),
            Make::Calls => return Ok(Met::Calls(calls(objects, object)?)),
            Make::List => objects.list_items(object)?,
            Make::Tuple => objects.tuple(object)?,
            Make::Set => objects.set_members(object)?,
            Make::Deque => objects.deque_items(object, MOST_ITEMS)?,
            Make::Dict => objects.dict_entries(object)?.into_iter().map(|entry| entry.value).collect(),
            Make::Cell => vec![pointer(layout.cell_value)?],
            Make::Weak => vec![pointer(layout.weakref_object)?],
            Make::Builtin => vec![pointer(layout.builtin_self)?],
            Make::Method => vec![pointer(layout.method_self)?, pointer(layout.method_function)?],
            Make::Function => self.function(objects, object)?,
            Make::Words(size) => {
                let mut found: Vec<Address> =
                    objects.attributes(object)?.into_iter().map(|entry| entry.value).collect();
                found.extend(words(objects, object, size)?);
                found
            }
        }))
    }

    /// A future and what is called when it is done: what that leads to ends with it.
    fn future(&mut self, objects: Objects<'_>, object: Address, make: Make) -> Result<Met, ReadError> {
        let layout = match (make, self.kinds.of(objects, object)?) {
            (_, ObjectKind::Task(layout)) => layout,
            _ => objects.offsets.task,
        };
        let state = little_endian(&objects.memory.read(object.plus(layout.state), 4)?);
        if state != PENDING {
            return Ok(Met::Nothing);
        }
        if make == Make::Task {
            return Ok(Met::Task);
        }
        let first = objects.memory.read_pointer(object.plus(layout.callback))?;
        let others = objects.memory.read_pointer(object.plus(layout.callbacks))?;
        Ok(Met::Future([first, others].into_iter().filter(|callback| !callback.is_null()).collect()))
    }

    /// What a function closes over, and its defaults. Not its global variables, which are the whole program.
    fn function(&mut self, objects: Objects<'_>, function: Address) -> Result<Vec<Address>, ReadError> {
        let mut found = Vec::new();
        for word in words(objects, function, FUNCTION_WORDS as u64 * 8)? {
            if word.0 >= LOWEST && lenient(self.make(objects, word).map(Some))? == Some(Make::Tuple) {
                found.extend(lenient(objects.tuple(word))?);
            }
        }
        for value in &mut found {
            if lenient(self.make(objects, *value).map(Some))? == Some(Make::Cell) {
                *value = lenient(objects.memory.read_u64(value.plus(objects.offsets.object.cell_value)).map(Some))?
                    .map_or(Address(0), Address);
            }
        }
        Ok(found)
    }

    fn make(&mut self, objects: Objects<'_>, object: Address) -> Result<Make, ReadError> {
        let kind = objects.type_of(object)?;
        if let Some(known) = self.makes.get(&kind) {
            return Ok(*known);
        }
        let found = match classify(objects, &mut self.kinds, object, kind) {
            Err(gone @ (ReadError::Gone | ReadError::Refused)) => return Err(gone),
            found => found.unwrap_or(Make::Nothing),
        };
        if self.makes.len() >= MOST_TYPES {
            self.makes.clear();
        }
        self.makes.insert(kind, found);
        Ok(found)
    }
}

fn classify(objects: Objects<'_>, kinds: &mut Kinds, object: Address, kind: Address) -> Result<Make, ReadError> {
    let layout = &objects.offsets.object;
    if kind.0 < LOWEST || !kind.0.is_multiple_of(8) {
        return Ok(Make::Nothing);
    }
    let flags = |kind: Address| objects.memory.read_u64(kind.plus(layout.type_flags));
    let own = flags(kind)?;
    // What has a type that is none is no object.
    if own & flags::READY == 0 || flags(objects.type_of(kind)?)? & flags::TYPE == 0 || own & flags::PLAIN != 0 {
        return Ok(Make::Nothing);
    }
    let name = objects.type_name(kind)?;
    if BARRIERS.contains(&name.as_str()) || is_barrier(&name) || is_loop(objects, kind)? {
        return Ok(Make::Nothing);
    }
    Ok(match (kinds.of(objects, object)?, name.as_str()) {
        (ObjectKind::Task(_) | ObjectKind::StrangeTask, _) => Make::Task,
        (ObjectKind::Future { .. }, _) => Make::Future,
        (ObjectKind::Method, _) => Make::Method,
        (ObjectKind::BuiltinMethod, _) => Make::Builtin,
        (ObjectKind::Function, _) => Make::Function,
        (ObjectKind::Cell, _) => Make::Cell,
        (_, name) if weakref::REFERENCES.contains(&name) => Make::Weak,
        (_, "_queue.SimpleQueue") => Make::Calls,
        (_, "collections.deque") => Make::Deque,
        (_, "set" | "frozenset") => Make::Set,
        _ if own & flags::DICT != 0 => Make::Dict,
        _ if own & flags::LIST != 0 => Make::List,
        _ if own & flags::TUPLE != 0 => Make::Tuple,
        _ => Make::Words(objects.memory.read_u64(kind.plus(layout.type_basic_size))?),
    })
}

fn is_loop(objects: Objects<'_>, kind: Address) -> Result<bool, ReadError> {
    let stock = objects.base_named(kind, asyncio::LOOP)?;
    Ok(stock.is_some() || objects.base_named(kind, uvloop::LOOP)?.is_some())
}

/// The words of an object behind its head.
fn words(objects: Objects<'_>, object: Address, size: u64) -> Result<Vec<Address>, ReadError> {
    let head = objects.offsets.object.object_type + 8;
    let size = usize::try_from(size.min(MOST_WORDS * 8)).unwrap_or(head);
    let Some(length) = size.checked_sub(head).filter(|length| *length > 0) else { return Ok(Vec::new()) };
    let bytes = objects.memory.read(object.plus(head), length)?;
    let words = bytes.chunks_exact(8).map(|word| Address(little_endian(word)));
    Ok(words.filter(|word| word.0 >= LOWEST && word.0.is_multiple_of(8) && word.0 < 1 << 47).collect())
}

/// The calls in a queue for threads.
fn calls(objects: Objects<'_>, queue: Address) -> Result<Vec<Address>, ReadError> {
    crate::read::pools::executors::queued_calls(objects, queue)
}
