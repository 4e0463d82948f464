//! What `_asyncio` says of itself, wherever it was linked.

use super::elf::Elf;
use super::maps::{self, Mapping};
use crate::layout::{self, AsyncioOffsets};
use crate::memory::LiveMemory;
use crate::snapshot::{ProcessId, PythonVersion};

const SECTION: &[u8] = b".AsyncioDebug";

/// More files are not looked into.
const MOST_FILES: usize = 8;

/// First minor version with that section.
const FIRST_MINOR: u8 = 14;

/// Reads the section `.AsyncioDebug`; `None` before 3.14 and while the module is not loaded.
pub(super) fn offsets(pid: ProcessId, memory: &LiveMemory, version: PythonVersion) -> Option<AsyncioOffsets> {
    if (version.major, version.minor) < (3, FIRST_MINOR) {
        return None;
    }
    let mappings = maps::read(pid).ok()?;
    candidates(&mappings).take(MOST_FILES).find_map(|parts| {
        let section = Elf::open(pid, parts)?.section(SECTION)?;
        layout::asyncio_offsets(memory, section).ok()
    })
}

/// The parts of every file that may have `_asyncio` in it: the module first, then interpreter and library.
fn candidates(mappings: &[Mapping]) -> impl Iterator<Item = &[Mapping]> {
    let files = || {
        let parts = mappings.chunk_by(|one, other| (one.inode, &one.path) == (other.inode, &other.path));
        parts.filter(|parts| parts.first().is_some_and(Mapping::has_file))
    };
    let named = |begin: &'static str| {
        files().filter(move |parts| parts.first().is_some_and(|part| part.name().starts_with(begin)))
    };
    let program = files().take(1);
    named("_asyncio").chain(named("libpython")).chain(named("python")).chain(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(path: &str, offset: u64) -> Mapping {
        Mapping { start: offset, end: offset + 1, writable: false, offset, device: 1, inode: 7, path: path.into() }
    }

    #[test]
    fn the_module_is_asked_before_the_interpreter() {
        let mappings =
            [mapping("/usr/bin/python3.15", 0), mapping("/usr/bin/python3.15", 4096), mapping("/lib/_asyncio.so", 0)];
        let asked: Vec<(&str, usize)> = candidates(&mappings).map(|parts| (&*parts[0].path, parts.len())).collect();
        assert_eq!(asked, [("/lib/_asyncio.so", 1), ("/usr/bin/python3.15", 2), ("/usr/bin/python3.15", 2)]);
    }
}
