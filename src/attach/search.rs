//! A runtime without symbol and section: looked for in the data of the interpreter's binaries.
//!
//! Since 3.13 `_PyRuntime` begins with a cookie. Before, `interpreters.head` and `interpreters.main` stand side by side
//! and are the same pointer in a process without sub-interpreters. What is found is a suspicion, to be validated.

use super::maps::{self, Mapping};
use crate::layout;
use crate::memory::{LiveMemory, Memory, little_endian};
use crate::snapshot::{Address, ProcessId, PythonVersion};

/// The cookie as a word (`_Py_Debug_Cookie`).
const COOKIE: u64 = u64::from_le_bytes(*b"xdebugpy");

/// Data larger than this is not searched; CPython's is below 2 MiB.
const LARGEST_DATA: usize = 4 << 20;

/// More parts are not searched.
const MOST_PARTS: usize = 16;

/// More suspicions than this are not followed: each costs some system calls.
const MOST_SUSPICIONS: usize = 4096;

/// Where a runtime may be, most likely first.
pub(super) fn runtimes(pid: ProcessId, memory: &LiveMemory, version: Option<PythonVersion>) -> Vec<Address> {
    let Ok(mappings) = maps::read(pid) else { return Vec::new() };
    let head = version.and_then(layout::table).map(|table| table.runtime.interpreters_head);
    let (mut cookies, mut pairs) = (Vec::new(), Vec::new());
    for part in data(&mappings).take(MOST_PARTS) {
        let Some(bytes) = bytes(part, memory) else { continue };
        let words: Vec<u64> = bytes.chunks_exact(8).map(little_endian).collect();
        suspect(Address(part.start), &words, head, [&mut cookies, &mut pairs]);
    }
    cookies.extend(pairs);
    cookies.truncate(MOST_SUSPICIONS);
    cookies
}

/// Adds where a runtime may be among words that begin at `start`: cookies, and pairs at `head` of it. No more than are followed:
/// a process may have nothing else in its data.
fn suspect(start: Address, words: &[u64], head: Option<usize>, [cookies, pairs]: [&mut Vec<Address>; 2]) {
    let address = |index: usize| start.plus(index * 8);
    let room = |found: &[Address]| MOST_SUSPICIONS.saturating_sub(found.len());
    let found = words.iter().enumerate().filter(|(_, word)| **word == COOKIE).map(|(index, _)| address(index));
    cookies.extend(found.take(room(cookies)));
    let Some(head) = head else { return };
    let same = words.windows(2).enumerate().filter(|(_, pair)| matches!(pair, [one, other] if one == other));
    let pointers = same.filter(|(_, pair)| pair.first().is_some_and(|word| is_pointer(*word)));
    let found = pointers.filter_map(|(index, _)| address(index).0.checked_sub(head as u64)).map(Address);
    pairs.extend(found.take(room(pairs)));
}

/// The data of the interpreter's binaries, to look for texts in.
pub(super) fn texts(mappings: &[Mapping], memory: &LiveMemory) -> impl Iterator<Item = Vec<u8>> {
    data(mappings).take(MOST_PARTS).filter_map(|part| bytes(part, memory))
}

fn bytes(part: &Mapping, memory: &LiveMemory) -> Option<Vec<u8>> {
    let length = usize::try_from(part.end.saturating_sub(part.start)).unwrap_or(usize::MAX);
    memory.read(Address(part.start), length.min(LARGEST_DATA)).ok()
}

/// Whether a word may point to an interpreter.
fn is_pointer(word: u64) -> bool {
    (1 << 16..1 << 56).contains(&word) && word.is_multiple_of(8)
}

/// The data of the program and of every file that is called as an interpreter or its library is: the parts that are writable,
/// and the memory without a file that follows them (`.bss`). Extension modules (`*.cpython-312-*.so`) are none of those, and a
/// server has more of them than are searched.
fn data(mappings: &[Mapping]) -> impl Iterator<Item = &Mapping> {
    let program = mappings.first().map_or(0, |first| first.inode);
    let of_python = move |part: &Mapping| part.has_file() && (part.inode == program || part.is_called_python());
    let mut last: Option<&Mapping> = None;
    mappings.iter().filter(move |part| {
        let follows = last.is_some_and(|last| last.end == part.start && part.inode == 0);
        let wanted = part.writable && (of_python(part) || follows);
        last = wanted.then_some(*part);
        wanted
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(start: u64, end: u64, writable: bool, path: &str) -> Mapping {
        let inode = if path.is_empty() { 0 } else { path.len() as u64 };
        Mapping { start, end, writable, offset: 0, device: 1, inode, path: path.into() }
    }

    #[test]
    fn data_is_what_python_may_write_to_and_what_follows_it() {
        let mappings = [
            mapping(1, 2, false, "/opt/server"),
            mapping(2, 3, true, "/opt/server"),
            mapping(3, 4, true, ""),
            mapping(5, 6, true, ""),
            mapping(6, 7, true, "/lib/libc.so.6"),
            mapping(7, 8, true, "/venv/_pydantic_core.cpython-39-x86_64-linux-gnu.so"),
            mapping(8, 9, false, "/lib/libpython3.9.so.1.0"),
            mapping(9, 10, true, "/lib/libpython3.9.so.1.0"),
        ];
        let starts: Vec<u64> = data(&mappings).map(|part| part.start).collect();
        assert_eq!(starts, [2, 3, 9]);
    }

    #[test]
    fn data_that_is_suspicious_all_over_is_not_kept() {
        let (mut cookies, mut pairs) = (Vec::new(), Vec::new());
        suspect(Address(0x1000), &[COOKIE, 0x7f00_0000, 0x7f00_0000], Some(8), [&mut cookies, &mut pairs]);
        assert_eq!((&*cookies, &*pairs), (&[Address(0x1000)][..], &[Address(0x1000)][..]));
        for word in [COOKIE, 0x7f00_0000] {
            let words = vec![word; MOST_SUSPICIONS + 2];
            (0..2).for_each(|_| suspect(Address(0x1000), &words, Some(8), [&mut cookies, &mut pairs]));
        }
        assert_eq!((cookies.len(), pairs.len()), (MOST_SUSPICIONS, MOST_SUSPICIONS));
    }

    #[test]
    fn small_numbers_and_odd_addresses_are_no_pointers() {
        assert!(is_pointer(0x7f12_a000_0010));
        assert!(!is_pointer(0));
        assert!(!is_pointer(4096));
        assert!(!is_pointer(0x7f12_a000_0011));
        assert!(!is_pointer(u64::MAX - 7));
    }
}
