//! What the binaries of a process tell about its Python.

use super::elf::Elf;
use super::maps::{self, Mapping};
use super::{file_name, search};
use crate::memory::{LiveMemory, Memory};
use crate::snapshot::{Address, Known, ProcessId, PythonVersion};

/// More files that are called as a Python is are not looked into.
const MOST_FILES: usize = 8;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Located {
    /// The version, from a symbol, from the text of `sys.version` or from a file name.
    pub(super) version: Option<PythonVersion>,
    /// Where `_PyRuntime` may be, most trusted first: symbol, then section.
    pub(super) runtimes: Vec<Address>,
    /// Whether any symbol or library of Python was seen.
    pub(super) is_python: bool,
}

/// Reads the binaries of a process: its program, and the libraries that are called `libpython`.
///
/// # Errors
///
/// Why its mappings could not be read, in words.
pub(super) fn locate(pid: ProcessId, memory: &LiveMemory) -> Result<Located, String> {
    let mappings = maps::read(pid).map_err(|error| format!("its mappings cannot be read: {error}"))?;
    let mut located = Located::default();
    let (mut sections, mut numbers) = (Vec::new(), Vec::new());
    for parts in binaries(pid, &mappings) {
        located.is_python |= parts.first().is_some_and(Mapping::is_python_library);
        let Some(elf) = Elf::open(pid, parts) else {
            // A package upgrade deletes the file of a server that goes on running: then its name has to do.
            located.is_python |= file_name::version_of(parts).is_some();
            continue;
        };
        let [runtime, number, version, evaluate] =
            elf.symbols([b"_PyRuntime", b"Py_Version", b"Py_GetVersion", b"PyEval_EvalCode"]);
        located.is_python |= runtime.or(number).or(version).or(evaluate).is_some();
        located.runtimes.extend(runtime);
        sections.extend(elf.section(b".PyRuntime"));
        numbers.extend(number);
    }
    located.is_python |= !sections.is_empty();
    for section in sections {
        if !located.runtimes.contains(&section) {
            located.runtimes.push(section);
        }
    }
    if located.is_python {
        let number = || numbers.iter().find_map(|address| from_number(memory.read_u64(*address).ok()?));
        let text = || search::texts(&mappings, memory).find_map(|bytes| from_text(&bytes));
        located.version = number().or_else(text).or_else(|| file_name::version_of(&mappings));
    }
    Ok(located)
}

/// The parts of each file that may be an interpreter.
fn binaries(pid: ProcessId, mappings: &[Mapping]) -> impl Iterator<Item = &[Mapping]> {
    let program = maps::program(pid);
    let files = mappings.chunk_by(|one, other| (one.inode, &one.path) == (other.inode, &other.path));
    let files = files.filter(move |parts| {
        let is_program = |part: &Mapping| program.as_deref() == Some(&*part.path);
        parts.first().is_some_and(|part| part.has_file() && (is_program(part) || part.is_called_python()))
    });
    files.take(MOST_FILES)
}

/// `Py_Version` (3.11 and later): `0xMMmmppLL`, with level and serial of a pre-release last (CPython `patchlevel.h`), in the lower half of a word.
fn from_number(number: u64) -> Option<PythonVersion> {
    let [_, patch, minor, major, ..] = number.to_le_bytes();
    matches!(major, 2 | 3).then_some(PythonVersion { major, minor, patch: Known::Is(patch) })
}

/// The text of `Py_GetVersion`, which the interpreter keeps in its data: `3.9.18 (main, ...`, `3.12.0rc1+ (heads/...`.
pub(super) fn from_text(bytes: &[u8]) -> Option<PythonVersion> {
    /// Of what stands between the numbers and the parenthesis.
    const LONGEST_SUFFIX: usize = 16;
    let starts = bytes.windows(2).enumerate().filter(|(_, pair)| matches!(*pair, b"2." | b"3."));
    starts
        .filter(|(at, _)| at.checked_sub(1).and_then(|before| bytes.get(before)).is_none_or(|before| *before == 0))
        .find_map(|(at, _)| {
            let (major, rest) = number(bytes.get(at..)?)?;
            let (minor, rest) = number(rest.strip_prefix(b".")?)?;
            let (patch, rest) = number(rest.strip_prefix(b".")?)?;
            let suffix =
                rest.iter().take(LONGEST_SUFFIX).take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'+');
            let rest = rest.get(suffix.count()..)?;
            rest.starts_with(b" (").then_some(PythonVersion { major, minor, patch: Known::Is(patch) })
        })
}

/// A number of one to three digits, and what follows it.
fn number(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let digits = bytes.iter().take(3).take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = bytes.split_at_checked(digits)?;
    Some((std::str::from_utf8(digits).ok()?.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_numbers_and_texts() {
        let numbers = |version: Option<PythonVersion>| {
            version.map(|version| (version.major, version.minor, version.patch.get().copied()))
        };
        assert_eq!(numbers(from_number(0x030B_02F0)), Some((3, 11, Some(2))));
        assert_eq!(numbers(from_number(0xFFFF_FFFF)), None);
        for (text, told) in [
            (&b"\0\x003.9.18 (main, Aug 25 2023) \n[GCC 12]\0"[..], Some((3, 9, Some(18)))),
            (b"2.7.18 (default, ", Some((2, 7, Some(18)))),
            (b"\x003.13.0rc1+ (heads/main", Some((3, 13, Some(0)))),
            (b"\x003.8.1\x003.8.2 (x", Some((3, 8, Some(2)))),
            (b"13.8.1 (x", None),
            (b"\x003.999.1 (x", None),
            (b"\x003.8.1", None),
            (b"3.", None),
            (b"", None),
        ] {
            assert_eq!(numbers(from_text(text)), told, "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn a_process_without_python_is_none() {
        let pid = ProcessId(std::process::id());
        let located = locate(pid, &LiveMemory::new(pid)).unwrap();
        assert_eq!(located, Located::default());
    }
}
