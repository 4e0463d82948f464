//! Memory for tests and for fuzzing: objects of all kinds that refer to each other at random, and in circles.

use std::cell::Cell;
use std::time::Duration;

use super::reader::Reader;
use crate::layout::Offsets;
use crate::memory::{Batch, Memory, Pages, ReadError};
use crate::read::Allowance;
use crate::read::objects::builtin::Objects;
use crate::read::scene::Scene;
use crate::read::stacks::codes::CodeTable;
use crate::read::stacks::table::StackTable;
use crate::snapshot::Address;

/// Where type names are, one every 64 bytes.
pub(in crate::read) const NAMES_AT: u64 = 0x10_0000_0000;
/// Where objects are, one every page: the last bits of an address say which field it is.
pub(in crate::read) const OBJECTS_AT: u64 = 0x20_0000_0000;
/// How many there are.
pub(in crate::read) const OBJECTS: u64 = 64;
const NAMES: [&str; 14] = [
    "_asyncio.Task",
    "_asyncio.Task",
    "_asyncio.Future",
    "_GatheringFuture",
    "coroutine",
    "coroutine",
    "generator",
    "async_generator_asend",
    "coroutine_wrapper",
    "_asyncio.FutureIter",
    "method",
    "function",
    "code",
    "Lock",
];

/// Memory in which every page is an object whose fields are chosen by noise.
pub(in crate::read) struct Nonsense<'a> {
    /// A number for an address.
    pub(in crate::read) noise: &'a dyn Fn(u64) -> u64,
    pub(in crate::read) task_size: u64,
    pub(in crate::read) offsets: Offsets,
    /// One object everywhere; else objects and small numbers in turn.
    pub(in crate::read) circles: bool,
    pub(in crate::read) reads: Cell<u64>,
}

impl Nonsense<'_> {
    /// Hands over a reader of tasks that has so much time for this memory.
    pub(in crate::read) fn with_reader(&self, time: Duration, look: impl FnOnce(&mut Reader<'_, '_>)) {
        let pages = Pages::new(self);
        let (mut codes, mut stacks) = (CodeTable::default(), StackTable::default());
        let unhurried = Allowance { cpu: time, wall: time };
        let mut scene = Scene {
            objects: Objects::new(&pages, &self.offsets),
            pages: &pages,
            interpreters: &[Address(OBJECTS_AT)],
            threads: &[],
            locks: &[],
            loops: &[],
            loop_threads: &[],
            workers: &[],
            codes: &mut codes,
            stacks: &mut stacks,
            for_listing: unhurried.begin(),
            limit: unhurried.begin(),
        };
        look(&mut Reader::new(&mut scene));
    }

    fn word(&self, address: u64) -> u64 {
        let noise = (self.noise)(address);
        let object = OBJECTS_AT + (noise >> 8) % OBJECTS * 4096;
        let layout = &self.offsets.object;
        match (address % 4096) as usize {
            field if field == layout.type_name => NAMES_AT + noise % NAMES.len() as u64 * 64,
            field if field == layout.type_basic_size => self.task_size,
            field if field == layout.object_type => object,
            _ if self.circles => OBJECTS_AT + 4096,
            _ => match noise % 4 {
                0 => 0,
                1 => noise >> 60,
                _ => object,
            },
        }
    }
}

impl Memory for Nonsense<'_> {
    fn fetch(&self, batch: &mut Batch) -> Result<(), ReadError> {
        self.reads.set(self.reads.get() + 1);
        batch.fill(|address, bytes| {
            for (index, byte) in (0..).zip(bytes.iter_mut()) {
                let at = address.0.wrapping_add(index);
                let name = at.checked_sub(NAMES_AT).filter(|at| *at < NAMES.len() as u64 * 64);
                *byte = match name {
                    Some(at) => NAMES[(at / 64) as usize].as_bytes().get((at % 64) as usize).copied().unwrap_or(0),
                    None => self.word(at & !7).to_le_bytes()[(at % 8) as usize],
                };
            }
            true
        });
        Ok(())
    }
}
