//! From what the binaries tell to offsets that are true of the process.

use super::py_spy_bridge::{Located, scan_for_interpreter};
use crate::layout::{self, Invalid, Offsets};
use crate::memory::{LiveMemory, Memory, little_endian};
use crate::snapshot::{Address, ProcessId, PythonVersion};

/// A section of data larger than this is not searched; CPython's is below 2 MiB.
const LARGEST_DATA: usize = 64 << 20;

/// An interpreter that our own reader can read.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) offsets: Offsets,
    pub(super) runtime: Address,
}

/// Why our own reader cannot read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unfound {
    #[error("its version could not be determined")]
    NoVersion,
    #[error("version {0} is not one that hangspy knows")]
    UnknownVersion(PythonVersion),
    #[error("it was built without a GIL (free-threaded), which hangspy cannot read yet")]
    FreeThreaded(PythonVersion),
    #[error("neither a symbol nor a section nor a search leads to its runtime")]
    NoRuntime,
    #[error("its memory is not laid out as that of version {0}: {1}")]
    Strange(PythonVersion, Invalid),
}

/// Finds the runtime of a located Python and offsets that are true of it.
///
/// # Errors
///
/// The reason that is most worth telling.
pub(super) fn find(pid: ProcessId, memory: &LiveMemory, located: &Located) -> Result<Found, Unfound> {
    let mut reason = if located.version.is_none() { Unfound::NoVersion } else { Unfound::NoRuntime };
    for runtime in &located.runtimes {
        match at(memory, *runtime, located.version) {
            Ok(found) => return Ok(found),
            Err(unfound) => reason = unfound,
        }
    }
    if located.runtimes.is_empty() {
        for runtime in search(pid, memory, located) {
            match at(memory, runtime, located.version) {
                Ok(found) => return Ok(found),
                Err(unfound) => reason = unfound,
            }
        }
    }
    Err(reason)
}

fn at(memory: &LiveMemory, runtime: Address, version: Option<PythonVersion>) -> Result<Found, Unfound> {
    let head = layout::debug_head(memory, runtime).ok().flatten();
    let version = head.map(|head| head.version).or(version).ok_or(Unfound::NoVersion)?;
    if head.is_some_and(|head| head.free_threaded) {
        return Err(Unfound::FreeThreaded(version));
    }
    let table = layout::table(version).ok_or(Unfound::UnknownVersion(version))?;
    let offsets = match head {
        Some(_) => {
            layout::from_debug_offsets(memory, runtime).map_err(|error| Unfound::Strange(version, error.into()))?
        }
        None => table,
    };
    layout::validate(&offsets, memory, runtime).map_err(|invalid| Unfound::Strange(version, invalid))?;
    Ok(Found { offsets, runtime })
}

/// Without symbol and section: py-spy's scan finds an interpreter; a runtime is where a word points to it at the right
/// distance. `interpreters.main` points to it as well, but stands behind `interpreters.head`, so the first comes first.
fn search(pid: ProcessId, memory: &LiveMemory, located: &Located) -> Vec<Address> {
    let Some(table) = located.version.and_then(layout::table) else { return Vec::new() };
    let Some(interpreter) = scan_for_interpreter(pid) else { return Vec::new() };
    let mut runtimes = Vec::new();
    for (start, length) in &located.data {
        let Ok(bytes) = memory.read(*start, (*length).min(LARGEST_DATA)) else { continue };
        let words = bytes.chunks_exact(8).enumerate().filter(|(_, word)| little_endian(word) == interpreter.0);
        let behind_head = words.map(|(index, _)| start.plus(index * 8));
        runtimes.extend(
            behind_head.filter_map(|word| word.0.checked_sub(table.runtime.interpreters_head as u64).map(Address)),
        );
    }
    runtimes
}
