//! The reader of tasks on memory that is nonsense: objects of all kinds that refer to each other at random, and in circles.

use std::cell::Cell;
use std::time::Duration;

use super::reader::Reader;
use crate::layout::{self, Offsets};
use crate::memory::{Batch, Memory, Pages, ReadError};
use crate::read::Allowance;
use crate::read::objects::builtin::Objects;
use crate::read::scene::Scene;
use crate::read::stacks::codes::CodeTable;
use crate::read::stacks::table::StackTable;
use crate::snapshot::{Address, Known, PythonVersion, Why};

/// Where type names are, one every 64 bytes.
const NAMES_AT: u64 = 0x10_0000_0000;
/// Where objects are, one every page: the last bits of an address say which field it is.
const OBJECTS_AT: u64 = 0x20_0000_0000;
const OBJECTS: u64 = 64;
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

/// Memory in which every page is an object whose fields are chosen by a seed.
struct Nonsense {
    seed: u64,
    task_size: u64,
    offsets: Offsets,
    /// Objects and small numbers in turn, or one object everywhere.
    circles: bool,
    reads: Cell<u64>,
}

impl Nonsense {
    fn word(&self, address: u64) -> u64 {
        let mut noise = (address ^ self.seed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        noise ^= noise >> 29;
        noise = noise.wrapping_mul(0xbf58_476d_1ce4_e5b9);
        noise ^= noise >> 32;
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

impl Memory for Nonsense {
    fn fetch(&self, batch: &mut Batch) -> Result<(), ReadError> {
        self.reads.set(self.reads.get() + 1);
        batch.fill(|address, bytes| {
            for (at, byte) in (address.0..).zip(bytes.iter_mut()) {
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

#[test]
fn nonsense_ends_and_does_no_harm() {
    let unhurried = Allowance { cpu: Duration::from_secs(60), wall: Duration::from_secs(60) };
    let mut found = 0;
    for minor in 8..=15 {
        let version = PythonVersion { major: 3, minor, patch: Known::Unknown(Why::NotRead) };
        let offsets = layout::table(version).expect("a table of this version");
        for seed in 0..16 {
            let memory = Nonsense {
                seed,
                task_size: offsets.task.size as u64,
                offsets: offsets.clone(),
                circles: seed % 8 == 7,
                reads: Cell::new(0),
            };
            let pages = Pages::new(&memory);
            let (mut codes, mut stacks) = (CodeTable::default(), StackTable::default());
            let mut scene = Scene {
                objects: Objects::new(&pages, &offsets),
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
            let mut reader = Reader::new(&mut scene);
            for object in 0..OBJECTS {
                found += u64::from(reader.task(Address(OBJECTS_AT + object * 4096)).unwrap().is_some());
            }
            assert!(memory.reads.get() < 100_000, "3.{minor}, seed {seed}: {} reads", memory.reads.get());
        }
    }
    assert!(found > 50, "nonsense that is never taken for a task tests nothing: {found}");
}
