//! Which threads run an event loop: what `asyncio.get_running_loop()` would answer in each.
//!
//! Since 3.13 the thread state says so. Before, it stands in the thread state's dict, under a name that begins with two
//! underscores and so is nobody else's.

use std::collections::HashMap;

use crate::libraries::asyncio;
use crate::memory::{ReadError, little_endian, u64_at};
use crate::read::objects::builtin::Objects;
use crate::read::threads::live::LiveThread;
use crate::snapshot::Address;

/// Dictionaries in which the key was looked for in vain, before all are forgotten.
const MOST_FRUITLESS: usize = 4096;

/// Finds the running loop of a thread.
#[derive(Debug, Default)]
pub(crate) struct RunningLoops {
    /// The key object: one for the whole process, because it is interned.
    key: Option<Address>,
    /// Dictionaries without the key: how many entries they had, and the key of the last. A new entry goes to the end.
    fruitless: HashMap<Address, (usize, Option<Address>)>,
    /// The type of `None`.
    none: Option<Address>,
}

impl RunningLoops {
    /// The loop that this thread runs.
    ///
    /// `innermost` is the process as it knows itself: up to 3.11 a forked child inherits its parent's running loop, and
    /// the note beside it says whose it is.
    pub(crate) fn of(
        &mut self,
        objects: Objects<'_>,
        thread: &LiveThread,
        innermost: Option<u32>,
    ) -> Result<Option<Address>, ReadError> {
        let layout = &objects.offsets.thread;
        let found = if let Some(offset) = layout.running_loop {
            objects.memory.read_pointer(thread.state.plus(offset))?
        } else {
            let dict = u64_at(&thread.state_bytes, layout.dict).map_or(Address(0), Address);
            match self.in_dict(objects, dict)? {
                None => return Ok(None),
                Some(value) => match objects.offsets.task.held_loop {
                    Some(offset) if !self.is_none(objects, value)? => held(objects, value, offset, innermost)?,
                    _ => value,
                },
            }
        };
        if found.is_null() || self.is_none(objects, found)? { Ok(None) } else { Ok(Some(found)) }
    }

    fn in_dict(&mut self, objects: Objects<'_>, dict: Address) -> Result<Option<Address>, ReadError> {
        if dict.is_null() {
            return Ok(None);
        }
        let entries = objects.dict_entries(dict)?;
        if let Some(entry) = entries.iter().find(|entry| Some(entry.key) == self.key) {
            return Ok(Some(entry.value));
        }
        let shape = (entries.len(), entries.last().map(|entry| entry.key));
        if self.fruitless.get(&dict) == Some(&shape) {
            return Ok(None);
        }
        match objects.find(&entries, asyncio::RUNNING_LOOP)? {
            Some(entry) => {
                self.key = Some(entry.key);
                Ok(Some(entry.value))
            }
            None => {
                if self.fruitless.len() >= MOST_FRUITLESS {
                    self.fruitless.clear();
                }
                self.fruitless.insert(dict, shape);
                Ok(None)
            }
        }
    }

    fn is_none(&mut self, objects: Objects<'_>, object: Address) -> Result<bool, ReadError> {
        let kind = objects.type_of(object)?;
        if self.none == Some(kind) {
            return Ok(true);
        }
        let is_none = objects.type_name(kind)? == "NoneType";
        if is_none {
            self.none = Some(kind);
        }
        Ok(is_none)
    }
}

/// The loop in a `PyRunningLoopHolder`: null when the note is of another process, from which this one was forked.
fn held(objects: Objects<'_>, holder: Address, offset: usize, innermost: Option<u32>) -> Result<Address, ReadError> {
    // `rl_loop`, then `rl_pid` (CPython `Modules/_asynciomodule.c`).
    let bytes = objects.memory.read(holder.plus(offset), 12)?;
    let owner = bytes.get(8..).map(little_endian);
    if innermost.is_some() && owner != innermost.map(u64::from) {
        return Ok(Address(0));
    }
    u64_at(&bytes, 0).map(Address).ok_or(ReadError::Unmapped(holder))
}
