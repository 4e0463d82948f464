//! Which interpreters and thread states there are, and who has the GIL: the first batch of every sample.
//!
//! Everything that was there in the sample before is fetched in one go and the lists are followed through what was
//! fetched; only what is new costs a read of its own.

use std::collections::{HashMap, HashSet};

use crate::layout::Offsets;
use crate::memory::{Batch, Memory, ReadError, Slot, little_endian, u64_at};
use crate::os::threads::MOST_THREADS;
use crate::snapshot::Address;

/// Interpreters in one process: a program with more of them is not a web server.
const MOST_INTERPRETERS: usize = 256;

/// How often the lists are followed again when they change under our eyes. Each attempt is some ten microseconds; with
/// a thousand threads starting a second, one in fifty is disturbed.
const ATTEMPTS: usize = 5;

/// One interpreter in this sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::read) struct Interpreter {
    /// `PyInterpreterState`
    pub(in crate::read) address: Address,
    /// Its GIL struct; sub-interpreters may share one.
    pub(in crate::read) gil: Option<Address>,
    /// What the GIL struct said before anything else was read.
    pub(in crate::read) gil_before: Option<GilWords>,
    /// Whether the garbage collector is running, where the version says so.
    pub(in crate::read) collecting: Option<bool>,
    /// Whether somebody asked for the GIL, up to 3.12; later versions keep that in the thread states.
    pub(in crate::read) drop_request: Option<bool>,
}

/// The words of the GIL struct.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::read) struct GilWords {
    pub(in crate::read) last_holder: Address,
    pub(in crate::read) locked: bool,
    pub(in crate::read) switch_number: u64,
}

impl GilWords {
    /// How many bytes of the struct to read.
    pub(in crate::read) fn size(offsets: &Offsets) -> usize {
        let gil = &offsets.gil;
        [gil.last_holder, gil.locked, gil.switch_number].into_iter().max().unwrap_or(0).saturating_add(8)
    }

    /// Decodes the struct; `None` when the bytes cannot be those of a GIL.
    pub(in crate::read) fn decode(bytes: &[u8], offsets: &Offsets) -> Option<Self> {
        let locked = number_at(bytes, offsets.gil.locked)?;
        // -1: not yet created (CPython `Python/ceval_gil.c`).
        let locked = match locked.cast_signed() {
            1 => true,
            0 | -1 => false,
            _ => return None,
        };
        Some(Self {
            last_holder: Address(u64_at(bytes, offsets.gil.last_holder)?),
            locked,
            switch_number: u64_at(bytes, offsets.gil.switch_number)?,
        })
    }
}

/// One thread state in this sample.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::read) struct ThreadState {
    /// `PyThreadState`
    pub(in crate::read) address: Address,
    /// Index of its interpreter.
    pub(in crate::read) interpreter: u16,
    /// Its first bytes.
    pub(in crate::read) bytes: Vec<u8>,
}

/// The interpreters and thread states of a process.
#[derive(Debug, Default)]
pub(in crate::read) struct Roster {
    /// Interpreters, the main one first.
    pub(in crate::read) interpreters: Vec<Interpreter>,
    /// Thread states: the interpreters in order, the newest thread of each first.
    pub(in crate::read) threads: Vec<ThreadState>,
    /// The lists did not come to rest; threads may be missing.
    pub(in crate::read) restless: bool,
    batch: Batch,
    slots: Slots,
}

/// Where the pieces of an attempt are.
#[derive(Debug, Default)]
struct Slots {
    head: Option<Slot>,
    interpreters: Vec<InterpreterSlots>,
    threads: Vec<Slot>,
}

#[derive(Clone, Copy, Debug)]
struct InterpreterSlots {
    gil_words: Option<Slot>,
    next: Slot,
    threads_head: Slot,
    gil: Option<Slot>,
    collecting: Option<Slot>,
    drop_request: Option<Slot>,
}

impl Roster {
    /// Brings the lists up to date.
    ///
    /// # Errors
    ///
    /// When the process is gone or closed to us, or the runtime's own list cannot be read.
    pub(in crate::read) fn refresh(
        &mut self,
        memory: &dyn Memory,
        offsets: &Offsets,
        runtime: Address,
    ) -> Result<(), ReadError> {
        self.restless = false;
        for _ in 0..ATTEMPTS {
            self.fetch(memory, offsets, runtime)?;
            if self.take_if_unchanged(offsets) {
                return Ok(());
            }
            self.follow(memory, offsets, runtime)?;
        }
        self.restless = true;
        self.fetch(memory, offsets, runtime)?;
        self.take_what_is_there(offsets);
        Ok(())
    }

    fn fetch(&mut self, memory: &dyn Memory, offsets: &Offsets, runtime: Address) -> Result<(), ReadError> {
        let (batch, slots) = (&mut self.batch, &mut self.slots);
        batch.clear();
        slots.interpreters.clear();
        slots.threads.clear();
        // The GIL comes first: what it says now is compared with what it says when everything has been read.
        let gil_words: Vec<Option<Slot>> = self
            .interpreters
            .iter()
            .map(|interpreter| interpreter.gil.map(|gil| batch.want(gil, GilWords::size(offsets))))
            .collect();
        slots.head = Some(batch.want(runtime.plus(offsets.runtime.interpreters_head), 8));
        let layout = &offsets.interpreter;
        for (interpreter, gil_words) in self.interpreters.iter().zip(gil_words) {
            let address = interpreter.address;
            let drop_request = layout.gil_drop_request.map(|offset| address.plus(offset));
            let drop_request = drop_request.or(offsets.runtime.gil_drop_request.map(|offset| runtime.plus(offset)));
            let collecting = layout.collecting.map(|offset| address.plus(offset));
            let collecting = collecting.or(offsets.runtime.collecting.map(|offset| runtime.plus(offset)));
            slots.interpreters.push(InterpreterSlots {
                gil_words,
                next: batch.want(address.plus(layout.next), 8),
                threads_head: batch.want(address.plus(layout.threads_head), 8),
                gil: layout.gil.map(|offset| batch.want(address.plus(offset), 8)),
                collecting: collecting.map(|address| batch.want(address, 4)),
                drop_request: drop_request.map(|address| batch.want(address, 4)),
            });
        }
        for thread in &self.threads {
            slots.threads.push(batch.want(thread.address, offsets.thread.size));
        }
        memory.fetch(batch)
    }

    /// Follows the lists through what was fetched; takes the bytes over when nothing came or went.
    fn take_if_unchanged(&mut self, offsets: &Offsets) -> bool {
        let batch = &self.batch;
        let pointer = |slot: Slot| batch.pointer_at(slot, 0);
        // The list of interpreters begins with the newest; ours ends with it.
        let mut expected = self.slots.head.and_then(pointer);
        for (interpreter, slots) in self.interpreters.iter().zip(&self.slots.interpreters).rev() {
            let gil_moved = slots.gil.is_some_and(|slot| pointer(slot) != interpreter.gil);
            if expected != Some(interpreter.address) || gil_moved {
                return false;
            }
            expected = pointer(slots.next);
        }
        if expected != Some(Address(0)) || self.interpreters.is_empty() {
            return false;
        }
        let mut threads = self.threads.iter().zip(&self.slots.threads).peekable();
        for (index, slots) in self.slots.interpreters.iter().enumerate() {
            let mut expected = pointer(slots.threads_head);
            while let Some((thread, slot)) = threads.next_if(|(thread, _)| usize::from(thread.interpreter) == index) {
                let owner = self.interpreters.get(index).map(|interpreter| interpreter.address);
                let fits =
                    expected == Some(thread.address) && batch.pointer_at(*slot, offsets.thread.interpreter) == owner;
                if !fits {
                    return false;
                }
                expected = batch.pointer_at(*slot, offsets.thread.next);
            }
            if expected != Some(Address(0)) {
                return false;
            }
        }
        self.take_what_is_there(offsets);
        true
    }

    fn take_what_is_there(&mut self, offsets: &Offsets) {
        let batch = &self.batch;
        let flag = |slot: Option<Slot>| slot.and_then(|slot| batch.bytes(slot)).map(|bytes| little_endian(bytes) != 0);
        for (interpreter, slots) in self.interpreters.iter_mut().zip(&self.slots.interpreters) {
            let words = slots.gil_words.and_then(|slot| batch.bytes(slot));
            interpreter.gil_before = words.and_then(|bytes| GilWords::decode(bytes, offsets));
            interpreter.collecting = flag(slots.collecting);
            interpreter.drop_request = flag(slots.drop_request);
        }
        for (thread, slot) in self.threads.iter_mut().zip(&self.slots.threads) {
            thread.bytes.clear();
            thread.bytes.extend_from_slice(batch.bytes(*slot).unwrap_or_default());
        }
        self.threads.retain(|thread| !thread.bytes.is_empty());
    }

    /// Follows the lists in the target's memory.
    fn follow(&mut self, memory: &dyn Memory, offsets: &Offsets, runtime: Address) -> Result<(), ReadError> {
        let first = memory.read_pointer(runtime.plus(offsets.runtime.interpreters_head))?;
        let mut addresses = follow_list(first, MOST_INTERPRETERS, |address| {
            memory.read_pointer(address.plus(offsets.interpreter.next))
        })?;
        addresses.reverse();
        // What was just fetched saves most of the reads: a new thread is put at the head of the list.
        let fetched = self.fetched_links(offsets);
        let (before, owners) = (std::mem::take(&mut self.threads), std::mem::take(&mut self.interpreters));
        for (index, address) in addresses.into_iter().enumerate() {
            let gil = match (offsets.runtime.gil, offsets.interpreter.gil) {
                (Some(offset), _) => Some(runtime.plus(offset)),
                (None, Some(offset)) => Some(memory.read_pointer(address.plus(offset))?).filter(|gil| !gil.is_null()),
                (None, None) => None,
            };
            self.interpreters.push(Interpreter {
                address,
                gil,
                gil_before: None,
                collecting: None,
                drop_request: None,
            });
            let first = memory.read_pointer(address.plus(offsets.interpreter.threads_head))?;
            let found = follow_list(first, MOST_THREADS, |state| match fetched.get(&state) {
                Some((owner, next)) if *owner == address => Ok(*next),
                _ => read_next(memory, offsets, state, address),
            });
            // A list that breaks off is being changed: the next attempt starts again from what was known.
            let found = found.unwrap_or_else(|_| {
                let ours = |thread: &&ThreadState| {
                    owners.get(usize::from(thread.interpreter)).is_some_and(|owner| owner.address == address)
                };
                before.iter().filter(ours).map(|thread| thread.address).collect()
            });
            let interpreter = u16::try_from(index).unwrap_or(u16::MAX);
            let state = |address| ThreadState { address, interpreter, bytes: Vec::new() };
            self.threads.extend(found.into_iter().map(state));
        }
        self.threads.truncate(MOST_THREADS);
        Ok(())
    }

    /// Of every thread state that was fetched in this attempt: its interpreter and its `next`.
    fn fetched_links(&self, offsets: &Offsets) -> HashMap<Address, (Address, Address)> {
        let links = self.threads.iter().zip(&self.slots.threads).filter_map(|(thread, slot)| {
            let owner = self.batch.pointer_at(*slot, offsets.thread.interpreter)?;
            Some((thread.address, (owner, self.batch.pointer_at(*slot, offsets.thread.next)?)))
        });
        links.collect()
    }
}

/// `next` of a thread state, if it belongs to the interpreter.
fn read_next(
    memory: &dyn Memory,
    offsets: &Offsets,
    state: Address,
    interpreter: Address,
) -> Result<Address, ReadError> {
    let reach = offsets.thread.next.max(offsets.thread.interpreter).saturating_add(8);
    let bytes = memory.read(state, reach)?;
    if u64_at(&bytes, offsets.thread.interpreter) != Some(interpreter.0) {
        return Err(ReadError::Implausible(state));
    }
    u64_at(&bytes, offsets.thread.next).map(Address).ok_or(ReadError::Implausible(state))
}

/// The addresses of a linked list, at most `most`. A list that runs into itself ends there.
fn follow_list(
    first: Address,
    most: usize,
    mut next: impl FnMut(Address) -> Result<Address, ReadError>,
) -> Result<Vec<Address>, ReadError> {
    let (mut found, mut seen) = (Vec::new(), HashSet::new());
    let mut address = first;
    while !address.is_null() && found.len() < most && seen.insert(address) {
        found.push(address);
        address = next(address)?;
    }
    Ok(found)
}

/// A 32-bit number at an offset.
fn number_at(bytes: &[u8], offset: usize) -> Option<u32> {
    Some(little_endian(bytes.get(offset..offset.checked_add(4)?)?) as u32)
}
