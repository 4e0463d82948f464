//! The readers of memory, as input of fuzzing: real processes in which words were changed, and memory that is nothing but the
//! input.

use std::cell::Cell;
use std::sync::OnceLock;
use std::time::Duration;

use super::loops::current_task::{self, CurrentTask};
use super::loops::stock::StockLoop;
use super::loops::uvloop::Uvloop;
use super::objects::builtin::Objects;
use super::stacks::exception_table;
use super::stacks::guards::Guard;
use super::stacks::lines::{Lines, Table};
use super::stacks::reader::{self, StackReader};
use super::tasks::nonsense_of_tests::{Nonsense, OBJECTS, OBJECTS_AT};
use crate::layout::{self, LineTable, Offsets};
use crate::memory::fuzz::Echo;
use crate::memory::{Memory, Tape, little_endian};
use crate::snapshot::{Address, Known, PythonVersion, Why};

/// A decoder by name.
type Target = (&'static str, fn(&[u8]));

/// The decoders of this room.
pub(crate) const TARGETS: &[Target] = &[("stacks", stacks), ("lines", lines), ("objects", objects), ("tasks", tasks)];

/// What was read of a real process of each version, and where its runtime is.
const RECORDED: [(&[u8], &str); 8] = [
    (include_bytes!("../../tests/golden/stacks/3.8.tape"), include_str!("../../tests/golden/stacks/3.8.txt")),
    (include_bytes!("../../tests/golden/stacks/3.9.tape"), include_str!("../../tests/golden/stacks/3.9.txt")),
    (include_bytes!("../../tests/golden/stacks/3.10.tape"), include_str!("../../tests/golden/stacks/3.10.txt")),
    (include_bytes!("../../tests/golden/stacks/3.11.tape"), include_str!("../../tests/golden/stacks/3.11.txt")),
    (include_bytes!("../../tests/golden/stacks/3.12.tape"), include_str!("../../tests/golden/stacks/3.12.txt")),
    (include_bytes!("../../tests/golden/stacks/3.13.tape"), include_str!("../../tests/golden/stacks/3.13.txt")),
    (include_bytes!("../../tests/golden/stacks/3.14.tape"), include_str!("../../tests/golden/stacks/3.14.txt")),
    (include_bytes!("../../tests/golden/stacks/3.15.tape"), include_str!("../../tests/golden/stacks/3.15.txt")),
];

/// A process of one version.
struct Recorded {
    tape: Tape,
    words: Vec<Address>,
    offsets: Offsets,
    runtime: Address,
}

fn offsets(minor: u8) -> Option<Offsets> {
    layout::table(PythonVersion { major: 3, minor, patch: Known::Unknown(Why::NotRead) })
}

fn recorded() -> &'static [Recorded] {
    static ALL: OnceLock<Vec<Recorded>> = OnceLock::new();
    ALL.get_or_init(|| {
        let all = (8..).zip(RECORDED).filter_map(|(minor, (mut tape, text))| {
            let digits = text.lines().next()?.strip_prefix("runtime 0x")?;
            let tape = Tape::read(&mut tape).ok()?;
            let words = tape.words();
            let runtime = Address(u64::from_str_radix(digits, 16).ok()?);
            Some(Recorded { tape, words, offsets: offsets(minor)?, runtime })
        });
        all.collect()
    })
}

/// The first byte chooses the process. Every ten bytes that follow put a number, or what stands elsewhere, into one word.
fn stacks(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let Some(process) = recorded().get(usize::from(first % 8)) else { return };
    let word = |number: u64| process.words.get((number % process.words.len() as u64) as usize).copied();
    let mut tape = process.tape.clone();
    for change in rest.chunks_exact(10).take(64) {
        let (place, value) = change.split_at(2);
        let (Some(place), value) = (word(little_endian(place)), little_endian(value)) else { continue };
        // Words of other places lead further than numbers: half of the changes are such.
        let elsewhere = word(value >> 1).and_then(|other| process.tape.read_u64(other).ok());
        let value = elsewhere.filter(|_| value & 1 == 1).unwrap_or(value >> 1);
        tape.keep(place, &value.to_le_bytes());
    }
    let mut reader = StackReader::default();
    for _ in 0..2 {
        let target = reader::Target { memory: &tape, offsets: &process.offsets, runtime: process.runtime };
        let _read = reader.read(target, &|_| false);
    }
}

/// The first byte chooses the format.
fn lines(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let kind = match first % 4 {
        0 => LineTable::Lnotab,
        1 => LineTable::Pep626,
        2 => LineTable::Locations,
        _ => {
            for offsets in (8..=15).filter_map(offsets) {
                let _handlers = exception_table::read(Objects::new(&Echo(rest), &offsets), Address(0));
            }
            return;
        }
    };
    let lines = Lines::decode(Table { kind, bytes: rest, whole: first & 128 == 0 }, u32::from(*first), 1000);
    for at in [i32::MIN, -1, 0, 1, 254, 4096, i32::MAX] {
        let _line = lines.at(at);
    }
}

/// The first byte chooses the version.
fn objects(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let Some(offsets) = offsets(8 + first % 8) else { return };
    let memory = Echo(rest);
    let objects = Objects::new(&memory, &offsets);
    let at = Address(0x10_0000);
    let _texts =
        (objects.text(at), objects.label(at), objects.type_name(at), objects.texts(&[at, at.plus(64)], |_| true));
    let _numbers = (objects.integer(at), objects.float(at), objects.length(at));
    let _items = (objects.tuple(at), objects.list_first(at), objects.list_items(at), objects.set_members(at));
    let _deque = (objects.deque_ends(at), objects.deque_items(at, 64));
    let _attributes = (objects.dict_get(at, "x"), objects.dict_entries(at), objects.attribute(at, "ready"));
    let _module = objects.module_attribute(at, "module", "name");
    let _guard = Guard::after(objects, at, i32::from(*first));
    let _task = (current_task::task(objects, at), CurrentTask::discover(objects, at));
    let _loops = (StockLoop::discover(objects, at), Uvloop::discover(objects, at));
}

/// The first byte chooses the version. The words that follow say what fields of objects refer to.
fn tasks(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let Some(offsets) = offsets(8 + first % 8) else { return };
    let noise = |address: u64| {
        let begin = (address >> 3) as usize % rest.len().max(1);
        let word: Vec<u8> = rest.iter().cycle().skip(begin).take(8).copied().collect();
        little_endian(&word)
    };
    let memory = Nonsense {
        noise: &noise,
        task_size: offsets.task.size as u64,
        offsets: offsets.clone(),
        circles: first & 128 != 0,
        reads: Cell::new(0),
    };
    memory.with_reader(Duration::from_secs(5), |reader| {
        for object in 0..OBJECTS.min(8) {
            let _task = reader.task(Address(OBJECTS_AT + object * 4096));
        }
    });
}
