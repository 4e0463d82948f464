//! Whatever the target's memory holds, reading it ends and does not panic.

use std::time::Duration;

use super::loops::current_task::{self, CurrentTask};
use super::loops::reader::{Loops, Surroundings};
use super::loops::stock::StockLoop;
use super::loops::uvloop::Uvloop;
use super::objects::builtin::Objects;
use super::objects::moments::Lifetime;
use super::stacks::guards::Guard;
use super::threads::gil;
use super::threads::ids::ThreadIds;
use super::threads::live::{LiveFrame, LiveThread};
use super::threads::names::ThreadNames;
use crate::layout::{CLibraryOffsets, Offsets, table};
use crate::memory::{Batch, Memory, ReadError};
use crate::snapshot::{
    Address, Code, CodeFlags, CodeId, Known, Moment, ProcessId, PythonVersion, SyscallState, ThreadId, Why,
};

/// Memory in which every word is plausible as a pointer, a small number or text, by turns, and none of it is true.
struct Garbage {
    seed: u64,
}

impl Garbage {
    fn word(&self, address: u64) -> u64 {
        let mut number = (address & !7) ^ self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        number ^= number >> 31;
        number = number.wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number ^= number >> 29;
        match number % 7 {
            0 => number,
            1 if number % 1024 == 1 => number % 70_000,
            1 => number % 100,
            2 => u64::from_le_bytes(*b"asyncio\0"),
            3 => 0,
            4 => u64::MAX - number % 64,
            _ => 0x7000_0000 + (number % 4096) * 8,
        }
    }
}

impl Memory for Garbage {
    fn fetch(&self, _: &mut Batch) -> Result<(), ReadError> {
        Ok(())
    }

    fn read(&self, address: Address, length: usize) -> Result<Vec<u8>, ReadError> {
        assert!(length <= 4 << 20, "a reader asked for {length} bytes: bound it");
        let before = (address.0 % 8) as usize;
        let words = (0..(before + length).div_ceil(8) as u64).map(|index| address.0.wrapping_add(index * 8));
        let bytes: Vec<u8> = words.flat_map(|address| self.word(address).to_le_bytes()).collect();
        Ok(bytes[before..before + length].to_vec())
    }
}

/// Different memories that are tried on every version.
const SEEDS: u64 = 20;

fn layouts() -> impl Iterator<Item = Offsets> {
    (8..=15).map(|minor| PythonVersion { major: 3, minor, patch: Known::Unknown(Why::NotRead) }).filter_map(table)
}

#[test]
fn objects_of_garbage_are_errors_or_nonsense_but_never_a_panic() {
    for offsets in layouts() {
        for seed in 0..SEEDS {
            let memory = Garbage { seed };
            let objects = Objects::new(&memory, &offsets);
            for object in (0..4).map(|index| Address(0x7000_0000 + index * 64)) {
                let _ = (objects.text(object), objects.integer(object), objects.float(object));
                let _ = (objects.type_name(object), objects.base_named(object, "_asyncio.Task"));
                let _ = (objects.tuple(object), objects.list_first(object));
                let _ = (objects.deque_ends(object), objects.deque_items(object, 64));
                let _ = (objects.list_items(object), objects.set_members(object));
                let _ = Guard::after(objects, object, seed as i32).map(|guard| guard.map(|guard| guard.contains(8)));
                let _ = (objects.dict_get(object, "x"), objects.attribute(object, "_ready"));
                let _ = objects.module_attribute(object, "asyncio.tasks", "_current_tasks");
                let _ = (current_task::task(objects, object), CurrentTask::discover(objects, object));
                let _ = (StockLoop::discover(objects, object), Uvloop::discover(objects, object));
                let library = CLibraryOffsets::of(Known::Unknown(Why::NotRead));
                let (_, found) = gil::interpreter(&memory, &offsets, &library, object, object);
                let _ = found.map(|gil| gil.role_of_sleeper(&memory, &offsets, object, true));
            }
        }
    }
}

#[test]
fn loops_of_garbage_are_read_to_the_end() {
    let code = |name: &str| Code {
        name: name.to_owned(),
        qualified_name: Known::Unknown(Why::NotRead),
        file: "/usr/lib/python3/asyncio/base_events.py".to_owned(),
        first_line: 1,
        flags: CodeFlags(0),
    };
    let codes = [code("_run_once"), code("other")];
    let lifetime = Lifetime { began: Moment(0), now: Moment(Duration::from_secs(5).as_nanos() as u64) };
    for offsets in layouts() {
        for seed in 0..SEEDS {
            let memory = Garbage { seed };
            let objects = Objects::new(&memory, &offsets);
            let state = Address(0x7000_0000 + seed * 8);
            let frame = |code| LiveFrame {
                address: state.plus(512),
                code_address: state.plus(1024),
                code: CodeId(code),
                instruction: 0,
            };
            let thread = LiveThread {
                thread: ThreadId(1),
                state,
                state_bytes: memory.read(state, offsets.thread.size).unwrap(),
                frames: vec![frame(1), frame(0), frame(77)],
                ..LiveThread::default()
            };
            let threads = [thread];
            let around = Surroundings {
                interpreters: &[state],
                threads: &threads,
                codes: &codes,
                syscall: &|_| Known::Is(SyscallState::Running),
                innermost: None,
                lifetime,
            };
            let mut loops = Loops::default();
            for _ in 0..3 {
                let (samples, gaps) = loops.read(objects, objects, &around);
                assert!(samples.len() + gaps.len() <= 1, "one thread runs at most one loop");
            }
            ThreadNames::default().refresh(objects, &[state], &threads, lifetime.now);
            let places = CLibraryOffsets::of(Known::Unknown(Why::NotRead)).thread_ids;
            let mut ids = ThreadIds::new(ProcessId(0), places);
            let found = ids.resolve(&memory, &offsets, &[&threads[0].state_bytes, &[]]);
            assert_eq!(found, Ok(vec![Known::Unknown(Why::Vanished); 2]));
        }
    }
}
