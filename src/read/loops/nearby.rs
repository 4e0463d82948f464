//! Event loops that no list has: they are found near the frames of threads that have to do with them.

use std::collections::{BTreeSet, HashMap};

use crate::libraries::{asyncio, uvloop};
use crate::memory::ReadError;
use crate::read::allowance::Limit;
use crate::read::objects::builtin::Objects;
use crate::read::objects::known::lenient;
use crate::read::stacks::locals::{FrameLocals, globals};
use crate::read::threads::live::LiveFrame;
use crate::snapshot::Address;

/// Objects whose attributes are looked through, in one census.
const MOST_OPENED: usize = 512;
/// Global variables of one frame that are looked at.
const MOST_GLOBALS: usize = 1024;
/// `Py_TPFLAGS_HEAPTYPE` (CPython `Include/object.h`): a class that a program made.
const MADE_BY_PROGRAM: u64 = 1 << 9;

/// How far from its frames a thread is looked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::read) struct Reach {
    /// Whether global variables are looked at.
    pub(in crate::read) globals: bool,
    /// From a variable over how many attributes, one of the other.
    pub(in crate::read) attributes: usize,
}

/// What an object of a type is to the search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    Loop,
    /// It stands for a variable that an inner function uses too.
    Cell,
    /// It may have a loop among its attributes.
    Instance,
    Nothing,
}

/// Finds loops.
pub(in crate::read) struct NearbyLoops<'a> {
    objects: Objects<'a>,
    limit: Limit,
    locals: FrameLocals,
    types: HashMap<Address, Meaning>,
    /// Objects that may still be opened.
    left: usize,
}

impl<'a> NearbyLoops<'a> {
    pub(in crate::read) fn new(objects: Objects<'a>, limit: Limit) -> Self {
        Self { objects, limit, locals: FrameLocals::default(), types: HashMap::new(), left: MOST_OPENED }
    }

    /// Whether a limit ended a search before all was looked through.
    pub(in crate::read) fn was_cut(&self) -> bool {
        self.left == 0 || self.limit.is_spent()
    }

    /// The loops that are variables of these frames, or attributes of what is.
    ///
    /// # Errors
    ///
    /// When the process is gone or closed to us.
    pub(in crate::read) fn near(&mut self, frames: &[LiveFrame], reach: Reach) -> Result<BTreeSet<Address>, ReadError> {
        let mut near = self.variables(frames, reach.globals)?;
        let (mut loops, mut opened) = (BTreeSet::new(), BTreeSet::new());
        for level in 0..=reach.attributes {
            let mut further = Vec::new();
            for object in near {
                match self.meaning(object)? {
                    Meaning::Loop => drop(loops.insert(object)),
                    Meaning::Instance if level < reach.attributes && !self.was_cut() && opened.insert(object) => {
                        self.left -= 1;
                        let attributes = lenient(self.objects.attributes(object))?;
                        further.extend(attributes.into_iter().map(|entry| entry.value));
                    }
                    Meaning::Instance | Meaning::Cell | Meaning::Nothing => {}
                }
            }
            near = further;
        }
        Ok(loops)
    }

    fn variables(&mut self, frames: &[LiveFrame], with_globals: bool) -> Result<Vec<Address>, ReadError> {
        let objects = self.objects;
        let mut found = Vec::new();
        for (_, value) in lenient(self.locals.all(objects, frames))? {
            match self.meaning(value)? {
                Meaning::Cell => {
                    found.push(lenient(objects.memory.read_pointer(value.plus(objects.offsets.object.cell_value)))?)
                }
                _ => found.push(value),
            }
        }
        let mut seen = BTreeSet::new();
        for frame in frames {
            found.extend(lenient(self.locals.cells(objects, frame))?);
            let dict = if with_globals { lenient(globals(objects, frame))? } else { Address(0) };
            if !dict.is_null() && seen.insert(dict) {
                let entries = lenient(objects.dict_entries(dict))?;
                found.extend(entries.into_iter().take(MOST_GLOBALS).map(|entry| entry.value));
            }
        }
        Ok(found)
    }

    fn meaning(&mut self, object: Address) -> Result<Meaning, ReadError> {
        let objects = self.objects;
        let Some(kind) = lenient(objects.type_of(object).map(Some))? else { return Ok(Meaning::Nothing) };
        if let Some(known) = self.types.get(&kind) {
            return Ok(*known);
        }
        let read = || -> Result<Option<Meaning>, ReadError> {
            if objects.base_named(kind, asyncio::LOOP)?.is_some() || objects.base_named(kind, uvloop::LOOP)?.is_some() {
                return Ok(Some(Meaning::Loop));
            }
            if objects.type_name(kind)? == "cell" {
                return Ok(Some(Meaning::Cell));
            }
            let flags = objects.memory.read_u64(kind.plus(objects.offsets.object.type_flags))?;
            Ok((flags & MADE_BY_PROGRAM != 0).then_some(Meaning::Instance))
        };
        let meaning = lenient(read())?.unwrap_or(Meaning::Nothing);
        self.types.insert(kind, meaning);
        Ok(meaning)
    }
}
